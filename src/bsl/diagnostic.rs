//! Problems of a source text: enums with spans. Wording and layout are here and nowhere else, so
//! that a text can be improved without touching the parser or the checker.

use std::fmt::Write as _;

pub use crate::kernel::locale::Locale;

/// What was expected where something else stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// A word or sign of the language, Russian and English.
    Word(&'static str, &'static str),
    /// What gives a value.
    Expression,
    /// What stands between semicolons.
    Statement,
    /// An identifier that is no keyword.
    Name,
    /// A literal: what default values and annotations take.
    Constant,
}

/// What is wrong with a text.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant has its text below")]
pub enum Problem {
    BadCharacter(char),
    StringNotClosed,
    DateNotClosed,
    BadDate,
    BadNumber,
    UnexpectedToken {
        expected: Expected,
        found: String,
    },
    BlockNotClosed {
        opener: &'static str,
        closer: &'static str,
    },
    TooDeep,
    TooLong,
    NotAStatement,
    CannotAssign,
    VarOutOfOrder,
    MethodAfterBody,
    ExtraCloser(String),
    DoubleUnary,
    IfDirectiveNotClosed,
    DirectiveWithoutIf,
    DirectiveWithoutThen,
    BadDirectiveCondition,
    UnknownDirective(String),
    RegionNotClosed,
    RegionNotOpen,
    RegionWithoutName,
    UseRefused,
    UndefinedVariable {
        name: String,
        hint: Option<Hint>,
    },
    UndefinedFunction {
        name: String,
        hint: Option<Hint>,
    },
    UndefinedType {
        name: String,
        hint: Option<Hint>,
    },
    UndefinedMember {
        name: String,
        hint: Option<Hint>,
    },
    UndefinedMethod {
        name: String,
        hint: Option<Hint>,
    },
    ProcedureAsFunction(String),
    TooFewArguments(String),
    TooManyArguments(String),
    ConstantAssigned(String),
    /// A name of 1C that cannot be had here, with the reason in Russian and English.
    Unavailable(String, &'static str, &'static str),
    LiteralAssigned(String),
    DuplicateName(String),
    DuplicateMethod(String),
    DuplicateLabel(String),
    UnknownLabel(String),
    LabelInsideBlock(String),
    BreakOutsideLoop(&'static str),
    ReturnValueInProcedure,
    ReturnWithoutValue,
    ReturnOutsideMethod,
    RaiseOutsideHandler,
    TooManyVariables,
}

/// A guess at what the author meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hint {
    /// A near name.
    Near(String),
    /// The name mixes alphabets: these letters are Latin (or Cyrillic) look-alikes.
    LookAlike(String),
    /// Nothing is near; these are all that there are.
    OneOf(Vec<String>),
}

/// Problems of one text that are kept: a text made by a program may have millions.
pub const PROBLEMS_MAX: usize = 10_000;

/// A problem and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// What.
    pub problem: Problem,
    /// First byte.
    pub start: u32,
    /// Byte after the last.
    pub end: u32,
}

impl Diagnostic {
    /// A problem at some bytes.
    #[must_use]
    pub fn new(problem: Problem, start: u32, end: u32) -> Diagnostic {
        Diagnostic {
            problem,
            start,
            end,
        }
    }

    /// The message alone.
    #[must_use]
    pub fn message(&self, locale: Locale) -> String {
        message(&self.problem, locale)
    }
}

fn hint_text(hint: Option<&Hint>, locale: Locale) -> String {
    match (hint, locale) {
        (None, _) => String::new(),
        (Some(Hint::Near(name)), Locale::Ru) => format!("; возможно, вы имели в виду «{name}»"),
        (Some(Hint::Near(name)), Locale::En) => format!("; did you mean \"{name}\"?"),
        (Some(Hint::LookAlike(name)), Locale::Ru) => format!(
            "; в имени смешаны похожие латинские и русские буквы, возможно, вы имели в виду «{name}»"
        ),
        (Some(Hint::OneOf(names)), Locale::Ru) => format!("; есть {}", names.join(", ")),
        (Some(Hint::OneOf(names)), Locale::En) => format!("; there are {}", names.join(", ")),
        (Some(Hint::LookAlike(name)), Locale::En) => {
            format!(
                "; the name mixes look-alike Latin and Cyrillic letters, did you mean \"{name}\"?"
            )
        }
    }
}

fn message(problem: &Problem, locale: Locale) -> String {
    let pick = |ru: &str, en: &str| match locale {
        Locale::Ru => ru.to_string(),
        Locale::En => en.to_string(),
    };
    match problem {
        Problem::BadCharacter(c) => {
            format!("{} «{c}»", pick("Неизвестный символ", "Unknown character"))
        }
        Problem::StringNotClosed => pick(
            "Строка не закрыта кавычкой",
            "The string has no closing quote",
        ),
        Problem::DateNotClosed => pick(
            "Дата не закрыта апострофом",
            "The date has no closing apostrophe",
        ),
        Problem::BadDate => pick("Неверная константа типа Дата", "Not a date"),
        Problem::BadNumber => pick("Неверная числовая константа", "Not a number"),
        Problem::UnexpectedToken { expected, found } => {
            let what = match (expected, locale) {
                (Expected::Word(ru, _), Locale::Ru) => format!("«{ru}»"),
                (Expected::Word(_, en), Locale::En) => format!("\"{en}\""),
                (Expected::Expression, _) => pick("выражение", "an expression"),
                (Expected::Statement, _) => pick("оператор", "a statement"),
                (Expected::Name, _) => pick("имя", "a name"),
                (Expected::Constant, _) => pick("константа", "a constant"),
            };
            let found = if found.is_empty() {
                pick("конец текста", "the end of the text")
            } else {
                format!("«{found}»")
            };
            match locale {
                Locale::Ru => format!("Ожидается {what}, а стоит {found}"),
                Locale::En => format!("Expected {what}, found {found}"),
            }
        }
        Problem::BlockNotClosed { opener, closer } => match locale {
            Locale::Ru => format!("«{opener}» не закрыто: не хватает «{closer}»"),
            Locale::En => format!("\"{opener}\" is not closed: \"{closer}\" is missing"),
        },
        Problem::TooDeep => pick("Слишком глубокая вложенность", "Nested too deep"),
        Problem::TooLong => pick("Слишком длинный текст модуля", "The module is too long"),
        Problem::NotAStatement => pick(
            "Выражение не является оператором: ожидается присваивание или вызов",
            "The expression is no statement: expected an assignment or a call",
        ),
        Problem::CannotAssign => pick(
            "Этому выражению нельзя присвоить значение",
            "This expression cannot be assigned to",
        ),
        Problem::VarOutOfOrder => pick(
            "Объявления переменных должны стоять до методов и операторов",
            "Declarations of variables must precede methods and statements",
        ),
        Problem::MethodAfterBody => pick(
            "Процедуры и функции должны стоять до операторов модуля",
            "Procedures and functions must precede the statements of the module",
        ),
        Problem::ExtraCloser(word) => match locale {
            Locale::Ru => format!("«{word}» без парного начала"),
            Locale::En => format!("\"{word}\" without its beginning"),
        },
        Problem::DoubleUnary => pick(
            "Два знака подряд недопустимы: возьмите выражение в скобки",
            "Two unary operators in a row are not allowed: use brackets",
        ),
        Problem::IfDirectiveNotClosed => pick("Не закрыта инструкция #Если", "#If is not closed"),
        Problem::DirectiveWithoutIf => pick(
            "Инструкция препроцессора без #Если",
            "A preprocessor directive without #If",
        ),
        Problem::DirectiveWithoutThen => pick(
            "В инструкции препроцессора ожидается «Тогда»",
            "Expected \"Then\" in the directive",
        ),
        Problem::BadDirectiveCondition => pick(
            "Неверное условие инструкции препроцессора",
            "Bad condition of a directive",
        ),
        Problem::UnknownDirective(word) => match locale {
            Locale::Ru => format!("Неизвестная инструкция препроцессора «#{word}»"),
            Locale::En => format!("Unknown directive \"#{word}\""),
        },
        Problem::RegionNotClosed => pick("Не закрыта #Область", "#Region is not closed"),
        Problem::RegionNotOpen => pick("#КонецОбласти без #Область", "#EndRegion without #Region"),
        Problem::RegionWithoutName => pick("У области нет имени", "The region has no name"),
        Problem::UseRefused => pick(
            "#Использовать не поддерживается: вызывайте общие модули по имени",
            "#Use is not supported: call common modules by name",
        ),
        Problem::UndefinedVariable { name, hint } => {
            format!(
                "{} ({name}){}",
                pick("Переменная не определена", "Variable is not defined"),
                hint_text(hint.as_ref(), locale)
            )
        }
        Problem::UndefinedFunction { name, hint } => format!(
            "{} ({name}){}",
            pick(
                "Процедура или функция с указанным именем не определена",
                "Procedure or function is not defined"
            ),
            hint_text(hint.as_ref(), locale)
        ),
        Problem::UndefinedType { name, hint } => {
            format!(
                "{} ({name}){}",
                pick("Тип не определен", "Type is not defined"),
                hint_text(hint.as_ref(), locale)
            )
        }
        Problem::UndefinedMember { name, hint } => {
            format!(
                "{} ({name}){}",
                pick(
                    "Поле объекта не обнаружено",
                    "Field of the object is not found"
                ),
                hint_text(hint.as_ref(), locale)
            )
        }
        Problem::UndefinedMethod { name, hint } => {
            format!(
                "{} ({name}){}",
                pick(
                    "Метод объекта не обнаружен",
                    "Method of the object is not found"
                ),
                hint_text(hint.as_ref(), locale)
            )
        }
        Problem::ProcedureAsFunction(name) => {
            format!(
                "{} ({name})",
                pick(
                    "Обращение к процедуре как к функции",
                    "A procedure is used as a function"
                )
            )
        }
        Problem::TooFewArguments(name) => {
            format!(
                "{} ({name})",
                pick(
                    "Недостаточно фактических параметров",
                    "Not enough actual parameters"
                )
            )
        }
        Problem::TooManyArguments(name) => {
            format!(
                "{} ({name})",
                pick(
                    "Слишком много фактических параметров",
                    "Too many actual parameters"
                )
            )
        }
        Problem::LiteralAssigned(text) => match locale {
            Locale::Ru => format!("Присваивание невозможно: «{text}» — значение, а не переменная"),
            Locale::En => format!("Cannot assign: \"{text}\" is a value, not a variable"),
        },
        Problem::Unavailable(name, ru, en) => format!("{name}: {}", pick(ru, en)),
        Problem::ConstantAssigned(name) => {
            format!(
                "{} ({name})",
                pick(
                    "Поле объекта недоступно для записи",
                    "Field of the object is read only"
                )
            )
        }
        Problem::DuplicateName(name) => {
            format!(
                "{} ({name})",
                pick("Переменная уже определена", "Variable is already defined")
            )
        }
        Problem::DuplicateMethod(name) => format!(
            "{} ({name})",
            pick(
                "Процедура или функция с указанным именем уже определена",
                "Procedure or function is already defined"
            )
        ),
        Problem::DuplicateLabel(name) => {
            format!(
                "{} ({name})",
                pick("Метка уже определена", "Label is already defined")
            )
        }
        Problem::UnknownLabel(name) => format!(
            "{} ({name})",
            pick("Метка не определена", "Label is not defined")
        ),
        Problem::LabelInsideBlock(name) => format!(
            "{} ({name})",
            pick(
                "Переход внутрь блока невозможен",
                "A jump into a block is not possible"
            )
        ),
        Problem::BreakOutsideLoop(word) => match locale {
            Locale::Ru => format!("«{word}» вне цикла"),
            Locale::En => format!("\"{word}\" outside a loop"),
        },
        Problem::ReturnValueInProcedure => pick(
            "Процедура не может возвращать значение",
            "A procedure cannot return a value",
        ),
        Problem::ReturnWithoutValue => pick(
            "Функция должна возвращать значение",
            "A function must return a value",
        ),
        Problem::ReturnOutsideMethod => pick(
            "Оператор «Возврат» может стоять только внутри процедуры или функции",
            "\"Return\" can stand only inside a procedure or function",
        ),
        Problem::RaiseOutsideHandler => pick(
            "«ВызватьИсключение» без параметра может стоять только в блоке «Исключение»",
            "\"Raise\" without a parameter can stand only in \"Except\"",
        ),
        Problem::TooManyVariables => pick(
            "Слишком много переменных в одном методе",
            "Too many variables in one method",
        ),
    }
}

/// A place in a text, counted from 1; the column in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineColumn {
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
}

/// Line, column and the text of the line at a byte.
#[must_use]
pub fn locate(text: &str, offset: u32) -> (LineColumn, &str) {
    let mut offset = (offset as usize).min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let start = text[..offset].rfind('\n').map_or(0, |at| at + 1);
    let end = text[start..].find('\n').map_or(text.len(), |at| start + at);
    let line = text.as_bytes()[..start]
        .iter()
        .filter(|&&byte| byte == b'\n')
        .count() as u32
        + 1;
    let column = text[start..offset]
        .trim_start_matches('\u{feff}')
        .chars()
        .count() as u32
        + 1;
    (
        LineColumn { line, column },
        text[start..end]
            .trim_end_matches('\r')
            .trim_start_matches('\u{feff}'),
    )
}

/// What an excerpt shows of a long line at most: before the place and after it, in characters. A line
/// made by a program may have megabytes, and every error of it would repeat them.
const SHOWN_BEFORE: usize = 160;
const SHOWN_AFTER: usize = 160;

/// The source line around a byte with a caret below; tabs keep their width. The ends of a long line are
/// left out.
#[must_use]
pub fn excerpt(text: &str, offset: u32) -> String {
    let (before, after) = around(text, offset);
    let indent = before.chars().map(|c| if c == '\t' { '\t' } else { ' ' });
    let indent: String = indent.collect();
    format!("    {before}{after}\n    {indent}^")
}

/// The source line around a byte, without its ends when it is long.
#[must_use]
pub fn line_around(text: &str, offset: u32) -> String {
    let (before, after) = around(text, offset);
    format!("{before}{after}").trim().to_string()
}

fn around(text: &str, offset: u32) -> (String, String) {
    let mut offset = (offset as usize).min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let (mut start, mut shown, mut left_out) = (offset, 0, "");
    for (at, c) in text[..offset].char_indices().rev() {
        if c == '\n' || (c == '\u{feff}' && at == 0) {
            break;
        }
        if shown == SHOWN_BEFORE {
            left_out = "…";
            break;
        }
        (start, shown) = (at, shown + 1);
    }
    let before = format!("{left_out}{}", &text[start..offset]);
    let mut after = String::new();
    for (shown, c) in text[offset..].chars().enumerate() {
        if c == '\n' {
            break;
        }
        if shown == SHOWN_AFTER {
            after.push('…');
            break;
        }
        after.push(c);
    }
    after.truncate(after.trim_end_matches('\r').len());
    (before, after)
}

/// A walk over a text that tells lines and columns of places in their order, in one pass.
pub struct Locator<'t> {
    text: &'t str,
    offset: usize,
    at: LineColumn,
}

impl<'t> Locator<'t> {
    /// Begins at the start of a text.
    #[must_use]
    pub fn new(text: &'t str) -> Locator<'t> {
        let at = LineColumn { line: 1, column: 1 };
        Locator {
            text,
            offset: if text.starts_with('\u{feff}') { 3 } else { 0 },
            at,
        }
    }

    /// Line and column of a byte; one before the last is looked for from the start.
    pub fn locate(&mut self, offset: u32) -> LineColumn {
        let offset = offset as usize;
        if offset < self.offset || self.text.get(self.offset..offset).is_none() {
            return locate(self.text, offset as u32).0;
        }
        for c in self.text[self.offset..offset].chars() {
            if c == '\n' {
                self.at.line += 1;
                self.at.column = 1;
            } else {
                self.at.column += 1;
            }
        }
        self.offset = offset;
        self.at
    }
}

/// Problems in full: `{Модуль(строка, колонка)}: текст`, the source line and a caret; after the first
/// `most` only how many more there are.
#[must_use]
pub fn render_all(
    module: &str,
    text: &str,
    problems: &[Diagnostic],
    locale: Locale,
    most: usize,
) -> String {
    let mut out = String::new();
    let mut locator = Locator::new(text);
    for problem in problems.iter().take(most) {
        let place = locator.locate(problem.start);
        if !out.is_empty() {
            out.push('\n');
        }
        let _ = write!(
            out,
            "{{{module}({}, {})}}: {}\n{}",
            place.line,
            place.column,
            problem.message(locale),
            excerpt(text, problem.start)
        );
    }
    if problems.len() > most {
        let more = problems.len() - most;
        let _ = match locale {
            Locale::Ru => write!(out, "\n… и еще ошибок: {more}"),
            Locale::En => write!(out, "\n… and {more} more"),
        };
    }
    out
}

/// A problem in full, see [`render_all`].
#[must_use]
pub fn render(module: &str, text: &str, diagnostic: &Diagnostic, locale: Locale) -> String {
    render_all(module, text, std::slice::from_ref(diagnostic), locale, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excerpts_of_long_lines_are_cut() {
        assert_eq!(excerpt("а\n\tб в\r\nг", 6), "    \tб в\n    \t ^");
        assert_eq!(excerpt("\u{feff}аб", 5), "    аб\n     ^");
        assert_eq!(excerpt("", 0), "    \n    ^");
        let long = "x".repeat(1_000_000);
        let cut = excerpt(&long, 500_000);
        assert!(cut.starts_with("    …x") && cut.contains("x…\n"), "{cut}");
        assert_eq!(cut.chars().count(), 4 + 1 + 160 + 160 + 1 + 1 + 4 + 161 + 1);
        assert_eq!(line_around("  раз два ", 3), "раз два");
    }

    #[test]
    fn the_walk_finds_the_same_places_as_the_search() {
        let text = "\u{feff}раз\n\nдва три\r\nчетыре";
        let mut walk = Locator::new(text);
        let starts = text.char_indices().map(|(at, _)| at as u32).skip(1);
        for offset in starts.chain([text.len() as u32, 5, 60]) {
            assert_eq!(walk.locate(offset), locate(text, offset).0, "{offset}");
        }
    }

    #[test]
    fn only_so_many_problems_are_written_out() {
        let problems: Vec<_> = (0..5)
            .map(|at| Diagnostic::new(Problem::TooManyVariables, at, at))
            .collect();
        let text = render_all("М", "абвгд", &problems, Locale::Ru, 2);
        assert_eq!(text.lines().count(), 7);
        assert!(text.ends_with("… и еще ошибок: 3"), "{text}");
        let text = render_all("М", "абвгд", &problems, Locale::En, 5);
        assert_eq!(text.lines().count(), 15);
    }
}
