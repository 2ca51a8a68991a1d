//! The library of XPath 1.0, and numbers as text.

use super::XPathError;
use super::eval::{Context, Found, Run};
use super::parse::Expr;
use crate::kernel::xml::dom::{NodeId, NodeKind};
use crate::kernel::xml::local_part;

/// A function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Last,
    Position,
    Count,
    Id,
    LocalName,
    NamespaceUri,
    Name,
    String,
    Concat,
    StartsWith,
    Contains,
    SubstringBefore,
    SubstringAfter,
    Substring,
    StringLength,
    NormalizeSpace,
    Translate,
    Boolean,
    Not,
    True,
    False,
    Lang,
    Number,
    Sum,
    Floor,
    Ceiling,
    Round,
}

/// Names with the fewest and the most arguments.
const FUNCTIONS: [(&str, Function, usize, usize); 27] = [
    ("last", Function::Last, 0, 0),
    ("position", Function::Position, 0, 0),
    ("count", Function::Count, 1, 1),
    ("id", Function::Id, 1, 1),
    ("local-name", Function::LocalName, 0, 1),
    ("namespace-uri", Function::NamespaceUri, 0, 1),
    ("name", Function::Name, 0, 1),
    ("string", Function::String, 0, 1),
    ("concat", Function::Concat, 2, usize::MAX),
    ("starts-with", Function::StartsWith, 2, 2),
    ("contains", Function::Contains, 2, 2),
    ("substring-before", Function::SubstringBefore, 2, 2),
    ("substring-after", Function::SubstringAfter, 2, 2),
    ("substring", Function::Substring, 2, 3),
    ("string-length", Function::StringLength, 0, 1),
    ("normalize-space", Function::NormalizeSpace, 0, 1),
    ("translate", Function::Translate, 3, 3),
    ("boolean", Function::Boolean, 1, 1),
    ("not", Function::Not, 1, 1),
    ("true", Function::True, 0, 0),
    ("false", Function::False, 0, 0),
    ("lang", Function::Lang, 1, 1),
    ("number", Function::Number, 0, 1),
    ("sum", Function::Sum, 1, 1),
    ("floor", Function::Floor, 1, 1),
    ("ceiling", Function::Ceiling, 1, 1),
    ("round", Function::Round, 1, 1),
];

impl Function {
    pub(super) fn named(name: &str) -> Option<Function> {
        let found = FUNCTIONS.iter().find(|(known, ..)| *known == name);
        found.map(|(_, function, ..)| *function)
    }

    pub(super) fn arity(self) -> (usize, usize) {
        let found = FUNCTIONS.iter().find(|(_, known, ..)| *known == self);
        found.map_or((0, 0), |(_, _, least, most)| (*least, *most))
    }
}

pub(super) fn call(
    run: &mut Run<'_>,
    function: Function,
    args: &[Expr],
    context: &Context,
) -> Result<Found, XPathError> {
    let outside = || {
        XPathError::new(
            "position() и last() допустимы только в условии",
            "position() and last() stand in predicates only",
        )
    };
    Ok(match function {
        Function::True => Found::Boolean(true),
        Function::False => Found::Boolean(false),
        Function::Position | Function::Last if context.position == 0 => return Err(outside()),
        Function::Position => Found::Number(context.position as f64),
        Function::Last => Found::Number(context.size as f64),
        Function::Count => Found::Number(run.nodes(&args[0], context)?.len() as f64),
        // No attribute is known to be an identifier: declarations of lists of attributes are not kept.
        Function::Id => {
            run.eval(&args[0], context)?;
            Found::Nodes(Vec::new())
        }
        Function::LocalName | Function::NamespaceUri | Function::Name => {
            let node = match args.first() {
                Some(arg) => run.nodes(arg, context)?.first().copied(),
                None => Some(context.node),
            };
            Found::Text(node.map_or_else(String::new, |node| name_of(run, function, node)))
        }
        Function::String => Found::Text(own_text(run, args, context)?),
        Function::Concat => {
            let mut text = String::new();
            for arg in args {
                let more = text_of(run, arg, context)?;
                run.work_on(more.len())?;
                text.push_str(&more);
            }
            Found::Text(text)
        }
        Function::StartsWith => {
            let (text, part) = two(run, args, context)?;
            Found::Boolean(text.starts_with(&part))
        }
        Function::Contains => {
            let (text, part) = two(run, args, context)?;
            Found::Boolean(text.contains(&part))
        }
        Function::SubstringBefore => {
            let (text, part) = two(run, args, context)?;
            let before = text.find(&part).map_or("", |at| &text[..at]);
            Found::Text(before.to_owned())
        }
        Function::SubstringAfter => {
            let (text, part) = two(run, args, context)?;
            let after = text.find(&part).map_or("", |at| &text[at + part.len()..]);
            Found::Text(after.to_owned())
        }
        Function::Substring => substring(run, args, context)?,
        Function::StringLength => {
            Found::Number(own_text(run, args, context)?.chars().count() as f64)
        }
        Function::NormalizeSpace => {
            let text = own_text(run, args, context)?;
            let words: Vec<&str> = text
                .split([' ', '\t', '\n', '\r'])
                .filter(|word| !word.is_empty())
                .collect();
            Found::Text(words.join(" "))
        }
        Function::Translate => {
            let (text, from) = two(run, args, context)?;
            let to: Vec<char> = text_of(run, &args[2], context)?.chars().collect();
            let mut map = std::collections::HashMap::new();
            for (at, symbol) in from.chars().enumerate() {
                map.entry(symbol).or_insert_with(|| to.get(at).copied());
            }
            let translated = text.chars().filter_map(|symbol| match map.get(&symbol) {
                Some(instead) => *instead,
                None => Some(symbol),
            });
            Found::Text(translated.collect())
        }
        Function::Boolean | Function::Not => {
            let value = run.eval(&args[0], context)?;
            Found::Boolean(run.boolean(&value) == (function == Function::Boolean))
        }
        Function::Lang => {
            let wanted = text_of(run, &args[0], context)?.to_lowercase();
            Found::Boolean(speaks(run, context.node, &wanted)?)
        }
        Function::Number => {
            let value = match args.first() {
                Some(arg) => run.eval(arg, context)?,
                None => Found::Nodes(vec![context.node]),
            };
            Found::Number(run.number(&value)?)
        }
        Function::Sum => {
            let mut sum = 0.0;
            for node in run.nodes(&args[0], context)? {
                sum += text_number(&run.string_value(node)?);
            }
            Found::Number(sum)
        }
        Function::Floor | Function::Ceiling | Function::Round => {
            let value = run.eval(&args[0], context)?;
            let number = run.number(&value)?;
            Found::Number(match function {
                Function::Floor => number.floor(),
                Function::Ceiling => number.ceil(),
                // A half goes up.
                _ => (number + 0.5).floor(),
            })
        }
    })
}

fn name_of(run: &Run<'_>, function: Function, node: NodeId) -> String {
    let dom = run.dom;
    let name = match dom.kind(node) {
        NodeKind::Element | NodeKind::Attribute | NodeKind::Instruction => dom.name(node),
        _ => return String::new(),
    };
    match function {
        Function::LocalName => local_part(name).to_owned(),
        Function::NamespaceUri => dom.uri(node).to_owned(),
        _ => name.to_owned(),
    }
}

fn text_of(run: &mut Run<'_>, arg: &Expr, context: &Context) -> Result<String, XPathError> {
    let value = run.eval(arg, context)?;
    run.text(&value)
}

/// The text of the argument, or of the node in hand.
fn own_text(run: &mut Run<'_>, args: &[Expr], context: &Context) -> Result<String, XPathError> {
    match args.first() {
        Some(arg) => text_of(run, arg, context),
        None => run.string_value(context.node),
    }
}

fn two(
    run: &mut Run<'_>,
    args: &[Expr],
    context: &Context,
) -> Result<(String, String), XPathError> {
    let first = text_of(run, &args[0], context)?;
    let second = text_of(run, &args[1], context)?;
    run.work_on(first.len() + second.len())?;
    Ok((first, second))
}

/// Characters from a position for a length, both rounded; what is no number takes nothing.
fn substring(run: &mut Run<'_>, args: &[Expr], context: &Context) -> Result<Found, XPathError> {
    let text = text_of(run, &args[0], context)?;
    let start = run.eval(&args[1], context)?;
    let start = (run.number(&start)? + 0.5).floor();
    let end = match args.get(2) {
        Some(arg) => {
            let length = run.eval(arg, context)?;
            start + (run.number(&length)? + 0.5).floor()
        }
        None => f64::INFINITY,
    };
    let taken = text
        .chars()
        .enumerate()
        .filter(|(at, _)| {
            let position = (*at + 1) as f64;
            position >= start && position < end
        })
        .map(|(_, symbol)| symbol);
    Ok(Found::Text(taken.collect()))
}

/// Whether `xml:lang` of the node or of one around it is the language, or a kind of it.
fn speaks(run: &mut Run<'_>, node: NodeId, wanted: &str) -> Result<bool, XPathError> {
    let mut at = Some(node);
    while let Some(outer) = at {
        run.work()?;
        let dom = run.dom;
        let lang = dom
            .attributes(outer)
            .iter()
            .find(|attribute| dom.name(**attribute) == "xml:lang");
        if let Some(lang) = lang {
            let lang = dom.value(*lang).to_lowercase();
            let rest = lang.strip_prefix(wanted);
            return Ok(rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-')));
        }
        at = dom.above(outer);
    }
    Ok(false)
}

/// A number as XPath of 1C shows it: fifteen digits, a decimal comma, an exponent for the far ends.
#[must_use]
pub fn number_text(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number < 0.0 {
            "-Infinity"
        } else {
            "Infinity"
        }
        .to_owned();
    }
    if number == 0.0 {
        return "0".to_owned();
    }
    let scientific = format!("{number:.14e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let short = |text: &str| {
        let text = text.trim_end_matches('0').trim_end_matches('.');
        text.replace('.', ",")
    };
    if (-4..15).contains(&exponent) {
        let decimals = usize::try_from(14 - exponent).unwrap_or(0);
        let text = format!("{number:.decimals$}");
        if decimals == 0 { text } else { short(&text) }
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{}e{sign}{:02}", short(digits), exponent.abs())
    }
}

/// The number that a text is: blanks around it, a sign, digits and a point; anything else is none.
pub(super) fn text_number(text: &str) -> f64 {
    let text = text.trim_matches([' ', '\t', '\n', '\r']);
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() + fraction.len() == 0 || !digits(whole) || !digits(fraction) {
        return f64::NAN;
    }
    text.parse().unwrap_or(f64::NAN)
}
