//! Lines that are shown to people and logged, without the secrets in them.

/// Hides what may be a secret: the value of a key `token` or `proxy`, an address with a user in it, and
/// anything of a bot token's form, each character by a dot, so that places stay true.
pub fn mask_secrets(line: &str) -> String {
    let key = line.trim_start().trim_start_matches(['"', '\'']);
    // A proxy's address may hold a password, as may the address of a database.
    let is_secret = ["token", "proxy"].iter().any(|secret| {
        key.strip_prefix(secret).is_some_and(|rest| {
            rest.trim_start_matches(['"', '\''])
                .trim_start()
                .starts_with('=')
        })
    }) || (line.contains("://") && line.contains('@'));
    if is_secret {
        let at = line.find('=').map_or(0, |at| at + 1);
        let (head, value) = line.split_at(at);
        let value = value.split_once('#').map_or(value, |(value, _)| value);
        return head
            .chars()
            .chain(value.chars().map(|c| match c {
                ' ' | '"' | '\'' => c,
                _ => '·',
            }))
            .collect();
    }
    let mut out: Vec<char> = line.chars().collect();
    let mut at = 0;
    while at < out.len() {
        let digits = out[at..].iter().take_while(|c| c.is_ascii_digit()).count();
        if digits >= 5 && out.get(at + digits) == Some(&':') {
            let from = at + digits + 1;
            let secret = out[from..]
                .iter()
                .take_while(|&&c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
                .count();
            if secret >= 20 {
                out[from..from + secret].fill('·');
            }
            at = from + secret;
        } else {
            at += digits.max(1);
        }
    }
    out.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_in_place() {
        let check = |line: &str, expected: &str| assert_eq!(mask_secrets(line), expected);
        check("token = \"123:abc\" # x", "token = \"·······\" ");
        check("\"token\"='1:a'", "\"token\"='···'");
        check("token_env = \"SHOP\"", "token_env = \"SHOP\"");
        check(
            "x = \"1234567:AAAAAAAAAAAAAAAAAAAAAAAAAAAA\"",
            "x = \"1234567:····························\"",
        );
        check("в 18:00", "в 18:00");
    }
}
