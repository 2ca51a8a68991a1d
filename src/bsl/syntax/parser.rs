//! Tokens to tree: the module and its methods. One function per rule; statements are in
//! `statements.rs`, expressions in `expressions.rs`.

use super::ast::{ExprId, Literal, Method, ModuleVar, Param, Tree, Word};
use super::lexer::Lexer;
use super::names::{Name, Names};
use super::token::{Tok, Token, TokenSet};
use crate::diagnostic::{Diagnostic, Expected, PROBLEMS_MAX, Problem};

/// Nesting of brackets and operators in one expression. The parser and the compiler recur once a
/// level; twice as much would still fit the stack of a thread (2 MiB) in a debug build.
pub const EXPR_DEPTH_MAX: u32 = 200;

/// Nesting of blocks.
pub const BLOCK_DEPTH_MAX: u32 = 100;

/// Parses a module. The diagnostics are ordered by place.
pub fn parse(text: &str, names: &mut Names) -> (Tree, Vec<Diagnostic>) {
    if text.len() > u32::MAX as usize / 2 {
        return (
            Tree::default(),
            vec![Diagnostic::new(Problem::TooLong, 0, 0)],
        );
    }
    let mut parser = Parser::new(text, names);
    parser.module();
    parser.finish()
}

/// Parses one expression that is the whole text.
pub fn parse_expression(text: &str, names: &mut Names) -> (Tree, ExprId, Vec<Diagnostic>) {
    let mut parser = Parser::new(text, names);
    let expr = parser.expression();
    if parser.cur.tok != Tok::End {
        parser.unexpected(Expected::Word("конец выражения", "end of expression"));
    }
    let (tree, problems) = parser.finish();
    (tree, expr, problems)
}

/// The parser.
pub(super) struct Parser<'s> {
    lexer: Lexer<'s>,
    pub(super) tree: Tree,
    pub(super) cur: Token,
    ahead: Option<Token>,
    /// End of the token before.
    pub(super) prev_end: u32,
    problems: Vec<Diagnostic>,
    /// One problem a statement: set by the first, cleared where the parser has found its feet.
    pub(super) recovering: bool,
    pub(super) expr_depth: u32,
    pub(super) block_depth: u32,
    /// Closers that blocks around wait for.
    pub(super) stops: TokenSet,
    async_name: Name,
    pub(super) await_name: Name,
    async_en: Name,
    pub(super) await_en: Name,
    pub(super) in_async: bool,
    /// Nesting was too deep: what is not closed is no news.
    pub(super) gave_up: bool,
}

impl<'s> Parser<'s> {
    fn new(text: &'s str, names: &'s mut Names) -> Parser<'s> {
        let async_name = names.intern("Асинх");
        let await_name = names.intern("Ждать");
        let async_en = names.intern("Async");
        let await_en = names.intern("Await");
        let mut lexer = Lexer::new(text, names);
        let cur = lexer.next_token();
        let mut tree = Tree::default();
        tree.exprs.reserve(text.len() / 24);
        Parser {
            lexer,
            tree,
            cur,
            ahead: None,
            prev_end: 0,
            problems: Vec::new(),
            recovering: false,
            expr_depth: 0,
            block_depth: 0,
            stops: TokenSet::new(&[]),
            async_name,
            await_name,
            async_en,
            await_en,
            in_async: false,
            gave_up: false,
        }
    }

    fn finish(mut self) -> (Tree, Vec<Diagnostic>) {
        self.tree.end = self.lexer.text().len() as u32;
        let mut problems = self.lexer.problems;
        problems.append(&mut self.problems);
        problems.sort_by_key(|problem| problem.start);
        (self.tree, problems)
    }

    // ---- tokens -----------------------------------------------------------------------------

    #[inline]
    pub(super) fn advance(&mut self) -> Token {
        let token = self.cur;
        self.prev_end = token.end;
        self.cur = match self.ahead.take() {
            Some(ahead) => ahead,
            None => self.lexer.next_token(),
        };
        token
    }

    pub(super) fn peek(&mut self) -> Tok {
        if self.ahead.is_none() {
            self.ahead = Some(self.lexer.next_token());
        }
        self.ahead.map_or(Tok::End, |token| token.tok)
    }

    #[inline]
    pub(super) fn eat(&mut self, tok: Tok) -> bool {
        let found = self.cur.tok == tok;
        if found {
            self.advance();
        }
        found
    }

    pub(super) fn expect(&mut self, tok: Tok, ru: &'static str, en: &'static str) -> bool {
        let found = self.eat(tok);
        if !found {
            self.unexpected(Expected::Word(ru, en));
        }
        found
    }

    pub(super) fn report(&mut self, problem: Problem, start: u32, end: u32) {
        self.note(problem, start, end);
        self.recovering = true;
    }

    /// Reports without stopping the statement.
    pub(super) fn note(&mut self, problem: Problem, start: u32, end: u32) {
        if !self.recovering && self.problems.len() < PROBLEMS_MAX {
            self.problems.push(Diagnostic::new(problem, start, end));
        }
    }

    pub(super) fn text_of(&self, token: Token) -> &'s str {
        let text = &self.lexer.text()[token.start as usize..token.end as usize];
        text.split('\n').next().unwrap_or("")
    }

    pub(super) fn source(&self) -> &'s str {
        self.lexer.text()
    }

    pub(super) fn unexpected(&mut self, expected: Expected) {
        let token = self.cur;
        if token.tok == Tok::Bad {
            // The lexer has said what is wrong with it.
            self.recovering = true;
            return;
        }
        let found = self.text_of(token).to_string();
        self.report(
            Problem::UnexpectedToken { expected, found },
            token.start,
            token.end,
        );
    }

    /// Gives up: nesting beyond what the stack of a thread holds.
    pub(super) fn give_up(&mut self) {
        let token = self.cur;
        self.report(Problem::TooDeep, token.start, token.end);
        while self.lexer.next_token().tok != Tok::End {}
        self.lexer
            .problems
            .retain(|problem| problem.start < token.start);
        self.ahead = None;
        self.gave_up = true;
        self.cur = Token {
            tok: Tok::End,
            start: token.start,
            end: token.start,
            name: Name(u32::MAX),
        };
    }

    // ---- the module -------------------------------------------------------------------------

    fn module(&mut self) {
        let mut body_started = false;
        loop {
            let tok = self.cur.tok;
            match tok {
                Tok::End => break,
                Tok::Semicolon => {
                    self.advance();
                }
                Tok::Amp | Tok::Procedure | Tok::Function => self.method_or_var(body_started),
                Tok::Ident if self.is_async_head() => self.method_or_var(body_started),
                Tok::Var => {
                    let out_of_order = body_started || !self.tree.methods.is_empty();
                    self.module_vars(out_of_order);
                }
                _ => {
                    body_started = true;
                    let mut statements = self.block(TokenSet::new(&[]));
                    self.tree.body.append(&mut statements);
                    if matches!(
                        self.cur.tok,
                        Tok::Procedure | Tok::Function | Tok::Amp | Tok::Var | Tok::Ident
                    ) {
                        continue;
                    }
                }
            }
        }
    }

    pub(super) fn is_async_head(&mut self) -> bool {
        (self.cur.name == self.async_name || self.cur.name == self.async_en)
            && matches!(self.peek(), Tok::Procedure | Tok::Function)
    }

    /// `&Имя(Пар = 1, "x")`, any number of them.
    fn annotations(&mut self) -> Vec<Word> {
        let mut found = Vec::new();
        while self.eat(Tok::Amp) {
            if let Some(word) = self.any_word() {
                found.push(word);
            }
            if self.eat(Tok::LParen) {
                let mut depth = 1;
                while depth > 0 && self.cur.tok != Tok::End {
                    match self.advance().tok {
                        Tok::LParen => depth += 1,
                        Tok::RParen => depth -= 1,
                        Tok::Semicolon | Tok::Procedure | Tok::Function => {
                            self.unexpected(Expected::Word(")", ")"));
                            break;
                        }
                        _ => {}
                    }
                }
            }
            self.recovering = false;
        }
        found
    }

    fn method_or_var(&mut self, after_body: bool) {
        let start = self.cur;
        let annotations = self.annotations();
        if self.cur.tok == Tok::Var {
            self.module_vars(after_body || !self.tree.methods.is_empty());
            return;
        }
        if after_body {
            self.report(Problem::MethodAfterBody, start.start, start.end);
            self.recovering = false;
        }
        let is_async = matches!(self.cur.tok, Tok::Ident) && self.is_async_head();
        if is_async {
            self.advance();
        }
        match self.cur.tok {
            Tok::Procedure | Tok::Function => self.method(annotations, is_async),
            _ => {
                self.unexpected(Expected::Word("Процедура", "Procedure"));
                self.sync();
            }
        }
    }

    fn method(&mut self, annotations: Vec<Word>, is_async: bool) {
        self.recovering = false;
        let head = self.advance();
        let is_function = head.tok == Tok::Function;
        let word = self.name().unwrap_or(Word {
            name: Name(u32::MAX),
            pos: head.start,
        });
        let mut params = Vec::new();
        if self.expect(Tok::LParen, "(", "(") {
            self.params(&mut params);
            self.expect(Tok::RParen, ")", ")");
        }
        let export = self.eat(Tok::Export);
        if self.recovering {
            self.sync();
        }
        let was_async = std::mem::replace(&mut self.in_async, is_async);
        let mut vars = Vec::new();
        loop {
            match self.cur.tok {
                Tok::Var => {
                    self.advance();
                    self.var_names(|_, word, _| vars.push(word));
                    self.end_of_declaration();
                }
                Tok::Amp => {
                    self.annotations();
                }
                _ => break,
            }
        }
        let closer = if is_function {
            Tok::EndFunction
        } else {
            Tok::EndProcedure
        };
        let both = TokenSet::new(&[Tok::EndFunction, Tok::EndProcedure]);
        let block = self.block(both);
        let end = self.cur.start;
        if self.cur.tok == closer {
            self.advance();
        } else {
            let (opener, name) = if is_function {
                ("Функция", "КонецФункции")
            } else {
                ("Процедура", "КонецПроцедуры")
            };
            // A wrong closer is shown itself; a missing one stood after the last code.
            let start = if both.has(self.cur.tok) {
                self.cur.start
            } else {
                self.guessed_end(head.start, &block)
            };
            let end = start + 1;
            self.recovering = self.gave_up;
            self.report(
                Problem::BlockNotClosed {
                    opener,
                    closer: name,
                },
                start,
                end,
            );
            if both.has(self.cur.tok) {
                self.advance();
            }
        }
        self.recovering = false;
        self.in_async = was_async;
        self.tree.methods.push(Method {
            word,
            is_function,
            export,
            is_async,
            annotations,
            params,
            vars,
            block,
            end,
        });
    }

    fn params(&mut self, params: &mut Vec<Param>) {
        if self.cur.tok == Tok::RParen {
            return;
        }
        loop {
            self.annotations();
            let by_value = self.eat(Tok::Val);
            let Some(word) = self.name() else { return };
            let default = if self.eat(Tok::Eq) {
                self.constant()
            } else {
                None
            };
            params.push(Param {
                word,
                by_value,
                default,
            });
            if !self.eat(Tok::Comma) {
                return;
            }
        }
    }

    /// A default: a literal, a number with a sign.
    fn constant(&mut self) -> Option<u32> {
        let minus = self.cur.tok == Tok::Minus;
        if matches!(self.cur.tok, Tok::Minus | Tok::Plus) {
            self.advance();
            if self.cur.tok != Tok::Number {
                self.unexpected(Expected::Constant);
                return None;
            }
        }
        let id = self.literal();
        let Some(id) = id else {
            self.unexpected(Expected::Constant);
            return None;
        };
        if minus && let Some(Literal::Number(number)) = self.tree.literals.get(id as usize) {
            let negative = number.neg();
            self.tree.literals[id as usize] = Literal::Number(negative);
        }
        Some(id)
    }

    fn module_vars(&mut self, out_of_order: bool) {
        let head = self.advance();
        if out_of_order {
            self.note(Problem::VarOutOfOrder, head.start, head.end);
        }
        self.var_names(|parser, word, export| parser.tree.vars.push(ModuleVar { word, export }));
        self.end_of_declaration();
    }

    fn end_of_declaration(&mut self) {
        if !self.eat(Tok::Semicolon) {
            self.unexpected(Expected::Word(";", ";"));
            self.sync();
        }
        self.recovering = false;
    }

    fn var_names(&mut self, mut each: impl FnMut(&mut Self, Word, bool)) {
        loop {
            self.annotations();
            let Some(word) = self.name() else { return };
            let export = self.eat(Tok::Export);
            each(self, word, export);
            if !self.eat(Tok::Comma) {
                return;
            }
        }
    }

    /// A name that is no keyword.
    pub(super) fn name(&mut self) -> Option<Word> {
        if self.cur.tok == Tok::Ident {
            let token = self.advance();
            return Some(Word {
                name: token.name,
                pos: token.start,
            });
        }
        self.unexpected(Expected::Name);
        None
    }

    /// A name or a keyword: after a dot every word is a name.
    pub(super) fn any_word(&mut self) -> Option<Word> {
        if self.cur.name.0 != u32::MAX {
            let token = self.advance();
            return Some(Word {
                name: token.name,
                pos: token.start,
            });
        }
        self.unexpected(Expected::Name);
        None
    }
}
