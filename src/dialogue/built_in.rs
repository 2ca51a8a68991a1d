//! Built-in commands: which texts are one (R65-R71, D3-D5) and what they answer.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::model::{Bot, BuiltIn, Buttons, Fold, KeywordKind, Locale, RichText};
use crate::texts::{TextName, Texts, Value};

use super::applying;
use super::scene::Scene;
use super::trace::TraceStep;

/// The Russian words, folded by default.
static WORDS: LazyLock<HashMap<String, BuiltIn>> = LazyLock::new(|| {
    let fold = Fold::default();
    let words = |built_in: BuiltIn| {
        let words = built_in.words().iter();
        words.map(move |word| (fold.fold(word), built_in))
    };
    BuiltIn::ALL.into_iter().flat_map(words).collect()
});

fn description(built_in: BuiltIn) -> TextName {
    match built_in {
        BuiltIn::Start => TextName::CommandStart,
        BuiltIn::Help => TextName::CommandHelp,
        BuiltIn::MyKey => TextName::CommandMyKey,
        BuiltIn::Menu => TextName::CommandMenu,
        BuiltIn::NoMenu => TextName::CommandNoMenu,
        BuiltIn::Tasks => TextName::CommandTasks,
        BuiltIn::NewTask => TextName::CommandNewTask,
        BuiltIn::NewProcess => TextName::CommandNewProcess,
        BuiltIn::Cancel => TextName::CommandCancel,
    }
}

/// The command that a text is for a bot, if it is one. `folded` is the text folded with the bot's own
/// settings; `username` the bot's, as far as it is known.
fn recognised(
    text: &str,
    folded: &str,
    (task_menu, has_keyboard): (bool, bool),
    username: Option<&str>,
) -> Option<BuiltIn> {
    let found = if folded.starts_with('/') {
        latin(text, username)?
    } else {
        *WORDS.get(folded)?
    };
    found.answers_in(task_menu, has_keyboard).then_some(found)
}

/// `/start payload`, `/start@botname`, `/My Key`. Look-alikes are not folded here: a command is Latin.
fn latin(text: &str, username: Option<&str>) -> Option<BuiltIn> {
    // Longer texts are no commands; /start with its payload is the longest (64 letters of payload).
    let text = text.trim_start();
    let (head, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let (head, to) = match head.split_once('@') {
        Some((head, to)) => (head, Some(to)),
        None => (head, None),
    };
    if let (Some(to), Some(username)) = (to, username)
        && !to.eq_ignore_ascii_case(username)
    {
        return None;
    }
    if head.eq_ignore_ascii_case(BuiltIn::Start.command()) {
        return Some(BuiltIn::Start);
    }
    let mut folded = Fold::default().fold(head);
    if !rest.is_empty() {
        folded.push_str(&Fold::default().fold(rest));
    }
    BuiltIn::ALL
        .into_iter()
        .find(|built_in| built_in.command() == folded)
}

/// A line of Telegram's own list of commands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CommandEntry {
    /// The command without its slash, as setMyCommands wants it.
    pub command: &'static str,
    /// What it does.
    pub description: String,
}

/// The commands of a bot for setMyCommands (D5), described in `locale`: those that work.
pub fn commands(bot: &Bot, locale: Locale) -> Vec<CommandEntry> {
    let texts = Texts::new(locale, &bot.texts);
    let has_keyboard = !bot.keyboard.is_empty();
    BuiltIn::of_bot(bot.task_menu, has_keyboard)
        .filter(|built_in| built_in.is_offered(has_keyboard))
        .map(|built_in| CommandEntry {
            command: &built_in.command()[1..],
            description: texts.label(description(built_in), &[]),
        })
        .collect()
}

/// The command that a text is in this scene; a keyword of the author's comes before one that gives way.
pub(super) fn command_of(scene: &Scene<'_>, text: &str, folded: &str) -> Option<BuiltIn> {
    let bot = scene.turn.bot;
    let menus = (bot.task_menu, !bot.keyboard.is_empty());
    let found = recognised(text, folded, menus, scene.turn.username)?;
    let is_own = || bot.keywords.find(None, folded).is_some();
    (!found.gives_way() || !is_own()).then_some(found)
}

/// Keywords that /help lists: more are read by nobody.
const LISTED_MAX: usize = 100;

/// What works here (issue 9: `/help`): commands, and the first words of what may be written.
fn help(scene: &mut Scene<'_>) {
    let bot = scene.turn.bot;
    let private = !scene.in_group();
    let has_keyboard = !bot.keyboard.is_empty();
    let commands: Vec<String> = BuiltIn::of_bot(bot.task_menu, has_keyboard)
        .filter(|built_in| built_in.is_offered(has_keyboard))
        // The others only say that they work in the private chat.
        .filter(|built_in| {
            private || matches!(built_in, BuiltIn::Start | BuiltIn::Help | BuiltIn::Cancel)
        })
        .map(|built_in| {
            let about = scene.texts.label(description(built_in), &[]);
            format!("{} — {about}", built_in.command())
        })
        .collect();
    let commands = RichText::Plain(commands.join("\n"));
    let mut text = scene.message(TextName::Help, &[("commands", Value::Rich(&commands))]);
    // Who is not let in may write none of them.
    if bot.help && !scene.turned_away() {
        let mut words: Vec<&str> = bot
            .keywords
            .top()
            // An alias is another word for what is listed.
            .filter(|keyword| !matches!(keyword.kind, KeywordKind::Alias(_)))
            .filter_map(|keyword| {
                let mut words = keyword.words.iter();
                let answered = words.find(|word| {
                    let folded = scene.fold().fold(word);
                    matches!(
                        command_of(scene, word, &folded),
                        None | Some(BuiltIn::Cancel)
                    )
                })?;
                Some(&**answered)
            })
            .collect();
        let left_out = words.len().saturating_sub(LISTED_MAX);
        words.truncate(LISTED_MAX);
        if !words.is_empty() {
            let mut list = words
                .iter()
                .map(|word| format!("• {word}"))
                .collect::<Vec<_>>()
                .join("\n");
            if left_out > 0 {
                list.push_str(&format!("\n… +{left_out}"));
            }
            let list = RichText::Plain(list);
            let keywords =
                scene.message(TextName::HelpKeywords, &[("keywords", Value::Rich(&list))]);
            text = RichText::Markup(format!("{}\n\n{}", text.to_markup(), keywords.to_markup()));
        }
    }
    scene.say(text, Buttons::None);
}

/// The bot's own keyboard, for whoever may use it: in a private chat, since in a group it would lie over
/// everybody's.
fn panel(scene: &Scene<'_>) -> Buttons {
    let rows = &scene.turn.bot.keyboard;
    if rows.is_empty() || scene.in_group() || scene.turned_away() {
        return Buttons::None;
    }
    Buttons::Panel(rows.clone())
}

/// Answers a command other than [`BuiltIn::Cancel`], whose answer depends on what is open.
pub(super) fn perform(scene: &mut Scene<'_>, built_in: BuiltIn) {
    scene.trace.push(TraceStep::BuiltIn(built_in));
    let private = !scene.in_group();
    match built_in {
        // A new beginning: what was open is left.
        BuiltIn::Start => {
            scene.leave();
            let text = scene.message(TextName::Greeting, &[]);
            // A stranger need not guess what to write next.
            let buttons = if scene.turned_away() && private {
                applying::begin_button(scene)
            } else {
                panel(scene)
            };
            scene.say(text, buttons);
        }
        BuiltIn::Help => help(scene),
        BuiltIn::Cancel => scene.say_named(TextName::NothingToCancel),
        _ if !private => scene.say_private_only(),
        BuiltIn::MyKey => scene.say_named(TextName::MyKey),
        BuiltIn::Menu if panel(scene) != Buttons::None => {
            let text = scene.message(TextName::MenuShown, &[]);
            let panel = panel(scene);
            scene.say(text, panel);
        }
        BuiltIn::NoMenu if panel(scene) != Buttons::None => {
            let text = scene.message(TextName::MenuHidden, &[]);
            scene.say(text, Buttons::RemovePanel);
        }
        _ if !scene.registered() => scene.say_named(TextName::NotRegistered),
        BuiltIn::NoMenu => {
            let text = scene.message(TextName::MenuHidden, &[]);
            scene.say(text, Buttons::RemovePanel);
        }
        BuiltIn::Menu | BuiltIn::Tasks | BuiltIn::NewTask | BuiltIn::NewProcess => {
            scene.say_named(TextName::TasksUnavailable);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d4_commands_are_recognised() {
        let check = |text: &str, expected: Option<BuiltIn>| {
            for lookalikes in [false, true] {
                let fold = Fold {
                    yo: true,
                    lookalikes,
                };
                let folded = fold.fold(text);
                assert_eq!(
                    recognised(text, &folded, (true, false), Some("shop_bot")),
                    expected,
                    "{text:?} {lookalikes}"
                );
            }
        };
        check("/start", Some(BuiltIn::Start)); // R65
        check("/Start", Some(BuiltIn::Start));
        check(" старт ", Some(BuiltIn::Start));
        check("/start abc-123", Some(BuiltIn::Start));
        check("/start@shop_bot", Some(BuiltIn::Start));
        check("/START@Shop_Bot payload", Some(BuiltIn::Start));
        check("/start@other_bot", None);
        check("/started", None);
        check("Мой ключ", Some(BuiltIn::MyKey)); // R66
        check("МК", Some(BuiltIn::MyKey));
        check("/my key", Some(BuiltIn::MyKey));
        check("/mykey@shop_bot", Some(BuiltIn::MyKey));
        check("/mykey 5", None);
        check("Помощь", Some(BuiltIn::Help));
        check("/help@shop_bot", Some(BuiltIn::Help));
        check("Отмена", Some(BuiltIn::Cancel));
        check("/cancel", Some(BuiltIn::Cancel));
        check("меню", Some(BuiltIn::Menu)); // R67
        check("БМ", Some(BuiltIn::NoMenu)); // R68
        check("мз", Some(BuiltIn::Tasks)); // R69
        check("Новая\u{a0}задача", Some(BuiltIn::NewTask)); // R70
        check("нп", Some(BuiltIn::NewProcess)); // R71
        check("меню дня", None);
        check("/", None);
        check("", None);
    }

    #[test]
    fn d3_task_commands_need_the_task_menu() {
        for built_in in BuiltIn::ALL {
            for text in built_in.words().iter().chain([&built_in.command()]) {
                let folded = Fold::default().fold(text);
                let expected = (!built_in.needs_task_menu()).then_some(built_in);
                let found = |menus| recognised(text, &folded, menus, None);
                assert_eq!(found((false, false)), expected, "{text}");
                assert_eq!(found((true, false)), Some(built_in), "{text}");
                // Of a keyboard the two that put it up and take it away.
                let is_panel = matches!(built_in, BuiltIn::Menu | BuiltIn::NoMenu);
                let expected = expected.or(is_panel.then_some(built_in));
                assert_eq!(found((false, true)), expected, "{text}");
            }
        }
    }
}
