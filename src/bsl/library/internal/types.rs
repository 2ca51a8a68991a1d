//! Identifiers of types in 1C's own texts.

use crate::library::registry::TypeDef;
use crate::value::Value;
use crate::vm::Vm;

pub const ARRAY: &str = "51e7a0d2-530b-11d4-b98a-008048da3034";
pub const STRUCTURE: &str = "4238019d-7e49-4fc9-91db-b6b951d5cf8e";
pub const MAP: &str = "3d48feae-a9c6-4c5a-a099-9eb6477630c6";
pub const FIXED_ARRAY: &str = "4500381b-db30-4a10-9db4-990038032acf";
pub const FIXED_STRUCTURE: &str = "3ee983d7-ace7-40f9-bb7e-2e916fcddd56";
pub const FIXED_MAP: &str = "220455ea-6c85-4513-996f-bbe79ed07774";
pub const TABLE: &str = "acf6192e-81ca-46ef-93a6-5a6968b78663";
pub const TREE: &str = "e603c0f2-92fb-4d47-8f38-a44a381cf235";
pub const LIST: &str = "4772b3b4-f4a3-49c0-a1a5-8cb5961511a3";
/// An element of a list of values.
pub const LIST_ITEM: &str = "1e512aab-1b41-4ef6-9375-f0137be9dd91";
pub const UUID: &str = "fc01b5df-97fe-449b-83d4-218a090e681e";
pub const BINARY: &str = "87126200-3e98-44e0-b931-ccb1d7edc497";
pub const STORAGE: &str = "e199ca70-93cf-46ce-a54b-6edc88c3a296";
pub const DESCRIPTION: &str = "f5c65050-3bbb-11d5-b988-0050bae0a95d";
pub const PERIOD: &str = "2fdc88ec-7c9b-43cd-8ba5-873f043bdd88";

/// Every type that has an identifier here, by its name in the language.
static TYPES: &[(&str, &str)] = &[
    ("Строка", "9b6abf8b-0173-48e5-b0a0-83b21fcf63c5"),
    ("Число", "b0be78f2-0ee6-4d31-a3bb-77dd32ba5bec"),
    ("Дата", "aae38c48-a877-411c-a6d3-fbaa1f83c4bd"),
    ("Булево", "5d4125ad-f6e7-4313-be32-f71d0ab60915"),
    ("Неопределено", "ee8d3e7c-f930-4a76-8aad-4ff9083a6ea6"),
    ("Null", "af40a278-63bc-478e-91a8-19e0d16b10b5"),
    ("Тип", "d47d59f8-73f0-481c-8b5e-f6384c0a4804"),
    ("Массив", ARRAY),
    ("Структура", STRUCTURE),
    ("Соответствие", MAP),
    ("ФиксированныйМассив", FIXED_ARRAY),
    ("ФиксированнаяСтруктура", FIXED_STRUCTURE),
    ("ФиксированноеСоответствие", FIXED_MAP),
    ("ТаблицаЗначений", TABLE),
    ("ДеревоЗначений", TREE),
    ("СписокЗначений", LIST),
    ("УникальныйИдентификатор", UUID),
    ("ДвоичныеДанные", BINARY),
    ("ХранилищеЗначения", STORAGE),
    ("ОписаниеТипов", DESCRIPTION),
    ("СтандартныйПериод", PERIOD),
];

/// The identifier of a type.
pub fn id_of(ty: &TypeDef) -> Option<&'static str> {
    let found = TYPES.iter().find(|(name, _)| *name == ty.ru)?;
    Some(found.1)
}

/// The type of an identifier, in letters of any case.
pub fn type_of_id(vm: &Vm<'_>, id: &str) -> Option<Value> {
    let found = TYPES.iter().find(|(_, own)| own.eq_ignore_ascii_case(id))?;
    vm.type_by_name(found.0)
}
