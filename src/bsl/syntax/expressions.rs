//! Expressions: operators by strength, what follows a dot or a bracket, literals.

use super::ast::{BinaryOp, Expr, ExprId, ExprKind, List, Literal, SKIPPED, UnaryOp};
use super::literals::parts;
use super::parser::{EXPR_DEPTH_MAX, Parser};
use super::token::{Tok, Token, TokenSet};
use crate::diagnostic::{Expected, Problem};
use crate::kernel::date::Date;
use crate::kernel::number::Number;

/// What begins the operand of Ждать. A sign does not: `Ждать - 1` would read as a subtraction as well.
const AWAITED: TokenSet = TokenSet::new(&[
    Tok::Ident,
    Tok::New,
    Tok::LParen,
    Tok::Question,
    Tok::Number,
    Tok::Str,
    Tok::Date,
    Tok::True,
    Tok::False,
    Tok::Undefined,
    Tok::Null,
]);

impl Parser<'_> {
    #[inline]
    pub(super) fn push(&mut self, kind: ExprKind, pos: u32) -> ExprId {
        let id = self.tree.exprs.len() as u32;
        self.tree.exprs.push(Expr { kind, pos });
        ExprId(id)
    }

    /// An expression.
    pub(super) fn expression(&mut self) -> ExprId {
        self.binary(1)
    }

    /// Goes on after a first operand that was read already.
    pub(super) fn continue_expression(&mut self, first: ExprId) -> ExprId {
        let first = self.suffixes(first);
        self.operators(first, 1)
    }

    pub(super) fn binary(&mut self, min: u8) -> ExprId {
        self.expr_depth += 1;
        if self.expr_depth > EXPR_DEPTH_MAX {
            self.give_up();
            self.expr_depth -= 1;
            return self.push(ExprKind::Bad, self.cur.start);
        }
        let left = if self.cur.tok == Tok::Not {
            let token = self.advance();
            if min > 3 {
                self.report(Problem::DoubleUnary, token.start, token.end);
            }
            if self.cur.tok == Tok::Not {
                self.report(Problem::DoubleUnary, self.cur.start, self.cur.end);
            }
            let operand = self.binary(4);
            self.push(ExprKind::Unary(UnaryOp::Not, operand), token.start)
        } else {
            self.unary()
        };
        let value = self.operators(left, min);
        self.expr_depth -= 1;
        value
    }

    pub(super) fn operators(&mut self, mut left: ExprId, min: u8) -> ExprId {
        loop {
            let (level, op) = match self.cur.tok {
                Tok::Or => (1, BinaryOp::Or),
                Tok::And => (2, BinaryOp::And),
                Tok::Eq => (4, BinaryOp::Eq),
                Tok::Ne => (4, BinaryOp::Ne),
                Tok::Lt => (4, BinaryOp::Lt),
                Tok::Gt => (4, BinaryOp::Gt),
                Tok::Le => (4, BinaryOp::Le),
                Tok::Ge => (4, BinaryOp::Ge),
                Tok::Plus => (5, BinaryOp::Add),
                Tok::Minus => (5, BinaryOp::Sub),
                Tok::Star => (6, BinaryOp::Mul),
                Tok::Slash => (6, BinaryOp::Div),
                Tok::Percent => (6, BinaryOp::Rem),
                _ => break,
            };
            if level < min {
                break;
            }
            let token = self.advance();
            let right = self.binary(level + 1);
            left = self.push(ExprKind::Binary(op, left, right), token.start);
        }
        left
    }

    pub(super) fn unary(&mut self) -> ExprId {
        let op = match self.cur.tok {
            Tok::Minus => UnaryOp::Minus,
            Tok::Plus => UnaryOp::Plus,
            _ => return self.postfix(),
        };
        let token = self.advance();
        if matches!(self.cur.tok, Tok::Minus | Tok::Plus | Tok::Not) {
            self.report(Problem::DoubleUnary, self.cur.start, self.cur.end);
            self.advance();
        }
        let operand = self.postfix();
        self.push(ExprKind::Unary(op, operand), token.start)
    }

    /// A primary with its `.Поле`, `[индекс]`, `.Метод(…)`.
    pub(super) fn postfix(&mut self) -> ExprId {
        let token = self.cur;
        let primary = match token.tok {
            Tok::Ident => {
                if self.in_async && (token.name == self.await_name || token.name == self.await_en) {
                    let next = self.peek();
                    if AWAITED.has(next) {
                        self.advance();
                        let operand = self.postfix();
                        return self.push(ExprKind::Await(operand), token.start);
                    }
                }
                self.advance();
                if self.cur.tok == Tok::LParen {
                    let args = self.arguments();
                    self.push(ExprKind::Call(token.name, args), token.start)
                } else {
                    self.push(ExprKind::Name(token.name), token.start)
                }
            }
            Tok::LParen => {
                self.advance();
                let inner = self.binary(1);
                self.expect(Tok::RParen, ")", ")");
                inner
            }
            Tok::Question => {
                self.advance();
                self.expect(Tok::LParen, "(", "(");
                let condition = self.binary(1);
                self.expect(Tok::Comma, ",", ",");
                let yes = self.binary(1);
                self.expect(Tok::Comma, ",", ",");
                let no = self.binary(1);
                self.expect(Tok::RParen, ")", ")");
                self.push(ExprKind::Ternary(condition, yes, no), token.start)
            }
            Tok::New => self.new_object(),
            _ => {
                return match self.literal() {
                    Some(id) => self.push(ExprKind::Literal(id), token.start),
                    None => {
                        self.unexpected(Expected::Expression);
                        self.push(ExprKind::Bad, token.start)
                    }
                };
            }
        };
        self.suffixes(primary)
    }

    pub(super) fn suffixes(&mut self, mut object: ExprId) -> ExprId {
        // A chain is as deep in the tree as it is long; the compiler recurs over it.
        let mut length = 0;
        loop {
            match self.cur.tok {
                Tok::Dot => {
                    self.advance();
                    let Some(word) = self.any_word() else {
                        return object;
                    };
                    let kind = if self.cur.tok == Tok::LParen {
                        let args = self.arguments();
                        ExprKind::Method(object, word.name, args)
                    } else {
                        ExprKind::Field(object, word.name)
                    };
                    object = self.push(kind, word.pos);
                }
                Tok::LBracket => {
                    let token = self.advance();
                    let index = self.binary(1);
                    self.expect(Tok::RBracket, "]", "]");
                    object = self.push(ExprKind::Index(object, index), token.start);
                }
                _ => return object,
            }
            length += 1;
            if length > EXPR_DEPTH_MAX {
                self.give_up();
                return object;
            }
        }
    }

    /// `(а, , б)`.
    pub(super) fn arguments(&mut self) -> List {
        self.advance();
        let mut args: smallvec::SmallVec<[ExprId; 8]> = smallvec::SmallVec::new();
        if self.cur.tok != Tok::RParen {
            loop {
                args.push(match self.cur.tok {
                    Tok::Comma | Tok::RParen => SKIPPED,
                    _ => self.binary(1),
                });
                if !self.eat(Tok::Comma) {
                    break;
                }
            }
        }
        self.expect(Tok::RParen, ")", ")");
        let start = self.tree.lists.len() as u32;
        self.tree.lists.extend_from_slice(&args);
        List {
            start,
            len: args.len() as u32,
        }
    }

    pub(super) fn new_object(&mut self) -> ExprId {
        let token = self.advance();
        if self.cur.tok == Tok::LParen {
            let args = self.arguments();
            let list = self.tree.list(args);
            let name = list.first().copied().unwrap_or(SKIPPED);
            let params = list.get(1).copied().unwrap_or(SKIPPED);
            if name == SKIPPED || list.len() > 2 {
                self.report(
                    Problem::UnexpectedToken {
                        expected: Expected::Word(
                            "имя типа и массив параметров",
                            "a type's name and an array of parameters",
                        ),
                        found: "(".into(),
                    },
                    token.start,
                    token.end,
                );
            }
            if name == SKIPPED {
                return self.push(ExprKind::Bad, token.start);
            }
            return self.push(ExprKind::NewDynamic(name, params), token.start);
        }
        let Some(word) = self.name() else {
            return self.push(ExprKind::Bad, token.start);
        };
        let args = if self.cur.tok == Tok::LParen {
            self.arguments()
        } else {
            List { start: 0, len: 0 }
        };
        self.push(ExprKind::New(word.name, args), word.pos)
    }

    /// A literal, if one stands here.
    pub(super) fn literal(&mut self) -> Option<u32> {
        let token = self.cur;
        let literal = match token.tok {
            Tok::Undefined => Literal::Undefined,
            Tok::Null => Literal::Null,
            Tok::True => Literal::Bool(true),
            Tok::False => Literal::Bool(false),
            Tok::Number => {
                match Number::parse_invariant(self.text_of(token).trim_end_matches('.'), 1000) {
                    Ok(number) => Literal::Number(number),
                    Err(_) => {
                        self.note(Problem::BadNumber, token.start, token.end);
                        Literal::Number(Number::ZERO)
                    }
                }
            }
            Tok::Date => Literal::Date(self.date(token)),
            Tok::Str => return Some(self.string()),
            _ => return None,
        };
        self.advance();
        Some(self.push_literal(literal))
    }

    pub(super) fn push_literal(&mut self, literal: Literal) -> u32 {
        self.tree.literals.push(literal);
        self.tree.literals.len() as u32 - 1
    }

    /// One or more literals in a row; they are joined by line feeds.
    pub(super) fn string(&mut self) -> u32 {
        let mut value = String::new();
        let mut first = true;
        while self.cur.tok == Tok::Str {
            let token = self.advance();
            if !first {
                value.push('\n');
            }
            first = false;
            let raw = &self.source()[token.start as usize + 1..token.end as usize - 1];
            parts(raw, |part, _| value.push_str(part));
        }
        self.push_literal(Literal::Str(value.into_boxed_str()))
    }

    pub(super) fn date(&mut self, token: Token) -> Date {
        let text = self.text_of(token);
        match Date::parse_literal(text) {
            Some(date) => date,
            None => {
                self.note(Problem::BadDate, token.start, token.end);
                Date::EMPTY
            }
        }
    }
}
