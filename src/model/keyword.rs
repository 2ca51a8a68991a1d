//! Keywords: the rules of a bot, a tree (R124-R146).
//!
//! The tree holds only what can answer: records marked for deletion and their children are left out
//! when it is built (R138, D13). It is read by every message of every bot and kept for thousands of
//! bots, so it is compact: the index holds hashes, and a candidate's words are folded again to make
//! sure.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::fold::Fold;
use super::rich_text::RichText;

/// A record of a tree. Not stable over a reload: store [`KeywordTree::path_of`] instead.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct KeywordId(u32);

/// The field «Ключевое слово»: words separated by commas, a word with a comma in double quotes (D8).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct KeywordWords(pub Vec<String>);

/// Why a list of words cannot be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WordsError {
    /// A double quote was opened and never closed.
    UnclosedQuote,
    /// Something stands between a closing quote and the next comma.
    TextAfterQuote,
    /// Nothing stands between two commas.
    EmptyWord,
}

impl KeywordWords {
    /// Reads `слово, "слово, с запятой"`. A doubled quote inside quotes is one quote. An empty text
    /// has no words (D12).
    ///
    /// # Errors
    /// See [`WordsError`].
    pub fn parse(text: &str) -> Result<KeywordWords, WordsError> {
        let mut words = Vec::new();
        let mut rest = text.trim();
        if rest.is_empty() {
            return Ok(KeywordWords(words));
        }
        loop {
            rest = rest.trim_start();
            if let Some(quoted) = rest.strip_prefix('"') {
                let mut word = String::new();
                let mut chars = quoted.char_indices().peekable();
                let end = loop {
                    match chars.next() {
                        None => return Err(WordsError::UnclosedQuote),
                        Some((_, '"')) if matches!(chars.peek(), Some((_, '"'))) => {
                            chars.next();
                            word.push('"');
                        }
                        Some((at, '"')) => break at + 1,
                        Some((_, character)) => word.push(character),
                    }
                };
                if word.trim().is_empty() {
                    return Err(WordsError::EmptyWord);
                }
                words.push(word);
                rest = quoted[end..].trim_start();
                match rest.strip_prefix(',') {
                    Some(next) => rest = next,
                    None if rest.is_empty() => return Ok(KeywordWords(words)),
                    None => return Err(WordsError::TextAfterQuote),
                }
            } else {
                let (word, next) = match rest.split_once(',') {
                    Some((word, next)) => (word, Some(next)),
                    None => (rest, None),
                };
                if word.trim().is_empty() {
                    return Err(WordsError::EmptyWord);
                }
                words.push(word.trim().to_owned());
                match next {
                    Some(next) => rest = next,
                    None => return Ok(KeywordWords(words)),
                }
            }
        }
    }
}

/// Вид: what a rule does (R129).
#[derive(Clone, Debug)]
pub enum KeywordKind {
    /// Текстовый ответ (R130).
    Text(RichText),
    /// Выполнение алгоритма (R131): its name.
    Algorithm(Box<str>),
    /// Выбор (R132).
    Choice(Box<Choice>),
    /// Ключевое слово (R137): the rule that answers instead; `None` where it cannot be found.
    Alias(Option<KeywordId>),
}

/// Variants of a choice.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Variants {
    /// Written in the record.
    Fixed(Box<[Box<str>]>),
    /// Made by an algorithm each time (R162).
    Algorithm(Box<str>),
}

/// The settings of a choice.
#[derive(Clone, Debug)]
pub struct Choice {
    /// Заголовок выбора (R139); `None`: the named text `choice_title`.
    pub title: Option<RichText>,
    /// What is offered.
    pub variants: Variants,
    /// Подтверждать выбор (R140).
    pub confirm: bool,
    /// Buttons in a row, 1 to 4.
    pub columns: u8,
    /// Whether a nested choice has «Назад» (D14).
    pub back: bool,
}

/// One live rule.
#[derive(Clone, Debug)]
pub struct Keyword {
    /// Its words as written; empty for the catch-all of its parent (D12).
    pub words: Box<[Box<str>]>,
    /// The record whose choice it answers (R133).
    pub parent: Option<KeywordId>,
    /// What it does.
    pub kind: KeywordKind,
    /// The title and confirmation of an algorithm whose result may become a choice (D13).
    pub choice_settings: Option<Box<Choice>>,
}

/// The rules of a bot, indexed.
#[derive(Clone, Debug, Default)]
pub struct KeywordTree {
    records: Box<[Keyword]>,
    /// (hash of parent and folded word, record), sorted; several records may share a hash.
    index: Box<[(u64, u32)]>,
    fold: Fold,
}

/// Builds a tree: parents before their children.
#[derive(Debug, Default)]
pub struct KeywordTreeBuilder {
    records: Vec<Keyword>,
}

impl KeywordTreeBuilder {
    /// Adds a live rule and gives its id.
    pub fn add(&mut self, keyword: Keyword) -> KeywordId {
        let id = KeywordId(u32::try_from(self.records.len()).expect("under 4 billion keywords"));
        self.records.push(keyword);
        id
    }

    /// Sets where an alias leads, once its target is known.
    pub fn set_alias(&mut self, alias: KeywordId, target: KeywordId) {
        self.records[alias.0 as usize].kind = KeywordKind::Alias(Some(target));
    }

    /// The finished tree.
    pub fn build(self, fold: Fold) -> KeywordTree {
        let mut index = Vec::with_capacity(self.records.len());
        for (record, keyword) in (0u32..).zip(&self.records) {
            if keyword.words.is_empty() {
                index.push((hash(keyword.parent, ""), record));
            }
            for word in &keyword.words {
                index.push((hash(keyword.parent, &fold.fold(word)), record));
            }
        }
        index.sort_unstable();
        index.dedup();
        KeywordTree {
            records: self.records.into_boxed_slice(),
            index: index.into_boxed_slice(),
            fold,
        }
    }
}

impl KeywordTree {
    /// The rule with this id, which must come from this tree.
    pub fn get(&self, id: KeywordId) -> &Keyword {
        &self.records[id.0 as usize]
    }

    /// How many rules there are.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// True when there is no rule.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The top-level rules, in the order of their file.
    pub fn top(&self) -> impl Iterator<Item = &Keyword> {
        self.records.iter().filter(|record| record.parent.is_none())
    }

    /// The rule among the children of `parent` (or the top-level rules) that answers `folded`, a text
    /// folded with this bot's settings. A catch-all does not count.
    pub fn find(&self, parent: Option<KeywordId>, folded: &str) -> Option<KeywordId> {
        if folded.is_empty() {
            return None;
        }
        self.candidates(parent, folded).find(|&id| {
            self.get(id)
                .words
                .iter()
                .any(|word| self.fold.fold(word) == folded)
        })
    }

    /// The catch-all of `parent` (D12).
    pub fn catch_all(&self, parent: KeywordId) -> Option<KeywordId> {
        self.candidates(Some(parent), "")
            .find(|&id| self.get(id).words.is_empty())
    }

    fn candidates<'a>(
        &'a self,
        parent: Option<KeywordId>,
        folded: &str,
    ) -> impl Iterator<Item = KeywordId> + 'a {
        let hash = hash(parent, folded);
        let start = self.index.partition_point(|&(at, _)| at < hash);
        self.index[start..]
            .iter()
            .take_while(move |&&(at, _)| at == hash)
            .map(|&(_, record)| KeywordId(record))
            .filter(move |&id| self.get(id).parent == parent)
    }

    /// A name of the rule that outlives a reload: the folded first words from the top down, separated
    /// by U+001F. A catch-all's part is empty.
    pub fn path_of(&self, id: KeywordId) -> String {
        let mut parts = Vec::new();
        let mut next = Some(id);
        while let Some(id) = next {
            let keyword = self.get(id);
            parts.push(
                keyword
                    .words
                    .first()
                    .map(|word| self.fold.fold(word))
                    .unwrap_or_default(),
            );
            next = keyword.parent;
        }
        parts.reverse();
        parts.join("\u{1f}")
    }

    /// The rule that a path names in this tree, if it still exists.
    pub fn by_path(&self, path: &str) -> Option<KeywordId> {
        let mut found = None;
        for part in path.split('\u{1f}') {
            found = match (part, found) {
                ("", Some(parent)) => self.catch_all(parent),
                ("", None) => None,
                (part, parent) => self.find(parent, part),
            };
            found?;
        }
        found
    }
}

fn hash(parent: Option<KeywordId>, folded: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    parent.hash(&mut hasher);
    folded.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_separated_by_commas_and_quoted() {
        let check = |text: &str, expected: Result<&[&str], WordsError>| {
            let words = KeywordWords::parse(text);
            let expected = expected
                .map(|words| KeywordWords(words.iter().map(|&word| word.to_owned()).collect()));
            assert_eq!(words, expected, "{text:?}");
        };
        check("Расчёт, Расчет", Ok(&["Расчёт", "Расчет"])); // R126
        check("  ", Ok(&[])); // D12
        check("\"Да, конечно\", да", Ok(&["Да, конечно", "да"])); // D8
        check("\"Сказал \"\"да\"\"\"", Ok(&["Сказал \"да\""]));
        check("ООО \"Ромашка\"", Ok(&["ООО \"Ромашка\""]));
        check("\"нет конца", Err(WordsError::UnclosedQuote));
        check("\"а\" б, в", Err(WordsError::TextAfterQuote));
        check("а,, б", Err(WordsError::EmptyWord));
        check("а,", Err(WordsError::EmptyWord));
    }

    fn tree() -> (KeywordTree, KeywordId, KeywordId, KeywordId) {
        let mut builder = KeywordTreeBuilder::default();
        let rule = |words: &[&str], parent| Keyword {
            words: words.iter().map(|&word| word.into()).collect(),
            parent,
            kind: KeywordKind::Text(RichText::Markup("ответ".into())),
            choice_settings: None,
        };
        let top = builder.add(rule(&["Выбор", "Меню выбора"], None));
        let child = builder.add(rule(&["Вариант №1"], Some(top)));
        let any = builder.add(rule(&[], Some(top)));
        (builder.build(Fold::default()), top, child, any)
    }

    #[test]
    fn a_rule_answers_only_under_its_parent() {
        let (tree, top, child, any) = tree();
        assert_eq!(tree.find(None, "менювыбора"), Some(top));
        assert_eq!(tree.find(None, "вариант№1"), None); // D10
        assert_eq!(tree.find(Some(top), "вариант№1"), Some(child));
        assert_eq!(tree.find(Some(top), ""), None);
        assert_eq!(tree.catch_all(top), Some(any)); // D12
        assert_eq!(tree.catch_all(child), None);
    }

    #[test]
    fn a_path_finds_its_rule_again() {
        let (tree, top, child, any) = tree();
        for id in [top, child, any] {
            assert_eq!(
                tree.by_path(&tree.path_of(id)),
                Some(id),
                "{:?}",
                tree.path_of(id)
            );
        }
        assert_eq!(tree.by_path("нет"), None);
        assert_eq!(tree.by_path(""), None);
    }
}
