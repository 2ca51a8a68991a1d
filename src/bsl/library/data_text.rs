//! What ЧтениеДанных and ЗаписьДанных have in common: the text options, and the watch over the place
//! of the stream below.

use super::bytes::charset;
use super::define::{is_left_out, said};
use super::stream;
use crate::kernel::encode::Charset;
use crate::value::Value;
use crate::vm::Vm;
use crate::vm::error::Fault;

/// The stream below and how texts lie in it.
pub(super) struct DataText {
    /// The stream.
    pub target: Value,
    /// Where the stream must be: whoever else moves it would tear the data.
    pub expected: usize,
    /// КодировкаТекста as it was given; an unknown name is an error when it is used.
    pub encoding: Value,
    /// РазделительСтрок; `None` when nobody gave one.
    pub separator: Option<Value>,
    /// КонвертируемыйРазделительСтрок: what a line feed of the language is in the data.
    pub convertible: Value,
}

impl DataText {
    /// Over a stream, from its place on; the parameters from the second are encoding, order of bytes
    /// (the caller's), separator and convertible separator.
    pub(super) fn over(
        target: Value,
        args: &[Value],
        convertible: &str,
    ) -> Result<DataText, Fault> {
        Ok(DataText {
            expected: stream::position(&target, 1)?,
            target,
            encoding: match &args[1] {
                Value::Missing | Value::Undefined => Value::str("UTF-8"),
                value if value.is_str() || matches!(value, Value::Enum(..)) => value.clone(),
                _ => return Err(Fault::param(2)),
            },
            separator: optional_string(&args[3], 4)?,
            convertible: optional_string(&args[4], 5)?.unwrap_or_else(|| convertible.into()),
        })
    }

    /// An error when somebody moved the stream since the last operation; `who` is the type's name.
    pub(super) fn check(&self, vm: &Vm<'_>, who: [&str; 2]) -> Result<(), Fault> {
        if stream::position(&self.target, 1)? == self.expected {
            return Ok(());
        }
        let [ru, en] = who;
        Err(said(
            vm,
            format!(
                "В процессе работы с объектом '{ru}' произошло изменение позиции нижележащего потока извне. Это может привести к некорректной работе приложения."
            ),
            format!(
                "The position of the underlying stream was changed by others while '{en}' was working with it."
            ),
        ))
    }

    /// The encoding of an operation: its parameter, else the object's own.
    pub(super) fn charset(&self, vm: &Vm<'_>, value: &Value, number: u8) -> Result<Charset, Fault> {
        let own = if is_left_out(value) {
            &self.encoding
        } else {
            value
        };
        Ok(charset(vm, own, number)?.unwrap_or_default())
    }
}

/// A string parameter that may be left out; the value itself, whose units are shared and counted.
pub(super) fn optional_string(value: &Value, number: u8) -> Result<Option<Value>, Fault> {
    match value {
        Value::Missing | Value::Undefined => Ok(None),
        value if value.is_str() => Ok(Some(value.clone())),
        _ => Err(Fault::param(number)),
    }
}

/// The text of a separator.
pub(super) fn separator_text(vm: &mut Vm<'_>, value: &Value) -> Result<String, Fault> {
    let units = value.as_units().unwrap_or_default();
    vm.charge_work(units.len())?;
    vm.reserve(units.len().saturating_mul(3))?;
    Ok(String::from_utf16_lossy(units))
}
