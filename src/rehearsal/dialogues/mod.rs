//! Dialogue tests: what a person writes and what a bot is to answer, as plain text. Authors of bots
//! run them with `vestnik check --dialogues`; our own tests use the same format.
//!
//! ```text
//! # a comment
//! org shop                      the folder of the organisation, for the cases below
//! case R141 three levels        its chats are its own
//! @shop a                       bot and chat: a word, or the number of a registered chat
//! > Выбор                       the person writes
//! < Выберите вариант            the next answer, exactly as it is shown, without formatting
//! <~ ^Выбер                     or: the next answer, in which this regular expression is found
//! [ Вариант №1 | Вариант №2 ]   its buttons, all of them in order; further lines go on
//! [~ Вариант №1 ]               or: these are among its buttons
//! [ ]                           or: it has none (below a press: of the message it stood under)
//! * Вариант №1                  presses the button (*~ regular expression)
//! <file act.pdf                 the next answer is this file
//! <!                            nothing more comes
//! ^ contact                     sends a contact, sticker, photo NAME, document NAME
//! clock 2026-12-31 23:00        sets the organisation's clock
//! kill                          SIGKILL, and a start on the same files
//! ```
//!
//! (The words to the right explain; they are no part of the format.) A line that begins with two
//! spaces continues the text of `>` or `<` above it. In a label `\|` is a bar and `\\` a backslash.
//!
//! `parse` reads them, a pure function of text; `run` plays them on a [`Stage`](super::Stage) and compares;
//! `folder` does all of it for a folder of files.

mod folder;
mod parse;
mod run;

#[cfg(test)]
mod tests;

pub use folder::{Played, play_file, play_folder};
pub use parse::{
    Attachment, Case, ChatName, File, ParseError, ParseErrorKind, Pattern, Step, StepKind, parse,
};
pub use run::{Failure, Report, run};
