use super::*;
use crate::Say;

fn multipart(fields: &[(&str, &str)], files: &[(&str, &str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        let head =
            format!("--B\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend(head.as_bytes());
    }
    for (name, file, bytes) in files {
        let head = format!(
            "--B\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        );
        body.extend(head.as_bytes());
        body.extend(*bytes);
        body.extend(b"\r\n");
    }
    body.extend(b"--B--\r\n");
    body
}

fn upload(sim: &SimulatorHandle, method: &str, body: &[u8]) -> Value {
    let path = format!("/bot{TOKEN}/{method}");
    let kind = "multipart/form-data; boundary=B";
    serde_json::from_str(&request(sim, "POST", &path, kind, body).unwrap().1).unwrap()
}

#[test]
fn files_go_both_ways() {
    let sim = start();
    let fields = [
        ("chat_id", "1001"),
        ("caption", "<b>Акт</b>"),
        ("parse_mode", "HTML"),
    ];
    let body = multipart(&fields, &[("document", "акт.pdf", b"%PDF\r\n--x")]);
    let sent = upload(&sim, "sendDocument", &body);
    let document = &sent["result"]["document"];
    assert_eq!(
        (&document["file_name"], &document["mime_type"]),
        (&json!("акт.pdf"), &json!("application/pdf"))
    );
    assert_eq!(sent["result"]["caption_entities"][0]["type"], "bold");
    let file_id = document["file_id"].as_str().unwrap();
    let again = call(
        &sim,
        "sendDocument",
        &json!({"chat_id": 1001, "document": file_id}),
    );
    assert_eq!(again["result"]["document"]["file_id"], file_id);
    refused(
        &sim,
        "sendPhoto",
        &json!({"chat_id": 1001, "photo": file_id}),
        "400 Bad Request: can't use file of type Document as Photo",
    );
    let other = call_as(&sim, "43:x", "getFile", &json!({"file_id": file_id}));
    assert_eq!(
        other["description"],
        "Bad Request: wrong file_id or the file is temporarily unavailable"
    );
    let file = call(&sim, "getFile", &json!({"file_id": file_id}));
    let path = format!(
        "/file/bot{TOKEN}/{}",
        file["result"]["file_path"].as_str().unwrap()
    );
    assert_eq!(
        request(&sim, "GET", &path, "", b"").unwrap().1,
        "%PDF\r\n--x"
    );
    assert_eq!(
        request(&sim, "GET", &path.replace("42:", "43:"), "", b"")
            .unwrap()
            .0,
        404
    );
    let entry = get(&sim, "/sim/bots/42/chats/1001/messages?files=1")[0].clone();
    assert_eq!(entry["files"][0]["base64"], "JVBERg0KLS14");
    assert_eq!(
        (&entry["html"], &entry["files"][0]["kind"]),
        (&json!("<b>Акт</b>"), &json!("document"))
    );

    let empty = upload(
        &sim,
        "sendDocument",
        &multipart(&fields, &[("document", "a", b"")]),
    );
    assert_eq!(empty["description"], "Bad Request: file must be non-empty");
    let not_image = upload(
        &sim,
        "sendPhoto",
        &multipart(&fields, &[("photo", "a.png", b"xx")]),
    );
    assert_eq!(
        not_image["description"],
        "Bad Request: IMAGE_PROCESS_FAILED"
    );
    let none = json!({"chat_id": 1001});
    refused(
        &sim,
        "sendDocument",
        &none,
        "400 Bad Request: there is no document in the request",
    );
    let long = json!({"chat_id": 1001, "document": file_id, "caption": "x".repeat(1025)});
    refused(
        &sim,
        "sendDocument",
        &long,
        "400 Bad Request: message caption is too long",
    );
}

#[test]
fn what_people_send_can_be_fetched_up_to_20_mb() {
    let sim = start();
    let send = |size: usize| {
        let file = Some(("a.bin".to_owned(), vec![b'x'; size]));
        sim.say(
            BOT,
            Say {
                from: 1001,
                file,
                ..Say::default()
            },
        )
        .unwrap();
        let update = updates(&sim, -1).pop().unwrap();
        update["message"]["document"]["file_id"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let fits = send(20 << 20);
    assert_eq!(
        call(&sim, "getFile", &json!({"file_id": fits}))["result"]["file_size"],
        20 << 20
    );
    let big = send((20 << 20) + 1);
    refused(
        &sim,
        "getFile",
        &json!({"file_id": big}),
        "400 Bad Request: file is too big",
    );
    let sticker = Say {
        from: 1001,
        sticker: true,
        ..Say::default()
    };
    sim.say(BOT, sticker).unwrap();
    let photo = Say {
        from: 1001,
        photo: Some(Vec::new()),
        ..Say::default()
    };
    sim.say(BOT, photo).unwrap();
    let last = updates(&sim, -2);
    assert!(last[0]["message"]["sticker"]["file_id"].is_string());
    assert_eq!(last[1]["message"]["photo"][0]["width"], 64);
}

#[test]
fn an_upload_over_50_mb_is_too_large() {
    let sim = start();
    let body = multipart(
        &[("chat_id", "1")],
        &[("document", "a", &vec![0; (50 << 20) + 1])],
    );
    let answer = upload(&sim, "sendDocument", &body);
    assert_eq!(
        (&answer["error_code"], &answer["description"]),
        (&json!(413), &json!("Request Entity Too Large"))
    );
}

#[test]
fn an_album_goes_whole_or_not() {
    let sim = start();
    let media = |second: &str| {
        json!([
            {"type": "document", "media": "attach://one", "caption": "Два файла"},
            {"type": "document", "media": second}
        ])
        .to_string()
    };
    let files: [(&str, &str, &[u8]); 2] = [("one", "1.txt", b"1"), ("two", "2.txt", b"2")];
    let send = |second: &str| {
        let fields = [("chat_id", "1001"), ("media", &media(second))];
        upload(&sim, "sendMediaGroup", &multipart(&fields, &files))
    };
    assert_eq!(send("attach://three")["ok"], false);
    assert!(sim.messages(BOT, 1001, 0).is_empty());
    let sent = send("attach://two");
    let list = sent["result"].as_array().unwrap();
    assert_eq!((list.len(), &list[0]["caption"]), (2, &json!("Два файла")));
    assert_eq!(list[0]["media_group_id"], list[1]["media_group_id"]);
    let mixed = json!([{"type": "photo", "media": "a"}, {"type": "document", "media": "b"}]);
    refused(
        &sim,
        "sendMediaGroup",
        &json!({"chat_id": 1001, "media": mixed}),
        "400 Bad Request: document can't be mixed with other media types",
    );
}
