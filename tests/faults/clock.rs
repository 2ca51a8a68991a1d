//! The wall clock jumps: nothing is lost, and nothing waits for an hour to come again.

use std::time::Duration;

use vestnik_simulator::{Fault, FaultKind};

use super::child::World;
use super::on_both;

on_both!(
    jumps_under_load,
    back_while_a_message_waits,
    jumps_over_a_restart
);

const HOUR_S: i64 = 3_600;

/// Moves the simulator's clock, which the server follows.
fn jump(world: &World, by_s: i64) {
    let to = world.simulator.now_us() / 1_000_000 + by_s;
    let moment = chrono::DateTime::from_timestamp(to, 0).expect("a moment");
    world
        .simulator
        .set_clock(&moment.to_rfc3339())
        .expect("set");
}

fn jumps_under_load(db: crate::store::Db) {
    let mut world = World::with_clock(db);
    let bot = world.bot();
    let server = world.serve();
    for by_s in [2 * HOUR_S, -5 * HOUR_S, 30, -30, 4 * HOUR_S] {
        world.say_many(bot, 10, 2);
        jump(&world, by_s);
        world.say_many(bot, 10, 2);
        world.wait_answered(&server);
    }
    world.wait_settled(&server);
    let (_, well) = server.stop();
    assert!(well);
    world.check();
}

/// A retry after a second is not a retry after an hour and a second.
fn back_while_a_message_waits(db: crate::store::Db) {
    let mut world = World::with_clock(db);
    let bot = world.bot();
    let server = world.serve();
    world.say_many(bot, 2, 1);
    world.wait_answered(&server);
    let mut wait = Fault::new(FaultKind::TooManyRequests)
        .method("sendMessage")
        .count(4);
    wait.retry_after = Some(2);
    world.simulator.fault(wait);
    world.simulator.fault(
        Fault::new(FaultKind::ServerError)
            .method("sendMessage")
            .count(6),
    );
    world.say_many(bot, 6, 2);
    while world.simulator.faults().iter().all(|fault| fault.used == 0) {
        std::thread::sleep(Duration::from_millis(5));
    }
    jump(&world, -HOUR_S);
    world.wait_answered(&server);
    world.wait_settled(&server);
    server.kill();
    world.check();
}

/// The lease, the pauses and the retries of an earlier run are dated in the future.
fn jumps_over_a_restart(db: crate::store::Db) {
    let mut world = World::with_clock(db);
    let bot = world.bot();
    for by_s in [-2 * HOUR_S, 3 * HOUR_S] {
        let server = world.serve();
        world.say_many(bot, 3, 2);
        world.wait_answered(&server);
        world.simulator.fault(
            Fault::new(FaultKind::ServerError)
                .method("sendMessage")
                .count(3),
        );
        world.say_many(bot, 3, 2);
        while world.simulator.faults().iter().all(|fault| fault.used == 0) {
            std::thread::sleep(Duration::from_millis(5));
        }
        server.kill();
        jump(&world, by_s);
        world.simulator.clear_faults();
        let server = world.serve();
        world.wait_answered(&server);
        world.wait_settled(&server);
        server.kill();
    }
    world.check();
}
