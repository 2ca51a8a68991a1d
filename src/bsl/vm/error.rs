//! Errors of a running program: what happened, where, and why.
//!
//! Wording stands in [`Message::text`] and nowhere else. A [`Fault`] travels through the VM; what a
//! handler sees of it is the [`ErrorInfo`] inside.

use crate::diagnostic::Locale;
use crate::value::{Value, memory};
use std::cell::RefCell;
use std::rc::Rc;

/// The wall that a run hit. No `Попытка` catches it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitKind {
    /// Too many instructions.
    Instructions,
    /// Too much wall time.
    Time,
    /// Too many bytes.
    Memory,
    /// Calls nested too deep.
    Depth,
    /// Too much output.
    Output,
    /// Cancelled from outside.
    Cancelled,
    /// ЗавершитьРаботу with its exit code; no error.
    Exit(i32),
}

/// What happened.
#[derive(Clone)]
#[allow(missing_docs, reason = "each variant has its text below")]
pub enum Message {
    /// A text of the program's own.
    Value(Value),
    /// A text of the library or the host.
    Text(String),
    DivisionByZero,
    NumberTooLarge,
    MathDomain,
    NotANumber,
    NotABoolean,
    NotADate,
    DateRange,
    CannotConvert(&'static str, &'static str),
    NotComparable,
    IndexOutOfRange,
    FieldNotFound(String),
    FieldReadOnly(String),
    MethodNotFound(String),
    FunctionNotFound(String),
    VariableNotFound(String),
    NotAnObject(String),
    TooFewArguments,
    TooManyArguments,
    WrongParameter(u8),
    WrongValue(u8),
    NoIterator,
    ProcedureAsFunction(String),
    MethodFailed(String),
    TypeNotFound(String),
    NoConstructor(String),
    NotIndexed,
    KeyNotFound,
    ReadOnly,
    InUse,
    BadName(String),
    NoTransport,
    NoEvents,
    NotAvailable(String),
    /// The problems of a text given to Выполнить or Вычислить.
    BadCode(String),
    Limit(LimitKind),
}

impl Message {
    /// The text in 1C's wording.
    #[must_use]
    pub fn text(&self, locale: Locale) -> String {
        let pick = |ru: &str, en: &str| match locale {
            Locale::Ru => ru.to_string(),
            Locale::En => en.to_string(),
        };
        let with = |ru: &str, en: &str, name: &str| format!("{} ({name})", pick(ru, en));
        match self {
            Message::Value(value) => value.as_string().unwrap_or_default(),
            Message::Text(text) => text.clone(),
            Message::DivisionByZero => pick("Деление на 0", "Divide by 0"),
            Message::NumberTooLarge => pick(
                "Переполнение: в числе больше разрядов, чем разрешено",
                "Overflow: the number has more digits than allowed",
            ),
            Message::MathDomain => pick(
                "Значение функции не определено для этого аргумента",
                "The function is not defined for this argument",
            ),
            Message::NotANumber => pick(
                "Преобразование значения к типу Число не может быть выполнено",
                "Cannot convert value to Number",
            ),
            Message::NotABoolean => pick(
                "Преобразование значения к типу Булево не может быть выполнено",
                "Cannot convert value to Boolean",
            ),
            Message::NotADate => pick(
                "Преобразование значения к типу Дата не может быть выполнено",
                "Cannot convert value to Date",
            ),
            Message::DateRange => pick(
                "Значение даты вне допустимого диапазона (от 01.01.0001 до 31.12.3999)",
                "The date is out of range (01.01.0001 to 31.12.3999)",
            ),
            Message::CannotConvert(ru, en) => match locale {
                Locale::Ru => {
                    format!("Преобразование значения к типу {ru} не может быть выполнено")
                }
                Locale::En => format!("Cannot convert value to {en}"),
            },
            Message::NotComparable => pick(
                "Операции сравнения на больше-меньше допустимы только для значений совпадающих примитивных типов (Булево, Число, Строка, Дата)",
                "Comparison is allowed only for values of the same primitive type (Boolean, Number, String, Date)",
            ),
            Message::IndexOutOfRange => pick(
                "Индекс находится за границами массива",
                "Index is out of range",
            ),
            Message::FieldNotFound(name) => with(
                "Поле объекта не обнаружено",
                "Field of the object is not found",
                name,
            ),
            Message::FieldReadOnly(name) => with(
                "Поле объекта недоступно для записи",
                "Field of the object is read only",
                name,
            ),
            Message::MethodNotFound(name) => with(
                "Метод объекта не обнаружен",
                "Method of the object is not found",
                name,
            ),
            Message::FunctionNotFound(name) => with(
                "Процедура или функция с указанным именем не определена",
                "Procedure or function is not defined",
                name,
            ),
            Message::VariableNotFound(name) => {
                with("Переменная не определена", "Variable is not defined", name)
            }
            Message::NotAnObject(name) => with(
                "Значение не является значением объектного типа",
                "Value is not an object",
                name,
            ),
            Message::TooFewArguments => pick(
                "Недостаточно фактических параметров",
                "Not enough actual parameters",
            ),
            Message::TooManyArguments => pick(
                "Слишком много фактических параметров",
                "Too many actual parameters",
            ),
            Message::WrongParameter(number) => match locale {
                Locale::Ru => format!("Несоответствие типов (параметр номер '{number}')"),
                Locale::En => format!("Type mismatch (parameter number '{number}')"),
            },
            Message::WrongValue(number) => match locale {
                Locale::Ru => {
                    format!("Недопустимое значение параметра (параметр номер '{number}')")
                }
                Locale::En => format!("Invalid parameter value (parameter number '{number}')"),
            },
            Message::NoIterator => pick(
                "Итератор для значения не определен",
                "The value has no iterator",
            ),
            Message::ProcedureAsFunction(name) => with(
                "Обращение к процедуре как к функции",
                "A procedure is used as a function",
                name,
            ),
            Message::MethodFailed(name) => with(
                "Ошибка при вызове метода контекста",
                "Error calling the method",
                name,
            ),
            Message::TypeNotFound(name) => with("Тип не определен", "Type is not defined", name),
            Message::NoConstructor(name) => {
                with("Конструктор не найден", "Constructor is not found", name)
            }
            Message::NotIndexed => pick(
                "Получение элемента по индексу для значения не определено",
                "The value has no elements by index",
            ),
            Message::KeyNotFound => pick("Значение по ключу не найдено", "The key is not found"),
            Message::ReadOnly => pick(
                "Значение доступно только для чтения",
                "The value is read only",
            ),
            Message::InUse => pick(
                "Объект сейчас изменяется: обратиться к нему можно, когда изменение закончено",
                "The object is being changed: it can be used when the change is done",
            ),
            Message::BadName(name) => match locale {
                Locale::Ru => format!("Задано неправильное имя атрибута структуры '{name}'"),
                Locale::En => format!("Not a name of a field: '{name}'"),
            },
            Message::NoTransport => pick(
                "Обращение к сети недоступно: для этого запуска она не разрешена",
                "The network is not available in this run",
            ),
            Message::NoEvents => pick("События не поддерживаются", "Events are not supported"),
            Message::NotAvailable(name) => match locale {
                Locale::Ru => format!("«{name}» здесь недоступно"),
                Locale::En => format!("\"{name}\" is not available here"),
            },
            Message::BadCode(text) => text.clone(),
            Message::Limit(kind) => match kind {
                LimitKind::Instructions => pick(
                    "Превышено допустимое число операций",
                    "Too many instructions",
                ),
                LimitKind::Time => pick(
                    "Превышено допустимое время выполнения",
                    "The run took too long",
                ),
                LimitKind::Memory => pick("Превышен допустимый объем памяти", "Too much memory"),
                LimitKind::Depth => pick(
                    "Переполнение стека: слишком глубокая вложенность вызовов",
                    "Calls are nested too deep",
                ),
                LimitKind::Output => pick("Превышен допустимый объем вывода", "Too much output"),
                LimitKind::Cancelled => pick("Выполнение отменено", "The run was cancelled"),
                LimitKind::Exit(_) => pick("Работа завершена", "Finished"),
            },
        }
    }
}

/// A place in a module, resolved to a line only when somebody asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Number of the module in the run (code of Выполнить has numbers past the program's).
    pub module: u32,
    /// Byte offset.
    pub offset: u32,
}

/// Characters that an error keeps of a name, which a program may have made as long as it liked.
const NAME_MAX: usize = 200;
/// Characters that it keeps of a text of the library's or the host's.
const TEXT_MAX: usize = 4_000;
/// Characters that it keeps of the problems of code made at run time.
const CODE_MAX: usize = 100_000;

/// The beginning of a name for an error: no more of it would be kept.
#[must_use]
pub fn beginning(name: &str) -> String {
    let most = name.char_indices().nth(NAME_MAX + 1);
    name[..most.map_or(name.len(), |(end, _)| end)].to_owned()
}

/// Cuts a text; an error is held as long as the program likes.
fn cut(text: &mut String, most: usize) {
    if let Some((end, _)) = text.char_indices().nth(most) {
        text.truncate(end);
        text.push('…');
        text.shrink_to_fit();
    }
}

impl Message {
    /// The text that the message holds and how much of it is kept. What the program raised is its own
    /// value and is not among them.
    #[inline]
    fn held(&self) -> Option<(&String, usize)> {
        match self {
            Message::Text(text) => Some((text, TEXT_MAX)),
            Message::BadCode(text) => Some((text, CODE_MAX)),
            Message::FieldNotFound(name)
            | Message::FieldReadOnly(name)
            | Message::MethodNotFound(name)
            | Message::FunctionNotFound(name)
            | Message::VariableNotFound(name)
            | Message::NotAnObject(name)
            | Message::ProcedureAsFunction(name)
            | Message::MethodFailed(name)
            | Message::TypeNotFound(name)
            | Message::NoConstructor(name)
            | Message::BadName(name)
            | Message::NotAvailable(name) => Some((name, NAME_MAX)),
            _ => None,
        }
    }

    /// Bytes of its text.
    #[inline]
    fn size(&self) -> usize {
        self.held().map_or(0, |(text, _)| text.capacity())
    }

    #[cold]
    fn cut(&mut self) {
        let Some((_, most)) = self.held() else {
            return;
        };
        match self {
            Message::Text(text)
            | Message::BadCode(text)
            | Message::FieldNotFound(text)
            | Message::FieldReadOnly(text)
            | Message::MethodNotFound(text)
            | Message::FunctionNotFound(text)
            | Message::VariableNotFound(text)
            | Message::NotAnObject(text)
            | Message::ProcedureAsFunction(text)
            | Message::MethodFailed(text)
            | Message::TypeNotFound(text)
            | Message::NoConstructor(text)
            | Message::BadName(text)
            | Message::NotAvailable(text) => cut(text, most),
            _ => {}
        }
    }
}

/// What a handler gets to see: the value ИнформацияОбОшибке.
pub struct ErrorInfo {
    /// What happened.
    pub message: Message,
    /// Where; set when the error passes the first instruction.
    pub place: RefCell<Option<Place>>,
    /// Why.
    pub cause: Option<Rc<ErrorInfo>>,
    /// КатегорияОшибки, as the program gave it.
    pub category: Value,
    /// The code of the full form.
    pub code: Value,
    /// The parameters of the full form, or of the constructor.
    pub params: Value,
    /// Length of the chain of causes: bounded, so that freeing it does not recur without end.
    depth: u16,
}

/// Causes that an error carries at most.
const CAUSES_MAX: u16 = 64;

/// Bytes of an error without its text.
const ERROR_COST: usize = size_of::<ErrorInfo>() + 16;

impl Drop for ErrorInfo {
    fn drop(&mut self) {
        memory::sub(ERROR_COST + self.message.size());
    }
}

impl ErrorInfo {
    /// An error without a place yet. Its texts are cut: only what the program raised itself is whole.
    #[must_use]
    pub fn new(mut message: Message) -> ErrorInfo {
        let mut size = message.size();
        if size > NAME_MAX {
            message.cut();
            size = message.size();
        }
        memory::add(ERROR_COST + size);
        ErrorInfo {
            message,
            place: RefCell::new(None),
            cause: None,
            category: Value::Undefined,
            code: Value::Undefined,
            params: Value::Undefined,
            depth: 0,
        }
    }

    /// Gives the error its cause, unless the chain is too long.
    #[must_use]
    pub fn caused_by(mut self, cause: Rc<ErrorInfo>) -> ErrorInfo {
        if cause.depth < CAUSES_MAX {
            self.depth = self.depth.max(cause.depth + 1);
            self.cause = Some(cause);
        }
        self
    }

    /// Gives the error its parameters; an error among them counts as a cause does.
    #[must_use]
    pub fn with_params(mut self, params: Value) -> ErrorInfo {
        if let Value::Error(inner) = &params {
            if inner.depth >= CAUSES_MAX {
                return self;
            }
            self.depth = self.depth.max(inner.depth + 1);
        }
        self.params = params;
        self
    }

    /// The text: Описание.
    #[must_use]
    pub fn description(&self, locale: Locale) -> String {
        self.message.text(locale)
    }

    /// The same as a value, without conversion when the program gave a string.
    #[must_use]
    pub fn description_value(&self, locale: Locale) -> Value {
        match &self.message {
            Message::Value(value) if value.is_str() => value.clone(),
            message => Value::str(&message.text(locale)),
        }
    }

    /// The wall, when the error is one.
    #[must_use]
    pub fn limit(&self) -> Option<LimitKind> {
        match &self.message {
            Message::Limit(kind) => Some(*kind),
            _ => None,
        }
    }
}

/// An error on its way to a handler.
#[derive(Clone)]
pub struct Fault(pub Rc<ErrorInfo>);

impl Fault {
    /// An error of the library.
    #[must_use]
    #[cold]
    pub fn new(message: Message) -> Fault {
        Fault(Rc::new(ErrorInfo::new(message)))
    }

    /// An error with a text of its own.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Fault {
        Fault::new(Message::Text(text.into()))
    }

    /// A wall.
    #[must_use]
    pub fn limit(kind: LimitKind) -> Fault {
        Fault::new(Message::Limit(kind))
    }

    /// «Несоответствие типов (параметр номер 'N')», counted from 1.
    #[must_use]
    pub fn param(number: u8) -> Fault {
        Fault::new(Message::WrongParameter(number))
    }

    /// «Недопустимое значение параметра (параметр номер 'N')»: of the right type, but not to be used.
    #[must_use]
    pub fn value(number: u8) -> Fault {
        Fault::new(Message::WrongValue(number))
    }

    /// Wraps an error as the cause of another; a wall stays a wall.
    #[must_use]
    pub fn wrap(self, message: Message) -> Fault {
        if self.0.limit().is_some() {
            return self;
        }
        Fault(Rc::new(ErrorInfo::new(message).caused_by(self.0)))
    }
}

impl From<Message> for Fault {
    fn from(message: Message) -> Fault {
        Fault::new(message)
    }
}

impl std::fmt::Debug for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Fault({:?} at {:?})",
            self.0.description(Locale::Ru),
            self.0.place.borrow()
        )
    }
}
