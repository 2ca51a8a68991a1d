//! What a server does → what the error says, whether the call may have been carried out, and whether
//! to try again.

use tokio::net::TcpListener;

use super::server::{Does, Server};
use super::*;

/// Sends a message to a server that does this, straight and as a proxy's client (which are two ways
/// through the code); compares the summary of what came out.
async fn check(does: Does, expected: &str) -> Option<ApiError> {
    let shown = format!("{does:?}");
    let mut error = None;
    for proxied in [true, false] {
        let server = Server::start([does.clone()]).await;
        let options = if proxied {
            EndpointOptions {
                proxy: server.url.clone(),
                ..impatient("http://api.invalid")
            }
        } else {
            impatient(&server.url)
        };
        let result = api(&options).send_message(&SendMessage::new(7, "x")).await;
        let got = match &result {
            Ok(sent) => format!("sent {}", sent.message_id),
            Err(error) => summary(error),
        };
        assert_eq!(
            got, expected,
            "{shown} gave {result:?}, through a proxy: {proxied}"
        );
        error = result.err();
    }
    error
}

#[tokio::test]
async fn success_in_any_shape() {
    let result = r#"{"message_id":5,"chat":{"id":7,"type":"private"},"text":"x"}"#;
    check(Does::ok(result), "sent 5").await;
    check(
        Does::chunks(&[r#"{"ok":true,"#, r#""result":{"message_id":5}}"#]),
        "sent 5",
    )
    .await;
    check(
        Does::ok(r#"{"text":"{\"message_id\":9}","new":[1,{}],"message_id":5}"#),
        "sent 5",
    )
    .await;
}

#[tokio::test]
async fn refusals() {
    let table = [
        (
            403,
            "Forbidden: bot was blocked by the user",
            "chat_blocked Refused final",
        ),
        (
            403,
            "Forbidden: user is deactivated",
            "chat_deactivated Refused final",
        ),
        (
            403,
            "Forbidden: bot was kicked from the group chat",
            "chat_kicked Refused final",
        ),
        (
            403,
            "Forbidden: bot was kicked from the supergroup chat",
            "chat_kicked Refused final",
        ),
        (
            403,
            "Forbidden: bot is not a member of the channel chat",
            "chat_kicked Refused final",
        ),
        (
            403,
            "Forbidden: the group chat was deleted",
            "chat_deactivated Refused final",
        ),
        (
            403,
            "Forbidden: bot can't initiate conversation with a user",
            "chat_not_started Refused final",
        ),
        (
            403,
            "Forbidden: bot can't send messages to bots",
            "chat_no_rights Refused final",
        ),
        (
            400,
            "Bad Request: chat not found",
            "chat_not_found Refused final",
        ),
        (
            400,
            "Bad Request: PEER_ID_INVALID",
            "chat_not_found Refused final",
        ),
        (
            400,
            "Bad Request: group chat was deactivated",
            "chat_deactivated Refused final",
        ),
        (
            400,
            "Bad Request: not enough rights to send text messages to the chat",
            "chat_no_rights Refused final",
        ),
        (
            400,
            "Bad Request: have no rights to send a message",
            "chat_no_rights Refused final",
        ),
        (
            400,
            "Bad Request: need administrator rights in the channel chat",
            "chat_no_rights Refused final",
        ),
        (
            400,
            "Bad Request: CHAT_WRITE_FORBIDDEN",
            "chat_no_rights Refused final",
        ),
        (401, "Unauthorized", "unauthorised Refused final"),
        (404, "Not Found", "unauthorised Refused final"),
        (
            404,
            "Not Found: method not found",
            "bad_request Refused final",
        ),
        (
            400,
            "Bad Request: can't parse entities: Unsupported start tag \\\"x\\\" at byte offset 0",
            "cant_parse_entities Refused final",
        ),
        (
            400,
            "Bad Request: message is too long",
            "message_too_long Refused final",
        ),
        (
            400,
            "Bad Request: MESSAGE_TOO_LONG",
            "message_too_long Refused final",
        ),
        (
            400,
            "Bad Request: message caption is too long",
            "message_too_long Refused final",
        ),
        (
            400,
            "Bad Request: message is not modified: specified new message content and reply markup are exactly the same",
            "not_modified Refused final",
        ),
        (
            400,
            "Bad Request: query is too old and response timeout expired or query ID is invalid",
            "query_too_old Refused final",
        ),
        (
            400,
            "Bad Request: message to edit not found",
            "message_gone Refused final",
        ),
        (
            400,
            "Bad Request: message can't be edited",
            "message_gone Refused final",
        ),
        (
            400,
            "Bad Request: message to be replied not found",
            "message_gone Refused final",
        ),
        (
            400,
            "Bad Request: REPLIED message not found",
            "message_gone Refused final",
        ),
        (
            400,
            "Bad Request: message thread not found",
            "thread_gone Refused final",
        ),
        (
            400,
            "Bad Request: file is too big",
            "file_too_large Refused final",
        ),
        (
            400,
            "Bad Request: message text is empty",
            "bad_request Refused final",
        ),
        (
            400,
            "Bad Request: BUTTON_DATA_INVALID",
            "bad_request Refused final",
        ),
        (
            409,
            "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
            "conflict_poll Refused retry",
        ),
        (
            409,
            "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
            "conflict_webhook Refused final",
        ),
        (
            429,
            "Too Many Requests: retry after 9",
            "retry_after Refused retry",
        ),
        (500, "Internal Server Error", "server Refused retry"),
        (502, "Bad Gateway", "server Refused retry"),
        (504, "Gateway Timeout", "server Unknown retry"),
    ];
    for (code, description, expected) in table {
        check(Does::refuses(code, description), expected).await;
    }
}

#[tokio::test]
async fn what_telegram_says_for_programs_is_read() {
    let parameters = |code: u16, parameters: &str| {
        Does::Answer(
            code,
            format!(
                r#"{{"ok":false,"error_code":{code},"description":"d","parameters":{parameters}}}"#
            ),
        )
    };
    let retry = |seconds| Some(ApiError::RetryAfter { seconds });
    let code = "retry_after Refused retry";
    assert_eq!(
        check(parameters(429, r#"{"retry_after":17,"new":1}"#), code).await,
        retry(17)
    );
    assert_eq!(
        check(Does::refuses(429, "Too Many Requests: retry after 9"), code).await,
        retry(9)
    );
    assert_eq!(
        check(Does::refuses(429, "Too Many Requests"), code).await,
        retry(1)
    );
    assert_eq!(
        check(
            parameters(400, r#"{"migrate_to_chat_id":-1001234567890}"#),
            "migrated Refused final"
        )
        .await,
        Some(ApiError::MigratedTo {
            chat: -1_001_234_567_890
        })
    );
    // An answer of 200 that says no, and one without a code.
    check(
        Does::Answer(200, r#"{"ok":false,"description":"Bad Request: x"}"#.into()),
        "bad_request Refused final",
    )
    .await;
    check(
        Does::Answer(
            403,
            r#"{"ok":false,"description":"Forbidden: bot was blocked by the user"}"#.into(),
        ),
        "chat_blocked Refused final",
    )
    .await;
}

#[tokio::test]
async fn answers_of_somebody_else() {
    check(
        Does::Answer(502, "<html><h1>502 Bad Gateway</h1></html>".into()),
        "server Refused retry",
    )
    .await;
    check(Does::Answer(503, String::new()), "server Refused retry").await;
    check(Does::Answer(504, "<html>".into()), "server Unknown retry").await;
    for status in [300, 302, 307, 401, 403, 404, 405, 409, 413, 421] {
        for body in [
            "<html>sign in</html>",
            "",
            "no",
            r#"{"error":"no"}"#,
            r#"{"ok":false}"#,
            "[1]",
        ] {
            check(
                Does::Answer(status, body.into()),
                "network_gateway Refused retry",
            )
            .await;
        }
    }
    // The API's own words under another status are the API's.
    check(
        Does::Answer(
            302,
            r#"{"ok":false,"error_code":400,"description":"Bad Request: x"}"#.into(),
        ),
        "bad_request Refused final",
    )
    .await;
    check(
        Does::Answer(407, "<html>".into()),
        "network_proxy NotSent retry",
    )
    .await;
    let raw = "HTTP/1.1 429 X\r\nRetry-After: 33\r\nContent-Length: 4\r\n\r\nslow";
    assert_eq!(
        check(Does::Raw(raw.into()), "retry_after Refused retry").await,
        Some(ApiError::RetryAfter { seconds: 33 })
    );
    // A page of success is a page all the same.
    for body in ["<html>log in</html>", "", r#"{"status":"ok"}"#, r#""ok""#] {
        check(
            Does::Answer(200, body.into()),
            "network_gateway Refused retry",
        )
        .await;
    }
    // Success that cannot be read may well have been success.
    check(
        Does::Answer(200, r#"{"ok":true,"result":{"message_id":"#.into()),
        "malformed Unknown retry",
    )
    .await;
    check(Does::ok("true"), "malformed Unknown retry").await;
    check(
        Does::Answer(200, r#"{"ok":true}"#.into()),
        "malformed Unknown retry",
    )
    .await;
    // The token is not carried to another address.
    let elsewhere = Server::start([]).await;
    let redirect = format!(
        "HTTP/1.1 302 X\r\nLocation: {}/x\r\nContent-Length: 0\r\n\r\n",
        elsewhere.url
    );
    check(Does::Raw(redirect.into()), "network_gateway Refused retry").await;
    assert_eq!(elsewhere.connections(), 0);
}

#[tokio::test]
async fn an_answer_longer_than_any_is_not_read() {
    let long = "x".repeat(5 << 20);
    check(
        Does::ok(&format!(r#"{{"message_id":5,"text":"{long}"}}"#)),
        "answer_too_long Unknown retry",
    )
    .await;
    // Of updates the first number is told, so that it can be passed over.
    let long = "x".repeat(17 << 20);
    let updates = format!(r#"[{{"update_id":17,"message":{{"text":"{long}"}}}}]"#);
    for does in [
        Does::ok(&updates),
        Does::chunks(&[r#"{"ok":true,"result":"#, &updates, "}"]),
    ] {
        let server = Server::start([does]).await;
        let error = api(&options(&server.url))
            .get_updates(GetUpdates::default())
            .await
            .unwrap_err();
        assert_eq!(
            error,
            ApiError::AnswerTooLong {
                limit: 16 << 20,
                first_update: Some(17)
            }
        );
    }
}

#[tokio::test]
async fn a_cut_connection_leaves_a_doubt() {
    check(Does::CutBefore, "network_closed Unknown retry").await;
    check(Does::CutAfter, "network_closed Unknown retry").await;
    check(
        Does::Raw(b"HTTP/1.1 200 OK\r\nContent-Le".to_vec()),
        "network_closed Unknown retry",
    )
    .await;
    check(
        Does::Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{\"ok\":tr".to_vec()),
        "network_closed Unknown retry",
    )
    .await;
    check(
        Does::Raw(b"rubbish\r\n\r\n".to_vec()),
        "network_closed Unknown retry",
    )
    .await;
    // A refusal whose text was cut is a refusal all the same.
    check(
        Does::Raw(b"HTTP/1.1 500 X\r\nContent-Length: 50\r\n\r\n{\"ok\"".to_vec()),
        "server Refused retry",
    )
    .await;
    check(Does::Silence, "network_timeout Unknown retry").await;
}

async fn check_address(options: &EndpointOptions, expected: &str) {
    let error = api(options)
        .send_message(&SendMessage::new(7, "x"))
        .await
        .unwrap_err();
    assert_eq!(summary(&error), expected, "{error}");
}

#[tokio::test]
async fn a_connection_that_cannot_be_opened_leaves_none() {
    // Nobody listens there any more.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    check_address(
        &impatient(&format!("http://127.0.0.1:{port}")),
        "network_connect NotSent retry",
    )
    .await;
    check_address(
        &impatient("http://host.invalid"),
        "network_dns NotSent retry",
    )
    .await;
    // A server that speaks no TLS, and one that says nothing while TLS is agreed on.
    let server = Server::start([Does::Raw(b"HTTP/1.1 400 X\r\n\r\n".to_vec())]).await;
    let plain = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = plain.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = plain.accept().await {
            use tokio::io::AsyncWriteExt;
            stream.write_all(b"HTTP/1.1 400 X\r\n\r\n").await.ok();
        }
    });
    check_address(
        &impatient(&format!("https://{address}")),
        "network_tls NotSent retry",
    )
    .await;
    check_address(
        &impatient(&format!("https://127.0.0.1:{}", server.port)),
        "network_connect NotSent retry",
    )
    .await;
}

#[tokio::test]
async fn echoed_secrets_are_blotted_out() {
    let page = format!("<pre>Cannot POST /bot42:{SECRET}/sendMessage</pre>");
    let error = check(Does::Answer(404, page), "network_gateway Refused retry")
        .await
        .unwrap();
    assert!(
        error.to_string().contains("/bot42:***/sendMessage"),
        "{error}"
    );
    let error = check(
        Does::Answer(200, SECRET.to_owned()),
        "network_gateway Refused retry",
    )
    .await
    .unwrap();
    assert!(error.to_string().contains("***"), "{error}");
    check(
        Does::refuses(400, &format!("Bad Request: {SECRET}")),
        "bad_request Refused final",
    )
    .await;
    let long = check(
        Does::Answer(400, "х".repeat(5000)),
        "network_gateway Refused retry",
    )
    .await
    .unwrap();
    assert!(long.to_string().chars().count() < 300, "{long}");
}

#[test]
fn nothing_prints_secrets() {
    let options = EndpointOptions {
        proxy: format!("http://user:{}@127.0.0.1:1", PASSWORD.0),
        ..options("http://127.0.0.1:1")
    };
    let endpoint = Endpoint::new(&options).unwrap();
    let client = Client::new(&endpoint).unwrap();
    let bot = client.bot(&token());
    no_secrets(&format!(
        "{options:?} {endpoint:?} {client:?} {bot:?} {:?} {}",
        token(),
        token()
    ));
}

/// Every error says something to the operator, in Russian.
#[test]
fn every_error_has_a_text_for_the_operator() {
    let description = || "d".to_owned();
    let gone = |reason| ApiError::ChatGone {
        reason,
        description: description(),
    };
    let network = |kind| ApiError::Network {
        kind,
        outcome: Outcome::Unknown,
        detail: description(),
    };
    let errors = [
        ApiError::RetryAfter { seconds: 1 },
        ApiError::MigratedTo { chat: -1 },
        gone(GoneReason::Blocked),
        gone(GoneReason::Kicked),
        gone(GoneReason::Deactivated),
        gone(GoneReason::NotFound),
        gone(GoneReason::NoRights),
        gone(GoneReason::NotStarted),
        ApiError::Unauthorised,
        ApiError::Conflict {
            with: ConflictWith::OtherPoll,
            description: description(),
        },
        ApiError::Conflict {
            with: ConflictWith::Webhook,
            description: description(),
        },
        ApiError::NotModified,
        ApiError::QueryTooOld,
        ApiError::CantParseEntities {
            description: description(),
        },
        ApiError::MessageTooLong,
        ApiError::MessageGone {
            description: description(),
        },
        ApiError::ThreadGone {
            description: description(),
        },
        ApiError::FileTooLarge { limit: None },
        ApiError::FileTooLarge {
            limit: Some(50 << 20),
        },
        ApiError::BadRequest {
            code: 400,
            description: description(),
        },
        ApiError::Server { status: 500 },
        network(NetworkKind::Dns),
        network(NetworkKind::Connect),
        network(NetworkKind::Proxy),
        network(NetworkKind::Tls),
        network(NetworkKind::Timeout),
        network(NetworkKind::Closed),
        network(NetworkKind::Gateway),
        network(NetworkKind::Other),
        ApiError::AnswerTooLong {
            limit: 4 << 20,
            first_update: None,
        },
        ApiError::Malformed {
            detail: description(),
        },
    ];
    let mut codes = std::collections::BTreeSet::new();
    let mut texts = std::collections::BTreeSet::new();
    for error in &errors {
        codes.insert(error.code());
        let text = error.for_operator();
        assert!(
            text.chars().any(|c| ('а'..='я').contains(&c)) && text.ends_with('.'),
            "{text}"
        );
        texts.insert(text);
    }
    assert_eq!(
        codes.len(),
        errors.len() - 1,
        "one code each; a file too large has two forms"
    );
    assert_eq!(texts.len(), errors.len(), "one text each");
}
