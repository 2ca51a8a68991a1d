//! JSON of updates in, what we read of it out.

use bytes::Bytes;

use super::*;

/// One line for one entry of a batch.
fn show(item: &Incoming) -> String {
    match item {
        Incoming::Malformed(malformed) => format!("malformed {:?}", malformed.update_id),
        Incoming::Update(update) => format!("{} {}", update.update_id, show_kind(&update.kind)),
    }
}

fn show_kind(kind: &UpdateKind) -> String {
    match kind {
        UpdateKind::Message(message) => format!("message {}", show_message(message)),
        UpdateKind::EditedMessage(message) => format!("edited {}", show_message(message)),
        UpdateKind::CallbackQuery(query) => {
            let place = query
                .message
                .as_ref()
                .map_or("nowhere".to_owned(), |message| {
                    format!(
                        "{}/{}{}{}",
                        message.chat.id,
                        message.message_id,
                        message
                            .thread_id
                            .map_or(String::new(), |thread| format!(" thread {thread}")),
                        if message.is_accessible {
                            ""
                        } else {
                            " inaccessible"
                        }
                    )
                });
            format!(
                "press {} by {} at {place} data {:?}",
                query.id, query.from.id, query.data
            )
        }
        UpdateKind::MyChatMember(change) => {
            format!(
                "member {} by {}: {:?} -> {:?}",
                change.chat.id, change.from.id, change.old, change.new
            )
        }
        UpdateKind::Unknown { kind } => format!("unknown {kind:?}"),
    }
}

fn show_message(message: &Message) -> String {
    let mut out = format!(
        "{}/{} {:?}",
        message.chat.id, message.message_id, message.chat.kind
    );
    let mut add = |text: String| {
        out.push(' ');
        out.push_str(&text);
    };
    if message.chat.is_forum {
        add("forum".into());
    }
    if let Some(thread) = message.thread_id {
        add(format!("thread {thread}"));
    }
    if let Some(from) = &message.from {
        add(format!("from {} {:?}", from.id, from.full_name()));
    }
    if let Some(chat) = &message.sender_chat {
        add(format!("as {}", chat.id));
    }
    if let Some(text) = message.text_or_caption() {
        add(format!("{text:?}"));
    }
    for entity in &message.entities {
        add(format!(
            "{:?}={:?}",
            entity.kind,
            message.entity_text(entity)
        ));
    }
    match &message.content {
        Content::Text => {}
        Content::Contact(contact) => {
            add(format!("contact {} {:?}", contact.phone, contact.user_id))
        }
        Content::File { kind, file } => add(format!(
            "{kind} {} {:?} {:?}",
            file.file_id, file.file_name, file.size
        )),
        other => add(format!(
            "{} {}",
            if other.is_service() {
                "service"
            } else {
                "other"
            },
            other.kind()
        )),
    }
    if let Some(reply) = &message.reply_to {
        add(format!("re {} of {:?}", reply.message_id, reply.from));
    }
    if let Some(group) = &message.media_group_id {
        add(format!("album {group}"));
    }
    if message.is_via_bot {
        add("via a bot".into());
    }
    if message.is_forwarded {
        add("forwarded".into());
    }
    out
}

#[track_caller]
fn check(update: &str, expected: &str) {
    let item = parse_update(Bytes::copy_from_slice(update.as_bytes()));
    assert_eq!(
        item.raw().as_str(),
        update,
        "the raw text is kept as it came"
    );
    assert_eq!(show(&item), expected, "{item:?}");
}

/// A message in a private chat with these fields besides.
#[track_caller]
fn check_message(fields: &str, expected: &str) {
    let update = format!(
        r#"{{"update_id":1,"message":{{"message_id":2,"from":{{"id":7,"is_bot":false,"first_name":"Иван","last_name":"Ив"}},"chat":{{"id":7,"type":"private","first_name":"Иван"}},"date":3{fields}}}}}"#
    );
    check(
        &update,
        &format!("1 message 7/2 Private from 7 \"Иван Ив\"{expected}"),
    );
}

#[test]
fn texts_and_entities() {
    check_message(r#","text":"Привет""#, r#" "Привет""#);
    check_message(r#","text":"a\n\u0411\ud83d\ude00\"""#, " \"a\\nБ😀\\\"\"");
    check_message(
        r#","text":"😀 /start@b привет @petr Пётр","entities":[{"type":"bot_command","offset":3,"length":8},{"type":"bold","offset":0,"length":2},{"type":"mention","offset":19,"length":5},{"type":"text_mention","offset":25,"length":4,"user":{"id":9,"is_bot":false,"first_name":"П"}}]"#,
        r#" "😀 /start@b привет @petr Пётр" BotCommand=Some("/start@b") Mention=Some("@petr") TextMention { user: 9 }=Some("Пётр")"#,
    );
    // Inside a surrogate pair, past the end.
    check_message(
        r#","text":"😀x","entities":[{"type":"mention","offset":1,"length":1},{"type":"mention","offset":2,"length":9}]"#,
        r#" "😀x" Mention=None Mention=None"#,
    );
    check_message(
        r#","text":"x","reply_to_message":{"message_id":1,"from":{"id":42,"is_bot":true,"first_name":"b"},"chat":{"id":7},"date":1,"photo":[]}"#,
        r#" "x" re 1 of Some(42)"#,
    );
    check_message(
        r#","text":"x","reply_to_message":{"message_id":1,"chat":{"id":7},"date":0}"#,
        r#" "x" re 1 of None"#,
    );
    check_message(
        r#","text":"x","forward_origin":{"type":"hidden_user"}"#,
        r#" "x" forwarded"#,
    );
}

#[test]
fn contents() {
    check_message(
        r#","contact":{"phone_number":"79001234567","first_name":"Иван","user_id":7}"#,
        " contact 79001234567 Some(7)",
    );
    check_message(
        r#","caption":"c","document":{"file_id":"F","file_unique_id":"U","file_name":"a.pdf","file_size":9},"media_group_id":"55""#,
        r#" "c" document F Some("a.pdf") Some(9) album 55"#,
    );
    check_message(
        r#","photo":[{"file_id":"L","width":90,"height":90,"file_size":3},{"file_id":"S","width":9,"height":9}]"#,
        " photo L None Some(3)",
    );
    for (order, expected) in [
        ("animation document", "animation A"),
        ("document animation", "animation A"),
    ] {
        let fields: String = order
            .split(' ')
            .map(|kind| {
                format!(
                    r#","{kind}":{{"file_id":"{}"}}"#,
                    if kind == "animation" { "A" } else { "D" }
                )
            })
            .collect();
        check_message(&fields, &format!(" {expected} None None"));
    }
    for kind in ["sticker", "voice", "audio", "video", "video_note"] {
        check_message(
            &format!(r#","{kind}":{{"file_id":"F","duration":1}}"#),
            &format!(" {kind} F None None"),
        );
    }
    check_message(
        r#","location":{"latitude":1.5,"longitude":2}"#,
        " other location",
    );
    check_message(
        r#","venue":{"title":"x"},"location":{"latitude":1.5}"#,
        " other venue",
    );
    check_message(
        r#","location":{"latitude":1.5},"venue":{"title":"x"}"#,
        " other venue",
    );
    check_message(r#","dice":{"emoji":"x","value":1}"#, " other dice");
    check_message(r#","poll":{"id":"1"}"#, " other poll");
    check_message(r#","hologram":{"depth":3}"#, " other unknown");
    check_message("", " other unknown");
    check_message(
        r#","pinned_message":{"message_id":1}"#,
        " service pinned_message",
    );
    check_message(
        r#","new_chat_members":[{"id":42,"is_bot":true,"first_name":"b"}]"#,
        " service new_chat_members",
    );
    check_message(
        r#","left_chat_member":{"id":42,"is_bot":true,"first_name":"b"}"#,
        " service left_chat_member",
    );
    check_message(
        r#","migrate_to_chat_id":-1001"#,
        " service migrate_to_chat_id",
    );
    check_message(
        r#","migrate_from_chat_id":-5"#,
        " service migrate_from_chat_id",
    );
}

#[test]
fn chats_and_senders() {
    check(
        r#"{"update_id":1,"message":{"message_id":2,"message_thread_id":4,"is_topic_message":true,"from":{"id":7},"chat":{"id":-1001,"type":"supergroup","title":"Отдел","is_forum":true},"date":3,"text":"x"}}"#,
        r#"1 message -1001/2 Supergroup forum thread 4 from 7 "" "x""#,
    );
    // A reply in an ordinary group has a thread number too, which is no topic.
    check(
        r#"{"update_id":1,"message":{"message_id":2,"message_thread_id":4,"chat":{"id":-5,"type":"group"},"sender_chat":{"id":-5,"type":"group"},"date":3,"text":"x"}}"#,
        r#"1 message -5/2 Group as -5 "x""#,
    );
    check(
        r#"{"update_id":1,"message":{"message_id":2,"chat":{"id":-9,"type":"newer kind"},"date":3,"text":"x"}}"#,
        r#"1 message -9/2 Supergroup "x""#,
    );
    check(
        r#"{"update_id":1,"edited_message":{"message_id":2,"chat":{"id":-9,"type":"channel"},"date":3,"edit_date":4,"text":"x"}}"#,
        r#"1 edited -9/2 Channel "x""#,
    );
}

#[test]
fn presses_and_membership() {
    check(
        r#"{"update_id":1,"callback_query":{"id":"55","from":{"id":7,"is_bot":false,"first_name":"И"},"message":{"message_id":2,"chat":{"id":7,"type":"private"},"date":3,"text":"x"},"chat_instance":"c","data":"k:1"}}"#,
        r#"1 press 55 by 7 at 7/2 data Some("k:1")"#,
    );
    check(
        r#"{"update_id":1,"callback_query":{"id":"55","from":{"id":7},"message":{"message_id":2,"chat":{"id":7,"type":"private"},"date":0}}}"#,
        "1 press 55 by 7 at 7/2 inaccessible data None",
    );
    check(
        r#"{"update_id":1,"callback_query":{"id":"55","from":{"id":7},"inline_message_id":"z","game_short_name":"g"}}"#,
        "1 press 55 by 7 at nowhere data None",
    );
    check(
        r#"{"update_id":1,"my_chat_member":{"chat":{"id":7,"type":"private"},"from":{"id":7},"date":3,"old_chat_member":{"user":{"id":42},"status":"member"},"new_chat_member":{"user":{"id":42},"status":"kicked","until_date":0}}}"#,
        "1 member 7 by 7: Member -> Kicked",
    );
    check(
        r#"{"update_id":1,"my_chat_member":{"chat":{"id":-7,"type":"group"},"from":{"id":7},"date":3,"old_chat_member":{"status":"restricted","is_member":true,"can_send_messages":false},"new_chat_member":{"status":"overlord"}}}"#,
        "1 member -7 by 7: Restricted { is_member: true, can_send: false } -> Unknown",
    );
}

#[test]
fn what_is_new_to_us_is_no_fault() {
    check(
        r#"{"update_id":1,"poll_answer":{"poll_id":"1","user":{"id":7}}}"#,
        r#"1 unknown "poll_answer""#,
    );
    check(r#"{"a":[{"b":1}],"update_id":1}"#, r#"1 unknown "a""#);
    check(r#"{"update_id":1}"#, r#"1 unknown """#);
    check_message(
        r#","text":"x","new_field":{"a":[1,2,{"text":5}]},"from_future":null"#,
        r#" "x""#,
    );
    check_message(r#","te\u0078t":"x""#, r#" "x""#);
}

#[test]
fn what_is_wrong_is_malformed() {
    for (update, id) in [
        (r#"{"update_id":5,"message":"text"}"#, Some(5)),
        (
            r#"{"update_id":5,"message":{"message_id":"two","chat":{"id":1}}}"#,
            Some(5),
        ),
        (
            r#"{"update_id":5,"message":{"message_id":2,"date":1}}"#,
            Some(5),
        ),
        (
            r#"{"update_id":5,"message":{"chat":{"id":1},"date":1}}"#,
            Some(5),
        ),
        (
            r#"{"update_id":5,"message":{"message_id":2,"chat":{"id":1},"text":7}}"#,
            Some(5),
        ),
        (
            r#"{"message":{"message_id":2,"chat":{"id":1},"text":7},"update_id":5}"#,
            Some(5),
        ),
        (r#"{"update_id":5,"message":{bad}}"#, Some(5)),
        (r#"{"update_id":"5"}"#, None),
        (
            r#"{"message":{"message_id":2,"chat":{"id":1},"text":"x"}}"#,
            None,
        ),
        ("[]", None),
        ("null", None),
        ("7", None),
        ("", None),
    ] {
        check(update, &format!("malformed {id:?}"));
    }
    let broken = parse_update(Bytes::from_static(b"{\"update_id\":5,\"x\":\"\xff\"}"));
    assert_eq!(show(&broken), "malformed Some(5)");
    assert_eq!(
        broken.raw().as_str(),
        "{\"update_id\":5,\"x\":\"\u{fffd}\"}"
    );
}

#[track_caller]
fn check_batch(answer: &str, expected: &[&str], offset: Option<i64>) {
    let batch = parse_batch(&Bytes::copy_from_slice(answer.as_bytes())).unwrap();
    let got: Vec<String> = batch.items.iter().map(show).collect();
    assert_eq!(got, expected);
    assert_eq!(batch.next_offset(), offset);
}

#[test]
fn a_fault_stays_in_its_update() {
    let good = |id: i64| {
        format!(
            r#"{{"update_id":{id},"message":{{"message_id":2,"chat":{{"id":7,"type":"private"}},"date":3,"text":"x"}}}}"#
        )
    };
    let batch = |items: &[&str]| format!(r#"{{"ok":true,"result":[{}]}}"#, items.join(","));
    let read = |id: i64| format!(r#"{id} message 7/2 Private "x""#);
    check_batch(&batch(&[]), &[], None);
    check_batch(
        &batch(&[
            &good(1),
            r#"{"update_id":2,"message":5}"#,
            &good(3),
            "rubbish",
            r#"{"update_id":4,"x":{bad}}"#,
            &good(5),
        ]),
        &[
            &read(1),
            "malformed Some(2)",
            &read(3),
            "malformed None",
            "malformed Some(4)",
            &read(5),
        ],
        Some(6),
    );
    // Numbers may begin anew, lower than before: the last one counts, not the highest.
    check_batch(
        &batch(&[&good(900), &good(5)]),
        &[&read(900), &read(5)],
        Some(6),
    );
    // A nameless fault at the end must not come for ever.
    check_batch(
        &batch(&[&good(5), "{}", "null"]),
        &[&read(5), "malformed None", "malformed None"],
        Some(8),
    );
    check_batch(&batch(&["{}"]), &["malformed None"], None);
    // An answer that was cut loses nothing: the half-read update is asked for again.
    check_batch(
        r#"{"ok":true,"result":[{"update_id":1},{"update_id":2,"message":{"#,
        &[r#"1 unknown """#],
        Some(2),
    );
    // Nothing came whole: the poll failed and is made again.
    let cut = Bytes::from_static(br#"{"ok":true,"result":[{"update_id":2,"message":{"#);
    assert_eq!(parse_batch(&cut), None);
}

#[test]
fn halves_of_characters_and_impossible_entities_leave_nobody_without_an_answer() {
    let message = |rest: &str| {
        format!(
            r#"{{"update_id":1,"message":{{"message_id":2,"date":0,"chat":{{"id":5,"type":"private"}},{rest}}}}}"#
        )
    };
    let read = |json: &str| match parse_update(Bytes::from(json.to_owned())) {
        Incoming::Update(Update {
            kind: UpdateKind::Message(message),
            ..
        }) => format!(
            "{} | {} entities",
            message.text.clone().unwrap_or_default(),
            message.entities.len()
        ),
        other => format!("{other:?}"),
    };
    let check = |rest: &str, expected: &str| assert_eq!(read(&message(rest)), expected, "{rest}");
    check(r#""text":"a\ud83d""#, "a\u{FFFD} | 0 entities");
    check(r#""text":"\udc00b""#, "\u{FFFD}b | 0 entities");
    check(r#""text":"\ud83d\ude00""#, "\u{1F600} | 0 entities");
    check(
        r#""text":"\ud83d\ud83d\ude00""#,
        "\u{FFFD}\u{1F600} | 0 entities",
    );
    check(
        r#""text":"\\ud83d \ud83d""#,
        "\\ud83d \u{FFFD} | 0 entities",
    );
    check(
        r#""text":"@a","entities":[{"type":"mention","offset":-1,"length":2},{"type":"mention","offset":0,"length":-2},{"type":"mention","offset":0,"length":2}]"#,
        "@a | 1 entities",
    );
}

#[test]
fn texts_of_people_are_not_printed() {
    let item = parse_update(Bytes::from_static(
        br#"{"update_id":1,"poll":{"question":"private"}}"#,
    ));
    assert_eq!(format!("{:?}", item.raw()), "RawJson(45 bytes)");
}

proptest::proptest! {
    /// Whatever one update is, its neighbours are read.
    #[test]
    fn neighbours_are_safe(rubbish in "[a-z0-9 .:-]{0,40}|\"[^\"\\\\]{0,20}\"") {
        let answer = format!(r#"{{"ok":true,"result":[{{"update_id":1}},{{"x":{rubbish}}},{{"update_id":3}}]}}"#);
        let batch = parse_batch(&Bytes::from(answer)).unwrap();
        proptest::prop_assert_eq!(batch.items.len(), 3);
        proptest::prop_assert_eq!(batch.next_offset(), Some(4));
    }
}
