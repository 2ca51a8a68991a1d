//! Names that the host gives to programs, in both languages: variables, properties, catalogs, types and
//! fields. The names of methods stand beside what they run.

use vestnik_bsl::Program;

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

pub(super) const fn pair(ru: &'static str, en: &'static str) -> Pair {
    Pair { ru, en }
}

impl Pair {
    /// Whether a folded name is one of the two.
    pub(super) fn is(self, folded: &str) -> bool {
        self.ru.to_lowercase() == folded || self.en.to_lowercase() == folded
    }
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

/// Types by both names.
pub(super) fn all_types() -> Vec<(String, String)> {
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

/// Standard attributes of references, objects and selections.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Standard {
    Ref,
    Code,
    Name,
    Deleted,
}

impl Standard {
    pub(super) const ALL: [Standard; 4] = [
        Standard::Ref,
        Standard::Code,
        Standard::Name,
        Standard::Deleted,
    ];

    pub(super) fn name(self) -> Pair {
        match self {
            Standard::Ref => pair("Ссылка", "Ref"),
            Standard::Code => pair("Код", "Code"),
            Standard::Name => pair("Наименование", "Description"),
            Standard::Deleted => pair("ПометкаУдаления", "DeletionMark"),
        }
    }

    pub(super) fn named(folded: &str) -> Option<Standard> {
        Standard::ALL
            .into_iter()
            .find(|standard| standard.name().is(folded))
    }

    /// The one whose number, its place among all, this is.
    pub(super) fn with_number(number: u32) -> Option<Standard> {
        Standard::ALL
            .into_iter()
            .find(|standard| *standard as u32 == number)
    }
}

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
