//! The object that changes a party.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use vestnik_bsl::vm::error::{ErrorInfo, Fault, Message};
use vestnik_bsl::{Value, Vm};

use crate::model::{Audited, By, Change, Party, PartyKind, PartyRef};
use crate::store::unit_of_work::{self, Stamp, Wrote};
use crate::store::{StoreError, parties};

use super::attributes::{reference_of, to_attribute};
use super::members::{self, Class, Members, Method, function, given, procedure};
use super::names::{self, Standard, pair};
use super::reference::{Reference, read_field};
use super::session::{Field, Session};

/// Longest code, in characters: it stands in keys and buttons.
const CODE_MAX: usize = 100;

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
        let session = Rc::clone(session);
        let draft = RefCell::new(draft);
        members::value(vm, CatalogObject { session, draft })
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

    fn set_name(&self, vm: &Vm<'_>, value: &Value) -> Result<(), Fault> {
        if reference_of(value).is_some() {
            return Err(Fault::text(
                "Преобразование значения к типу Строка не может быть выполнено",
            ));
        }
        self.draft.borrow_mut().party.name = vm.text(value).trim_end().to_owned();
        Ok(())
    }

    fn mark(&self, mark: bool) {
        self.draft.borrow_mut().party.deleted = mark;
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
                quiet: false,
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

impl Members for CatalogObject {
    const CLASS: Class = Class::Object;
    const METHODS: &'static [Method<CatalogObject>] = &[
        procedure(
            pair("Записать", "Write"),
            "",
            (0, 0),
            "Записывает. Пустой код получает следующий номер. Если элемент с тех пор изменил кто-то другой, это ошибка.",
            |object, vm, _| object.write(vm),
        ),
        function(
            pair("ЭтоНовый", "IsNew"),
            "",
            (0, 0),
            "Истина, пока объект не записан.",
            |object, _, _| Ok(Value::Bool(object.draft.borrow().version.is_none())),
        ),
        procedure(
            pair("Прочитать", "Read"),
            "",
            (0, 0),
            "Читает записанное заново.",
            |object, vm, _| object.reread(vm),
        ),
        procedure(
            pair("УстановитьПометкуУдаления", "SetDeletionMark"),
            "Пометка = Истина",
            (0, 1),
            "Ставит или снимает пометку удаления и записывает.",
            |object, vm, args| {
                object.mark(given(args, 0).map_or(Ok(true), |mark| vm.to_bool(mark))?);
                object.write(vm)
            },
        ),
    ];

    fn type_name(&self) -> String {
        names::type_name(names::OBJECT, self.draft.borrow().party.reference.kind)
    }

    fn field(&self, folded: &str) -> Option<u32> {
        Some(self.session.field_number(folded))
    }

    fn get(&self, field: u32, vm: &mut Vm<'_>) -> Result<Value, Fault> {
        let Some(field) = self.session.field(field) else {
            return Ok(Value::Undefined);
        };
        let (party, is_new) = {
            let draft = self.draft.borrow();
            (draft.party.clone(), draft.version.is_none())
        };
        let kind = party.reference.kind;
        if field == Field::Standard(Standard::Ref) && is_new {
            return Ok(Reference::empty(&self.session, vm, kind));
        }
        read_field(&self.session, vm, kind, Some(&party), &field)
    }

    fn set(&self, field: u32, vm: &mut Vm<'_>, value: Value) -> Option<Result<(), Fault>> {
        Some(match self.session.field(field)? {
            Field::Standard(Standard::Ref) => return None,
            Field::Standard(Standard::Code) => self.set_code(vm, &value),
            Field::Standard(Standard::Name) => self.set_name(vm, &value),
            Field::Standard(Standard::Deleted) => vm.to_bool(&value).map(|mark| self.mark(mark)),
            Field::Attribute(key) => self.set_attribute(vm, &key, &value),
        })
    }

    fn presentation(&self) -> String {
        self.draft.borrow().party.name.clone()
    }
}
