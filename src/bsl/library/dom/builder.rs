//! ПостроительDOM and ЗаписьDOM.

use super::super::define::{method, native, native_of_mut, recount};
use super::super::registry::{Constructor, TypeDef};
use super::super::xml::reader::{Reader, bad_text, no_source};
use super::super::xml::writer::{Writer, not_open, write_error};
use super::{node_of, node_value, ticking};
use crate::kernel::Stop;
use crate::kernel::xml::dom::NodeId;
use crate::kernel::xml::{build, serialize};
use crate::value::Value;
use crate::value::heap::Body;
use crate::vm::Vm;
use crate::vm::error::Fault;
use std::cell::RefCell;
use std::rc::Rc;

/// Neither has insides.
struct Tool;

native!(Tool, |_| 0);

/// ПостроительDOM.
pub static DOM_BUILDER: TypeDef = TypeDef {
    ru: "ПостроительDOM",
    en: "DOMBuilder",
    new: Some(Constructor {
        params: "",
        call: |vm, _| Ok(vm.alloc(&DOM_BUILDER, Body::Native(Box::new(Tool)))),
    }),
    methods: &[method!("Прочитать" "Read" ("ЧтениеXML") true read)],
    props: &[],
};

/// ЗаписьDOM.
pub static DOM_WRITER: TypeDef = TypeDef {
    ru: "ЗаписьDOM",
    en: "DOMWriter",
    new: Some(Constructor {
        params: "",
        call: |vm, _| Ok(vm.alloc(&DOM_WRITER, Body::Native(Box::new(Tool)))),
    }),
    methods: &[method!("Записать" "Write" ("УзелDOM, ЗаписьXML") false write)],
    props: &[],
};

/// From where the reader stands to the end; what is open around it becomes its ancestors.
fn read(vm: &mut Vm<'_>, _: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    // Out of the reader while the tree grows: nothing else may read meanwhile.
    let Some(mut source) = native_of_mut::<Reader>(&args[0], 1)?.source.take() else {
        return Err(no_source(vm));
    };
    let meter = vm.meter();
    let (mut before, mut fault) = (0, None);
    let built = build(&mut source, &mut |bytes| {
        let more = bytes.saturating_sub(before);
        before = bytes;
        meter.units(more + 128).map_err(|why| {
            fault = Some(why);
            Stop
        })
    });
    {
        let mut reader = native_of_mut::<Reader>(&args[0], 1)?;
        reader.source = Some(source);
        reader.current = None;
    }
    recount(vm, &args[0])?;
    match (fault, built) {
        (Some(fault), _) => Err(fault),
        (None, Err(error)) => Err(bad_text(vm, &error)),
        (None, Ok(dom)) => Ok(node_value(
            vm,
            &Rc::new(RefCell::new(dom)),
            NodeId::DOCUMENT,
        )),
    }
}

fn write(vm: &mut Vm<'_>, _: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    let (tree, id) = node_of(&args[0], 1)?;
    let Some(mut text) = native_of_mut::<Writer>(&args[1], 2)?.text.take() else {
        return Err(not_open(vm));
    };
    let before = text.text().len();
    let written = ticking(vm, |tick| serialize(&tree.borrow(), id, &mut text, tick));
    let more = text.text().len() - before;
    native_of_mut::<Writer>(&args[1], 2)?.text = Some(text);
    recount(vm, &args[1])?;
    vm.charge_work(more)?;
    match written? {
        Ok(Err(error)) => Err(write_error(vm, error)),
        // A stop is a fault of the meter, which came before.
        Ok(Ok(())) | Err(Stop) => Ok(Value::Undefined),
    }
}
