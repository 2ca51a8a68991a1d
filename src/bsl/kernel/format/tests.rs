//! Sources: «sem» is bsl-semantics.md, «doc» 1C's documentation of the format string, «believed»
//! neither.

use super::*;
use crate::kernel::date::Date;
use crate::kernel::number::Number;
use proptest::prelude::*;

fn number(value: &str, format: &str) -> String {
    let value = Number::parse_invariant(value, 100).unwrap();
    format_number(&value, &FormatString::parse(format), Locale::Ru).replace('\u{a0}', "_")
}

fn date(value: &str, format: &str) -> String {
    let value = Date::parse_literal(value).unwrap();
    format_date(value, &FormatString::parse(format), Locale::Ru)
}

#[test]
fn numbers() {
    for (value, format, expected) in [
        ("1234567.89", "", "1_234_567,89"),        // sem
        ("0", "", ""),                             // sem
        ("0", "ЧН=", "0"),                         // sem
        ("0", "ЧН=ноль", "ноль"),                  // doc
        ("0", "ЧН='0,00'; ЧДЦ=2", "0,00"),         // doc
        ("0", "NZ=-", "-"),                        // doc
        ("0.001", "ЧДЦ=2", ""),                    // believed: rounded to zero is zero
        ("0.001", "ЧДЦ=2; ЧН=", "0,00"),           // 8.3.27
        ("0", "ЧДЦ=2; ЧН=", "0,00"),               // 8.3.27
        ("0", "ЧЦ=3; ЧН=; ЧВН=", "000"),           // 8.3.27
        ("12.5", "ЧЦ=0", "13"),                    // as ЧЦ=5: no fraction
        ("5", "ЧЦ=5;ЧВН=", "00_005"),              // sem: grouping stays on
        ("5", "ЧЦ=5;ЧВН=;ЧГ=0", "00005"),          // sem
        ("5", "ND=5; NLZ=; NG=", "00005"),         // sem
        ("5", "ЧВН=", "5"),                        // doc: needs ЧЦ
        ("5.5", "ЧЦ=6;ЧДЦ=2;ЧВН=", "0_005,50"),    // doc
        ("12.345", "ЧДЦ=2", "12,35"),              // doc: 15 as 20
        ("12.344", "ЧДЦ=2", "12,34"),              // doc
        ("-12.345", "ЧДЦ=2", "-12,35"),            // doc
        ("12", "ЧДЦ=2", "12,00"),                  // sem: pads zeros
        ("0.5", "ЧДЦ=2", "0,50"),                  // doc
        ("0.05", "ЧДЦ=1", "0,1"),                  // doc
        ("12.5", "ЧДЦ=0", "13"),                   // doc
        ("12.345", "ЧЦ=5", "12"),                  // doc: no ЧДЦ, no fraction
        ("12345", "ЧЦ=3", "999"),                  // believed: does not fit
        ("-12345.6", "ЧЦ=5; ЧДЦ=2", "-999,99"),    // believed
        ("0.5", "ЧЦ=2; ЧДЦ=2", ",50"),             // believed: no room for the whole part
        ("1234567", "ЧГ=0", "1234567"),            // sem
        ("1234567", "ЧГ=", "1234567"),             // sem
        ("1234567", "ЧГ=3", "1234_567"),           // one group
        ("1234567", "ЧГ=3,0", "1_234_567"),        // the usual groups
        ("123456789", "ЧГ=3,2", "12_34_56_789"),   // doc: the last size repeats
        ("12345", "ЧГ=0,3", "12345"),              // no first group, no further ones
        ("123456789", "ЧГ='4'", "12345_6789"),     // one group
        ("1234.5", "ЧРД=.; ЧГ=0", "1234.5"),       // sem
        ("1234.5", "ЧРД='.'; ЧРГ=' '", "1 234.5"), // doc
        ("1234.5", "ЧРГ=,; ЧРД=.", "1,234.5"),     // doc
        ("1234.5", "ЧРГ=; ЧРД=", "1_234,5"),       // believed: empty is the locale's
        ("1234.5", "Л=en", "1,234.5"),             // doc
        ("1234.5", "L=en_US", "1,234.5"),          // doc
        ("1234.5", "Л=xx", "1_234,5"),             // believed: an unknown one is ours
        ("-1.1", "ЧО=0", "(1,1)"),                 // doc
        ("-1.1", "ЧО=1", "-1,1"),                  // doc
        ("-1.1", "ЧО=2", "- 1,1"),                 // doc
        ("-1.1", "ЧО=3", "1,1-"),                  // doc
        ("-1.1", "NN=4", "1,1 -"),                 // doc
        ("1.1", "ЧО=0", "1,1"),                    // doc
        ("123456", "ЧС=3", "123,456"),             // doc
        ("123456", "NS=3; NFD=1", "123,5"),        // doc
        ("0.25", "ЧС=-2", "25"),                   // doc
        ("0.25", "ЧС=-2; ЧФ='Ч %'", "25 %"),       // believed
        ("5", "ЧФ=\"Ч 'Ч'\"", "5 Ч"),              // believed
        ("5", "ЧФ=шт", "5"),                       // believed: no place for the number
        (
            "100",
            "ЧДЦ=1000000000000",
            &("100,".to_owned() + &"0".repeat(1000)),
        ),
        ("100", "ЧЦ=абв", "100"), // not a number: as if absent
        ("100", "нечто", "100"),
        ("100", ";;=;ЧДЦ=1;;", "100,0"),
        ("100", "чдц=1", "100,0"), // believed: keys in any case
        (
            "12345678901234567890123456789012345678901234567890.55",
            "ЧДЦ=1; ЧГ=0",
            "12345678901234567890123456789012345678901234567890,6",
        ),
    ] {
        assert_eq!(
            number(value, format),
            expected,
            "Формат({value}, «{format}»)"
        );
    }
}

#[test]
fn dates() {
    let moment = "20240102030405"; // a Tuesday
    for (value, format, expected) in [
        (moment, "", "02.01.2024 3:04:05"), // sem
        ("00010101", "", ""),               // sem
        ("00010101", "ДП=нет", "нет"),      // doc
        ("00010101", "ДФ=дд.ММ.гггг; ДП='__.__.____'", "__.__.____"), // doc
        (moment, "ДФ=дд.ММ.гггг", "02.01.2024"), // doc
        (moment, "DF=dd.MM.yyyy", "02.01.2024"), // doc
        (moment, "ДФ='дд.ММ.гг Ч:мм'", "02.01.24 3:04"), // doc
        (moment, "ДФ=\"дд ММММ гггг\"", "02 января 2024"), // sem: genitive
        (moment, "ДФ=ММММ", "Январь"),      // sem: alone
        (moment, "ДФ='ММММ гггг'", "Январь 2024"), // believed
        (moment, "ДФ='д МММ г'", "2 янв 24"), // doc
        (moment, "ДФ='М.д'", "1.2"),        // doc
        (moment, "ДФ='ддд, дддд'", "Вт, вторник"), // believed: letter case
        (moment, "ДФ='дддд, д ММММ'", "вторник, 2 января"), // doc
        (moment, "ДФ='дддд, ММММ'", "вторник, Январь"), // weekdays are not days
        (moment, "ДФ='к квартал'", "1 1вартал"), // letters stand unquoted
        (moment, "ДФ=\"к 'квартал' гггг 'г.'\"", "1 квартал 2024 г."), // doc
        (moment, "ДФ='q'", "1"),            // doc
        (moment, "ДФ='ЧЧ:мм:сс'", "03:04:05"), // doc
        (moment, "ДФ='HH:mm:ss'", "03:04:05"), // doc
        ("20240102153405", "ДФ='чч:мм вв'; Л=en", "03:34 PM"), // doc
        ("20240102003405", "ДФ='h:mm tt'; L=en", "12:34 AM"), // doc
        ("20240102153405", "ДФ='чч:мм вв'", "03:34 "), // doc: none in Russian
        (
            moment,
            "ДФ=\"гггг-ММ-дд'T'ЧЧ:мм:сс\"",
            "2024-01-02T03:04:05",
        ), // doc
        (moment, "ДФ=ггггММддЧЧммсс", "20240102030405"), // doc
        (moment, "ДЛФ=Д", "02.01.2024"),    // sem
        (moment, "ДЛФ=ДД", "2 января 2024 г."), // sem, believed: wording
        (moment, "ДЛФ=В", "3:04:05"),       // sem
        (moment, "ДЛФ=ДВ", "02.01.2024 3:04:05"), // sem
        (moment, "ДЛФ=ДДВ", "2 января 2024 г. 3:04:05"), // sem
        (moment, "DLF=DDT", "2 января 2024 г. 3:04:05"), // doc
        (moment, "DLF=T", "3:04:05"),       // doc
        (moment, "ДЛФ=D; Л=en", "1/2/2024"), // believed
        (moment, "DLF=DD; L=en", "January 2, 2024"), // believed
        (moment, "L=en", "1/2/2024 3:04:05 AM"), // believed
        (moment, "ДФ='MMMM d'; Л=en_US", "January 2"), // doc
        (moment, "ДФ='", ""),               // an unclosed quote: nothing
    ] {
        assert_eq!(
            date(value, format),
            expected,
            "Формат('{value}', «{format}»)"
        );
    }
}

#[test]
fn booleans() {
    for (value, format, expected) in [
        (true, "", "Да"),
        (false, "", "Нет"),
        (true, "БИ=есть; БЛ=нету", "есть"),
        (false, "БИ=есть; БЛ=нету", "нету"),
        (false, "BT=on; BF=", ""),
        (true, "Л=en", "Yes"), // believed
        (true, "БИ='да; конечно'", "да; конечно"),
        (true, "БИ=\"он сказал \"\"да\"\"\"", "он сказал \"да\""),
    ] {
        assert_eq!(
            format_boolean(value, &FormatString::parse(format), Locale::Ru),
            expected,
            "{format}"
        );
    }
}

proptest! {
    #[test]
    fn any_format_is_answered(
        format in "([ЧДЛБ][ЦДСРНВГОФЛПИ]{1,2}[=;]['\"дМгчЧмскв0-9;. -]{0,8}){0,4}",
        rest in any::<String>(),
        value in any::<i64>(),
        ticks in 0..=Date::MAX.ticks(),
    ) {
        for text in [&format, &rest] {
            let format = FormatString::parse(text);
            let scaled = Number::from_scaled(i128::from(value), 7);
            let _ = format_number(&scaled, &format, Locale::Ru);
            let _ = format_date(Date::from_ticks(ticks).unwrap(), &format, Locale::En);
            let _ = format_boolean(value > 0, &format, Locale::Ru);
        }
    }

    /// The invariant form reads back, whatever the number.
    #[test]
    fn numbers_read_back(mantissa in any::<i128>(), scale in 0u32..30) {
        let value = Number::from_scaled(mantissa, scale);
        let invariant = format_number(&value, &FormatString::parse("ЧГ=0;ЧРД=.;ЧН="), Locale::Ru);
        prop_assert_eq!(Number::parse_invariant(&invariant, 100), Ok(value.clone()));
        let usual = format_number(&value, &FormatString::parse("ЧН="), Locale::Ru);
        prop_assert_eq!(Number::parse_1c(&usual, 100), Ok(value.clone()));
        prop_assert_eq!(usual, value.to_1c_text());
    }

    #[test]
    fn dates_read_back(ticks in 10_000..=Date::MAX.ticks()) {
        let value = Date::from_ticks(ticks).unwrap().whole_seconds();
        let text = format_date(value, &FormatString::parse("ДФ=ггггММддЧЧммсс"), Locale::Ru);
        prop_assert_eq!(Date::parse_digits(&text), Some(value));
        let text = format_date(value, &FormatString::default(), Locale::Ru);
        prop_assert_eq!(text, value.to_1c_text());
    }
}
