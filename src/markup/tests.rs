use proptest::prelude::*;

use crate::*;

/// Text in, canonical HTML or Telegram's refusal out.
#[track_caller]
fn check(html: &str, expected: &str) {
    let got = match parse(html) {
        Ok(rich) => rich.to_html(),
        Err(error) => format!("! {error}"),
    };
    assert_eq!(got, expected, "of {html:?}");
}

#[test]
fn accepted_is_made_canonical() {
    check("просто текст", "просто текст");
    check("<b>ж</b><strong>ж</strong>", "<b>ж</b><b>ж</b>");
    check(
        "<i>a</i><em>b</em><u>c</u><ins>d</ins>",
        "<i>a</i><i>b</i><u>c</u><u>d</u>",
    );
    check(
        "<s>a</s><strike>b</strike><del>c</del>",
        "<s>a</s><s>b</s><s>c</s>",
    );
    check(
        "<span class=\"tg-spoiler\">a</span><tg-spoiler>b</tg-spoiler>",
        "<tg-spoiler>a</tg-spoiler><tg-spoiler>b</tg-spoiler>",
    );
    check("<B>a</B>", "<b>a</b>");
    check("<b>a</>", "<b>a</b>");
    check("<b >a</b >", "<b>a</b>");
    check("<b><i>a</i>b</b>", "<b><i>a</i>b</b>");
    check("<i><b>a</b></i>", "<i><b>a</b></i>");
    check(
        "<a href=\"https://t.me/x?a=1&amp;b=2\">x</a>",
        "<a href=\"https://t.me/x?a=1&amp;b=2\">x</a>",
    );
    check("<a href='t.me'>x</a>", "<a href=\"http://t.me\">x</a>");
    check("<a>t.me</a>", "<a href=\"http://t.me\">t.me</a>");
    check(
        "<a href=\"tg://user?id=5\">Иван</a>",
        "<a href=\"tg://user?id=5\">Иван</a>",
    );
    check("<a href=\"http://localhost/\">x</a>", "x");
    check(
        "<a href=\"http://127.0.0.1:8080/x\">x</a>",
        "<a href=\"http://127.0.0.1:8080/x\">x</a>",
    );
    check(
        "<tg-emoji emoji-id=\"5368\">👍</tg-emoji>",
        "<tg-emoji emoji-id=\"5368\">👍</tg-emoji>",
    );
    check("<pre>x</pre>", "<pre>x</pre>");
    check(
        "<pre><code class=\"language-rust\">x</code></pre>",
        "<pre><code class=\"language-rust\">x</code></pre>",
    );
    check(
        "<pre><code class=\"language-rust\">x</code> y</pre>",
        "<pre>x y</pre>",
    );
    check("<pre><code>x</code></pre>", "<pre>x</pre>");
    check("<code><b>x</b></code>", "<code>x</code>");
    check("<blockquote>x</blockquote>", "<blockquote>x</blockquote>");
    check(
        "<blockquote expandable>x</blockquote>",
        "<blockquote expandable>x</blockquote>",
    );
    check(
        "<blockquote>a<blockquote>b</blockquote></blockquote>",
        "<blockquote>ab</blockquote>",
    );
    check("<b></b>", "");
    check("<b><b>x</b></b>", "<b>x</b>");
    check("&lt;&gt;&amp;&quot;&#33;&#x21;", "&lt;&gt;&amp;\"!!");
    check("&nbsp;&#0;&#xD800;&", "&amp;nbsp;&amp;#0;&amp;#xD800;&amp;");
    check("a > b", "a &gt; b");
}

#[test]
fn refused_as_telegram_refuses() {
    check(
        "<font>x</font>",
        "! Unsupported start tag \"font\" at byte offset 0",
    );
    check("я <br>", "! Unsupported start tag \"br\" at byte offset 3");
    check("a < b > c", "! Unsupported start tag \"\" at byte offset 2");
    check("a<b", "! Unclosed start tag at byte offset 1");
    check("a<", "! Unclosed start tag at byte offset 1");
    check("<b", "! Unclosed start tag at byte offset 0");
    check("<a href=\"x", "! Unclosed start tag at byte offset 0");
    check(
        "<b>x",
        "! Can't find end tag corresponding to start tag \"b\"",
    );
    check("x</b>", "! Unexpected end tag at byte offset 1");
    check("<b>x</b", "! Unclosed end tag at byte offset 4");
    check(
        "<b><i>x</b></i>",
        "! Unmatched end tag at byte offset 7, expected \"</i>\", found \"</b>\"",
    );
    check(
        "<span>x</span>",
        "! Tag \"span\" must have class \"tg-spoiler\" at byte offset 0",
    );
    check(
        "<span class=\"red\">x</span>",
        "! Tag \"span\" must have class \"tg-spoiler\" at byte offset 0",
    );
    check(
        "<tg-emoji emoji-id=\"x\">y</tg-emoji>",
        "! Invalid custom emoji identifier specified",
    );
    check(
        "<a href=http://x.ru>x</a>",
        "! Unexpected end of name token at byte offset 8",
    );
    check(
        "<a =\"x\">x</a>",
        "! Empty attribute name in the tag \"a\" at byte offset 0",
    );
    check("<br/>", "! Unsupported start tag \"br/\" at byte offset 0");
}

#[test]
fn error_names_the_place() {
    let error = parse("раз\nдва <x>").unwrap_err();
    assert_eq!((error.line, error.column, error.offset), (2, 5, 14));
    assert!(error.russian().contains("<x>"));
}

#[test]
fn entities_count_utf16() {
    let rich = parse("🎉<b>да</b>").unwrap();
    let entity = &rich.entities()[0];
    assert_eq!(
        (entity.offset, entity.length, entity.kind.name()),
        (2, 2, "bold")
    );
    assert_eq!(rich.len_utf16(), 4);
    assert_eq!(len_utf16("<b>🎉</b>&lt;"), 3);
    assert_eq!(len_utf16("a<"), 2);
}

#[test]
fn trimmed_moves_entities() {
    assert_eq!(
        parse("\n <b> a </b>\n").unwrap().trimmed().to_html(),
        "<b>a</b>"
    );
}

#[track_caller]
fn check_split(html: &str, limit: usize, expected: &[&str]) {
    assert_eq!(split(html, limit), expected, "of {html:?}");
}

#[test]
fn split_prefers_lines_then_words_then_characters() {
    check_split("коротко", 10, &["коротко"]);
    check_split("", 10, &[""]);
    check_split("раз два\nтри", 9, &["раз два", "три"]);
    check_split(
        "раз два\n\n\n  три четыре",
        9,
        &["раз два", "  три", "четыре"],
    );
    check_split("раз два три", 7, &["раз два", "три"]);
    check_split("раз два три", 8, &["раз два", "три"]);
    check_split("раздватри", 3, &["раз", "два", "три"]);
    check_split(
        "<b>раз <i>два</i></b>",
        3,
        &["<b>раз</b>", "<b><i>два</i></b>"],
    );
    check_split("&lt;&lt;&lt;", 2, &["&lt;&lt;", "&lt;"]);
    check_split("🎉🎉", 3, &["🎉", "🎉"]);
    check_split("🎉🎉", 1, &["🎉", "🎉"]);
    check_split("аб👨‍👩‍👧", 9, &["аб", "👨‍👩‍👧"]);
    check_split("а🇷🇺🇷🇺", 7, &["а🇷🇺", "🇷🇺"]);
    check_split(
        "аб<tg-emoji emoji-id=\"1\">вгд</tg-emoji>",
        4,
        &["аб", "<tg-emoji emoji-id=\"1\">вгд</tg-emoji>"],
    );
    check_split("не <html", 4, &["не", "<htm", "l"]);
    check_split(
        "<pre><code class=\"language-bsl\">А = 1;\nБ = 2;</code></pre>",
        8,
        &[
            "<pre><code class=\"language-bsl\">А = 1;</code></pre>",
            "<pre><code class=\"language-bsl\">Б = 2;</code></pre>",
        ],
    );
}

#[test]
fn r173_percent_encoded_characters_are_shown() {
    let cases = [
        ("%E2%9A%A0 внимание", "⚠ внимание"),
        ("%F0%9F%8E%89%d0%b9", "🎉й"),
        ("100%", "100%"),
        ("100% %20 %", "100% %20 %"),
        ("%E2%9A", "%E2%9A"),
        ("%E2%9A%A", "%E2%9A%A"),
        ("%FF%FF", "%FF%FF"),
        ("%ED%A0%80", "%ED%A0%80"),
        ("%C2%85", "%C2%85"),
        ("%3Cb%3E", "%3Cb%3E"),
        (
            "<a href=\"https://x.ru/%D0%B9\">%D0%B9</a>",
            "<a href=\"https://x.ru/%D0%B9\">й</a>",
        ),
        ("a < b %D0%B9", "a < b й"),
        ("<b %D0%B9", "<b й"),
    ];
    for (text, expected) in cases {
        assert_eq!(decode_percent_utf8(text), expected, "of {text:?}");
    }
}

/// Random texts out of pieces that matter to the parser, so that most are nearly HTML.
fn nearly_html() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("<b>".to_owned()),
        Just("</b>".to_owned()),
        Just("<i>".to_owned()),
        Just("</i>".to_owned()),
        Just("<a href=\"https://t.me/x\">".to_owned()),
        Just("</a>".to_owned()),
        Just("</>".to_owned()),
        Just("<pre>".to_owned()),
        Just("<code class=\"language-x&quot;\">".to_owned()),
        Just("<blockquote expandable>".to_owned()),
        Just("&amp;".to_owned()),
        Just("&#x1F389;".to_owned()),
        Just("<".to_owned()),
        Just("=\"'%E2%9A%A0".to_owned()),
        "\\PC{0,6}",
        "[а-я \n]{0,8}",
    ];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

/// Well-formed HTML: a tree written out.
fn html_tree() -> impl Strategy<Value = String> {
    let leaf = "[а-я🎉&<> \n]{0,12}".prop_map(|text| escape(&text));
    leaf.prop_recursive(5, 48, 5, |inner| {
        let tag = prop_oneof![
            Just(("<b>", "</b>")),
            Just(("<i>", "</i>")),
            Just(("<tg-spoiler>", "</tg-spoiler>")),
            Just(("<a href=\"https://t.me/?a&amp;b\">", "</a>")),
            Just(("<pre><code class=\"language-x\">", "</code></pre>")),
            Just(("<code>", "</code>")),
            Just(("<blockquote>", "</blockquote>")),
            Just(("<tg-emoji emoji-id=\"7\">", "</tg-emoji>")),
        ];
        (tag, proptest::collection::vec(inner, 0..5))
            .prop_map(|((open, close), parts)| format!("{open}{}{close}", parts.concat()))
    })
}

/// All that is not a break, in order: what a split must keep.
fn unbroken(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn canonical_html_reads_back_the_same(html in prop_oneof![nearly_html(), html_tree()]) {
        if let Ok(rich) = parse(&html) {
            let canonical = rich.to_html();
            prop_assert_eq!(parse(&canonical).unwrap(), rich);
        }
    }

    #[test]
    fn trees_are_accepted(html in html_tree()) {
        prop_assert!(parse(&html).is_ok());
    }

    #[test]
    fn escaped_text_reads_back(text in "\\PC{0,40}") {
        let rich = parse(&escape(&text)).unwrap();
        prop_assert_eq!(plain(&rich), &text);
        prop_assert!(rich.entities().is_empty());
        let link = format!("<a href=\"https://t.me/{}\">x</a>", escape_attribute(&text));
        prop_assert!(parse(&link).is_ok());
    }

    #[test]
    fn split_keeps_text_and_limit(
        html in prop_oneof![nearly_html(), html_tree(), "\\PC{0,60}"],
        limit in 2_usize..20,
    ) {
        let parts = split(&html, limit);
        match parse(&html) {
            Ok(rich) => {
                let mut joined = String::new();
                for part in &parts {
                    let part = parse(part).unwrap();
                    prop_assert!(part.len_utf16() <= limit);
                    joined.push_str(part.text());
                }
                prop_assert_eq!(unbroken(&joined), unbroken(rich.text()));
            }
            Err(_) => {
                prop_assert!(parts.iter().all(|part| utf16_len(part) <= limit));
                prop_assert_eq!(unbroken(&parts.concat()), unbroken(&html));
            }
        }
    }

    #[test]
    fn split_keeps_formatting_of_every_character(html in html_tree(), limit in 2_usize..20) {
        let marks = |rich: &Rich| {
            let mut at = 0;
            let mut seen = Vec::new();
            for ch in rich.text().chars() {
                let over: Vec<EntityKind> = rich
                    .entities()
                    .iter()
                    .filter(|e| e.offset <= at && at < e.offset + e.length)
                    .map(|e| e.kind.clone())
                    .collect();
                if !ch.is_whitespace() {
                    seen.push((ch, over));
                }
                at += ch.len_utf16();
            }
            seen
        };
        let whole = parse(&html).unwrap();
        let parts: Vec<_> =
            split(&html, limit).iter().flat_map(|part| marks(&parse(part).unwrap())).collect();
        prop_assert_eq!(parts, marks(&whole));
    }

    #[test]
    fn percent_leaves_other_text_alone(text in "[^%]{0,30}") {
        prop_assert_eq!(decode_percent_utf8(&text), text);
    }

    #[test]
    fn percent_never_panics(text in "(%[0-9A-F]{0,2}|<|>|\"|я){0,12}") {
        let once = decode_percent_utf8(&text);
        prop_assert!(once.len() <= text.len());
    }
}
