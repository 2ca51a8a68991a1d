//! Expressions.

use super::XPathError;
use super::functions::Function;
use crate::kernel::xml::is_xml_name;

/// An expression, read once and evaluated as often as one likes.
#[derive(Debug)]
pub struct Expression {
    pub(super) root: Expr,
    /// Prefixes that it uses; names hold their numbers.
    pub(super) prefixes: Vec<String>,
}

impl Expression {
    /// How many prefixes it names: each is looked up once.
    #[must_use]
    pub fn prefix_count(&self) -> usize {
        self.prefixes.len()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Axis {
    Child,
    Descendant,
    Parent,
    Ancestor,
    FollowingSibling,
    PrecedingSibling,
    Following,
    Preceding,
    Attribute,
    Itself,
    DescendantOrSelf,
    AncestorOrSelf,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Test {
    /// `имя` with the number of its prefix.
    Name(Option<usize>, String),
    /// `*` with the number of its prefix.
    Any(Option<usize>),
    Node,
    Text,
    Comment,
    Instruction(Option<String>),
}

#[derive(Debug)]
pub(super) struct Step {
    pub axis: Axis,
    pub test: Test,
    pub predicates: Vec<Expr>,
}

#[derive(Debug)]
pub(super) enum Start {
    Context,
    Document,
    /// An expression in brackets, a call; with its predicates.
    Value(Box<Expr>, Vec<Expr>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Or,
    And,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    Union,
}

#[derive(Debug)]
pub(super) enum Expr {
    Number(f64),
    Literal(String),
    Binary(Op, Box<Expr>, Box<Expr>),
    Negate(Box<Expr>),
    Path(Start, Vec<Step>),
    Call(Function, Vec<Expr>),
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Number(f64),
    Literal(String),
    /// A name with its prefix, not yet told apart from an operator.
    Name(String),
    /// `префикс:*`.
    AnyOf(String),
    Sign(&'static str),
}

/// Levels of an expression: the evaluation recurs through them.
const DEPTH_MAX: usize = 100;

/// Characters of an expression.
const LENGTH_MAX: usize = 100_000;

const SIGNS: [&str; 22] = [
    "::", "//", "!=", "<=", ">=", "..", "(", ")", "[", "]", "@", ",", "/", "|", "+", "-", "=", "<",
    ">", "*", ".", "$",
];

/// Reads an expression.
pub fn parse(text: &str) -> Result<Expression, XPathError> {
    if text.len() > LENGTH_MAX {
        return Err(too_complex());
    }
    let tokens = tokens(text)?;
    let mut parser = Parser {
        tokens,
        at: 0,
        prefixes: Vec::new(),
    };
    let (root, _) = parser.binary(0, 0)?;
    if parser.at < parser.tokens.len() {
        return Err(parser.unexpected());
    }
    Ok(Expression {
        root,
        prefixes: parser.prefixes,
    })
}

fn too_complex() -> XPathError {
    XPathError::new("выражение слишком сложное", "the expression is too complex")
}

fn tokens(text: &str) -> Result<Vec<Token>, XPathError> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(symbol) = rest.chars().next() {
        let length;
        if symbol.is_ascii_digit()
            || symbol == '.' && rest[1..].starts_with(|next: char| next.is_ascii_digit())
        {
            length = number_length(rest);
            let value = rest[..length].parse().unwrap_or(f64::NAN);
            found.push(Token::Number(value));
        } else if symbol == '"' || symbol == '\'' {
            let Some(end) = rest[1..].find(symbol) else {
                return Err(XPathError::new(
                    "не закрыта строка в кавычках",
                    "a string is not closed",
                ));
            };
            found.push(Token::Literal(rest[1..=end].to_owned()));
            length = end + 2;
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            found.push(Token::Sign(sign));
            length = sign.len();
        } else {
            let (token, taken) = name(rest)?;
            found.push(token);
            length = taken;
        }
        rest = rest[length..].trim_start();
    }
    Ok(found)
}

/// Digits, a point, digits; an exponent too, as 1C has it.
fn number_length(text: &str) -> usize {
    let digits = |text: &str| {
        text.bytes()
            .take_while(|byte| byte.is_ascii_digit())
            .count()
    };
    let mut length = digits(text);
    if text[length..].starts_with('.') {
        length += 1 + digits(&text[length + 1..]);
    }
    if let Some(exponent) = text[length..].strip_prefix(['e', 'E']) {
        let unsigned = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        let count = digits(unsigned);
        if count > 0 {
            length += 1 + (exponent.len() - unsigned.len()) + count;
        }
    }
    length
}

fn name(text: &str) -> Result<(Token, usize), XPathError> {
    let part = |text: &str| {
        text.find(|symbol: char| !(is_xml_name(&format!("a{symbol}")) && symbol != ':'))
            .unwrap_or(text.len())
    };
    let first = part(text);
    if first == 0 || !is_xml_name(&text[..first]) {
        let symbol: String = text.chars().take(1).collect();
        return Err(XPathError::new(
            format!("неожиданный символ «{symbol}»"),
            format!("unexpected character \"{symbol}\""),
        ));
    }
    // A second colon makes an axis of the name.
    if let Some(after) = text[first..].strip_prefix(':')
        && !after.starts_with(':')
    {
        if after.starts_with('*') {
            return Ok((Token::AnyOf(text[..first].to_owned()), first + 2));
        }
        let second = part(after);
        if second > 0 && is_xml_name(&after[..second]) {
            let length = first + 1 + second;
            return Ok((Token::Name(text[..length].to_owned()), length));
        }
    }
    Ok((Token::Name(text[..first].to_owned()), first))
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    prefixes: Vec<String>,
}

/// An expression and how deep it is.
type Parsed = Result<(Expr, usize), XPathError>;

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn sees(&self, sign: &str) -> bool {
        matches!(self.peek(), Some(Token::Sign(found)) if *found == sign)
    }

    fn takes(&mut self, sign: &str) -> bool {
        let sees = self.sees(sign);
        self.at += usize::from(sees);
        sees
    }

    fn expect(&mut self, sign: &str) -> Result<(), XPathError> {
        if self.takes(sign) {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    fn unexpected(&self) -> XPathError {
        match self.peek() {
            None => XPathError::new("выражение не закончено", "the expression ends too early"),
            Some(token) => {
                let shown = match token {
                    Token::Number(number) => number.to_string(),
                    Token::Literal(text) => format!("'{text}'"),
                    Token::Name(name) => name.clone(),
                    Token::AnyOf(prefix) => format!("{prefix}:*"),
                    Token::Sign(sign) => (*sign).to_owned(),
                };
                XPathError::new(
                    format!("неожиданное «{shown}» в выражении"),
                    format!("unexpected \"{shown}\" in the expression"),
                )
            }
        }
    }

    fn prefix(&mut self, prefix: &str) -> usize {
        match self.prefixes.iter().position(|known| known == prefix) {
            Some(number) => number,
            None => {
                self.prefixes.push(prefix.to_owned());
                self.prefixes.len() - 1
            }
        }
    }

    /// The operator that stands here, with its level; the loosest is 0.
    fn operator(&self) -> Option<(Op, usize)> {
        Some(match self.peek()? {
            Token::Name(name) => match name.as_str() {
                "or" => (Op::Or, 0),
                "and" => (Op::And, 1),
                "div" => (Op::Div, 5),
                "mod" => (Op::Mod, 5),
                _ => return None,
            },
            Token::Sign(sign) => match *sign {
                "=" => (Op::Eq, 2),
                "!=" => (Op::Ne, 2),
                "<" => (Op::Lt, 3),
                "<=" => (Op::Le, 3),
                ">" => (Op::Gt, 3),
                ">=" => (Op::Ge, 3),
                "+" => (Op::Add, 4),
                "-" => (Op::Sub, 4),
                "*" => (Op::Mul, 5),
                "|" => (Op::Union, 7),
                _ => return None,
            },
            _ => return None,
        })
    }

    fn binary(&mut self, level: usize, depth: usize) -> Parsed {
        if depth > DEPTH_MAX {
            return Err(too_complex());
        }
        let (mut left, mut deep) = self.unary(depth)?;
        while let Some((op, at)) = self.operator() {
            if at < level {
                break;
            }
            self.at += 1;
            let (right, right_deep) = self.binary(at + 1, depth + 1)?;
            deep = deep.max(right_deep) + 1;
            if deep > DEPTH_MAX {
                return Err(too_complex());
            }
            left = Expr::Binary(op, Box::new(left), Box::new(right));
        }
        Ok((left, deep))
    }

    fn unary(&mut self, depth: usize) -> Parsed {
        let mut negated = false;
        let mut any = false;
        while self.takes("-") {
            negated = !negated;
            any = true;
        }
        if !any {
            return self.path(depth);
        }
        // A sign binds looser than `|` and tighter than the rest.
        let (inner, deep) = self.binary(7, depth + 1)?;
        let minus = Expr::Negate(Box::new(inner));
        Ok(if negated {
            (minus, deep + 1)
        } else {
            (Expr::Negate(Box::new(minus)), deep + 2)
        })
    }

    fn path(&mut self, depth: usize) -> Parsed {
        let mut deep = 1;
        let mut steps = Vec::new();
        let start = if self.takes("//") {
            steps.push(anywhere());
            steps.push(self.step(depth, &mut deep)?);
            Start::Document
        } else if self.takes("/") {
            if self.begins_step() {
                steps.push(self.step(depth, &mut deep)?);
            }
            Start::Document
        } else if let Some(value) = self.primary(depth, &mut deep)? {
            let predicates = self.predicates(depth, &mut deep)?;
            if predicates.is_empty() && !self.sees("/") && !self.sees("//") {
                return Ok((value, deep));
            }
            Start::Value(Box::new(value), predicates)
        } else {
            steps.push(self.step(depth, &mut deep)?);
            Start::Context
        };
        // A lone `/` is the document.
        let goes_on = !(matches!(start, Start::Document) && steps.is_empty());
        while goes_on && (self.sees("/") || self.sees("//")) {
            if self.takes("//") {
                steps.push(anywhere());
            } else {
                self.at += 1;
            }
            steps.push(self.step(depth, &mut deep)?);
        }
        shorten(&mut steps);
        Ok((Expr::Path(start, steps), deep + 1))
    }

    /// A literal, a number, brackets or a call; `None`: a step begins here.
    fn primary(&mut self, depth: usize, deep: &mut usize) -> Result<Option<Expr>, XPathError> {
        let token = self.peek().cloned();
        let expr = match token {
            Some(Token::Number(number)) => {
                self.at += 1;
                Expr::Number(number)
            }
            Some(Token::Literal(text)) => {
                self.at += 1;
                Expr::Literal(text)
            }
            Some(Token::Sign("(")) => {
                self.at += 1;
                let (inner, inner_deep) = self.binary(0, depth + 1)?;
                *deep = (*deep).max(inner_deep + 1);
                self.expect(")")?;
                inner
            }
            Some(Token::Name(name)) if self.is_call(&name) => {
                self.at += 2;
                let function = Function::named(&name).ok_or_else(|| {
                    XPathError::new(
                        format!("неизвестная функция «{name}»"),
                        format!("unknown function \"{name}\""),
                    )
                })?;
                let mut args = Vec::new();
                if !self.takes(")") {
                    loop {
                        let (arg, arg_deep) = self.binary(0, depth + 1)?;
                        *deep = (*deep).max(arg_deep + 1);
                        args.push(arg);
                        if self.takes(")") {
                            break;
                        }
                        self.expect(",")?;
                    }
                }
                let (least, most) = function.arity();
                if args.len() < least || args.len() > most {
                    return Err(XPathError::new(
                        format!("неверное число аргументов функции «{name}»"),
                        format!("wrong number of arguments of \"{name}\""),
                    ));
                }
                Expr::Call(function, args)
            }
            _ => return Ok(None),
        };
        if *deep > DEPTH_MAX {
            return Err(too_complex());
        }
        Ok(Some(expr))
    }

    /// A name with a bracket after it that is no test of nodes.
    fn is_call(&self, name: &str) -> bool {
        matches!(self.tokens.get(self.at + 1), Some(Token::Sign("(")))
            && !matches!(name, "node" | "text" | "comment" | "processing-instruction")
    }

    fn begins_step(&self) -> bool {
        match self.peek() {
            Some(Token::Name(_) | Token::AnyOf(_)) => true,
            Some(Token::Sign(sign)) => matches!(*sign, "@" | "." | ".." | "*"),
            _ => false,
        }
    }

    fn step(&mut self, depth: usize, deep: &mut usize) -> Result<Step, XPathError> {
        for (sign, axis) in [(".", Axis::Itself), ("..", Axis::Parent)] {
            if self.takes(sign) {
                return Ok(Step {
                    axis,
                    test: Test::Node,
                    predicates: Vec::new(),
                });
            }
        }
        let axis = if self.takes("@") {
            Axis::Attribute
        } else if let (Some(Token::Name(name)), Some(Token::Sign("::"))) =
            (self.peek(), self.tokens.get(self.at + 1))
        {
            let axis = axis(name).ok_or_else(|| {
                XPathError::new(
                    format!("неизвестная ось «{name}»"),
                    format!("unknown axis \"{name}\""),
                )
            })?;
            self.at += 2;
            axis
        } else {
            Axis::Child
        };
        let test = self.test()?;
        let predicates = self.predicates(depth, deep)?;
        Ok(Step {
            axis,
            test,
            predicates,
        })
    }

    fn test(&mut self) -> Result<Test, XPathError> {
        if self.takes("*") {
            return Ok(Test::Any(None));
        }
        match self.peek().cloned() {
            Some(Token::AnyOf(prefix)) => {
                self.at += 1;
                Ok(Test::Any(Some(self.prefix(&prefix))))
            }
            Some(Token::Name(name)) => {
                self.at += 1;
                if self.takes("(") {
                    let test = match name.as_str() {
                        "node" => Test::Node,
                        "text" => Test::Text,
                        "comment" => Test::Comment,
                        "processing-instruction" => {
                            let target = match self.peek().cloned() {
                                Some(Token::Literal(target)) => {
                                    self.at += 1;
                                    Some(target)
                                }
                                _ => None,
                            };
                            Test::Instruction(target)
                        }
                        _ => return Err(self.unexpected()),
                    };
                    self.expect(")")?;
                    return Ok(test);
                }
                Ok(match name.split_once(':') {
                    Some((prefix, local)) => {
                        Test::Name(Some(self.prefix(prefix)), local.to_owned())
                    }
                    None => Test::Name(None, name),
                })
            }
            _ => Err(self.unexpected()),
        }
    }

    fn predicates(&mut self, depth: usize, deep: &mut usize) -> Result<Vec<Expr>, XPathError> {
        let mut found = Vec::new();
        while self.takes("[") {
            let (predicate, inner) = self.binary(0, depth + 1)?;
            *deep = (*deep).max(inner + 1);
            if *deep > DEPTH_MAX {
                return Err(too_complex());
            }
            self.expect("]")?;
            found.push(predicate);
        }
        Ok(found)
    }
}

/// The step of `//`.
fn anywhere() -> Step {
    Step {
        axis: Axis::DescendantOrSelf,
        test: Test::Node,
        predicates: Vec::new(),
    }
}

/// `//имя` without predicates goes down once and does not collect every node first.
fn shorten(steps: &mut Vec<Step>) {
    let mut at = 0;
    while at + 1 < steps.len() {
        let (first, second) = (&steps[at], &steps[at + 1]);
        if first.axis == Axis::DescendantOrSelf
            && first.test == Test::Node
            && first.predicates.is_empty()
            && second.axis == Axis::Child
            && second.predicates.is_empty()
        {
            steps.remove(at);
            steps[at].axis = Axis::Descendant;
        }
        at += 1;
    }
}

fn axis(name: &str) -> Option<Axis> {
    Some(match name {
        "child" => Axis::Child,
        "descendant" => Axis::Descendant,
        "parent" => Axis::Parent,
        "ancestor" => Axis::Ancestor,
        "following-sibling" => Axis::FollowingSibling,
        "preceding-sibling" => Axis::PrecedingSibling,
        "following" => Axis::Following,
        "preceding" => Axis::Preceding,
        "attribute" => Axis::Attribute,
        "self" => Axis::Itself,
        "descendant-or-self" => Axis::DescendantOrSelf,
        "ancestor-or-self" => Axis::AncestorOrSelf,
        _ => return None,
    })
}
