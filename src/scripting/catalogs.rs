//! `Справочники`: the managers of the three catalogs and their selections.

use std::cell::RefCell;
use std::rc::Rc;

use vestnik_bsl::vm::error::Fault;
use vestnik_bsl::{Value, Vm};

use crate::model::{PartyKind, PartyRef};
use crate::store::parties;

use super::attributes::search_text;
use super::members::{self, Class, Members, Method, function, given};
use super::names::{self, Standard, pair};
use super::object::CatalogObject;
use super::reference::{Reference, read_field};
use super::session::{Loaded, Session};

/// `Справочники`.
pub(super) struct Catalogs(pub(super) Rc<Session>);

impl Members for Catalogs {
    const CLASS: Class = Class::Catalogs;

    fn type_name(&self) -> String {
        names::CATALOGS_TYPE.ru.to_owned()
    }

    fn field(&self, folded: &str) -> Option<u32> {
        let (kind, _) = names::KINDS.iter().find(|(_, name)| name.is(folded))?;
        Some(*kind as u32)
    }

    fn get(&self, field: u32, vm: &mut Vm<'_>) -> Result<Value, Fault> {
        let mut kinds = names::KINDS.iter();
        let Some(&(kind, _)) = kinds.find(|(kind, _)| *kind as u32 == field) else {
            return Ok(Value::Undefined);
        };
        let session = Rc::clone(&self.0);
        Ok(members::value(vm, Manager { session, kind }))
    }
}

/// СправочникМенеджер.
pub(super) struct Manager {
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
        match Standard::named(&folded) {
            Some(Standard::Code) => return self.by_code(vm, value),
            Some(Standard::Name) => return self.by_name(vm, value, true),
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

    fn select(&self, vm: &Vm<'_>) -> Value {
        let selection = Selection {
            session: Rc::clone(&self.session),
            kind: self.kind,
            walk: RefCell::default(),
        };
        members::value(vm, selection)
    }
}

/// Rows of an equal beginning that a find by attribute looks at.
const FIND_MAX: i64 = 50;

impl Members for Manager {
    const CLASS: Class = Class::Manager;
    const METHODS: &'static [Method<Manager>] = &[
        function(
            pair("НайтиПоКоду", "FindByCode"),
            "Код",
            (1, 1),
            "Ссылка на элемент с этим кодом или пустая ссылка; регистр не важен.",
            |manager, vm, args| manager.by_code(vm, &args[0]),
        ),
        function(
            pair("НайтиПоНаименованию", "FindByDescription"),
            "Наименование, ТочноеСоответствие = Ложь",
            (1, 2),
            "Ссылка на элемент с этим наименованием, а без точного соответствия также с наименованием, которое так начинается; регистр не важен.",
            |manager, vm, args| {
                let whole = match given(args, 1) {
                    None | Some(Value::Undefined) => false,
                    Some(value) => vm.to_bool(value)?,
                };
                manager.by_name(vm, &args[0], whole)
            },
        ),
        function(
            pair("НайтиПоРеквизиту", "FindByAttribute"),
            "ИмяРеквизита, Значение",
            (2, 2),
            "Ссылка на первый по коду элемент с этим значением реквизита или пустая ссылка; регистр не важен.",
            |manager, vm, args| manager.by_attribute(vm, &args[0], &args[1]),
        ),
        function(
            pair("Выбрать", "Select"),
            "",
            (0, 0),
            "Выборка всех элементов по возрастанию кода, помеченные на удаление тоже.",
            |manager, vm, _| Ok(manager.select(vm)),
        ),
        function(
            pair("ПустаяСсылка", "EmptyRef"),
            "",
            (0, 0),
            "Пустая ссылка.",
            |manager, vm, _| Ok(manager.reference(vm, None)),
        ),
        function(
            pair("СоздатьЭлемент", "CreateItem"),
            "",
            (0, 0),
            "Новый объект; он появится в базе после Записать().",
            |manager, vm, _| Ok(CatalogObject::create(&manager.session, vm, manager.kind)),
        ),
    ];

    fn type_name(&self) -> String {
        names::type_name(names::MANAGER, self.kind)
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
pub(super) struct Selection {
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

    fn current(&self) -> Option<Rc<Loaded>> {
        self.walk.borrow().current.clone()
    }

    /// Goes to the next element and tells whether there is one.
    fn next(&self, vm: &mut Vm<'_>) -> Result<Value, Fault> {
        let place = self.walk.borrow().next;
        let found = self.at(vm, place)?;
        let mut walk = self.walk.borrow_mut();
        walk.next = place + usize::from(found.is_some());
        walk.current.clone_from(&found);
        Ok(Value::Bool(found.is_some()))
    }
}

impl Members for Selection {
    const CLASS: Class = Class::Selection;
    const METHODS: &'static [Method<Selection>] = &[
        function(
            pair("Следующий", "Next"),
            "",
            (0, 0),
            "Переходит к следующему элементу; Ложь, когда их больше нет.",
            |selection, vm, _| selection.next(vm),
        ),
        function(
            pair("ПолучитьОбъект", "GetObject"),
            "",
            (0, 0),
            "Объект текущего элемента.",
            |selection, vm, _| match selection.current() {
                Some(loaded) => {
                    CatalogObject::read(&selection.session, vm, &loaded.party.reference)
                }
                None => Ok(Value::Undefined),
            },
        ),
    ];

    fn type_name(&self) -> String {
        names::type_name(names::SELECTION, self.kind)
    }

    fn field(&self, folded: &str) -> Option<u32> {
        Some(self.session.field_number(folded))
    }

    fn get(&self, field: u32, vm: &mut Vm<'_>) -> Result<Value, Fault> {
        let Some(field) = self.session.field(field) else {
            return Ok(Value::Undefined);
        };
        let current = self.current();
        let party = current.as_deref().map(|loaded| &loaded.party);
        read_field(&self.session, vm, self.kind, party, &field)
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
        Some(Ok(Some(members::value(vm, element))))
    }
}
