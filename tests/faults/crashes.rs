//! An update that ends the process, and panics of every actor and of the writer's jobs.

use vestnik_simulator::{Fault, FaultKind};

use super::child::World;
use super::on_both;

on_both!(
    an_update_that_aborts_the_process,
    an_update_that_aborts_where_no_marks_are_kept,
    a_handler_that_panics,
    a_handler_that_panics_once,
    a_poller_that_panics,
    a_bot_that_panics_after_a_commit,
    a_courier_that_panics,
    a_writer_job_that_panics,
    a_claim_that_panics,
);

/// Three restarts and one failed row; its neighbours are answered.
fn an_update_that_aborts_the_process(db: crate::store::Db) {
    aborts(World::new(db, 1));
}

/// The same when the file of marks cannot be opened: a folder is in its place.
fn an_update_that_aborts_where_no_marks_are_kept(db: crate::store::Db) {
    let world = World::new(db, 1);
    let (_, well) = world.serve().stop();
    assert!(well, "an orderly stop");
    let files = std::fs::read_dir(world.db.path("")).expect("the world's folder");
    let marks = files
        .map(|file| file.expect("a file").path())
        .find(|file| file.extension().is_some_and(|ending| ending == "in-hand"))
        .expect("the first run kept marks");
    std::fs::remove_file(&marks).expect("removed");
    std::fs::create_dir(&marks).expect("a folder");
    aborts(world);
}

#[track_caller]
fn aborts(mut world: World) {
    let bot = world.bot();
    world.say_many(bot, 3, 2);
    let poison = Poison::say(&mut world, "бум");
    world.say_many(bot, 3, 2);
    let mut starts = 0;
    let server = loop {
        let mut server = world.serve_to("handler:text=бум:abort");
        starts += 1;
        assert!(starts < 10, "it never gives up:\n{}", server.log());
        // It ends by itself, or answers the last message.
        while !server.has_ended() && world.answered() < world.said() {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        if !server.has_ended() {
            break server;
        }
    };
    assert_eq!(starts, 4, "a first start and three restarts");
    world.wait_settled(&server);
    server.kill();
    world.check_but(1);
    assert_eq!(
        world.answered(),
        world.said(),
        "the neighbours are answered"
    );
    assert!(poison.is_unanswered(&world));
}

/// A message that is not among those that need an answer.
struct Poison {
    bot: i64,
    chat: i64,
    message: i64,
}

impl Poison {
    fn say(world: &mut World, text: &str) -> Poison {
        let (bot, chat) = (world.bot(), 1_001);
        let message = world
            .simulator
            .say(bot, vestnik_simulator::Say::text(chat, text))
            .expect("said");
        Poison { bot, chat, message }
    }

    fn is_unanswered(&self, world: &World) -> bool {
        let answers = world.answers(self.bot, self.chat);
        answers
            .iter()
            .all(|answer| answer.reply_to != Some(self.message))
    }
}

/// The update fails, the bot goes on.
fn a_handler_that_panics(db: crate::store::Db) {
    let mut world = World::new(db, 1);
    let bot = world.bot();
    world.say_many(bot, 2, 2);
    let poison = Poison::say(&mut world, "бум");
    world.say_many(bot, 2, 2);
    let server = world.serve_to("handler:text=бум:panic");
    world.wait_answered(&server);
    world.wait_settled(&server);
    let token = world.token();
    let said = server.wait_bot(&token, bot, |said| said["actors"]["updates_failed"] == 1);
    assert_eq!(
        (&said["state"], &said["starts"]),
        (&"running".into(), &1.into()),
        "{said}"
    );
    server.kill();
    world.check_but(1);
    assert!(poison.is_unanswered(&world));
}

/// A panic that does not come again costs nothing.
fn a_handler_that_panics_once(db: crate::store::Db) {
    survives(db, "handler:2:panic", 1);
}

/// The bot is built anew and nothing is lost.
fn a_poller_that_panics(db: crate::store::Db) {
    survives(db, "poll:2:panic", 2);
}

fn a_bot_that_panics_after_a_commit(db: crate::store::Db) {
    survives(db, "committed:panic", 2);
}

fn a_courier_that_panics(db: crate::store::Db) {
    survives(db, "before-send:2:panic", 2);
}

fn a_writer_job_that_panics(db: crate::store::Db) {
    // The job is one of a bot's batch: its updates are then written one by one.
    survives(db, "in-commit:panic", 1);
}

fn a_claim_that_panics(db: crate::store::Db) {
    let world = World::new(db, 1);
    world.simulator.fault(
        Fault::new(FaultKind::ServerError)
            .method("sendMessage")
            .count(3),
    );
    survives_in(world, "claim:panic", None);
}

fn survives(db: crate::store::Db, point: &str, starts: u64) {
    survives_in(World::new(db, 1), point, Some(starts));
}

#[track_caller]
fn survives_in(mut world: World, point: &str, starts: Option<u64>) {
    let bot = world.bot();
    let token = world.token();
    world.say_many(bot, 3, 2);
    let server = world.serve_to(point);
    server.wait_for("a test asked for a panic");
    world.say_many(bot, 3, 2);
    world.wait_answered(&server);
    world.say_many(bot, 3, 1);
    world.wait_answered(&server);
    world.wait_settled(&server);
    if let Some(starts) = starts {
        server.wait_bot(&token, bot, |said| {
            said["starts"] == starts && said["state"] == "running"
        });
    }
    server.kill();
    world.check();
}
