//! The machine: one run of a program.
//!
//! `run.rs` is the loop over instructions; what an instruction does in the rare case stands beside it
//! (`operators.rs`, `access.rs`, `calls.rs`), conversions of values in `convert.rs`, errors and their
//! places in `error.rs` and `faults.rs`. The machine knows the library only through its registry, and
//! the world only through [`Host`].

mod access;
mod calls;
pub mod convert;
pub mod error;
mod fast;
mod faults;
mod known_texts;
pub mod meter;
mod operators;
mod run;

use crate::bytecode::program::{Const, ModuleCode, Program};
use crate::diagnostic::Locale;
use crate::host::Host;
use crate::library::registry::{Intrinsic, TypeDef};
use crate::limits::Limits;
use crate::syntax::names::{Name, Names};
use crate::value::Value;
use crate::value::heap::{Body, Heap, Obj};
use crate::value::memory::{self, Account};
use error::{ErrorInfo, Fault, LimitKind};
use meter::{Meter, SLICE};
use std::collections::HashMap;
use std::rc::Rc;

pub use access::type_of;
pub use faults::Location;
pub(crate) use faults::Telling;
use known_texts::KnownTexts;
pub use known_texts::{FieldName, FieldNames};
pub use operators::number_error;

/// What a site found last.
#[derive(Clone, Copy)]
pub(crate) struct Cache {
    /// The site's name.
    pub name: Name,
    /// The type's address, or a host object's class.
    pub key: usize,
    /// Number of the member, or a place in the object.
    pub index: u32,
    /// What the loop does itself when the object has the type of the key.
    pub intrinsic: Intrinsic,
    /// Arguments of the site.
    pub count: u16,
    /// Whether the site's value is used.
    pub wants_value: bool,
}

/// A module in a run.
pub(crate) struct ModuleState {
    /// Constants as values; [`Value::Missing`] until the first use.
    pub consts: Vec<Value>,
    /// One for each site.
    pub caches: Vec<Cache>,
    /// Перем of the module, by their numbers in the program.
    pub vars: Vec<Value>,
    /// Whether the body has begun.
    pub started: bool,
    /// Code of Выполнить: its text and code. `None` for modules of the program.
    pub dynamic: Option<Rc<ModuleCode>>,
    /// The module whose methods and variables the code means: itself, unless it is dynamic.
    pub home: u32,
    /// Registers of the method around dynamic code, which are not its own.
    pub outer: u16,
}

impl ModuleState {
    fn of(module: &ModuleCode, home: u32) -> ModuleState {
        ModuleState {
            consts: Vec::new(),
            caches: Vec::new(),
            vars: vec![Value::Undefined; module.vars as usize],
            started: false,
            dynamic: None,
            home,
            outer: 0,
        }
    }

    /// Remembers what a site found.
    #[inline]
    fn remember(&mut self, site: u32, key: usize, index: u32) {
        let cache = &mut self.caches[site as usize];
        (cache.key, cache.index, cache.intrinsic) = (key, index, Intrinsic::None);
    }

    /// Makes room for constants and caches at the first use of the module.
    fn prepare(&mut self, module: &ModuleCode) {
        if self.consts.len() != module.consts.len() {
            self.consts = vec![Value::Missing; module.consts.len()];
        }
        if self.caches.len() != module.sites.len() {
            let empty = |site: &crate::bytecode::program::Site| Cache {
                name: site.name.name,
                key: 0,
                index: 0,
                intrinsic: Intrinsic::None,
                count: site.args.len().min(usize::from(u16::MAX)) as u16,
                wants_value: site.wants_value,
            };
            self.caches = module.sites.iter().map(empty).collect();
        }
    }
}

/// A call in progress.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    /// Module: past the program's modules for dynamic code.
    pub module: u32,
    /// Method in it.
    pub method: u32,
    /// The instruction in hand, or for an outer frame the one after its call.
    pub pc: u32,
    /// First register.
    pub base: u32,
    /// Register of the caller that gets the value.
    pub dst: u16,
}

/// Texts of Выполнить that are kept compiled.
const DYNAMIC_MAX: usize = 64;

/// Registers at the start; the stack grows when calls need more.
const STACK_START: usize = 256;

/// A run of a program.
pub struct Vm<'a> {
    pub(crate) program: &'a Program,
    pub(crate) host: &'a mut dyn Host,
    pub(crate) limits: Limits,
    pub(crate) heap: Rc<Heap>,
    account: Rc<Account>,
    pub(crate) stack: Vec<Value>,
    pub(crate) frames: Vec<Frame>,
    pub(crate) modules: Vec<ModuleState>,
    /// Variables of the host.
    pub(crate) globals: Vec<Value>,
    /// Properties of the host, once asked for.
    properties: Vec<Option<Value>>,
    /// Names that the run added to the program's; made at the first new name.
    own_names: Option<Box<Names>>,
    /// Spellings of field names: the first number is that of the folded name itself.
    spellings: Vec<Rc<str>>,
    spelling_ids: HashMap<Rc<str>, u32>,
    /// The spellings as values, once a walk asked for them.
    spelling_values: Vec<Value>,
    pub(crate) known_lists: KnownTexts<Rc<FieldNames>>,
    pub(crate) known_names: KnownTexts<Name>,
    compiled: HashMap<(u32, u32, bool, Box<str>), u32>,
    pub(crate) scratch: Vec<u16>,
    pub(crate) locale: Locale,
    /// What is left of the slice that the loop works off.
    fuel: i64,
    /// How long that slice was at first: the first is empty, so that a run which may not begin ends at
    /// once.
    slice: i64,
    pub(crate) meter: Rc<Meter>,
    nesting: usize,
    output: usize,
    /// Code that was typed runs, not a module.
    pub(crate) typed: bool,
    /// State that files of the library keep for a run, by their own type.
    extensions: HashMap<std::any::TypeId, Box<dyn std::any::Any>>,
}

impl<'a> Vm<'a> {
    /// Prepares a run. Nothing of the program is executed yet.
    pub fn new(program: &'a Program, host: &'a mut dyn Host, limits: Limits) -> Vm<'a> {
        let locale = host.locale();
        Vm {
            program,
            host,
            meter: Meter::new(&limits),
            heap: Rc::new(Heap::default()),
            account: Rc::new(Account::new(limits.memory)),
            stack: vec![Value::Undefined; STACK_START],
            frames: Vec::with_capacity(16),
            modules: program
                .modules
                .iter()
                .enumerate()
                .map(|(at, module)| ModuleState::of(module, at as u32))
                .collect(),
            globals: vec![Value::Undefined; program.environment.variables.len()],
            properties: vec![None; program.environment.properties.len()],
            own_names: None,
            spellings: Vec::new(),
            spelling_ids: HashMap::new(),
            spelling_values: Vec::new(),
            known_lists: KnownTexts::default(),
            known_names: KnownTexts::default(),
            compiled: HashMap::new(),
            scratch: Vec::new(),
            locale,
            fuel: 0,
            slice: 0,
            nesting: 0,
            output: 0,
            typed: false,
            limits,
            extensions: HashMap::new(),
        }
    }

    /// Puts the run's count of bytes in place while the guard lives: for a host that makes values
    /// before or after the program runs.
    #[must_use]
    pub fn account(&self) -> Rc<Account> {
        Rc::clone(&self.account)
    }

    /// Leaves the run at most this much more time: a host that gave it something others wait for.
    pub fn end_within(&mut self, time: std::time::Duration) {
        self.meter.end_within(time);
    }

    /// The limit of time counts from here.
    pub(crate) fn restart_clock(&mut self) {
        self.meter.restart();
    }

    /// Runs the body of a module.
    pub fn run(&mut self, module: usize) -> Result<(), Fault> {
        let account = self.account();
        let _entered = account.enter();
        self.meter.restart();
        self.start_module(module as u32)?;
        self.stands()
    }

    /// Calls an exported method of a module. The body of the module runs first, once.
    pub fn call(&mut self, module: usize, method: &str, args: &[Value]) -> Result<Value, Fault> {
        let account = self.account();
        let _entered = account.enter();
        let name = self.intern(method);
        let value = self.call_function(&Value::Module(module as u32), name, args)?;
        self.stands()?;
        Ok(value)
    }

    /// Sets a variable of the environment.
    pub fn set_variable(&mut self, name: &str, value: Value) -> bool {
        match self.program.variable(name) {
            Some(index) => {
                self.globals[index as usize] = value;
                true
            }
            None => false,
        }
    }

    /// Reads a variable of the environment.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&Value> {
        self.program
            .variable(name)
            .map(|index| &self.globals[index as usize])
    }

    /// What the run may reach outside.
    pub fn host(&mut self) -> &mut dyn Host {
        self.host
    }

    /// Language of messages.
    #[must_use]
    pub fn locale(&self) -> Locale {
        self.locale
    }

    /// Digits that a number may have.
    #[must_use]
    pub fn max_digits(&self) -> u32 {
        self.limits.digits
    }

    /// Bytes that the run holds.
    #[must_use]
    pub fn memory(&self) -> usize {
        let _entered = self.account.enter();
        memory::live()
    }

    /// Instructions so far: those that the loop went over, a branch that it passed by among them, and
    /// what native functions charged for.
    #[must_use]
    pub fn instructions(&self) -> u64 {
        let open = (self.slice - self.fuel).max(0);
        self.meter.spent().saturating_add(open as u64)
    }

    /// The meter, for walks that pay while the machine is in use: `vm.meter().over(items)`.
    #[must_use]
    pub fn meter(&self) -> Rc<Meter> {
        Rc::clone(&self.meter)
    }

    /// Objects of the run that are alive.
    #[must_use]
    pub fn objects(&self) -> usize {
        self.heap.objects()
    }

    // ---- objects ----------------------------------------------------------------------------

    /// A new object.
    pub fn alloc(&self, ty: &'static TypeDef, body: Body) -> Value {
        Value::Obj(self.heap.alloc(ty, body))
    }

    /// A new object, as a reference.
    pub fn alloc_obj(&self, ty: &'static TypeDef, body: Body) -> Obj {
        self.heap.alloc(ty, body)
    }

    /// Массив of these elements.
    pub fn new_array(&self, items: Vec<Value>) -> Value {
        self.alloc(&crate::library::array::ARRAY, Body::Array(items))
    }

    /// A value for an object of the host.
    pub fn host_object(&self, object: Box<dyn crate::host::HostObject>) -> Value {
        self.alloc(&crate::library::HOST_OBJECT, Body::Host(object))
    }

    /// State of a file of the library for this run, made at its first use.
    pub fn extension<T: Default + 'static>(&mut self) -> &mut T {
        self.extensions
            .entry(std::any::TypeId::of::<T>())
            .or_insert_with(|| Box::<T>::default())
            .downcast_mut()
            .expect("the key is the type")
    }

    // ---- names ------------------------------------------------------------------------------

    /// The run's table of names.
    #[must_use]
    pub fn names(&self) -> &Names {
        self.own_names.as_deref().unwrap_or(&self.program.names)
    }

    pub(crate) fn names_mut(&mut self) -> &mut Names {
        self.own_names
            .get_or_insert_with(|| Box::new(self.program.names.clone()))
    }

    /// The number of a name, new or known.
    pub fn intern(&mut self, name: &str) -> Name {
        match self.names().find(name) {
            Some(name) => name,
            None => {
                // A name that the run cannot afford is another one, and the run ends.
                memory::work(256 + name.len() * 8);
                if !memory::afford(name.len() * 3 + 64) {
                    return Name(0);
                }
                memory::add(name.len() * 2 + 64);
                self.names_mut().intern(name)
            }
        }
    }

    /// The number of a spelling: what Структура keeps to give the name back as it was written.
    pub fn intern_spelling(&mut self, spelling: &str) -> Name {
        if let Some(&id) = self.spelling_ids.get(spelling) {
            return Name(id);
        }
        if !memory::afford(spelling.len() + 96) {
            return Name(0);
        }
        memory::add(spelling.len() + 96);
        let text: Rc<str> = spelling.into();
        let id = self.spellings.len() as u32;
        self.spellings.push(Rc::clone(&text));
        self.spelling_ids.insert(text, id);
        Name(id)
    }

    /// The text of a spelling.
    #[must_use]
    pub fn spelling(&self, id: Name) -> Rc<str> {
        self.spellings
            .get(id.0 as usize)
            .cloned()
            .unwrap_or_else(|| "".into())
    }

    /// The text of a spelling as a value; all who ask share it.
    pub(crate) fn spelling_value(&mut self, id: Name) -> Value {
        let at = id.0 as usize;
        if self.spelling_values.len() <= at {
            let count = self.spellings.len().max(at + 1);
            self.spelling_values.resize(count, Value::Missing);
        }
        if self.spelling_values[at].is_missing() {
            self.spelling_values[at] = Value::str(&self.spelling(id));
        }
        self.spelling_values[at].clone()
    }

    // ---- limits -----------------------------------------------------------------------------

    /// Looks at every limit; called when a slice of work is used up.
    #[cold]
    pub(crate) fn refuel(&mut self) -> Result<(), Fault> {
        let used = self.slice - self.fuel;
        (self.slice, self.fuel) = (SLICE, SLICE);
        self.meter.spend(used)
    }

    /// Looks at the clock and at cancellation. Native functions that work long call it now and then.
    pub fn check_time(&mut self) -> Result<(), Fault> {
        self.meter.check_time()
    }

    #[cold]
    pub(crate) fn hit(&mut self, kind: LimitKind) -> Fault {
        self.meter.hit(kind)
    }

    /// Whether the run still stands: what a native function was refused, and what it holds past the
    /// limit, ends the run however it returned. Asked after each of them, and by whoever is about to do
    /// something in the world that cannot be taken back.
    #[inline]
    pub fn stands(&self) -> Result<(), Fault> {
        self.meter.look()
    }

    /// Charges instructions; native functions charge by the amount of their work.
    #[inline]
    pub fn charge(&mut self, cost: u32) -> Result<(), Fault> {
        self.meter.work(cost)
    }

    /// Charges a native function for going over that many units or elements.
    #[inline]
    pub fn charge_work(&mut self, units: usize) -> Result<(), Fault> {
        self.meter.units(units)
    }

    /// Asks for bytes before they are allocated.
    #[inline]
    pub fn reserve(&mut self, bytes: usize) -> Result<(), Fault> {
        if memory::afford(bytes) {
            Ok(())
        } else {
            Err(self.hit(LimitKind::Memory))
        }
    }

    /// Makes a string of a buffer; its length was reserved or is small.
    pub fn string(&mut self, units: Vec<u16>) -> Result<Value, Fault> {
        self.reserve(0)?;
        Ok(Value::from_units(units))
    }

    /// Enters a nested run of the interpreter or another deep native recursion; pair with `leave`.
    pub fn enter(&mut self) -> Result<(), Fault> {
        if self.nesting >= self.limits.nesting {
            return Err(self.hit(LimitKind::Depth));
        }
        self.nesting += 1;
        Ok(())
    }

    /// Ends what [`enter`](Self::enter) began.
    pub fn leave(&mut self) {
        self.nesting -= 1;
    }

    /// Counts bytes of output.
    pub fn charge_output(&mut self, bytes: usize) -> Result<(), Fault> {
        self.output = self.output.saturating_add(bytes + 1);
        if self.output > self.limits.output {
            return Err(self.hit(LimitKind::Output));
        }
        Ok(())
    }

    /// Sends a message to the host, within the limit of output.
    pub fn message(&mut self, text: &str, status: crate::host::MessageStatus) -> Result<(), Fault> {
        self.charge_output(text.len())?;
        self.host.message(text, status);
        Ok(())
    }

    /// Ends the run at once: no handler sees it.
    pub fn stop(&mut self, kind: LimitKind) -> Fault {
        self.hit(kind)
    }

    /// Wall time that the run may still take: what waits on the world waits no longer.
    #[must_use]
    pub fn time_left(&self) -> std::time::Duration {
        self.meter.time_left()
    }

    /// Bytes that the run may still take.
    #[must_use]
    pub fn memory_left(&self) -> usize {
        memory::left()
    }

    /// `object[key]`.
    pub fn element(&mut self, object: &Value, key: &Value) -> Result<Value, Fault> {
        self.get_index(object, key)
    }

    /// `object[key] = value`.
    pub fn set_element(&mut self, object: &Value, key: Value, value: Value) -> Result<(), Fault> {
        self.set_index(object, key, value)
    }

    // ---- constants --------------------------------------------------------------------------

    /// The code of a module of the run.
    pub(crate) fn module_code(&self, module: u32) -> &ModuleCode {
        match self.program.modules.get(module as usize) {
            Some(module) => module,
            None => match &self.modules[module as usize].dynamic {
                Some(module) => module,
                None => &self.program.modules[0],
            },
        }
    }

    #[cold]
    pub(crate) fn materialise(&mut self, module: u32, k: u32) -> Value {
        let value = match &self.module_code(module).consts[k as usize] {
            Const::Number(number) => Value::from(number.clone()),
            Const::Str(text) => Value::str(text),
            Const::Date(date) => Value::Date(*date),
        };
        self.modules[module as usize].consts[k as usize] = value.clone();
        value
    }

    /// Whether what runs is code that was typed ([`Vm::run_chat`]), or what it evaluates, and no method of
    /// a module.
    fn is_typed_code(&self) -> bool {
        // The frame at the bottom only stands for the module that typed code has not.
        let modules = self.program.modules.len() as u32;
        self.typed
            && self
                .frames
                .iter()
                .skip(1)
                .all(|frame| frame.module >= modules)
    }

    /// A property of the host, asked for once a run.
    pub(crate) fn property(&mut self, index: u32) -> Result<Value, Fault> {
        if self.is_typed_code() {
            let name = &self.program.environment.properties[index as usize];
            if let Some(reason) = self.host.closed_to_typed_code(name) {
                return Err(Fault::text(reason));
            }
        }
        if let Some(Some(value)) = self.properties.get(index as usize) {
            return Ok(value.clone());
        }
        let name = self.program.environment.properties[index as usize].clone();
        match self.host.global(&name) {
            Some(object) => {
                let value = self.host_object(object);
                self.properties[index as usize] = Some(value.clone());
                Ok(value)
            }
            None => Err(error::Message::VariableNotFound(name).into()),
        }
    }

    /// The error in hand: of the innermost handler that is being executed.
    #[must_use]
    pub fn current_error(&self) -> Option<Rc<ErrorInfo>> {
        for frame in self.frames.iter().rev() {
            let code = self.module_code(frame.module);
            let method = &code.methods[frame.method as usize];
            // The instruction in hand is the one before the next.
            let pc = frame.pc.saturating_sub(1);
            if let Some(handler) = method
                .handling
                .iter()
                .find(|it| it.start <= pc && pc < it.end)
                && let Some(Value::Error(error)) =
                    self.stack.get(frame.base as usize + handler.reg as usize)
            {
                return Some(Rc::clone(error));
            }
        }
        None
    }
}

impl Drop for Vm<'_> {
    fn drop(&mut self) {
        let account = self.account();
        let _entered = account.enter();
        self.stack.clear();
        self.globals.clear();
        self.properties.clear();
        self.modules.clear();
        self.extensions.clear();
        self.spelling_values.clear();
        self.known_lists.clear();
        self.known_names.clear();
        self.heap.clear();
    }
}
