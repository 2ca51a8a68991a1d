//! One run, as the objects of the host share it: its store and lease, what it sends, what it has read.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono_tz::Tz;
use vestnik_bsl::value::memory;
use vestnik_bsl::vm::error::{Fault, Message};
use vestnik_bsl::{LimitKind, Program, Vm};

use crate::model::{
    AttributeValue, BotCode, IdSource, MessageKey, Moment, Outgoing, Party, PartyKind, PartyRef,
    ScriptVariant,
};
use crate::store::{Conn, Ids, Lent, Store, StoreError, parties};

use super::control::Control;
use super::names::{self, Standard};
use super::services::{Caller, Services};

/// A field of a reference, an object or a selection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Field {
    Standard(Standard),
    /// Any other by its key: folded, and a well-known one by its Latin name.
    Attribute(Rc<str>),
}

/// The number that the first interned name gets: above those of the standard fields.
const FIRST_NAME: u32 = 100;

/// Entries of a run's trace: what is beyond is counted, not kept.
const TRACE_MAX: usize = 200;
/// Longest entry, in characters.
const TRACE_TEXT_MAX: usize = 500;

/// A party as it was read.
pub(super) struct Loaded {
    pub(super) party: Party,
    pub(super) version: i64,
}

/// What other parties of a kind have under an attribute's name.
#[derive(Clone)]
pub(super) struct Sample {
    /// Its spelling there.
    pub(super) spelling: String,
    /// A value of it: tells the type.
    pub(super) value: Option<AttributeValue>,
}

/// A run.
pub(super) struct Session {
    store: Store,
    pub(super) program: Arc<Program>,
    pub(super) bots: Arc<[BotCode]>,
    pub(super) ids: Arc<dyn IdSource + Send + Sync>,
    now: Arc<dyn Fn() -> Moment + Send + Sync>,
    pub(super) caller: Caller,
    pub(super) zone: Tz,
    /// What runs, for the audit.
    pub(super) script: String,
    pub(super) control: Control,
    /// Code typed by somebody without a registration.
    pub(super) is_strangers_code: bool,
    write_limit: Duration,
    fenced: bool,
    /// Whether it runs where nothing may be waited for ([`super::run_quick`]).
    quick: bool,
    /// Whether a quick run wanted what it may not.
    touched: Cell<bool>,
    lent: RefCell<Option<Lent>>,
    /// When the lease must be given back.
    deadline: Cell<Option<Instant>>,
    read: RefCell<HashMap<PartyRef, Option<Rc<Loaded>>>>,
    samples: RefCell<HashMap<(PartyKind, String), Option<Sample>>>,
    pub(super) sends: RefCell<Vec<Outgoing>>,
    /// Кнопки of messages among them, by the message's key.
    pub(super) offers: RefCell<Vec<(MessageKey, Vec<ScriptVariant>)>>,
    trace: RefCell<Vec<String>>,
    names: RefCell<Interned>,
}

/// Names that programs use as fields, each with a number for the language.
#[derive(Default)]
struct Interned {
    names: Vec<Rc<str>>,
    numbers: HashMap<Rc<str>, u32>,
}

/// Parties that a run remembers: a reference is read once, as 1C does for a while.
const READ_MAX: usize = 10_000;

impl Session {
    pub(super) fn new(
        services: &Services,
        program: Arc<Program>,
        bots: Arc<[BotCode]>,
        caller: &Caller,
        zone: Tz,
        script: String,
        is_strangers_code: bool,
        control: &Control,
        quick: bool,
    ) -> Rc<Session> {
        Rc::new(Session {
            store: services.store.clone(),
            program,
            bots,
            ids: Arc::clone(&services.ids),
            now: Arc::clone(&services.now),
            caller: caller.clone(),
            zone,
            script,
            control: control.clone(),
            is_strangers_code,
            write_limit: services.limits.write_limit,
            fenced: services.fenced,
            quick,
            touched: Cell::new(false),
            lent: RefCell::new(None),
            deadline: Cell::new(None),
            read: RefCell::default(),
            samples: RefCell::default(),
            sends: RefCell::default(),
            offers: RefCell::default(),
            trace: RefCell::default(),
            names: RefCell::default(),
        })
    }

    pub(super) fn now(&self) -> Moment {
        (self.now)()
    }

    /// Whether the run has written.
    pub(super) fn writes(&self) -> bool {
        self.lent.borrow().is_some()
    }

    /// Whether the run held the lease for longer than it may.
    pub(super) fn expired(&self) -> bool {
        self.deadline
            .get()
            .is_some_and(|deadline| Instant::now() >= deadline)
    }

    /// Keys of rows that are no messages.
    pub(super) fn store_ids(&self) -> Arc<Ids> {
        self.store.ids().clone()
    }

    pub(super) fn take_lent(&self) -> Option<Lent> {
        self.lent.borrow_mut().take()
    }

    /// Whether the run may not do what it is about to: a quick run is then given up and made again
    /// where it may wait.
    pub(super) fn is_refused(&self) -> bool {
        if self.quick {
            self.touched.set(true);
        }
        self.quick
    }

    /// Whether a quick run has to be made again.
    pub(super) fn was_refused(&self) -> bool {
        self.touched.get()
    }

    /// Adds to the trace of the run.
    pub(super) fn note(&self, text: impl Into<String>) {
        let mut trace = self.trace.borrow_mut();
        if trace.len() < TRACE_MAX {
            let mut text = text.into();
            if let Some((end, _)) = text.char_indices().nth(TRACE_TEXT_MAX) {
                text.truncate(end);
                text.push('…');
            }
            trace.push(text);
        } else if trace.len() == TRACE_MAX {
            trace.push("дальше записи не сохранены".to_owned());
        }
    }

    pub(super) fn take_trace(&self) -> Vec<String> {
        self.trace.take()
    }

    /// Reads: through the lease once the run has written, else what is committed now.
    pub(super) fn read<T: Send + 'static>(
        &self,
        job: impl Fn(&mut Conn) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        if self.is_refused() {
            return Err(StoreError::Closed);
        }
        let _waiting = self.control.begin_wait();
        match self.lent.borrow_mut().as_mut() {
            Some(lent) => lent.run(job),
            None => {
                // What a thread of the store allocated is held by the run from now on.
                let (found, bytes) = self.store.read_blocking(move |conn| {
                    let before = memory::thread_holds();
                    let found = job(conn)?;
                    Ok((found, memory::thread_holds() - before))
                })?;
                memory::adopt(bytes.max(0));
                Ok(found)
            }
        }
    }

    /// Writes: the first time takes the lease, waiting for it.
    pub(super) fn write<T>(
        &self,
        vm: &mut Vm<'_>,
        job: impl FnOnce(&mut Conn) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if self.is_refused() {
            return Err(StoreError::Closed);
        }
        let _waiting = self.control.begin_wait();
        let mut lent = self.lent.borrow_mut();
        if lent.is_none() {
            let taken = self.store.lend(self.fenced)?;
            // Others wait for the lease: the run ends when its time is over, whatever it does.
            let time = taken.time_left().min(self.write_limit);
            self.deadline.set(Some(Instant::now() + time));
            vm.end_within(time);
            *lent = Some(taken);
            self.control.set_writes(true);
            self.read.borrow_mut().clear();
        }
        match lent.as_mut() {
            Some(lent) => lent.run(job),
            None => Err(StoreError::Closed),
        }
    }

    /// An error of the store as one of the program; the lease's end is none that it can catch.
    pub(super) fn fault(&self, vm: &mut Vm<'_>, error: StoreError) -> Fault {
        match error {
            StoreError::LendExpired { .. } => {
                self.deadline.set(Some(Instant::now()));
                vm.stop(LimitKind::Time)
            }
            other => Fault::text(other.to_string()),
        }
    }

    /// A party, read once a run.
    pub(super) fn load(&self, reference: &PartyRef) -> Result<Option<Rc<Loaded>>, StoreError> {
        if let Some(known) = self.read.borrow().get(reference) {
            return Ok(known.clone());
        }
        self.load_fresh(reference)
    }

    /// A party as it is now.
    pub(super) fn load_fresh(
        &self,
        reference: &PartyRef,
    ) -> Result<Option<Rc<Loaded>>, StoreError> {
        let wanted = reference.clone();
        let found = self.read(move |conn| parties::versioned(conn, &wanted))?;
        let found = found.map(|(party, version)| Rc::new(Loaded { party, version }));
        self.remember(reference, found.clone());
        Ok(found)
    }

    fn remember(&self, reference: &PartyRef, found: Option<Rc<Loaded>>) {
        let mut read = self.read.borrow_mut();
        if read.len() >= READ_MAX {
            read.clear();
        }
        read.insert(reference.clone(), found);
    }

    pub(super) fn forget(&self, reference: &PartyRef) {
        self.read.borrow_mut().remove(reference);
        self.samples.borrow_mut().clear();
    }

    /// A page of a catalog.
    pub(super) fn page(
        &self,
        kind: PartyKind,
        after: Option<String>,
        limit: i64,
    ) -> Result<Vec<Rc<Loaded>>, StoreError> {
        let rows = self.read(move |conn| parties::page(conn, kind, after.as_deref(), limit))?;
        Ok(rows
            .into_iter()
            .map(|(party, version)| Rc::new(Loaded { party, version }))
            .collect())
    }

    /// What parties of a kind have under the name of an attribute.
    pub(super) fn sample(&self, kind: PartyKind, key: &str) -> Result<Option<Sample>, StoreError> {
        let entry = (kind, key.to_owned());
        if let Some(known) = self.samples.borrow().get(&entry) {
            return Ok(known.clone());
        }
        let name = key.to_owned();
        let found = self.read(move |conn| {
            let Some((spelling, reference)) = parties::attribute_sample(conn, kind, &name)? else {
                return Ok(None);
            };
            let value = parties::get(conn, &reference)?
                .and_then(|mut party| party.attributes.remove(&spelling));
            Ok(Some(Sample { spelling, value }))
        })?;
        self.samples.borrow_mut().insert(entry, found.clone());
        Ok(found)
    }

    /// The number of a field by its folded name.
    pub(super) fn field_number(&self, folded: &str) -> u32 {
        match Standard::named(folded) {
            Some(standard) => standard as u32,
            None => self.name_number(names::attribute_key(folded)),
        }
    }

    /// The field with a number that [`field_number`](Self::field_number) gave.
    pub(super) fn field(&self, number: u32) -> Option<Field> {
        Standard::with_number(number)
            .map(Field::Standard)
            .or_else(|| self.name_of(number).map(Field::Attribute))
    }

    /// The number of a name; the same for the whole run.
    pub(super) fn name_number(&self, name: &str) -> u32 {
        let mut interned = self.names.borrow_mut();
        if let Some(number) = interned.numbers.get(name) {
            return *number;
        }
        let number = FIRST_NAME + interned.names.len() as u32;
        let name: Rc<str> = name.into();
        interned.names.push(Rc::clone(&name));
        interned.numbers.insert(name, number);
        number
    }

    /// The name with a number that [`name_number`](Self::name_number) gave.
    pub(super) fn name_of(&self, number: u32) -> Option<Rc<str>> {
        let place = number.checked_sub(FIRST_NAME)?;
        self.names.borrow().names.get(place as usize).cloned()
    }

    /// How the program spells a name, so that a new attribute gets the author's letters.
    pub(super) fn spelling(&self, folded: &str) -> String {
        let program = &self.program;
        let Some(name) = program.names.find(folded) else {
            return folded.to_owned();
        };
        program
            .modules
            .iter()
            .find_map(|module| {
                let site = module.sites.iter().find(|site| site.name.name == name)?;
                Some(module.spelling(site.name).to_owned())
            })
            .filter(|spelling| !spelling.is_empty())
            .unwrap_or_else(|| folded.to_owned())
    }
}

/// «Поле объекта не обнаружено».
pub(super) fn no_field(name: &str) -> Fault {
    Message::FieldNotFound(name.to_owned()).into()
}
