//! A second `serve` on the same database waits, says who holds it, and takes over.

use std::time::Duration;

use super::child::World;
use super::on_both;

on_both!(
    a_second_server_takes_over_from_a_killed_one,
    a_second_server_takes_over_from_a_stopped_one,
    a_waiting_server_can_be_stopped,
    one_port_is_no_obstacle
);

fn waits(world: &World, first: &super::child::Server) -> super::child::Server {
    let second = world.begin(&[]);
    second.wait_for("another node is at work on this database");
    second.wait_for(&format!("/{}/", first.pid()));
    second
}

fn a_second_server_takes_over_from_a_killed_one(db: crate::store::Db) {
    let mut world = World::new(db, 1);
    let bot = world.bot();
    let first = world.serve();
    let second = waits(&world, &first);
    world.say_many(bot, 5, 2);
    world.wait_answered(&first);
    world.say_many(bot, 5, 4);
    first.kill();
    let killed = std::time::Instant::now();
    second.wait_ready();
    // At once, not when the lease runs out: the process is known to be dead.
    assert!(
        killed.elapsed() < Duration::from_secs(25),
        "{:?}",
        killed.elapsed()
    );
    world.wait_answered(&second);
    world.wait_settled(&second);
    second.kill();
    world.check();
}

fn a_second_server_takes_over_from_a_stopped_one(db: crate::store::Db) {
    let mut world = World::new(db, 1);
    let bot = world.bot();
    let first = world.serve();
    let second = waits(&world, &first);
    world.say_many(bot, 5, 4);
    let (_, well) = first.stop();
    assert!(well);
    second.wait_ready();
    world.say_many(bot, 5, 2);
    world.wait_answered(&second);
    world.wait_settled(&second);
    second.kill();
    world.check();
    assert!(
        world.messages().iter().all(|row| !row.resent),
        "a stop leaves no doubt"
    );
}

fn a_waiting_server_can_be_stopped(db: crate::store::Db) {
    let mut world = World::new(db, 1);
    let bot = world.bot();
    let first = world.serve();
    let second = waits(&world, &first);
    let (took, well) = second.stop();
    assert!(well && took < Duration::from_secs(10), "{took:?}");
    world.say_many(bot, 2, 1);
    world.wait_answered(&first);
    world.wait_settled(&first);
    first.kill();
    world.check();
}

/// Two servers from one settings file have one port: the second needs it only at its turn.
fn one_port_is_no_obstacle(db: crate::store::Db) {
    let mut world = World::new(db, 1);
    let bot = world.bot();
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.local_addr().expect("an address").port()
    };
    let listen = format!("127.0.0.1:{port}");
    let environment = [("VESTNIK_HTTP__LISTEN", listen.as_str())];
    let first = world.begin(&environment);
    first.wait_ready();
    let second = world.begin(&environment);
    second.wait_for("another node is at work on this database");
    first.kill();
    second.wait_ready();
    world.say_many(bot, 2, 1);
    world.wait_answered(&second);
    world.wait_settled(&second);
    second.kill();
    world.check();
}
