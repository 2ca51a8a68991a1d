//! The simulator's chat page in a real browser, with a bot of ours behind it.

use serde_json::{Value, json};
use vestnik_simulator::{EntryKind, Sender};

use super::SHOP;
use crate::support::app::App;
use crate::support::webdriver::Page;

/// What measures contrast and targets; kept as a script so that an editor knows what it is.
const MEASURES: &str = include_str!("measures.js");

const ENTER: &str = "\u{e007}";
const ESCAPE: &str = "\u{e00c}";
const CONTROL: &str = "\u{e009}";
const UP: &str = "\u{e013}";

/// A node with the shop's bot, and the page with that bot chosen. `None`: no browsers in this run.
fn shop(more: &str) -> Option<(App, Page)> {
    let app = App::builder()
        .bot("shop", &format!("{SHOP}{more}"))
        .start()
        .expect("SQLite");
    app.until_running("shop");
    let bot = app.bot("shop").expect("a bot");
    app.simulator().name_bot(bot, "Магазин", None);
    let page = Page::open(&format!("{}/", app.simulator().url()))?;
    page.click("#bots button", "Магазин");
    page.wait("the chosen bot", |page| {
        page.texts("#title")
            .first()
            .is_some_and(|title| title == "Магазин")
            .then_some(())
    });
    Some((app, page))
}

fn write(page: &Page, text: &str) {
    let fields = page.all("#text");
    fields[0].write(&format!("{text}{ENTER}"));
}

/// Waits until the bot has answered this often.
fn answers(page: &Page, count: usize) {
    page.wait("the answers", |page| {
        let answers = page.texts("#messages .message:not(.mine) .bubble");
        (answers.len() == count).then_some(())
    });
}

/// What has the focus: its id, else its text.
fn focused(page: &Page) -> String {
    let script = "const at = document.activeElement; return at.id || at.innerText;";
    page.script(script).as_str().unwrap_or_default().to_owned()
}

fn until(page: &Page, what: &str, script: &str) {
    page.wait(what, |page| {
        (page.script(script) == Value::Bool(true)).then_some(())
    });
}

#[test]
fn a_person_talks_to_a_bot_in_the_browser() {
    let bold =
        "[[keyword]]\nwords = \"Жирно\"\nkind = \"text\"\ntext = \"<b>да</b> &lt;script&gt;\"\n";
    let Some((app, page)) = shop(bold) else {
        return;
    };

    // A text and its answer, with formatting that is nodes and not text.
    write(&page, "Жирно");
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
    write(&page, "Выбор");
    page.wait("the buttons", |page| {
        (page.texts("#messages .buttons button") == ["Раз", "Два", "Три"]).then_some(())
    });
    let rows = page.script(
        "return [...document.querySelectorAll('#messages .buttons > div')].map((row) => row.children.length);",
    );
    assert_eq!(rows, json!([2, 1]));
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
    let fields = page.all("#person-name");
    fields[0].write(&format!("Пётр{ENTER}"));
    page.click("#people button", "Пётр");
    page.wait("an empty chat", |page| {
        page.texts("#messages .message").is_empty().then_some(())
    });
    write(&page, "Цена");
    page.wait("his answer", |page| {
        let texts = page.texts("#messages .message:not(.mine) .bubble");
        (texts.len() == 1 && texts[0].contains("100 рублей")).then_some(())
    });
    page.script("location.reload();");
    page.wait("the same chat after a reload", |page| {
        let texts = page.texts("#messages .message .bubble");
        (texts.len() == 2).then_some(())
    });

    // What somebody brings into the page does not run.
    let injected = "const made = document.createElement('script'); made.textContent = 'window.ran = 1';\
        document.body.append(made); return window.ran === undefined;";
    assert_eq!(page.script(injected), true);
    app.rest();
}

#[test]
fn the_keyboard_alone_is_enough() {
    let Some((app, page)) = shop("") else {
        return;
    };
    let (sim, bot) = (app.simulator(), app.bot("shop").expect("a bot"));
    sim.suggest(bot, &["Цена"]);

    // An empty chat offers what to press; Enter presses it.
    until(
        &page,
        "the suggestion",
        "const found = [...document.querySelectorAll('.empty button')].find((one) => one.innerText === 'Цена');\
         found?.focus(); return Boolean(found);",
    );
    page.press(&[ENTER]);
    answers(&page, 1);

    // The list is renewed, and what had the focus has it still: the very same element.
    page.script("window.held = document.querySelector('#bots button'); window.held.focus();");
    sim.name_bot(bot + 1, "Другой бот", None);
    page.wait("the new bot in the list", |page| {
        page.texts("#bots button")
            .iter()
            .any(|text| text.contains("Другой бот"))
            .then_some(())
    });
    sim.name_bot(bot, "Магазин у дома", None);
    page.wait("the new name", |page| {
        (page.texts("#title") == ["Магазин у дома"]).then_some(())
    });
    let kept = "return document.activeElement === window.held && window.held.isConnected \
        && window.held.innerText.includes('у дома');";
    assert_eq!(page.script(kept), true, "{}", focused(&page));

    // A button of a message is pressed; when the message changes, the focus stays with it.
    write(&page, "Выбор");
    until(
        &page,
        "the buttons",
        "const found = document.querySelector('.buttons button'); found?.focus(); return Boolean(found);",
    );
    page.press(&[ENTER]);
    answers(&page, 3);
    until(
        &page,
        "the focus on the changed question",
        "return document.activeElement.closest?.('.message')?.innerText.includes('✅ Раз') === true;",
    );

    // From the messages: R answers, Enter opens what can be done, Escape leads back.
    page.press(&["r"]);
    until(
        &page,
        "an answer in preparation",
        "return document.activeElement.id === 'text' && document.getElementById('note-text').innerText.includes('✅ Раз');",
    );
    page.press(&[ESCAPE]);
    until(
        &page,
        "no answer",
        "return document.getElementById('note').hidden;",
    );
    // Up changes the last own message; Control with Up chooses what to answer.
    page.press(&[UP]);
    let own = "return document.getElementById('text').value;";
    assert_eq!(page.script(own), "Выбор");
    page.press(&[ESCAPE]);
    assert_eq!(page.script(own), "");
    page.press(&[CONTROL, UP]);
    page.press(&["д", "а", ENTER]);
    answers(&page, 4);
    let entries = sim.messages(bot, 1001, 0);
    let last = entries
        .iter()
        .rfind(|entry| entry.from != Sender::Bot)
        .expect("a message");
    assert!(last.text == "да" && last.reply_to.is_some(), "{last:?}");

    // The menu of a message by keys.
    page.script("const all = document.querySelectorAll('.message'); all[all.length - 1].focus();");
    page.press(&[ENTER]);
    until(
        &page,
        "the menu",
        "return document.getElementById('message-menu').matches(':popover-open') && document.activeElement.innerText === 'Ответить';",
    );
    page.press(&[ESCAPE]);
    until(
        &page,
        "the message again",
        "return document.activeElement.matches('.message');",
    );

    // Drawers close by Escape and give the focus back.
    page.script("document.getElementById('open-tools').focus();");
    page.press(&[ENTER]);
    until(
        &page,
        "the drawer",
        "return !document.getElementById('tools').hidden;",
    );
    assert_eq!(focused(&page), "close-tools");
    page.press(&[ESCAPE]);
    assert_eq!(
        page.script("return document.getElementById('tools').hidden;"),
        true
    );
    assert_eq!(focused(&page), "open-tools");
    page.size(360, 740);
    page.script("document.getElementById('open-side').focus();");
    page.press(&[ENTER]);
    until(
        &page,
        "the list",
        "return document.getElementById('main').inert;",
    );
    page.press(&[ESCAPE]);
    assert_eq!(
        page.script("return document.getElementById('main').inert;"),
        false
    );
    assert_eq!(focused(&page), "open-side");
    app.rest();
}

#[test]
fn own_messages_are_changed_and_deleted_and_files_are_dropped_and_pasted() {
    let Some((app, page)) = shop("") else {
        return;
    };
    let (sim, bot) = (app.simulator(), app.bot("shop").expect("a bot"));
    write(&page, "Цна");
    answers(&page, 1);
    page.press(&[UP]);
    page.script("document.getElementById('text').value = 'Цена';");
    page.press(&[ENTER]);
    page.wait("the change", |page| {
        let mine = page.texts("#messages .message.mine .bubble");
        (mine[0].contains("Цена") && mine[0].contains("изменено")).then_some(())
    });
    let of_kind = |kind: EntryKind| {
        let entries = sim.messages(bot, 1001, 0);
        entries.iter().filter(|entry| entry.kind == kind).count()
    };
    page.click("#messages .message.mine .more", "⋯");
    page.click("#message-menu button", "Удалить");
    page.wait("the deletion", |page| {
        (!page.texts("#messages .message.mine.deleted").is_empty()).then_some(())
    });
    assert_eq!(
        (of_kind(EntryKind::Edit), of_kind(EntryKind::Delete)),
        (1, 1)
    );

    // Two pictures dropped, one of them taken out and pasted again: they go as an album with the
    // text as its caption.
    let files = "window.files = (...names) => { const all = new DataTransfer();\
        for (const name of names) all.items.add(new File([Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)], name, {type: name.endsWith('.png') ? 'image/png' : 'application/pdf'}));\
        return all; };";
    page.script(files);
    page.script(
        "const main = document.getElementById('main');\
         for (const type of ['dragenter', 'dragover', 'drop']) {\
           main.dispatchEvent(new DragEvent(type, {dataTransfer: files('a.png', 'b.png'), bubbles: true, cancelable: true}));\
           window.shown = (window.shown || '') + document.getElementById('drop').hidden + ' ';\
         }",
    );
    assert_eq!(page.script("return window.shown;"), "false false true ");
    page.click("#staged-files button", "×");
    page.script("document.dispatchEvent(new ClipboardEvent('paste', {clipboardData: files('c.png'), bubbles: true, cancelable: true}));");
    page.wait("the files in waiting", |page| {
        (page.texts("#staged-files li").len() == 2).then_some(())
    });
    write(&page, "Два снимка");
    page.wait("the album", |page| {
        (page.texts("#messages .message.in-album").len() == 2).then_some(())
    });
    let album: Vec<_> = sim
        .messages(bot, 1001, 0)
        .into_iter()
        .filter(|entry| entry.album.is_some())
        .collect();
    assert_eq!(
        (album[0].text.as_str(), album[0].files[0].kind.as_str()),
        ("Два снимка", "photo")
    );
    assert_eq!(album[0].album, album[1].album);

    // Another's message, and one through a bot.
    page.script("document.querySelector('[data-send=special]').click();");
    page.click("#special input[value=via]", "");
    page.click("#special .main", "Готово");
    write(&page, "2+2");
    page.wait("what went through a bot", |page| {
        let lines = page.texts("#messages .from");
        (lines == ["через @helper_bot"]).then_some(())
    });
    app.rest();
}

#[test]
fn the_drawer_moves_the_clock_and_breaks_things() {
    let Some((app, page)) = shop("") else {
        return;
    };
    let (sim, bot) = (app.simulator(), app.bot("shop").expect("a bot"));
    page.click("#open-tools", "");
    let before = sim.now_us();
    page.click("[data-advance='86400']", "+1 сутки");
    page.wait("the next day", |_| {
        (sim.now_us() - before >= 86_400_000_000).then_some(())
    });
    // The clock of these tests stands; it is let go and stopped again.
    page.click("#freeze", "Пустить");
    page.click("#freeze", "Остановить");
    page.wait("a clock that stands", |page| {
        page.texts("#clock")[0].contains("стоят").then_some(())
    });
    page.script("document.getElementById('fault-kind').value = 'cut_after';");
    page.script("document.getElementById('fault-kind').dispatchEvent(new Event('change'));");
    page.click("#add-fault button", "Добавить");
    page.wait("the fault", |page| {
        let faults = page.texts("#faults li");
        (faults.len() == 1 && faults[0].contains("после вызова")).then_some(())
    });
    let faults = sim.faults();
    assert_eq!((faults.len(), faults[0].bot), (1, Some(bot)));
    page.click("#clear-faults", "Снять");
    page.wait("no fault", |page| {
        page.texts("#faults li").is_empty().then_some(())
    });
    assert!(sim.faults().is_empty());
    page.click("#block", "Заблокировать");
    page.wait("the other way", |page| {
        (page.texts("#block") == ["Разблокировать бота"]).then_some(())
    });
    let chats = sim.bots().into_iter().find(|one| one.id == bot);
    let chats = chats.expect("the bot").chats;
    assert!(
        chats.iter().any(|chat| chat.status == "kicked"),
        "{chats:?}"
    );
}

#[test]
fn everything_can_be_read_and_hit_in_both_themes_at_all_widths() {
    let keys = "[[keyword]]\nwords = \"Ссылка\"\nkind = \"text\"\n\
        text = \"<a href='https://example.org'>ссылка</a> <code>код</code> <blockquote>цитата</blockquote> /help\"\n";
    let Some((app, page)) = shop(keys) else {
        return;
    };
    let (sim, bot) = (app.simulator(), app.bot("shop").expect("a bot"));
    sim.suggest(bot, &["Цена", "Выбор"]);
    sim.name_person(1002, "Анна");
    page.script("localStorage.clear();");
    let look = |what: &str| {
        for (width, height) in [(360, 740), (800, 700), (1280, 900)] {
            for dark in [false, true] {
                page.size(width, height);
                page.theme(dark);
                // Colours and places glide to their new values.
                page.script("for (const one of document.getAnimations()) one.finish();");
                let wrong = page.script(&format!("{MEASURES} return measure();"));
                let theme = if dark { "dark" } else { "light" };
                assert_eq!(wrong, json!([]), "{what}, {theme}, {width} px");
            }
        }
    };
    page.wait("the suggestions", |page| {
        (page.texts(".empty button").len() >= 2).then_some(())
    });
    look("an empty chat");
    for (text, count) in [("Цена", 1), ("Ссылка", 2), ("Выбор", 3)] {
        write(&page, text);
        answers(&page, count);
    }
    for what in ["photo", "voice", "location"] {
        page.script(&format!(
            "document.querySelector('[data-send={what}]').click();"
        ));
    }
    page.wait("all that was sent", |page| {
        (page.texts("#messages .message.mine").len() == 6).then_some(())
    });
    let answered = vestnik_simulator::Say {
        reply_to: Some(1),
        forward: Some(vestnik_simulator::Forward::Hidden("Некто".into())),
        ..vestnik_simulator::Say::text(1001, "ответ")
    };
    sim.say(bot, answered).expect("said");
    page.wait("the answer to a message", |page| {
        (!page.texts("#messages .quote").is_empty()).then_some(())
    });
    page.script("const all = document.querySelectorAll('.message.mine'); all[0].focus();");
    look("a chat");
    page.press(&["r"]);
    look("an answer in preparation");
    page.press(&[ESCAPE]);
    page.script("document.getElementById('attach').click();");
    look("a menu");
    page.press(&[ESCAPE]);
    page.script("document.getElementById('open-tools').click();");
    look("the drawer of the simulator");
    page.press(&[ESCAPE]);
    page.size(360, 740);
    page.script("document.getElementById('open-side').click();");
    page.script("for (const one of document.getAnimations()) one.finish();");
    let side = page.script(&format!("{MEASURES} return measure();"));
    assert_eq!(side, json!([]), "the list on a phone");
    // The measure can fail: this grey is too near to the ground of either theme.
    page.script("document.querySelector('#side h1').style.color = '#787878';");
    let wrong = page.script(&format!("{MEASURES} return measure();"));
    assert!(
        wrong[0]
            .as_str()
            .is_some_and(|what| what.contains("contrast")),
        "{wrong}"
    );
    app.rest();
}
