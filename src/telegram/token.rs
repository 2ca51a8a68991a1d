//! The token of a bot: `<number>:<string>` (R170). A type that does not print its secret half.

use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

/// A bot's token. Cloning shares the text; the memory is wiped when the last clone goes (the
/// requests' own URLs hold copies while a bot runs, which nothing can wipe).
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    bot_id: i64,
    text: Arc<Zeroizing<String>>,
}

/// Why a text is not a token. Says where, never what was written there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Nothing was given.
    #[error("the token is empty; take it from @BotFather, it looks like 123456:AbC-dEf")]
    Empty,
    /// There is no `:` between number and string.
    #[error("the token has no \":\"; it must look like <number>:<string>, e.g. 123456:AbC-dEf")]
    NoColon,
    /// What stands before the colon is not a positive number.
    #[error("the token must start with the bot's number, digits only, before the \":\"")]
    BadNumber,
    /// Nothing follows the colon.
    #[error("nothing follows the \":\" in the token; was it cut when copied?")]
    NoSecret,
    /// A character that cannot stand in a token.
    #[error(
        "the token has a character at position {position} that no token has (a blank, a slash or a letter that is not Latin)"
    )]
    BadCharacter {
        /// Position of the character, counted from 1 in characters.
        position: usize,
    },
}

impl Token {
    /// Reads a token; blanks and line ends around it are dropped, since it often comes from a file.
    pub fn parse(text: &str) -> Result<Token, TokenError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(TokenError::Empty);
        }
        let (number, secret) = text.split_once(':').ok_or(TokenError::NoColon)?;
        // `i64::parse` alone would let "+5" through.
        if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
            return Err(TokenError::BadNumber);
        }
        let bot_id = number.parse::<i64>().map_err(|_| TokenError::BadNumber)?;
        if bot_id == 0 {
            return Err(TokenError::BadNumber);
        }
        if secret.is_empty() {
            return Err(TokenError::NoSecret);
        }
        // The token is a part of a URL's path: what would end or change that path is refused here
        // rather than sent to another address.
        let bad = |c: char| {
            !c.is_ascii_graphic()
                || matches!(
                    c,
                    '/' | '\\' | '?' | '#' | '%' | '"' | '<' | '>' | '{' | '}' | '`' | '^' | '|'
                )
        };
        if let Some(at) = secret.chars().position(bad) {
            return Err(TokenError::BadCharacter {
                position: number.len() + 2 + at,
            });
        }
        Ok(Token {
            bot_id,
            text: Arc::new(Zeroizing::new(text.to_owned())),
        })
    }

    /// The bot's number at Telegram: what stands before the colon.
    pub fn bot_id(&self) -> i64 {
        self.bot_id
    }

    /// The whole token, for sealing it and for building a request. Never for a log or an error.
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// The secret half, which is what must not turn up in texts.
    pub(super) fn secret(&self) -> &str {
        self.text.split_once(':').map_or("", |(_, secret)| secret)
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:***", self.bot_id)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({self})")
    }
}

impl std::str::FromStr for Token {
    type Err = TokenError;

    fn from_str(text: &str) -> Result<Token, TokenError> {
        Token::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<i64, TokenError>) {
        assert_eq!(
            Token::parse(text).map(|token| token.bot_id()),
            expected,
            "{text:?}"
        );
    }

    #[test]
    fn r170_number_and_string() {
        check("123456:ABC-dEf_1", Ok(123456));
        check(" 123456:ABC-dEf_1\r\n", Ok(123456));
        check("1:TESTTOKEN1", Ok(1));
        check("7:a:b", Ok(7));
        check("", Err(TokenError::Empty));
        check(" \n", Err(TokenError::Empty));
        check("123456", Err(TokenError::NoColon));
        check(":abc", Err(TokenError::BadNumber));
        check("0:abc", Err(TokenError::BadNumber));
        check("+1:abc", Err(TokenError::BadNumber));
        check("-1:abc", Err(TokenError::BadNumber));
        check("bot1:abc", Err(TokenError::BadNumber));
        check("99999999999999999999:abc", Err(TokenError::BadNumber));
        check("12:", Err(TokenError::NoSecret));
        check("12:ab/c", Err(TokenError::BadCharacter { position: 6 }));
        check("12:ab c", Err(TokenError::BadCharacter { position: 6 }));
        check("12:абв", Err(TokenError::BadCharacter { position: 4 }));
        check("12:a?b", Err(TokenError::BadCharacter { position: 5 }));
    }

    #[test]
    fn prints_no_secret() {
        let token = Token::parse("123456:SECRET").unwrap();
        assert_eq!(
            format!("{token} {token:?} {token:#?}"),
            "123456:*** Token(123456:***) Token(123456:***)"
        );
        for bad in ["12SECRET", "x1:SECRET", "12:SEC/RET"] {
            let error = Token::parse(bad).unwrap_err();
            let text = format!("{error} {error:?}");
            assert!(!text.contains("SEC"), "{text}");
        }
    }
}
