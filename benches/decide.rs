//! One decision, from a parsed update to its effects: a keyword, an unknown text, a choice offered and
//! pressed. `cargo bench --bench decide`

use std::cell::Cell;
use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use vestnik::dialogue::{
    Addressed, Decision, Effect, Facts, Incoming, IncomingKind, NoScripts, NothingOutside, Person,
    Turn, decide,
};
use vestnik::model::{
    Bot, BotCode, BotTexts, ButtonAction, Buttons, ChatId, Choice, Conversation, Fold, IdSource,
    Keyword, KeywordKind, KeywordTreeBuilder, Locale, Moment, OnOtherText, OpenChoice,
    OutgoingBody, PersonId, Quote, RichText, UpdateMode, Variants,
};

struct Counter(Cell<i64>);

impl IdSource for Counter {
    fn next_id(&self) -> i64 {
        self.0.set(self.0.get() + 1);
        self.0.get()
    }
}

fn markup(text: &str) -> RichText {
    RichText::Markup(text.into())
}

/// A bot of 1,000 keywords and one choice of three variants.
fn bot() -> Bot {
    let mut builder = KeywordTreeBuilder::default();
    let record = |words: &str, parent, kind| Keyword {
        words: [words.into()].into(),
        parent,
        kind,
        choice_settings: None,
    };
    for number in 0..1000 {
        let text = KeywordKind::Text(markup("Ответ на это слово, как он записан у бота"));
        builder.add(record(&format!("Слово {number}"), None, text));
    }
    let variants = ["Вариант №1", "Вариант №2", "Вариант №3"];
    let choice = builder.add(record(
        "Выбор",
        None,
        KeywordKind::Choice(Box::new(Choice {
            title: Some(markup("Выберите вариант")),
            variants: Variants::Fixed(variants.map(Into::into).into()),
            confirm: false,
            columns: 1,
            back: true,
        })),
    ));
    for variant in variants {
        let text = KeywordKind::Text(markup("Выбрано"));
        builder.add(record(variant, Some(choice), text));
    }
    let fold = Fold::default();
    Bot {
        code: BotCode::new("shop"),
        name: "Магазин".into(),
        description: markup("Отвечает на вопросы"),
        main: false,
        unknown_reply: None,
        allow_code: false,
        code_groups: Vec::new(),
        task_menu: false,
        locale: Locale::Ru,
        fold,
        on_other_text: OnOtherText::Leave,
        choice_ttl_s: 86_400,
        quote: Quote::Always,
        mode: UpdateMode::Poll,
        keyboard: Vec::new(),
        help: true,
        responsible: None,
        authorization: None,
        texts: BotTexts::default(),
        keywords: builder.build(fold),
        revision: 1,
    }
}

fn incoming(kind: IncomingKind) -> Incoming {
    Incoming {
        sender: Person {
            id: PersonId(1001),
            first_name: "Иван".into(),
            last_name: None,
            username: None,
            anonymous: false,
        },
        chat: ChatId(1001),
        thread: None,
        message_id: Some(7),
        addressed: Addressed::Private,
        kind,
        own: true,
        files: Vec::new(),
        phone: None,
    }
}

fn benches(c: &mut Criterion) {
    let bot = bot();
    let ids = Counter(Cell::new(0));
    let conversation = Conversation::default();
    let turn = |incoming: &Incoming, choice: Option<&OpenChoice>| {
        decide(&Turn {
            party: None,
            facts: &Facts::Nothing,
            outside: &NothingOutside,
            bot: &bot,
            username: Some("shop_bot"),
            conversation: &conversation,
            choice,
            registered: false,
            may_code: true,
            scripts: &NoScripts,
            incoming: black_box(incoming),
            now: Moment(1_800_000_000_000_000),
            ids: &ids,
        })
    };
    let mut group = c.benchmark_group("decide");
    for (name, text) in [
        ("keyword", "слово 500"),
        ("unknown", "сколько стоит доставка?"),
        ("greeting", "/start"),
        ("choice offered", "выбор"),
    ] {
        let incoming = incoming(IncomingKind::Text(text.into()));
        group.bench_function(name, |b| b.iter(|| turn(&incoming, None)));
    }

    let offered = incoming(IncomingKind::Text("выбор".into()));
    let Decision::Done { effects, .. } = turn(&offered, None) else {
        panic!("no script is asked for");
    };
    let mut choice = None;
    let mut data = None;
    for effect in effects {
        match effect {
            Effect::PutChoice(put) => choice = Some(put),
            Effect::Send(sent) => {
                if let OutgoingBody::Text {
                    buttons: Buttons::Inline(rows),
                    ..
                } = sent.body
                    && let ButtonAction::Data(first) = &rows[0][0].action
                {
                    data = Some(first.clone());
                }
            }
            Effect::AnswerPress { .. }
            | Effect::CloseChoice(_)
            | Effect::Change(_)
            | Effect::Remember(_) => {}
        }
    }
    let press = incoming(IncomingKind::Press {
        query: "123456789".into(),
        message_id: 8,
        data: data.expect("the choice has buttons"),
    });
    let choice = choice.expect("the choice is put");
    group.bench_function("choice pressed", |b| b.iter(|| turn(&press, Some(&choice))));
    group.finish();
}

criterion_group!(decisions, benches);
criterion_main!(decisions);
