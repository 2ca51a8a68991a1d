//! XML: ЧтениеXML and ЗаписьXML node by node (`reader.rs`, `writer.rs`), their settings, contexts of
//! namespaces, and simple values as elements (`values.rs`). The tree stands in `library/dom`.

mod namespaces;
pub(super) mod reader;
mod settings;
mod values;
pub(super) mod writer;
mod xsl;

use super::registry::Area;
use crate::value::Value;
use crate::vm::Vm;
use crate::vm::error::Fault;

/// XML.
pub static AREA: Area = Area {
    title: "XML",
    functions: values::FUNCTIONS,
    types: &[
        &reader::XML_READER,
        &settings::READER_SETTINGS,
        &writer::XML_WRITER,
        &settings::WRITER_SETTINGS,
        &namespaces::NAMESPACE_CONTEXT,
        &values::DATA_TYPE,
        &xsl::TRANSFORM,
    ],
    enums: &[
        &reader::NODE_TYPE,
        &settings::SPACE,
        &settings::VALIDATION,
        &values::ASSIGNMENT,
    ],
};

/// Depth at which reading and writing stop: nobody nests so deep but an attacker.
pub(super) const DEPTH_MAX: usize = 10_000;

/// A string parameter that may be left out, in UTF-8.
pub(super) fn text_or(value: &Value, number: u8, default: &str) -> Result<String, Fault> {
    if super::define::is_left_out(value) {
        Ok(default.to_owned())
    } else {
        super::define::string_of(value, number)
    }
}

/// A string parameter that is paid for.
pub(super) fn paid_text(vm: &mut Vm<'_>, value: &Value, number: u8) -> Result<String, Fault> {
    let length = value.as_units().ok_or_else(|| Fault::param(number))?.len();
    vm.charge_work(length)?;
    vm.reserve(length.saturating_mul(3))?;
    super::define::string_of(value, number)
}
