//! Authorisation under SIGKILL: at every link of the chain, and between a decision and its notice. At the
//! end there is exactly one registration, one `authorized`, one decision, and no request that hangs.

use std::time::{Duration, Instant};

use vestnik_simulator::{Press, Say};

use super::child::{PATIENCE, Server, World};
use super::on_both;

on_both!(
    every_step_of_the_algorithm,
    every_step_of_a_persons_decision
);

/// The responsible person's chat.
const DECIDER: i64 = 901;
const BEGIN: &str = "Отправить данные для авторизации...";
const AUTHORIZED: &str = "Вы зарегистрированы: ООО Ромашка.";

/// A bot that asks this algorithm first, and then a person; it writes before it finds.
fn world(db: crate::store::Db, with_algorithm: bool) -> World {
    let world = World::new(db, 1);
    let org = |path: &str| world.db.path(&format!("org/{path}"));
    std::fs::create_dir_all(org("algorithms")).expect("a folder");
    std::fs::write(
        org("algorithms/Проверка.bsl"),
        "След = Справочники.Партнеры.СоздатьЭлемент();
След.Наименование = \"След \" + _ДанныеДляОбработки.Текст;
След.Записать();
_Результат = Справочники.Контрагенты.НайтиПоКоду(_ДанныеДляОбработки.Текст);
",
    )
    .expect("written");
    std::fs::write(
        org("algorithms.toml"),
        "[[algorithm]]\nname = \"Проверка\"\nfile = \"algorithms/Проверка.bsl\"\n",
    )
    .expect("written");
    let code = super::child::code(world.bot());
    std::fs::write(
        org("parties.toml"),
        format!(
            "[[user]]\ncode = \"ivanov\"\nname = \"Иванов\"\n[[counterparty]]\ncode = \"romashka\"\nname = \"ООО Ромашка\"\n\
             [[registration]]\nbot = \"{code}\"\nchat = {DECIDER}\nparty = \"user:ivanov\"\n"
        ),
    )
    .expect("written");
    let file = world.bot_file(world.bot());
    let bot = std::fs::read_to_string(&file).expect("there");
    let (head, keywords) = bot.split_once("[[keyword]]").expect("a keyword");
    let algorithm = if with_algorithm {
        "algorithm = \"Проверка\"\n"
    } else {
        ""
    };
    std::fs::write(
        &file,
        format!(
            "{head}[authorization]\nresponsible = \"ivanov\"\n{algorithm}[[keyword]]{keywords}"
        ),
    )
    .expect("written");
    world
}

/// Waits until the bot said something that begins so, in a chat, so many times.
#[track_caller]
fn wait_for(world: &World, server: &Server, chat: i64, beginning: &str, times: usize) {
    let began = Instant::now();
    loop {
        let answers = world.answers(world.bot(), chat);
        let found = answers
            .iter()
            .filter(|answer| answer.text.starts_with(beginning))
            .count();
        if found >= times {
            return;
        }
        assert!(
            began.elapsed() < PATIENCE,
            "{beginning} {times} times in {chat}, came {answers:#?}\n{}\n{}",
            world.table(),
            server.log()
        );
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[track_caller]
fn say(world: &World, chat: i64, text: &str) {
    world
        .simulator
        .say(world.bot(), Say::text(chat, text))
        .expect("written");
}

/// Presses the newest button with this label.
#[track_caller]
fn press(world: &World, chat: i64, label: &str) {
    let press = Press {
        from: chat,
        label: label.to_owned(),
        ..Press::default()
    };
    world
        .simulator
        .press(world.bot(), press)
        .expect("there is such a button");
}

/// Waits until so many cards have been shown with the parties that fit.
#[track_caller]
fn wait_offered(world: &World, server: &Server, times: usize) {
    let began = Instant::now();
    let offered = || {
        let entries = world.simulator.messages(world.bot(), DECIDER, 0);
        let is_offer = |entry: &&vestnik_simulator::Entry| {
            entry.text.ends_with("Кого зарегистрировать?") && !entry.buttons.is_empty()
        };
        entries.iter().filter(is_offer).count()
    };
    while offered() < times {
        assert!(
            began.elapsed() < PATIENCE,
            "nothing offered\n{}",
            server.log()
        );
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A stranger comes as far as «Отправить».
#[track_caller]
fn come_to_confirm(world: &World, server: &Server, chat: i64, data: &str) {
    say(world, chat, BEGIN);
    wait_for(world, server, chat, "Введите данные", 1);
    say(world, chat, data);
    wait_for(world, server, chat, "Отправить эти данные?", 1);
}

#[track_caller]
fn wait_told(world: &World, server: &Server) {
    world.wait_settled(server);
    let began = Instant::now();
    while world.count("select count(*) as n from events where handled_at is null") > 0 {
        assert!(
            began.elapsed() < PATIENCE,
            "events stay open\n{}",
            server.log()
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    world.wait_settled(server);
}

/// What has to be true of a chat that was let in once.
#[track_caller]
fn check(world: &World, chat: i64, point: &str) {
    let count = |sql: &str| {
        world.count(&format!(
            "select count(*) as n from {sql} and chat = {chat}"
        ))
    };
    let let_in = "registrations where revoked_at is null and party_code = 'romashka'";
    assert_eq!(count(let_in), 1, "registrations after {point}");
    // What was sent and not marked is sent again and says so: the row is one.
    let told = "messages where kind = 'notice' and body like '%Вы зарегистрированы%'";
    assert_eq!(count(told), 1, "notices after {point}");
    assert_eq!(
        count("authorization_requests where state = 'accepted'"),
        1,
        "decisions after {point}"
    );
    assert_eq!(
        count("authorization_requests where state in ('waiting', 'process')"),
        0,
        "hanging after {point}"
    );
    let resent = count("messages where resent");
    let seen = world
        .answers(world.bot(), chat)
        .iter()
        .filter(|answer| answer.text == AUTHORIZED)
        .count();
    assert!(
        seen == 1 || i64::try_from(seen).expect("few") - 1 <= resent,
        "{seen} notices seen, {resent} sent again, after {point}"
    );
}

fn every_step_of_the_algorithm(db: crate::store::Db) {
    let world = world(db, true);
    let points = [
        "received",
        "in-commit",
        "committed",
        "script-ran",
        "in-commit:2",
        "noticed",
        "before-send",
        "after-send",
        "marked",
    ];
    for (number, point) in (1..).zip(points) {
        let chat = 1_000 + number;
        let server = world.serve();
        come_to_confirm(&world, &server, chat, "romashka");
        wait_told(&world, &server);
        server.kill();
        say(&world, chat, "Отправить");
        let server = world.serve_to(point);
        let name = point.split(':').next().unwrap_or(point);
        server.wait_for(&format!("held at {name}"));
        server.kill();
        let server = world.serve();
        wait_for(&world, &server, chat, AUTHORIZED, 1);
        wait_told(&world, &server);
        server.kill();
        check(&world, chat, point);
        // What the algorithm wrote is there once: it is one commit with the registration.
        assert_eq!(
            world.count("select count(*) as n from parties where name = 'След romashka'"),
            number,
            "after {point}"
        );
    }
}

fn every_step_of_a_persons_decision(db: crate::store::Db) {
    let world = world(db, false);
    let points = [
        "received",
        "in-commit",
        "committed",
        "decided",
        "in-commit:2",
        "noticed",
        "before-send",
        "after-send",
        "marked",
    ];
    for (number, point) in (1..).zip(points) {
        let chat = 1_000 + number;
        let server = world.serve();
        come_to_confirm(&world, &server, chat, "romashka");
        wait_told(&world, &server);
        server.kill();
        // The request itself, and then its decision.
        say(&world, chat, "Отправить");
        let name = point.split(':').next().unwrap_or(point);
        if point != "noticed" {
            let server = world.serve_to(point);
            server.wait_for(&format!("held at {name}"));
            server.kill();
        }
        let server = world.serve();
        wait_for(&world, &server, chat, "Данные отправлены", 1);
        let cards = usize::try_from(number).expect("few");
        wait_for(&world, &server, DECIDER, "Запрос авторизации", cards);
        press(&world, DECIDER, "Принять");
        wait_offered(&world, &server, cards);
        wait_told(&world, &server);
        server.kill();
        press(&world, DECIDER, "ООО Ромашка · Контрагент romashka");
        let server = world.serve_to(point);
        server.wait_for(&format!("held at {name}"));
        server.kill();
        let server = world.serve();
        wait_for(&world, &server, chat, AUTHORIZED, 1);
        wait_told(&world, &server);
        server.kill();
        check(&world, chat, point);
    }
}
