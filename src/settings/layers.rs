//! The same key in several texts: the defaults, a file, the environment. Each is checked, the last
//! wins, and each remembers where it came from.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::DeTable;

use crate::model::{Level, Problem, nearest};
use crate::source::{Document, Fields, Span};

const PREFIX: &str = "VESTNIK_";

/// Where a value came from.
#[derive(Clone, Debug)]
pub(super) enum Origin {
    /// A document, by its number, and a place in it.
    File(usize, Span),
    /// A variable.
    Variable(String),
}

/// The variables `VESTNIK_…`. Names with `__` are settings; a few others have readers of their own.
pub(super) struct Environment {
    variables: BTreeMap<String, (String, Cell<bool>)>,
    known: RefCell<Vec<String>>,
    problems: RefCell<Vec<Problem>>,
    strangers: RefCell<Vec<Problem>>,
}

/// Variables that are no settings and are read elsewhere.
const OTHERS: [&str; 4] = ["VESTNIK_LOG", "VESTNIK_KEY", "VESTNIK_TOKEN", "VESTNIK_BIN"];
/// Variables of tests begin with this.
const OF_TESTS: &str = "VESTNIK_TEST_";

impl Environment {
    pub fn new(variables: impl IntoIterator<Item = (String, String)>) -> Environment {
        Environment {
            variables: variables
                .into_iter()
                .filter(|(name, _)| name.starts_with(PREFIX))
                .map(|(name, value)| (name, (value, Cell::new(false))))
                .collect(),
            known: RefCell::default(),
            problems: RefCell::default(),
            strangers: RefCell::default(),
        }
    }

    /// A variable that is no setting.
    pub fn plain(&self, name: &str) -> Option<String> {
        self.variables
            .get(name)
            .map(|(value, _)| value.clone())
            .filter(|value| !value.is_empty())
    }

    fn value(&self, section: &str, key: &str) -> Option<(String, String)> {
        let name = format!("{PREFIX}{section}__{key}")
            .replace('.', "__")
            .to_uppercase();
        let found = self.variables.get(&name).map(|(value, used)| {
            used.set(true);
            (name.clone(), value.clone())
        });
        self.known.borrow_mut().push(name);
        found
    }

    fn error(&self, name: &str, code: &'static str, message: String, hint: &str) {
        self.problems
            .borrow_mut()
            .push(Problem::of_file(Level::Error, code, name, message).hint(hint));
    }

    /// Reports variables that look like settings and are none.
    fn finish(&self) {
        let known = self.known.borrow();
        for (name, (_, used)) in &self.variables {
            if used.get() || OTHERS.contains(&name.as_str()) || name.starts_with(OF_TESTS) {
                continue;
            }
            // What all of them begin with would make all of them near.
            let names = known.iter().map(String::as_str).chain(OTHERS);
            let names = names.filter_map(|name| name.strip_prefix(PREFIX));
            let hint = match nearest(&name[PREFIX.len()..], names) {
                Some(near) => format!("возможно, имелось в виду {PREFIX}{near}"),
                None => "уберите переменную; имя составляется так: VESTNIK_РАЗДЕЛ__КЛЮЧ".to_owned(),
            };
            self.strangers.borrow_mut().push(
                Problem::of_file(Level::Error, "unknown-key", name, "такой настройки нет")
                    .hint(hint),
            );
        }
    }

    /// What is wrong with variables that are settings, and the variables that nobody reads.
    pub fn into_problems(self) -> (Vec<Problem>, Vec<Problem>) {
        (self.problems.into_inner(), self.strangers.into_inner())
    }
}

/// All texts, the weakest first.
pub(super) struct Layers<'d, 't> {
    roots: Vec<(usize, Fields<'d, 't>)>,
    environment: &'d Environment,
    base: &'d Path,
}

impl<'d, 't> Layers<'d, 't> {
    pub fn new(
        documents: &'d [(Document<'t>, Spanned<DeTable<'t>>)],
        environment: &'d Environment,
        base: &'d Path,
    ) -> Layers<'d, 't> {
        Layers {
            base,
            roots: documents
                .iter()
                .enumerate()
                .map(|(number, (document, table))| {
                    (number, document.fields(table, "файле настроек"))
                })
                .collect(),
            environment,
        }
    }

    pub fn section(&self, name: &'static str, place: &'static str) -> Section<'d, 't> {
        Section {
            name: name.to_owned(),
            layers: inner_tables(&self.roots, name, place),
            environment: self.environment,
            base: self.base,
        }
    }

    /// Refuses sections and variables that nobody asked for.
    pub fn finish(self) {
        for (_, root) in self.roots {
            root.finish();
        }
        self.environment.finish();
    }
}

fn inner_tables<'d, 't>(
    layers: &[(usize, Fields<'d, 't>)],
    name: &'static str,
    place: &'static str,
) -> Vec<(usize, Fields<'d, 't>)> {
    layers
        .iter()
        .filter_map(|(number, fields)| fields.table(name, place).map(|table| (*number, table)))
        .collect()
}

/// A section in every text.
pub(super) struct Section<'d, 't> {
    name: String,
    layers: Vec<(usize, Fields<'d, 't>)>,
    environment: &'d Environment,
    base: &'d Path,
}

impl<'d, 't> Section<'d, 't> {
    pub fn inner(&self, name: &'static str, place: &'static str) -> Section<'d, 't> {
        Section {
            name: format!("{}.{name}", self.name),
            layers: inner_tables(&self.layers, name, place),
            environment: self.environment,
            base: self.base,
        }
    }

    /// A path that was written: in a file, or left to its default, it is relative to the folder of the
    /// settings file; in a variable, to the working folder.
    pub fn path(&self, text: impl AsRef<Path>, origin: &Origin) -> PathBuf {
        match origin {
            Origin::File(..) => self.base.join(text),
            Origin::Variable(_) => text.as_ref().to_owned(),
        }
    }

    /// Gives each text of this key to `take`, the weakest first.
    pub fn text(&self, key: &'static str, mut take: impl FnMut(String, Origin)) {
        for (number, fields) in &self.layers {
            if let Some(text) = fields.text(key) {
                take(text.value, Origin::File(*number, text.span));
            }
        }
        if let Some((name, value)) = self.environment.value(&self.name, key) {
            take(value, Origin::Variable(name));
        }
    }

    /// Reads a list of texts; a variable separates them by commas.
    pub fn texts(&self, key: &'static str, mut take: impl FnMut(Vec<(String, Origin)>)) {
        for (number, fields) in &self.layers {
            if let Some(texts) = fields.texts(key) {
                take(
                    texts
                        .into_iter()
                        .map(|text| (text.value, Origin::File(*number, text.span)))
                        .collect(),
                );
            }
        }
        if let Some((name, value)) = self.environment.value(&self.name, key) {
            take(
                value
                    .split(',')
                    .map(str::trim)
                    .filter(|part| !part.is_empty())
                    .map(|part| (part.to_owned(), Origin::Variable(name.clone())))
                    .collect(),
            );
        }
    }

    /// Reads a whole number into its place.
    pub fn number<T: TryFrom<i64>>(
        &self,
        key: &'static str,
        range: RangeInclusive<i64>,
        into: &mut T,
    ) {
        let mut put = |number: i64| {
            if let Ok(number) = T::try_from(number) {
                *into = number;
            }
        };
        for (_, fields) in &self.layers {
            if let Some(number) = fields.integer(key, range.clone()) {
                put(number.value);
            }
        }
        if let Some((name, value)) = self.environment.value(&self.name, key) {
            match value.replace('_', "").parse::<i64>() {
                Ok(number) if range.contains(&number) => put(number),
                Ok(_) => self.environment.error(
                    &name,
                    "out-of-range",
                    format!("допустимо от {} до {}", range.start(), range.end()),
                    "исправьте число",
                ),
                Err(_) => self.environment.error(
                    &name,
                    "wrong-type",
                    format!("ожидается целое число, а здесь «{value}»"),
                    "напишите число цифрами",
                ),
            }
        }
    }

    /// Reports a value that cannot be used.
    pub fn fail(&self, origin: Origin, code: &'static str, message: String, hint: &str) {
        match origin {
            Origin::Variable(name) => self.environment.error(&name, code, message, hint),
            Origin::File(number, span) => {
                for (at, fields) in &self.layers {
                    if *at == number {
                        fields
                            .document()
                            .error(code, span, message.clone(), Some(hint.to_owned()));
                    }
                }
            }
        }
    }

    /// Refuses keys that nobody asked for.
    pub fn finish(&self) {
        for (_, fields) in &self.layers {
            fields.refuse_rest();
        }
    }
}
