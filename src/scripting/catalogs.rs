//! `Справочники`: the managers of the three catalogs and their selections.

use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;

use vestnik_bsl::host::{HostMethod, HostObject};
use vestnik_bsl::vm::error::Fault;
use vestnik_bsl::{Value, Vm};

use crate::model::{PartyKind, PartyRef};
use crate::store::parties;

use super::convert::search_text;
use super::names;
use super::party::{CatalogObject, Reference, class, field_number, read_field};
use super::session::{Loaded, Session};

/// `Справочники`.
pub(super) struct Catalogs(pub(super) Rc<Session>);

impl HostObject for Catalogs {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn class(&self) -> u32 {
        class::CATALOGS
    }

    fn type_name(&self) -> String {
        names::CATALOGS_TYPE.ru.to_owned()
    }

    fn field(&self, name: &str) -> Option<u32> {
        let found = names::KINDS.iter().position(|(_, names)| names.is(name))?;
        Some(found as u32)
    }

    fn get(&self, id: u32, vm: &mut Vm<'_>) -> Result<Value, Fault> {
        let (kind, _) = names::KINDS[id as usize];
        let session = Rc::clone(&self.0);
        Ok(vm.host_object(Box::new(Manager { session, kind })))
    }
}

/// СправочникМенеджер.
struct Manager {
    session: Rc<Session>,
    kind: PartyKind,
}

impl Manager {
    fn reference(&self, vm: &Vm<'_>, found: Option<PartyRef>) -> Value {
        match found {
            Some(party) => Reference::value(&self.session, vm, party),
            None => Reference::empty(&self.session, vm, self.kind),
        }
    }

    fn by_code(&self, vm: &mut Vm<'_>, code: &Value) -> Result<Value, Fault> {
        let (kind, code) = (self.kind, vm.text(code));
        if code.trim().is_empty() {
            return Ok(self.reference(vm, None));
        }
        let found = self
            .session
            .read(move |conn| parties::find_by_code(conn, kind, code.trim()))
            .map_err(|error| self.session.fault(vm, error))?;
        Ok(self.reference(vm, found))
    }

    fn by_name(&self, vm: &mut Vm<'_>, name: &Value, whole: bool) -> Result<Value, Fault> {
        let (kind, name) = (self.kind, vm.text(name));
        let found = self
            .session
            .read(move |conn| parties::find_by_name(conn, kind, name.trim_end(), whole))
            .map_err(|error| self.session.fault(vm, error))?;
        Ok(self.reference(vm, found))
    }

    fn by_attribute(&self, vm: &mut Vm<'_>, name: &Value, value: &Value) -> Result<Value, Fault> {
        let name = name.as_string().ok_or_else(|| Fault::param(1))?;
        let folded = parties::folded(name.trim());
        match names::position(&names::FIELDS, &folded) {
            Some(place) if place as u32 == names::CODE => return self.by_code(vm, value),
            Some(place) if place as u32 == names::NAME => return self.by_name(vm, value, true),
            _ => {}
        }
        let key = names::attribute_key(&folded).to_owned();
        let kind = self.kind;
        if !names::is_well_known(&key) {
            let known = self.session.sample(kind, &key);
            if known
                .map_err(|error| self.session.fault(vm, error))?
                .is_none()
            {
                return Err(Fault::text(format!(
                    "Реквизит «{}» не найден: его нет ни у одного элемента справочника «{}»",
                    name.trim(),
                    names::kind_name(kind).ru
                )));
            }
        }
        let Some(value) = search_text(vm, value)? else {
            return Ok(self.reference(vm, None));
        };
        let found = self
            .session
            .read(move |conn| parties::find_by_attribute(conn, kind, &key, &value, FIND_MAX))
            .map_err(|error| self.session.fault(vm, error))?;
        Ok(self.reference(vm, found.into_iter().next()))
    }
}

/// Rows of an equal beginning that a find by attribute looks at.
const FIND_MAX: i64 = 50;

impl HostObject for Manager {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn class(&self) -> u32 {
        class::MANAGER
    }

    fn type_name(&self) -> String {
        names::type_name(names::MANAGER, self.kind)
    }

    fn method(&self, name: &str) -> Option<HostMethod> {
        names::find_method(&names::MANAGER_METHODS, name)
    }

    fn call(
        &self,
        id: u32,
        vm: &mut Vm<'_>,
        _this: &Value,
        args: &mut [Value],
    ) -> Result<Value, Fault> {
        match id {
            0 => self.by_code(vm, &args[0]),
            1 => {
                let whole = match args.get(1) {
                    None | Some(Value::Missing | Value::Undefined) => false,
                    Some(value) => vm.to_bool(value)?,
                };
                self.by_name(vm, &args[0], whole)
            }
            2 => self.by_attribute(vm, &args[0], &args[1]),
            3 => Ok(vm.host_object(Box::new(Selection {
                session: Rc::clone(&self.session),
                kind: self.kind,
                walk: RefCell::default(),
            }))),
            4 => Ok(self.reference(vm, None)),
            _ => Ok(CatalogObject::create(&self.session, vm, self.kind)),
        }
    }
}

/// Parties that a selection reads at once.
const PAGE: i64 = 500;

#[derive(Default)]
struct Walk {
    page: Vec<Rc<Loaded>>,
    /// The place of the first of `page` in the whole.
    first: usize,
    finished: bool,
    /// The place of the current element and one more; 0 before the first.
    next: usize,
    current: Option<Rc<Loaded>>,
}

/// СправочникВыборка: all parties of a kind by code.
struct Selection {
    session: Rc<Session>,
    kind: PartyKind,
    walk: RefCell<Walk>,
}

impl Selection {
    fn at(&self, vm: &mut Vm<'_>, place: usize) -> Result<Option<Rc<Loaded>>, Fault> {
        let mut walk = self.walk.borrow_mut();
        if place < walk.first {
            *walk = Walk::default();
        }
        loop {
            if let Some(found) = walk.page.get(place - walk.first) {
                return Ok(Some(Rc::clone(found)));
            }
            if walk.finished {
                return Ok(None);
            }
            let after = walk
                .page
                .last()
                .map(|last| last.party.reference.code.clone());
            let page = self
                .session
                .page(self.kind, after, PAGE)
                .map_err(|error| self.session.fault(vm, error))?;
            vm.charge_work(page.len() * 16)?;
            walk.first += walk.page.len();
            walk.finished = page.len() < PAGE as usize;
            walk.page = page;
        }
    }
}

impl HostObject for Selection {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn class(&self) -> u32 {
        class::SELECTION
    }

    fn type_name(&self) -> String {
        names::type_name(names::SELECTION, self.kind)
    }

    fn field(&self, name: &str) -> Option<u32> {
        Some(field_number(&self.session, name))
    }

    fn get(&self, id: u32, vm: &mut Vm<'_>) -> Result<Value, Fault> {
        let current = self.walk.borrow().current.clone();
        let party = current.as_deref().map(|loaded| &loaded.party);
        read_field(&self.session, vm, self.kind, party, id)
    }

    fn method(&self, name: &str) -> Option<HostMethod> {
        names::find_method(&names::SELECTION_METHODS, name)
    }

    fn call(
        &self,
        id: u32,
        vm: &mut Vm<'_>,
        _this: &Value,
        _args: &mut [Value],
    ) -> Result<Value, Fault> {
        if id == 1 {
            let current = self.walk.borrow().current.clone();
            return match current {
                Some(loaded) => CatalogObject::read(&self.session, vm, &loaded.party.reference),
                None => Ok(Value::Undefined),
            };
        }
        let place = self.walk.borrow().next;
        let found = self.at(vm, place)?;
        let mut walk = self.walk.borrow_mut();
        walk.next = place + usize::from(found.is_some());
        walk.current.clone_from(&found);
        Ok(Value::Bool(found.is_some()))
    }

    /// «Для Каждого»: the selection itself stands at each element in turn, as a value of its own.
    fn item(&self, vm: &mut Vm<'_>, place: usize) -> Option<Result<Option<Value>, Fault>> {
        let found = match self.at(vm, place) {
            Ok(Some(found)) => found,
            Ok(None) => return Some(Ok(None)),
            Err(fault) => return Some(Err(fault)),
        };
        let element = Selection {
            session: Rc::clone(&self.session),
            kind: self.kind,
            walk: RefCell::new(Walk {
                current: Some(found),
                finished: true,
                ..Walk::default()
            }),
        };
        Some(Ok(Some(vm.host_object(Box::new(element)))))
    }
}
