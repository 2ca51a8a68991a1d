//! The wall clock jumps: nothing is lost, and nothing waits for an hour to come again.

use std::time::{Duration, Instant};

use vestnik_simulator::{Fault, FaultKind};

use super::child::{PATIENCE, Server, World};
use super::on_both;

on_both!(
    jumps_under_load,
    back_while_a_message_waits,
    jumps_over_a_restart,
    back_while_a_pause_outlives_a_restart,
    retention_goes_by_it,
    a_simulator_that_is_away,
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

/// Waits until a fault was met; one that is used up leaves the list.
#[track_caller]
fn wait_fault(world: &World, server: &Server) {
    let began = Instant::now();
    let untouched = || {
        let faults = world.simulator.faults();
        !faults.is_empty() && faults.iter().all(|fault| fault.used == 0)
    };
    while untouched() {
        assert!(began.elapsed() < PATIENCE, "{}", server.log());
        std::thread::sleep(Duration::from_millis(5));
    }
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
    wait_fault(&world, &server);
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
        wait_fault(&world, &server);
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

/// A pause of three seconds lasts no longer because the clock went back by hours meanwhile.
fn back_while_a_pause_outlives_a_restart(db: crate::store::Db) {
    let mut world = World::with_clock(db);
    let bot = world.bot();
    let mut wait = Fault::new(FaultKind::TooManyRequests).method("sendMessage");
    wait.retry_after = Some(3);
    world.simulator.fault(wait);
    let server = world.serve();
    world.say_many(bot, 2, 2);
    let began = Instant::now();
    while world.count("select count(*) as n from pauses") == 0 {
        assert!(began.elapsed() < PATIENCE, "{}", server.log());
        std::thread::sleep(Duration::from_millis(5));
    }
    server.kill();
    jump(&world, -2 * HOUR_S);
    world.simulator.clear_faults();
    let server = world.serve();
    world.wait_answered(&server);
    world.wait_settled(&server);
    server.kill();
    world.check();
}

/// What is old by the followed clock is purged as soon as that is moved; the bot goes on, and what it
/// knows of earlier updates is not needed.
fn retention_goes_by_it(db: crate::store::Db) {
    let mut world = World::with_clock(db);
    let bot = world.bot();
    let server = world.serve();
    for _ in 0..3 {
        world.say_many(bot, 5, 4);
        world.wait_answered(&server);
        world.wait_settled(&server);
        world.check();
        jump(&world, 8 * 24 * HOUR_S);
        let rows = "select (select count(*) from inbox) + (select count(*) from messages) \
                    + (select count(*) from journal) + (select count(*) from journal_index) as n";
        let began = Instant::now();
        while world.count(rows) > 0 {
            assert!(began.elapsed() < PATIENCE, "{}", server.log());
            std::thread::sleep(Duration::from_millis(20));
        }
        world.forget();
    }
    world.say_many(bot, 5, 1);
    world.wait_answered(&server);
    world.wait_settled(&server);
    let (_, well) = server.stop();
    assert!(well);
    world.check();
}

/// A server whose clock cannot be read does not start on another.
fn a_simulator_that_is_away(db: crate::store::Db) {
    let world = World::with_clock(db);
    let settings = std::fs::read_to_string(world.config()).expect("read");
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = nobody.local_addr().expect("an address");
    drop(nobody);
    let own = world.simulator.url();
    let (head, tail) = settings.rsplit_once(&own).expect("the clock's address");
    std::fs::write(world.config(), format!("{head}http://{address}{tail}")).expect("written");
    let mut server = world.begin(&[]);
    assert!(!server.wait_end(), "it refuses to start");
    server.wait_for("testing.clock");
}
