use super::*;

/// What is found, as `kind "text"`.
fn found(text: &str) -> String {
    let all: Vec<_> = find(text)
        .into_iter()
        .map(|one| format!("{} {}", one.kind, &text[one.start..one.end]))
        .collect();
    all.join(", ")
}

#[track_caller]
fn check(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(found(text), *expected, "{text}");
    }
}

#[test]
fn mentions_and_commands() {
    check(&[
        ("@shop_bot цена", "mention @shop_bot"),
        ("цена,@shop_bot", "mention @shop_bot"),
        ("@shop_bot\nцена", "mention @shop_bot"),
        ("@a1b2", "mention @a1b2"),
        ("@abc", ""),
        ("@gif", "mention @gif"),
        ("я@shop_bot", ""),
        ("@shop_botу", ""),
        (&format!("@{}", "a".repeat(33)), ""),
        ("/start", "bot_command /start"),
        ("/start@shop_bot x", "bot_command /start@shop_bot"),
        ("(/start)", "bot_command /start"),
        ("текст /help, ещё", "bot_command /help"),
        ("и/или", ""),
        ("1/2", ""),
        ("/usr/bin", ""),
        ("</b>", ""),
        ("/стоп", ""),
        ("/a@b", ""),
        ("// комментарий", ""),
    ]);
}

#[test]
fn tags_and_phones() {
    check(&[
        ("#акция и #2026", "hashtag #акция"),
        ("х#акция", ""),
        ("#а#б", ""),
        ("#а #б", "hashtag #а, hashtag #б"),
        ("$USD, $usd", "cashtag $USD"),
        ("$$USD", ""),
        ("+7 (999) 123-45-67", "phone_number +7 (999) 123-45-67"),
        ("тел.:+79991234567.", "phone_number +79991234567"),
        ("2+79991234567", ""),
        ("+12345", ""),
        ("+1234567890123456", ""),
    ]);
}

#[test]
fn addresses() {
    check(&[
        ("http://ya.ru/путь?x=1.", "url http://ya.ru/путь?x=1"),
        ("см. ya.ru, пример.рф", "url ya.ru, url пример.рф"),
        ("Справочники.Товары.НайтиПоКоду(1)", ""),
        ("А = 1.5; Б = С.Длина", ""),
        ("file.bslx", ""),
        ("http://file.bslx", "url http://file.bslx"),
        ("(ya.ru/a(b)c)", "url ya.ru/a(b)c"),
        ("127.0.0.1:8080/x", "url 127.0.0.1:8080/x"),
        ("1.2.3", ""),
        ("256.1.1.1", ""),
        ("ivan.p@mail.ru", "email ivan.p@mail.ru"),
        ("mailto:a@b.com!", "email a@b.com"),
        ("a@b_.com", ""),
        ("HTTPS://Ya.RU", "url HTTPS://Ya.RU"),
        ("ssh://ya.ru", ""),
        ("tg://resolve?domain=x!", "url tg://resolve?domain=x"),
        ("user@ya.ru:80", "url user@ya.ru:80"),
        ("ya..ru", ""),
        ("..", ""),
        ("конец.", ""),
        ("a_b.example.com", "url a_b.example.com"),
        ("example_.com", ""),
        ("/cmd.com", "bot_command /cmd"),
        (
            "https://t.me/shop_bot?start=a",
            "url https://t.me/shop_bot?start=a",
        ),
    ]);
}

/// `type offset length`, of canonical HTML.
fn json_of(html: &str) -> String {
    let rich = vestnik_markup::parse(html).unwrap();
    let all: Vec<_> = json(&rich)
        .into_iter()
        .map(|one| {
            format!(
                "{} {} {}",
                one["type"].as_str().unwrap(),
                one["offset"],
                one["length"]
            )
        })
        .collect();
    all.join(", ")
}

#[test]
fn offsets_are_in_utf16_and_code_hides() {
    for (html, expected) in [
        ("🎉 @shop_bot", "mention 3 9"),
        (
            "<code>/start @shop_bot</code> /go",
            "code 0 16, bot_command 17 3",
        ),
        ("<pre>ya.ru</pre>", "pre 0 5"),
        ("<a href=\"https://x.ru\">ya.ru</a>", "text_link 0 5"),
        ("<b>я @shop_bot</b>", "bold 0 11, mention 2 9"),
        ("<b>я @sh</b>op_bot", "bold 0 2, bold 2 3, mention 2 9"),
        ("@sh<i>op_bot да</i>", "mention 0 9, italic 3 6, italic 9 3"),
        ("<blockquote>@shop</blockquote>_bot", "blockquote 0 5"),
    ] {
        let got = json_of(html);
        // Which of two that begin together is named first, Telegram decides by length.
        let mut got: Vec<_> = got.split(", ").collect();
        let mut wanted: Vec<_> = expected.split(", ").collect();
        got.sort_unstable();
        wanted.sort_unstable();
        assert_eq!(got, wanted, "{html}");
    }
}

#[test]
fn long_and_odd_texts_end_soon() {
    for text in [
        "a.".repeat(20_000),
        "@".repeat(40_000),
        "a@".repeat(20_000),
        ".@".repeat(20_000),
        "http://".repeat(6_000),
        "+1 ".repeat(15_000),
        "#/$+@.:".repeat(6_000),
        "я.ф@".repeat(10_000),
    ] {
        let found = find(&text);
        let ordered = found.windows(2).all(|pair| pair[0].end <= pair[1].start);
        assert!(ordered);
        for one in found {
            assert!(text.is_char_boundary(one.start) && text.is_char_boundary(one.end));
        }
    }
}
