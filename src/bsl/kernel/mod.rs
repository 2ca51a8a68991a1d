//! Kernels: what 1C does with numbers, dates and texts, as pure functions over plain Rust types.
//!
//! They are for the library of the language and for anyone who wants 1C's rules without running a
//! program (a bot's reply formats a number by the same code). They must not know of the VM, its
//! values, heap or `Host`; they never panic on any input, and take every limit (digits, length of
//! output) and the clock of a long loop as arguments.
//!
//! | file | what |
//! |---|---|
//! | `number` | Число: decimal arithmetic, parsing, 1C's and invariant text |
//! | `date` | Дата: calendar of 0001…3999, parts, periods, text |
//! | `timezone` | МестноеВремя, УниверсальноеВремя: shifts of zones |
//! | `collation` | order of strings, comparison without case, folding for the database |
//! | `text` | search, replacement, splitting, case, СтрШаблон, НСтр |
//! | `format` | Формат, ПредставлениеПериода: every key of the format string |
//! | `numerals` | ЧислоПрописью, СтрокаСЧислом |
//! | `locale` | names and signs of Russian and English |
//! | `encode` | Base64, percent signs, encodings of texts, hexadecimal, UUID |
//! | `json` | ЧтениеJSON, ЗаписьJSON, dates of JSON |
//! | `qualifiers` | what fits a typed column |
//! | `regex` | regular expressions: 1C's syntax, search, replacement |
//! | `sort` | stable sort by an order that may fail |
//! | `xml` | ЧтениеXML, ЗаписьXML, the tree of DOM, XPath |
//! | `uri` | what HTTPЗапрос sends for its address |

pub mod collation;
pub mod date;
pub mod encode;
pub mod format;
pub mod json;
pub mod locale;
pub mod number;
pub mod numerals;
pub mod qualifiers;
pub mod regex;
pub mod sort;
pub mod text;
pub mod timezone;
pub mod uri;
pub mod xml;

/// Why a kernel stopped in the middle: the tick of its caller said so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stop;

/// The caller's clock: a long loop calls it now and then, and stops at its first `Err`.
pub type Tick<'a> = &'a mut dyn FnMut() -> Result<(), Stop>;
