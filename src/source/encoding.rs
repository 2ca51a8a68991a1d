//! Bytes that are to be a text. What Windows programs write in another encoding is recognised, so that
//! the remedy can name it.

/// Why bytes are no text in UTF-8.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NotText {
    /// The line of the first byte that does not fit, from 1.
    pub line: u32,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

/// The text of a file, without the byte order mark that some editors put before it.
///
/// # Errors
/// What encoding it probably is instead, and how to change it.
pub fn text_of(bytes: &[u8]) -> Result<&str, NotText> {
    let bad_at = match std::str::from_utf8(bytes) {
        // UTF-16 of Latin letters is valid UTF-8, with a zero for every second byte.
        Ok(text) if !is_utf16(bytes) => return Ok(text.strip_prefix('\u{feff}').unwrap_or(text)),
        Ok(_) => 0,
        Err(error) => error.valid_up_to(),
    };
    let lines = bytes[..bad_at]
        .iter()
        .filter(|&&byte| byte == b'\n')
        .count();
    let (what, name) = if is_utf16(bytes) {
        ("; похоже, это UTF-16 («Юникод» в «Блокноте»)", "UTF-16")
    } else if is_windows_1251(bytes) {
        ("; похоже, это Windows-1251 («ANSI» в «Блокноте»)", "CP1251")
    } else {
        ("", "")
    };
    let by_command = if name.is_empty() {
        String::new()
    } else {
        format!("; или командой: iconv -f {name} -t UTF-8 СТАРЫЙ > НОВЫЙ")
    };
    Err(NotText {
        line: u32::try_from(lines + 1).unwrap_or(u32::MAX),
        message: format!("файл не в кодировке UTF-8{what}"),
        hint: format!(
            "сохраните файл в UTF-8: в «Блокноте» это «Сохранить как», внизу окна «Кодировка: UTF-8»{by_command}"
        ),
    })
}

/// What is looked at to recognise an encoding.
const SAMPLE_BYTES: usize = 4096;

fn is_utf16(bytes: &[u8]) -> bool {
    let sample = &bytes[..bytes.len().min(SAMPLE_BYTES)];
    let zeros = sample.iter().filter(|&&byte| byte == 0).count();
    sample.starts_with(&[0xff, 0xfe])
        || sample.starts_with(&[0xfe, 0xff])
        || (zeros > 0 && zeros >= sample.len() / 4)
}

/// Cyrillic letters are 0xC0 to 0xFF there, and a text has hardly any other byte over 0x7F.
fn is_windows_1251(bytes: &[u8]) -> bool {
    let sample = &bytes[..bytes.len().min(SAMPLE_BYTES)];
    let high = sample.iter().filter(|&&byte| byte >= 0x80).count();
    let letters = sample
        .iter()
        .filter(|&&byte| byte >= 0xc0 || matches!(byte, 0xa8 | 0xb8 | 0xab | 0xbb | 0xb9))
        .count();
    high > 0 && letters * 10 >= high * 9
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoding_is_recognised() {
        let check = |bytes: &[u8], line: u32, message: &str, hint: &str| match text_of(bytes) {
            Ok(text) => panic!("a text: {text}"),
            Err(not) => {
                assert_eq!(not.line, line, "{not:?}");
                assert!(not.message.contains(message), "{not:?}");
                assert!(
                    not.hint.contains(hint) && not.hint.contains("«Блокноте»"),
                    "{not:?}"
                );
            }
        };
        let utf16 =
            |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
        // «имя» in Windows-1251.
        check(
            b"code = 1\nname = \"\xe8\xec\xff\"\n",
            2,
            "Windows-1251",
            "iconv -f CP1251",
        );
        check(
            &[&[0xff, 0xfe][..], &utf16("имя = 1")].concat(),
            1,
            "UTF-16",
            "iconv -f UTF-16",
        );
        check(&utf16("code = 1"), 1, "UTF-16", "iconv -f UTF-16");
        check(b"\x81\x82", 1, "не в кодировке UTF-8", "UTF-8");
        assert_eq!(text_of("\u{feff}имя".as_bytes()), Ok("имя"));
        assert_eq!(text_of(b""), Ok(""));
    }
}
