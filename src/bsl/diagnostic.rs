//! Problems of a source text: enums with spans. Wording and layout are here and nowhere else, so
//! that a text can be improved without touching the parser or the checker.

use std::fmt::Write as _;

pub use crate::kernel::locale::Locale;

/// What was expected where something else stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// A word or sign of the language, Russian and English.
    Word(&'static str, &'static str),
    /// An expression.
    Expression,
    /// A statement.
    Statement,
    /// A name.
    Name,
    /// A constant.
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
    ProcedureAsFunction(String),
    TooFewArguments(String),
    TooManyArguments(String),
    ConstantAssigned(String),
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
}

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
        Problem::ConstantAssigned(name) => match locale {
            Locale::Ru => format!("Присваивание невозможно: «{name}» доступно только для чтения"),
            Locale::En => format!("Cannot assign: \"{name}\" is read only"),
        },
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
    /// Line.
    pub line: u32,
    /// Column.
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

/// The source line with a caret under the column; tabs keep their width.
#[must_use]
pub fn excerpt(line: &str, column: u32) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "    {line}");
    out.push_str("    ");
    for c in line.chars().take(column.saturating_sub(1) as usize) {
        out.push(if c == '\t' { '\t' } else { ' ' });
    }
    out.push('^');
    out
}

/// A problem in full: `{Модуль(строка, колонка)}: текст`, the source line and a caret.
#[must_use]
pub fn render(module: &str, text: &str, diagnostic: &Diagnostic, locale: Locale) -> String {
    let (place, line) = locate(text, diagnostic.start);
    format!(
        "{{{module}({}, {})}}: {}\n{}",
        place.line,
        place.column,
        diagnostic.message(locale),
        excerpt(line, place.column)
    )
}
