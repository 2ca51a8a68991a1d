//! Parsing the answer of `getUpdates`: a batch of 100 updates as a busy bot gets them (80 texts in
//! Russian, 10 presses, 5 files, 5 of a kind we do not know; 65 KB), each cut out and parsed alone.
//!
//! `cargo bench --bench update_parsing`

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::fmt::Write as _;
use std::hint::black_box;
use vestnik::telegram::{parse_batch, parse_update};

const FROM: &str = r#""from":{"id":1001,"is_bot":false,"first_name":"Иван","last_name":"Иванов","username":"ivanov","language_code":"ru"}"#;
const CHAT: &str = r#""chat":{"id":1001,"first_name":"Иван","last_name":"Иванов","username":"ivanov","type":"private"}"#;

fn update(number: usize) -> String {
    let id = 500_000_000 + number;
    let head = format!(r#""message_id":{number},{FROM},{CHAT},"date":1790000000"#);
    match number % 20 {
        0 | 10 => format!(
            r#"{{"update_id":{id},"callback_query":{{"id":"4382bfdwdsb323b2d9",{FROM},"message":{{{head},"text":"Выберите вариант","reply_markup":{{"inline_keyboard":[[{{"text":"Вариант №1","callback_data":"c:17:0"}}],[{{"text":"Вариант №2","callback_data":"c:17:1"}}]]}}}},"chat_instance":"-3210","data":"c:17:1"}}}}"#
        ),
        5 => format!(
            r#"{{"update_id":{id},"message":{{{head},"document":{{"file_name":"акт.pdf","mime_type":"application/pdf","thumbnail":{{"file_id":"AAMCAgAD","file_unique_id":"AQAD","file_size":6345,"width":226,"height":320}},"file_id":"BQACAgIAAxkBAAIB","file_unique_id":"AgADqR8","file_size":132456}},"caption":"Акт за октябрь"}}}}"#
        ),
        15 => format!(
            r#"{{"update_id":{id},"message_reaction":{{{CHAT},"message_id":5,"date":1790000000,"old_reaction":[],"new_reaction":[{{"type":"emoji","emoji":"👍"}}]}}}}"#
        ),
        _ => format!(
            r#"{{"update_id":{id},"message":{{{head},"text":"Подскажите, пожалуйста, сколько стоит расчёт номер {number}?","entities":[{{"offset":0,"length":10,"type":"bold"}}]}}}}"#
        ),
    }
}

fn batch() -> Bytes {
    let mut text = r#"{"ok":true,"result":["#.to_owned();
    for number in 0..100 {
        let comma = if number == 0 { "" } else { "," };
        write!(text, "{comma}{}", update(number)).expect("a string takes everything");
    }
    text.push_str("]}");
    Bytes::from(text)
}

fn benches(c: &mut Criterion) {
    let batch = batch();
    let parsed = parse_batch(&batch).expect("a batch");
    assert_eq!(parsed.items.len(), 100);
    assert_eq!(parsed.next_offset(), Some(500_000_100));
    let malformed = parsed
        .items
        .iter()
        .filter(|item| matches!(item, vestnik::telegram::Incoming::Malformed(_)));
    assert_eq!(malformed.count(), 0);

    let mut group = c.benchmark_group("update_parsing");
    group.throughput(Throughput::Elements(100));
    group.bench_function("batch of 100", |b| {
        b.iter(|| parse_batch(black_box(&batch)))
    });
    // What a parser of the whole answer would cost that keeps no raw text and types nothing.
    group.bench_function("batch of 100, serde_json::Value", |b| {
        b.iter(|| serde_json::from_slice::<serde_json::Value>(black_box(&batch)))
    });
    group.throughput(Throughput::Elements(1));
    let text = Bytes::from(update(1));
    group.bench_function("one text", |b| {
        b.iter(|| parse_update(black_box(text.clone())))
    });
    group.finish();
}

criterion_group!(parsing, benches);
criterion_main!(parsing);
