//! Telegram is down, slow, wrong, strict; a token is revoked or shared; updates are odd.

use std::time::Duration;

use vestnik_simulator::{Fault, FaultKind, Say};

use super::child::World;
use super::on_both;

on_both!(
    down_and_back,
    slow,
    an_error_page,
    cut_before,
    cut_after,
    a_storm_of_429,
    a_revoked_token_among_others,
    a_malformed_update,
    somebody_else_polls,
    ids_that_jump_downwards,
    ten_thousand_waiting,
    a_chat_that_floods,
);

/// Under a fault at each call with some likelihood, everything is answered.
#[track_caller]
fn under(db: crate::store::Db, fault: Fault) -> World {
    let mut world = World::new(db, 2);
    world.simulator.fault(fault);
    let server = world.serve();
    for bot in world.bots() {
        world.say_many(bot, 5, 4);
    }
    world.wait_answered(&server);
    world.simulator.clear_faults();
    for bot in world.bots() {
        world.say_many(bot, 5, 1);
    }
    world.wait_answered(&server);
    world.wait_settled(&server);
    server.kill();
    world.check();
    world
}

fn down_and_back(db: crate::store::Db) {
    let mut world = World::new(db, 2);
    let server = world.serve();
    for bot in world.bots() {
        world.say_many(bot, 3, 1);
    }
    world.wait_answered(&server);
    let mut down = Fault::new(FaultKind::ServerError).probability(1.0);
    down.status = Some(503);
    world.simulator.fault(down);
    for bot in world.bots() {
        world.say_many(bot, 3, 2);
    }
    std::thread::sleep(Duration::from_millis(1_500));
    world.simulator.clear_faults();
    world.wait_answered(&server);
    world.wait_settled(&server);
    server.kill();
    world.check();
}

fn slow(db: crate::store::Db) {
    let mut fault = Fault::new(FaultKind::Slow).probability(0.3);
    fault.delay_ms = Some(400);
    under(db, fault);
}

fn an_error_page(db: crate::store::Db) {
    under(db, Fault::new(FaultKind::BadGatewayHtml).probability(0.3));
}

fn cut_before(db: crate::store::Db) {
    under(db, Fault::new(FaultKind::CutBefore).probability(0.1));
}

fn cut_after(db: crate::store::Db) {
    let fault = Fault::new(FaultKind::CutAfter)
        .method("sendMessage")
        .count(6);
    let world = under(db, fault);
    let resent = world.messages().iter().filter(|row| row.resent).count();
    assert!((1..=6).contains(&resent), "{resent} rows marked for 6 cuts");
}

fn a_storm_of_429(db: crate::store::Db) {
    let fault = Fault::new(FaultKind::TooManyRequests)
        .method("sendMessage")
        .count(15);
    let world = under(db, fault);
    assert!(
        world.messages().iter().all(|row| !row.resent),
        "a refusal is no doubt"
    );
}

/// One bot waits with its reason; the others do not feel it; it comes back when told to.
fn a_revoked_token_among_others(db: crate::store::Db) {
    let mut world = World::new(db, 3);
    let token = world.token();
    let bots = world.bots();
    world
        .simulator
        .fault(Fault::new(FaultKind::Unauthorized).bot(bots[0]));
    let server = world.serve();
    for bot in &bots[1..] {
        world.say_many(*bot, 3, 2);
    }
    world.wait_answered(&server);
    let said = server.wait_bot(&token, bots[0], |said| said["state"] == "waiting");
    assert_eq!(said["reason"]["reason"], "unauthorised", "{said}");
    for bot in &bots[1..] {
        let said = server.bot(&token, *bot);
        assert_eq!(
            (&said["state"], &said["starts"]),
            (&"running".into(), &1.into()),
            "{said}"
        );
    }
    world.simulator.clear_faults();
    world.say_many(bots[0], 3, 2);
    server.http(
        &token,
        "POST",
        &format!("/api/v1/bots/{}/restart", super::child::code(bots[0])),
    );
    world.wait_answered(&server);
    world.wait_settled(&server);
    server.kill();
    world.check();
}

fn a_malformed_update(db: crate::store::Db) {
    let mut world = World::new(db, 1);
    let bot = world.bot();
    world.say_many(bot, 2, 1);
    world
        .simulator
        .fault(Fault::new(FaultKind::MalformedUpdate));
    world.say_many(bot, 2, 1);
    // Of a kind that nobody knows: no failure, nothing to do.
    world
        .simulator
        .push_update(bot, &serde_json::json!({"from_the_future": {"a": [1, 2]}}));
    world.say_many(bot, 2, 1);
    let server = world.serve();
    world.wait_answered(&server);
    world.wait_settled(&server);
    let server = {
        server.kill();
        world.serve()
    };
    world.say_many(bot, 2, 1);
    world.wait_answered(&server);
    world.wait_settled(&server);
    server.kill();
    world.check_but(1);
    assert_eq!(world.answered(), world.said());
}

/// Three refusals make a state; it ends when the other stops.
fn somebody_else_polls(db: crate::store::Db) {
    let mut world = World::new(db, 2);
    let token = world.token();
    let bots = world.bots();
    world.simulator.fault(
        Fault::new(FaultKind::Conflict)
            .method("getUpdates")
            .bot(bots[0]),
    );
    let server = world.serve();
    world.say_many(bots[0], 2, 1);
    world.say_many(bots[1], 2, 1);
    let said = server.wait_bot(&token, bots[0], |said| {
        said["actors"]["poller"]["state"] == "conflict"
    });
    assert_eq!(said["state"], "running", "{said}");
    assert!(
        said["actors"]["poller"]["failures"].as_u64() >= Some(3),
        "{said}"
    );
    world.simulator.clear_faults();
    world.wait_answered(&server);
    let said = server.bot(&token, bots[1]);
    assert_eq!(said["actors"]["poller"]["failures"], 0, "{said}");
    world.wait_settled(&server);
    server.kill();
    world.check();
}

fn ids_that_jump_downwards(db: crate::store::Db) {
    let mut world = World::new(db, 1);
    let bot = world.bot();
    let server = world.serve();
    for kill in [false, true] {
        world.say_many(bot, 3, 2);
        world.wait_answered(&server);
        world.simulator.fault(Fault::new(FaultKind::IdsJump));
        world.say_many(bot, 3, 2);
        world.wait_answered(&server);
        if kill {
            break;
        }
    }
    server.kill();
    world.say_many(bot, 3, 1);
    let server = world.serve();
    world.wait_answered(&server);
    world.wait_settled(&server);
    server.kill();
    world.check();
}

/// One bot, all of it there before the first start.
fn ten_thousand_waiting(db: crate::store::Db) {
    let mut world = World::new(db, 1);
    let bot = world.bot();
    world.say_many(bot, 500, 20);
    let server = world.serve();
    world.wait_answered(&server);
    world.wait_settled(&server);
    let token = world.token();
    let said = server.bot(&token, bot);
    assert_eq!(said["starts"], 1, "{said}");
    server.kill();
    world.check();
    assert!(world.messages().iter().all(|row| !row.resent));
}

/// A chat that is not served any more is told once that there is too much; others are answered.
fn a_chat_that_floods(db: crate::store::Db) {
    let mut world = World::new(db, 1);
    let token = world.token();
    let bot = world.bot();
    let flooding = 666;
    let mut wait = Fault::new(FaultKind::TooManyRequests)
        .method("sendMessage")
        .chat(flooding)
        .count(1);
    wait.retry_after = Some(4);
    world.simulator.fault(wait);
    let server = world.serve();
    for _ in 0..400 {
        world
            .simulator
            .say(bot, Say::text(flooding, "Цена"))
            .expect("said");
    }
    world.say_many(bot, 3, 2);
    world.wait_answered(&server);
    let said = server.wait_bot(&token, bot, |said| {
        let done = said["actors"]["updates_done"].as_u64().unwrap_or(0);
        let refused = said["actors"]["updates_refused"].as_u64().unwrap_or(0);
        done + refused == 406
    });
    world.wait_settled(&server);
    let refused = world.count("select count(*) as n from inbox where state = 'refused'");
    assert_eq!(said["actors"]["updates_refused"], refused);
    assert!(refused > 0, "{said}");
    server.kill();
    world.check();
    let answers = world.answers(bot, flooding);
    let priced = answers
        .iter()
        .filter(|answer| answer.text == "Сто рублей")
        .count() as i64;
    assert_eq!(priced + refused, 400, "answered or refused");
    assert_eq!(
        answers.len() as i64 - priced,
        1,
        "told once: {:?}",
        answers.iter().map(|a| &a.text).collect::<Vec<_>>()
    );
}
