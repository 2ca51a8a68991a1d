//! Bots are added, removed, switched and restarted while people write: nothing is lost.

use std::time::Duration;

use vestnik_simulator::{Fault, FaultKind};

use super::child::{Server, World, code};
use super::on_both;

on_both!(
    restarted_under_load,
    switched_off_and_on,
    added_and_removed,
    started_while_its_remains_stop,
    started_while_remains_of_its_actor_stop,
);

fn restarted_under_load(db: crate::store::Db) {
    let mut world = World::new(db, 2);
    let token = world.token();
    let server = world.serve();
    let bots = world.bots();
    for round in 0..6 {
        for bot in &bots {
            world.say_many(*bot, 20, 2);
        }
        std::thread::sleep(Duration::from_millis(round * 15));
        // Twice: the second order comes while the bot is still ending.
        for _ in 0..2 {
            server.http(
                &token,
                "POST",
                &format!("/api/v1/bots/{}/restart", code(bots[0])),
            );
        }
    }
    world.wait_answered(&server);
    world.wait_settled(&server);
    let said = server.bot(&token, bots[1]);
    assert_eq!(said["starts"], 1, "the neighbour is left alone: {said}");
    server.wait_bot(&token, bots[0], |said| said["state"] == "running");
    server.kill();
    world.check();
    assert!(
        world.messages().iter().all(|row| !row.resent),
        "an orderly restart leaves no doubt"
    );
}

fn switched_off_and_on(db: crate::store::Db) {
    let mut world = World::new(db, 2);
    let token = world.token();
    let server = world.serve();
    let bots = world.bots();
    let order = |server: &super::child::Server, order: &str| {
        server.http(
            &token,
            "POST",
            &format!("/api/v1/bots/{}/{order}", code(bots[0])),
        );
    };
    for _ in 0..4 {
        world.say_many(bots[0], 20, 2);
        order(&server, "stop");
        order(&server, "start");
    }
    order(&server, "stop");
    server.wait_bot(&token, bots[0], |said| said["state"] == "off");
    world.say_many(bots[0], 5, 1);
    world.say_many(bots[1], 5, 1);
    // Off is kept over a restart of the server.
    server.kill();
    let server = world.serve();
    server.wait_bot(&token, bots[0], |said| said["state"] == "off");
    assert!(world.simulator.waiting_updates(bots[0]) > 0);
    order(&server, "start");
    world.wait_answered(&server);
    world.wait_settled(&server);
    server.wait_bot(&token, bots[0], |said| said["state"] == "running");
    server.kill();
    world.check();
}

fn added_and_removed(db: crate::store::Db) {
    let mut world = World::new(db, 1);
    let token = world.token();
    let server = world.serve();
    let first = world.bot();
    for _ in 0..2 {
        let added = world.add_bot();
        world.say_many(first, 10, 2);
        world.say_many(added, 10, 2);
        world.apply();
        world.wait_answered(&server);
    }
    let last = world.bots()[2];
    world.say_many(last, 10, 5);
    std::fs::remove_file(world.bot_file(last)).expect("removed");
    world.apply();
    let began = std::time::Instant::now();
    let has = |server: &super::child::Server| {
        let list = server.http(&token, "GET", "/api/v1/bots");
        list["bots"]
            .as_array()
            .expect("a list")
            .iter()
            .any(|bot| bot["code"] == code(last).as_str())
    };
    while has(&server) {
        assert!(began.elapsed() < super::child::PATIENCE, "{}", server.log());
        std::thread::sleep(Duration::from_millis(20));
    }
    world.say_many(first, 10, 2);
    // What the removed bot did not fetch stays at Telegram, and it goes on from there.
    world.write_bot(last, true);
    world.apply();
    world.wait_answered(&server);
    world.wait_settled(&server);
    server.wait_bot(&token, first, |said| said["starts"] == 1);
    server.kill();
    world.check();
}

/// A fault under which each call of `sendMessage` is under way for seconds.
fn slow_sending() -> Fault {
    let mut slow = Fault::new(FaultKind::Slow)
        .method("sendMessage")
        .probability(1.0);
    slow.delay_ms = Some(3_000);
    slow
}

/// Waits until so many slow calls are under way.
#[track_caller]
fn wait_sending(world: &World, server: &Server, calls: u64) {
    let began = std::time::Instant::now();
    while world
        .simulator
        .faults()
        .iter()
        .all(|fault| fault.used < calls)
    {
        assert!(began.elapsed() < super::child::PATIENCE, "{}", server.log());
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn order(world: &World, server: &Server, token: &str, order: &str) {
    let path = format!("/api/v1/bots/{}/{order}", code(world.bot()));
    server.http(token, "POST", &path);
}

/// The poller ends while calls are under way, and the order to start comes before they are through: the
/// new bot waits for them, else it would send again what is just being sent.
fn started_while_its_remains_stop(db: crate::store::Db) {
    let mut world = World::new(db, 1);
    let bot = world.bot();
    let token = world.token();
    world.simulator.fault(slow_sending());
    world.say_many(bot, 5, 1);
    let server = world.serve_to("poll:2:panic");
    server.wait_for("a test asked for a panic");
    for said in ["start", "restart", "start"] {
        order(&world, &server, &token, said);
    }
    world.wait_answered(&server);
    world.simulator.clear_faults();
    world.say_many(bot, 5, 2);
    world.wait_answered(&server);
    world.wait_settled(&server);
    server.wait_bot(&token, bot, |said| {
        said["starts"] == 2 && said["state"] == "running"
    });
    server.kill();
    world.check();
    let resent: Vec<_> = world
        .messages()
        .into_iter()
        .filter(|row| row.resent)
        .collect();
    assert!(resent.is_empty(), "nothing was in doubt: {resent:?}");
}

/// The same when the bot's own actor ends by a panic: nobody is left to stop its courier.
fn started_while_remains_of_its_actor_stop(db: crate::store::Db) {
    let mut world = World::new(db, 1);
    let bot = world.bot();
    let token = world.token();
    world.simulator.fault(slow_sending());
    world.say_many(bot, 3, 1);
    let server = world.serve_to("committed:2:panic");
    wait_sending(&world, &server, 3);
    world.say(bot, 2_001, "Цена");
    server.wait_for("a test asked for a panic");
    order(&world, &server, &token, "start");
    world.wait_answered(&server);
    world.simulator.clear_faults();
    world.say_many(bot, 5, 2);
    world.wait_answered(&server);
    world.wait_settled(&server);
    server.wait_bot(&token, bot, |said| {
        said["starts"] == 2 && said["state"] == "running"
    });
    server.kill();
    world.check();
    for row in world.messages() {
        // The commit after which the actor fell left its message to be sorted out.
        assert_eq!(row.resent, row.chat == 2_001, "{row:?}");
    }
}
