//! References to parties, and what is read through one.

use std::rc::Rc;

use vestnik_bsl::host::Identity;
use vestnik_bsl::vm::error::Fault;
use vestnik_bsl::{Value, Vm};

use crate::model::{Party, PartyKind, PartyRef};
use crate::store::parties;

use super::attributes::{attribute_value, empty_value, well_known_empty};
use super::members::{self, Class, Members, Method, function};
use super::names::{self, Standard, pair};
use super::object::CatalogObject;
use super::session::{Field, Loaded, Session, no_field};

/// A field of a party; `None` stands for an empty reference and for what is not found.
pub(super) fn read_field(
    session: &Rc<Session>,
    vm: &mut Vm<'_>,
    kind: PartyKind,
    party: Option<&Party>,
    field: &Field,
) -> Result<Value, Fault> {
    let text = |pick: fn(&Party) -> &str| Value::str(party.map_or("", pick));
    let key = match field {
        Field::Standard(Standard::Ref) => {
            return Ok(match party {
                Some(party) => Reference::value(session, vm, party.reference.clone()),
                None => Reference::empty(session, vm, kind),
            });
        }
        Field::Standard(Standard::Code) => return Ok(text(|party| &party.reference.code)),
        Field::Standard(Standard::Name) => return Ok(text(|party| &party.name)),
        Field::Standard(Standard::Deleted) => {
            return Ok(Value::Bool(party.is_some_and(|party| party.deleted)));
        }
        Field::Attribute(key) => key,
    };
    let found = party.and_then(|party| {
        let value = party.attributes.get(&**key).or_else(|| {
            let mut all = party.attributes.iter();
            all.find(|(name, _)| parties::folded(name) == **key)
                .map(|(_, value)| value)
        });
        value.cloned()
    });
    if let Some(value) = found {
        return Ok(attribute_value(session, vm, &value));
    }
    if names::is_well_known(key) {
        return Ok(well_known_empty(session, vm, key));
    }
    match session.sample(kind, key) {
        Ok(Some(sample)) => Ok(sample
            .value
            .map_or(Value::Undefined, |like| empty_value(session, vm, &like))),
        Ok(None) => Err(no_field(&session.spelling(key))),
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
        members::value(vm, Reference::new(session, party))
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

impl Members for Reference {
    const CLASS: Class = Class::Reference;
    const METHODS: &'static [Method<Reference>] = &[
        function(
            pair("ПолучитьОбъект", "GetObject"),
            "",
            (0, 0),
            "Объект для изменения; Неопределено для пустой ссылки.",
            |reference, vm, _| CatalogObject::read(&reference.session, vm, &reference.party),
        ),
        function(
            pair("Пустая", "IsEmpty"),
            "",
            (0, 0),
            "Истина у пустой ссылки.",
            |reference, _, _| Ok(Value::Bool(reference.party.code.is_empty())),
        ),
    ];

    fn type_name(&self) -> String {
        names::type_name(names::REFERENCE, self.party.kind)
    }

    fn field(&self, folded: &str) -> Option<u32> {
        Some(self.session.field_number(folded))
    }

    fn get(&self, field: u32, vm: &mut Vm<'_>) -> Result<Value, Fault> {
        let Some(field) = self.session.field(field) else {
            return Ok(Value::Undefined);
        };
        if field == Field::Standard(Standard::Ref) {
            return Ok(Reference::value(&self.session, vm, self.party.clone()));
        }
        let loaded = self.load(vm)?;
        let party = loaded.as_deref().map(|loaded| &loaded.party);
        read_field(&self.session, vm, self.party.kind, party, &field)
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
