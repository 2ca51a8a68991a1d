//! Mentions, commands, hashtags, cashtags and telephone numbers.

use super::{Found, at, before, is_ascii_word, is_word, run};

/// Names shorter than the four letters that all others have.
const SHORT_NAMES: [&str; 3] = ["gif", "vid", "pic"];

pub(super) fn find(text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    for (start, sign) in text.match_indices(['@', '/', '#', '$', '+']) {
        let end = match sign {
            "@" => mention(text, start).map(|end| ("mention", end)),
            "/" => command(text, start).map(|end| ("bot_command", end)),
            "#" => hashtag(text, start).map(|end| ("hashtag", end)),
            "$" => cashtag(text, start).map(|end| ("cashtag", end)),
            _ => phone(text, start).map(|end| ("phone_number", end)),
        };
        if let Some((kind, end)) = end {
            found.push(Found { kind, start, end });
        }
    }
    found
}

/// `@name`: no word before it, 4 to 32 Latin letters, digits and `_`, no word after it.
fn mention(text: &str, start: usize) -> Option<usize> {
    if before(text, start).is_some_and(is_word) {
        return None;
    }
    let end = run(text, start + 1, is_ascii_word);
    let name = &text[start + 1..end];
    let known = SHORT_NAMES
        .iter()
        .any(|short| short.eq_ignore_ascii_case(name));
    let fits = ((4..=32).contains(&name.len()) || known) && !at(text, end).is_some_and(is_word);
    fits.then_some(end)
}

/// `/name` or `/name@bot`: no word, `/`, `<` or `>` on either side.
fn command(text: &str, start: usize) -> Option<usize> {
    let parts = |c: char| is_word(c) || matches!(c, '/' | '<' | '>');
    if before(text, start).is_some_and(parts) {
        return None;
    }
    let mut end = run(text, start + 1, is_ascii_word);
    if !(1..=64).contains(&(end - start - 1)) {
        return None;
    }
    if text[end..].starts_with('@') {
        let bot = run(text, end + 1, is_ascii_word);
        if !(3..=32).contains(&(bot - end - 1)) {
            return None;
        }
        end = bot;
    }
    (!at(text, end).is_some_and(parts)).then_some(end)
}

/// What a hashtag may hold, and what may not stand before one.
fn is_tag(c: char) -> bool {
    c.is_alphabetic()
        || c.is_numeric()
        || matches!(c, '_' | '\u{200c}' | '\u{b7}' | '\u{d80}'..='\u{dff}')
}

/// `#name` with a letter in it, at most 256 characters, and no `#` after it.
fn hashtag(text: &str, start: usize) -> Option<usize> {
    const MAX: usize = 256;
    if before(text, start).is_some_and(is_tag) {
        return None;
    }
    let end = run(text, start + 1, is_tag);
    if text[end..].starts_with('#') {
        return None;
    }
    let name = &text[start + 1..end];
    let cut = name
        .char_indices()
        .nth(MAX)
        .map_or(end, |(cut, _)| start + 1 + cut);
    let letters = text[start + 1..cut].chars().any(char::is_alphabetic);
    letters.then_some(cut)
}

/// `$USD`: one to eight capital letters.
fn cashtag(text: &str, start: usize) -> Option<usize> {
    let parts = |c: char| is_tag(c) || c == '$';
    if before(text, start).is_some_and(parts) {
        return None;
    }
    let end = if text[start + 1..].starts_with("1INCH") {
        start + 6
    } else {
        run(text, start + 1, |c| c.is_ascii_uppercase())
    };
    let fits = (1..=8).contains(&(end - start - 1)) && !at(text, end).is_some_and(parts);
    fits.then_some(end)
}

/// `+` and 7 to 15 digits, with single separators between them.
fn phone(text: &str, start: usize) -> Option<usize> {
    if before(text, start).is_some_and(is_word) {
        return None;
    }
    let mut digits = 0;
    let mut end = start + 1;
    let mut separators = 0;
    for (offset, c) in text[start + 1..].char_indices() {
        match c {
            '0'..='9' => {
                digits += 1;
                separators = 0;
                end = start + 1 + offset + 1;
            }
            // "(495) 1": a bracket with a space beside it are the most that stand together.
            ' ' | '-' | '(' | ')' if separators < 2 && digits > 0 => separators += 1,
            _ => break,
        }
    }
    let fits = (7..=15).contains(&digits) && !at(text, end).is_some_and(is_word);
    fits.then_some(end)
}
