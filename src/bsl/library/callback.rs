//! Functions of the program that the library calls while it reads and writes JSON.

use super::define::{is_left_out, string_of};
use crate::syntax::names::Name;
use crate::value::{RefElement, RefKey, Value};
use crate::vm::Vm;
use crate::vm::error::{Fault, Message};
use std::rc::Rc;

/// An exported function of a module, with the value that the program passes along.
pub(super) struct Callback {
    module: Value,
    name: Name,
    extra: Value,
}

impl Callback {
    /// From three parameters of the caller: the name at `at`, the module and the value after it.
    /// `None` without a name. Without a module 1C does not look for the function; here the module that
    /// runs is asked, and the name means nothing when it has none.
    pub(super) fn of(
        vm: &mut Vm<'_>,
        args: &[Value],
        at: usize,
    ) -> Result<Option<Callback>, Fault> {
        if is_left_out(&args[at]) {
            return Ok(None);
        }
        let name = string_of(&args[at], at as u8 + 1)?;
        if name.trim().is_empty() {
            return Ok(None);
        }
        let module = match &args[at + 1] {
            Value::Module(module) => *module,
            value if is_left_out(value) => {
                let running = vm.frames.last().map(|frame| frame.module as usize);
                running
                    .and_then(|module| vm.modules.get(module))
                    .map(|module| module.home)
                    .ok_or_else(|| Fault::param(at as u8 + 2))?
            }
            _ => return Err(Fault::param(at as u8 + 2)),
        };
        let spelling = name.trim();
        let name = vm.intern(spelling);
        let methods = &vm.module_code(module).view.methods;
        if !methods.get(&name).is_some_and(|method| method.export) {
            if is_left_out(&args[at + 1]) {
                return Ok(None);
            }
            return Err(Message::MethodNotFound(spelling.to_string()).into());
        }
        let extra = match &args[at + 2] {
            Value::Missing => Value::Undefined,
            value => value.clone(),
        };
        Ok(Some(Callback {
            module: Value::Module(module),
            name,
            extra,
        }))
    }

    /// `Функция(Свойство, Значение, ДополнительныеПараметры)`.
    pub(super) fn call(
        &self,
        vm: &mut Vm<'_>,
        property: Value,
        value: Value,
    ) -> Result<Value, Fault> {
        vm.call_function(
            &self.module,
            self.name,
            &[property, value, self.extra.clone()],
        )
    }

    /// `Функция(Свойство, Значение, ДополнительныеПараметры, Отказ)`; `None` when it set Отказ.
    pub(super) fn call_or_refuse(
        &self,
        vm: &mut Vm<'_>,
        property: Value,
        value: Value,
    ) -> Result<Option<Value>, Fault> {
        // Отказ is an element of an array, so that the function can write it.
        let refusal = vm.new_array(vec![Value::Bool(false)]);
        let args = [
            property,
            value,
            self.extra.clone(),
            if self.writes(vm, 3) {
                Value::RefElement(Rc::new(RefElement {
                    object: refusal.clone(),
                    key: RefKey::Index(Value::Int(0)),
                }))
            } else {
                Value::Bool(false)
            },
        ];
        let result = vm.call_function(&self.module, self.name, &args)?;
        let refused = vm.element(&refusal, &Value::Int(0))?;
        Ok(if vm.to_bool(&refused)? {
            None
        } else {
            Some(result)
        })
    }

    /// Whether the function takes the parameter by reference.
    fn writes(&self, vm: &Vm<'_>, parameter: usize) -> bool {
        let Value::Module(module) = self.module else {
            return false;
        };
        let code = vm.module_code(module);
        code.view
            .methods
            .get(&self.name)
            .and_then(|view| code.methods.get(view.index as usize))
            .and_then(|method| method.params.get(parameter))
            .is_some_and(|parameter| parameter.by_ref)
    }
}
