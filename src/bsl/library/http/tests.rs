//! HTTP from outside: programs, a transport over plain sockets, and a small server on this machine.

use crate::host::{HttpRequest, HttpResponse, MessageStatus};
use crate::kernel::encode::{Charset, decode_percent};
use crate::{Environment, Host, Limits, Locale, Program, Source, Vm};
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread::JoinHandle;
use std::time::Duration;

/// What a server saw.
struct Seen {
    line: String,
    headers: Vec<String>,
    body: Vec<u8>,
}

/// Answers so many requests by a function of what came, and then gives back what it saw.
fn serve(
    count: usize,
    answer: impl Fn(&Seen) -> Vec<u8> + Send + 'static,
) -> (SocketAddr, JoinHandle<Vec<Seen>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let handle = std::thread::spawn(move || {
        let mut all = Vec::new();
        for _ in 0..count {
            let (mut stream, _) = listener.accept().unwrap();
            let seen = read_request(&mut stream);
            stream.write_all(&answer(&seen)).unwrap();
            all.push(seen);
        }
        all
    });
    (address, handle)
}

fn read_request(stream: &mut TcpStream) -> Seen {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    let head = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at;
        }
        let count = stream.read(&mut chunk).unwrap();
        assert!(count > 0, "the request ended early");
        bytes.extend_from_slice(&chunk[..count]);
    };
    let text = String::from_utf8(bytes[..head].to_vec()).unwrap();
    let mut lines = text.split("\r\n").map(str::to_string);
    let line = lines.next().unwrap();
    let headers: Vec<String> = lines.collect();
    let length: usize = headers
        .iter()
        .find_map(|header| header.strip_prefix("Content-Length: "))
        .map_or(0, |length| length.parse().unwrap());
    let mut body = bytes[head + 4..].to_vec();
    while body.len() < length {
        let count = stream.read(&mut chunk).unwrap();
        assert!(count > 0, "the body ended early");
        body.extend_from_slice(&chunk[..count]);
    }
    Seen {
        line,
        headers,
        body,
    }
}

/// The host of a run: every server is the one on this machine.
#[derive(Default)]
struct Network {
    lines: Vec<String>,
    server: Option<SocketAddr>,
    sent: Vec<HttpRequest>,
    refusal: Option<String>,
}

impl Host for Network {
    fn message(&mut self, text: &str, _: MessageStatus) {
        self.lines.push(text.replace('\u{a0}', "_"));
    }

    fn http(&mut self, request: HttpRequest) -> Option<Result<HttpResponse, String>> {
        self.sent.push(request.clone());
        if let Some(reason) = &self.refusal {
            return Some(Err(reason.clone()));
        }
        let server = self.server?;
        Some(exchange(server, &request).map_err(|error| error.to_string()))
    }
}

fn exchange(server: SocketAddr, request: &HttpRequest) -> std::io::Result<HttpResponse> {
    let mut stream = TcpStream::connect(server)?;
    let mut head = format!(
        "{} {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\n",
        request.method,
        request.path,
        request.host,
        request.body.len()
    );
    for (name, value) in &request.headers {
        write!(head, "{name}: {value}\r\n").unwrap();
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes())?;
    stream.write_all(&request.body)?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    let end = bytes
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .unwrap();
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap();
    Ok(HttpResponse {
        status: status.parse().unwrap(),
        headers: lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_string(), value.to_string()))
            .collect(),
        body: bytes[end + 4..].to_vec(),
    })
}

fn run(text: &str, host: &mut Network, limits: Limits) -> String {
    let sources = [Source {
        name: "Тест".into(),
        text: text.into(),
        common: false,
    }];
    let program = Program::compile(&Environment::default(), &sources);
    assert_eq!(program.render_problems(0, Locale::Ru), "", "{text}");
    let mut vm = Vm::new(&program, host, limits);
    let error = vm.run(0).err().map(|fault| {
        let mut error = &fault.0;
        while let Some(cause) = &error.cause {
            error = cause;
        }
        error.description(Locale::Ru)
    });
    drop(vm);
    host.lines
        .extend(error.map(|text| format!("ошибка: {text}")));
    host.lines.join("\n")
}

/// Time does not decide here: nothing of these tests is about its limit.
fn limits() -> Limits {
    Limits {
        time: Duration::from_secs(600),
        ..Limits::default()
    }
}

/// A program that sends nothing, or whose request nobody answers.
#[track_caller]
fn check(text: &str, expected: &str) {
    let trimmed = |text: &str| {
        let lines: Vec<&str> = text.trim().lines().map(str::trim).collect();
        lines.join("\n")
    };
    let said = run(text, &mut Network::default(), limits());
    assert_eq!(trimmed(&said), trimmed(expected), "{text}");
}

/// What a program sends.
fn sent(text: &str) -> HttpRequest {
    let mut host = Network {
        refusal: Some("не отвечает".into()),
        ..Network::default()
    };
    let said = run(text, &mut host, limits());
    assert!(
        said.starts_with("ошибка: Ошибка работы с Интернет: не отвечает"),
        "{said}"
    );
    host.sent.remove(0)
}

/// The program of the article about Telegram (section «Дополнение: Программный код»): three missing
/// semicolons are added, СоединениеHTTP, ТекстЗапросИсходящегоСообщения and ТекстЗапроса are given one
/// name each, and the inputs have values.
fn article(request: &str) -> String {
    format!(
        r#"
НомерСообщения = 1234566;
КлючПолучателя = "77";
ТекстСообщения = "Привет, мир %E2%9A%A0";

// HTTP-соединение (без указания прокси).
СоединениеHTTP = Новый HTTPСоединение("api.telegram.org", 443, , , , 15, Новый ЗащищенноеСоединениеOpenSSL());

// Токен чат-бота (созданного ранее в Telegram-клиенте).
Токен = "123:ABC";

// Запрос проверки подключения.
ТекстЗапросаПроверкиПодключения = "bot" + Токен + "/getMe";

// Запрос получения всех входящих сообщений.
ТекстЗапросаВходящихСообщений = "bot" + Токен + "/getUpdates";

// Запрос получения входящих сообщений, начиная с указанного номера.
ТекстЗапросаВходящихСообщений = "bot" + Токен + "/getUpdates?offset=" + Формат(НомерСообщения + 1, "ЧГ=");

// Запрос отправки сообщения, указанного в переменной ТекстСообщения.
ТекстЗапросаИсходящегоСообщения = "bot" + Токен + "/sendMessage?chat_id=" + КлючПолучателя + "&text=" + ТекстСообщения;

// HTTP-запрос и получение ответа.
ТекстЗапроса = {request};
ЗапросHTTP = Новый HTTPЗапрос(ТекстЗапроса);
ОтветHTTP = СоединениеHTTP.Получить(ЗапросHTTP);

// Преобразование ответа в значение типа "Структура".
ЧтениеJSON = Новый ЧтениеJSON;
ЧтениеJSON.ОткрытьПоток(ОтветHTTP.ПолучитьТелоКакПоток());
Результат = ПрочитатьJSON(ЧтениеJSON);

Сообщить(ОтветHTTP.КодСостояния);
Сообщить(ТипЗнч(Результат));
Сообщить(Результат.ok);
Сообщить(Результат.result);
"#
    )
}

#[test]
fn the_program_of_the_article_runs() {
    for (request, line, result) in [
        (
            "ТекстЗапросаПроверкиПодключения",
            "GET /bot123:ABC/getMe HTTP/1.1",
            "",
        ),
        (
            "ТекстЗапросаВходящихСообщений",
            "GET /bot123:ABC/getUpdates?offset=1234567 HTTP/1.1",
            "",
        ),
        (
            "ТекстЗапросаИсходящегоСообщения",
            "GET /bot123:ABC/sendMessage?chat_id=77&text=%D0%9F%D1%80%D0%B8%D0%B2%D0%B5%D1%82,%20%D0%BC%D0%B8%D1%80%20%E2%9A%A0 HTTP/1.1",
            "Привет, мир ⚠",
        ),
    ] {
        // The server answers with the text that arrived.
        let (address, server) = serve(1, |seen| {
            let text = seen.line.split("&text=").nth(1).unwrap_or_default();
            let text = text.trim_end_matches(" HTTP/1.1");
            let text = decode_percent(text, Charset::Utf8).unwrap();
            let json = format!("{{\"ok\":true,\"result\":\"{text}\"}}");
            format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{json}",
                json.len()
            )
            .into_bytes()
        });
        let mut host = Network {
            server: Some(address),
            ..Network::default()
        };
        let said = run(&article(request), &mut host, limits());
        assert_eq!(said, format!("200\nСтруктура\nДа\n{result}"));
        assert_eq!(server.join().unwrap()[0].line, line);
        let sent = &host.sent[0];
        assert!(sent.secure);
        assert_eq!(
            (sent.host.as_str(), sent.port, sent.timeout_s),
            ("api.telegram.org", 443, 15)
        );
    }
}

#[test]
fn bodies_and_headers_arrive_and_come_back() {
    let (address, server) = serve(2, |_| {
        let mut answer =
            b"HTTP/1.1 201 Created\r\ncontent-type: text/plain; charset=windows-1251\r\nx-a: 1\r\nx-a: 2\r\n\r\n"
                .to_vec();
        answer.extend(Charset::WINDOWS_1251.encode("ответ"));
        answer
    });
    let mut host = Network {
        server: Some(address),
        ..Network::default()
    };
    let said = run(
        "С = Новый HTTPСоединение(\"a.example\"); З = Новый HTTPЗапрос(\"п\");
         З.Заголовки[\"X-Number\"] = 12345; З.Заголовки.Вставить(\"X-Text\", \"яч\");
         З.УстановитьТелоИзСтроки(\"тело\");
         О = С.ОтправитьДляОбработки(З);
         Сообщить(О.КодСостояния); Сообщить(О.Заголовки[\"Content-Type\"]); Сообщить(О.Заголовки.Получить(\"X-A\"));
         Сообщить(О.ПолучитьТелоКакСтроку()); Сообщить(О.ПолучитьТелоКакДвоичныеДанные().Размер());
         Сообщить(СтрДлина(О.ПолучитьТелоКакСтроку(\"iso-8859-1\")));
         П = З.GetBodyAsStream(); П.Перейти(0, ПозицияВПотоке.Конец);
         ПолучитьДвоичныеДанныеИзСтроки(\"!\").Записать(П); П.Закрыть();
         С.ВызватьHTTPМетод(\"put\", З);",
        &mut host,
        limits(),
    );
    assert_eq!(
        said,
        "201\ntext/plain; charset=windows-1251\n1, 2\nответ\n5\n5"
    );
    let seen = server.join().unwrap();
    assert_eq!(seen[0].line, "POST /%D0%BF HTTP/1.1");
    assert!(seen[0].headers.contains(&"X-Number: 12345".to_string()));
    assert!(seen[0].headers.contains(&"X-Text: яч".to_string()));
    assert_eq!(seen[0].body, "тело".as_bytes());
    assert_eq!(seen[1].line, "PUT /%D0%BF HTTP/1.1");
    assert_eq!(seen[1].body, "тело!".as_bytes());
}

#[test]
fn every_method_has_its_name() {
    for (call, method) in [
        ("С.Получить(З)", "GET"),
        ("С.ОтправитьДляОбработки(З)", "POST"),
        ("С.Записать(З)", "PUT"),
        ("С.Изменить(З)", "PATCH"),
        ("С.Удалить(З)", "DELETE"),
        ("С.ПолучитьЗаголовки(З)", "HEAD"),
        ("С.ВызватьHTTPМетод(\"Options\", З)", "OPTIONS"),
        ("С.CallHTTPMethod(\"GET\", З)", "GET"),
    ] {
        let request = sent(&format!(
            "С = New HTTPConnection(\"a.example\", , \"user\", \"пароль\"); З = New HTTPRequest; {call};"
        ));
        assert_eq!(request.method, method);
        assert_eq!((request.port, request.secure), (80, false));
        assert_eq!(request.path, "/");
        assert_eq!(
            request.login,
            Some(("user".to_string(), "пароль".to_string()))
        );
        // Without a timeout of its own it is what is left of the run.
        assert!((1..=601).contains(&request.timeout_s));
    }
}

#[test]
fn bodies_have_encodings() {
    let body = |call: &str| {
        sent(&format!(
            "С = Новый HTTPСоединение(\"a\"); З = Новый HTTPЗапрос; З.{call}; С.Записать(З);"
        ))
        .body
    };
    assert_eq!(body("УстановитьТелоИзСтроки(\"я\")"), "я".as_bytes());
    assert_eq!(
        body(
            "УстановитьТелоИзСтроки(\"я\", КодировкаТекста.UTF8, ИспользованиеByteOrderMark.Использовать)"
        ),
        "\u{feff}я".as_bytes()
    );
    assert_eq!(
        body("УстановитьТелоИзСтроки(\"я\", \"windows-1251\")"),
        b"\xff"
    );
    assert_eq!(
        body("УстановитьТелоИзСтроки(\"A\", КодировкаТекста.UTF16)"),
        b"\xff\xfeA\0"
    );
    assert_eq!(
        body("SetBodyFromString(\"A\", TextEncoding.UTF16, ByteOrderMarkUse.DontUse)"),
        b"A\0"
    );
    assert_eq!(
        body("УстановитьТелоИзДвоичныхДанных(Base64Значение(\"AQI=\"))"),
        [1, 2]
    );
}

#[test]
fn proxies_are_chosen() {
    let proxied = |server: &str, more: &str| {
        sent(&format!(
            "П = Новый ИнтернетПрокси; П.Установить(\"https\", \"proxy.example\", 3128, \"u\", \"p\"); {more}
             С = Новый HTTPСоединение(\"{server}\", , , , П, , Новый ЗащищенноеСоединениеOpenSSL(, Новый СертификатыУдостоверяющихЦентровОС));
             С.Получить(Новый HTTPЗапрос(\"/а\"));"
        ))
    };
    let request = proxied("a.example", "");
    assert_eq!(request.proxy, Some(("proxy.example".to_string(), 3128)));
    assert_eq!(
        request.proxy_login,
        Some(("u".to_string(), "p".to_string()))
    );
    assert_eq!(request.port, 443);
    let local = "П.НеИспользоватьПроксиДляЛокальныхАдресов = Истина;";
    assert_eq!(proxied("host", local).proxy, None);
    let masks = "П.НеИспользоватьПроксиДляАдресов.Добавить(\"*.Example\");";
    assert_eq!(proxied("a.example", masks).proxy, None);
    check(
        "П = Новый InternetProxy(Истина); П.Set(\"http\", \"p\"); Сообщить(П.Server(\"HTTP\")); Сообщить(П.Port()); Сообщить(П.User(\"https\"));
         П.Установить(\"gopher\", \"p\");",
        "p
         8_080

         ошибка: Несоответствие типов (параметр номер '1')",
    );
}

#[test]
fn wrong_uses_are_errors_that_can_be_caught() {
    let get = |server: &str, request: &str| {
        format!("С = Новый HTTPСоединение({server}); С.Получить({request});")
    };
    for (text, expected) in [
        (
            get("\"a\"", "Новый HTTPЗапрос(\"/\")"),
            "Обращение к сети недоступно: для этого запуска она не разрешена",
        ),
        (get("\"a\"", "\"/\""), "Несоответствие типов (параметр номер '1')"),
        (
            get("\"a\"", "Новый HTTPЗапрос(\"/\"), \"файл.txt\""),
            "Файлы программе недоступны: передайте строку, двоичные данные или поток",
        ),
        (
            get("\"https://a\"", "Неопределено"),
            "Неверное имя сервера «https://a»: нужно имя или адрес, без «https://», порта и пути",
        ),
        (
            get("\"a@b\"", "Неопределено"),
            "Неверное имя сервера «a@b»: нужно имя или адрес, без «https://», порта и пути",
        ),
        (get("\"a\", 70000", "Неопределено"), "Несоответствие типов (параметр номер '2')"),
        (get("\"a\", , , , 5", "Неопределено"), "Несоответствие типов (параметр номер '5')"),
        (
            "З = Новый HTTPЗапрос(\"/\"); З.Заголовки[\"А\"] = \"1\"; С = Новый HTTPСоединение(\"a\"); С.Получить(З);".into(),
            "Неверный заголовок HTTP «А»",
        ),
        (
            "З = Новый HTTPЗапрос(\"/\"); З.Заголовки[\"A\"] = \"1\" + Символы.ПС + \"Host: b\"; С = Новый HTTPСоединение(\"a\"); С.Получить(З);".into(),
            "Неверный заголовок HTTP «A»",
        ),
        (
            "З = Новый HTTPЗапрос; З.Заголовки = 5;".into(),
            "Несоответствие типов (параметр номер '1')",
        ),
    ] {
        check(&text, &format!("ошибка: {expected}"));
        check(
            &format!("Попытка {text} Исключение Сообщить(\"поймано\"); КонецПопытки;"),
            "поймано",
        );
    }
    let mut host = Network {
        refusal: Some("узел «a» не разрешен".into()),
        ..Network::default()
    };
    assert_eq!(
        run(
            "Попытка С = Новый HTTPСоединение(\"a\"); С.Получить(Новый HTTPЗапрос); Исключение
                 И1 = ИнформацияОбОшибке().Причина; Сообщить(И1.Описание); Сообщить(И1.Категория);
             КонецПопытки;",
            &mut host,
            limits()
        ),
        "Ошибка работы с Интернет: узел «a» не разрешен\nОшибка сети"
    );
}

#[test]
fn walls_hold() {
    // Calls are output.
    let text = "З = Новый HTTPЗапрос(\"/0123456789012345678901234567890123456789\");
         С = Новый HTTPСоединение(\"a\");
         Пока Истина Цикл Попытка С.Записать(З); Исключение КонецПопытки; КонецЦикла;";
    let bounded = Limits {
        output: 10_000,
        ..limits()
    };
    assert_eq!(
        run(text, &mut Network::default(), bounded),
        "ошибка: Превышен допустимый объем вывода"
    );
    // An answer is memory.
    let (address, server) = serve(1, |_| {
        let mut answer = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
        answer.resize(2 << 20, b'x');
        answer
    });
    let mut host = Network {
        server: Some(address),
        ..Network::default()
    };
    let bounded = Limits {
        memory: 1 << 20,
        ..limits()
    };
    assert_eq!(
        run(
            "С = Новый HTTPСоединение(\"a\"); Попытка С.Получить(Новый HTTPЗапрос); Исключение Сообщить(\"проглочено\"); КонецПопытки;",
            &mut host,
            bounded
        ),
        "ошибка: Превышен допустимый объем памяти"
    );
    server.join().unwrap();
    // A server may not hold a run longer than the run may last.
    let mut host = Network {
        refusal: Some("нет".into()),
        ..Network::default()
    };
    let bounded = Limits {
        time: Duration::from_secs(30),
        ..limits()
    };
    run(
        "С = Новый HTTPСоединение(\"a\", , , , , 100); С.Получить(Новый HTTPЗапрос);",
        &mut host,
        bounded,
    );
    assert!((1..=31).contains(&host.sent[0].timeout_s));
}
