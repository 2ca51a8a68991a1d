//! Random trees and random people: a chat is never lost, whatever is pressed in whatever order.

use proptest::prelude::*;

use super::*;

/// A record of a random tree: under which earlier record it stands, what it does, its settings.
type Record = (usize, u8, usize, bool, u8, bool);

/// What a random person does: write a word, press a button (of any message, as if it were still
/// there), cancel, wait.
#[derive(Clone, Debug)]
enum Deed {
    Write(usize),
    Press(usize, usize),
    Forge(String),
    Cancel,
    Wait(i64),
    Sticker,
    Reload,
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        4 => (0..14usize).prop_map(Deed::Write),
        6 => (0..6usize, 0..12usize).prop_map(|(message, button)| Deed::Press(message, button)),
        1 => "[0-9a-z]{0,3}:[vyopbx][0-9]{0,3}".prop_map(Deed::Forge),
        1 => Just(Deed::Cancel),
        1 => prop_oneof![Just(1i64), Just(5), Just(90_000)].prop_map(Deed::Wait),
        1 => Just(Deed::Sticker),
        1 => Just(Deed::Reload),
    ]
}

fn tree(records: &[Record], without: Option<usize>) -> crate::model::KeywordTree {
    let mut builder = KeywordTreeBuilder::default();
    let mut ids: Vec<Option<KeywordId>> = Vec::new();
    let mut aliases = Vec::new();
    for (index, &(parent, kind, target, confirm, columns, back)) in records.iter().enumerate() {
        // The first is a top-level choice; others stand at the top or under an earlier record.
        let parent = if index == 0 {
            None
        } else {
            ids.get(parent % (index + 1)).copied()
        };
        let (parent, dead) = match parent {
            Some(Some(id)) => (Some(id), false),
            Some(None) => (None, true), // under a deleted record
            None => (None, false),
        };
        if dead || without == Some(index) {
            ids.push(None);
            continue;
        }
        let kind = match if index == 0 { 1 } else { kind % 4 } {
            0 => KeywordKind::Text(RichText::authored(&format!("ответ {index}"))),
            1 => KeywordKind::Choice(Box::new(Choice {
                title: None,
                variants: Variants::Fixed(
                    (0..records.len()).map(|n| format!("с{n}").into()).collect(),
                ),
                confirm,
                columns: columns % 4 + 1,
                back,
            })),
            2 => KeywordKind::Alias(None),
            _ => KeywordKind::Algorithm("А".into()),
        };
        let is_alias = matches!(kind, KeywordKind::Alias(_));
        let id = builder.add(Keyword {
            words: [format!("с{index}").into()].into(),
            parent,
            kind,
            choice_settings: None,
        });
        if is_alias {
            aliases.push((id, target % records.len()));
        }
        ids.push(Some(id));
    }
    for (alias, target) in aliases {
        if let Some(&Some(target)) = ids.get(target) {
            builder.set_alias(alias, target);
        }
    }
    builder.build(Fold::default())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn a_chat_is_never_lost(
        records in prop::collection::vec(
            (0..14usize, 0..4u8, 0..14usize, any::<bool>(), 0..4u8, any::<bool>()),
            1..14,
        ),
        deeds in prop::collection::vec(deed(), 1..40),
        repeat in any::<bool>(),
        without in 0..14usize,
    ) {
        let mut world = World::new("");
        world.bot.keywords = tree(&records, None);
        // Code is allowed, and algorithms give choices whose labels are code, rules or neither.
        world.bot.allow_code = true;
        world.scripts.algorithms.insert("А".into(), |request| {
            let text = |text: &str| ScriptVariant { text: text.into(), value: None };
            said(match request.history.len() % 3 {
                0 => ScriptReply::Choice(vec![text("[код]"), text("с0"), text("с1"), text("?")]),
                1 => ScriptReply::Text(RichText::authored("готово")),
                _ => ScriptReply::Nothing,
            })
        });
        if repeat {
            world.bot.on_other_text = OnOtherText::Repeat;
        }
        // Every keyboard that was ever shown can be pressed: telephones show edits late or never.
        let mut keyboards: Vec<(i64, Vec<String>)> = Vec::new();
        for deed in deeds {
            let is_press = matches!(deed, Deed::Press(..) | Deed::Forge(_));
            let code_runs = world.scripts.code_runs.get();
            match deed {
                Deed::Write(word) => {
                    let before = world.messages.len();
                    world.say(1, &format!("с{word}"));
                    prop_assert!(world.messages.len() > before, "a text is always answered");
                }
                Deed::Press(message, button) => {
                    let count = keyboards.len();
                    if let Some((number, data)) = count
                        .checked_sub(1 + message)
                        .map(|at| &keyboards[at])
                    {
                        world.press_data(1, *number, &data[button % data.len()].clone());
                    }
                }
                Deed::Forge(data) => world.press_data(1, 1, &data),
                Deed::Cancel => world.say(1, "Отмена"),
                Deed::Wait(secs) => world.wait(secs),
                Deed::Sticker => world.come(incoming(1, IncomingKind::Other("sticker".into()))),
                Deed::Reload => world.bot.keywords = tree(&records, Some(without)),
            }
            if is_press {
                prop_assert_eq!(world.scripts.code_runs.get(), code_runs, "a press ran as code");
            }
            for shown in &world.messages {
                let data: Vec<String> = shown
                    .labels()
                    .iter()
                    .map(|label| shown.data(label).expect("data").to_owned())
                    .collect();
                let keyboard = (shown.number, data);
                if !keyboard.1.is_empty() && !keyboards.contains(&keyboard) {
                    keyboards.push(keyboard);
                }
            }
            for stored in world.choices.values() {
                let choice: OpenChoice = serde_json::from_str(stored).expect("it reads back");
                prop_assert!(choice.history.len() <= 50);
            }
        }
        // After «Отмена» the keywords answer again.
        world.bot.keywords = tree(&records, None);
        world.say(1, "Отмена");
        prop_assert!(world.conversations.is_empty());
        world.say(1, "с0");
        prop_assert_eq!(world.last().text.to_plain(), "Выберите вариант:");
        let labels = world.last().labels();
        prop_assert_eq!(labels[0], "с0");
    }
}
