//! The sample program of the article that the product follows, section «Дополнение: Программный код»:
//! it runs as it stands there, but for missing semicolons, names that the article mixes up
//! (`HTTPСоединение` and `СоединениеHTTP`, which of its requests `ТекстЗапроса` is) and inputs: the
//! address is a server of this test, without TLS, and the token is nobody's.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;

use vestnik::scripting::http::{AllowList, HttpLimits, Transport};

use super::stage::Stage;

/// `ПОРТ` and `ЗАПРОС` are put in; what follows the article is the last two lines.
const PROGRAM: &str = r#"
// HTTP-соединение (без указания прокси).
СоединениеHTTP = Новый HTTPСоединение("127.0.0.1", ПОРТ, , , , 15);

// Токен чат-бота.
Токен = "1:AA-bb";

// Запрос проверки подключения.
ТекстЗапросаПроверкиПодключения = "bot" + Токен + "/getMe";

// Запрос получения всех входящих сообщений.
ТекстЗапросаВсехСообщений = "bot" + Токен + "/getUpdates";

// Запрос получения входящих сообщений, начиная с указанного номера.
НомерСообщения = 123456;
ТекстЗапросаВходящихСообщений = "bot" + Токен + "/getUpdates?offset=" + Формат(НомерСообщения + 1, "ЧГ=");

// Запрос отправки сообщения.
КлючПолучателя = "42"; ТекстСообщения = "<b>Привет</b>, мир %E2%9A%A0";
ТекстЗапросаИсходящегоСообщения = "bot" + Токен + "/sendMessage?chat_id=" + КлючПолучателя + "&text=" + ТекстСообщения;

// HTTP-запрос и получение ответа.
ТекстЗапроса = ЗАПРОС;
ЗапросHTTP = Новый HTTPЗапрос(ТекстЗапроса);
ОтветHTTP = СоединениеHTTP.Получить(ЗапросHTTP);

// Преобразование ответа в значение типа "Структура".
ЧтениеJSON = Новый ЧтениеJSON;
ЧтениеJSON.ОткрытьПоток(ОтветHTTP.ПолучитьТелоКакПоток());
Результат = ПрочитатьJSON(ЧтениеJSON);

Сообщить(ОтветHTTP.КодСостояния);
_Результат = "" + ТипЗнч(Результат) + " " + Результат.ok + " " + ТипЗнч(Результат.result) + " " + Результат.description;
"#;

/// Answers one request and gives back its first line.
fn serve(answer: &'static str) -> (u16, std::thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let server = std::thread::spawn(move || {
        let (stream, _) = listener.accept().expect("a call");
        let mut lines = BufReader::new(&stream).lines();
        let first = lines.next().expect("a request").expect("a line");
        while lines
            .next()
            .is_some_and(|line| !line.expect("a line").is_empty())
        {}
        let length = answer.len();
        write!(
            &stream,
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{answer}"
        )
        .expect("answered");
        first
    });
    (port, server)
}

#[test]
fn the_sample_program_of_the_article_runs() {
    let object = r#"{"ok":true,"result":{"id":1,"is_bot":true},"description":"да"}"#;
    let list = r#"{"ok":true,"result":[{"update_id":123457}],"description":""}"#;
    for (request, answer, line, result) in [
        (
            "ТекстЗапросаПроверкиПодключения",
            object,
            "GET /bot1:AA-bb/getMe HTTP/1.1",
            "Структура Да Структура да",
        ),
        (
            "ТекстЗапросаВсехСообщений",
            list,
            "GET /bot1:AA-bb/getUpdates HTTP/1.1",
            "Структура Да Массив ",
        ),
        (
            "ТекстЗапросаВходящихСообщений",
            list,
            "GET /bot1:AA-bb/getUpdates?offset=123457 HTTP/1.1",
            "Структура Да Массив ",
        ),
        (
            // What is not legal in an address is encoded, what is encoded stays: the sign arrives.
            "ТекстЗапросаИсходящегоСообщения",
            object,
            "GET /bot1:AA-bb/sendMessage?chat_id=42&text=%3Cb%3E%D0%9F%D1%80%D0%B8%D0%B2%D0%B5%D1%82%3C/b%3E,%20%D0%BC%D0%B8%D1%80%20%E2%9A%A0 HTTP/1.1",
            "Структура Да Структура да",
        ),
    ] {
        let (port, server) = serve(answer);
        let mut stage = Stage::sqlite();
        stage.services.transport = Transport::new(
            AllowList::new(&[format!("127.0.0.1:{port}")]),
            HttpLimits::default(),
        );
        let program = PROGRAM
            .replace("ПОРТ", &port.to_string())
            .replace("ЗАПРОС", request);
        assert_eq!(stage.say(&program), result, "{request}");
        let seen = server.join().expect("served");
        assert_eq!(seen, line);
        if let Some((_, text)) = seen.split_once("&text=") {
            let text = percent_encoding::percent_decode_str(text.trim_end_matches(" HTTP/1.1"));
            assert_eq!(text.decode_utf8().expect("text"), "<b>Привет</b>, мир ⚠");
        }
    }
}
