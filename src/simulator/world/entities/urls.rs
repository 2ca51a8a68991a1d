//! Addresses and e-mail: every dot may be within one.

use super::{Found, at, before, is_word};

/// What an address does not end with.
const NOT_LAST: [char; 10] = ['.', ':', ';', ',', '(', '\'', '?', '!', '`', '"'];
/// Domains of countries, after which a name needs no protocol to be an address.
const COUNTRIES: &str = "ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi \
bj bm bn bo br bs bt bv bw by bz ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm \
do dz ec ee eg er es et eu fi fj fk fm fo fr ga gb gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy \
hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg kh ki km kn kp kr kw ky kz la lb lc \
li lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf \
ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se \
sg sh si sj sk sl sm sn so sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua \
ug uk us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw";
/// The same of the others, those that people of this system's languages meet; TDLib has all 1,400.
const OTHERS: &str = "aero agency app army art asia audio auto bank bar best bet bid bike bio biz blog \
book bot business buy cafe car care cash cat center chat church city click clinic cloud club coffee com \
company computer consulting cool coop credit dance date delivery design dev digital direct doctor dog \
download edu education email energy engineer estate events expert express family farm fashion film \
finance fish fit flowers food football foundation fun fund games gallery garden gift global gmail gold \
google gov group guide guru health help holiday home hospital host hosting hotel house icu info ink \
institute insurance int international jobs land law legal life limited link live loan lol love ltd \
management map market marketing markets media medical mil mobi moda mom money moscow museum music name \
net network news ninja one online org page partners party photo photos pics pizza place plus press pro \
productions promo properties pub realty red rent repair report rest restaurant review rocks run sale \
school science security services shop show site ski social software solar solutions space sport store \
stream studio style support systems tatar tax taxi team tech technology tel theater tickets tips today \
tools top tours town trade training travel university vet video vip vodka watch web website wedding \
wiki win wine work works world wtf xyz yandex yoga zone москва онлайн сайт орг рус рф дети католик \
бел бг ею ком мкд мон срб укр қаз";

/// Spaces and most of the general punctuation end an address.
fn is_url_char(c: char) -> bool {
    match c {
        '\u{2000}'..='\u{206f}' => matches!(c, '\u{200c}' | '\u{200d}' | '\u{2010}'..='\u{2015}'),
        _ => !c.is_whitespace(),
    }
}

fn is_path_char(c: char) -> bool {
    !matches!(c, '\n' | '<' | '>' | '"' | '«' | '»') && is_url_char(c)
}

fn is_domain_char(c: char) -> bool {
    if c < '\u{c0}' {
        c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '~')
    } else {
        is_url_char(c)
    }
}

fn is_user_char(c: char) -> bool {
    let closes = matches!(
        c,
        '/' | '[' | ']' | '{' | '}' | '(' | ')' | '\'' | '`' | '@'
    );
    !closes && is_path_char(c)
}

pub(super) fn find(text: &str, found: &mut Vec<Found>) {
    own_schemes(text, found);
    // What is left of the last address: nothing is looked at twice.
    let mut base = 0;
    while let Some(dot) = text[base..].find('.').map(|dot| base + dot) {
        if at(text, dot + 1).is_none() {
            return;
        }
        let candidate = candidate(text, base, dot);
        let end = candidate.end;
        if let Some(one) = candidate.found(text) {
            found.push(one);
        }
        base = end.max(dot + 1);
    }
}

/// `tg://…` and `ton://…`.
fn own_schemes(text: &str, found: &mut Vec<Found>) {
    for (colon, _) in text.match_indices("://") {
        let start = ["tg", "ton"].iter().find_map(|scheme| {
            let start = colon.checked_sub(scheme.len())?;
            let same = text.get(start..colon)?.eq_ignore_ascii_case(scheme);
            same.then_some(start)
        });
        let Some(start) = start else { continue };
        let host = super::run(text, colon + 3, |c| {
            c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
        });
        if host > colon + 3 {
            let end = path_end(text, host);
            found.push(Found {
                kind: "url",
                start,
                end,
            });
        }
    }
}

/// Where the path that begins here ends; the same place when none does.
fn path_end(text: &str, from: usize) -> usize {
    if !text[from..].starts_with(['/', '?', '#']) {
        return from;
    }
    let end = super::run(text, from + 1, is_path_char);
    let path = text[from + 1..end].trim_end_matches(NOT_LAST);
    let end = from + 1 + path.len();
    if text[from..].starts_with('/') || end > from + 1 {
        end
    } else {
        from
    }
}

/// What may be an address around one dot.
#[derive(Debug)]
struct Candidate {
    start: usize,
    end: usize,
    /// Something before it keeps it from being one.
    bad: bool,
}

/// Looks left and right of a dot.
fn candidate(text: &str, base: usize, dot: usize) -> Candidate {
    let back = |from: usize, fits: fn(char) -> bool| {
        let head = &text[base..from];
        base + head.trim_end_matches(fits).len()
    };
    let mut start = back(dot, is_domain_char);
    let mut at_sign = None;
    let mut end = dot;
    for (offset, c) in text[dot..].char_indices() {
        if c == '@' {
            at_sign = Some(dot + offset);
        } else if !is_domain_char(c) {
            break;
        }
        end = dot + offset + c.len_utf8();
    }
    if at_sign.is_some() {
        start = back(start, is_user_char);
    }
    if let Some(port) = text[end..].strip_prefix(':') {
        let digits = port
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(port.len());
        let number: Option<u32> = port[..digits].parse().ok();
        if number.is_some_and(|number| (1..=65_535).contains(&number)) {
            end += 1 + digits;
        }
    }
    end = path_end(text, end);
    while end > dot + 1 && text[..end].ends_with('.') {
        end -= 1;
    }
    let mut bad = end <= dot + 1;
    if before(text, start) == Some('@') && start > base {
        bad |= at_sign.is_some();
        let user = back(start - 1, is_user_char);
        bad |= user == start - 1;
        start = user;
    }
    let head = &text[base..start];
    if let Some(head) = head.strip_suffix("://") {
        let scheme = |c: char| {
            c.is_ascii_alphanumeric() || matches!(c, '+' | '-') || (!c.is_ascii() && is_url_char(c))
        };
        let name = &head[head.trim_end_matches(scheme).len()..];
        let name = name.to_lowercase();
        let known = ["http", "https", "ftp"].into_iter().find(|known| {
            name.ends_with(known) && !matches!(name.as_str(), "shttp" | "tftp" | "sftp")
        });
        match known {
            Some(known) => start -= known.len() + 3,
            None => bad = true,
        }
    } else {
        bad |= before(text, start).is_some_and(|c| is_word(c) || matches!(c, '/' | '#' | '@'));
    }
    Candidate { start, end, bad }
}

impl Candidate {
    fn found(&self, text: &str) -> Option<Found> {
        if self.bad {
            return None;
        }
        let Self { start, end, .. } = *self;
        let whole = &text[start..end];
        let (email, skipped) = match whole.strip_prefix("mailto:") {
            Some(rest) => (rest, "mailto:".len()),
            None => (whole, 0),
        };
        if is_email(email) {
            return Some(Found {
                kind: "email",
                start: start + skipped,
                end,
            });
        }
        let length = url_length(whole)?;
        Some(Found {
            kind: "url",
            start,
            end: start + length,
        })
    }
}

/// Whether it is an e-mail address by Telegram's rule, which is narrower than the world's.
fn is_email(text: &str) -> bool {
    let Some((user, domain)) = text.split_once('@') else {
        return false;
    };
    let plain = |part: &str| {
        part.bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
    };
    let mut users: Vec<&str> = user.split(['.', '+']).collect();
    let last = users.pop().unwrap_or_default();
    let fits_user = users.len() <= 10
        && users.iter().all(|part| part.len() <= 26 && plain(part))
        && (1..=35).contains(&last.len())
        && plain(last);
    let mut parts: Vec<&str> = domain.split('.').collect();
    let top = parts.pop().unwrap_or_default();
    let edge = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    let fits_part = |part: &&str| {
        let bytes = part.as_bytes();
        part.len() <= 30
            && plain(part)
            && edge(bytes.first().copied())
            && edge(bytes.last().copied())
    };
    fits_user
        && (1..=6).contains(&parts.len())
        && parts.iter().all(fits_part)
        && (2..=8).contains(&top.len())
        && top.bytes().all(|b| b.is_ascii_alphabetic())
}

/// How much of a candidate is an address; `None`: nothing.
fn url_length(text: &str) -> Option<usize> {
    let lower = text.get(..8).unwrap_or(text).to_ascii_lowercase();
    let protocol = ["http://", "https://", "ftp://"]
        .into_iter()
        .find(|protocol| lower.starts_with(protocol))
        .map_or(0, str::len);
    let rest = &text[protocol..];
    let split = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(split);
    let domain = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    let domain = domain.rsplit_once(':').map_or(domain, |(host, _)| host);
    let length = protocol + split + balanced(path).trim_end_matches(NOT_LAST).len();

    let parts: Vec<&str> = domain.split('.').collect();
    let fits = |part: &&str| !part.is_empty() && part.len() < 64 && !part.ends_with('-');
    if parts.len() < 2 || !parts.iter().all(fits) {
        return None;
    }
    if domain.parse::<std::net::Ipv4Addr>().is_ok() {
        return Some(length);
    }
    let (top, second) = (parts[parts.len() - 1], parts[parts.len() - 2]);
    if domain.bytes().all(|b| b == b'.' || b.is_ascii_digit()) || top.chars().count() < 2 {
        return None;
    }
    let fits_top = match top.strip_prefix("xn--") {
        Some(name) => name.len() > 1 && name.bytes().all(|b| b.is_ascii_alphanumeric()),
        None => !top.contains(['_', '-']) && (protocol > 0 || is_top(top)),
    };
    (fits_top && !second.contains('_')).then_some(length)
}

/// A path up to the first bracket that closes what it did not open.
fn balanced(path: &str) -> &str {
    let mut open = [0_i32; 3];
    for (offset, c) in path.char_indices() {
        let (kind, step) = match c {
            '(' => (0, 1),
            '[' => (1, 1),
            '{' => (2, 1),
            ')' => (0, -1),
            ']' => (1, -1),
            '}' => (2, -1),
            _ => continue,
        };
        open[kind] += step;
        if open[kind] < 0 {
            return &path[..offset];
        }
    }
    path
}

fn is_top(name: &str) -> bool {
    let name = name.to_lowercase();
    COUNTRIES
        .split_ascii_whitespace()
        .chain(OTHERS.split_whitespace())
        .any(|known| known == name)
}
