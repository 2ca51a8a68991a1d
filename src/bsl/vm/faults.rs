//! Places of errors, their texts, and what a raised value becomes.

use super::Vm;
use super::error::{ErrorInfo, Fault, Message, Place};
use crate::diagnostic::{LineColumn, Locale, excerpt, line_around, locate};
use crate::value::Value;
use std::rc::Rc;

/// A place, resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// Name of the module.
    pub module: String,
    /// Line and column.
    pub at: LineColumn,
    /// The source line, without its ends when it is very long.
    pub line: String,
}

impl Vm<'_> {
    /// Remembers where an error happened, unless that is known already.
    #[cold]
    pub(crate) fn set_place(&self, fault: &Fault, module: u32, offset: u32) {
        let mut place = fault.0.place.borrow_mut();
        if place.is_none() {
            *place = Some(Place { module, offset });
        }
    }

    /// The error itself, or the wall that the run has hit: a native function may have taken it for a
    /// mistake of its caller's.
    #[cold]
    pub(crate) fn wall_or(&self, fault: Fault) -> Fault {
        match self.meter.dead() {
            Some(kind) if fault.0.limit().is_none() => Fault::limit(kind),
            _ => fault,
        }
    }

    /// Charges for finding the lines of an error and its causes: each is counted from the start of a
    /// text that the program may have made as long as it liked.
    pub(crate) fn charge_places(&mut self, error: &ErrorInfo) -> Result<(), Fault> {
        let mut current = Some(error);
        while let Some(error) = current {
            let place = error.place.borrow();
            let offset = place.as_ref().map_or(0, |place| place.offset);
            self.charge_work(offset as usize)?;
            current = error.cause.as_deref();
        }
        Ok(())
    }

    /// Line and column of an error.
    #[must_use]
    pub fn location(&self, error: &ErrorInfo) -> Option<Location> {
        let place = error.place.borrow().clone()?;
        let code = self.module_code(place.module);
        let (at, _) = locate(&code.text, place.offset);
        Some(Location {
            module: code.name.clone(),
            at,
            line: line_around(&code.text, place.offset),
        })
    }

    /// ОписаниеОшибки: `{Модуль(строка)}: текст`, causes below.
    #[must_use]
    pub fn error_description(&self, error: &ErrorInfo) -> String {
        let mut text = match self.location(error) {
            Some(location) => format!("{{{}({})}}: ", location.module, location.at.line),
            None => String::new(),
        };
        text.push_str(&error.description(self.locale));
        if let Some(cause) = &error.cause {
            text.push_str(match self.locale {
                Locale::Ru => "\nпо причине:\n",
                Locale::En => "\nbecause of:\n",
            });
            text.push_str(&self.error_description(cause));
        }
        text
    }

    /// ПодробноеПредставлениеОшибки: the same with source lines.
    #[must_use]
    pub fn error_details(&self, error: &ErrorInfo) -> String {
        let mut text = String::new();
        let location = self.location(error);
        if let Some(location) = &location {
            text.push_str(&format!("{{{}({})}}: ", location.module, location.at.line));
        }
        text.push_str(&error.description(self.locale));
        if let Some(location) = &location {
            text.push('\n');
            text.push_str(&location.line);
        }
        if let Some(cause) = &error.cause {
            text.push_str(match self.locale {
                Locale::Ru => "\nпо причине:\n",
                Locale::En => "\nbecause of:\n",
            });
            text.push_str(&self.error_details(cause));
        }
        text
    }

    /// The error for a person: place with the column, source line and caret, causes below.
    #[must_use]
    pub fn render_error(&self, fault: &Fault) -> String {
        let mut text = String::new();
        let mut error = Some(&fault.0);
        while let Some(current) = error {
            if !text.is_empty() {
                text.push_str(match self.locale {
                    Locale::Ru => "\nпо причине:\n",
                    Locale::En => "\nbecause of:\n",
                });
            }
            let place = current.place.borrow().clone();
            if let Some(place) = place {
                let code = self.module_code(place.module);
                let (at, _) = locate(&code.text, place.offset);
                text.push_str(&format!(
                    "{{{}({}, {})}}: {}\n{}",
                    code.name,
                    at.line,
                    at.column,
                    current.description(self.locale),
                    excerpt(&code.text, place.offset)
                ));
            } else {
                text.push_str(&current.description(self.locale));
            }
            error = current.cause.as_ref();
        }
        text
    }

    /// What `ВызватьИсключение значение` raises.
    pub(crate) fn raised(&mut self, value: Value) -> Fault {
        if let Value::Error(error) = &value {
            // A new error with the same content: its place is here, its cause stays.
            let mut own = ErrorInfo::new(error.message.clone()).with_params(error.params.clone());
            own.category = error.category.clone();
            own.code = error.code.clone();
            if let Some(cause) = &error.cause {
                own = own.caused_by(Rc::clone(cause));
            }
            return Fault(Rc::new(own));
        }
        Fault::new(Message::Value(self.text_value(&value)))
    }

    /// `ВызватьИсключение(текст, категория, код, параметры, причина)`.
    pub(crate) fn raised_full(&mut self, args: [Value; 5]) -> Fault {
        let [text, category, code, params, cause] = args;
        let text = self.text_value(&text);
        let clean = |value: Value| {
            if value.is_missing() {
                Value::Undefined
            } else {
                value
            }
        };
        let mut error = ErrorInfo::new(Message::Value(text)).with_params(clean(params));
        error.category = clean(category);
        error.code = clean(code);
        if let Value::Error(cause) = cause {
            error = error.caused_by(cause);
        }
        Fault(Rc::new(error))
    }
}
