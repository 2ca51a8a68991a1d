//! What each method writes, and what it makes of the answer.

use bytes::Bytes;

use super::super::client::upload_timeout;
use super::server::{Does, Request, Server};
use super::*;

/// Runs one call against a server that answers with this result; gives the request.
async fn call<T>(
    result: &str,
    call: impl AsyncFnOnce(BotApi) -> Result<T, ApiError>,
) -> (Request, T) {
    let server = Server::start([Does::ok(result)]).await;
    let got = call(api(&options(&server.url))).await.unwrap();
    let mut requests = server.requests();
    assert_eq!(requests.len(), 1);
    (requests.remove(0), got)
}

#[track_caller]
fn check(request: &Request, method: &str, body: &str) {
    assert_eq!(
        request.line,
        format!("POST /bot42:{SECRET}/{method} HTTP/1.1")
    );
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.text(), body);
}

const SENT: &str = r#"{"message_id":5,"chat":{"id":7,"type":"private"},"date":1,"text":"x"}"#;

#[tokio::test]
async fn get_me() {
    let result =
        r#"{"id":42,"is_bot":true,"first_name":"Бот","username":"b_bot","can_join_groups":true}"#;
    let (request, me) = call(result, async |bot| bot.get_me().await).await;
    check(&request, "getMe", "{}");
    assert_eq!(
        (
            me.id,
            me.is_bot,
            me.full_name().as_str(),
            me.username.as_deref()
        ),
        (42, true, "Бот", Some("b_bot"))
    );
}

#[tokio::test]
async fn messages() {
    let (request, sent) = call(SENT, async |bot| {
        bot.send_message(&SendMessage::new(7, "a\n\"б\" 😀")).await
    })
    .await;
    check(
        &request,
        "sendMessage",
        r#"{"chat_id":7,"text":"a\n\"б\" 😀"}"#,
    );
    assert_eq!(
        sent,
        SentMessage {
            message_id: 5,
            chat: 7,
            file: None
        }
    );

    let markup = ReplyMarkup::Inline(vec![vec![
        InlineButton {
            text: "Да".into(),
            action: InlineAction::Callback("c:1".into()),
        },
        InlineButton {
            text: "Сайт".into(),
            action: InlineAction::Url("https://e.org/".into()),
        },
    ]]);
    let message = SendMessage {
        thread: Some(3),
        parse_mode: Some(ParseMode::Html),
        reply_to: Some(9),
        markup: Some(&markup),
        no_preview: true,
        silent: true,
        ..SendMessage::new(-7, "<b>x</b>")
    };
    let (request, _) = call(SENT, async |bot| bot.send_message(&message).await).await;
    check(
        &request,
        "sendMessage",
        concat!(
            r#"{"chat_id":-7,"message_thread_id":3,"text":"<b>x</b>","parse_mode":"HTML","#,
            r#""reply_parameters":{"message_id":9,"allow_sending_without_reply":true},"#,
            r#""reply_markup":{"inline_keyboard":[[{"text":"Да","callback_data":"c:1"},{"text":"Сайт","url":"https://e.org/"}]]},"#,
            r#""link_preview_options":{"is_disabled":true},"disable_notification":true}"#
        ),
    );

    let keyboard = ReplyMarkup::Keyboard {
        rows: vec![
            vec![ReplyButton {
                text: "Мой номер".into(),
                request_contact: true,
            }],
            vec![ReplyButton {
                text: "Нет".into(),
                request_contact: false,
            }],
        ],
        resize: true,
        persistent: true,
        one_time: false,
    };
    let message = SendMessage {
        markup: Some(&keyboard),
        ..SendMessage::new(7, "x")
    };
    let (request, _) = call(SENT, async |bot| bot.send_message(&message).await).await;
    check(
        &request,
        "sendMessage",
        concat!(
            r#"{"chat_id":7,"text":"x","reply_markup":{"keyboard":[[{"text":"Мой номер","request_contact":true}],"#,
            r#"[{"text":"Нет"}]],"resize_keyboard":true,"is_persistent":true}}"#
        ),
    );

    let message = SendMessage {
        markup: Some(&ReplyMarkup::RemoveKeyboard),
        ..SendMessage::new(7, "x")
    };
    let (request, _) = call(SENT, async |bot| bot.send_message(&message).await).await;
    check(
        &request,
        "sendMessage",
        r#"{"chat_id":7,"text":"x","reply_markup":{"remove_keyboard":true}}"#,
    );
}

#[tokio::test]
async fn edits_and_short_calls() {
    let none = ReplyMarkup::Inline(Vec::new());
    let edit = EditText {
        chat: 7,
        message_id: 5,
        text: "y",
        parse_mode: None,
        markup: Some(&none),
        no_preview: false,
    };
    let (request, ()) = call(SENT, async |bot| bot.edit_message_text(&edit).await).await;
    check(
        &request,
        "editMessageText",
        r#"{"chat_id":7,"message_id":5,"text":"y","reply_markup":{"inline_keyboard":[]}}"#,
    );
    // Inline messages are answered with a bare `true`.
    let edit = EditMarkup {
        chat: 7,
        message_id: 5,
        markup: None,
    };
    let (request, ()) = call("true", async |bot| {
        bot.edit_message_reply_markup(&edit).await
    })
    .await;
    check(
        &request,
        "editMessageReplyMarkup",
        r#"{"chat_id":7,"message_id":5}"#,
    );
    let answer = AnswerCallback {
        id: "77",
        text: Some("t"),
        show_alert: true,
    };
    let (request, ()) = call("true", async |bot| bot.answer_callback_query(&answer).await).await;
    check(
        &request,
        "answerCallbackQuery",
        r#"{"callback_query_id":"77","text":"t","show_alert":true}"#,
    );
    let (request, ()) = call("true", async |bot| {
        bot.send_chat_action(7, None, ChatAction::UploadDocument)
            .await
    })
    .await;
    check(
        &request,
        "sendChatAction",
        r#"{"chat_id":7,"action":"upload_document"}"#,
    );
    let commands = [BotCommand {
        command: "start".into(),
        description: "Начать".into(),
    }];
    let (request, ()) = call("true", async |bot| {
        bot.set_my_commands(&commands, Some("ru")).await
    })
    .await;
    check(
        &request,
        "setMyCommands",
        r#"{"commands":[{"command":"start","description":"Начать"}],"language_code":"ru"}"#,
    );
    let (request, ()) = call("true", async |bot| {
        bot.set_my_description("О боте", None).await
    })
    .await;
    check(&request, "setMyDescription", r#"{"description":"О боте"}"#);
    let (request, ()) = call("true", async |bot| bot.delete_webhook().await).await;
    check(
        &request,
        "deleteWebhook",
        r#"{"drop_pending_updates":false}"#,
    );
}

#[tokio::test]
async fn polls() {
    let result = r#"[{"update_id":10,"message":{"message_id":1,"chat":{"id":7,"type":"private"},"date":1,"text":"x"}}]"#;
    let (request, batch) = call(result, async |bot| {
        bot.get_updates(GetUpdates {
            offset: Some(10),
            ..GetUpdates::default()
        })
        .await
    })
    .await;
    check(
        &request,
        "getUpdates",
        r#"{"offset":10,"limit":100,"timeout":50,"allowed_updates":["message","edited_message","callback_query","my_chat_member"]}"#,
    );
    assert_eq!((batch.items.len(), batch.next_offset()), (1, Some(11)));
    let request = GetUpdates {
        offset: None,
        limit: Some(1),
        timeout: Some(std::time::Duration::ZERO),
    };
    let (request, batch) = call("[]", async |bot| bot.get_updates(request).await).await;
    assert!(
        request.text().starts_with(r#"{"limit":1,"timeout":0,"#),
        "{}",
        request.text()
    );
    assert_eq!(batch.next_offset(), None);

    // A refused poll, one that is no poll's answer, and HTML.
    for (does, expected) in [
        (
            Does::refuses(409, "Conflict: terminated by other getUpdates request"),
            "conflict_poll Refused retry",
        ),
        (
            Does::refuses(401, "Unauthorized"),
            "unauthorised Refused final",
        ),
        (Does::ok("true"), "malformed Unknown retry"),
        (Does::Answer(502, "<html>".into()), "server Refused retry"),
        (
            Does::Answer(200, "<html>".into()),
            "network_gateway Refused retry",
        ),
        (Does::CutAfter, "network_closed Unknown retry"),
    ] {
        let server = Server::start([does]).await;
        let error = api(&options(&server.url))
            .get_updates(GetUpdates::default())
            .await
            .unwrap_err();
        assert_eq!(summary(&error), expected);
    }
}

/// The body with its boundary named `B`, line ends as they are in a form.
fn form(request: &Request) -> String {
    let kind = request.header("content-type").unwrap();
    let boundary = kind.strip_prefix("multipart/form-data; boundary=").unwrap();
    let length: usize = request.header("content-length").unwrap().parse().unwrap();
    assert_eq!(length, request.body.len());
    request.text().replace(boundary, "B").replace("\r\n", "\n")
}

#[tokio::test]
async fn a_file_is_uploaded() {
    let result = r#"{"message_id":5,"chat":{"id":7},"document":{"file_id":"ID","file_unique_id":"U","file_name":"акт.pdf","file_size":4}}"#;
    let file = InputFile::Upload {
        name: "акт \"1\"\r\n.pdf".into(),
        mime: Some("application/pdf".into()),
        data: Bytes::from_static(b"%PDF"),
    };
    let request = SendFile {
        chat: 7,
        thread: Some(3),
        kind: MediaKind::Document,
        file: &file,
        caption: Some("<i>Акт</i>"),
        parse_mode: Some(ParseMode::Html),
        reply_to: Some(9),
        markup: Some(&ReplyMarkup::RemoveKeyboard),
    };
    let (request, sent) = call(result, async |bot| bot.send_file(&request).await).await;
    assert_eq!(
        request.line,
        format!("POST /bot42:{SECRET}/sendDocument HTTP/1.1")
    );
    assert_eq!(
        form(&request),
        "--B\nContent-Disposition: form-data; name=\"chat_id\"\n\n7\n\
         --B\nContent-Disposition: form-data; name=\"message_thread_id\"\n\n3\n\
         --B\nContent-Disposition: form-data; name=\"reply_parameters\"\n\n{\"message_id\":9,\"allow_sending_without_reply\":true}\n\
         --B\nContent-Disposition: form-data; name=\"caption\"\n\n<i>Акт</i>\n\
         --B\nContent-Disposition: form-data; name=\"parse_mode\"\n\nHTML\n\
         --B\nContent-Disposition: form-data; name=\"reply_markup\"\n\n{\"remove_keyboard\":true}\n\
         --B\nContent-Disposition: form-data; name=\"document\"; filename=\"акт '1'__.pdf\"\nContent-Type: application/pdf\n\n%PDF\n\
         --B--\n"
    );
    assert_eq!(sent.message_id, 5);
    assert_eq!(sent.file.unwrap().file_id, "ID");
}

#[tokio::test]
async fn a_file_goes_again_by_its_id() {
    let result = r#"{"message_id":6,"photo":[{"file_id":"S","width":10,"height":10},{"file_id":"L","file_unique_id":"U","width":90,"height":90,"file_size":77}]}"#;
    let file = InputFile::Id("ID".into());
    let request = SendFile {
        chat: 7,
        thread: None,
        kind: MediaKind::Photo,
        file: &file,
        caption: None,
        parse_mode: None,
        reply_to: None,
        markup: None,
    };
    let (request, sent) = call(result, async |bot| bot.send_file(&request).await).await;
    assert_eq!(
        request.line,
        format!("POST /bot42:{SECRET}/sendPhoto HTTP/1.1")
    );
    assert_eq!(
        form(&request),
        "--B\nContent-Disposition: form-data; name=\"chat_id\"\n\n7\n\
         --B\nContent-Disposition: form-data; name=\"photo\"\n\nID\n--B--\n"
    );
    let file = sent.file.unwrap();
    assert_eq!((file.file_id.as_str(), file.size), ("L", Some(77)));
    assert_eq!(sent.chat, 7);
}

#[tokio::test]
async fn an_album_mixes_uploads_and_ids() {
    let result = r#"[{"message_id":5,"chat":{"id":7},"photo":[{"file_id":"A","width":1,"height":1}]},{"message_id":6,"chat":{"id":7},"photo":[{"file_id":"B","width":1,"height":1}]}]"#;
    let items = [
        MediaItem {
            kind: MediaKind::Photo,
            file: InputFile::Id("OLD".into()),
            caption: Some("c".into()),
            parse_mode: Some(ParseMode::Html),
        },
        MediaItem {
            kind: MediaKind::Photo,
            file: InputFile::Upload {
                name: "b.png".into(),
                mime: None,
                data: Bytes::from_static(b"\x89PNG"),
            },
            caption: None,
            parse_mode: None,
        },
    ];
    let request = SendMediaGroup {
        chat: 7,
        thread: None,
        items: &items,
        reply_to: None,
    };
    let (request, sent) = call(result, async |bot| bot.send_media_group(&request).await).await;
    assert_eq!(
        request.line,
        format!("POST /bot42:{SECRET}/sendMediaGroup HTTP/1.1")
    );
    assert_eq!(
        form(&request),
        "--B\nContent-Disposition: form-data; name=\"chat_id\"\n\n7\n\
         --B\nContent-Disposition: form-data; name=\"file1\"; filename=\"b.png\"\n\n\u{fffd}PNG\n\
         --B\nContent-Disposition: form-data; name=\"media\"\n\n\
         [{\"type\":\"photo\",\"media\":\"OLD\",\"caption\":\"c\",\"parse_mode\":\"HTML\"},{\"type\":\"photo\",\"media\":\"attach://file1\"}]\n--B--\n"
    );
    let ids: Vec<_> = sent
        .iter()
        .map(|sent| {
            (
                sent.message_id,
                sent.file.as_ref().unwrap().file_id.as_str(),
            )
        })
        .collect();
    assert_eq!(ids, [(5, "A"), (6, "B")]);
}

#[tokio::test]
async fn files_over_the_limit_are_not_sent() {
    let server = Server::start([]).await;
    let bot = api(&EndpointOptions {
        upload_max: 3,
        ..options(&server.url)
    });
    let file = InputFile::Upload {
        name: "a".into(),
        mime: None,
        data: Bytes::from_static(b"1234"),
    };
    let request = SendFile {
        chat: 7,
        thread: None,
        kind: MediaKind::Document,
        file: &file,
        caption: None,
        parse_mode: None,
        reply_to: None,
        markup: None,
    };
    assert_eq!(
        bot.send_file(&request).await,
        Err(ApiError::FileTooLarge { limit: Some(3) })
    );
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn files_are_fetched() {
    let result =
        r#"{"file_id":"ID","file_unique_id":"U","file_size":4,"file_path":"documents/file 1.pdf"}"#;
    let (request, info) = call(result, async |bot| bot.get_file("ID").await).await;
    check(&request, "getFile", r#"{"file_id":"ID"}"#);
    let path = info.path.unwrap();
    assert_eq!(
        (info.file.size, path.as_str()),
        (Some(4), "documents/file 1.pdf")
    );

    let server = Server::start([
        Does::Answer(200, "%PDF".into()),
        Does::chunks(&["%P", "DF"]),
    ])
    .await;
    let bot = api(&options(&server.url));
    assert_eq!(bot.download_all(&path, 4).await.unwrap(), "%PDF");
    assert_eq!(bot.download_all(&path, 4).await.unwrap(), "%PDF");
    assert_eq!(
        server.requests()[0].line,
        format!("GET /file/bot42:{SECRET}/documents/file%201.pdf HTTP/1.1")
    );
}

#[tokio::test]
async fn fetching_has_limits_and_errors() {
    for (does, limit, expected) in [
        (
            Does::Answer(200, "12345".into()),
            4,
            "file_too_large Refused final",
        ),
        // Without a length told beforehand the bytes themselves are counted.
        (
            Does::chunks(&["123", "45"]),
            4,
            "file_too_large Refused final",
        ),
        (
            Does::refuses(404, "Not Found: file not found"),
            4,
            "bad_request Refused final",
        ),
        (
            Does::refuses(401, "Unauthorized"),
            4,
            "unauthorised Refused final",
        ),
        (
            Does::Answer(502, "<html>".into()),
            4,
            "server Refused retry",
        ),
        (
            Does::Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n12".to_vec()),
            4,
            "network_closed Unknown retry",
        ),
        (Does::Silence, 4, "network_timeout Unknown retry"),
    ] {
        let server = Server::start([does.clone()]).await;
        let options = EndpointOptions {
            download_max: 100,
            ..impatient(&server.url)
        };
        let error = api(&options).download_all("d/f", limit).await.unwrap_err();
        assert_eq!(summary(&error), expected, "{does:?} {error}");
    }
    // The setting holds whatever the caller asks for.
    let server = Server::start([Does::Answer(200, "12345".into())]).await;
    let bot = api(&EndpointOptions {
        download_max: 4,
        ..options(&server.url)
    });
    assert_eq!(
        bot.download_all("d/f", 1000).await,
        Err(ApiError::FileTooLarge { limit: Some(4) })
    );
    // A path that would leave the bot's own folder is not asked for.
    for path in ["../x", "a//b", "/etc/passwd", "a/./b", ""] {
        let error = bot.download_all(path, 4).await.unwrap_err();
        assert_eq!(error.code(), "bad_request", "{path}");
    }
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let server = Server::start([Does::ok(SENT), Does::refuses(400, "x"), Does::ok(SENT)]).await;
    let bot = api(&options(&server.url));
    for _ in 0..3 {
        let _ = bot.send_message(&SendMessage::new(7, "x")).await;
    }
    assert_eq!((server.requests().len(), server.connections()), (3, 1));
}

/// A call into a connection that the server has just closed would be left in doubt.
#[tokio::test]
async fn a_connection_that_the_server_closed_is_not_written_to() {
    let answer = format!(r#"{{"ok":true,"result":{SENT}}}"#);
    let closes = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{answer}",
        answer.len()
    );
    let server = Server::start([
        Does::Raw(closes.clone().into_bytes()),
        Does::Raw(closes.into_bytes()),
        Does::ok(SENT),
    ])
    .await;
    let bot = api(&options(&server.url));
    for _ in 0..3 {
        bot.send_message(&SendMessage::new(7, "x")).await.unwrap();
        // The runtime asks the system for news every 61 turns: the end has come by then.
        for _ in 0..200 {
            tokio::task::yield_now().await;
        }
    }
    assert_eq!((server.requests().len(), server.connections()), (3, 3));
}

#[tokio::test]
async fn an_own_server_may_have_a_path() {
    let server = Server::start([Does::ok("true")]).await;
    api(&options(&format!("{}/tg/", server.url)))
        .delete_webhook()
        .await
        .unwrap();
    assert_eq!(
        server.requests()[0].line,
        format!("POST /tg/bot42:{SECRET}/deleteWebhook HTTP/1.1")
    );
}

#[test]
fn uploads_get_time_by_their_size() {
    let base = SEND_TIMEOUT;
    assert_eq!(upload_timeout(base, 0), base);
    assert_eq!(upload_timeout(base, 1).as_secs(), 16);
    assert_eq!(upload_timeout(base, 50 << 20).as_secs(), 815);
}
