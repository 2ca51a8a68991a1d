//! Tokens to tree: statements, blocks and recovery.

use super::ast::{Block, Branch, ExprKind, RaiseKind, Stmt, StmtKind};
use super::parser::{BLOCK_DEPTH_MAX, Parser};
use super::token::{Tok, TokenSet};
use crate::diagnostic::{Expected, Problem};

/// Words that close or split a block.
const CLOSERS: TokenSet = TokenSet::new(&[
    Tok::EndIf,
    Tok::ElsIf,
    Tok::Else,
    Tok::EndDo,
    Tok::Except,
    Tok::EndTry,
    Tok::EndProcedure,
    Tok::EndFunction,
]);

/// Words that certainly begin a statement.
const STARTERS: TokenSet = TokenSet::new(&[
    Tok::If,
    Tok::For,
    Tok::While,
    Tok::Break,
    Tok::Continue,
    Tok::Return,
    Tok::Try,
    Tok::Raise,
    Tok::Execute,
    Tok::AddHandler,
    Tok::RemoveHandler,
    Tok::Goto,
    Tok::Tilde,
]);

/// Words at which every block of statements ends.
const OUTER: TokenSet = TokenSet::new(&[Tok::End, Tok::Procedure, Tok::Function]);

/// Where a damaged statement is taken to end.
const SYNC: TokenSet =
    CLOSERS
        .or(STARTERS)
        .or(OUTER)
        .or(TokenSet::new(&[Tok::Semicolon, Tok::Var, Tok::Amp]));

/// How far back the start of a line is looked for, in bytes: a line without an end, with thousands of
/// blocks that are not closed, would be gone over for each of them.
const LINE_LOOKED_BACK: usize = 2_000;

impl Parser<'_> {
    /// Skips to where a statement can begin.
    pub(super) fn sync(&mut self) {
        while !(SYNC.has(self.cur.tok) || self.cur.tok == Tok::Ident && self.on_new_line()) {
            self.advance();
        }
        self.recovering = false;
    }

    fn on_new_line(&self) -> bool {
        self.source().as_bytes()[self.prev_end as usize..self.cur.start as usize].contains(&b'\n')
    }

    /// Statements up to one of `closers`, or to a word that a block around waits for.
    pub(super) fn block(&mut self, closers: TokenSet) -> Block {
        let outer = self.stops;
        self.stops = outer.or(closers);
        let mut block = Vec::new();
        loop {
            let tok = self.cur.tok;
            if tok == Tok::Semicolon {
                self.advance();
                continue;
            }
            if OUTER.has(tok) || self.stops.has(tok) {
                break;
            }
            if matches!(tok, Tok::Amp) || (tok == Tok::Ident && self.is_async_head()) {
                break;
            }
            if CLOSERS.has(tok) {
                let token = self.advance();
                let word = self.text_of(token).to_string();
                self.recovering = false;
                self.report(Problem::ExtraCloser(word), token.start, token.end);
                self.recovering = false;
                continue;
            }
            if tok == Tok::Var {
                if outer_is_module(outer, closers) {
                    break;
                }
                let token = self.advance();
                self.report(Problem::VarOutOfOrder, token.start, token.end);
                self.sync();
                continue;
            }
            self.statement_and_end(&mut block);
        }
        self.stops = outer;
        block
    }

    fn statement_and_end(&mut self, block: &mut Block) {
        self.recovering = false;
        let is_label = self.cur.tok == Tok::Tilde;
        let before = self.cur.start;
        if let Some(statement) = self.statement() {
            block.push(statement);
        }
        if self.recovering {
            if self.cur.start == before && self.cur.tok != Tok::End {
                self.advance();
            }
            self.sync();
            return;
        }
        if is_label || self.eat(Tok::Semicolon) {
            return;
        }
        let tok = self.cur.tok;
        if CLOSERS.has(tok) || OUTER.has(tok) {
            return;
        }
        let place = self.prev_end;
        if self.cur.tok == Tok::Bad {
            self.sync();
            return;
        }
        let found = self.text_of(self.cur).to_string();
        self.report(
            Problem::UnexpectedToken {
                expected: Expected::Word(";", ";"),
                found,
            },
            place.saturating_sub(1),
            place,
        );
        if !(STARTERS.has(tok) || tok == Tok::Ident) {
            self.advance();
            self.sync();
        }
        self.recovering = false;
    }

    fn statement(&mut self) -> Option<Stmt> {
        self.block_depth += 1;
        if self.block_depth > BLOCK_DEPTH_MAX {
            self.give_up();
            self.block_depth -= 1;
            return None;
        }
        let pos = self.cur.start;
        let kind = self.statement_kind();
        self.block_depth -= 1;
        kind.map(|kind| Stmt { kind, pos })
    }

    fn statement_kind(&mut self) -> Option<StmtKind> {
        let token = self.cur;
        match token.tok {
            Tok::If => self.if_statement(),
            Tok::For => self.for_statement(),
            Tok::While => {
                self.advance();
                let condition = self.expression();
                let block = self.loop_body("Пока", token.start)?;
                Some(StmtKind::While(Branch { condition, block }))
            }
            Tok::Try => {
                self.advance();
                let block = self.block(TokenSet::new(&[Tok::Except, Tok::EndTry]));
                if !self.eat(Tok::Except) {
                    self.not_closed("Попытка", "Исключение", token.start, &block);
                    self.eat(Tok::EndTry);
                    return Some(StmtKind::Try(block, Vec::new()));
                }
                let handler = self.block(TokenSet::new(&[Tok::EndTry]));
                self.close(
                    Tok::EndTry,
                    "Попытка",
                    "КонецПопытки",
                    token.start,
                    &handler,
                );
                Some(StmtKind::Try(block, handler))
            }
            Tok::Break => {
                self.advance();
                Some(StmtKind::Break)
            }
            Tok::Continue => {
                self.advance();
                Some(StmtKind::Continue)
            }
            Tok::Return => {
                self.advance();
                let ends = self.cur.tok == Tok::Semicolon
                    || CLOSERS.has(self.cur.tok)
                    || OUTER.has(self.cur.tok);
                let value = if ends { None } else { Some(self.expression()) };
                Some(StmtKind::Return(value))
            }
            Tok::Raise => self.raise_statement(),
            Tok::Execute => {
                self.advance();
                let code = self.expression();
                Some(StmtKind::Execute(code))
            }
            Tok::AddHandler | Tok::RemoveHandler => {
                self.advance();
                let event = self.postfix();
                self.expect(Tok::Comma, ",", ",");
                let handler = self.postfix();
                Some(StmtKind::Handler(event, handler))
            }
            Tok::Goto => {
                self.advance();
                self.expect(Tok::Tilde, "~", "~");
                self.name().map(StmtKind::Goto)
            }
            Tok::Tilde => {
                self.advance();
                let word = self.name()?;
                self.expect(Tok::Colon, ":", ":");
                Some(StmtKind::Label(word))
            }
            Tok::Ident | Tok::New | Tok::LParen | Tok::Question => self.assign_or_call(),
            Tok::True
            | Tok::False
            | Tok::Undefined
            | Tok::Null
            | Tok::Number
            | Tok::Str
            | Tok::Date => {
                // A constant to the left of `=` deserves its own words.
                self.advance();
                if self.cur.tok == Tok::Eq {
                    let name = self.text_of(token).to_string();
                    self.report(Problem::LiteralAssigned(name), token.start, token.end);
                } else {
                    self.report(Problem::NotAStatement, token.start, token.end);
                }
                None
            }
            _ => {
                self.unexpected(Expected::Statement);
                None
            }
        }
    }

    fn assign_or_call(&mut self) -> Option<StmtKind> {
        let token = self.cur;
        let target = self.postfix();
        let kind = self.tree.expr(target).kind;
        if self.cur.tok == Tok::Eq {
            if !matches!(
                kind,
                ExprKind::Name(_) | ExprKind::Field(..) | ExprKind::Index(..)
            ) {
                self.report(Problem::CannotAssign, token.start, token.end);
                return None;
            }
            self.advance();
            let value = self.expression();
            return Some(StmtKind::Assign(target, value));
        }
        match kind {
            ExprKind::Call(..) | ExprKind::Method(..) | ExprKind::Await(_) => {
                Some(StmtKind::Call(target))
            }
            ExprKind::Bad => None,
            _ => {
                if self.cur.tok == Tok::Bad {
                    self.recovering = true;
                } else {
                    self.report(Problem::NotAStatement, token.start, self.prev_end);
                }
                None
            }
        }
    }

    fn if_statement(&mut self) -> Option<StmtKind> {
        let opener = self.cur.start;
        let mut branches = Vec::new();
        let mut otherwise = None;
        let inner = TokenSet::new(&[Tok::ElsIf, Tok::Else, Tok::EndIf]);
        loop {
            self.advance();
            let condition = self.expression();
            self.then();
            let block = self.block(inner);
            branches.push(Branch { condition, block });
            if self.cur.tok != Tok::ElsIf {
                break;
            }
        }
        if self.eat(Tok::Else) {
            otherwise = Some(self.block(TokenSet::new(&[Tok::EndIf])));
        }
        let last = otherwise
            .as_ref()
            .or(branches.last().map(|branch| &branch.block));
        let empty = Vec::new();
        let last = last.unwrap_or(&empty);
        self.close(Tok::EndIf, "Если", "КонецЕсли", opener, last);
        Some(StmtKind::If(branches, otherwise))
    }

    /// «Тогда»; when it is missing the block is read all the same.
    fn then(&mut self) {
        if self.recovering {
            self.skip_head(Tok::Then);
        }
        if !self.eat(Tok::Then) {
            self.unexpected(Expected::Word("Тогда", "Then"));
            self.skip_head(Tok::Then);
            self.eat(Tok::Then);
        }
        self.recovering = false;
    }

    /// Skips the rest of a damaged head up to its last word or the end of the line.
    fn skip_head(&mut self, last: Tok) {
        while self.cur.tok != last && self.cur.tok != Tok::End && !self.on_new_line() {
            if self.cur.tok == Tok::Semicolon {
                break;
            }
            self.advance();
        }
    }

    fn loop_body(&mut self, opener: &'static str, start: u32) -> Option<Block> {
        if self.recovering {
            self.skip_head(Tok::Do);
        }
        if !self.eat(Tok::Do) {
            self.unexpected(Expected::Word("Цикл", "Do"));
            self.skip_head(Tok::Do);
            self.eat(Tok::Do);
        }
        self.recovering = false;
        let block = self.block(TokenSet::new(&[Tok::EndDo]));
        self.close(Tok::EndDo, opener, "КонецЦикла", start, &block);
        Some(block)
    }

    fn for_statement(&mut self) -> Option<StmtKind> {
        let start = self.advance().start;
        if self.eat(Tok::Each) {
            let var = self.loop_variable();
            self.expect(Tok::In, "Из", "In");
            let of = self.expression();
            let block = self.loop_body("Для Каждого", start)?;
            return var.map(|var| StmtKind::ForEach { var, of, block });
        }
        let var = self.loop_variable();
        self.expect(Tok::Eq, "=", "=");
        let from = self.expression();
        self.expect(Tok::To, "По", "To");
        let to = self.expression();
        let block = self.loop_body("Для", start)?;
        var.map(|var| StmtKind::For {
            var,
            from,
            to,
            block,
        })
    }

    fn loop_variable(&mut self) -> Option<super::ast::ExprId> {
        let word = self.name()?;
        Some(self.push(ExprKind::Name(word.name), word.pos))
    }

    fn raise_statement(&mut self) -> Option<StmtKind> {
        self.advance();
        let tok = self.cur.tok;
        if tok == Tok::Semicolon || CLOSERS.has(tok) || OUTER.has(tok) {
            return Some(StmtKind::Raise(RaiseKind::Again));
        }
        // `ВызватьИсключение(а) + б` is an expression, `ВызватьИсключение(а, б)` the full form.
        if tok == Tok::LParen {
            let mark = self.cur.start;
            let args = self.arguments();
            let single = match self.tree.list(args) {
                [one] if *one != super::ast::SKIPPED => Some(*one),
                _ => None,
            };
            let ends = self.cur.tok == Tok::Semicolon
                || CLOSERS.has(self.cur.tok)
                || OUTER.has(self.cur.tok);
            return match single {
                Some(one) if ends => Some(StmtKind::Raise(RaiseKind::Value(one))),
                Some(one) => {
                    let value = self.continue_expression(one);
                    Some(StmtKind::Raise(RaiseKind::Value(value)))
                }
                None if args.len == 0 => {
                    self.report(
                        Problem::UnexpectedToken {
                            expected: Expected::Expression,
                            found: ")".into(),
                        },
                        mark,
                        mark + 1,
                    );
                    None
                }
                None => Some(StmtKind::Raise(RaiseKind::Full(args))),
            };
        }
        let value = self.expression();
        Some(StmtKind::Raise(RaiseKind::Value(value)))
    }

    fn close(
        &mut self,
        closer: Tok,
        opener: &'static str,
        name: &'static str,
        start: u32,
        block: &Block,
    ) {
        if !self.eat(closer) {
            self.not_closed(opener, name, start, block);
        }
    }

    /// A block without its end. Its place is guessed from the indents: the first statement that does
    /// not stand deeper than the opener; otherwise where the block had to end at the latest.
    fn not_closed(
        &mut self,
        opener: &'static str,
        closer: &'static str,
        start: u32,
        block: &Block,
    ) {
        let place = self.guessed_end(start, block);
        self.recovering = self.gave_up;
        self.note(Problem::BlockNotClosed { opener, closer }, place, place + 1);
    }

    /// Where the end of a block stood, seen from its opener's indent.
    pub(super) fn guessed_end(&self, start: u32, block: &Block) -> u32 {
        let indent = self.indent(start);
        let place = block
            .iter()
            .find(|statement| {
                indent.is_some()
                    && self
                        .indent(statement.pos)
                        .is_some_and(|it| Some(it) <= indent)
            })
            .map_or(self.cur.start, |statement| statement.pos);
        self.code_before(place)
    }

    /// The last byte of code before a place: what is missing stood right after it, above the comments.
    pub(super) fn code_before(&self, place: u32) -> u32 {
        let mut text = self.source()[..place as usize].trim_end();
        while let Some(last) = text.chars().next_back() {
            let before_last = (text.len() - last.len_utf8()) as u32;
            let mut near = text.len().saturating_sub(LINE_LOOKED_BACK);
            while !text.is_char_boundary(near) {
                near += 1;
            }
            let start = match text[near..].rfind('\n') {
                Some(at) => near + at + 1,
                None if near == 0 => 0,
                None => return before_last,
            };
            if !text[start..].trim_start().starts_with(['/', '#']) {
                return before_last;
            }
            text = text[..start].trim_end();
        }
        place
    }

    /// The column of a byte, when only blanks stand before it on its line.
    fn indent(&self, pos: u32) -> Option<usize> {
        let mut indent = 0;
        for c in self.source()[..pos as usize].chars().rev() {
            match c {
                '\n' => break,
                '\t' => indent += 4,
                c if c.is_whitespace() || c == '\u{feff}' => indent += 1,
                _ => return None,
            }
        }
        Some(indent)
    }
}

fn outer_is_module(outer: TokenSet, closers: TokenSet) -> bool {
    !outer.has(Tok::EndProcedure)
        && !closers.has(Tok::EndProcedure)
        && !outer.or(closers).has(Tok::EndIf)
        && !outer.or(closers).has(Tok::EndDo)
        && !outer.or(closers).has(Tok::EndTry)
}
