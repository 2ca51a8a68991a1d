//! SIGKILL at every named step of an update's journey, and at random under load.

use std::time::{Duration, Instant};

use vestnik_simulator::{Attachment, Fault, FaultKind, FileKind, Say};

use super::child::World;
use super::on_both;

on_both!(
    every_step,
    again_and_again_in_its_commit,
    at_random_under_load,
    twenty_kills,
    an_album_between_two_polls
);

/// At each point the process is held, killed and started again, on the same files.
fn every_step(db: crate::store::Db) {
    let mut world = World::new(db, 1);
    let bot = world.bot();
    let points = [
        "poll",
        "received",
        "handler:3",
        "in-commit",
        "committed",
        "claim",
        "before-send",
        "before-send:3",
        "after-send",
        "after-send:3",
        "marked",
    ];
    for point in points {
        if point == "claim" {
            // Only a message that waited in the table is claimed.
            world.simulator.fault(
                Fault::new(FaultKind::ServerError)
                    .method("sendMessage")
                    .count(2),
            );
        }
        world.say_many(bot, 3, 2);
        let server = world.serve_to(point);
        let name = point.split(':').next().unwrap_or(point);
        server.wait_for(&format!("held at {name}"));
        server.kill();
        let server = world.serve();
        world.wait_answered(&server);
        world.wait_settled(&server);
        server.kill();
        world.check();
    }
}

/// An update that is in hand at every kill is not given up when its handler was through each time.
fn again_and_again_in_its_commit(db: crate::store::Db) {
    let mut world = World::new(db, 1);
    let bot = world.bot();
    world.say_many(bot, 1, 1);
    // The first commit accepts it, the second and all later ones are its own.
    let points = ["received", "in-commit:2", "in-commit"];
    for point in points.into_iter().chain(["in-commit"; 4]) {
        let server = world.serve_to(point);
        let name = point.split(':').next().unwrap_or(point);
        server.wait_for(&format!("held at {name}"));
        server.kill();
    }
    let server = world.serve();
    world.wait_answered(&server);
    world.wait_settled(&server);
    server.kill();
    world.check();
}

/// The parts of an album wait in the table for the poll that may bring more: killed before it, they are one
/// message all the same.
fn an_album_between_two_polls(db: crate::store::Db) {
    let world = World::new(db, 1);
    let bot = world.bot();
    let photo = || Attachment {
        kind: FileKind::Photo,
        name: "photo.jpg".to_owned(),
        bytes: b"x".to_vec(),
        caption: None,
        about: serde_json::Map::new(),
    };
    let mut say = Say::text(1_001, "Цена");
    say.album = vec![photo(), photo(), photo()];
    world.simulator.say(bot, say).expect("said");
    let server = world.serve_to("poll:2");
    server.wait_for("held at poll");
    server.kill();
    assert_eq!(
        world.count("select count(*) as n from inbox where state = 'pending'"),
        3
    );
    let server = world.serve();
    world.wait_settled(&server);
    server.kill();
    assert_eq!(world.answers(bot, 1_001).len(), 1);
    assert_eq!(
        world.count("select count(*) as n from inbox where state = 'done'"),
        3
    );
}

/// The generator of a test: the seed is printed and can be given by `VESTNIK_TEST_SEED`.
struct Dice(u64);

impl Dice {
    #[expect(
        clippy::print_stdout,
        reason = "whoever repeats a failure needs the seed"
    )]
    fn new() -> Dice {
        let seed = std::env::var("VESTNIK_TEST_SEED")
            .ok()
            .and_then(|seed| seed.parse().ok())
            .unwrap_or_else(|| {
                let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
                since.map_or(1, |since| since.as_micros() as u64)
            });
        println!("VESTNIK_TEST_SEED={seed}");
        Dice(seed)
    }

    /// A number under `bound` (SplitMix64).
    fn roll(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

/// People go on writing while the server is killed again and again.
fn at_random_under_load(db: crate::store::Db) {
    let mut dice = Dice::new();
    let mut world = World::new(db, 3);
    let bots = world.bots();
    for _ in 0..8 {
        let server = world.serve();
        let alive_for = Duration::from_millis(dice.roll(600));
        let began = Instant::now();
        while began.elapsed() < alive_for {
            let bot = bots[dice.roll(3) as usize];
            let chat = 2_001 + dice.roll(20) as i64;
            world.say(bot, chat, "Цена");
            std::thread::sleep(Duration::from_millis(2));
        }
        server.kill();
    }
    let server = world.serve();
    world.wait_answered(&server);
    world.wait_settled(&server);
    server.kill();
    world.check();
}

/// Twenty kills with thousands of updates waiting fail none: an update that is in hand at a kill is not
/// at fault for it.
#[expect(clippy::print_stdout, reason = "the figures of a run are wanted")]
fn twenty_kills(db: crate::store::Db) {
    let mut dice = Dice::new();
    let mut world = World::new(db, 10);
    for bot in world.bots() {
        world.say_many(bot, 100, waiting_each());
    }
    let total = world.said();
    for round in 0..20 {
        let server = world.serve();
        // At least something is handled between two kills, and not everything is before the last.
        let goal = total * round / 25;
        let began = Instant::now();
        let alive_for = Duration::from_millis(50 + dice.roll(700));
        while began.elapsed() < alive_for
            || (world.answered() < goal && began.elapsed().as_secs() < 20)
        {
            std::thread::sleep(Duration::from_millis(10));
        }
        server.kill();
    }
    let server = world.serve();
    world.wait_answered(&server);
    world.wait_settled(&server);
    server.kill();
    world.check();
    assert_eq!(world.accepted(), total, "each update was accepted once");
    let resent = world.messages().iter().filter(|row| row.resent).count();
    println!("{total} updates, 20 kills: none failed, {resent} answers sent again and marked");
}

/// 10,000 updates in all when `VESTNIK_TEST_LONG=1`, else 3,000: ten bots of a hundred chats.
fn waiting_each() -> usize {
    if std::env::var("VESTNIK_TEST_LONG").is_ok_and(|value| value == "1") {
        10
    } else {
        3
    }
}
