//! Keys as a Russian speaker would call them: for the hint of a key that is written in Russian.

/// A Russian word and the key that it stands for.
const KEYS: &[(&str, &str)] = &[
    ("код", "code"),
    ("имя", "name"),
    ("название", "name"),
    ("наименование", "name"),
    ("описание", "description"),
    ("токен", "token"),
    ("главный", "main"),
    ("основной", "main"),
    ("включен", "enabled"),
    ("активен", "enabled"),
    ("слово", "words"),
    ("слова", "words"),
    ("ключевое слово", "words"),
    ("вид", "kind"),
    ("тип", "kind"),
    ("текст", "text"),
    ("ответ", "text"),
    ("алгоритм", "algorithm"),
    ("заголовок", "title"),
    ("варианты", "variants"),
    ("подтверждать", "confirm"),
    ("подтверждение", "confirm"),
    ("колонки", "columns"),
    ("столбцы", "columns"),
    ("назад", "back"),
    ("родитель", "parent"),
    ("цель", "target"),
    ("удален", "deleted"),
    ("пометка удаления", "deleted"),
    ("язык", "locale"),
    ("часовой пояс", "time_zone"),
    ("группа", "groups"),
    ("группы", "groups"),
    ("почта", "email"),
    ("телефон", "phone"),
    ("инн", "inn"),
    ("кпп", "kpp"),
    ("партнер", "partner"),
    ("бот", "bot"),
    ("чат", "chat"),
    ("файл", "file"),
    ("срок", "deadline"),
    ("исполнитель", "performer"),
    ("шаг", "step"),
    ("условие", "condition"),
    ("событие", "event"),
    ("получатели", "recipients"),
    ("канал", "channel"),
    ("неизвестный ответ", "unknown_reply"),
    ("приглашение", "prompt"),
    ("сценарий", "scenario"),
    ("ответственный", "responsible"),
];

/// The key that a Russian word stands for.
pub(super) fn key_meant(word: &str) -> Option<&'static str> {
    let word = word
        .trim_matches(['"', '\''])
        .to_lowercase()
        .replace('ё', "е")
        .replace('_', " ");
    KEYS.iter()
        .find(|(russian, _)| *russian == word)
        .map(|&(_, key)| key)
}
