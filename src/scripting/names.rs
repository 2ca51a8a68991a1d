//! Every name that the host gives to programs, in both languages, in one place: the objects resolve
//! their members by these tables, and docs/algorithms-host.md is made of them.

use vestnik_bsl::Program;
use vestnik_bsl::host::HostMethod;

use crate::model::PartyKind;

/// Variables of every program.
pub(super) const VARIABLES: [&str; 3] = [RESULT, PERFORMER, INPUT];
pub(super) const RESULT: &str = "_Результат";
pub(super) const PERFORMER: &str = "_Исполнитель";
pub(super) const INPUT: &str = "_ДанныеДляОбработки";

/// A name in Russian and English.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair {
    pub(super) ru: &'static str,
    pub(super) en: &'static str,
}

const fn pair(ru: &'static str, en: &'static str) -> Pair {
    Pair { ru, en }
}

impl Pair {
    /// Whether a folded name is one of the two.
    pub(super) fn is(self, folded: &str) -> bool {
        self.ru.to_lowercase() == folded || self.en.to_lowercase() == folded
    }
}

/// The place of a folded name.
pub(super) fn position(pairs: &[Pair], folded: &str) -> Option<usize> {
    pairs.iter().position(|pair| pair.is(folded))
}

/// A method: its names, parameters as the document shows them, arity, and whether it gives a value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Method {
    pub(super) name: Pair,
    pub(super) params: &'static str,
    pub(super) min: u8,
    pub(super) max: u8,
    pub(super) is_function: bool,
    pub(super) about: &'static str,
}

const fn method(
    ru: &'static str,
    en: &'static str,
    params: &'static str,
    arity: (u8, u8),
    is_function: bool,
    about: &'static str,
) -> Method {
    Method {
        name: pair(ru, en),
        params,
        min: arity.0,
        max: arity.1,
        is_function,
        about,
    }
}

/// The method of a folded name: its place in the table is its number.
pub(super) fn find_method(methods: &[Method], folded: &str) -> Option<HostMethod> {
    let place = methods.iter().position(|method| method.name.is(folded))?;
    let method = &methods[place];
    Some(HostMethod {
        id: place as u32,
        min: method.min,
        max: method.max,
        is_function: method.is_function,
    })
}

/// Global properties.
pub(super) const CATALOGS: Pair = pair("Справочники", "Catalogs");
pub(super) const TELEGRAM: Pair = pair("Telegram", "Telegram");
pub(super) const CHAT_BOTS: Pair = pair("ЧатБоты", "ChatBots");

/// The global properties, each name once.
pub(super) fn properties() -> Vec<String> {
    [
        CATALOGS.ru,
        CATALOGS.en,
        TELEGRAM.ru,
        CHAT_BOTS.ru,
        CHAT_BOTS.en,
    ]
    .map(str::to_owned)
    .into()
}

/// The catalogs.
pub(super) const KINDS: [(PartyKind, Pair); 3] = [
    (PartyKind::User, pair("Пользователи", "Users")),
    (PartyKind::Partner, pair("Партнеры", "Partners")),
    (
        PartyKind::Counterparty,
        pair("Контрагенты", "Counterparties"),
    ),
];

pub(super) fn kind_name(kind: PartyKind) -> Pair {
    KINDS
        .iter()
        .find(|(known, _)| *known == kind)
        .map_or(KINDS[0].1, |(_, name)| *name)
}

/// The beginnings of the types of a catalog.
pub(super) const REFERENCE: Pair = pair("СправочникСсылка", "CatalogRef");
pub(super) const OBJECT: Pair = pair("СправочникОбъект", "CatalogObject");
pub(super) const MANAGER: Pair = pair("СправочникМенеджер", "CatalogManager");
pub(super) const SELECTION: Pair = pair("СправочникВыборка", "CatalogSelection");
const TYPE_BEGINNINGS: [Pair; 4] = [REFERENCE, OBJECT, MANAGER, SELECTION];

/// Types of their own.
pub(super) const CATALOGS_TYPE: Pair = pair("СправочникиМенеджер", "CatalogsManager");
pub(super) const TELEGRAM_TYPE: Pair = pair("TelegramМенеджер", "TelegramManager");
pub(super) const CHAT_BOTS_TYPE: Pair = pair("ЧатБотыМенеджер", "ChatBotsManager");
pub(super) const CHAT_BOT_TYPE: Pair = pair("ЧатБот", "ChatBot");

/// The Russian name of a catalog's type.
pub(super) fn type_name(beginning: Pair, kind: PartyKind) -> String {
    format!("{}.{}", beginning.ru, kind_name(kind).ru)
}

/// The catalog of a reference's type.
pub(super) fn kind_of_reference(type_name: &str) -> Option<PartyKind> {
    let (beginning, catalog) = type_name.split_once('.')?;
    let known = REFERENCE.is(&beginning.to_lowercase());
    let catalog = catalog.to_lowercase();
    KINDS
        .iter()
        .find(|(_, name)| known && name.is(&catalog))
        .map(|(kind, _)| *kind)
}

fn all_types() -> Vec<(String, String)> {
    let mut types = Vec::new();
    for beginning in TYPE_BEGINNINGS {
        for (_, name) in KINDS {
            types.push((
                format!("{}.{}", beginning.ru, name.ru),
                format!("{}.{}", beginning.en, name.en),
            ));
        }
    }
    for own in [CATALOGS_TYPE, TELEGRAM_TYPE, CHAT_BOTS_TYPE, CHAT_BOT_TYPE] {
        types.push((own.ru.to_owned(), own.en.to_owned()));
    }
    types
}

/// Types by their Russian names.
pub(super) fn types() -> Vec<String> {
    all_types().into_iter().map(|(ru, _)| ru).collect()
}

/// What a type shows as a text, in the order of [`types`]: of a reference it is what an element of the
/// catalog is called, as in 1C; of the others the kind of object and the catalog.
pub(super) fn type_presentations() -> Vec<String> {
    let element = |kind| match kind {
        PartyKind::User => "Пользователь",
        PartyKind::Partner => "Партнер",
        PartyKind::Counterparty => "Контрагент",
    };
    let of = |begin: &str, kind| format!("{begin}: {}", element(kind));
    let mut texts: Vec<String> = Vec::new();
    for beginning in TYPE_BEGINNINGS {
        texts.extend(KINDS.map(|(kind, name)| match beginning.ru {
            "СправочникСсылка" => element(kind).to_owned(),
            "СправочникОбъект" => of("Справочник объект", kind),
            "СправочникВыборка" => of("Справочник выборка", kind),
            _ => format!("Справочник менеджер: {}", name.ru),
        }));
    }
    texts
}

/// Makes the English names mean the same types.
pub(super) fn alias_types(program: &mut Program) {
    for (ru, en) in all_types() {
        let Some(&number) = program
            .names
            .find(&ru)
            .and_then(|name| program.globals.types.get(&name))
        else {
            continue;
        };
        let alias = program.names.intern(&en);
        program.globals.types.insert(alias, number);
    }
}

/// Standard attributes of references, objects and selections, by their number.
pub(super) const FIELDS: [Pair; 4] = [
    pair("Ссылка", "Ref"),
    pair("Код", "Code"),
    pair("Наименование", "Description"),
    pair("ПометкаУдаления", "DeletionMark"),
];
pub(super) const REF: u32 = 0;
pub(super) const CODE: u32 = 1;
pub(super) const NAME: u32 = 2;
pub(super) const DELETED: u32 = 3;

/// Attributes that every party has, with the key under which files name them.
pub(super) const ATTRIBUTES: [(&str, Pair); 5] = [
    ("inn", pair("ИНН", "INN")),
    ("kpp", pair("КПП", "KPP")),
    ("partner", pair("Партнер", "Partner")),
    ("email", pair("АдресЭлектроннойПочты", "Email")),
    ("phone", pair("Телефон", "Phone")),
];

/// The key of an attribute by its folded name: a well-known one under its Latin key, any other as it is.
pub(super) fn attribute_key(folded: &str) -> &str {
    ATTRIBUTES
        .iter()
        .find(|(key, name)| *key == folded || name.is(folded))
        .map_or(folded, |(key, _)| key)
}

/// Whether every party has the attribute.
pub(super) fn is_well_known(key: &str) -> bool {
    ATTRIBUTES.iter().any(|(known, _)| *known == key)
}

pub(super) const MANAGER_METHODS: [Method; 6] = [
    method(
        "НайтиПоКоду",
        "FindByCode",
        "Код",
        (1, 1),
        true,
        "Ссылка на элемент с этим кодом или пустая ссылка; регистр не важен.",
    ),
    method(
        "НайтиПоНаименованию",
        "FindByDescription",
        "Наименование, ТочноеСоответствие = Ложь",
        (1, 2),
        true,
        "Ссылка на элемент с этим наименованием, а без точного соответствия также с наименованием, которое так начинается; регистр не важен.",
    ),
    method(
        "НайтиПоРеквизиту",
        "FindByAttribute",
        "ИмяРеквизита, Значение",
        (2, 2),
        true,
        "Ссылка на первый по коду элемент с этим значением реквизита или пустая ссылка; регистр не важен.",
    ),
    method(
        "Выбрать",
        "Select",
        "",
        (0, 0),
        true,
        "Выборка всех элементов по возрастанию кода, помеченные на удаление тоже.",
    ),
    method(
        "ПустаяСсылка",
        "EmptyRef",
        "",
        (0, 0),
        true,
        "Пустая ссылка.",
    ),
    method(
        "СоздатьЭлемент",
        "CreateItem",
        "",
        (0, 0),
        true,
        "Новый объект; он появится в базе после Записать().",
    ),
];
pub(super) const REFERENCE_METHODS: [Method; 2] = [
    method(
        "ПолучитьОбъект",
        "GetObject",
        "",
        (0, 0),
        true,
        "Объект для изменения; Неопределено для пустой ссылки.",
    ),
    method(
        "Пустая",
        "IsEmpty",
        "",
        (0, 0),
        true,
        "Истина у пустой ссылки.",
    ),
];
pub(super) const OBJECT_METHODS: [Method; 4] = [
    method(
        "Записать",
        "Write",
        "",
        (0, 0),
        false,
        "Записывает. Пустой код получает следующий номер. Если элемент с тех пор изменил кто-то другой, это ошибка.",
    ),
    method(
        "ЭтоНовый",
        "IsNew",
        "",
        (0, 0),
        true,
        "Истина, пока объект не записан.",
    ),
    method(
        "Прочитать",
        "Read",
        "",
        (0, 0),
        false,
        "Читает записанное заново.",
    ),
    method(
        "УстановитьПометкуУдаления",
        "SetDeletionMark",
        "Пометка = Истина",
        (0, 1),
        false,
        "Ставит или снимает пометку удаления и записывает.",
    ),
];
pub(super) const SELECTION_METHODS: [Method; 2] = [
    method(
        "Следующий",
        "Next",
        "",
        (0, 0),
        true,
        "Переходит к следующему элементу; Ложь, когда их больше нет.",
    ),
    method(
        "ПолучитьОбъект",
        "GetObject",
        "",
        (0, 0),
        true,
        "Объект текущего элемента.",
    ),
];
pub(super) const TELEGRAM_METHODS: [Method; 2] = [
    method(
        "Отправить",
        "Send",
        "Кому, Текст, Параметры = Неопределено",
        (2, 3),
        true,
        "Отправляет сообщение элементу справочника (во все его чаты с ботом) или в чат по ключу; возвращает число сообщений. Параметры — структура: Бот, Когда, Файлы.",
    ),
    method(
        "Регистрации",
        "Registrations",
        "Кто",
        (1, 1),
        true,
        "Массив структур Бот и КлючЧата: где зарегистрирован элемент справочника.",
    ),
];
pub(super) const CHAT_BOT_METHODS: [Method; 1] = [method(
    "Отправить",
    "Send",
    "Кому, Текст, Параметры = Неопределено",
    (2, 3),
    true,
    "То же, что Telegram.Отправить, от имени этого бота.",
)];

/// Everything above as tables of Markdown.
#[must_use]
pub fn host_reference() -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    let _ = writeln!(text, "### Переменные и свойства\n");
    let _ = writeln!(text, "| Имя | По-английски |\n|---|---|");
    for name in VARIABLES {
        let _ = writeln!(text, "| `{name}` | — |");
    }
    for name in [CATALOGS, TELEGRAM, CHAT_BOTS] {
        let _ = writeln!(text, "| `{}` | `{}` |", name.ru, name.en);
    }
    let _ = writeln!(text, "\n### Типы\n");
    let _ = writeln!(text, "| Тип | По-английски |\n|---|---|");
    for (ru, en) in all_types() {
        let _ = writeln!(text, "| `{ru}` | `{en}` |");
    }
    let _ = writeln!(text, "\n### Реквизиты ссылки, объекта и выборки\n");
    let _ = writeln!(
        text,
        "| Имя | По-английски | Ключ в файлах |\n|---|---|---|"
    );
    for name in FIELDS {
        let _ = writeln!(text, "| `{}` | `{}` | — |", name.ru, name.en);
    }
    for (key, name) in ATTRIBUTES {
        let _ = writeln!(text, "| `{}` | `{}` | `{key}` |", name.ru, name.en);
    }
    let groups: [(&str, &[Method]); 6] = [
        ("Методы менеджера справочника", &MANAGER_METHODS),
        ("Методы ссылки", &REFERENCE_METHODS),
        ("Методы объекта", &OBJECT_METHODS),
        ("Методы выборки", &SELECTION_METHODS),
        ("Методы `Telegram`", &TELEGRAM_METHODS),
        ("Методы бота из `ЧатБоты`", &CHAT_BOT_METHODS),
    ];
    for (title, methods) in groups {
        let _ = writeln!(text, "\n### {title}\n");
        let _ = writeln!(text, "| Метод | По-английски | Что делает |\n|---|---|---|");
        for method in methods {
            let _ = writeln!(
                text,
                "| `{}({})` | `{}` | {} |",
                method.name.ru, method.params, method.name.en, method.about
            );
        }
    }
    text
}
