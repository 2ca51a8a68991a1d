//! Who changed something: stands on every change and in the audit.

use std::fmt;
use std::str::FromStr;

/// Who.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum By {
    /// The holder of an API token, by its name.
    Token(String),
    /// A person, as a party (`user:ivanov`) or a chat (`telegram:main:1001`).
    Person(String),
    /// An algorithm, by its name.
    Script(String),
    /// A file that was applied, by its path.
    File(String),
    /// The system itself.
    System,
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            By::Token(name) => write!(f, "token:{name}"),
            By::Person(who) => write!(f, "person:{who}"),
            By::Script(name) => write!(f, "script:{name}"),
            By::File(path) => write!(f, "file:{path}"),
            By::System => f.write_str("system"),
        }
    }
}

impl FromStr for By {
    type Err = String;

    fn from_str(text: &str) -> Result<By, String> {
        let value = |rest: &str| rest.to_owned();
        match text.split_once(':') {
            None if text == "system" => Ok(By::System),
            Some(("token", rest)) => Ok(By::Token(value(rest))),
            Some(("person", rest)) => Ok(By::Person(value(rest))),
            Some(("script", rest)) => Ok(By::Script(value(rest))),
            Some(("file", rest)) => Ok(By::File(value(rest))),
            _ => Err(format!("«{text}»: неизвестно, кто это")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_form_reads_back() {
        for by in [
            By::Token("ops".into()),
            By::Person("telegram:main:1001".into()),
            By::Script("Алгоритм1".into()),
            By::File("bots/shop.toml".into()),
            By::System,
        ] {
            assert_eq!(by.to_string().parse(), Ok(by));
        }
        assert!("nobody".parse::<By>().is_err());
    }
}
