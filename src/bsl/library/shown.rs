//! Presentations of values of enumerations: 1C shows the words of a name («Начало объекта» for
//! НачалоОбъекта), and for some values another text, ends with blanks included. The texts are measured
//! on 8.3.27 where open-bsl has published them; elsewhere the words of the name are believed.

use super::registry::EnumDef;
use super::types::words;
use crate::diagnostic::Locale;
use std::borrow::Cow;

/// Enumeration, value, what is shown in Russian and in English.
type Shown = (&'static str, &'static str, &'static str, &'static str);

/// Values that are not shown as the words of their names. English texts are believed.
const SHOWN: &[Shown] = &[
    (
        "ПорядокБайтов",
        "LittleEndian",
        "Little-endian",
        "Little-endian",
    ),
    ("ПорядокБайтов", "BigEndian", "Big-endian", "Big-endian"),
    ("ТипЗначенияJSON", "Null", "Значение Null", "Null value"),
    (
        "ТипЗначенияJSON",
        "КонецМассива",
        "Конец массива ",
        "Array end ",
    ),
    (
        "ТипЗначенияJSON",
        "ИмяСвойства",
        "Имя свойства ",
        "Property name ",
    ),
    ("ТипЗначенияJSON", "Ничего", "Нет", "No"),
    ("ПереносСтрокJSON", "Авто", "Автоматически", "Automatically"),
    ("ЧастиДаты", "ДатаВремя", "Дата и время", "Date and time"),
    ("ФорматДатыJSON", "JavaScript", "JavaScript", "JavaScript"),
    ("РежимОкругления", "Окр15как10", "Окр15как10", "Round15as10"),
    ("РежимОкругления", "Окр15как20", "Окр15как20", "Round15as20"),
    (
        "РежимВосстановленияПутейФайловZIP",
        "Восстанавливать",
        "Восстанавливать пути",
        "Restore paths",
    ),
    (
        "РежимВосстановленияПутейФайловZIP",
        "НеВосстанавливать",
        "Не восстанавливать пути",
        "Do not restore paths",
    ),
    (
        "РежимОбработкиПодкаталоговZIP",
        "ОбрабатыватьРекурсивно",
        "Обрабатывать",
        "Process",
    ),
    (
        "МетодСжатияZIP",
        "Сжатие",
        "Метод сжатия сжатием",
        "Compression method: deflate",
    ),
    (
        "МетодСжатияZIP",
        "Копирование",
        "Метод сжатия копированием",
        "Compression method: copy",
    ),
    (
        "МетодСжатияZIP",
        "BZIP2",
        "Метод сжатия BZIP",
        "Compression method: BZIP",
    ),
    (
        "УровеньСжатияZIP",
        "Минимальный",
        "Минимальный уровень сжатия",
        "Minimum compression level",
    ),
    (
        "УровеньСжатияZIP",
        "Оптимальный",
        "Оптимальный уровень сжатия",
        "Optimal compression level",
    ),
    (
        "УровеньСжатияZIP",
        "Максимальный",
        "Максимальный уровень сжатия",
        "Maximum compression level",
    ),
    (
        "МетодШифрованияZIP",
        "AES128",
        "Шифрование методом AES 128 бит",
        "Encryption by AES, 128 bits",
    ),
    (
        "МетодШифрованияZIP",
        "AES192",
        "Шифрование методом AES 192 бит",
        "Encryption by AES, 192 bits",
    ),
    (
        "МетодШифрованияZIP",
        "AES256",
        "Шифрование методом AES 256 бит",
        "Encryption by AES, 256 bits",
    ),
    (
        "МетодШифрованияZIP",
        "Zip20",
        "Шифрование методом ZIP 2.0",
        "Encryption by ZIP 2.0",
    ),
    ("ТипФайлаАрхива", "Zip", "Тип архива ZIP", "ZIP archive"),
    (
        "ТипФайлаАрхива",
        "BZIP2",
        "Тип архива BZIP2",
        "BZIP2 archive",
    ),
    ("ТипФайлаАрхива", "GZIP", "Тип архива GZIP", "GZIP archive"),
    ("ТипФайлаАрхива", "RAR", "Тип архива RAR", "RAR archive"),
    ("ТипФайлаАрхива", "SevenZip", "Тип архива 7Z", "7Z archive"),
    ("ТипФайлаАрхива", "TAR", "Тип архива TAR", "TAR archive"),
    ("ТипФайлаАрхива", "XZ", "Тип архива XZ", "XZ archive"),
];

/// The text of a value of an enumeration.
#[must_use]
pub fn item_text(list: &EnumDef, item: u16, locale: Locale) -> Cow<'static, str> {
    let Some((name_ru, name_en)) = list.items.get(item as usize) else {
        return Cow::Borrowed("");
    };
    let shown = SHOWN
        .iter()
        .find(|(ty, name, ..)| *ty == list.ty.ru && name == name_ru);
    match (shown, locale) {
        (Some((.., ru, _)), Locale::Ru) => Cow::Borrowed(ru),
        (Some((.., en)), Locale::En) => Cow::Borrowed(en),
        (None, Locale::Ru) => Cow::Owned(words(name_ru)),
        (None, Locale::En) => Cow::Owned(words(name_en)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::registry::LIBRARY;
    use super::*;

    #[test]
    fn shown_values_exist() {
        for (ty, name, ..) in SHOWN {
            let list = LIBRARY.enums.iter().find(|list| list.ty.ru == *ty);
            let list = list.unwrap_or_else(|| panic!("{ty}"));
            assert!(list.items.iter().any(|(ru, _)| ru == name), "{ty}.{name}");
        }
    }
}
