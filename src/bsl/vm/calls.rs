//! Calls: frames, modules, methods of objects, Выполнить and Вычислить.

use super::error::{Fault, LimitKind, Message};
use super::{DYNAMIC_MAX, Frame, ModuleState, Vm};
use crate::bytecode::program::{ArgSource, DefaultValue, MethodCode, ModuleCode};
use crate::bytecode::verify::{Around, verify};
use crate::diagnostic::{Diagnostic, Problem, render_all};
use crate::library::registry::{LIBRARY, Member};
use crate::syntax::names::Name;
use crate::value::heap::Body;
use crate::value::{RefElement, RefKey, RefTo, Value};
use smallvec::SmallVec;
use std::rc::Rc;

/// Problems of a text given to Выполнить that its error writes out.
const PROBLEMS_SHOWN: usize = 20;

/// Arguments of a native call, moved off the stack.
pub(crate) type Args = SmallVec<[Value; 6]>;

impl Vm<'_> {
    /// Opens a frame whose arguments stand at `base` already.
    pub(crate) fn push_frame(
        &mut self,
        module: u32,
        number: u32,
        method: &MethodCode,
        base: usize,
        dst: u16,
    ) -> Result<(), Fault> {
        if self.frames.len() >= self.limits.depth {
            return Err(self.hit(LimitKind::Depth));
        }
        let top = base + method.registers as usize;
        if top > self.stack.len() {
            self.grow(top)?;
        }
        for slot in &mut self.stack[base + method.params.len()..base + method.locals as usize] {
            super::fast::put(slot, Value::Undefined);
        }
        self.frames.push(Frame {
            module,
            method: number,
            pc: 0,
            base: base as u32,
            dst,
        });
        Ok(())
    }

    #[cold]
    fn grow(&mut self, top: usize) -> Result<(), Fault> {
        let length = top.max(self.stack.len() * 2);
        let more = (length - self.stack.len()) * size_of::<Value>();
        self.reserve(more)?;
        crate::value::memory::add(more);
        self.stack.resize(length, Value::Undefined);
        Ok(())
    }

    /// First register that no frame uses.
    pub(crate) fn top(&self) -> usize {
        self.frames.last().map_or(0, |frame| {
            let method = &self.module_code(frame.module).methods[frame.method as usize];
            frame.base as usize + method.registers as usize
        })
    }

    /// Runs the body of a module, once.
    pub(crate) fn start_module(&mut self, module: u32) -> Result<(), Fault> {
        if self.modules[module as usize].started {
            return Ok(());
        }
        self.modules[module as usize].started = true;
        let code = &self.program.modules[module as usize];
        if !code.problems.is_empty() {
            return Err(Message::BadCode(
                self.program.render_problems(module as usize, self.locale),
            )
            .into());
        }
        self.modules[module as usize].prepare(code);
        let body = code.body();
        let method = &code.methods[body as usize];
        if method.code.len() == 1 {
            return Ok(());
        }
        self.enter()?;
        let base = self.top();
        let result = self
            .push_frame(module, body, method, base, 0)
            .and_then(|()| self.run_loop());
        self.leave();
        result.map(drop)
    }

    /// Calls a procedure or function of a module value from outside the loop: the host, callbacks.
    pub fn call_function(
        &mut self,
        module: &Value,
        name: Name,
        args: &[Value],
    ) -> Result<Value, Fault> {
        let Value::Module(module) = *module else {
            return Err(Message::NotAnObject(self.names().text(name).to_string()).into());
        };
        self.start_module(module)?;
        let code = &self.program.modules[module as usize];
        let found = code.view.methods.get(&name).filter(|method| method.export);
        let Some(view) = found else {
            return Err(Message::MethodNotFound(self.names().text(name).to_string()).into());
        };
        let number = view.index;
        let method = &code.methods[number as usize];
        check_arity(args.len(), method)?;
        self.enter()?;
        let result = self.call_from_outside(module, number, method, args);
        self.leave();
        result
    }

    fn call_from_outside(
        &mut self,
        module: u32,
        number: u32,
        method: &MethodCode,
        args: &[Value],
    ) -> Result<Value, Fault> {
        let base = self.top();
        let top = base + (method.registers as usize).max(args.len());
        if top > self.stack.len() {
            self.grow(top)?;
        }
        for index in 0..method.params.len() {
            let value = match args.get(index) {
                Some(value) if !value.is_missing() => value.clone(),
                _ => self.default(module, method, index),
            };
            self.stack[base + index] = value;
        }
        self.push_frame(module, number, method, base, 0)?;
        self.run_loop()
    }

    fn default(&mut self, module: u32, method: &MethodCode, index: usize) -> Value {
        match method.params[index].default {
            None | Some(DefaultValue::Undefined) => Value::Undefined,
            Some(DefaultValue::Null) => Value::Null,
            Some(DefaultValue::Bool(value)) => Value::Bool(value),
            Some(DefaultValue::Const(k)) => match &self.modules[module as usize].consts[k as usize]
            {
                Value::Missing => self.materialise(module, k),
                value => value.clone(),
            },
        }
    }

    /// Prepares the call of a module's method through a site; gives its number. The arguments stand at
    /// `start`, and are completed there.
    pub(crate) fn module_call(
        &mut self,
        caller: u32,
        site: u32,
        target: u32,
        base: usize,
        start: usize,
    ) -> Result<u32, Fault> {
        self.start_module(target)?;
        let name = self.site_name(caller, site);
        let cache = self.modules[caller as usize].caches[site as usize];
        let program = self.program;
        let code = &program.modules[target as usize];
        let number = if cache.key == target as usize + 1 {
            cache.index
        } else {
            let found = code
                .view
                .methods
                .get(&name.name)
                .filter(|method| method.export)
                .map(|method| method.index);
            let Some(number) = found else {
                return Err(Message::MethodNotFound(self.site_spelling(caller, site)).into());
            };
            self.modules[caller as usize].remember(site, target as usize + 1, number);
            number
        };
        let method = &code.methods[number as usize];
        let (count, wants_value) = {
            let site = &self.module_code(caller).sites[site as usize];
            (site.args.len(), site.wants_value)
        };
        if wants_value && !method.is_function {
            return Err(Message::ProcedureAsFunction(method.spelling.to_string()).into());
        }
        check_arity(count, method)?;
        if start + method.params.len() > self.stack.len() {
            self.grow(start + method.params.len())?;
        }
        for index in 0..method.params.len() {
            if index >= count || self.stack[start + index].is_missing() {
                let value = self.default(target, method, index);
                self.stack[start + index] = value;
            } else if method.params[index].by_ref {
                let source = self.module_code(caller).sites[site as usize].args[index];
                if let Some(reference) = self.reference(caller, source, base) {
                    self.stack[start + index] = reference;
                }
            }
        }
        Ok(number)
    }

    /// A reference to where an argument came from.
    fn reference(&self, caller: u32, source: ArgSource, base: usize) -> Option<Value> {
        Some(match source {
            ArgSource::Value => return None,
            ArgSource::Local(reg) => Value::Ref(RefTo::Stack((base + reg as usize) as u32)),
            ArgSource::Param(reg) => self.stack[base + reg as usize].clone(),
            ArgSource::Module(var) => Value::Ref(RefTo::Module(
                self.modules[caller as usize].home as u16,
                var,
            )),
            ArgSource::Global(index) => Value::Ref(RefTo::Global(index)),
            ArgSource::Element(obj, key) => Value::RefElement(Rc::new(RefElement {
                object: self.stack[base + obj as usize].clone(),
                key: RefKey::Index(self.stack[base + key as usize].clone()),
            })),
            ArgSource::Field(obj, site) => Value::RefElement(Rc::new(RefElement {
                object: self.stack[base + obj as usize].clone(),
                key: RefKey::Field(caller, site),
            })),
        })
    }

    /// Writes a value where an argument came from: what a native method gave back.
    fn write_back(
        &mut self,
        caller: u32,
        source: ArgSource,
        base: usize,
        value: Value,
    ) -> Result<(), Fault> {
        match source {
            ArgSource::Value => Ok(()),
            ArgSource::Param(reg) => self.store_ref(base + reg as usize, value),
            ArgSource::Element(..) | ArgSource::Field(..) => {
                match self.reference(caller, source, base) {
                    Some(Value::RefElement(element)) => self.store_element(&element, value),
                    _ => Ok(()),
                }
            }
            ArgSource::Local(reg) => {
                self.stack[base + reg as usize] = value;
                Ok(())
            }
            ArgSource::Module(var) => {
                let home = self.modules[caller as usize].home as usize;
                self.modules[home].vars[var as usize] = value;
                Ok(())
            }
            ArgSource::Global(index) => {
                self.globals[index as usize] = value;
                Ok(())
            }
        }
    }

    /// Moves arguments off the stack and fills the skipped ones up.
    #[inline]
    pub(crate) fn take_args(&mut self, start: usize, count: usize, max: u8) -> Args {
        let mut args = Args::new();
        for slot in &mut self.stack[start..start + count] {
            // A whole number is copied by its word; see `put` in run.rs.
            args.push(match slot {
                Value::Int(int) => Value::Int(*int),
                slot => std::mem::take(slot),
            });
        }
        if max != 255 {
            while args.len() < max as usize {
                args.push(Value::Missing);
            }
        }
        args
    }

    /// Charges for the strings that a function is about to go over; the next look at the fuel sees it.
    #[inline]
    pub(crate) fn charge_args(&mut self, args: &[Value]) {
        let units: usize = args.iter().map(Value::long_units).sum();
        self.fuel -= (units / 16) as i64;
    }

    /// Calls a method of any value but a module through a site.
    pub(crate) fn call_method(
        &mut self,
        caller: u32,
        site: u32,
        object: &Value,
        base: usize,
        start: usize,
    ) -> Result<Value, Fault> {
        let cache = self.modules[caller as usize].caches[site as usize];
        let ty = super::access::type_of(object);
        let key = std::ptr::from_ref(ty) as usize;
        let index = if cache.key == key {
            cache.index
        } else {
            if let Value::Obj(obj) = object
                && matches!(&*obj.body(), Body::Host(_))
            {
                return self.call_host(caller, site, object, start);
            }
            let name = self.site_name(caller, site).name;
            match LIBRARY.member(ty, name) {
                Some(Member::Method(index)) => {
                    let module = &mut self.modules[caller as usize];
                    module.remember(site, key, index);
                    let (count, intrinsic) = LIBRARY.methods[index as usize].intrinsic;
                    let cache = &mut module.caches[site as usize];
                    let fits = cache.count == u16::from(count);
                    if fits
                        && (LIBRARY.methods[index as usize].def.is_function || !cache.wants_value)
                    {
                        cache.intrinsic = intrinsic;
                    }
                    index
                }
                _ => return Err(self.no_method(object, caller, site)),
            }
        };
        let callable = &LIBRARY.methods[index as usize];
        let (count, wants_value) = (cache.count as usize, cache.wants_value);
        if count < callable.min as usize {
            return Err(Message::TooFewArguments.into());
        }
        if count > callable.max as usize {
            return Err(Message::TooManyArguments.into());
        }
        if wants_value && !callable.def.is_function {
            return Err(Message::ProcedureAsFunction(callable.def.ru.to_string()).into());
        }
        let mut args = self.take_args(start, count, callable.max);
        let result = match (callable.def.call)(self, object, &mut args) {
            Ok(value) => value,
            Err(fault) => return Err(self.method_failed(fault, caller, site)),
        };
        if callable.out != 0 {
            for (index, value) in args.into_iter().enumerate().take(count) {
                if callable.out & (1 << index) != 0 {
                    let source = self.module_code(caller).sites[site as usize].args[index];
                    self.write_back(caller, source, base, value)?;
                }
            }
        }
        Ok(result)
    }

    #[cold]
    fn no_method(&self, object: &Value, caller: u32, site: u32) -> Fault {
        let name = self.site_spelling(caller, site);
        match object {
            Value::Obj(_)
            | Value::Uuid(_)
            | Value::Enum(..)
            | Value::EnumList(_)
            | Value::Module(_)
            | Value::Error(_) => Message::MethodNotFound(name).into(),
            _ => Message::NotAnObject(name).into(),
        }
    }

    /// «Ошибка при вызове метода контекста»: what went wrong inside becomes the cause. Wrong arguments
    /// are the caller's own mistake and stay as they are.
    #[cold]
    fn method_failed(&self, fault: Fault, caller: u32, site: u32) -> Fault {
        match &fault.0.message {
            Message::WrongParameter(_)
            | Message::WrongValue(_)
            | Message::TooFewArguments
            | Message::TooManyArguments
            | Message::ReadOnly
            | Message::Value(_)
            | Message::MethodNotFound(_)
            | Message::Limit(_) => fault,
            _ if fault.0.place.borrow().is_some() => fault,
            _ => fault.wrap(Message::MethodFailed(self.site_spelling(caller, site))),
        }
    }

    fn call_host(
        &mut self,
        caller: u32,
        site: u32,
        object: &Value,
        start: usize,
    ) -> Result<Value, Fault> {
        let Value::Obj(obj) = object else {
            return Ok(Value::Undefined);
        };
        let body = obj.body();
        let Body::Host(host) = &*body else {
            return Ok(Value::Undefined);
        };
        let name = self.site_name(caller, site).name;
        let Some(method) = host.method(self.names().text(name)) else {
            return Err(Message::MethodNotFound(self.site_spelling(caller, site)).into());
        };
        let (count, wants_value) = {
            let site = &self.module_code(caller).sites[site as usize];
            (site.args.len(), site.wants_value)
        };
        if count < method.min as usize {
            return Err(Message::TooFewArguments.into());
        }
        if count > method.max as usize {
            return Err(Message::TooManyArguments.into());
        }
        if wants_value && !method.is_function {
            return Err(Message::ProcedureAsFunction(self.site_spelling(caller, site)).into());
        }
        let mut args = self.take_args(start, count, method.max);
        let result = host.call(method.id, self, object, &mut args);
        result.map_err(|fault| self.method_failed(fault, caller, site))
    }

    /// Новый by a type's name and an array of parameters.
    pub(crate) fn new_dynamic(&mut self, name: &Value, params: &Value) -> Result<Value, Fault> {
        let ty = match name {
            Value::Type(ty) => *ty,
            _ => {
                let text = name.as_string().ok_or_else(|| Fault::param(1))?;
                let found = LIBRARY
                    .names
                    .find(text.trim())
                    .and_then(|name| LIBRARY.ty(name));
                found.ok_or(Message::TypeNotFound(text))?
            }
        };
        let mut args = match params {
            Value::Missing | Value::Undefined => Args::new(),
            _ => self.items(params)?.into(),
        };
        self.construct(ty, &mut args)
    }

    /// Новый.
    pub(crate) fn construct(
        &mut self,
        ty: &'static crate::library::registry::TypeDef,
        args: &mut Args,
    ) -> Result<Value, Fault> {
        self.construct_with(ty, LIBRARY.constructor(ty), args)
    }

    /// The same with the arity that the caller has looked up.
    pub(crate) fn construct_with(
        &mut self,
        ty: &'static crate::library::registry::TypeDef,
        arity: Option<(u8, u8)>,
        args: &mut Args,
    ) -> Result<Value, Fault> {
        let (Some(new), Some((min, max))) = (&ty.new, arity) else {
            return Err(Message::NoConstructor(ty.ru.to_string()).into());
        };
        if args.len() < min as usize {
            return Err(Message::TooFewArguments.into());
        }
        if max != 255 {
            if args.len() > max as usize {
                return Err(Message::TooManyArguments.into());
            }
            while args.len() < max as usize {
                args.push(Value::Missing);
            }
        }
        // The first parameter is a list of names or a text to be read; later ones are values to keep.
        self.charge_args(args.get(..1).unwrap_or(&[]));
        (new.call)(self, args)
    }

    // ---- Выполнить, Вычислить ---------------------------------------------------------------

    /// Runs a text against the variables of the current method.
    pub(crate) fn run_text(&mut self, code: &Value, expression: bool) -> Result<Value, Fault> {
        let text = self.text(code);
        let Some(frame) = self.frames.last().copied() else {
            return Ok(Value::Undefined);
        };
        let module = self.compiled_text(frame, text, expression)?;
        self.enter()?;
        let result = self.run_compiled(frame, module);
        self.leave();
        result
    }

    /// Runs a text that belongs to no module.
    pub(crate) fn run_alone(&mut self, text: &str, expression: bool) -> Result<Value, Fault> {
        let module = self.program.modules.len() as u32 - 1;
        let program = self.program;
        let method = &program.modules[module as usize].methods[0];
        let base = self.top();
        self.push_frame(module, 0, method, base, 0)?;
        self.typed = true;
        let result = self.run_text(&Value::str(text), expression);
        self.typed = false;
        self.frames.pop();
        result
    }

    /// Calls a method of a value by its name, from the library or the host.
    pub fn call_member(
        &mut self,
        object: &Value,
        name: &str,
        args: Vec<Value>,
    ) -> Result<Value, Fault> {
        let folded = self.intern(name);
        if let Value::Module(_) = object {
            return self.call_function(object, folded, &args);
        }
        let missing = || Fault::from(Message::MethodNotFound(name.to_string()));
        let mut args = Args::from_vec(args);
        let fill = |args: &mut Args, min: u8, max: u8| {
            if args.len() < min as usize {
                return Err(Fault::from(Message::TooFewArguments));
            }
            if args.len() > max as usize {
                return Err(Fault::from(Message::TooManyArguments));
            }
            if max != 255 {
                while args.len() < max as usize {
                    args.push(Value::Missing);
                }
            }
            Ok(())
        };
        if let Value::Obj(obj) = object {
            let obj = obj.clone();
            let body = obj.body();
            if let Body::Host(host) = &*body {
                let method = host.method(self.names().text(folded)).ok_or_else(missing)?;
                fill(&mut args, method.min, method.max)?;
                return host.call(method.id, self, object, &mut args);
            }
        }
        let ty = super::access::type_of(object);
        let Some(Member::Method(index)) = LIBRARY.member(ty, folded) else {
            return Err(missing());
        };
        let callable = &LIBRARY.methods[index as usize];
        fill(&mut args, callable.min, callable.max)?;
        (callable.def.call)(self, object, &mut args)
    }

    fn run_compiled(&mut self, frame: Frame, module: u32) -> Result<Value, Fault> {
        let Some(code) = self.modules[module as usize].dynamic.clone() else {
            return Ok(Value::Undefined);
        };
        if self.frames.len() >= self.limits.depth {
            return Err(self.hit(LimitKind::Depth));
        }
        let method = &code.methods[0];
        let outer = self.outer_registers(frame);
        let top = frame.base as usize + method.registers as usize;
        if top > self.stack.len() {
            self.grow(top)?;
        }
        for slot in &mut self.stack[frame.base as usize + outer..top] {
            *slot = Value::Undefined;
        }
        self.frames.push(Frame {
            module,
            method: 0,
            pc: 0,
            base: frame.base,
            dst: 0,
        });
        self.run_loop()
    }

    fn outer_registers(&self, frame: Frame) -> usize {
        self.module_code(frame.module).methods[frame.method as usize].registers as usize
    }

    fn compiled_text(
        &mut self,
        frame: Frame,
        text: String,
        expression: bool,
    ) -> Result<u32, Fault> {
        let key = (
            frame.module,
            frame.method,
            expression,
            text.into_boxed_str(),
        );
        if let Some(&module) = self.compiled.get(&key) {
            return Ok(module);
        }
        self.charge_work(key.3.len() * 16)?;
        self.reserve(key.3.len() * 32)?;
        let home = self.modules[frame.module as usize].home;
        let program = self.program;
        let home_code = &program.modules[home as usize];
        let around_code = self.modules[frame.module as usize].dynamic.clone();
        let around = match &around_code {
            Some(code) => &code.methods[0],
            None => &home_code.methods[frame.method as usize],
        };
        self.names_mut();
        let mut names = self.own_names.take().unwrap_or_default();
        let compiled = crate::compile::dynamic(
            &key.3,
            crate::compile::Dynamic {
                names: &mut names,
                globals: &program.globals,
                view: &home_code.view,
                text: &home_code.text,
                methods: &home_code.methods,
                consts: &home_code.consts,
                locals: &around.names,
                ref_params: &around.params,
                registers: around.registers,
                expression,
            },
        );
        self.own_names = Some(names);
        let mut code: ModuleCode = match compiled {
            Ok(code) => code,
            Err(problems) => {
                let text = render_all("", &key.3, &problems, self.locale, PROBLEMS_SHOWN);
                return Err(Message::BadCode(text).into());
            }
        };
        code.name = home_code.name.clone();
        let outer_registers = around.registers;
        let around = Around {
            methods: home_code.methods.len(),
            vars: home_code.vars as usize,
            outer: around.registers,
        };
        if verify(&code, &code.methods[0], around).is_err() {
            let problem = Diagnostic::new(Problem::TooManyVariables, 0, 0);
            return Err(Message::BadCode(problem.message(self.locale)).into());
        }
        crate::value::memory::add(key.3.len() * 32 + 512);
        let mut state = ModuleState::of(&code, home);
        state.prepare(&code);
        state.started = true;
        state.outer = outer_registers;
        state.dynamic = Some(Rc::new(code));
        // Past so many texts old ones make room, unless they are being executed.
        let module = if self.compiled.len() >= DYNAMIC_MAX {
            self.evict()
        } else {
            None
        };
        let module = match module {
            Some(module) => {
                crate::value::memory::sub(512);
                self.modules[module as usize] = state;
                module
            }
            None => {
                self.modules.push(state);
                self.modules.len() as u32 - 1
            }
        };
        self.compiled.insert(key, module);
        Ok(module)
    }

    fn evict(&mut self) -> Option<u32> {
        let key = self
            .compiled
            .iter()
            .find(|(_, module)| self.frames.iter().all(|frame| frame.module != **module))
            .map(|(key, _)| key.clone())?;
        crate::value::memory::sub(key.3.len() * 32);
        // Errors keep places in evicted texts; a place past its text shows an empty line.
        self.compiled.remove(&key)
    }
}

fn check_arity(count: usize, method: &MethodCode) -> Result<(), Fault> {
    if count < method.min as usize {
        return Err(Message::TooFewArguments.into());
    }
    if count > method.params.len() {
        return Err(Message::TooManyArguments.into());
    }
    Ok(())
}
