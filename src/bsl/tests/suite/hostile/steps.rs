//! Programs out of bytes: each step makes a value, calls something of the registry with values that were
//! made before, or puts one into another. The fuzz target `arguments` uses this file too.

use vestnik_bsl::library::registry::{LIBRARY, Params};
use vestnik_bsl::library::unavailable::REASONS;

/// Variables that the steps write and read.
const VARIABLES: u8 = 8;

/// Values that steps begin with.
const LITERALS: &[&str] = &[
    "Неопределено",
    "Null",
    "Истина",
    "0",
    "1",
    "-1",
    "1 / 3",
    "9223372036854775807",
    "Pow(7, 900)",
    "\"\"",
    "\"А\"",
    "\"А,Б\"",
    "\"А Убыв\"",
    "\"%1 %2\"",
    "\"[1,{\"\"а\"\":2}]\"",
    "\"ru='а';en='b'\"",
    "\"ЧДЦ=2;ДФ=дд\"",
    "\"(а|б)*\"",
    "\"<а б='в'>г</а>\"",
    "'20240229'",
    "'39991231235959'",
    "Тип(\"Строка\")",
    "ЭтотОбъект",
    "Новый Массив",
    "Новый Структура(\"А, Б\")",
    "Новый Соответствие",
    "Новый ТаблицаЗначений",
    "Новый ДеревоЗначений",
    "Новый СписокЗначений",
    "ПолучитьДвоичныеДанныеИзСтроки(\"абвг\")",
    "Новый ПотокВПамяти",
    "Новый ОписаниеТипов(\"Строка, Число\")",
];

struct Bytes<'b>(std::slice::Iter<'b, u8>);

impl Bytes<'_> {
    fn next(&mut self) -> Option<usize> {
        self.0.next().map(|byte| usize::from(*byte))
    }

    fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        // Two bytes: there are more than 256 of some.
        let at = self.next()? << 8 | self.next().unwrap_or(0);
        items.get(at % items.len().max(1))
    }

    fn variable(&mut self) -> String {
        format!("А{}", self.next().unwrap_or(0) % usize::from(VARIABLES))
    }

    fn args(&mut self, params: &str) -> String {
        let params = Params::parse(params);
        let (min, _) = params.arity();
        let most = params.list.len() + if params.variadic { 2 } else { 0 };
        let count = (usize::from(min) + self.next().unwrap_or(0) % 3).min(most);
        let args: Vec<String> = (0..count).map(|_| self.variable()).collect();
        args.join(", ")
    }
}

/// Whether a name is only known to be refused, by the compiler too.
fn is_refused(name: &str) -> bool {
    REASONS.iter().any(|(ru, ..)| *ru == name)
}

/// The program that bytes spell out; every step has a handler of its own.
pub fn program(bytes: &[u8]) -> String {
    let mut bytes = Bytes(bytes.iter());
    let mut text = String::new();
    for at in 0..VARIABLES {
        text.push_str(&format!("А{at} = Неопределено;\n"));
    }
    while let Some(step) = step(&mut bytes) {
        text.push_str(&format!(
            "Попытка {step}; Исключение А0 = ИнформацияОбОшибке(); КонецПопытки;\n"
        ));
    }
    text
}

fn step(bytes: &mut Bytes<'_>) -> Option<String> {
    let kind = bytes.next()?;
    let to = bytes.variable();
    Some(match kind % 16 {
        0..=2 => format!("{to} = {}", bytes.pick(LITERALS)?),
        3 => format!(
            "Для Н = 1 По {} Цикл {to} = {to} + {to}; КонецЦикла",
            bytes.next()? % 20
        ),
        4..=6 => {
            let def = bytes.pick(&LIBRARY.functions)?.def;
            if is_refused(def.ru) {
                return Some(format!("{to} = {to}"));
            }
            let call = format!("{}({})", def.ru, bytes.args(def.params));
            if def.is_function {
                format!("{to} = {call}")
            } else {
                call
            }
        }
        7 => {
            let ty = bytes.pick(&LIBRARY.types)?;
            match &ty.new {
                Some(new) if !is_refused(ty.ru) => {
                    format!("{to} = Новый {}({})", ty.ru, bytes.args(new.params))
                }
                _ => format!("{to} = Тип(\"{}\")", ty.ru),
            }
        }
        8..=10 => {
            let def = bytes.pick(&LIBRARY.methods)?.def;
            let call = format!(
                "{}.{}({})",
                bytes.variable(),
                def.ru,
                bytes.args(def.params)
            );
            if def.is_function {
                format!("{to} = {call}")
            } else {
                call
            }
        }
        11 => {
            let ty = bytes.pick(&LIBRARY.types)?;
            match bytes.pick(ty.props) {
                Some(prop) if kind < 128 => format!("{to} = {}.{}", bytes.variable(), prop.ru),
                Some(prop) => format!("{to}.{} = {}", prop.ru, bytes.variable()),
                None => format!("{to} = \"\" + {to}"),
            }
        }
        12 => format!("{to} = {}[{}]", bytes.variable(), bytes.variable()),
        13 => format!("{to}[{}] = {}", bytes.variable(), bytes.variable()),
        14 => format!(
            "{to}.{}({})",
            if kind < 128 {
                "Добавить"
            } else {
                "Вставить"
            },
            if kind < 128 {
                bytes.variable()
            } else {
                format!("{}, {}", bytes.variable(), bytes.variable())
            }
        ),
        _ => match bytes.next()? % 6 {
            0 => format!("{to} = {} = {}", bytes.variable(), bytes.variable()),
            1 => format!("{to} = {} < {}", bytes.variable(), bytes.variable()),
            2 => format!("{to} = {} * {}", bytes.variable(), bytes.variable()),
            3 => format!("{to} = \"\" + {} + {}", bytes.variable(), bytes.variable()),
            4 => format!(
                "Для Каждого Х Из {} Цикл {to} = Х; КонецЦикла",
                bytes.variable()
            ),
            _ => format!("ВызватьИсключение {}", bytes.variable()),
        },
    })
}
