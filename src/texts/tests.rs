use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::model::{BotTexts, Locale, RichText};

fn overriding(name: TextName, template: &str) -> BotTexts {
    BotTexts(BTreeMap::from([(
        name.as_str().to_owned(),
        template.to_owned(),
    )]))
}

#[test]
fn d20_there_are_at_least_forty_names_and_each_is_found_by_its_own() {
    assert!(TextName::all().len() >= 40);
    for &name in TextName::all() {
        assert_eq!(name.as_str().parse(), Ok(name));
    }
    let unknown = "greting".parse::<TextName>().unwrap_err();
    assert_eq!(unknown.near, Some(TextName::Greeting));
    assert_eq!(
        unknown.to_string(),
        "нет текста с именем «greting»; возможно, имелось в виду «greeting»"
    );
    assert_eq!("xyz".parse::<TextName>().unwrap_err().near, None);
}

#[test]
fn d20_every_default_passes_its_own_check_and_uses_the_same_placeholders_in_both_languages() {
    let used = |template: &str| -> std::collections::BTreeSet<String> {
        template::pieces(template)
            .filter_map(|(_, piece)| match piece {
                template::Piece::Placeholder { name, .. } => Some(name.to_owned()),
                _ => None,
            })
            .collect()
    };
    for &name in TextName::all() {
        let (ru, en) = (
            name.default_template(Locale::Ru),
            name.default_template(Locale::En),
        );
        assert_eq!(check_template(name, ru), [], "{name}");
        assert_eq!(check_template(name, en), [], "{name}");
        assert_eq!(used(ru), used(en), "{name}");
    }
}

#[test]
fn r90_an_override_is_rendered_with_its_values() {
    let check = |template: &str, expected: RichText| {
        let overrides = overriding(TextName::Greeting, template);
        let description = RichText::Markup("<b>Магазин</b>".into());
        let rendered = Texts::new(Locale::Ru, &overrides).message(
            TextName::Greeting,
            &[
                ("first_name", Value::Text("<Иван> & \"К\"")),
                ("chat_key", Value::Number(1001)),
                ("description", Value::Rich(&description)),
            ],
        );
        assert_eq!(rendered, expected, "{template}");
    };
    let markup = |text: &str| RichText::Markup(text.into());
    // D27: every substituted value is escaped.
    check(
        "Привет, {first_name}!",
        markup("Привет, &lt;Иван&gt; &amp; \"К\"!"),
    );
    check(
        "<b>{first_name}</b>",
        markup("<b>&lt;Иван&gt; &amp; \"К\"</b>"),
    );
    check(
        "<a href=\"tg://user?id={first_name}\">вы</a>",
        markup("<a href=\"tg://user?id=&lt;Иван&gt; &amp; &quot;К&quot;\">вы</a>"),
    );
    check("{chat_key}", markup("1001"));
    check("{description}", markup("<b>Магазин</b>"));
    // Braces by doubling.
    check("{{first_name}} {{}}", markup("{first_name} {}"));
    // R173: characters of the template, not of the value.
    check("%E2%9A%A0 {chat_key}", markup("⚠ 1001"));
    // D27: what Telegram would refuse is plain text as it stands.
    check(
        "5 < 6, {first_name}",
        RichText::Plain("5 < 6, <Иван> & \"К\"".into()),
    );
    check("6 > 5", markup("6 &gt; 5"));
    // A blank text gives way to the default.
    check(
        "  ",
        markup("Здравствуйте, &lt;Иван&gt; &amp; \"К\"!\n<b>Магазин</b>"),
    );
}

#[test]
fn d20_what_is_wrong_with_an_override_is_named_with_its_place() {
    let check = |name: TextName, template: &str, expected: &[(usize, &str)]| {
        let found: Vec<(usize, String)> = check_template(name, template)
            .into_iter()
            .map(|problem| (problem.offset, problem.kind.to_string()))
            .collect();
        let expected: Vec<(usize, String)> = expected
            .iter()
            .map(|&(at, text)| (at, text.to_owned()))
            .collect();
        assert_eq!(found, expected, "{template}");
    };
    let greeting = TextName::Greeting;
    check(greeting, "Привет, {first_name}!", &[]);
    check(greeting, "{{не подстановка}}", &[]);
    check(
        greeting,
        "Ключ {chatkey}",
        &[(
            9,
            "неизвестная подстановка {chatkey}; возможно, имелась в виду {chat_key}",
        )],
    );
    check(
        greeting,
        "{имя}",
        &[(
            0,
            "неизвестная подстановка {имя}; есть {first_name}, {bot_name}, {description}, {chat_key}",
        )],
    );
    check(
        TextName::ButtonYes,
        "Да{x}",
        &[(
            4,
            "неизвестная подстановка {x}; у этого текста подстановок нет, сама скобка пишется дважды: {{",
        )],
    );
    check(
        greeting,
        "a {first_name",
        &[(
            2,
            "скобка «{» не закрыта: закройте подстановку, а саму скобку напишите дважды: {{",
        )],
    );
    check(
        greeting,
        "a } b",
        &[(
            2,
            "скобка «}» ничего не закрывает: саму скобку напишите дважды: }}",
        )],
    );
    check(
        greeting,
        "{first_name} <font>",
        &[(
            13,
            "Telegram не знает тег <font>: уберите его или напишите &lt; вместо «<»",
        )],
    );
    check(
        greeting,
        "<b></b>",
        &[(
            0,
            "текст пуст: напишите его или уберите строку, чтобы остался обычный",
        )],
    );
    check(
        TextName::ButtonYes,
        &"д".repeat(65),
        &[(
            0,
            "текст слишком длинный: 65 знаков, можно 64; сократите его",
        )],
    );
    // A tag in a button is no formatting, so it is no fault either.
    check(TextName::ButtonYes, "<ага", &[]);
    // Values and tags are not counted.
    let longest = format!("<b>{}</b>{{first_name}}", "д".repeat(4096));
    check(greeting, &longest, &[]);
    check(
        greeting,
        &format!("{longest}!"),
        &[(
            0,
            "текст слишком длинный: 4097 знаков, можно 4096; сократите его",
        )],
    );
}

proptest! {
    #[test]
    fn d27_rendering_never_panics_and_its_markup_is_valid(
        template in r#"([а-я<>&{}"'%/b ]|\{first_name\}|<b>|</b>|<a href="|">|</a>|\{|\}){0,20}"#,
        value in r#"[а-я<>&{}"'/ ]{0,12}"#,
    ) {
        check_template(TextName::Greeting, &template);
        let overrides = overriding(TextName::Greeting, &template);
        let rendered = Texts::new(Locale::En, &overrides).message(
            TextName::Greeting,
            &[("first_name", Value::Text(&value)), ("description", Value::Text(""))],
        );
        prop_assert!(!rendered.is_blank());
        if let RichText::Markup(markup) = rendered {
            prop_assert!(vestnik_markup::parse(&markup).is_ok(), "{markup:?}");
        }
    }
}

/// The page of docs that lists the texts.
fn page() -> String {
    let cell = |text: &str| {
        let text = text.replace('|', "\\|").replace('\n', "⏎");
        format!("`{text}`")
    };
    let mut page = String::from(
        "# Тексты ботов\n\n\
         Каждая фраза, которую бот говорит сам, имеет имя. Свой текст пишется в файле бота, в разделе \
         `[texts]`: `greeting = \"Добрый день, {first_name}!\"`. Подстановка пишется в фигурных \
         скобках, сама скобка — дважды: `{{`. Тексты сообщений — HTML Telegram; подставленные значения \
         экранируются. Кнопки, всплывающие строки и команды показываются без форматирования. Знак ⏎ в \
         таблице — перевод строки. Таблица создана из кода; проверка сравнивает её с ним.\n\n\
         | Имя | Когда | Русский | English | Подстановки |\n|---|---|---|---|---|\n",
    );
    for &name in TextName::all() {
        let placeholders: Vec<String> = name
            .placeholders()
            .iter()
            .map(|placeholder| format!("`{{{}}}`", placeholder.name))
            .collect();
        writeln!(
            page,
            "| `{name}` | {} | {} | {} | {} |",
            name.when(),
            cell(name.default_template(Locale::Ru)),
            cell(name.default_template(Locale::En)),
            placeholders.join(" "),
        )
        .expect("a String takes all");
    }
    page.push_str("\n## Подстановки\n\n| Подстановка | Что это |\n|---|---|\n");
    let meanings: BTreeMap<&str, &str> = TextName::all()
        .iter()
        .flat_map(|name| name.placeholders())
        .map(|placeholder| (placeholder.name, placeholder.meaning))
        .collect();
    for (name, meaning) in meanings {
        writeln!(page, "| `{{{name}}}` | {meaning} |").expect("a String takes all");
    }
    page
}

/// docs/texts.md is what the code says. `VESTNIK_WRITE_DOCS=1 cargo test texts` writes it anew.
#[test]
fn d20_the_page_of_texts_is_not_stale() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/texts.md");
    if std::env::var_os("VESTNIK_WRITE_DOCS").is_some() {
        std::fs::write(&path, page()).expect("docs/ can be written");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page(),
        "docs/texts.md is stale: run VESTNIK_WRITE_DOCS=1 cargo test texts"
    );
}
