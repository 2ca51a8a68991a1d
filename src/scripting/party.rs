//! A party in a program: the reference to it, and the object that changes it.

use std::any::Any;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use vestnik_bsl::host::{HostMethod, HostObject, Identity};
use vestnik_bsl::vm::error::{ErrorInfo, Fault, Message};
use vestnik_bsl::{Value, Vm};

use crate::model::{Audited, By, Change, Party, PartyKind, PartyRef};
use crate::store::unit_of_work::{self, Stamp, Wrote};
use crate::store::{StoreError, parties};

use super::convert::{attribute_value, empty_value, reference_of, to_attribute, well_known_empty};
use super::names::{self, CODE, DELETED, NAME, REF};
use super::session::{Loaded, Session, no_field};

/// Longest code, in characters: it stands in keys and buttons.
const CODE_MAX: usize = 100;

/// Classes of host objects ([`HostObject::class`]).
pub(super) mod class {
    pub(in super::super) const REFERENCE: u32 = 1;
    pub(in super::super) const OBJECT: u32 = 2;
    pub(in super::super) const CATALOGS: u32 = 3;
    pub(in super::super) const MANAGER: u32 = 4;
    pub(in super::super) const SELECTION: u32 = 5;
    pub(in super::super) const TELEGRAM: u32 = 6;
    pub(in super::super) const CHAT_BOTS: u32 = 7;
    pub(in super::super) const CHAT_BOT: u32 = 8;
}

/// The number of a field of a reference, object or selection: a standard one, else an attribute.
pub(super) fn field_number(session: &Session, folded: &str) -> u32 {
    match names::position(&names::FIELDS, folded) {
        Some(place) => place as u32,
        None => session.attribute_number(names::attribute_key(folded)),
    }
}

/// A field of a party; `None` stands for an empty reference and for what is not found.
pub(super) fn read_field(
    session: &Rc<Session>,
    vm: &mut Vm<'_>,
    kind: PartyKind,
    party: Option<&Party>,
    id: u32,
) -> Result<Value, Fault> {
    let text = |pick: fn(&Party) -> &str| Value::str(party.map_or("", pick));
    match id {
        REF => {
            return Ok(match party {
                Some(party) => Reference::value(session, vm, party.reference.clone()),
                None => Reference::empty(session, vm, kind),
            });
        }
        CODE => return Ok(text(|party| &party.reference.code)),
        NAME => return Ok(text(|party| &party.name)),
        DELETED => return Ok(Value::Bool(party.is_some_and(|party| party.deleted))),
        _ => {}
    }
    let Some(key) = session.attribute_key(id) else {
        return Ok(Value::Undefined);
    };
    let found = party.and_then(|party| {
        let value = party.attributes.get(&*key).or_else(|| {
            let mut all = party.attributes.iter();
            all.find(|(name, _)| parties::folded(name) == *key)
                .map(|(_, value)| value)
        });
        value.cloned()
    });
    if let Some(value) = found {
        return Ok(attribute_value(session, vm, &value));
    }
    if names::is_well_known(&key) {
        return Ok(well_known_empty(session, vm, &key));
    }
    match session.sample(kind, &key) {
        Ok(Some(sample)) => Ok(sample
            .value
            .map_or(Value::Undefined, |like| empty_value(session, vm, &like))),
        Ok(None) => Err(no_field(&session.spelling(&key))),
        Err(error) => Err(session.fault(vm, error)),
    }
}

/// СправочникСсылка.
pub(super) struct Reference {
    session: Rc<Session>,
    /// Which; an empty reference has an empty code.
    pub(super) party: PartyRef,
}

impl Reference {
    pub(super) fn new(session: &Rc<Session>, party: PartyRef) -> Reference {
        Reference {
            session: Rc::clone(session),
            party,
        }
    }

    pub(super) fn value(session: &Rc<Session>, vm: &Vm<'_>, party: PartyRef) -> Value {
        vm.host_object(Box::new(Reference::new(session, party)))
    }

    pub(super) fn empty(session: &Rc<Session>, vm: &Vm<'_>, kind: PartyKind) -> Value {
        let code = String::new();
        Reference::value(session, vm, PartyRef { kind, code })
    }

    fn load(&self, vm: &mut Vm<'_>) -> Result<Option<Rc<Loaded>>, Fault> {
        if self.party.code.is_empty() {
            return Ok(None);
        }
        self.session
            .load(&self.party)
            .map_err(|error| self.session.fault(vm, error))
    }
}

impl HostObject for Reference {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn class(&self) -> u32 {
        class::REFERENCE
    }

    fn type_name(&self) -> String {
        names::type_name(names::REFERENCE, self.party.kind)
    }

    fn field(&self, name: &str) -> Option<u32> {
        Some(field_number(&self.session, name))
    }

    fn get(&self, id: u32, vm: &mut Vm<'_>) -> Result<Value, Fault> {
        if id == REF {
            return Ok(Reference::value(&self.session, vm, self.party.clone()));
        }
        let loaded = self.load(vm)?;
        let party = loaded.as_deref().map(|loaded| &loaded.party);
        read_field(&self.session, vm, self.party.kind, party, id)
    }

    fn method(&self, name: &str) -> Option<HostMethod> {
        names::find_method(&names::REFERENCE_METHODS, name)
    }

    fn call(
        &self,
        id: u32,
        vm: &mut Vm<'_>,
        _this: &Value,
        _args: &mut [Value],
    ) -> Result<Value, Fault> {
        if id == 1 {
            return Ok(Value::Bool(self.party.code.is_empty()));
        }
        CatalogObject::read(&self.session, vm, &self.party)
    }

    fn identity(&self) -> Option<Identity> {
        Some(Identity {
            type_name: self.type_name(),
            key: self.party.code.clone(),
        })
    }

    fn presentation(&self) -> String {
        if self.party.code.is_empty() {
            return String::new();
        }
        match self.session.load(&self.party) {
            Ok(Some(loaded)) => loaded.party.name.clone(),
            Ok(None) => format!("<Объект не найден> ({})", self.party.code),
            Err(_) => self.party.code.clone(),
        }
    }

    fn is_filled(&self) -> bool {
        !self.party.code.is_empty()
    }
}

struct Draft {
    party: Party,
    /// The version that was read; `None` while it is new.
    version: Option<i64>,
}

/// СправочникОбъект.
pub(super) struct CatalogObject {
    session: Rc<Session>,
    draft: RefCell<Draft>,
}

impl CatalogObject {
    fn value(session: &Rc<Session>, vm: &Vm<'_>, draft: Draft) -> Value {
        vm.host_object(Box::new(CatalogObject {
            session: Rc::clone(session),
            draft: RefCell::new(draft),
        }))
    }

    /// A new one.
    pub(super) fn create(session: &Rc<Session>, vm: &Vm<'_>, kind: PartyKind) -> Value {
        let party = Party {
            reference: PartyRef {
                kind,
                code: String::new(),
            },
            name: String::new(),
            groups: Vec::new(),
            time_zone: None,
            language: None,
            deleted: false,
            attributes: BTreeMap::new(),
        };
        let version = None;
        CatalogObject::value(session, vm, Draft { party, version })
    }

    /// The object of a party as it is now; Неопределено where there is none.
    pub(super) fn read(
        session: &Rc<Session>,
        vm: &mut Vm<'_>,
        reference: &PartyRef,
    ) -> Result<Value, Fault> {
        if reference.code.is_empty() {
            return Ok(Value::Undefined);
        }
        match session.load_fresh(reference) {
            Ok(Some(loaded)) => {
                let draft = Draft {
                    party: loaded.party.clone(),
                    version: Some(loaded.version),
                };
                Ok(CatalogObject::value(session, vm, draft))
            }
            Ok(None) => Ok(Value::Undefined),
            Err(error) => Err(session.fault(vm, error)),
        }
    }

    fn set_attribute(&self, vm: &mut Vm<'_>, key: &str, value: &Value) -> Result<(), Fault> {
        let mut draft = self.draft.borrow_mut();
        let own = draft
            .party
            .attributes
            .keys()
            .find(|name| parties::folded(name) == key)
            .cloned();
        let name = match own {
            Some(name) => name,
            None if names::is_well_known(key) => key.to_owned(),
            None => {
                let kind = draft.party.reference.kind;
                match self.session.sample(kind, key) {
                    Ok(Some(sample)) => sample.spelling,
                    Ok(None) => self.session.spelling(key),
                    Err(error) => return Err(self.session.fault(vm, error)),
                }
            }
        };
        match to_attribute(vm, value, &name)? {
            Some(value) => {
                draft.party.attributes.insert(name, value);
            }
            None => {
                draft.party.attributes.remove(&name);
            }
        }
        Ok(())
    }

    fn set_code(&self, vm: &Vm<'_>, value: &Value) -> Result<(), Fault> {
        let code = vm.text(value).trim().to_owned();
        let mut draft = self.draft.borrow_mut();
        if draft.version.is_some() && code != draft.party.reference.code {
            return Err(Fault::text(
                "Код записанного элемента не меняется: по нему его знают чаты и файлы",
            ));
        }
        if code.chars().count() > CODE_MAX {
            return Err(Fault::text(format!("Код длиннее {CODE_MAX} символов")));
        }
        draft.party.reference.code = code;
        Ok(())
    }

    fn write(&self, vm: &mut Vm<'_>) -> Result<(), Fault> {
        let session = &self.session;
        let (party, version) = {
            let draft = self.draft.borrow();
            (draft.party.clone(), draft.version)
        };
        let name = format!(
            "{}: {}",
            names::kind_name(party.reference.kind).ru,
            party.name
        );
        let by = By::Script(session.script.clone());
        let at = session.now();
        let ids = session.store_ids();
        let written = session.write(vm, |conn| {
            let stamp = Stamp {
                at,
                by: &by,
                ids: &ids,
            };
            let save = Change::SaveParty {
                party,
                expected: version,
            };
            let Wrote::Party(party, written) = unit_of_work::write(conn, &stamp, &save)? else {
                return Err(StoreError::other("элемент не записан"));
            };
            let audited = Change::Audit(Audited {
                by: by.clone(),
                action: "party.write",
                object: party.reference.to_string(),
                detail: "{}".to_owned(),
            });
            unit_of_work::write(conn, &stamp, &audited)?;
            Ok((*party, written))
        });
        match written {
            Ok((party, written)) => {
                session.forget(&party.reference);
                session.note(format!("записан {} «{}»", party.reference, party.name));
                let mut draft = self.draft.borrow_mut();
                draft.party = party;
                draft.version = Some(written);
                Ok(())
            }
            Err(error) => {
                let reason = match &error {
                    StoreError::Stale { .. } => Fault::text(
                        "Операция не может быть выполнена из-за несоответствия версии или отсутствия записи базы данных (возможно, запись была изменена или удалена)",
                    ),
                    StoreError::NotUnique { .. } => Fault::text("Значение поля «Код» не уникально"),
                    _ => session.fault(vm, error),
                };
                if reason.0.limit().is_some() {
                    return Err(reason);
                }
                let outer =
                    ErrorInfo::new(Message::Text(format!("Не удалось записать: «{name}»!")));
                Err(Fault(Rc::new(outer.caused_by(reason.0))))
            }
        }
    }

    fn reread(&self, vm: &mut Vm<'_>) -> Result<(), Fault> {
        let reference = self.draft.borrow().party.reference.clone();
        let loaded = self
            .session
            .load_fresh(&reference)
            .map_err(|error| self.session.fault(vm, error))?;
        let Some(loaded) = loaded else {
            return Err(Fault::text("Элемент еще не записан"));
        };
        let mut draft = self.draft.borrow_mut();
        draft.party = loaded.party.clone();
        draft.version = Some(loaded.version);
        Ok(())
    }
}

impl HostObject for CatalogObject {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn class(&self) -> u32 {
        class::OBJECT
    }

    fn type_name(&self) -> String {
        names::type_name(names::OBJECT, self.draft.borrow().party.reference.kind)
    }

    fn field(&self, name: &str) -> Option<u32> {
        Some(field_number(&self.session, name))
    }

    fn get(&self, id: u32, vm: &mut Vm<'_>) -> Result<Value, Fault> {
        let (party, is_new) = {
            let draft = self.draft.borrow();
            (draft.party.clone(), draft.version.is_none())
        };
        let kind = party.reference.kind;
        if id == REF && is_new {
            return Ok(Reference::empty(&self.session, vm, kind));
        }
        read_field(&self.session, vm, kind, Some(&party), id)
    }

    fn set(&self, id: u32, vm: &mut Vm<'_>, value: Value) -> Option<Result<(), Fault>> {
        Some(match id {
            REF => return None,
            CODE => self.set_code(vm, &value),
            NAME => {
                let text = match reference_of(&value) {
                    None => vm.text(&value),
                    Some(_) => {
                        return Some(Err(Fault::text(
                            "Преобразование значения к типу Строка не может быть выполнено",
                        )));
                    }
                };
                self.draft.borrow_mut().party.name = text.trim_end().to_owned();
                Ok(())
            }
            DELETED => vm.to_bool(&value).map(|mark| {
                self.draft.borrow_mut().party.deleted = mark;
            }),
            _ => match self.session.attribute_key(id) {
                Some(key) => self.set_attribute(vm, &key, &value),
                None => return None,
            },
        })
    }

    fn method(&self, name: &str) -> Option<HostMethod> {
        names::find_method(&names::OBJECT_METHODS, name)
    }

    fn call(
        &self,
        id: u32,
        vm: &mut Vm<'_>,
        _this: &Value,
        args: &mut [Value],
    ) -> Result<Value, Fault> {
        match id {
            0 => self.write(vm)?,
            1 => return Ok(Value::Bool(self.draft.borrow().version.is_none())),
            2 => self.reread(vm)?,
            _ => {
                let mark = match args.first() {
                    None | Some(Value::Missing) => true,
                    Some(value) => vm.to_bool(value)?,
                };
                self.draft.borrow_mut().party.deleted = mark;
                self.write(vm)?;
            }
        }
        Ok(Value::Undefined)
    }

    fn presentation(&self) -> String {
        self.draft.borrow().party.name.clone()
    }
}
