//! SIGTERM in the middle of the work: it ends in time, nothing is lost or doubled.

use std::time::Duration;

use vestnik_simulator::{Fault, FaultKind};

use super::child::World;
use super::on_both;

on_both!(
    in_the_middle_of_batches,
    while_calls_are_slow,
    while_telegram_hangs,
    twice_is_at_once
);

const PROMISED: Duration = Duration::from_secs(10);

/// Whether no row says `sending`, and none was sent twice.
#[track_caller]
fn check_rest(world: &World) {
    assert_eq!(world.sending(), 0, "{}", world.table());
    assert!(
        world.messages().iter().all(|row| !row.resent),
        "{}",
        world.table()
    );
}

fn in_the_middle_of_batches(db: crate::store::Db) {
    let mut world = World::new(db, 3);
    for round in 0..3 {
        for bot in world.bots() {
            world.say_many(bot, 50, 4);
        }
        let server = world.serve();
        let some = world.said() - 500 + round * 100;
        while world.answered() < some {
            std::thread::sleep(Duration::from_millis(1));
        }
        let (took, well) = server.stop();
        assert!(well && took < PROMISED, "{took:?}");
        check_rest(&world);
    }
    let server = world.serve();
    world.wait_answered(&server);
    server.stop();
    check_rest(&world);
    world.check();
}

/// Calls under way are waited for; retries keep their place over the restart.
fn while_calls_are_slow(db: crate::store::Db) {
    let mut world = World::new(db, 1);
    let bot = world.bot();
    let mut slow = Fault::new(FaultKind::Slow)
        .method("sendMessage")
        .probability(1.0);
    slow.delay_ms = Some(700);
    world.simulator.fault(slow);
    world.simulator.fault(
        Fault::new(FaultKind::ServerError)
            .method("sendMessage")
            .count(20),
    );
    world.say_many(bot, 20, 3);
    let server = world.serve();
    while world.answered() < 5 {
        std::thread::sleep(Duration::from_millis(5));
    }
    let (took, well) = server.stop();
    assert!(well && took < PROMISED, "{took:?}");
    check_rest(&world);
    world.simulator.clear_faults();
    let server = world.serve();
    world.wait_answered(&server);
    server.stop();
    check_rest(&world);
    world.check();
}

/// A call that does not come back costs the promised time, not more, and a mark at the next start.
fn while_telegram_hangs(db: crate::store::Db) {
    let mut world = World::new(db, 1);
    let bot = world.bot();
    let mut hang = Fault::new(FaultKind::Slow)
        .method("sendMessage")
        .probability(1.0);
    hang.delay_ms = Some(25_000);
    world.simulator.fault(hang);
    world.say_many(bot, 3, 1);
    let server = world.serve();
    while world.sending() < 3 {
        std::thread::sleep(Duration::from_millis(5));
    }
    let (took, _) = server.stop();
    assert!(took < PROMISED + Duration::from_secs(2), "{took:?}");
    world.simulator.clear_faults();
    let server = world.serve();
    world.wait_answered(&server);
    world.wait_settled(&server);
    server.kill();
    world.check();
    assert!(
        world.messages().iter().all(|row| row.resent),
        "nobody knows whether they came"
    );
}

/// Whoever asks twice does not want to wait; it is as good as a kill.
fn twice_is_at_once(db: crate::store::Db) {
    let mut world = World::new(db, 1);
    let bot = world.bot();
    let mut hang = Fault::new(FaultKind::Slow)
        .method("sendMessage")
        .probability(1.0);
    hang.delay_ms = Some(25_000);
    world.simulator.fault(hang);
    world.say_many(bot, 3, 1);
    let server = world.serve();
    while world.sending() < 3 {
        std::thread::sleep(Duration::from_millis(5));
    }
    server.signal("TERM");
    server.wait_for("stopping: no more updates are taken");
    let (took, well) = server.stop();
    assert!(!well && took < Duration::from_secs(5), "{took:?}");
    world.simulator.clear_faults();
    let server = world.serve();
    world.wait_answered(&server);
    world.wait_settled(&server);
    server.kill();
    world.check();
}
