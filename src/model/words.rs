//! Enums whose values have a name in files, in the API and in the database. The name is stated once,
//! beside its value and apart from the Rust name, so that a rename in the code changes no file.

/// An enum of which each value has such a name.
pub trait Word: Copy + PartialEq + 'static {
    /// Every value with its name, in the order in which people are told of them.
    const WORDS: &'static [(&'static str, Self)];

    /// The value with this name.
    fn from_word(word: &str) -> Option<Self> {
        Self::WORDS
            .iter()
            .find(|(known, _)| *known == word)
            .map(|&(_, value)| value)
    }
}

/// Declares an enum with its names, each behind the `=` of its value: implements [`Word`] and
/// `as_str`, which gives the name of a value.
macro_rules! words {
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $($(#[$value_meta:meta])* $value:ident = $word:literal,)+
        }
    ) => {
        $(#[$meta])*
        pub enum $name {
            $($(#[$value_meta])* $value,)+
        }

        impl $name {
            /// Its name in files, in the API and in the database.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $($name::$value => $word,)+
                }
            }
        }

        impl $crate::model::Word for $name {
            const WORDS: &'static [(&'static str, Self)] = &[$(($word, $name::$value)),+];
        }
    };
}

pub(crate) use words;
