//! АдресРесурса of HTTPЗапрос as it goes over the wire: a leading slash is added, what is not legal in
//! a URL is sent as percent-encoded UTF-8, an existing `%XX` is kept (bsl-semantics.md, «Names that
//! real modules use everywhere»).

use super::encode::{IN_TARGET, is_encoded};
use percent_encoding::utf8_percent_encode;

/// The path and query to send.
#[must_use]
pub fn request_target(address: &str) -> String {
    // The fragment is the browser's: it is never sent.
    let mut rest = address.split('#').next().unwrap_or_default();
    let mut target = String::with_capacity(address.len() + 1);
    if !address.starts_with('/') {
        target.push('/');
    }
    while let Some(at) = rest.find('%') {
        target.extend(utf8_percent_encode(&rest[..at], &IN_TARGET));
        rest = &rest[at..];
        // A bare percent sign would make the URL illegal.
        target.push_str(if is_encoded(rest.as_bytes()) {
            "%"
        } else {
            "%25"
        });
        rest = &rest[1..];
    }
    target.extend(utf8_percent_encode(rest, &IN_TARGET));
    target
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn targets() {
        for (address, expected) in [
            ("", "/"),
            ("a/b", "/a/b"),
            ("/a/b?c=d&e=f", "/a/b?c=d&e=f"),
            (
                "/bot1:AB/sendMessage?text=Привет, мир %E2%9A%A0",
                "/bot1:AB/sendMessage?text=%D0%9F%D1%80%D0%B8%D0%B2%D0%B5%D1%82,%20%D0%BC%D0%B8%D1%80%20%E2%9A%A0",
            ),
            ("/100%", "/100%25"),
            ("/%zz", "/%25zz"),
            ("/a#b", "/a"),
            ("/a\"<>\\^`{|}", "/a%22%3C%3E%5C%5E%60%7B%7C%7D"),
            ("/a\r\nHost: evil", "/a%0D%0AHost:%20evil"), // no header can be smuggled in
            ("/[x]", "/%5Bx%5D"),
        ] {
            assert_eq!(request_target(address), expected, "{address}");
        }
    }

    proptest! {
        #[test]
        fn any_address_becomes_legal(address in any::<String>()) {
            let target = request_target(&address);
            prop_assert!(target.starts_with('/'));
            prop_assert!(target.bytes().all(|byte| byte.is_ascii_graphic()));
            prop_assert_eq!(request_target(&target), target.clone());
        }
    }
}
