//! Пользователи, партнеры, контрагенты and groups of users (R102).

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, Json, Path, Query};
use actix_web::{HttpResponse, delete, get, patch, post};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::auth::Caller;
use super::edit::{self, IdempotencyKey, IfMatch, answer, change, limit, read};
use super::problem::{Problem, Refused, Rejected};
use super::registrations::party as reference_of;
use super::scope::Scope;
use crate::model::{self, AttributeValue, Audited, Change, PartyGroup, PartyKind, PartyRef, Word};
use crate::runtime::NodeView;
use crate::store::unit_of_work::{self, Stamp, Wrote};
use crate::store::{Conn, StoreError, parties};

/// Parties that a search finds at most of each kind.
const SEARCHED_MAX: i64 = 200;

/// Пользователь, партнер или контрагент.
#[derive(Serialize, ToSchema)]
pub struct Party {
    /// `user:КОД`, `partner:КОД` или `counterparty:КОД`.
    id: String,
    /// active, или deleted — помечен на удаление.
    status: &'static str,
    /// user, partner или counterparty.
    kind: &'static str,
    code: String,
    name: String,
    /// Коды групп пользователя.
    groups: Vec<String>,
    /// Часовой пояс IANA, если свой.
    time_zone: Option<String>,
    /// ru или en, если свой.
    language: Option<String>,
    /// Реквизиты: строки, числа, да и нет.
    #[schema(value_type = Object)]
    attributes: BTreeMap<String, serde_json::Value>,
}

impl From<&model::Party> for Party {
    fn from(party: &model::Party) -> Party {
        let attributes = party.attributes.iter().map(|(name, value)| {
            let value = match value {
                AttributeValue::Text(text) | AttributeValue::Date(text) => {
                    serde_json::Value::String(text.clone())
                }
                // A number that JSON would round is shown as it is written.
                AttributeValue::Number(text) => text
                    .parse::<i64>()
                    .map_or_else(|_| serde_json::Value::String(text.clone()), Into::into),
                AttributeValue::Boolean(value) => serde_json::Value::Bool(*value),
                AttributeValue::Party(party) => serde_json::Value::String(party.to_string()),
            };
            (name.clone(), value)
        });
        Party {
            id: party.reference.to_string(),
            status: if party.deleted { "deleted" } else { "active" },
            kind: party.reference.kind.as_str(),
            code: party.reference.code.clone(),
            name: party.name.clone(),
            groups: party.groups.clone(),
            time_zone: party.time_zone.clone(),
            language: party.language.clone(),
            attributes: attributes.collect(),
        }
    }
}

/// По виду и коду.
#[derive(Serialize, ToSchema)]
struct Parties {
    items: Vec<Party>,
    /// Значение cursor следующей страницы; нет на последней.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// The query.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// user, partner или counterparty
    kind: Option<String>,
    /// Начало наименования или кода
    search: Option<String>,
    /// Значение next предыдущей страницы
    cursor: Option<String>,
    /// Не больше строк, чем столько; 50, если не указано
    limit: Option<u32>,
}

#[utoipa::path(
    operation_id = "listParties",
    summary = "Пользователи, партнеры, контрагенты",
    security(("token" = ["read"])),
    params(Wanted),
    responses((status = 200, description = "Сделано", body = Parties), Refused, Rejected),
)]
#[get("/api/v1/parties")]
pub async fn list(
    caller: Caller,
    view: Data<NodeView>,
    wanted: Query<Wanted>,
) -> Result<Json<Parties>, Problem> {
    caller.require(Scope::Read)?;
    let kind = wanted.kind.as_deref().map(kind_of).transpose()?;
    let after = wanted.cursor.as_deref().map(reference_of).transpose()?;
    let search = wanted.search.clone().filter(|text| !text.trim().is_empty());
    let most = limit(wanted.limit);
    let found = view
        .store()
        .read(move |conn| page(conn, kind, search.as_deref(), after.as_ref(), most + 1))
        .await
        .map_err(|error| Problem::of(&error))?;
    let (found, next) = edit::page(found, most, |party| party.reference.to_string());
    Ok(Json(Parties {
        items: found.iter().map(Party::from).collect(),
        next,
    }))
}

fn kind_of(word: &str) -> Result<PartyKind, Problem> {
    PartyKind::from_word(word)
        .ok_or_else(|| Problem::invalid("kind: ожидалось user, partner или counterparty"))
}

fn page(
    conn: &mut Conn,
    kind: Option<PartyKind>,
    search: Option<&str>,
    after: Option<&PartyRef>,
    limit: i64,
) -> Result<Vec<model::Party>, StoreError> {
    let kinds = [PartyKind::User, PartyKind::Partner, PartyKind::Counterparty];
    let wanted = |of: PartyKind| kind.is_none_or(|kind| kind == of);
    let mut references = Vec::new();
    match search {
        Some(search) => {
            references = parties::beginning(conn, search.trim(), SEARCHED_MAX)?;
            references.retain(|party| wanted(party.kind));
            references.sort();
            references.retain(|party| after.is_none_or(|after| party > after));
        }
        None => {
            for of in kinds.into_iter().filter(|of| wanted(*of)) {
                let from = match after {
                    Some(after) if after.kind > of => continue,
                    Some(after) if after.kind == of => Some(after.code.as_str()),
                    _ => None,
                };
                let left = limit - i64::try_from(references.len()).unwrap_or(limit);
                let rows = parties::page(conn, of, from, left)?;
                references.extend(rows.into_iter().map(|(party, _)| party.reference));
            }
        }
    }
    references.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let mut found = Vec::with_capacity(references.len());
    for reference in references {
        found.extend(parties::get(conn, &reference)?);
    }
    Ok(found)
}

#[utoipa::path(
    operation_id = "showParty",
    summary = "Один пользователь, партнер или контрагент",
    security(("token" = ["read"])),
    params(("id" = String, Path, description = "user:КОД, partner:КОД или counterparty:КОД")),
    responses((status = 200, description = "Сделано", body = Party), Refused, Rejected),
)]
#[get("/api/v1/parties/{id}")]
pub async fn show(
    caller: Caller,
    view: Data<NodeView>,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    caller.require(Scope::Read)?;
    let reference = reference_of(&id)?;
    let found = view
        .store()
        .read(move |conn| parties::versioned(conn, &reference))
        .await
        .map_err(|error| Problem::of(&error))?;
    let (party, version) = found.ok_or_else(|| Problem::no_such("Сторона", &id))?;
    Ok(answer(StatusCode::OK, Some(version), &Party::from(&party)))
}

/// Кого создать.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewParty {
    /// user, partner или counterparty.
    kind: String,
    /// Код; без него — следующий номер.
    code: Option<String>,
    name: String,
    /// Коды групп пользователя.
    #[serde(default)]
    groups: Vec<String>,
    /// Часовой пояс IANA.
    time_zone: Option<String>,
    /// ru или en.
    language: Option<String>,
    /// Реквизиты: строки, числа, да и нет.
    #[serde(default)]
    #[schema(value_type = Object)]
    attributes: BTreeMap<String, serde_json::Value>,
}

/// A party as a request describes it.
pub fn party_of(new: NewParty) -> Result<model::Party, Problem> {
    let kind = kind_of(&new.kind)?;
    let code = new.code.unwrap_or_default();
    let mut party = model::Party {
        reference: PartyRef { kind, code },
        name: String::new(),
        groups: Vec::new(),
        time_zone: None,
        language: None,
        deleted: false,
        attributes: BTreeMap::new(),
    };
    fill(
        &mut party,
        Fields {
            name: Some(new.name),
            groups: Some(new.groups),
            time_zone: Some(new.time_zone),
            language: Some(new.language),
            attributes: Some(new.attributes),
            deleted: None,
        },
    )?;
    Ok(party)
}

/// Что изменить: чего нет, то остаётся. Реквизит со значением null убирается.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Fields {
    name: Option<String>,
    /// Коды групп пользователя.
    groups: Option<Vec<String>>,
    /// Часовой пояс IANA; null — как у организации.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    time_zone: Option<Option<String>>,
    /// ru или en; null — как у бота.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    language: Option<Option<String>>,
    /// Реквизиты: строки, числа, да и нет.
    #[schema(value_type = Option<Object>)]
    attributes: Option<BTreeMap<String, serde_json::Value>>,
    /// Пометка удаления.
    deleted: Option<bool>,
}

/// A key that is there with null is something else than one that is not.
fn present<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<String>>, D::Error> {
    Option::<String>::deserialize(deserializer).map(Some)
}

fn fill(party: &mut model::Party, fields: Fields) -> Result<(), Problem> {
    if let Some(name) = fields.name {
        if name.trim().is_empty() {
            return Err(Problem::invalid("name: наименование пусто"));
        }
        party.name = name;
    }
    if let Some(mut groups) = fields.groups {
        if !groups.is_empty() && party.reference.kind != PartyKind::User {
            return Err(Problem::invalid(
                "groups: в группы входят только пользователи",
            ));
        }
        groups.sort();
        groups.dedup();
        party.groups = groups;
    }
    if let Some(zone) = fields.time_zone {
        if let Some(zone) = &zone
            && zone.parse::<chrono_tz::Tz>().is_err()
        {
            return Err(Problem::invalid(&format!(
                "time_zone: неизвестный часовой пояс «{zone}»; ожидалось имя IANA, например Europe/Moscow"
            )));
        }
        party.time_zone = zone;
    }
    if let Some(language) = fields.language {
        if language
            .as_deref()
            .is_some_and(|word| model::Locale::from_word(word).is_none())
        {
            return Err(Problem::invalid("language: ожидалось ru или en"));
        }
        party.language = language;
    }
    for (name, value) in fields.attributes.unwrap_or_default() {
        match attribute(&name, value)? {
            Some(value) => party.attributes.insert(name, value),
            None => party.attributes.remove(&name),
        };
    }
    if let Some(deleted) = fields.deleted {
        party.deleted = deleted;
    }
    Ok(())
}

/// `None`: it is taken away.
fn attribute(name: &str, value: serde_json::Value) -> Result<Option<AttributeValue>, Problem> {
    use serde_json::Value;
    Ok(Some(match value {
        Value::Null => return Ok(None),
        Value::Bool(value) => AttributeValue::Boolean(value),
        Value::Number(number) => AttributeValue::Number(number.to_string()),
        Value::String(text) => match text.parse::<PartyRef>() {
            Ok(party) => AttributeValue::Party(party),
            Err(_) => AttributeValue::Text(text),
        },
        Value::Array(_) | Value::Object(_) => {
            return Err(Problem::invalid(&format!(
                "attributes.{name}: ожидалась строка, число, true, false или null"
            )));
        }
    }))
}

/// All of these groups are there.
pub fn known_groups(conn: &mut Conn, groups: &[String]) -> Result<(), StoreError> {
    let known = parties::groups(conn)?;
    match groups
        .iter()
        .find(|code| !known.iter().any(|group| group.code == **code))
    {
        None => Ok(()),
        Some(code) => Err(StoreError::not_found(format!("группа «{code}»"))),
    }
}

fn save(
    conn: &mut Conn,
    stamp: &Stamp<'_>,
    party: model::Party,
    expected: Option<i64>,
) -> Result<(model::Party, i64), StoreError> {
    known_groups(conn, &party.groups)?;
    let change = Change::SaveParty { party, expected };
    let Wrote::Party(party, version) = unit_of_work::write(conn, stamp, &change)? else {
        return Err(StoreError::other("сторона не записана"));
    };
    let action = match expected {
        None => "party.create",
        Some(_) => "party.change",
    };
    let shown = serde_json::to_string(&Party::from(&*party))
        .map_err(|error| StoreError::other(error.to_string()))?;
    audit(conn, stamp, action, party.reference.to_string(), shown)?;
    Ok((*party, version))
}

fn audit(
    conn: &mut Conn,
    stamp: &Stamp<'_>,
    action: &'static str,
    object: String,
    detail: String,
) -> Result<(), StoreError> {
    let audited = Audited {
        by: stamp.by.clone(),
        action,
        object,
        detail,
    };
    unit_of_work::write(conn, stamp, &Change::Audit(audited)).map(|_| ())
}

#[utoipa::path(
    operation_id = "createParty",
    summary = "Создать пользователя, партнера или контрагента",
    security(("token" = ["operate"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "Повтор с тем же ключом ничего не делает")),
    request_body = NewParty,
    responses((status = 201, description = "Сделано", body = Party), Refused, Rejected),
)]
#[post("/api/v1/parties")]
pub async fn create(
    caller: Caller,
    view: Data<NodeView>,
    key: IdempotencyKey,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    caller.require(Scope::Operate)?;
    let party = party_of(read(&body)?)?;
    edit::create(&view, &caller, key, &body, move |conn, stamp| {
        save(conn, stamp, party.clone(), None).map(|(party, _)| Party::from(&party))
    })
    .await
}

#[utoipa::path(
    operation_id = "changeParty",
    summary = "Изменить поля, которые названы",
    security(("token" = ["operate"])),
    params(
        ("id" = String, Path, description = "user:КОД, partner:КОД или counterparty:КОД"),
        ("If-Match" = Option<String>, Header, description = "ETag прочитанного"),
    ),
    request_body = Fields,
    responses((status = 200, description = "Сделано", body = Party), Refused, Rejected),
)]
#[patch("/api/v1/parties/{id}")]
pub async fn change_fields(
    caller: Caller,
    view: Data<NodeView>,
    id: Path<String>,
    seen: IfMatch,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    caller.require(Scope::Operate)?;
    let fields: Fields = read(&body)?;
    edit_party(&caller, &view, &id, seen, fields).await
}

#[utoipa::path(
    operation_id = "deleteParty",
    summary = "Пометить на удаление: строка остаётся, авторизовать ею больше нельзя",
    security(("token" = ["operate"])),
    params(
        ("id" = String, Path, description = "user:КОД, partner:КОД или counterparty:КОД"),
        ("If-Match" = Option<String>, Header, description = "ETag прочитанного"),
    ),
    responses((status = 200, description = "Сделано", body = Party), Refused, Rejected),
)]
#[delete("/api/v1/parties/{id}")]
pub async fn mark(
    caller: Caller,
    view: Data<NodeView>,
    id: Path<String>,
    seen: IfMatch,
) -> Result<HttpResponse, Problem> {
    caller.require(Scope::Operate)?;
    let fields = Fields {
        name: None,
        groups: None,
        time_zone: None,
        language: None,
        attributes: None,
        deleted: Some(true),
    };
    edit_party(&caller, &view, &id, seen, fields).await
}

async fn edit_party(
    caller: &Caller,
    view: &NodeView,
    id: &str,
    seen: IfMatch,
    fields: Fields,
) -> Result<HttpResponse, Problem> {
    let reference = reference_of(id)?;
    // What is wrong with the fields is found before anything is written.
    let mut trial = model::Party {
        reference: reference.clone(),
        name: String::new(),
        groups: Vec::new(),
        time_zone: None,
        language: None,
        deleted: false,
        attributes: BTreeMap::new(),
    };
    fill(&mut trial, fields.clone())?;
    let (party, version) = change(view, caller, move |conn, stamp| {
        let found = parties::versioned(conn, &reference)?;
        let (mut party, version) =
            found.ok_or_else(|| StoreError::not_found(reference.to_string()))?;
        seen.require(version)?;
        fill(&mut party, fields.clone())
            .map_err(|problem| StoreError::other(problem.to_string()))?;
        save(conn, stamp, party, Some(version))
    })
    .await?;
    Ok(answer(StatusCode::OK, Some(version), &Party::from(&party)))
}

/// Группа пользователей.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Group {
    code: String,
    name: String,
}

/// По коду.
#[derive(Serialize, ToSchema)]
struct Groups {
    items: Vec<Group>,
}

/// The query.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct GroupsWanted {
    /// Начало наименования или кода
    search: Option<String>,
}

#[utoipa::path(
    operation_id = "listGroups",
    summary = "Группы пользователей",
    security(("token" = ["read"])),
    params(GroupsWanted),
    responses((status = 200, description = "Сделано", body = Groups), Refused, Rejected),
)]
#[get("/api/v1/groups")]
pub async fn list_groups(
    caller: Caller,
    view: Data<NodeView>,
    wanted: Query<GroupsWanted>,
) -> Result<Json<Groups>, Problem> {
    caller.require(Scope::Read)?;
    let search = wanted
        .search
        .as_deref()
        .unwrap_or_default()
        .trim()
        .to_lowercase();
    let found = view
        .store()
        .read(parties::groups)
        .await
        .map_err(|error| Problem::of(&error))?;
    let fits = |text: &str| text.to_lowercase().starts_with(&search);
    let items = found
        .into_iter()
        .filter(|group| fits(&group.code) || fits(&group.name))
        .map(|group| Group {
            code: group.code,
            name: group.name,
        });
    Ok(Json(Groups {
        items: items.collect(),
    }))
}

#[utoipa::path(
    operation_id = "createGroup",
    summary = "Создать группу пользователей",
    security(("token" = ["operate"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "Повтор с тем же ключом ничего не делает")),
    request_body = Group,
    responses((status = 201, description = "Сделано", body = Group), Refused, Rejected),
)]
#[post("/api/v1/groups")]
pub async fn create_group(
    caller: Caller,
    view: Data<NodeView>,
    key: IdempotencyKey,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    caller.require(Scope::Operate)?;
    let new: Group = read(&body)?;
    let group = PartyGroup {
        code: new.code.trim().to_owned(),
        name: new.name.trim().to_owned(),
    };
    if group.code.is_empty() || group.name.is_empty() {
        return Err(Problem::invalid("code и name не могут быть пустыми"));
    }
    edit::create(&view, &caller, key, &body, move |conn, stamp| {
        let known = parties::groups(conn)?;
        if known.iter().any(|known| known.code == group.code) {
            return Err(StoreError::NotUnique {
                what: format!("группа «{}»", group.code),
            });
        }
        put_group(conn, stamp, &group, "group.create")
    })
    .await
}

fn put_group(
    conn: &mut Conn,
    stamp: &Stamp<'_>,
    group: &PartyGroup,
    action: &'static str,
) -> Result<Group, StoreError> {
    unit_of_work::write(conn, stamp, &Change::PutGroup(group.clone()))?;
    let detail = serde_json::json!({ "name": group.name }).to_string();
    audit(conn, stamp, action, format!("group:{}", group.code), detail)?;
    Ok(Group {
        code: group.code.clone(),
        name: group.name.clone(),
    })
}

/// Новое наименование.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GroupName {
    name: String,
}

#[utoipa::path(
    operation_id = "changeGroup",
    summary = "Переименовать группу пользователей",
    security(("token" = ["operate"])),
    params(("code" = String, Path, description = "Код группы")),
    request_body = GroupName,
    responses((status = 200, description = "Сделано", body = Group), Refused, Rejected),
)]
#[patch("/api/v1/groups/{code}")]
pub async fn change_group(
    caller: Caller,
    view: Data<NodeView>,
    code: Path<String>,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    caller.require(Scope::Operate)?;
    let new: GroupName = read(&body)?;
    let group = PartyGroup {
        code: code.into_inner(),
        name: new.name.trim().to_owned(),
    };
    if group.name.is_empty() {
        return Err(Problem::invalid("name: наименование пусто"));
    }
    let changed = change(&view, &caller, move |conn, stamp| {
        known_groups(conn, std::slice::from_ref(&group.code))?;
        put_group(conn, stamp, &group, "group.change")
    })
    .await?;
    Ok(answer(StatusCode::OK, None, &changed))
}
