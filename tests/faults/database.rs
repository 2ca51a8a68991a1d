//! The database is locked, full, gone and back while the server runs.

use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use vestnik_simulator::{Fault, FaultKind};

use super::child::World;
use crate::store::Db;

#[test]
fn locked_by_another_process() {
    let mut world = World::new(Db::sqlite(), 2);
    let server = world.serve();
    let file = world
        .db
        .url()
        .strip_prefix("sqlite:")
        .expect("a file")
        .to_owned();
    for bot in world.bots() {
        world.say_many(bot, 3, 1);
    }
    world.wait_answered(&server);
    for _ in 0..2 {
        let mut other = SqliteConnection::establish(&file).expect("opens");
        other
            .batch_execute("pragma busy_timeout = 20000; begin immediate")
            .expect("locked");
        for bot in world.bots() {
            world.say_many(bot, 5, 2);
        }
        std::thread::sleep(Duration::from_millis(1_200));
        other.batch_execute("rollback").expect("unlocked");
        world.wait_answered(&server);
    }
    world.wait_settled(&server);
    let (_, well) = server.stop();
    assert!(well);
    world.check();
}

/// A log that cannot be written stops nobody: not the threads that wanted to write a line.
#[test]
#[cfg(target_os = "linux")]
fn a_log_on_a_full_disk() {
    let mut world = World::new(Db::sqlite(), 2);
    let server = world.begin_mute();
    for bot in world.bots() {
        world.say_many(bot, 3, 2);
    }
    world.wait_answered(&server);
    let mut down = Fault::new(FaultKind::ServerError).probability(0.3);
    down.status = Some(503);
    world.simulator.fault(down);
    for bot in world.bots() {
        world.say_many(bot, 3, 2);
    }
    world.wait_answered(&server);
    world.simulator.clear_faults();
    world.wait_settled(&server);
    let (_, well) = server.stop();
    assert!(well);
    world.check();
}

/// A stop does not wait for a lock that never ends.
#[test]
fn a_stop_while_locked() {
    let mut world = World::new(Db::sqlite(), 1);
    let server = world.serve();
    let bot = world.bot();
    world.say_many(bot, 3, 1);
    world.wait_answered(&server);
    world.wait_settled(&server);
    let file = world
        .db
        .url()
        .strip_prefix("sqlite:")
        .expect("a file")
        .to_owned();
    let mut other = SqliteConnection::establish(&file).expect("opens");
    other
        .batch_execute("pragma busy_timeout = 20000; begin immediate")
        .expect("locked");
    world.say_many(bot, 3, 1);
    std::thread::sleep(Duration::from_millis(300));
    let (took, _) = server.stop();
    assert!(took < Duration::from_secs(12), "{took:?}");
    other.batch_execute("rollback").expect("unlocked");
    let server = world.serve();
    world.wait_answered(&server);
    world.wait_settled(&server);
    server.kill();
    world.check();
}

/// No room: what cannot be written stays at Telegram and is answered when there is room again.
#[test]
fn full_and_then_with_room() {
    let mut world = World::new(Db::sqlite(), 1);
    let bot = world.bot();
    let server = world.serve();
    world.say_many(bot, 2, 1);
    world.wait_answered(&server);
    server.stop();
    let file = world
        .db
        .url()
        .strip_prefix("sqlite:")
        .expect("a file")
        .to_owned();
    let size =
        |suffix: &str| std::fs::metadata(format!("{file}{suffix}")).map_or(0, |data| data.len());
    // A limit on the size of files stands for a full disk: the database may grow by a little.
    let blocks = (size("") + size("-wal")).max(200_000) / 512 + 200;
    let server = world.begin_limited(blocks);
    server.wait_ready();
    let long = "д".repeat(3_000);
    for _ in 0..200 {
        world.say(bot, 1_001, &long);
    }
    server.wait_for("the database does not take writes");
    assert!(world.answered() < world.said());
    assert_eq!(
        server.health(),
        503,
        "who cannot answer is not ready, although the database can be read"
    );
    server.kill();
    let server = world.serve();
    assert_eq!(server.health(), 200);
    world.wait_answered(&server);
    world.wait_settled(&server);
    server.kill();
    world.check();
}

/// PostgreSQL is restarted in the middle, and stays away for a while.
#[test]
fn gone_and_back() {
    let Some(db) = Db::private_postgres() else {
        return;
    };
    let mut world = World::new(db, 2);
    let server = world.serve();
    for bot in world.bots() {
        world.say_many(bot, 10, 2);
    }
    for away in [0, 1_500] {
        std::thread::sleep(Duration::from_millis(50));
        world.db.server().stop();
        for bot in world.bots() {
            world.say_many(bot, 10, 2);
        }
        std::thread::sleep(Duration::from_millis(away));
        world.db.server().start();
        world.wait_answered(&server);
    }
    world.wait_settled(&server);
    server.kill();
    world.check();
}

/// A server that starts while PostgreSQL is away says so and ends: a supervisor starts it again.
#[test]
fn away_at_the_start() {
    let Some(db) = Db::private_postgres() else {
        return;
    };
    let world = World::new(db, 1);
    world.db.server().stop();
    let mut server = world.begin(&[]);
    assert!(!server.wait_end());
    assert!(server.log().contains("vestnik: "), "{}", server.log());
    world.db.server().start();
    let server = world.serve();
    server.kill();
}
