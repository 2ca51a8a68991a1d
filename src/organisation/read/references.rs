//! Names that lead from one file to another, and what only all files together can break.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Files, Known};
use crate::model::{Fold, Level, PartyKind, PartyRef, Problem, Who, nearest};
use crate::organisation::definitions::{
    Definitions, KindDefinition, TokenSource, VariantsDefinition,
};
use crate::organisation::files::{ALGORITHMS, FileKind, PARTIES};
use crate::organisation::tokens::token_number;
use crate::source::{At, Span};

/// The names that exist.
struct Names<'d> {
    /// Folded names and additional names of algorithms.
    algorithms: HashMap<String, &'d str>,
    scenarios: BTreeSet<&'d str>,
    bots: BTreeSet<&'d str>,
    groups: BTreeSet<&'d str>,
    parties: BTreeSet<&'d PartyRef>,
    /// Files that could not be read: names may be missing for that reason alone.
    broken: BTreeSet<FileKind>,
}

struct Checker<'c, 'f> {
    names: Names<'c>,
    files: &'c Files<'f>,
    problems: Vec<Problem>,
}

pub(super) fn check<'f>(
    definitions: &Definitions,
    files: &Files<'f>,
    known: &Known,
    problems: &[Problem],
) -> Vec<Problem> {
    let fold = Fold::default();
    let names = Names {
        algorithms: definitions
            .algorithms
            .iter()
            .flat_map(|algorithm| std::iter::once(&algorithm.name).chain(&algorithm.short_name))
            .map(|name| (fold.fold(&name.value), name.value.as_str()))
            .collect(),
        scenarios: definitions
            .scenarios
            .iter()
            .map(|scenario| scenario.code.value.as_str())
            .collect(),
        bots: definitions
            .bots
            .iter()
            .map(|bot| bot.code.value.as_str())
            .collect(),
        groups: definitions
            .parties
            .groups
            .iter()
            .map(|group| group.code.value.as_str())
            .chain(known.groups.iter().map(String::as_str))
            .collect(),
        parties: definitions
            .parties
            .parties
            .iter()
            .map(|party| &party.reference.value)
            .chain(&known.parties)
            .collect(),
        broken: problems
            .iter()
            .filter(|problem| {
                matches!(
                    problem.code,
                    "syntax"
                        | "not-utf8"
                        | "missing-key"
                        | "bad-code"
                        | "mixed-scripts"
                        | "empty-value"
                        | "wrong-type"
                        | "missing-file"
                        | "bad-path"
                )
            })
            .filter_map(|problem| FileKind::of(&problem.file))
            .collect(),
    };
    let mut checker = Checker {
        names,
        files,
        problems: Vec::new(),
    };
    checker.bots(definitions);
    checker.scenarios(definitions);
    checker.parties(definitions, known);
    checker.programs(definitions);
    checker.problems
}

impl<'f> Checker<'_, 'f> {
    /// The path as the files keep it: it lives as long as they do.
    fn path(&self, path: &str) -> &'f str {
        self.files
            .files
            .get_key_value(path)
            .map_or("", |(path, _)| path.as_str())
    }

    fn error(&mut self, path: &str, code: &'static str, span: Span, message: String, hint: String) {
        let problem = self
            .files
            .problem(self.path(path), Level::Error, code, span, message)
            .hint(hint);
        self.problems.push(problem);
    }

    fn dangling(
        &mut self,
        path: &str,
        code: &'static str,
        span: Span,
        message: String,
        near: Option<String>,
        otherwise: &str,
    ) {
        let hint = match near {
            Some(near) => format!("возможно, имелось в виду «{near}»"),
            None => otherwise.to_owned(),
        };
        self.error(path, code, span, message, hint);
    }

    fn algorithm(&mut self, path: &str, name: &str, span: Span) {
        if self
            .names
            .algorithms
            .contains_key(&Fold::default().fold(name))
            || self.names.broken.contains(&FileKind::Algorithms)
        {
            return;
        }
        let near = nearest(name, self.names.algorithms.values().copied()).map(str::to_owned);
        self.dangling(
            path,
            "unknown-algorithm",
            span,
            format!("алгоритма «{name}» нет"),
            near,
            "опишите алгоритм в algorithms.toml",
        );
    }

    fn scenario(&mut self, path: &str, code: &At<String>) {
        if self.names.scenarios.contains(code.value.as_str())
            || self.names.broken.contains(&FileKind::Scenario)
        {
            return;
        }
        let near = nearest(&code.value, self.names.scenarios.iter().copied()).map(str::to_owned);
        self.dangling(
            path,
            "unknown-scenario",
            code.span,
            format!("сценария «{}» нет", code.value),
            near,
            "положите сценарий в папку scenarios",
        );
    }

    /// A user, or a group as `group:CODE`; a bare code may be a group's too.
    fn responsible(&mut self, path: &str, code: &At<String>) {
        let named = code.value.as_str();
        if let Some(group) = named.strip_prefix("group:") {
            self.group(path, group, code.span);
        } else if !self.names.groups.contains(named) {
            let user = PartyRef {
                kind: PartyKind::User,
                code: named.strip_prefix("user:").unwrap_or(named).to_owned(),
            };
            self.party(path, &user, code.span);
        }
    }

    fn group(&mut self, path: &str, code: &str, span: Span) {
        if self.names.groups.contains(code) || self.names.broken.contains(&FileKind::Parties) {
            return;
        }
        let near = nearest(code, self.names.groups.iter().copied()).map(str::to_owned);
        self.dangling(
            path,
            "unknown-group",
            span,
            format!("группы «{code}» нет"),
            near,
            "опишите группу в parties.toml: [[group]]",
        );
    }

    fn party(&mut self, path: &str, party: &PartyRef, span: Span) {
        if self.names.parties.contains(party) || self.names.broken.contains(&FileKind::Parties) {
            return;
        }
        let near = nearest(
            &party.code,
            self.names
                .parties
                .iter()
                .filter(|known| known.kind == party.kind)
                .map(|known| known.code.as_str()),
        )
        .map(str::to_owned);
        let what = match party.kind {
            PartyKind::User => "пользователя",
            PartyKind::Partner => "партнера",
            PartyKind::Counterparty => "контрагента",
        };
        self.dangling(
            path,
            "unknown-party",
            span,
            format!("{what} «{}» нет", party.code),
            near,
            "опишите его в parties.toml",
        );
    }

    fn who(&mut self, path: &str, who: &At<Who>) {
        match &who.value {
            Who::Author | Who::Performer => {}
            Who::Party(party) => self.party(path, party, who.span),
            Who::Group(code) => self.group(path, code, who.span),
            Who::Algorithm(name) => self.algorithm(path, name, who.span),
        }
    }

    fn bots(&mut self, definitions: &Definitions) {
        let mut codes: HashMap<&str, (&str, Span)> = HashMap::new();
        let mut main: Option<(&str, Span)> = None;
        let mut tokens: HashMap<String, (&str, Span)> = HashMap::new();
        for bot in &definitions.bots {
            let path = bot.file.as_str();
            // Codes are names of files and addresses somewhere: case does not tell two apart.
            if let Some((other, span)) =
                codes.insert(bot.code.value.as_str(), (path, bot.code.span))
            {
                let place = self.files.place(self.path(other), span);
                self.error(
                    path,
                    "duplicate-code",
                    bot.code.span,
                    format!("бот «{}» уже есть: {place}", bot.code.value),
                    "дайте боту другой код".into(),
                );
            }
            if bot.main.value {
                match main {
                    Some((other, span)) => {
                        let place = self.files.place(self.path(other), span);
                        self.error(
                            path,
                            "two-main-bots",
                            bot.main.span,
                            format!("главный бот уже есть: {place}"),
                            "оставьте main = true у одного бота".into(),
                        );
                    }
                    None => main = Some((path, bot.main.span)),
                }
            }
            if let Some(token) = &bot.token {
                let key = match &token.value {
                    TokenSource::Env(name) => format!("env {name}"),
                    TokenSource::File(file) => format!("file {file}"),
                    TokenSource::Literal(token) => match token_number(token) {
                        Some(number) => format!("bot {number}"),
                        None => continue,
                    },
                    TokenSource::Sealed(sealed) => format!("sealed {sealed}"),
                };
                if let Some((other, span)) = tokens.insert(key, (path, token.span)) {
                    let place = self.files.place(self.path(other), span);
                    self.error(
                        path,
                        "duplicate-token",
                        token.span,
                        format!("этим токеном уже работает другой бот: {place}"),
                        "дайте каждому боту свой токен: двое не могут читать одни сообщения".into(),
                    );
                }
            }
            for group in &bot.code_groups {
                self.group(path, &group.value, group.span);
            }
            if let Some(authorization) = &bot.authorization {
                if let Some(name) = &authorization.algorithm {
                    self.algorithm(path, &name.value, name.span);
                }
                if let Some(code) = &authorization.scenario {
                    self.scenario(path, code);
                }
                if let Some(code) = &authorization.responsible {
                    self.responsible(path, code);
                }
            }
            for keyword in &bot.keywords {
                match &keyword.kind {
                    KindDefinition::Algorithm { name, .. } => {
                        self.algorithm(path, &name.value, name.span);
                    }
                    KindDefinition::Choice(choice) => {
                        if let VariantsDefinition::Algorithm(name) = &choice.variants {
                            self.algorithm(path, &name.value, name.span);
                        }
                    }
                    KindDefinition::Text(_)
                    | KindDefinition::Alias { .. }
                    | KindDefinition::Unread => {}
                }
            }
        }
    }

    fn scenarios(&mut self, definitions: &Definitions) {
        let mut codes: HashMap<&str, (&str, Span)> = HashMap::new();
        for scenario in &definitions.scenarios {
            let path = scenario.file.as_str();
            if let Some((other, span)) =
                codes.insert(&scenario.code.value, (path, scenario.code.span))
            {
                let place = self.files.place(self.path(other), span);
                self.error(
                    path,
                    "duplicate-code",
                    scenario.code.span,
                    format!("сценарий «{}» уже есть: {place}", scenario.code.value),
                    "дайте сценарию другой код".into(),
                );
            }
            for group in &scenario.available_to {
                self.group(path, &group.value, group.span);
            }
            if let Some(who) = &scenario.default_performer {
                self.who(path, who);
            }
            for step in &scenario.steps {
                if let Some(who) = &step.performer {
                    self.who(path, who);
                }
                if let Some(name) = &step.algorithm {
                    self.algorithm(path, &name.value, name.span);
                }
                if let Some(code) = &step.scenario {
                    self.scenario(path, code);
                }
            }
            for notification in &scenario.notifications {
                for who in &notification.recipients {
                    self.who(path, who);
                }
            }
        }
    }

    fn parties(&mut self, definitions: &Definitions, known: &Known) {
        let seed = &definitions.parties;
        for party in &seed.parties {
            if party.name.is_none() && !known.parties.contains(&party.reference.value) {
                self.error(
                    PARTIES,
                    "missing-key",
                    party.reference.span,
                    format!("у записи {} нет наименования", party.reference.value),
                    "добавьте строку name = \"…\"".into(),
                );
            }
            for group in party.groups.iter().flatten() {
                self.group(PARTIES, &group.value, group.span);
            }
            for (_, value) in &party.attributes {
                if let crate::model::AttributeValue::Party(other) = &value.value {
                    self.party(PARTIES, other, value.span);
                }
            }
        }
        for registration in &seed.registrations {
            let bot = &registration.bot;
            if !self.names.bots.contains(bot.value.as_str())
                && !self.names.broken.contains(&FileKind::Bot)
            {
                let near = nearest(&bot.value, self.names.bots.iter().copied()).map(str::to_owned);
                self.dangling(
                    PARTIES,
                    "unknown-bot",
                    bot.span,
                    format!("бота «{}» нет", bot.value),
                    near,
                    "положите файл бота в папку bots",
                );
            }
            self.party(PARTIES, &registration.party.value, registration.party.span);
        }
    }

    /// Programs that no algorithm names are not kept.
    fn programs(&mut self, definitions: &Definitions) {
        let named: BTreeSet<&str> = definitions
            .algorithms
            .iter()
            .map(|algorithm| algorithm.file.value.as_str())
            .collect();
        let mut owners: BTreeMap<&str, Span> = BTreeMap::new();
        for algorithm in &definitions.algorithms {
            if let Some(first) = owners.insert(&algorithm.file.value, algorithm.file.span) {
                let place = self.files.place(self.path(ALGORITHMS), first);
                self.error(
                    ALGORITHMS,
                    "duplicate-file",
                    algorithm.file.span,
                    format!(
                        "файл «{}» уже занят другим алгоритмом: {place}",
                        algorithm.file.value
                    ),
                    "дайте каждому алгоритму свой файл".into(),
                );
            }
        }
        if self.names.broken.contains(&FileKind::Algorithms) {
            return;
        }
        let unused: Vec<&str> = self
            .files
            .files
            .keys()
            .map(String::as_str)
            .filter(|path| FileKind::of(path) == Some(FileKind::Program) && !named.contains(path))
            .collect();
        for path in unused {
            self.problems.push(
                Problem::of_file(
                    Level::Warning,
                    "unused-file",
                    path,
                    "этот текст не назван ни в одном алгоритме и не хранится",
                )
                .hint("опишите алгоритм в algorithms.toml или уберите файл"),
            );
        }
    }
}
