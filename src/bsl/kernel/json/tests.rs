//! Sources: RFC 8259; the options and forms as 1C's documentation names them, layout of the default
//! output believed.

use super::*;
use crate::kernel::date::Date;
use crate::kernel::locale::Locale;
use crate::kernel::number::Number;
use proptest::prelude::*;

/// The tokens as a line, or the error's message.
fn read(text: &str) -> String {
    let mut reader = JsonReader::new(text, 5, 50);
    let mut shown = Vec::new();
    loop {
        match reader.read() {
            Ok(None) => return shown.join(" "),
            Ok(Some(token)) => shown.push(match token {
                JsonToken::ObjectStart => "{".to_owned(),
                JsonToken::ObjectEnd => "}".to_owned(),
                JsonToken::ArrayStart => "[".to_owned(),
                JsonToken::ArrayEnd => "]".to_owned(),
                JsonToken::Name(name) => format!("{name}:"),
                JsonToken::String(value) => format!("{value:?}"),
                JsonToken::Number(value) => value.to_invariant_text(),
                JsonToken::Boolean(value) => value.to_string(),
                JsonToken::Null => "null".to_owned(),
                JsonToken::Comment(text) => format!("/*{text}*/"),
            }),
            Err(error) => return error.message(Locale::Ru),
        }
    }
}

#[test]
fn reading() {
    for (text, expected) in [
        (
            r#"{"а":1,"b":[true,false,null,"x"],"c":{}}"#,
            r#"{ а: 1 b: [ true false null "x" ] c: { } }"#,
        ),
        (" [ ] ", "[ ]"),
        ("\u{feff}1.50", "1.5"),
        ("-0.5e+2", "-50"),
        ("12345678901234567890.25", "12345678901234567890.25"),
        (r#""\n\t\"\\\/\u0041\ud83d\ude00""#, r#""\n\t\"\\/A😀""#),
        (r#""\ud83d""#, "\"\u{fffd}\""),
        (r#""\ud83dx\u0041""#, "\"\u{fffd}xA\""),
        ("// да\n[1, /* два */ 2]", "/* да*/ [ 1 /* два */ 2 ]"),
        ("", "Непредвиденный конец текста JSON (строка 1, позиция 1)"),
        (
            "{",
            "Непредвиденный конец текста JSON (строка 1, позиция 2)",
        ),
        (
            "[1,]",
            "Непредвиденный символ при чтении JSON: «]» (строка 1, позиция 4)",
        ),
        (
            "{\"a\":1,}",
            "Непредвиденный символ при чтении JSON: «}» (строка 1, позиция 8)",
        ),
        (
            "{\"a\" 1}",
            "Непредвиденный символ при чтении JSON: «1» (строка 1, позиция 6)",
        ),
        (
            "{a:1}",
            "Непредвиденный символ при чтении JSON: «a» (строка 1, позиция 2)",
        ),
        (
            "[\n  яблоко]",
            "Непредвиденный символ при чтении JSON: «я» (строка 2, позиция 3)",
        ),
        (
            "[1 2]",
            "Непредвиденный символ при чтении JSON: «2» (строка 1, позиция 4)",
        ),
        (
            "[1}",
            "Непредвиденный символ при чтении JSON: «}» (строка 1, позиция 3)",
        ),
        ("1 \"а\" [2]{}", "1 \"а\" [ 2 ] { }"),
        (
            "[1] x",
            "Непредвиденный символ при чтении JSON: «x» (строка 1, позиция 5)",
        ),
        (
            "tru",
            "Непредвиденный конец текста JSON (строка 1, позиция 4)",
        ),
        (
            "trUe",
            "Непредвиденный символ при чтении JSON: «U» (строка 1, позиция 3)",
        ),
        ("01", "Неверная запись числа в JSON (строка 1, позиция 1)"),
        ("1.", "Неверная запись числа в JSON (строка 1, позиция 1)"),
        ("-", "Неверная запись числа в JSON (строка 1, позиция 1)"),
        (
            "1e99999",
            "Число в JSON имеет слишком много цифр (строка 1, позиция 1)",
        ),
        (
            "\"a\nb\"",
            "Непредвиденный символ при чтении JSON: «\\n» (строка 1, позиция 3)",
        ),
        (
            "\"abc",
            "Непредвиденный конец текста JSON (строка 1, позиция 5)",
        ),
        (
            r#""\x""#,
            "Неверная последовательность после «\\» в строке JSON (строка 1, позиция 2)",
        ),
        (
            r#""\u12г4""#,
            "Неверная последовательность после «\\» в строке JSON (строка 1, позиция 2)",
        ),
        (
            "/* без конца",
            "Непредвиденный конец текста JSON (строка 1, позиция 13)",
        ),
        (
            "[[[[[[",
            "Вложенность JSON больше допустимой (5) (строка 1, позиция 6)",
        ),
    ] {
        assert_eq!(read(text), expected, "{text}");
    }
}

#[test]
fn hostile_depth_is_an_error() {
    let mut reader = JsonReader::new(&"[".repeat(200_000), 500, 50);
    let error = loop {
        match reader.read() {
            Ok(Some(_)) => {}
            Ok(None) => panic!("ended"),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind, JsonErrorKind::TooDeep(500));
    assert_eq!(reader.depth(), 500);
}

#[test]
fn positions() {
    let mut reader = JsonReader::new("{\"a\": [1,\n \"c\"]}", 10, 50);
    let mut places = vec![reader.end_position()];
    while let Ok(Some(_)) = reader.read() {
        places.push(reader.end_position());
    }
    assert_eq!(
        places,
        [
            (0, 0),
            (1, 1),
            (1, 5),
            (1, 7),
            (1, 8),
            (2, 4),
            (2, 5),
            (2, 6)
        ]
    );
    assert_eq!(reader.position(), (2, 7));
}

/// A small value, written by the one writer.
fn sample(options: JsonWriterOptions) -> String {
    let mut writer = JsonWriter::new(options, 10_000, 10);
    writer.start_object().unwrap();
    writer.name("а").unwrap();
    writer
        .number(&Number::parse_invariant("1.50", 40).unwrap())
        .unwrap();
    writer.name("b").unwrap();
    writer.start_array().unwrap();
    writer.string("x\"\n").unwrap();
    writer.null().unwrap();
    writer.boolean(true).unwrap();
    writer.end_array().unwrap();
    writer.name("c").unwrap();
    writer.start_object().unwrap();
    writer.end_object().unwrap();
    writer.name("d").unwrap();
    writer.start_array().unwrap();
    writer.end_array().unwrap();
    writer.end_object().unwrap();
    writer.finish()
}

#[test]
fn writing() {
    assert_eq!(
        sample(JsonWriterOptions::compact()),
        r#"{"а":1.5,"b":["x\"\n",null,true],"c":{},"d":[]}"#
    );
    assert_eq!(
        sample(JsonWriterOptions::default()),
        "{\n\"а\": 1.5,\n\"b\": [\n\"x\\\"\\n\",\nnull,\ntrue\n],\n\"c\": {},\n\"d\": []\n}"
    );
    let indented = JsonWriterOptions {
        indent: "\t".to_owned(),
        ..JsonWriterOptions::default()
    };
    assert!(sample(indented).contains("\n\t\"b\": [\n\t\t\"x\\\"\\n\",\n\t\tnull"));
    let windows = JsonWriterOptions {
        new_lines: JsonNewLines::Windows,
        ..JsonWriterOptions::default()
    };
    assert!(sample(windows).starts_with("{\r\n\"а\": 1.5,\r\n"));
    let bare = JsonWriterOptions {
        double_quotes: false,
        ..JsonWriterOptions::compact()
    };
    assert!(sample(bare).starts_with("{а:1.5,b:["));
}

#[test]
fn escapes() {
    let write = |options: JsonWriterOptions| {
        let mut writer = JsonWriter::new(options, 1000, 10);
        writer.string("я<&'/😀\u{2028}\u{1}").unwrap();
        writer.finish()
    };
    let compact = JsonWriterOptions::compact;
    assert_eq!(write(compact()), "\"я<&'/😀\\u2028\\u0001\"");
    assert_eq!(
        write(JsonWriterOptions {
            escape: JsonEscape::NotAscii,
            ..compact()
        }),
        "\"\\u044F<&'/\\uD83D\\uDE00\\u2028\\u0001\""
    );
    assert_eq!(
        write(JsonWriterOptions {
            escape: JsonEscape::NotBmp,
            escape_line_terminators: false,
            ..compact()
        }),
        "\"я<&'/\\uD83D\\uDE00\u{2028}\\u0001\""
    );
    assert_eq!(
        write(JsonWriterOptions {
            escape_angle_brackets: true,
            escape_ampersand: true,
            escape_single_quotes: true,
            escape_slash: true,
            ..compact()
        }),
        "\"я\\u003C\\u0026\\u0027\\/😀\\u2028\\u0001\""
    );
}

#[test]
fn numbers_with_an_exponent() {
    for (number, expected) in [
        ("0", "0E+0"),
        ("5", "5E+0"),
        ("-1234.5", "-1.2345E+3"),
        ("0.00125", "1.25E-3"),
        ("1000", "1E+3"),
        (
            "123456789012345678901234567890",
            "1.2345678901234567890123456789E+29",
        ),
    ] {
        let mut writer = JsonWriter::new(JsonWriterOptions::compact(), 1000, 10);
        let number = Number::parse_invariant(number, 50).unwrap();
        writer.number_with_exponent(&number).unwrap();
        let text = writer.finish();
        assert_eq!(text, expected);
        assert_eq!(Number::parse_scientific(&text, 50), Ok(number));
    }
}

#[test]
fn raw_text_goes_anywhere() {
    let mut writer = JsonWriter::new(JsonWriterOptions::compact(), 1000, 10);
    writer.start_object().unwrap();
    writer.raw("\"a\":1").unwrap();
    writer.name("b").unwrap();
    writer.raw("[2]").unwrap();
    writer.raw("\"c\":3").unwrap();
    writer.end_object().unwrap();
    assert_eq!(writer.finish(), r#"{"a":1,"b":[2],"c":3}"#);
}

#[test]
fn structure_and_limits() {
    let mut writer = JsonWriter::new(JsonWriterOptions::compact(), 30, 2);
    assert_eq!(writer.name("a"), Err(JsonWriteError::Structure));
    assert_eq!(writer.end_object(), Err(JsonWriteError::Structure));
    writer.start_object().unwrap();
    assert_eq!(writer.null(), Err(JsonWriteError::Structure));
    assert_eq!(writer.end_array(), Err(JsonWriteError::Structure));
    writer.name("a").unwrap();
    assert_eq!(writer.name("b"), Err(JsonWriteError::Structure));
    assert_eq!(writer.end_object(), Err(JsonWriteError::Structure));
    writer.start_array().unwrap();
    assert_eq!(writer.start_array(), Err(JsonWriteError::TooDeep));
    assert_eq!(writer.string(&"x".repeat(31)), Err(JsonWriteError::TooLong));
    let mut writer = JsonWriter::new(JsonWriterOptions::compact(), 30, 2);
    writer.null().unwrap();
    assert_eq!(writer.null(), Err(JsonWriteError::Structure));
}

#[test]
fn dates() {
    use JsonDateFormat::{Iso, JavaScript, Microsoft};
    use JsonDateVariant::{Local, LocalWithOffset, Universal};
    let date = Date::parse_literal("20240102030405").unwrap();
    for (format, variant, expected) in [
        (Iso, Universal, "2024-01-02T00:04:05Z"),
        (Iso, Local, "2024-01-02T03:04:05"),
        (Iso, LocalWithOffset, "2024-01-02T03:04:05+03:00"),
        (Microsoft, Universal, "/Date(1704153845000)/"),
        (JavaScript, Universal, "new Date(1704153845000)"),
    ] {
        let text = write_json_date(date, 10_800, format, variant);
        assert_eq!(text, expected);
        let universal = Date::parse_literal("20240102000405").unwrap();
        let moment = match (format, variant) {
            (Iso, Local) => JsonMoment::Local(date),
            _ => JsonMoment::Universal(universal),
        };
        assert_eq!(read_json_date(&text, format), Some(moment), "{text}");
    }
    assert_eq!(
        write_json_date(Date::EMPTY, 10_800, Iso, Universal),
        "0001-01-01T00:00:00Z"
    );
    assert_eq!(
        read_json_date("/Date(1704153845000+0300)/", Microsoft),
        read_json_date("/Date(1704153845000)/", Microsoft)
    );
    assert_eq!(read_json_date("\\/Date(1704153845000)\\/", Microsoft), None);
    assert_eq!(
        read_json_date("2024-01-02T03:04:05.999", Iso),
        Some(JsonMoment::Local(date))
    );
    for text in [
        "",
        "/Date()/",
        "/Date(x)/",
        "new Date()",
        "2024",
        "/Date(99999999999999999)/",
        "/Date(я)/",
    ] {
        for format in [Iso, Microsoft, JavaScript] {
            assert_eq!(read_json_date(text, format), None, "{text}");
        }
    }
}

/// Writes the tokens of a reader's first value again.
fn copy(text: &str) -> Result<String, JsonError> {
    let mut reader = JsonReader::new(text, 50, 100);
    let mut writer = JsonWriter::new(JsonWriterOptions::compact(), 1_000_000, 50);
    while let Some(token) = reader.read()? {
        let more = matches!(token, JsonToken::Comment(_));
        match token {
            JsonToken::ObjectStart => writer.start_object(),
            JsonToken::ObjectEnd => writer.end_object(),
            JsonToken::ArrayStart => writer.start_array(),
            JsonToken::ArrayEnd => writer.end_array(),
            JsonToken::Name(name) => writer.name(&name),
            JsonToken::String(value) => writer.string(&value),
            JsonToken::Number(value) => writer.number(&value),
            JsonToken::Boolean(value) => writer.boolean(value),
            JsonToken::Null => writer.null(),
            JsonToken::Comment(_) => Ok(()),
        }
        .unwrap();
        if writer.depth() == 0 && !more {
            break;
        }
    }
    Ok(writer.finish())
}

fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|value| value.to_string()),
        any::<i64>().prop_map(|value| value.to_string()),
        "[ а-я\\\\\"😀\u{1}-\u{1f}]{0,8}".prop_map(|text| {
            let mut writer = JsonWriter::new(JsonWriterOptions::compact(), 1000, 1);
            writer.string(&text).unwrap();
            writer.finish()
        }),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5)
                .prop_map(|items| format!("[{}]", items.join(","))),
            proptest::collection::vec(("[a-zа-я]{1,4}", inner), 0..5).prop_map(|items| {
                let items: Vec<String> = items
                    .into_iter()
                    .map(|(name, value)| format!("\"{name}\":{value}"))
                    .collect();
                format!("{{{}}}", items.join(","))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_read_is_written_again(text in json()) {
        prop_assert_eq!(copy(&text).unwrap(), text);
    }

    #[test]
    fn any_text_is_answered(text in "[\\[\\]{}:,\"\\\\u0-9a-f.eE+/* \n-]{0,40}", rest in any::<String>()) {
        for text in [&text, &rest] {
            let _ = copy(text);
            let mut reader = JsonReader::new(text, 5, 50);
            while let Ok(Some(_)) = reader.read() {
                let _ = reader.end_position();
            }
            let _ = reader.position();
            for format in [JsonDateFormat::Iso, JsonDateFormat::Microsoft, JsonDateFormat::JavaScript] {
                let _ = read_json_date(text, format);
            }
        }
    }
}
