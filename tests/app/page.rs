//! The simulator's chat page in a real browser, with a bot of ours behind it.

use super::SHOP;
use crate::support::app::App;
use crate::support::webdriver::Page;

#[test]
fn a_person_talks_to_a_bot_in_the_browser() {
    let app = App::builder()
        .bot("shop", &format!("{SHOP}[[keyword]]\nwords = \"Жирно\"\nkind = \"text\"\ntext = \"<b>да</b> &lt;script&gt;\"\n"))
        .start()
        .expect("SQLite");
    app.until_running("shop");
    let bot = app.bot("shop").expect("a bot");
    app.simulator().name_bot(bot, "Магазин", None);
    let Some(page) = Page::open(&format!("{}/", app.simulator().url())) else {
        return;
    };
    let write = |text: &str| {
        let fields = page.all("#text");
        fields[0].write(&format!("{text}\u{e007}"));
    };
    page.click("#bots li", "Магазин");
    page.wait("the chosen bot", |page| {
        page.texts("#title")
            .first()
            .is_some_and(|title| title == "Магазин")
            .then_some(())
    });

    // A text and its answer, with formatting that is nodes and not text.
    write("Жирно");
    page.wait("the formatted answer", |page| {
        let bold = page.texts("#messages .message:not(.mine) strong");
        (bold == ["да"]).then_some(())
    });
    let answers = page.texts("#messages .message:not(.mine) .bubble");
    assert!(
        answers[0].contains("<script>"),
        "what is escaped is text: {answers:?}"
    );
    assert_eq!(page.texts("#messages .message.mine .bubble").len(), 1);

    // A choice: its buttons in their rows, a press, the edited question, the answer.
    write("Выбор");
    page.wait("the buttons", |page| {
        (page.texts("#messages .buttons button") == ["Раз", "Два", "Три"]).then_some(())
    });
    let rows = page.script(
        "return [...document.querySelectorAll('#messages .buttons > div')].map((row) => row.children.length);",
    );
    assert_eq!(rows, serde_json::json!([2, 1]));
    page.click("#messages .buttons button", "Два");
    page.wait("the edited question and the answer", |page| {
        let texts = page.texts("#messages .message:not(.mine) .bubble");
        let edited = texts
            .iter()
            .any(|text| text.contains("✅ Два") && text.contains("изменено"));
        let answered = texts.iter().any(|text| text.contains("понял"));
        let gone = page.texts("#messages .buttons button").is_empty();
        (edited && answered && gone).then_some(())
    });

    // Another person sees a chat of his own; the page survives a reload.
    page.click("#people li", "");
    let fields = page.all("#person-name");
    fields[0].write("Пётр\u{e007}");
    page.click("#people li", "Пётр");
    page.wait("an empty chat", |page| {
        page.texts("#messages .message").is_empty().then_some(())
    });
    write("Цена");
    page.wait("his answer", |page| {
        let texts = page.texts("#messages .message:not(.mine) .bubble");
        (texts.len() == 1 && texts[0].contains("100 рублей")).then_some(())
    });
    page.script("location.reload();");
    page.wait("the same chat after a reload", |page| {
        let texts = page.texts("#messages .message .bubble");
        (texts.len() == 2).then_some(())
    });
    app.rest();
}
