//! Places of errors, their texts, and what a raised value becomes.

use super::Vm;
use super::error::{ErrorInfo, Fault, LimitKind, Message, Place};
use crate::diagnostic::{LineColumn, Locale, excerpt, line_around, locate};
use crate::value::{Value, memory};
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

/// What is told of an error and its causes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Telling {
    /// Their texts.
    Texts,
    /// Their places too.
    Places,
    /// Their source lines too.
    Lines,
}

/// Bytes of an error's text that the host gets.
const FOR_HOST: usize = 64 << 10;

/// The text of an error in the making. Each error of a chain may have a text as long as the run's
/// memory, all of them the same one.
struct Told {
    text: String,
    room: usize,
    is_cut: bool,
}

impl Told {
    fn push(&mut self, text: &str) {
        let left = self.room - self.text.len();
        let end = (0..=left.min(text.len()))
            .rev()
            .find(|end| text.is_char_boundary(*end));
        let end = end.unwrap_or(0);
        self.text.push_str(&text[..end]);
        self.is_cut |= end < text.len();
    }

    fn push_value(&mut self, value: &Value) {
        let units = value.as_units().unwrap_or_default();
        // A unit is a byte at least.
        let left = self.room - self.text.len();
        let most = &units[..units.len().min(left)];
        self.is_cut |= most.len() < units.len();
        for symbol in char::decode_utf16(most.iter().copied()) {
            let symbol = symbol.unwrap_or(char::REPLACEMENT_CHARACTER);
            if self.text.len() + symbol.len_utf8() > self.room {
                self.is_cut = true;
                return;
            }
            self.text.push(symbol);
        }
    }
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
    /// mistake of its caller's. What was done before the error is paid for.
    #[cold]
    pub(crate) fn wall_or(&self, fault: Fault) -> Fault {
        match self.meter.look() {
            Err(wall) if fault.0.limit().is_none() => wall,
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

    /// ОписаниеОшибки: `{Модуль(строка)}: текст`, causes below; for the host, which gets no more than
    /// 64 KB of it, however long the texts are that the program raised.
    #[must_use]
    pub fn error_description(&self, error: &ErrorInfo) -> String {
        self.told(error, Telling::Places, FOR_HOST).text
    }

    /// ПодробноеПредставлениеОшибки: the same with source lines.
    #[must_use]
    pub fn error_details(&self, error: &ErrorInfo) -> String {
        self.told(error, Telling::Lines, FOR_HOST).text
    }

    /// The text of an error for the program: whole, or the end of the run where it cannot afford it.
    pub(crate) fn error_text(&mut self, error: &ErrorInfo, how: Telling) -> Result<Value, Fault> {
        if how != Telling::Texts {
            self.charge_places(error)?;
        }
        // The text is there in UTF-8, with room to grow, and in UTF-16.
        let told = self.told(error, how, memory::left() / 8);
        if told.is_cut {
            return Err(self.hit(LimitKind::Memory));
        }
        self.charge_work(told.text.len())?;
        Ok(told.text.into())
    }

    fn told(&self, error: &ErrorInfo, how: Telling, room: usize) -> Told {
        let mut told = Told {
            text: String::new(),
            room,
            is_cut: false,
        };
        let mut is_first = true;
        let mut current = Some(error);
        while let Some(error) = current {
            if !is_first {
                told.push(match self.locale {
                    Locale::Ru => "\nпо причине:\n",
                    Locale::En => "\nbecause of:\n",
                });
            }
            is_first = false;
            let location = match how {
                Telling::Texts => None,
                Telling::Places | Telling::Lines => self.location(error),
            };
            if let Some(location) = &location {
                told.push(&format!("{{{}({})}}: ", location.module, location.at.line));
            }
            match &error.message {
                Message::Value(value) => told.push_value(value),
                message => told.push(&message.text(self.locale)),
            }
            if let Some(location) = &location
                && how == Telling::Lines
            {
                told.push("\n");
                told.push(&location.line);
            }
            current = error.cause.as_deref();
        }
        told
    }

    /// The error for a person: place with the column, source line and caret, causes below.
    #[must_use]
    pub fn render_error(&self, fault: &Fault) -> String {
        let mut told = Told {
            text: String::new(),
            room: FOR_HOST,
            is_cut: false,
        };
        let mut error = Some(&fault.0);
        while let Some(current) = error {
            if !told.text.is_empty() {
                told.push(match self.locale {
                    Locale::Ru => "\nпо причине:\n",
                    Locale::En => "\nbecause of:\n",
                });
            }
            let place = current.place.borrow().clone();
            let code = place.as_ref().map(|place| self.module_code(place.module));
            if let (Some(place), Some(code)) = (&place, code) {
                let (at, _) = locate(&code.text, place.offset);
                told.push(&format!("{{{}({}, {})}}: ", code.name, at.line, at.column));
            }
            match &current.message {
                Message::Value(value) => told.push_value(value),
                message => told.push(&message.text(self.locale)),
            }
            if let (Some(place), Some(code)) = (&place, code) {
                told.push("\n");
                told.push(&excerpt(&code.text, place.offset));
            }
            error = current.cause.as_ref();
        }
        told.text
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
