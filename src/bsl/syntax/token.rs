//! Tokens and the table of keywords.

use super::names::{Name, Names};

macro_rules! keywords {
    ($($variant:ident $ru:literal $en:literal,)*) => {
        /// What kind of token stands in the text.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[allow(missing_docs, reason = "each variant is the word or sign it is named after")]
        pub enum Tok {
            $($variant,)*
            Ident, Number, Str, Date,
            LParen, RParen, LBracket, RBracket, Comma, Semicolon, Dot, Question, Colon, Tilde,
            Amp, Plus, Minus, Star, Slash, Percent, Eq, Ne, Lt, Gt, Le, Ge,
            /// A character or literal that the lexer refused; the error is already reported.
            Bad,
            End,
        }

        /// Keywords in the order of [`Tok`]: Russian, English.
        pub const KEYWORDS: &[(Tok, &str, &str)] = &[$((Tok::$variant, $ru, $en),)*];
    };
}

keywords! {
    If "Если" "If",
    Then "Тогда" "Then",
    ElsIf "ИначеЕсли" "ElsIf",
    Else "Иначе" "Else",
    EndIf "КонецЕсли" "EndIf",
    For "Для" "For",
    Each "Каждого" "Each",
    In "Из" "In",
    To "По" "To",
    While "Пока" "While",
    Do "Цикл" "Do",
    EndDo "КонецЦикла" "EndDo",
    Break "Прервать" "Break",
    Continue "Продолжить" "Continue",
    Return "Возврат" "Return",
    Procedure "Процедура" "Procedure",
    EndProcedure "КонецПроцедуры" "EndProcedure",
    Function "Функция" "Function",
    EndFunction "КонецФункции" "EndFunction",
    Var "Перем" "Var",
    Export "Экспорт" "Export",
    Val "Знач" "Val",
    Try "Попытка" "Try",
    Except "Исключение" "Except",
    EndTry "КонецПопытки" "EndTry",
    Raise "ВызватьИсключение" "Raise",
    New "Новый" "New",
    Execute "Выполнить" "Execute",
    AddHandler "ДобавитьОбработчик" "AddHandler",
    RemoveHandler "УдалитьОбработчик" "RemoveHandler",
    Goto "Перейти" "Goto",
    And "И" "And",
    Or "Или" "Or",
    Not "Не" "Not",
    True "Истина" "True",
    False "Ложь" "False",
    Undefined "Неопределено" "Undefined",
    Null "Null" "Null",
}

/// Names that the table of a session starts with: `id / 2` is the keyword's place in [`KEYWORDS`].
pub fn seed_names() -> Names {
    let mut names = Names::default();
    for (index, (_, ru, en)) in KEYWORDS.iter().enumerate() {
        let id = names.intern(ru);
        debug_assert_eq!(id.0 as usize, index * 2);
        if names.intern(en) == id {
            // A word that is the same in both languages takes both places of its pair.
            names.intern(&format!("\u{0}{en}"));
        }
    }
    names
}

/// The keyword that a name is, if it is one.
#[inline]
#[must_use]
pub fn keyword(name: Name) -> Option<Tok> {
    KEYWORDS.get(name.0 as usize / 2).map(|entry| entry.0)
}

/// A token: its kind, its bytes in the text, and for words the folded name.
#[derive(Debug, Clone, Copy)]
pub struct Token {
    /// Kind.
    pub tok: Tok,
    /// First byte.
    pub start: u32,
    /// Byte after the last.
    pub end: u32,
    /// The folded name of a word (keywords have one too: any keyword is legal after a dot).
    pub name: Name,
}

/// A set of kinds of tokens, for recovery.
#[derive(Debug, Clone, Copy)]
pub struct TokenSet(u128);

impl TokenSet {
    /// Builds a set.
    #[must_use]
    pub const fn new(tokens: &[Tok]) -> TokenSet {
        let mut bits = 0;
        let mut index = 0;
        while index < tokens.len() {
            bits |= 1 << tokens[index] as u8;
            index += 1;
        }
        TokenSet(bits)
    }

    /// Union.
    #[must_use]
    pub const fn or(self, other: TokenSet) -> TokenSet {
        TokenSet(self.0 | other.0)
    }

    /// Membership.
    #[inline]
    #[must_use]
    pub const fn has(self, tok: Tok) -> bool {
        self.0 & (1 << tok as u8) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_keyword_is_found_in_both_languages() {
        let names = seed_names();
        for (tok, ru, en) in KEYWORDS {
            assert_eq!(
                names.find(&ru.to_uppercase()).and_then(keyword),
                Some(*tok),
                "{ru}"
            );
            assert_eq!(
                names.find(&en.to_lowercase()).and_then(keyword),
                Some(*tok),
                "{en}"
            );
        }
    }
}
