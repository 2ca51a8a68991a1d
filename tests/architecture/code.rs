//! The code of a package as modules: which file each is, and what each reaches for.
//!
//! Paths are read from tokens, so that those in macros and attributes count too. A path leads to the
//! file that defines what it names: a name that a file hands on (`pub use`) is followed to where it
//! comes from. Test code is left out: a test may reach for what its room must not know.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// A path of modules from the package's root.
pub type Module = Vec<String>;

/// Which file uses which, by the names it takes.
pub type Uses<'c> = BTreeMap<&'c Module, BTreeMap<&'c Module, BTreeSet<String>>>;

/// A path as it was written, from the package's root, and its line.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Reach {
    pub path: Vec<String>,
    pub line: usize,
    /// It hands a name on (`pub use`) and uses nothing.
    pub hands_on: bool,
}

/// What a file says.
#[derive(Debug, Default)]
pub struct File {
    /// Paths into the own package.
    pub reaches: BTreeSet<Reach>,
    /// Other crates, by their names in code, with lines.
    pub crates: BTreeSet<(String, usize)>,
    /// Names that other modules see here although they come from elsewhere.
    names: BTreeMap<String, Vec<String>>,
}

/// The modules of a package.
#[derive(Debug, Default)]
pub struct Code {
    pub files: BTreeMap<Module, File>,
}

/// Every `.rs` file below a folder.
pub fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder of src") {
        let path = entry.expect("an entry").path();
        // A package of its own within the folder has its own test.
        if path.is_dir() && !path.join("Cargo.toml").exists() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

impl Code {
    /// The package whose root is this folder; files and folders of tests are left out.
    pub fn of_folder(root: &Path, watched: &[&str]) -> Code {
        let mut texts = Vec::new();
        for path in sources(root) {
            let relative = path.strip_prefix(root).expect("within").with_extension("");
            let mut module: Module = relative
                .iter()
                .map(|part| part.to_string_lossy().into_owned())
                .collect();
            let is_test = |part: &String| part == "tests" || part.ends_with("_tests");
            let aside = ["examples", "fuzz"].contains(&module[0].as_str());
            if aside || module.iter().any(is_test) {
                continue;
            }
            match module.last().map(String::as_str) {
                Some("mod") => {
                    module.pop();
                }
                Some("lib") if module.len() == 1 => module.clear(),
                _ => {}
            }
            texts.push((module, std::fs::read_to_string(&path).expect("a source")));
        }
        Code::of_texts(texts, watched)
    }

    /// Modules with their texts.
    pub fn of_texts(texts: Vec<(Module, String)>, watched: &[&str]) -> Code {
        let modules: BTreeSet<Module> = texts.iter().map(|(module, _)| module.clone()).collect();
        let files = texts.into_iter().map(|(module, text)| {
            syn::parse_file(&text).unwrap_or_else(|error| panic!("{module:?}: {error}"));
            let tokens: TokenStream = text.parse().expect("parsed above");
            let mut reader = Reader {
                modules: &modules,
                watched,
                file: File::default(),
            };
            reader.walk(tokens, &module);
            (module, reader.file)
        });
        Code {
            files: files.collect(),
        }
    }

    /// The file that defines what a path names, as far as the files tell.
    pub fn target(&self, path: &[String]) -> Option<&Module> {
        self.lead(path, 0)
    }

    fn lead(&self, path: &[String], steps: usize) -> Option<&Module> {
        // A name that leads back to itself defines nothing.
        if steps > 16 {
            return None;
        }
        let length = (0..=path.len())
            .rev()
            .find(|&length| self.files.contains_key(&path[..length]))?;
        let (module, file) = self.files.get_key_value(&path[..length])?;
        let Some(name) = path.get(length) else {
            return Some(module);
        };
        match file.names.get(name) {
            Some(elsewhere) => {
                let further: Vec<String> = elsewhere
                    .iter()
                    .chain(&path[length + 1..])
                    .cloned()
                    .collect();
                self.lead(&further, steps + 1).or(Some(module))
            }
            None => Some(module),
        }
    }

    /// Which file uses which, by the names it takes.
    pub fn uses(&self) -> Uses<'_> {
        let mut uses = Uses::new();
        for (module, file) in &self.files {
            let of_file = uses.entry(module).or_default();
            for reach in file.reaches.iter().filter(|reach| !reach.hands_on) {
                let Some(target) = self.target(&reach.path) else {
                    continue;
                };
                if target != module {
                    let name = reach.path.last().cloned().unwrap_or_default();
                    of_file.entry(target).or_default().insert(name);
                }
            }
        }
        uses
    }
}

struct Reader<'m> {
    modules: &'m BTreeSet<Module>,
    watched: &'m [&'m str],
    file: File,
}

impl Reader<'_> {
    fn walk(&mut self, tokens: TokenStream, module: &[String]) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        // Whether names of the present item are handed on; told by `pub`, ended by `;`.
        let mut is_public = false;
        let mut in_use = false;
        while at < tokens.len() {
            if is_test_attribute(&tokens, at) {
                at = after_item(&tokens, at + 2);
                continue;
            }
            match &tokens[at] {
                TokenTree::Group(group) => self.walk(group.stream(), module),
                TokenTree::Punct(punct) if punct.as_char() == ';' => {
                    (is_public, in_use) = (false, false);
                }
                TokenTree::Ident(ident) => {
                    let name = ident.to_string();
                    match name.as_str() {
                        "pub" => {
                            is_public = true;
                            // `pub(super)` says who may look, and uses nothing.
                            if let Some(TokenTree::Group(group)) = tokens.get(at + 1)
                                && group.delimiter() == Delimiter::Parenthesis
                            {
                                at += 1;
                            }
                        }
                        "use" => in_use = true,
                        "fn" | "struct" | "enum" | "impl" | "const" | "static" | "trait"
                        | "type" => is_public = false,
                        "mod" => {
                            if let (Some(TokenTree::Ident(inner)), Some(TokenTree::Group(body))) =
                                (tokens.get(at + 1), tokens.get(at + 2))
                            {
                                let mut inside = module.to_vec();
                                inside.push(inner.to_string());
                                self.walk(body.stream(), &inside);
                                at += 2;
                            }
                        }
                        _ if !is_path_separator(&tokens, at.wrapping_sub(1)) => {
                            at = self.path(&tokens, at, module, in_use, in_use && is_public);
                            continue;
                        }
                        _ => {}
                    }
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
            at += 1;
        }
    }

    /// A path that begins here; gives the place behind it.
    fn path(
        &mut self,
        tokens: &[TokenTree],
        at: usize,
        module: &[String],
        in_use: bool,
        hands_on: bool,
    ) -> usize {
        let line = tokens[at].span().start().line;
        let first = tokens[at].to_string();
        let is_path = is_path_separator(tokens, at + 2);
        let (base, from) = match first.as_str() {
            // A binary names the library of its package.
            "crate" | "vestnik" => (Vec::new(), at),
            "self" if is_path => (module.to_vec(), at),
            "super" => {
                let mut base = module.to_vec();
                base.pop();
                let mut from = at;
                while is_path_separator(tokens, from + 2)
                    && matches!(tokens.get(from + 3), Some(TokenTree::Ident(up)) if *up == "super")
                {
                    base.pop();
                    from += 3;
                }
                (base, from)
            }
            name => {
                if self.watched.contains(&name) && (is_path || in_use) {
                    self.file.crates.insert((name.to_owned(), line));
                }
                let mut child = module.to_vec();
                child.push(name.to_owned());
                if !is_path || !self.modules.contains(&child) {
                    return at + 1;
                }
                (child, at)
            }
        };
        let mut end = from + 1;
        let mut path = base;
        while is_path_separator(tokens, end + 1) {
            match tokens.get(end + 2) {
                Some(TokenTree::Ident(ident)) => {
                    path.push(ident.to_string());
                    end += 3;
                }
                Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                    self.group(group, &path, hands_on);
                    return end + 3;
                }
                _ => break,
            }
        }
        let renamed = match (tokens.get(end), tokens.get(end + 1)) {
            (Some(TokenTree::Ident(word)), Some(TokenTree::Ident(name))) if *word == "as" => {
                Some(name.to_string())
            }
            _ => None,
        };
        self.note(path, line, in_use, hands_on, renamed);
        end
    }

    /// The names in the braces of a `use`.
    fn group(&mut self, group: &Group, base: &[String], hands_on: bool) {
        let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
        let mut at = 0;
        let mut path = base.to_vec();
        let mut line = group.span().start().line;
        let mut renamed = None;
        while at < tokens.len() {
            match &tokens[at] {
                TokenTree::Ident(word) if *word == "as" => {
                    renamed = tokens.get(at + 1).map(ToString::to_string);
                    at += 1;
                }
                TokenTree::Ident(word) => {
                    line = word.span().start().line;
                    // `self` is the module itself.
                    if *word != "self" {
                        path.push(word.to_string());
                    }
                }
                TokenTree::Group(inner) => {
                    self.group(inner, &path, hands_on);
                    path.clear();
                }
                TokenTree::Punct(punct) if punct.as_char() == ',' => {
                    if !path.is_empty() {
                        self.note(
                            std::mem::take(&mut path),
                            line,
                            true,
                            hands_on,
                            renamed.take(),
                        );
                    }
                    path = base.to_vec();
                }
                _ => {}
            }
            at += 1;
        }
        if path.len() > base.len() {
            self.note(path, line, true, hands_on, renamed);
        }
    }

    fn note(
        &mut self,
        path: Vec<String>,
        line: usize,
        in_use: bool,
        hands_on: bool,
        renamed: Option<String>,
    ) {
        if in_use && let Some(name) = renamed.or_else(|| path.last().cloned()) {
            self.file.names.insert(name, path.clone());
        }
        self.file.reaches.insert(Reach {
            path,
            line,
            hands_on,
        });
    }
}

/// `#[cfg(test)]`.
fn is_test_attribute(tokens: &[TokenTree], at: usize) -> bool {
    let (Some(TokenTree::Punct(sign)), Some(TokenTree::Group(group))) =
        (tokens.get(at), tokens.get(at + 1))
    else {
        return false;
    };
    let said = group.stream().to_string().replace(' ', "");
    sign.as_char() == '#'
        && group.delimiter() == Delimiter::Bracket
        && (said.starts_with("cfg(test)") || said.starts_with("cfg(all(test"))
}

/// The place behind the item that begins here: a block, or a semicolon.
fn after_item(tokens: &[TokenTree], mut at: usize) -> usize {
    while at < tokens.len() {
        match &tokens[at] {
            TokenTree::Punct(punct) if punct.as_char() == ';' => return at + 1,
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                let closes = matches!(tokens.get(at + 1), Some(TokenTree::Punct(punct)) if punct.as_char() == ';');
                return at + 1 + usize::from(closes);
            }
            _ => at += 1,
        }
    }
    at
}

fn is_punct(token: &TokenTree, character: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == character)
}

/// Whether `::` ends at this index.
fn is_path_separator(tokens: &[TokenTree], at: usize) -> bool {
    at > 0
        && tokens.get(at).is_some_and(|token| is_punct(token, ':'))
        && is_punct(&tokens[at - 1], ':')
}
