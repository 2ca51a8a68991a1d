//! The loop over instructions. Fast cases stand here; everything else is called.

use super::error::{Fault, Message};
use super::fast::{
    array_int, array_item, copy, field_int, field_value, is_plain, map_value, put, put_int,
    set_field_int, set_field_value,
};
use super::operators::Arithmetic;
use super::{Frame, Vm};
use crate::bytecode::op::Op;
use crate::bytecode::program::{MethodCode, ModuleCode};
use crate::library::registry::{Intrinsic, LIBRARY};
use crate::value::heap::Body;
use crate::value::{RefElement, RefKey, RefTo, Value};
use std::cmp::Ordering;
use std::rc::Rc;

/// What the loop does after an instruction that failed or left a method.
enum Next {
    Fault(Fault),
    Done(Value),
}

/// The code that is being executed.
struct Current<'c> {
    module: u32,
    home: u32,
    home_code: &'c ModuleCode,
    method: &'c MethodCode,
    code: &'c [Op],
    base: usize,
}

impl Vm<'_> {
    /// Runs the top frame until it returns; gives its value.
    pub(crate) fn run_loop(&mut self) -> Result<Value, Fault> {
        let floor = self.frames.len() - 1;
        let program = self.program;
        let library = &*LIBRARY;
        // Only the first frame can be code of Выполнить: what it calls are methods of the program.
        let entry = self.modules[self.frames[floor].module as usize]
            .dynamic
            .clone();

        macro_rules! enter {
            ($frame:expr) => {{
                let frame: Frame = $frame;
                let home = self.modules[frame.module as usize].home;
                let home_code = &program.modules[home as usize];
                let owner: &ModuleCode = match &entry {
                    Some(dynamic) if frame.module != home => dynamic,
                    _ => home_code,
                };
                let method = &owner.methods[frame.method as usize];
                Current {
                    module: frame.module,
                    home,
                    home_code,
                    method,
                    code: &method.code,
                    base: frame.base as usize,
                }
            }};
        }

        let mut at = enter!(self.frames[floor]);
        let mut pc = 0usize;
        loop {
            // Errors leave the inner loop; the outer one finds their handler and goes on.
            let next = 'run: loop {
                macro_rules! reg {
                    ($reg:expr) => {
                        self.stack[at.base + $reg as usize]
                    };
                }
                macro_rules! check {
                    ($result:expr) => {
                        match $result {
                            Ok(value) => value,
                            Err(fault) => break 'run Next::Fault(fault),
                        }
                    };
                }
                macro_rules! set {
                    ($reg:expr, $value:expr) => {{
                        let value = $value;
                        put(&mut reg!($reg), value)
                    }};
                }
                macro_rules! burn {
                    ($to:expr) => {
                        self.fuel -= (pc as i64 - i64::from($to)).max(1);
                        if self.fuel < 0 {
                            check!(self.refuel());
                        }
                    };
                }
                macro_rules! arithmetic {
                    ($op:expr, $dst:expr, $a:expr, $b:expr, $checked:ident) => {{
                        if let (Value::Int(a), Value::Int(b)) = (&reg!($a), &reg!($b))
                            && let Some(value) = a.$checked(*b)
                        {
                            put_int(&mut reg!($dst), value);
                            continue;
                        }
                        let (a, b) = (reg!($a).clone(), reg!($b).clone());
                        set!($dst, check!(self.arithmetic($op, &a, &b)));
                    }};
                }
                macro_rules! arithmetic_int {
                    ($op:expr, $dst:expr, $a:expr, $value:expr, $checked:ident) => {{
                        if let Value::Int(a) = &reg!($a)
                            && let Some(value) = a.$checked(i64::from($value))
                        {
                            put_int(&mut reg!($dst), value);
                            continue;
                        }
                        let a = reg!($a).clone();
                        set!(
                            $dst,
                            check!(self.arithmetic($op, &a, &Value::Int(i64::from($value))))
                        );
                    }};
                }
                macro_rules! ordering {
                    ($a:expr, $b:expr) => {
                        match (&reg!($a), &reg!($b)) {
                            (Value::Int(a), Value::Int(b)) => a.cmp(b),
                            (a, b) => {
                                let order = check!(self.compare(a, b));
                                check!(self.stands());
                                order
                            }
                        }
                    };
                }
                macro_rules! equal {
                    ($a:expr, $b:expr) => {
                        match (&reg!($a), &reg!($b)) {
                            (Value::Int(a), Value::Int(b)) => a == b,
                            (a, b) => {
                                let equal = a.equals(b);
                                check!(self.stands());
                                equal
                            }
                        }
                    };
                }
                macro_rules! jump_if {
                    ($condition:expr, $to:expr) => {
                        if $condition {
                            pc = $to as usize;
                        }
                    };
                }
                macro_rules! ordering_int {
                    ($a:expr, $value:expr) => {
                        match &reg!($a) {
                            Value::Int(a) => a.cmp(&i64::from($value)),
                            a => check!(self.compare(a, &Value::Int(i64::from($value)))),
                        }
                    };
                }
                macro_rules! call {
                    ($module:expr, $number:expr, $method:expr, $dst:expr, $base:expr) => {{
                        if let Some(frame) = self.frames.last_mut() {
                            frame.pc = pc as u32;
                        }
                        self.fuel -= 8;
                        if self.fuel < 0 {
                            check!(self.refuel());
                        }
                        check!(self.push_frame($module, $number, $method, $base, $dst));
                    }};
                }
                macro_rules! save_pc {
                    () => {
                        if let Some(frame) = self.frames.last_mut() {
                            frame.pc = pc as u32;
                        }
                    };
                }

                let op = at.code[pc];
                pc += 1;
                match op {
                    Op::Const { dst, k } => {
                        let value = match &self.modules[at.module as usize].consts[k as usize] {
                            Value::Missing => self.materialise(at.module, k),
                            value => copy(value),
                        };
                        set!(dst, value);
                    }
                    Op::Int { dst, value } => put_int(&mut reg!(dst), i64::from(value)),
                    Op::Undefined { dst } => set!(dst, Value::Undefined),
                    Op::Null { dst } => set!(dst, Value::Null),
                    Op::Bool { dst, value } => set!(dst, Value::Bool(value)),
                    Op::Missing { dst } => set!(dst, Value::Missing),
                    Op::Move { dst, src } => {
                        if let Value::Int(int) = reg!(src) {
                            put_int(&mut reg!(dst), int);
                            continue;
                        }
                        let value = copy(&reg!(src));
                        set!(dst, value);
                    }
                    Op::LoadRef { dst, src } => {
                        if let Value::Ref(RefTo::Stack(place)) = reg!(src)
                            && let Value::Int(int) = self.stack[place as usize]
                        {
                            put_int(&mut reg!(dst), int);
                            continue;
                        }
                        let value = match &reg!(src) {
                            Value::Ref(RefTo::Stack(place)) => copy(&self.stack[*place as usize]),
                            reference => {
                                let reference = reference.clone();
                                check!(self.load_ref(&reference))
                            }
                        };
                        set!(dst, value);
                    }
                    Op::StoreRef { to, src } => {
                        if let (Value::Ref(RefTo::Stack(place)), Value::Int(int)) =
                            (&reg!(to), &reg!(src))
                        {
                            let (place, int) = (*place as usize, *int);
                            put_int(&mut self.stack[place], int);
                            continue;
                        }
                        let value = copy(&reg!(src));
                        if let Value::Ref(RefTo::Stack(place)) = reg!(to) {
                            put(&mut self.stack[place as usize], value);
                        } else {
                            check!(self.store_ref(at.base + to as usize, value));
                        }
                    }
                    Op::LoadModule { dst, var } => {
                        let value = copy(&self.modules[at.home as usize].vars[var as usize]);
                        set!(dst, value);
                    }
                    Op::StoreModule { var, src } => {
                        let value = copy(&reg!(src));
                        put(
                            &mut self.modules[at.home as usize].vars[var as usize],
                            value,
                        );
                    }
                    Op::LoadGlobal { dst, var } => {
                        let value = copy(&self.globals[var as usize]);
                        set!(dst, value);
                    }
                    Op::StoreGlobal { var, src } => {
                        let value = copy(&reg!(src));
                        self.globals[var as usize] = value;
                    }
                    Op::LoadProp { dst, prop } => {
                        let value = check!(self.property(prop));
                        set!(dst, value);
                    }
                    Op::LoadCommon { dst, module } => set!(dst, Value::Module(module)),
                    Op::LoadThis { dst } => set!(dst, Value::Module(at.home)),
                    Op::LoadEnum { dst, list } => {
                        set!(dst, Value::EnumList(library.enums[list as usize]))
                    }
                    Op::LoadEnumItem { dst, list, item } => {
                        set!(dst, Value::Enum(item, library.enums[list as usize]))
                    }
                    Op::RefLocal { dst, src } => {
                        set!(
                            dst,
                            Value::Ref(RefTo::Stack((at.base + src as usize) as u32))
                        );
                    }
                    Op::RefModule { dst, var } => {
                        set!(dst, Value::Ref(RefTo::Module(at.home as u16, var)))
                    }
                    Op::RefGlobal { dst, var } => set!(dst, Value::Ref(RefTo::Global(var))),
                    Op::RefElement { dst, obj, key } => {
                        let (object, key) = (reg!(obj).clone(), reg!(key).clone());
                        save_pc!();
                        check!(self.get_index(&object, &key));
                        let reference = Rc::new(RefElement {
                            object,
                            key: RefKey::Index(key),
                        });
                        set!(dst, Value::RefElement(reference));
                    }
                    Op::RefField { dst, obj, site } => {
                        let object = reg!(obj).clone();
                        save_pc!();
                        check!(self.get_field(&object, at.module, site));
                        let reference = Rc::new(RefElement {
                            object,
                            key: RefKey::Field(at.module, site),
                        });
                        set!(dst, Value::RefElement(reference));
                    }

                    Op::Add { dst, a, b } => {
                        if let (Value::Int(a), Value::Int(b)) = (&reg!(a), &reg!(b))
                            && let Some(value) = a.checked_add(*b)
                        {
                            put_int(&mut reg!(dst), value);
                            continue;
                        }
                        if dst == a && matches!(reg!(a), Value::Str(_)) {
                            let more = reg!(b).clone();
                            let mut target = std::mem::take(&mut reg!(a));
                            // A string appended to itself is shared for a moment and therefore copied.
                            let result = self.append(&mut target, std::slice::from_ref(&more));
                            set!(dst, target);
                            check!(result);
                            continue;
                        }
                        arithmetic!(Arithmetic::Add, dst, a, b, checked_add);
                    }
                    Op::Sub { dst, a, b } => arithmetic!(Arithmetic::Sub, dst, a, b, checked_sub),
                    Op::Mul { dst, a, b } => arithmetic!(Arithmetic::Mul, dst, a, b, checked_mul),
                    Op::Div { dst, a, b } => {
                        if let (Value::Int(a), Value::Int(b)) = (&reg!(a), &reg!(b))
                            && *b != 0
                            && let (Some(quotient), Some(0)) =
                                (a.checked_div(*b), a.checked_rem(*b))
                        {
                            put_int(&mut reg!(dst), quotient);
                            continue;
                        }
                        let (a, b) = (reg!(a).clone(), reg!(b).clone());
                        set!(dst, check!(self.arithmetic(Arithmetic::Div, &a, &b)));
                    }
                    Op::Rem { dst, a, b } => arithmetic!(Arithmetic::Rem, dst, a, b, checked_rem),
                    Op::AddInt { dst, a, value } => {
                        arithmetic_int!(Arithmetic::Add, dst, a, value, checked_add)
                    }
                    Op::SubInt { dst, a, value } => {
                        arithmetic_int!(Arithmetic::Sub, dst, a, value, checked_sub)
                    }
                    Op::MulInt { dst, a, value } => {
                        arithmetic_int!(Arithmetic::Mul, dst, a, value, checked_mul)
                    }
                    Op::RemInt { dst, a, value } => {
                        if let Value::Int(a) = &reg!(a) {
                            let a = *a;
                            // A division of 32 bits takes a third of the time of one of 64.
                            let rest = match (u32::try_from(a), u32::try_from(value)) {
                                (Ok(a), Ok(value)) if value != 0 => i64::from(a % value),
                                _ => check!(
                                    a.checked_rem(i64::from(value))
                                        .ok_or(Fault::from(Message::DivisionByZero))
                                ),
                            };
                            put_int(&mut reg!(dst), rest);
                            continue;
                        }
                        let a = reg!(a).clone();
                        set!(
                            dst,
                            check!(self.arithmetic(
                                Arithmetic::Rem,
                                &a,
                                &Value::Int(i64::from(value))
                            ))
                        );
                    }
                    Op::IntDiv { dst, a, b } => {
                        if let (Value::Int(a), Value::Int(b)) = (&reg!(a), &reg!(b))
                            && let Some(quotient) = a.checked_div(*b)
                        {
                            put_int(&mut reg!(dst), quotient);
                            continue;
                        }
                        let (a, b) = (reg!(a).clone(), reg!(b).clone());
                        set!(dst, check!(self.int_div(&a, &b)));
                    }
                    Op::Neg { dst, a } => {
                        if let Value::Int(int) = &reg!(a)
                            && let Some(value) = int.checked_neg()
                        {
                            put_int(&mut reg!(dst), value);
                            continue;
                        }
                        let a = reg!(a).clone();
                        set!(dst, check!(self.negate(&a)));
                    }
                    Op::Plus { dst, a } => {
                        let value = Value::from(check!(self.to_number(&reg!(a))));
                        set!(dst, value);
                    }
                    Op::Not { dst, a } => {
                        let value = !check!(self.to_bool(&reg!(a)));
                        set!(dst, Value::Bool(value));
                    }
                    Op::ToBool { dst, a } => {
                        let value = check!(self.to_bool(&reg!(a)));
                        set!(dst, Value::Bool(value));
                    }
                    Op::Eq { dst, a, b } => {
                        let value = equal!(a, b);
                        set!(dst, Value::Bool(value));
                    }
                    Op::Ne { dst, a, b } => {
                        let value = !equal!(a, b);
                        set!(dst, Value::Bool(value));
                    }
                    Op::Lt { dst, a, b } => {
                        let value = ordering!(a, b) == Ordering::Less;
                        set!(dst, Value::Bool(value));
                    }
                    Op::Le { dst, a, b } => {
                        let value = ordering!(a, b) != Ordering::Greater;
                        set!(dst, Value::Bool(value));
                    }
                    Op::Gt { dst, a, b } => {
                        let value = ordering!(a, b) == Ordering::Greater;
                        set!(dst, Value::Bool(value));
                    }
                    Op::Ge { dst, a, b } => {
                        let value = ordering!(a, b) != Ordering::Less;
                        set!(dst, Value::Bool(value));
                    }
                    Op::AddChain { dst, start, n } => {
                        let from = at.base + start as usize;
                        let parts = self.take_args(from, n as usize, 255);
                        let value = if parts[0].is_str() {
                            check!(self.concat(&parts))
                        } else {
                            match self.add_all(&parts) {
                                Ok(sum) => sum,
                                Err((fault, done)) => {
                                    // The load of the part bears the place of its sign.
                                    pc -= parts.len() - done;
                                    break 'run Next::Fault(fault);
                                }
                            }
                        };
                        set!(dst, value);
                    }
                    Op::ToText { a } => {
                        if let Value::Obj(_) = reg!(a) {
                            let text = Value::units(&self.units(&reg!(a)));
                            set!(a, text);
                        }
                    }
                    Op::Append { var, start, n } => {
                        let parts = self.take_args(at.base + start as usize, n as usize, 255);
                        let mut target = std::mem::take(&mut reg!(var));
                        let result = self.append(&mut target, &parts);
                        set!(var, target);
                        check!(result);
                    }

                    Op::Jump { to } => pc = to as usize,
                    Op::JumpBack { to } => {
                        burn!(to);
                        pc = to as usize;
                    }
                    Op::JumpIf { a, to } => {
                        let value = match &reg!(a) {
                            Value::Bool(value) => *value,
                            value => check!(self.to_bool(value)),
                        };
                        jump_if!(value, to);
                    }
                    Op::JumpIfNot { a, to } => {
                        let value = match &reg!(a) {
                            Value::Bool(value) => *value,
                            value => check!(self.to_bool(value)),
                        };
                        jump_if!(!value, to);
                    }
                    Op::JumpIfNotStr { a, to } => jump_if!(!reg!(a).is_str(), to),
                    Op::JumpEq { a, b, to } => jump_if!(equal!(a, b), to),
                    Op::JumpNe { a, b, to } => jump_if!(!equal!(a, b), to),
                    Op::JumpLt { a, b, to } => jump_if!(ordering!(a, b) == Ordering::Less, to),
                    Op::JumpLe { a, b, to } => jump_if!(ordering!(a, b) != Ordering::Greater, to),
                    Op::JumpGt { a, b, to } => jump_if!(ordering!(a, b) == Ordering::Greater, to),
                    Op::JumpGe { a, b, to } => jump_if!(ordering!(a, b) != Ordering::Less, to),
                    Op::JumpEqInt { a, value, to } => {
                        let equal = match &reg!(a) {
                            Value::Int(a) => *a == i64::from(value),
                            a => a.equals(&Value::Int(i64::from(value))),
                        };
                        jump_if!(equal, to);
                    }
                    Op::JumpNeInt { a, value, to } => {
                        let equal = match &reg!(a) {
                            Value::Int(a) => *a == i64::from(value),
                            a => a.equals(&Value::Int(i64::from(value))),
                        };
                        jump_if!(!equal, to);
                    }
                    Op::JumpLtInt { a, value, to } => {
                        jump_if!(ordering_int!(a, value) == Ordering::Less, to)
                    }
                    Op::JumpLeInt { a, value, to } => {
                        jump_if!(ordering_int!(a, value) != Ordering::Greater, to)
                    }
                    Op::JumpGtInt { a, value, to } => {
                        jump_if!(ordering_int!(a, value) == Ordering::Greater, to)
                    }
                    Op::JumpGeInt { a, value, to } => {
                        jump_if!(ordering_int!(a, value) != Ordering::Less, to)
                    }
                    Op::ForPrep { var, limit, to } => {
                        let past = match (&reg!(var), &reg!(limit)) {
                            (Value::Int(var), Value::Int(limit)) => var > limit,
                            (a, b) => {
                                let (first, last) =
                                    (check!(self.to_number(a)), check!(self.to_number(b)));
                                let past = first > last;
                                set!(var, Value::from(first));
                                set!(limit, Value::from(last));
                                past
                            }
                        };
                        jump_if!(past, to);
                    }
                    Op::ForStep { var, limit, to } => {
                        if let (Value::Int(counter), Value::Int(limit)) = (&reg!(var), &reg!(limit))
                            && let Some(next) = counter.checked_add(1)
                        {
                            let again = next <= *limit;
                            put_int(&mut reg!(var), next);
                            if again {
                                burn!(to);
                                pc = to as usize;
                            }
                            continue;
                        }
                        let counter = reg!(var).clone();
                        let next =
                            check!(self.arithmetic(Arithmetic::Add, &Value::Int(1), &counter));
                        let past = check!(self.compare(&next, &reg!(limit))) == Ordering::Greater;
                        set!(var, next);
                        if !past {
                            burn!(to);
                            pc = to as usize;
                        }
                    }
                    Op::IterInit { it, src } => {
                        let collection = reg!(src).clone();
                        check!(self.check_iterable(&collection));
                        set!(it, collection);
                        set!(it + 1, Value::Int(0));
                    }
                    Op::IterNext { it, dst, to } => {
                        let place = match &reg!(it + 1) {
                            Value::Int(place) => *place as usize,
                            _ => 0,
                        };
                        if let Some(int) = array_int(&reg!(it), place) {
                            put_int(&mut reg!(dst), int);
                            put_int(&mut reg!(it + 1), place as i64 + 1);
                            continue;
                        }
                        let found = array_item(&reg!(it), place);
                        if let Some(found) = found {
                            match found {
                                Some(item) => {
                                    set!(dst, item);
                                    set!(it + 1, Value::Int(place as i64 + 1));
                                }
                                None => pc = to as usize,
                            }
                            continue;
                        }
                        let (from, to_reg) = (at.base + it as usize, at.base + dst as usize);
                        if let Some(next) = self.next_pair(from, to_reg, place) {
                            match next {
                                Some(next) => set!(it + 1, Value::Int(next as i64)),
                                None => pc = to as usize,
                            }
                            continue;
                        }
                        let collection = reg!(it).clone();
                        save_pc!();
                        match check!(self.next_item(&collection, place)) {
                            Some((item, next)) => {
                                set!(dst, item);
                                set!(it + 1, Value::Int(next as i64));
                            }
                            None => pc = to as usize,
                        }
                    }

                    Op::GetField { dst, obj, site } => {
                        let cache = &self.modules[at.module as usize].caches[site as usize];
                        if let Some(int) = field_int(&reg!(obj), cache) {
                            put_int(&mut reg!(dst), int);
                            continue;
                        }
                        if let Some(value) = field_value(&reg!(obj), cache) {
                            set!(dst, value);
                            continue;
                        }
                        let object = reg!(obj).clone();
                        save_pc!();
                        let value = check!(self.get_field(&object, at.module, site));
                        set!(dst, value);
                    }
                    Op::SetField { obj, src, site } => {
                        let cache = &self.modules[at.module as usize].caches[site as usize];
                        if let Value::Int(int) = reg!(src)
                            && set_field_int(&reg!(obj), cache, int)
                        {
                            continue;
                        }
                        if set_field_value(&reg!(obj), cache, &reg!(src)) {
                            continue;
                        }
                        let (object, value) = (reg!(obj).clone(), reg!(src).clone());
                        save_pc!();
                        check!(self.set_field(&object, at.module, site, value));
                    }
                    Op::GetIndex { dst, obj, key } => {
                        if let Value::Int(index) = &reg!(key) {
                            let index = *index as usize;
                            if let Some(int) = array_int(&reg!(obj), index) {
                                put_int(&mut reg!(dst), int);
                                continue;
                            }
                            if let Some(Some(item)) = array_item(&reg!(obj), index) {
                                set!(dst, item);
                                continue;
                            }
                        }
                        if let Some(value) = map_value(&reg!(obj), &reg!(key)) {
                            set!(dst, value);
                            continue;
                        }
                        let (object, key) = (reg!(obj).clone(), reg!(key).clone());
                        save_pc!();
                        let value = check!(self.get_index(&object, &key));
                        set!(dst, value);
                    }
                    Op::SetIndex { obj, key, src } => {
                        if let (Value::Obj(obj), Value::Int(index)) = (&reg!(obj), &reg!(key))
                            && let Ok(mut body) = obj.body_mut()
                            && let Body::Array(items) = &mut *body
                            && let Some(item) = items.get_mut(*index as usize)
                        {
                            match &reg!(src) {
                                Value::Int(int) => put_int(item, *int),
                                value => put(item, value.clone()),
                            }
                            continue;
                        }
                        let (object, key, value) =
                            (reg!(obj).clone(), reg!(key).clone(), reg!(src).clone());
                        save_pc!();
                        check!(self.set_index(&object, key, value));
                    }

                    Op::Call {
                        dst,
                        args,
                        method: number,
                    } => {
                        let callee = &at.home_code.methods[number as usize];
                        let base = at.base + args as usize;
                        call!(at.home, number, callee, dst, base);
                        at = Current {
                            module: at.home,
                            home: at.home,
                            home_code: at.home_code,
                            method: callee,
                            code: &callee.code,
                            base,
                        };
                        pc = 0;
                    }
                    Op::CallNative { dst, args, n, func } => {
                        let callable = &library.functions[func as usize];
                        save_pc!();
                        let mut values =
                            self.take_args(at.base + args as usize, n as usize, callable.max);
                        if callable.walks {
                            self.charge_args(&values);
                        }
                        let value = check!((callable.def.call)(self, &mut values));
                        check!(self.stands());
                        set!(dst, value);
                    }
                    Op::CallMethod {
                        dst,
                        obj,
                        args,
                        site,
                    } => {
                        let start = at.base + args as usize;
                        let cache = &self.modules[at.module as usize].caches[site as usize];
                        if cache.intrinsic != Intrinsic::None
                            && let Value::Obj(object) = &reg!(obj)
                            && std::ptr::from_ref(object.ty()) as usize == cache.key
                        {
                            let intrinsic = cache.intrinsic;
                            let object = at.base + obj as usize;
                            if let Some(value) = self.intrinsic(intrinsic, object, start) {
                                set!(dst, value);
                                continue;
                            }
                        }
                        let object = reg!(obj).clone();
                        save_pc!();
                        if let Value::Module(target) = object {
                            let number =
                                check!(self.module_call(at.module, site, target, at.base, start));
                            let callee = &program.modules[target as usize].methods[number as usize];
                            call!(target, number, callee, dst, start);
                            at = enter!(self.frames[self.frames.len() - 1]);
                            pc = 0;
                            continue;
                        }
                        let value =
                            check!(self.call_method(at.module, site, &object, at.base, start));
                        check!(self.stands());
                        set!(dst, value);
                    }
                    Op::New { dst, args, n, ty } => {
                        save_pc!();
                        let mut values = self.take_args(at.base + args as usize, n as usize, 255);
                        let (of, arity) = (library.types[ty as usize], library.constructor_at(ty));
                        let value = check!(self.construct_with(of, arity, &mut values));
                        check!(self.stands());
                        set!(dst, value);
                    }
                    Op::NewDynamic { dst, args } => {
                        let (name, params) = (reg!(args).clone(), reg!(args + 1).clone());
                        save_pc!();
                        let value = check!(self.new_dynamic(&name, &params));
                        check!(self.stands());
                        set!(dst, value);
                    }
                    Op::Return { src } => {
                        if let Value::Int(int) = reg!(src) {
                            self.clear_frame(at.module, at.home, at.base, at.method);
                            let dst = self.frames.pop().map_or(0, |frame| frame.dst);
                            if self.frames.len() == floor {
                                break 'run Next::Done(Value::Int(int));
                            }
                            let frame = self.frames[self.frames.len() - 1];
                            at = enter!(frame);
                            pc = frame.pc as usize;
                            put_int(&mut reg!(dst), int);
                            continue;
                        }
                        let value = reg!(src).clone();
                        self.clear_frame(at.module, at.home, at.base, at.method);
                        let dst = self.frames.pop().map_or(0, |frame| frame.dst);
                        if self.frames.len() == floor {
                            break 'run Next::Done(value);
                        }
                        let frame = self.frames[self.frames.len() - 1];
                        at = enter!(frame);
                        pc = frame.pc as usize;
                        set!(dst, value);
                    }
                    Op::ReturnUndefined => {
                        self.clear_frame(at.module, at.home, at.base, at.method);
                        let dst = self.frames.pop().map_or(0, |frame| frame.dst);
                        if self.frames.len() == floor {
                            break 'run Next::Done(Value::Undefined);
                        }
                        let frame = self.frames[self.frames.len() - 1];
                        at = enter!(frame);
                        pc = frame.pc as usize;
                        set!(dst, Value::Undefined);
                    }
                    Op::Raise { src } => {
                        let value = reg!(src).clone();
                        break 'run Next::Fault(self.raised(value));
                    }
                    Op::RaiseFull { args } => {
                        let values = [
                            reg!(args).clone(),
                            reg!(args + 1).clone(),
                            reg!(args + 2).clone(),
                            reg!(args + 3).clone(),
                            reg!(args + 4).clone(),
                        ];
                        break 'run Next::Fault(self.raised_full(values));
                    }
                    Op::RaiseAgain { src } => {
                        if let Value::Error(error) = &reg!(src) {
                            break 'run Next::Fault(Fault(Rc::clone(error)));
                        }
                    }
                    Op::Execute { src } => {
                        let code = reg!(src).clone();
                        save_pc!();
                        check!(self.run_text(&code, false));
                    }
                    Op::Evaluate { dst, src } => {
                        let code = reg!(src).clone();
                        save_pc!();
                        let value = check!(self.run_text(&code, true));
                        set!(dst, value);
                    }
                    Op::NoEvents => break 'run Next::Fault(Message::NoEvents.into()),
                    Op::Refuse { site } => {
                        let name = self.site_spelling(at.module, site);
                        break 'run Next::Fault(Message::FieldReadOnly(name).into());
                    }
                }
            };
            let fault = match next {
                Next::Done(value) => {
                    // What stands behind the last jump back, which no charge has counted.
                    self.fuel -= pc as i64;
                    return Ok(value);
                }
                Next::Fault(fault) => self.wall_or(fault),
            };
            let failed = pc.saturating_sub(1);
            self.set_place(
                &fault,
                at.module,
                at.method.positions.get(failed).copied().unwrap_or(0),
            );
            let caught = fault.0.limit().is_none();
            let mut failed = failed as u32;
            loop {
                let handler = at
                    .method
                    .handlers
                    .iter()
                    .find(|it| caught && it.start <= failed && failed < it.end);
                if let Some(handler) = handler {
                    self.stack[at.base + handler.reg as usize] = Value::Error(fault.0);
                    pc = handler.target as usize;
                    break;
                }
                self.clear_frame(at.module, at.home, at.base, at.method);
                self.frames.pop();
                if self.frames.len() == floor {
                    self.fuel -= pc as i64;
                    return Err(fault);
                }
                let frame = self.frames[self.frames.len() - 1];
                at = enter!(frame);
                failed = frame.pc.saturating_sub(1);
            }
        }
    }

    /// Lets go of what a frame's registers hold. Code of Выполнить leaves the registers of the method
    /// around it alone.
    #[inline]
    fn clear_frame(&mut self, module: u32, home: u32, base: usize, method: &MethodCode) {
        let start = if module == home {
            base
        } else {
            base + self.outer_of(module)
        };
        for slot in &mut self.stack[start..base + method.registers as usize] {
            if !is_plain(slot) {
                *slot = Value::Undefined;
            }
        }
    }

    #[cold]
    fn outer_of(&self, module: u32) -> usize {
        self.modules[module as usize].outer as usize
    }
}
