//! The bot check: what is allowed, but does not do what its author probably meant. What is not allowed
//! at all was told by the reader; nothing here refuses a file.
//!
//! Each finding has a stable code, a level, a place, a message and a remedy.

use std::collections::{BTreeMap, HashMap};

use super::definitions::{
    BotDefinition, ChoiceDefinition, Definitions, KindDefinition, ParentRecord, VariantsDefinition,
};
use super::files::DefinitionFile;
use super::programs;
use crate::model::{
    BuiltIn, Channel, Fold, Level, Problem, RichText, has_lookalike_mix, nearest, sort_problems,
};
use crate::scripting::Library;
use crate::source::{At, Source, Span, text_of};

/// The longest message that Telegram shows in one piece, in UTF-16 units.
const MESSAGE_UNITS: usize = Channel::Telegram.limits().text_units;
/// The longest description that setMyDescription takes.
const DESCRIPTION_UNITS: usize = 512;
/// A longer label is cut off on every screen.
const LABEL_CHARS: usize = Channel::Telegram.limits().label_chars;

/// Checks every bot.
pub fn check(definitions: &Definitions, files: &BTreeMap<String, DefinitionFile>) -> Vec<Problem> {
    let fold = Fold::default();
    // D1: a code bot calls an algorithm by its name before it looks at keywords.
    let callable: HashMap<String, &str> = definitions
        .algorithms
        .iter()
        .filter(|algorithm| algorithm.telegram)
        .flat_map(|algorithm| std::iter::once(&algorithm.name).chain(&algorithm.short_name))
        .map(|name| (fold.fold(&name.value), name.value.as_str()))
        .collect();
    // D1: and before that it tries whether the text is code.
    let chat = (definitions.bots.iter())
        .any(|bot| bot.allow_code)
        .then(|| programs::chat_library(definitions, files));
    let mut problems = programs::markup(definitions, files);
    for bot in &definitions.bots {
        let text = files
            .get(&bot.file)
            .and_then(|file| std::str::from_utf8(&file.bytes).ok())
            .unwrap_or_default();
        let source = Source::new(&bot.file, text.strip_prefix('\u{feff}').unwrap_or(text));
        let mut checker = BotChecker {
            bot,
            live: bot.live(),
            source,
            problems: Vec::new(),
        };
        checker.settings();
        checker.keywords(&callable, chat.as_ref());
        problems.append(&mut checker.problems);
    }
    for scenario in &definitions.scenarios {
        let text = files
            .get(&scenario.file)
            .and_then(|file| std::str::from_utf8(&file.bytes).ok())
            .unwrap_or_default();
        let source = Source::new(
            &scenario.file,
            text.strip_prefix('\u{feff}').unwrap_or(text),
        );
        for notification in &scenario.notifications {
            problems.extend(message_findings(&source, "оповещение", &notification.text));
        }
    }
    problems.extend(main_bot(definitions, files));
    sort_problems(&mut problems);
    problems
}

/// Notices and messages without a bot of their own go through the main one.
fn main_bot(
    definitions: &Definitions,
    files: &BTreeMap<String, DefinitionFile>,
) -> Option<Problem> {
    let first = definitions.bots.first()?;
    let notifies = definitions
        .scenarios
        .iter()
        .any(|scenario| !scenario.notifications.is_empty());
    let is_needed = definitions.bots.len() > 1 || notifies;
    if !is_needed || definitions.bots.iter().any(|bot| bot.main.value) {
        return None;
    }
    let text = files
        .get(&first.file)
        .and_then(|file| text_of(&file.bytes).ok())?;
    Some(
        Source::new(&first.file, text)
            .problem(Level::Warning, "no-main-bot", first.code.span, "главного бота нет")
            .hint("добавьте main = true в файл одного из ботов: через него идут оповещения и сообщения, для которых бот не назван"),
    )
}

/// What is wrong with a text that is sent as a message.
fn message_findings(source: &Source<'_>, what: &str, text: &At<impl AsRef<str>>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let written = text.value.as_ref();
    let rich = RichText::authored(written);
    if let RichText::Plain(plain) = &rich
        && let Err(error) = vestnik_markup::parse(plain)
    {
        // Percent signs that became characters move everything after them.
        let offset = if plain == written { error.offset } else { 0 };
        let span = source.within(text.span, written, offset);
        problems.push(
            source
                .problem(
                    Level::Warning,
                    "bad-html",
                    span,
                    format!("{what}: Telegram не примет такое оформление: {}", error.russian()),
                )
                .hint("исправьте теги; сами знаки пишутся так: &lt; &gt; &amp;. Пока текст уйдёт без оформления, как написан"),
        );
    }
    let shown = rich.to_plain();
    let units = vestnik_markup::utf16_len(&shown);
    if units > MESSAGE_UNITS {
        problems.push(
            source
                .problem(
                    Level::Warning,
                    "text-too-long",
                    text.span,
                    format!("{what}: {units} знаков, а в одно сообщение входит {MESSAGE_UNITS}"),
                )
                .hint("сократите текст, иначе он уйдёт несколькими сообщениями"),
        );
    }
    if rich.is_blank() {
        problems.push(
            source
                .problem(
                    Level::Warning,
                    "empty-text",
                    text.span,
                    format!("{what}: показывать нечего"),
                )
                .hint("впишите текст между тегами: пустое сообщение Telegram не примет"),
        );
    }
    problems
}

struct BotChecker<'b> {
    bot: &'b BotDefinition,
    live: Vec<bool>,
    source: Source<'b>,
    problems: Vec<Problem>,
}

impl BotChecker<'_> {
    fn report(
        &mut self,
        level: Level,
        code: &'static str,
        span: Span,
        message: String,
        hint: impl Into<String>,
    ) {
        let problem = self.source.problem(level, code, span, message).hint(hint);
        self.problems.push(problem);
    }

    fn warn(&mut self, code: &'static str, span: Span, message: String, hint: impl Into<String>) {
        self.report(Level::Warning, code, span, message, hint);
    }

    fn message(&mut self, what: &str, text: &At<impl AsRef<str>>) {
        let found = message_findings(&self.source, what, text);
        self.problems.extend(found);
    }

    fn settings(&mut self) {
        let bot = self.bot;
        if bot.name.value.chars().count() > LABEL_CHARS {
            self.warn(
                "name-too-long",
                bot.name.span,
                format!("наименование длиннее {LABEL_CHARS} знаков"),
                "сократите: Telegram показывает не больше 64 знаков",
            );
        }
        if let Some(description) = &bot.description {
            self.message("описание", description);
            let shown = RichText::authored(&description.value).to_plain();
            let units = vestnik_markup::utf16_len(&shown);
            if units > DESCRIPTION_UNITS {
                self.warn(
                    "description-too-long",
                    description.span,
                    format!("описание: {units} знаков, а Telegram хранит {DESCRIPTION_UNITS}"),
                    "сократите описание: на странице бота будет видно только начало",
                );
            }
        }
        if let Some(reply) = &bot.unknown_reply {
            self.message("ответ на неизвестный запрос", reply);
        }
        let authorization = bot.authorization.as_ref().filter(|section| section.enabled);
        if bot.allow_code && authorization.is_none() && bot.code_groups.is_empty() {
            self.warn(
                "code-for-strangers",
                bot.code.span,
                "любой, кто найдёт этого бота, сможет выполнять в нём код, а зарегистрированный в нём — читать и менять все справочники и писать от имени всех ботов".to_owned(),
                "назовите code_groups, включите [authorization] или выключите allow_code",
            );
        }
        if bot.allow_code && authorization.is_some() && bot.code_groups.is_empty() {
            self.report(
                Level::Note,
                "code-for-registered",
                bot.code.span,
                "каждый, кто зарегистрирован в этом боте, сможет выполнять в нём код: читать и менять все справочники и писать от имени всех ботов".to_owned(),
                "назовите в code_groups тех, кому это можно",
            );
        }
        if !bot.code_groups.is_empty() && !bot.allow_code {
            self.report(
                Level::Note,
                "code-groups-unused",
                bot.code_groups[0].span,
                "code_groups ничего не значит, пока allow_code = false".to_owned(),
                "включите allow_code или уберите code_groups",
            );
        }
        let Some(authorization) = authorization else {
            return;
        };
        if let Some(prompt) = &authorization.prompt {
            self.message("запрос авторизации", prompt);
        }
        if authorization.algorithm.is_none()
            && authorization.scenario.is_none()
            && authorization.responsible.is_none()
        {
            self.warn(
                "nobody-authorizes",
                bot.code.span,
                "авторизация включена, но решать некому: каждому придёт отказ".to_owned(),
                "задайте algorithm, scenario или responsible в разделе [authorization]",
            );
        }
    }

    fn keywords(&mut self, callable: &HashMap<String, &str>, chat: Option<&Library>) {
        let bot = self.bot;
        let mut children: HashMap<u32, Vec<usize>> = HashMap::new();
        for (record, keyword) in bot.keywords.iter().enumerate() {
            if let ParentRecord::Record(parent) = keyword.parent
                && !keyword.deleted
            {
                children.entry(parent).or_default().push(record);
            }
        }
        let built_in = self.built_in_words();
        let top: HashMap<String, usize> = self.top_words();
        for (record, keyword) in bot.keywords.iter().enumerate() {
            if !self.live[record] {
                if !keyword.deleted && bot.is_under_deleted(record) {
                    self.report(
                        Level::Note,
                        "under-deleted",
                        keyword.words_span,
                        format!(
                            "запись «{}» не сработает: запись над ней помечена на удаление",
                            bot.path(record)
                        ),
                        "перенесите запись, пометьте и её или снимите пометку сверху",
                    );
                }
                continue;
            }
            if keyword.parent == ParentRecord::Top {
                self.shadowed(record, &built_in, callable, chat);
            } else if let ParentRecord::Record(parent) = keyword.parent {
                self.unreachable(record, parent as usize);
            }
            for word in &keyword.words {
                if has_lookalike_mix(word) && !bot.fold.lookalikes {
                    self.warn(
                        "look-alike",
                        keyword.words_span,
                        format!("в слове «{word}» смешаны латинские и русские буквы"),
                        "наберите слово в одной раскладке или включите fold_lookalikes",
                    );
                }
            }
            match &keyword.kind {
                KindDefinition::Text(text) => self.message("ответ", text),
                KindDefinition::Algorithm { settings, .. } => {
                    let own = children.get(&u32::try_from(record).unwrap_or(u32::MAX));
                    // Records below say that its author expects it to offer a choice (D13).
                    if let Some(own) = own {
                        self.catch_all(record, own);
                    }
                    if let Some(title) = settings
                        .as_ref()
                        .and_then(|settings| settings.title.as_ref())
                    {
                        self.message("заголовок выбора", title);
                    }
                }
                KindDefinition::Choice(choice) => {
                    if let Some(title) = &choice.settings.title {
                        self.message("заголовок выбора", title);
                    }
                    let own = children.get(&u32::try_from(record).unwrap_or(u32::MAX));
                    self.choice(record, choice, own.map_or(&[], Vec::as_slice), &top);
                }
                KindDefinition::Alias {
                    target,
                    record: None,
                } => self.warn(
                    "alias-to-deleted",
                    target.span,
                    format!(
                        "запись «{}» помечена на удаление: ответа не будет",
                        target.value
                    ),
                    "снимите пометку удаления или направьте запись на другую",
                ),
                KindDefinition::Alias { .. } | KindDefinition::Unread => {}
            }
        }
        self.keyboard(&built_in, &top, callable);
        self.look_alikes();
    }

    /// Folded words of the built-in commands that this bot answers, with the word as it is told.
    fn built_in_words(&self) -> HashMap<String, (BuiltIn, &'static str)> {
        let fold = self.bot.fold;
        BuiltIn::of_bot(self.bot.task_menu, !self.bot.keyboard.is_empty())
            .filter(|built_in| !built_in.gives_way())
            .flat_map(|built_in| {
                let words = built_in.words().iter().copied();
                std::iter::once(built_in.command())
                    .chain(words)
                    .map(move |word| (fold.fold(word), (built_in, word)))
            })
            .collect()
    }

    fn top_words(&self) -> HashMap<String, usize> {
        self.bot
            .keywords
            .iter()
            .enumerate()
            .filter(|&(record, keyword)| keyword.parent == ParentRecord::Top && self.live[record])
            .flat_map(|(record, keyword)| {
                keyword
                    .words
                    .iter()
                    .map(move |word| (self.bot.fold.fold(word), record))
            })
            .collect()
    }

    /// A button of the keyboard is a text that the person writes: something should answer it.
    fn keyboard(
        &mut self,
        built_in: &HashMap<String, (BuiltIn, &'static str)>,
        top: &HashMap<String, usize>,
        callable: &HashMap<String, &str>,
    ) {
        for row in &self.bot.keyboard {
            for text in &row.value {
                let folded = self.bot.fold.fold(text);
                let is_known = built_in.contains_key(&folded)
                    || BuiltIn::Help
                        .words()
                        .iter()
                        .chain([&BuiltIn::Help.command()])
                        .any(|word| self.bot.fold.fold(word) == folded)
                    || top.contains_key(&folded)
                    || (self.bot.allow_code && callable.contains_key(&Fold::default().fold(text)));
                if !is_known {
                    self.warn(
                        "keyboard-unanswered",
                        row.span,
                        format!("на кнопку «{text}» клавиатуры ничего не отвечает"),
                        "заведите ключевое слово верхнего уровня с таким текстом или уберите кнопку",
                    );
                }
            }
        }
    }

    /// D3 and D1: what answers before keywords are looked at.
    fn shadowed(
        &mut self,
        record: usize,
        built_in: &HashMap<String, (BuiltIn, &'static str)>,
        callable: &HashMap<String, &str>,
        chat: Option<&Library>,
    ) {
        let keyword = &self.bot.keywords[record];
        for word in &keyword.words {
            let folded = self.bot.fold.fold(word);
            if let Some((built_in, command)) = built_in.get(&folded) {
                // «Отмена» is a command only while something is open (D3).
                let (level, message) = if *built_in == BuiltIn::Cancel {
                    (
                        Level::Note,
                        format!("слово «{word}» сработает, только когда отменять нечего"),
                    )
                } else {
                    (
                        Level::Warning,
                        format!(
                            "слово «{word}» не сработает: на него отвечает встроенная команда «{command}»"
                        ),
                    )
                };
                self.report(
                    level,
                    "keyword-shadowed",
                    keyword.words_span,
                    message,
                    "возьмите другое слово",
                );
            } else if folded.starts_with('/') && folded.contains('@') {
                self.warn(
                    "keyword-shadowed",
                    keyword.words_span,
                    format!("слово «{word}» не сработает: имя бота после @ отбрасывается"),
                    "напишите команду без имени бота",
                );
            } else if self.bot.allow_code && chat.is_some_and(|chat| chat.is_code(word)) {
                self.warn(
                    "keyword-is-code",
                    keyword.words_span,
                    format!("слово «{word}» не сработает: этот бот выполнит его как код"),
                    "возьмите слово, которое не читается как выражение, или выключите allow_code",
                );
            } else if self.bot.allow_code
                && let Some(name) = callable.get(&Fold::default().fold(word))
            {
                self.warn(
                    "keyword-shadowed",
                    keyword.words_span,
                    format!("слово «{word}» не сработает: этот бот вызовет алгоритм «{name}»"),
                    "возьмите другое слово или снимите с алгоритма telegram",
                );
            }
        }
    }

    /// A child is asked only while the choice of its parent is open (D10).
    fn unreachable(&mut self, record: usize, parent: usize) {
        let opens = match &self.bot.keywords[parent].kind {
            KindDefinition::Choice(_) | KindDefinition::Algorithm { .. } => true,
            KindDefinition::Text(_) | KindDefinition::Alias { .. } => false,
            KindDefinition::Unread => true,
        };
        if !opens {
            let path = self.bot.path(record);
            let title = self.bot.keywords[parent].title();
            let message = format!("запись «{path}» не сработает: «{title}» не предлагает выбора");
            self.warn(
                "unreachable-record",
                self.bot.keywords[record].words_span,
                message,
                "уберите parent или сделайте запись сверху выбором",
            );
        }
    }

    /// R165: what an algorithm offers is not known beforehand, so a record without words must answer.
    fn catch_all(&mut self, record: usize, children: &[usize]) {
        let bot = self.bot;
        if children
            .iter()
            .any(|&child| bot.keywords[child].words.is_empty())
        {
            return;
        }
        let path = bot.path(record);
        let what = if children.is_empty() {
            format!("что бы ни выбрали в «{path}», ответит общий разбор текста")
        } else {
            format!("в «{path}» на вариант, для которого нет записи, ответит общий разбор текста")
        };
        self.report(
            Level::Note,
            "dynamic-choice-without-record",
            bot.keywords[record].words_span,
            what,
            "добавьте запись без words с этим parent: она ответит на любой вариант",
        );
    }

    /// R134, D13: variants and the records under them.
    fn choice(
        &mut self,
        record: usize,
        choice: &ChoiceDefinition,
        children: &[usize],
        top: &HashMap<String, usize>,
    ) {
        let bot = self.bot;
        let fold = bot.fold;
        let VariantsDefinition::Fixed(variants) = &choice.variants else {
            self.catch_all(record, children);
            return;
        };
        let answers: HashMap<String, usize> = children
            .iter()
            .flat_map(|&child| {
                bot.keywords[child]
                    .words
                    .iter()
                    .map(move |word| (fold.fold(word), child))
            })
            .collect();
        let has_catch_all = children
            .iter()
            .any(|&child| bot.keywords[child].words.is_empty());
        let mut labels: HashMap<String, &str> = HashMap::new();
        for variant in variants {
            let label = &*variant.value;
            let folded = fold.fold(label);
            if let Some(first) = labels.insert(folded.clone(), label) {
                self.warn(
                    "duplicate-variant",
                    variant.span,
                    format!("вариант «{label}» не отличить от «{first}»"),
                    "уберите один из них: отвечать будет одна и та же запись",
                );
            }
            if label.contains('<') && RichText::authored(label).to_plain() != label {
                self.warn(
                    "markup-in-variant",
                    variant.span,
                    format!("в варианте «{label}» теги: на кнопке они останутся как есть"),
                    "уберите теги: оформление бывает только в тексте сообщений",
                );
            }
            if label.chars().count() > LABEL_CHARS {
                self.warn(
                    "label-too-long",
                    variant.span,
                    format!("на кнопке больше {LABEL_CHARS} знаков"),
                    "сократите вариант: на экране телефона его обрежет",
                );
            }
            if answers.contains_key(&folded) || has_catch_all {
                continue;
            }
            let level_and_tail = match top.get(&folded) {
                Some(&other) => (
                    Level::Note,
                    format!("ответит запись «{}» верхнего уровня", bot.path(other)),
                ),
                None => (
                    Level::Warning,
                    "бот ответит, что не знает, что сказать".to_owned(),
                ),
            };
            let near = nearest(
                label,
                children
                    .iter()
                    .flat_map(|&child| bot.keywords[child].words.iter().map(|word| &**word)),
            );
            // D8: the author wrote the variant as the words, and its comma took it apart.
            let taken_apart = children.iter().any(|&child| {
                let words = &bot.keywords[child].words;
                words.len() > 1 && fold.fold(&words.join(",")) == folded
            });
            let hint = match near {
                _ if taken_apart => {
                    format!("слово с запятой берётся в кавычки: words = '\"{label}\"'")
                }
                Some(near) => format!("возможно, он должен совпадать со словом «{near}»"),
                None => format!(
                    "добавьте запись с parent = \"{}\" и words = \"{label}\"",
                    bot.path(record)
                ),
            };
            self.report(
                level_and_tail.0,
                "variant-without-record",
                variant.span,
                format!(
                    "у варианта «{label}» нет своей записи: {}",
                    level_and_tail.1
                ),
                hint,
            );
        }
        for &child in children {
            let keyword = &bot.keywords[child];
            let offered = keyword.words.is_empty()
                || keyword
                    .words
                    .iter()
                    .any(|word| labels.contains_key(&fold.fold(word)));
            if !offered {
                let hint = match nearest(
                    keyword.title(),
                    variants.iter().map(|variant| &*variant.value),
                ) {
                    Some(near) => format!("возможно, слово должно совпадать с вариантом «{near}»"),
                    None => "допишите вариант в variants или уберите запись".to_owned(),
                };
                self.warn(
                    "record-without-variant",
                    keyword.words_span,
                    format!(
                        "записи «{}» не соответствует ни один вариант",
                        bot.path(child)
                    ),
                    hint,
                );
            }
        }
    }

    /// D7: words that look the same and are not.
    fn look_alikes(&mut self) {
        let bot = self.bot;
        if bot.fold.lookalikes {
            return;
        }
        let alike = Fold {
            lookalikes: true,
            ..bot.fold
        };
        let mut seen: HashMap<(ParentKey, String), (usize, &str)> = HashMap::new();
        for (record, keyword) in bot
            .keywords
            .iter()
            .enumerate()
            .filter(|&(record, _)| self.live[record])
        {
            let parent = match keyword.parent {
                ParentRecord::Top => None,
                ParentRecord::Record(parent) => Some(parent),
                ParentRecord::Missing => continue,
            };
            for word in &keyword.words {
                match seen.get(&(parent, alike.fold(word))) {
                    Some(&(other, spelling))
                        if other != record && bot.fold.fold(word) != bot.fold.fold(spelling) =>
                    {
                        let place = self.source.place(bot.keywords[other].words_span);
                        let problem = self
                            .source
                            .problem(
                                Level::Warning,
                                "look-alike",
                                keyword.words_span,
                                format!("слово «{word}» выглядит так же, как «{spelling}» ({place}), но набрано другими буквами"),
                            )
                            .hint("наберите слова по-разному или включите fold_lookalikes");
                        self.problems.push(problem);
                    }
                    Some(_) => {}
                    None => {
                        seen.insert((parent, alike.fold(word)), (record, word));
                    }
                }
            }
        }
    }
}

/// The parent of a record, as a key.
type ParentKey = Option<u32>;
