//! Kernels: what 1C does with numbers, dates and texts, as pure functions over plain Rust types.
//!
//! They are for the library of the language and for anyone who wants 1C's rules without running a
//! program (a bot's reply formats a number by the same code). They must not know of the VM, its
//! values, heap or `Host`; they never panic on any input, and take every limit (digits, length of
//! output) and the clock of a long loop as arguments.
//!
//! # Ours, and why
//!
//! A well-kept crate does the work where 1C asks for what everybody does: hashes, deflate and archives,
//! encodings of texts, events of XML, regular expressions, zones, Base64, hexadecimal, UUID, percent
//! signs. These stay our own, because what they must do is 1C's alone:
//!
//! - `number`: decimal of any length whose division stops at 27 digits and whose text has no trailing
//!   zeros. Decimal crates have a fixed width or another rule of division; `num-bigint` carries what
//!   does not fit 128 bits.
//! - `date`: ticks of 0.0001 s from 0001 to 3999, ends of periods, weeks that are not ISO's. chrono's days
//!   inside of it were tried and cost two to three times the instructions (see there).
//! - `json`: 1C's reader gives tokens and the place of each, takes comments, keeps numbers decimal and
//!   stops when its caller's account is empty; a crate that makes values skips all that.
//! - `format`, `numerals`, `locale`: the language of format strings, and words in two languages as 1C
//!   prints them, whatever the system's locale is.
//! - `collation`: one order for a server of any locale, equal on both databases. ICU's Russian order
//!   differs in blanks, punctuation and signs, and its tables weigh megabytes.
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
