//! Lists of names that a program gives as one text: «Имя1, Имя2». The text may hold millions of them,
//! therefore they are paid for one by one and never all there at once.

use crate::value::{Value, memory};
use crate::vm::Vm;
use crate::vm::error::{Fault, Message, beginning};
use crate::vm::meter::Meter;
use std::rc::Rc;

/// A list of names.
pub(crate) struct Listed {
    text: String,
    meter: Rc<Meter>,
}

/// The list of a parameter, which must be a string.
pub(crate) fn listed(vm: &Vm<'_>, value: &Value, number: u8) -> Result<Listed, Fault> {
    Ok(Listed {
        text: value.as_string().ok_or_else(|| Fault::param(number))?,
        meter: vm.meter(),
    })
}

/// The same of any value's text; an empty list of a parameter that was left out.
pub(super) fn listed_text(vm: &Vm<'_>, value: &Value) -> Listed {
    Listed {
        text: match value {
            Value::Missing | Value::Undefined => String::new(),
            value => vm.text(value),
        },
        meter: vm.meter(),
    }
}

impl Listed {
    /// The pieces between the commas without blanks around them, also empty ones; each is paid for by
    /// its length. There is always one.
    pub(super) fn pieces(&self) -> impl Iterator<Item = Result<&str, Fault>> {
        self.text.split(',').map(|piece| {
            self.meter.units(piece.len())?;
            Ok(piece.trim())
        })
    }

    /// The pieces that are not empty.
    pub(super) fn filled(&self) -> impl Iterator<Item = Result<&str, Fault>> {
        self.pieces()
            .filter(|piece| !matches!(piece, Ok(piece) if piece.is_empty()))
    }

    /// The same from the last to the first.
    pub(super) fn filled_back(&self) -> impl Iterator<Item = Result<&str, Fault>> {
        let pieces = self.text.rsplit(',').map(|piece| {
            self.meter.units(piece.len())?;
            Ok(piece.trim())
        });
        pieces.filter(|piece| !matches!(piece, Ok(piece) if piece.is_empty()))
    }

    /// Names of fields: an empty text lists none, any other piece must be a name.
    pub(crate) fn names(&self) -> impl Iterator<Item = Result<&str, Fault>> {
        let pieces = if self.text.trim().is_empty() {
            None
        } else {
            Some(self.pieces())
        };
        pieces.into_iter().flatten().map(|piece| {
            let piece = piece?;
            if is_name(piece) {
                Ok(piece)
            } else {
                Err(Message::BadName(beginning(piece)).into())
            }
        })
    }
}

/// Whether a parameter is a string with one name.
pub(crate) fn one(value: &Value, number: u8) -> Result<(), Fault> {
    let text = value.as_string().ok_or_else(|| Fault::param(number))?;
    let name = text.trim();
    if is_name(name) {
        Ok(())
    } else {
        Err(Message::BadName(beginning(name)).into())
    }
}

/// Whether a text may be the name of a field.
pub(super) fn is_name(text: &str) -> bool {
    memory::work(text.len() * 2);
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && chars.all(|c| c.is_alphanumeric() || c == '_')
}
