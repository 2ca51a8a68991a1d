//! What happens in the chats, as Server-Sent Events.

use std::io;
use std::time::Duration;

use actix_web::http::header;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::{StreamExt as _, stream};
use serde_json::json;
use tokio::sync::broadcast;

use super::routes::{Answer, query};
use crate::world::{Event, Shared};

/// An idle stream of events says something so often, so that both ends know it is alive.
const STREAM_ALIVE: Duration = Duration::from_secs(15);

/// Entries as Server-Sent Events: those after `after`, where it is given, then each as it comes.
pub(super) async fn stream(request: HttpRequest, shared: web::Data<Shared>) -> Answer {
    let query = query(&request);
    let (bot, chat) = (query.int("bot"), query.int("chat"));
    let last_id = request
        .headers()
        .get("Last-Event-ID")
        .and_then(|id| id.to_str().ok());
    let after = last_id
        .and_then(|id| id.parse().ok())
        .or_else(|| query.int("after"));
    let (mut first, receiver) = {
        let state = shared.lock();
        let receiver = state.events.subscribe();
        let mut old = Vec::new();
        if let Some(after) = after.and_then(|after| u64::try_from(after).ok()) {
            for owner in state
                .bots
                .values()
                .filter(|owner| bot.is_none_or(|id| id == owner.id))
            {
                for one in owner
                    .chats
                    .values()
                    .filter(|one| chat.is_none_or(|id| id == one.id))
                {
                    let new = one.log.iter().filter(|entry| entry.seq > after);
                    old.extend(new.map(|entry| (entry.seq, json!(entry).to_string())));
                }
            }
        }
        old.sort();
        (old, receiver)
    };
    first.insert(0, (0, json!({"kind": "hello"}).to_string()));
    let opening: String = first.iter().map(|(seq, json)| sse(*seq, json)).collect();
    let wanted = move |event: &Event| {
        bot.is_none_or(|bot| bot == event.bot)
            && (event.chat.is_none() || chat.is_none_or(|chat| Some(chat) == event.chat))
    };
    let live = stream::unfold(receiver, move |mut receiver| async move {
        loop {
            let text = match tokio::time::timeout(STREAM_ALIVE, receiver.recv()).await {
                Ok(Ok(event)) if wanted(&event) => sse(event.seq, &event.json),
                Ok(Ok(_)) => continue,
                // The reader was slower than the chats: it reads them anew.
                Ok(Err(broadcast::error::RecvError::Lagged(_))) => {
                    sse(0, &json!({"kind": "lagged"}).to_string())
                }
                Ok(Err(broadcast::error::RecvError::Closed)) => return None,
                Err(_) => ": \n\n".to_owned(),
            };
            return Some((Ok::<_, io::Error>(Bytes::from(text)), receiver));
        }
    });
    let opening = stream::once(async move { Ok(Bytes::from(opening)) });
    let all = opening.chain(live);
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .streaming(all))
}

fn sse(seq: u64, json: &str) -> String {
    if seq == 0 {
        format!("data: {json}\n\n")
    } else {
        format!("id: {seq}\ndata: {json}\n\n")
    }
}
