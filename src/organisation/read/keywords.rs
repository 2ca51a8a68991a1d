//! The records `[[keyword]]` of a bot: each alone, then the tree that they make together.

use std::collections::HashMap;

use crate::model::{Fold, KeywordWords, WordsError, nearest};
use crate::organisation::definitions::{
    ChoiceDefinition, ChoiceSettings, KeywordDefinition, KindDefinition, ParentRecord,
    VariantsDefinition,
};
use crate::source::{At, Document, Fields, Span};

/// What separates the words of a path that is written as one text.
const PATH: &str = " / ";
/// More buttons than this are no choice any more: eight fit on a page.
const WRITTEN_VARIANTS_MAX: usize = 200;

/// More words than this are a list that belongs elsewhere; each of them is compared with every other.
const WORDS_MAX: usize = 2000;

/// A path of words as it was written.
struct WrittenPath {
    parts: Vec<String>,
    span: Span,
}

impl WrittenPath {
    fn shown(&self) -> String {
        self.parts.join(PATH)
    }
}

/// The links of a record that need the other records.
#[derive(Default)]
struct Links {
    parent: Option<WrittenPath>,
    target: Option<WrittenPath>,
}

pub(super) fn read(fields: &Fields<'_, '_>, fold: Fold) -> Vec<KeywordDefinition> {
    let entries = fields.tables("keyword", "записи [[keyword]]");
    let mut keywords = Vec::with_capacity(entries.len());
    let mut links = Vec::with_capacity(entries.len());
    for entry in entries {
        let (keyword, link) = read_record(&entry, fold);
        entry.refuse_rest();
        keywords.push(keyword);
        links.push(link);
    }
    let document = fields.document();
    let mut tree = Tree {
        keywords: &mut keywords,
        document,
        fold,
        words: HashMap::new(),
    };
    tree.link_parents(&links);
    tree.link_targets(&links);
    tree.refuse_duplicates();
    tree.refuse_alias_loops();
    keywords
}

#[derive(Clone, Copy)]
enum Kind {
    Text,
    Algorithm,
    Choice,
    Alias,
}

fn read_record(entry: &Fields<'_, '_>, fold: Fold) -> (KeywordDefinition, Links) {
    let (words, words_span) = read_words(entry, fold);
    let mut links = Links {
        parent: read_path(entry, "parent"),
        target: None,
    };
    let is_read = words_span == entry.span() || !words.is_empty();
    if words.is_empty() && is_read && !entry.has("parent") {
        entry.document().error(
            "missing-key",
            words_span,
            "у записи нет слов",
            Some(
                "добавьте строку words = \"…\"; без слов бывает только запись с parent".to_owned(),
            ),
        );
    }
    let deleted = entry.flag("deleted").is_some_and(|flag| flag.value);
    if !entry.has("kind") {
        entry.missing(
            "kind",
            Some(
                "добавьте строку kind = \"text\", \"algorithm\", \"choice\" или \"alias\""
                    .to_owned(),
            ),
        );
    }
    let kind = entry.one_of(
        "kind",
        &[
            ("text", Kind::Text),
            ("algorithm", Kind::Algorithm),
            ("choice", Kind::Choice),
            ("alias", Kind::Alias),
        ],
    );
    let kind = match kind.map(|kind| kind.value) {
        None => {
            // The keys of every kind are known, so that they are not called unknown.
            for key in ["text", "algorithm", "title", "target"] {
                let _ = entry.text(key);
            }
            let _ = (entry.texts("variants"), read_settings(entry));
            KindDefinition::Unread
        }
        Some(Kind::Text) => {
            refuse_keys(
                entry,
                "text",
                &[
                    "algorithm",
                    "title",
                    "variants",
                    "confirm",
                    "columns",
                    "back",
                    "target",
                ],
            );
            match entry.required_text("text") {
                Some(text) => KindDefinition::Text(text.map(String::into_boxed_str)),
                None => KindDefinition::Unread,
            }
        }
        Some(Kind::Algorithm) => {
            refuse_keys(entry, "algorithm", &["text", "variants", "target"]);
            let has_settings = ["title", "confirm", "columns", "back"]
                .iter()
                .any(|key| entry.has(key));
            let settings = read_settings(entry);
            match entry.required_text("algorithm") {
                Some(name) => KindDefinition::Algorithm {
                    name: name.map(String::into_boxed_str),
                    settings: has_settings.then(|| Box::new(settings)),
                },
                None => KindDefinition::Unread,
            }
        }
        Some(Kind::Choice) => {
            refuse_keys(entry, "choice", &["text", "target"]);
            let settings = read_settings(entry);
            match read_variants(entry, fold) {
                Some(variants) => {
                    KindDefinition::Choice(Box::new(ChoiceDefinition { variants, settings }))
                }
                None => KindDefinition::Unread,
            }
        }
        Some(Kind::Alias) => {
            refuse_keys(
                entry,
                "alias",
                &[
                    "text",
                    "algorithm",
                    "title",
                    "variants",
                    "confirm",
                    "columns",
                    "back",
                ],
            );
            if !entry.has("target") {
                entry.missing(
                    "target",
                    Some("добавьте строку target = \"слово другой записи\"".to_owned()),
                );
            }
            match read_path(entry, "target") {
                Some(target) => {
                    let shown = At {
                        value: target.shown().into_boxed_str(),
                        span: target.span,
                    };
                    links.target = Some(target);
                    KindDefinition::Alias {
                        target: shown,
                        record: None,
                    }
                }
                None => KindDefinition::Unread,
            }
        }
    };
    let keyword = KeywordDefinition {
        span: entry.span(),
        words,
        words_span,
        parent: ParentRecord::Top,
        kind,
        deleted,
    };
    (keyword, links)
}

fn read_words(entry: &Fields<'_, '_>, fold: Fold) -> (Box<[Box<str>]>, Span) {
    let Some(text) = entry.text("words") else {
        return (Box::default(), entry.span());
    };
    // A list without words is no list: the record itself stands for it.
    if text.value.trim().is_empty() {
        return (Box::default(), entry.span());
    }
    let span = text.span;
    let refuse = |code, message: &str, hint: &str| {
        entry
            .document()
            .error(code, span, message, Some(hint.to_owned()));
    };
    let words = match KeywordWords::parse(&text.value) {
        Ok(words) => words.0,
        Err(error) => {
            let (message, hint) = wrong_words(error);
            refuse("bad-words", message, hint);
            return (Box::default(), span);
        }
    };
    if words.len() > WORDS_MAX {
        refuse(
            "too-many-words",
            &format!("слов {}, а у записи их может быть {WORDS_MAX}", words.len()),
            "разделите запись; для поиска по справочнику подходит запись вида algorithm",
        );
        return (Box::default(), span);
    }
    for word in &words {
        if fold.fold(word).is_empty() {
            refuse(
                "bad-words",
                "слово состоит из одних пробелов",
                "впишите слово: пробелы при сравнении не считаются",
            );
        }
    }
    (
        words.into_iter().map(String::into_boxed_str).collect(),
        span,
    )
}

fn read_path(entry: &Fields<'_, '_>, key: &'static str) -> Option<WrittenPath> {
    let written = entry.text_or_texts(key)?;
    let span = written.span;
    let parts: Vec<String> = match written.value {
        Ok(text) => text
            .split(PATH)
            .map(|part| part.trim().to_owned())
            .collect(),
        Err(parts) => parts.into_iter().map(|part| part.value).collect(),
    };
    // An empty part after the first is a catch-all (D12).
    if parts.first().is_none_or(|first| first.trim().is_empty()) {
        entry.document().error(
            "empty-value",
            span,
            format!("«{key}» не может быть пустым"),
            Some("впишите слово записи или уберите строку".to_owned()),
        );
        return None;
    }
    Some(WrittenPath { parts, span })
}

fn refuse_keys(entry: &Fields<'_, '_>, kind: &str, keys: &[&'static str]) {
    for key in keys {
        if let Some(span) = entry.key_span(key) {
            entry.document().error(
                "key-not-for-kind",
                span,
                format!("«{key}» не бывает у записи вида {kind}"),
                Some("уберите строку или исправьте kind".to_owned()),
            );
            entry.pass(key);
        }
    }
}

fn read_settings(entry: &Fields<'_, '_>) -> ChoiceSettings {
    ChoiceSettings {
        title: entry
            .text("title")
            .filter(|title| !title.value.trim().is_empty())
            .map(|title| title.map(String::into_boxed_str)),
        confirm: entry.flag("confirm").is_some_and(|flag| flag.value),
        columns: entry
            .integer("columns", 1..=4)
            .and_then(|columns| u8::try_from(columns.value).ok())
            .unwrap_or(1),
        back: entry.flag("back").is_none_or(|flag| flag.value),
    }
}

fn read_variants(entry: &Fields<'_, '_>, fold: Fold) -> Option<VariantsDefinition> {
    let document = entry.document();
    let hint = "добавьте variants = [\"…\", \"…\"] или algorithm = \"…\"";
    let variants = entry.texts("variants");
    let algorithm = entry.text("algorithm");
    match (entry.has("variants"), entry.has("algorithm")) {
        (true, true) => {
            document.error(
                "variants-and-algorithm",
                entry.key_span("algorithm").unwrap_or(entry.span()),
                "варианты заданы дважды: списком и алгоритмом",
                Some("оставьте что-то одно".to_owned()),
            );
            None
        }
        (false, false) => {
            document.error(
                "choice-without-variants",
                entry.span(),
                "у выбора нет вариантов",
                Some(hint.to_owned()),
            );
            None
        }
        (false, true) => {
            let algorithm = algorithm?;
            if algorithm.value.trim().is_empty() {
                document.error(
                    "choice-without-variants",
                    algorithm.span,
                    "у выбора нет вариантов",
                    Some(hint.to_owned()),
                );
                return None;
            }
            Some(VariantsDefinition::Algorithm(
                algorithm.map(String::into_boxed_str),
            ))
        }
        (true, false) => {
            let variants = variants?;
            let span = entry.key_span("variants").unwrap_or(entry.span());
            if variants.is_empty() {
                document.error(
                    "choice-without-variants",
                    span,
                    "список вариантов пуст",
                    Some("впишите хотя бы один вариант".to_owned()),
                );
                return None;
            }
            if variants.len() > WRITTEN_VARIANTS_MAX {
                document.error(
                    "too-many-variants",
                    span,
                    format!(
                        "вариантов {}, а можно {WRITTEN_VARIANTS_MAX}",
                        variants.len()
                    ),
                    Some("разбейте выбор на вложенные".to_owned()),
                );
                return None;
            }
            for variant in &variants {
                if fold.fold(&variant.value).is_empty() {
                    document.error(
                        "empty-value",
                        variant.span,
                        "вариант не может быть пустым",
                        Some("впишите текст кнопки".to_owned()),
                    );
                }
            }
            Some(VariantsDefinition::Fixed(
                variants
                    .into_iter()
                    .map(|variant| variant.map(String::into_boxed_str))
                    .collect(),
            ))
        }
    }
}

/// The records while they are tied together.
struct Tree<'k, 'd, 't> {
    keywords: &'k mut Vec<KeywordDefinition>,
    document: &'d Document<'t>,
    fold: Fold,
    /// (parent, folded word) → the record; a live one is preferred.
    words: HashMap<(Option<u32>, String), u32>,
}

fn number(record: usize) -> u32 {
    u32::try_from(record).expect("a file has under 4 billion records")
}

impl Tree<'_, '_, '_> {
    fn enter(&mut self, record: usize) {
        let keyword = &self.keywords[record];
        let parent = match keyword.parent {
            ParentRecord::Top => None,
            ParentRecord::Record(parent) => Some(parent),
            ParentRecord::Missing => return,
        };
        let deleted = keyword.deleted;
        let folded: Vec<String> = if keyword.words.is_empty() {
            vec![String::new()]
        } else {
            keyword
                .words
                .iter()
                .map(|word| self.fold.fold(word))
                .collect()
        };
        for word in folded {
            let keywords = &self.keywords;
            self.words
                .entry((parent, word))
                .and_modify(|first| {
                    if keywords[*first as usize].deleted && !deleted {
                        *first = number(record);
                    }
                })
                .or_insert_with(|| number(record));
        }
    }

    /// The record that a path leads to, or how far it led.
    fn follow(&self, path: &WrittenPath) -> Result<u32, (Option<u32>, usize)> {
        let mut at = None;
        for (depth, part) in path.parts.iter().enumerate() {
            match self.words.get(&(at, self.fold.fold(part))) {
                Some(&record) => at = Some(record),
                None => return Err((at, depth)),
            }
        }
        at.ok_or((None, 0))
    }

    fn dangling(&self, what: &str, path: &WrittenPath, stuck: (Option<u32>, usize)) {
        // No hint is looked for that nobody would read.
        if self.document.is_full() {
            self.document.error("unknown-parent", path.span, "", None);
            return;
        }
        let (at, depth) = stuck;
        let part = &path.parts[depth];
        let siblings = self
            .keywords
            .iter()
            .filter(|keyword| match (at, keyword.parent) {
                (None, ParentRecord::Top) => true,
                (Some(at), ParentRecord::Record(parent)) => at == parent,
                _ => false,
            })
            .flat_map(|keyword| keyword.words.iter().map(|word| &**word));
        let under = match at {
            Some(at) => format!(" под записью «{}»", self.keywords[at as usize].title()),
            None => " на верхнем уровне".to_owned(),
        };
        let hint = match nearest(part, siblings) {
            Some(near) => format!("возможно, имелось в виду «{near}»"),
            None => match self.elsewhere(part) {
                Some(path) => format!("такая запись есть глубже: напишите {path}"),
                None => "впишите слово существующей записи; путь пишется через \" / \"".to_owned(),
            },
        };
        self.document.error(
            if what == "parent" {
                "unknown-parent"
            } else {
                "unknown-target"
            },
            path.span,
            format!("«{what}»: записи «{part}» нет{under}"),
            Some(hint),
        );
    }

    /// The path of a record that answers to a word somewhere in the tree.
    fn elsewhere(&self, word: &str) -> Option<String> {
        let folded = self.fold.fold(word);
        let record = self.keywords.iter().position(|keyword| {
            keyword.parent != ParentRecord::Missing
                && keyword
                    .words
                    .iter()
                    .any(|word| self.fold.fold(word) == folded)
        })?;
        let mut parts = vec![self.keywords[record].title()];
        let mut at = self.keywords[record].parent;
        while let ParentRecord::Record(parent) = at {
            parts.push(self.keywords[parent as usize].title());
            at = self.keywords[parent as usize].parent;
        }
        parts.reverse();
        Some(if parts.iter().any(|part| part.contains(PATH)) {
            let quoted: Vec<String> = parts.iter().map(|part| format!("\"{part}\"")).collect();
            format!("[{}]", quoted.join(", "))
        } else {
            format!("\"{}\"", parts.join(PATH))
        })
    }

    /// The length of a path is the depth of its record, so the records are tied from the top down,
    /// whatever their order in the file.
    fn link_parents(&mut self, links: &[Links]) {
        let depth = |record: &usize| {
            links[*record]
                .parent
                .as_ref()
                .map_or(0, |path| path.parts.len())
        };
        let mut order: Vec<usize> = (0..links.len()).collect();
        order.sort_by_key(depth);
        for level in order.chunk_by(|a, b| depth(a) == depth(b)) {
            for &record in level {
                if let Some(path) = &links[record].parent {
                    self.keywords[record].parent = match self.follow(path) {
                        Ok(parent) => ParentRecord::Record(parent),
                        Err(stuck) => {
                            self.dangling("parent", path, stuck);
                            ParentRecord::Missing
                        }
                    };
                }
            }
            for &record in level {
                self.enter(record);
            }
        }
    }

    fn link_targets(&mut self, links: &[Links]) {
        for (record, links) in links.iter().enumerate() {
            let Some(path) = &links.target else { continue };
            let found = self.follow(path);
            match found {
                Err(stuck) => {
                    self.dangling("target", path, stuck);
                    self.keywords[record].kind = KindDefinition::Unread;
                }
                Ok(target) => {
                    let live = self.is_live(target);
                    if let KindDefinition::Alias { record, .. } = &mut self.keywords[record].kind {
                        *record = live.then_some(target);
                    }
                }
            }
        }
    }

    fn is_live(&self, record: u32) -> bool {
        let mut at = ParentRecord::Record(record);
        loop {
            match at {
                ParentRecord::Top => return true,
                ParentRecord::Missing => return false,
                ParentRecord::Record(record) => {
                    let keyword = &self.keywords[record as usize];
                    if keyword.deleted {
                        return false;
                    }
                    at = keyword.parent;
                }
            }
        }
    }

    /// D9: two live records of one parent with the same folded word.
    fn refuse_duplicates(&self) {
        let mut seen: HashMap<(Option<u32>, String), (usize, &str)> = HashMap::new();
        for (record, keyword) in self.keywords.iter().enumerate() {
            let parent = match keyword.parent {
                ParentRecord::Top => None,
                ParentRecord::Record(parent) => Some(parent),
                ParentRecord::Missing => continue,
            };
            if !self.is_live(number(record)) {
                continue;
            }
            // Words that could not be read, or none at the top: told already.
            let unread = keyword.words_span != keyword.span;
            if keyword.words.is_empty() && (parent.is_none() || unread) {
                continue;
            }
            let catch_all: [Box<str>; 1] = ["".into()];
            let words: &[Box<str>] = if keyword.words.is_empty() {
                &catch_all
            } else {
                &keyword.words
            };
            for word in words {
                let key = (parent, self.fold.fold(word));
                match seen.get(&key) {
                    // The same word twice in one record is legal (D8).
                    Some((other, _)) if *other == record => {}
                    Some((other, spelling)) => {
                        self.duplicate(record, word, *other, spelling);
                        break;
                    }
                    None => {
                        let spelling = keyword
                            .words
                            .iter()
                            .find(|own| *own == word)
                            .map_or("", |own| own);
                        seen.insert(key, (record, spelling));
                    }
                }
            }
        }
    }

    fn duplicate(&self, record: usize, word: &str, other: usize, spelling: &str) {
        let keyword = &self.keywords[record];
        let place = self
            .document
            .source()
            .place(self.keywords[other].words_span);
        if word.is_empty() {
            self.document.error(
                "duplicate-word",
                keyword.span,
                format!("вторая запись без слов у того же выбора; первая: {place}"),
                Some("оставьте одну запись без words".to_owned()),
            );
            return;
        }
        let without_yo = Fold {
            yo: false,
            ..self.fold
        };
        let plain = Fold {
            lookalikes: false,
            ..self.fold
        };
        let (reason, hint) = if self.fold.yo && without_yo.fold(word) != without_yo.fold(spelling) {
            (
                ": ё и е не различаются (fold_yo = true)",
                "уберите слово из одной записи или поставьте fold_yo = false",
            )
        } else if self.fold.lookalikes && plain.fold(word) != plain.fold(spelling) {
            (
                ": похожие латинские и русские буквы не различаются (fold_lookalikes = true)",
                "уберите слово из одной записи или поставьте fold_lookalikes = false",
            )
        } else {
            (
                "",
                "уберите слово из одной записи или пометьте её deleted = true",
            )
        };
        self.document.error(
            "duplicate-word",
            keyword.words_span,
            format!("слово «{word}» уже есть у записи «{spelling}» ({place}){reason}"),
            Some(hint.to_owned()),
        );
    }

    /// D15: aliases that lead to one another and never to an answer.
    fn refuse_alias_loops(&self) {
        let next = |record: usize| match &self.keywords[record].kind {
            KindDefinition::Alias {
                record: Some(target),
                ..
            } if !self.keywords[record].deleted => Some(*target as usize),
            _ => None,
        };
        // 0: not seen, 1: on the way now, 2: done.
        let mut state = vec![0u8; self.keywords.len()];
        for start in 0..self.keywords.len() {
            let mut way = Vec::new();
            let mut at = Some(start);
            while let Some(record) = at {
                match state[record] {
                    0 => {
                        state[record] = 1;
                        way.push(record);
                        at = next(record);
                    }
                    1 => {
                        let from = way.iter().position(|&step| step == record).unwrap_or(0);
                        self.alias_loop(&way[from..]);
                        break;
                    }
                    _ => break,
                }
            }
            for record in way {
                state[record] = 2;
            }
        }
    }

    fn alias_loop(&self, records: &[usize]) {
        let Some(&first) = records.iter().min() else {
            return;
        };
        let from = records
            .iter()
            .position(|&record| record == first)
            .unwrap_or(0);
        let mut titles: Vec<&str> = records[from..]
            .iter()
            .chain(&records[..from])
            .map(|&record| self.keywords[record].title())
            .collect();
        titles.push(titles[0]);
        let span = match &self.keywords[first].kind {
            KindDefinition::Alias { target, .. } => target.span,
            _ => self.keywords[first].span,
        };
        self.document.error(
            "alias-loop",
            span,
            format!("записи ведут по кругу: {}", titles.join(" → ")),
            Some("направьте одну из них на запись с ответом".to_owned()),
        );
    }
}

/// What is wrong with a list of words, and the remedy.
pub(super) fn wrong_words(error: WordsError) -> (&'static str, &'static str) {
    match error {
        WordsError::UnclosedQuote => (
            "кавычка вокруг слова не закрыта",
            "закройте кавычку: 'слово, \"слово, с запятой\"'",
        ),
        WordsError::TextAfterQuote => (
            "после закрытой кавычки стоит лишнее",
            "после кавычки ставится запятая; слово с кавычкой внутри берётся в кавычки целиком, а кавычка удваивается",
        ),
        WordsError::EmptyWord => (
            "между запятыми нет слова",
            "уберите лишнюю запятую; слово с запятой берётся в двойные кавычки",
        ),
    }
}
