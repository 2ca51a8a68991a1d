//! Tokens written in files: their form, and how a literal one becomes a sealed one in the stored text.
//! The key is the store's; here it is only a pair of functions.

use super::files::{DefinitionFile, FileKind};
use crate::model::{Level, Problem};
use crate::source::{Document, Span};

/// Before the sealed form of a token.
pub const SEALED: &str = "sealed:";

/// Seals and opens tokens with this installation's key. A token is sealed for its bot: under another
/// code it does not open.
pub trait TokenSeal {
    /// The sealed form, with [`SEALED`] before it.
    ///
    /// # Errors
    /// Why it cannot be sealed.
    fn seal(&self, bot: &str, token: &str) -> Result<String, String>;

    /// The token of a sealed form; `None` when another key sealed it, or for another bot.
    fn open(&self, bot: &str, sealed: &str) -> Option<zeroize::Zeroizing<String>>;
}

/// The number before the colon of a token, when the token has the form `<number>:<text>` (R170).
pub fn token_number(token: &str) -> Option<i64> {
    let (number, secret) = token.split_once(':')?;
    let good = !secret.is_empty()
        && secret
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
        && number.bytes().all(|byte| byte.is_ascii_digit());
    good.then(|| number.parse().ok())
        .flatten()
        .filter(|&number| number > 0)
}

/// What becomes of the token in a bot's text before it is kept.
#[derive(Debug, PartialEq, Eq)]
pub enum Sealing {
    /// There was none written out: the bytes stay as they are.
    Unchanged,
    /// The text with the sealed token; everything else is byte for byte the same.
    Sealed(Vec<u8>),
    /// A sealed token that this installation cannot open.
    Foreign,
    /// Sealing failed.
    Failed(String),
}

/// Replaces a literal token by its sealed form. `before` is the text that is kept now: where it holds
/// the same token, its sealed form is taken over, so that applying a file twice changes nothing.
pub fn seal_file(file: &DefinitionFile, before: Option<&[u8]>, seal: &dyn TokenSeal) -> Sealing {
    if FileKind::of(&file.path) != Some(FileKind::Bot) {
        return Sealing::Unchanged;
    }
    let Some((bot, token)) = token_of(&file.bytes) else {
        return Sealing::Unchanged;
    };
    if token.starts_with(SEALED) {
        return match seal.open(&bot, &token) {
            Some(_) => Sealing::Unchanged,
            None => Sealing::Foreign,
        };
    }
    let kept = before
        .and_then(token_of)
        .filter(|(owner, kept)| {
            *owner == bot
                && kept.starts_with(SEALED)
                && seal
                    .open(&bot, kept)
                    .is_some_and(|opened| *opened == *token)
        })
        .map(|(_, kept)| kept);
    let sealed = match kept {
        Some(kept) => kept,
        None => match seal.seal(&bot, &token) {
            Ok(sealed) => zeroize::Zeroizing::new(sealed),
            Err(error) => return Sealing::Failed(error),
        },
    };
    match with_token(&file.bytes, &sealed) {
        Some(bytes) => Sealing::Sealed(bytes),
        None => Sealing::Unchanged,
    }
}

/// The code of the bot and the value of the key `token`.
fn token_of(bytes: &[u8]) -> Option<(String, zeroize::Zeroizing<String>)> {
    // Most files have no such key: looking for the word costs less than parsing.
    let text = std::str::from_utf8(bytes).ok()?;
    if !has_token_line(text) {
        return None;
    }
    let (_, table) = Document::parse("", text.trim_start_matches('\u{feff}'));
    let value = |key| table.get_ref().get(key)?.get_ref().as_str();
    let bot = value("code").unwrap_or_default().to_owned();
    Some((bot, zeroize::Zeroizing::new(value("token")?.to_owned())))
}

/// The sealed token in the kept text of a bot, with [`SEALED`] before it.
pub(super) fn sealed_token(bytes: &[u8]) -> Option<String> {
    let (_, token) = token_of(bytes)?;
    token.starts_with(SEALED).then(|| token.to_string())
}

/// The error of a token that another installation sealed, at its place.
pub(super) fn foreign_seal(path: &str, text: &str) -> Problem {
    let (document, table) = Document::parse(path, text.trim_start_matches('\u{feff}'));
    let span = table
        .get_ref()
        .get("token")
        .map_or(Span::default(), |value| value.span().into());
    document
        .source()
        .problem(
            Level::Error,
            "foreign-seal",
            span,
            "этот токен запечатан в другой установке или для другого бота и здесь не открывается",
        )
        .hint("возьмите токен у @BotFather и дайте его через token_env или token_file, либо впишите в token заново")
}

fn has_token_line(text: &str) -> bool {
    text.lines().any(|line| {
        let line = line.trim_start_matches(['\u{feff}', ' ', '\t', '"', '\'']);
        line.strip_prefix("token").is_some_and(|rest| {
            rest.trim_start_matches(['"', '\'', ' ', '\t'])
                .starts_with('=')
        })
    })
}

/// Only the bytes of the value are replaced, so that comments, order and line ends stay.
fn with_token(bytes: &[u8], token: &str) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let body = text.trim_start_matches('\u{feff}');
    let mark = text.len() - body.len();
    let (_, table) = Document::parse("", body);
    let span = table.get_ref().get("token")?.span();
    let mut out = Vec::with_capacity(bytes.len() + token.len());
    out.extend_from_slice(&bytes[..mark + span.start]);
    out.extend_from_slice(format!("\"{token}\"").as_bytes());
    out.extend_from_slice(&bytes[mark + span.end..]);
    Some(out)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Seals by spelling backwards, under a key that is a letter.
    pub(in crate::organisation) struct Backwards(pub char);

    impl TokenSeal for Backwards {
        fn seal(&self, bot: &str, token: &str) -> Result<String, String> {
            let token: String = token.chars().rev().collect();
            Ok(format!("{SEALED}{}{bot}{token}", self.0))
        }

        fn open(&self, bot: &str, sealed: &str) -> Option<zeroize::Zeroizing<String>> {
            let token = sealed
                .strip_prefix(SEALED)?
                .strip_prefix(self.0)?
                .strip_prefix(bot)?;
            Some(zeroize::Zeroizing::new(token.chars().rev().collect()))
        }
    }

    fn bot(text: &str) -> DefinitionFile {
        DefinitionFile {
            path: "bots/a.toml".into(),
            bytes: text.as_bytes().into(),
        }
    }

    #[test]
    fn only_the_token_changes_in_the_kept_text() {
        let check = |text: &str, expected: &str| {
            let sealed = seal_file(&bot(text), None, &Backwards('k'));
            let Sealing::Sealed(bytes) = sealed else {
                panic!("{text:?}: {sealed:?}");
            };
            assert_eq!(String::from_utf8(bytes).unwrap(), expected, "{text:?}");
        };
        check(
            "# бот\ncode='a'  # код\ntoken   =  \"1:ab\"   # секрет\n\n\n[[keyword]]\nwords=\"х\" #  y\ntext = '''\nа\n'''\n# конец",
            "# бот\ncode='a'  # код\ntoken   =  \"sealed:kaba:1\"   # секрет\n\n\n[[keyword]]\nwords=\"х\" #  y\ntext = '''\nа\n'''\n# конец",
        );
        check("\u{feff}token='1:ab'\n", "\u{feff}token=\"sealed:kba:1\"\n");
        check(
            "token = \"1:ab\"\r\ncode = \"a\"\r\nx = '''\r\na\nb'''\r\n",
            "token = \"sealed:kaba:1\"\r\ncode = \"a\"\r\nx = '''\r\na\nb'''\r\n",
        );
        check("\"token\" = \"1:ab\"", "\"token\" = \"sealed:kba:1\"");
    }

    #[test]
    fn a_file_without_a_literal_token_stays_as_it_is() {
        for text in [
            "token_env = \"A\"\n",
            "[[keyword]]\ntext = \"token = 1\"\n",
            "не TOML =",
        ] {
            assert_eq!(
                seal_file(&bot(text), None, &Backwards('k')),
                Sealing::Unchanged,
                "{text}"
            );
        }
    }

    #[test]
    fn sealing_twice_gives_the_same_text_and_a_foreign_seal_is_seen() {
        let file = bot("token = \"1:ab\"\n");
        let kept = b"token = \"sealed:kba:1\"\n";
        // Under another spelling of the same key the kept form is taken over as it is.
        assert_eq!(
            seal_file(&file, Some(kept), &Backwards('k')),
            Sealing::Sealed(kept.to_vec())
        );
        let sealed = bot("token = \"sealed:kba:1\"\n");
        assert_eq!(
            seal_file(&sealed, None, &Backwards('k')),
            Sealing::Unchanged
        );
        assert_eq!(seal_file(&sealed, None, &Backwards('z')), Sealing::Foreign);
    }

    #[test]
    fn a_token_has_a_number_and_a_text() {
        for (token, number) in [
            ("1001:demo", Some(1001)),
            ("123456789:AAH_x-y", Some(123_456_789)),
            ("1001", None),
            (":demo", None),
            ("1001:", None),
            ("1001:с пробелом", None),
            ("0:a", None),
            ("+1:a", None),
        ] {
            assert_eq!(token_number(token), number, "{token}");
        }
    }
}
