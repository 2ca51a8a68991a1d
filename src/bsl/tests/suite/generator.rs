//! Random programs from a seed. They compile, end, and go wrong often enough to be interesting.
//!
//! A program has a line a statement, so that places tell something. Loops count down by variables of
//! their own, which nothing else assigns; methods call only methods above them.

use crate::support::Random;

/// The longest text of a program.
const BUDGET: u32 = 60;

struct Generator {
    random: Random,
    out: String,
    indent: usize,
    /// Variables that may be read and written here.
    vars: Vec<String>,
    /// Loop variables: read only.
    counters: Vec<String>,
    /// Name, parameters, whether it gives a value.
    methods: Vec<(String, usize, bool)>,
    in_loop: bool,
    in_handler: bool,
    /// `None` in the body of the module.
    in_function: Option<bool>,
    fresh: u32,
    budget: u32,
}

/// The program of a seed.
pub fn program(seed: u64) -> String {
    let mut own = Generator {
        random: Random::new(seed),
        out: String::new(),
        indent: 0,
        vars: Vec::new(),
        counters: Vec::new(),
        methods: Vec::new(),
        in_loop: false,
        in_handler: false,
        in_function: None,
        fresh: 0,
        budget: 0,
    };
    own.line("Перем Г, Д;");
    for number in 0..own.random.below(4) {
        own.method(number);
    }
    own.body();
    own.out
}

const LITERALS: &[&str] = &[
    "0",
    "1",
    "2",
    "3",
    "-5",
    "0.5",
    "12.25",
    "1000",
    "9223372036854775807",
    "99999999999999999999",
    "\"\"",
    "\"а\"",
    "\"5\"",
    "\"Да\"",
    "\"абв\"",
    "\"1,5\"",
    "\"Я длинная строка из слов\"",
    "Истина",
    "Ложь",
    "Неопределено",
    "Null",
    "'20240229'",
    "'20240101123000'",
];

const BINARY: &[&str] = &[
    "+", "+", "+", "-", "*", "/", "%", "=", "<>", "<", ">", "<=", ">=", "И", "ИЛИ",
];

impl Generator {
    fn line(&mut self, text: &str) {
        for _ in 0..self.indent {
            self.out.push('\t');
        }
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn method(&mut self, number: usize) {
        let gives = self.random.below(3) > 0;
        let count = self.random.below(3);
        let name = format!("{}{number}", if gives { "Ф" } else { "П" });
        let params: Vec<String> = (0..count).map(|at| format!("А{at}")).collect();
        let heads: Vec<String> = params
            .iter()
            .map(|param| match self.random.below(4) {
                0 => format!("Знач {param}"),
                1 => format!("{param} = 7"),
                _ => param.clone(),
            })
            .collect();
        let (opener, closer) = if gives {
            ("Функция", "КонецФункции")
        } else {
            ("Процедура", "КонецПроцедуры")
        };
        self.line(&format!("{opener} {name}({})", heads.join(", ")));
        self.indent += 1;
        self.vars = params;
        self.vars.push("Г".into());
        self.prelude();
        self.in_function = Some(gives);
        self.budget = BUDGET / 4;
        self.statements(3);
        if gives {
            let value = self.expression(2);
            self.line(&format!("Возврат {value};"));
        }
        self.indent -= 1;
        self.line(closer);
        self.methods.push((name, count, gives));
        self.in_function = None;
    }

    fn prelude(&mut self) {
        for name in ["Б", "В"] {
            let value = *self.random.pick(LITERALS);
            self.line(&format!("{name} = {value};"));
            self.vars.push(name.into());
        }
    }

    fn body(&mut self) {
        self.vars = vec!["Г".into(), "Д".into()];
        self.prelude();
        self.line("Г = 1; Д = \"д\";");
        self.line("М = Новый Массив; М.Добавить(1); М.Добавить(\"x\"); М.Добавить(2.5);");
        self.line("С = Новый Структура(\"Поле, Другое\", 4, \"s\");");
        for name in ["М[0]", "М[2]", "С.Поле", "С.другое"] {
            self.vars.push(name.into());
        }
        self.budget = BUDGET;
        self.statements(8);
        self.line("Сообщить(\"\" + Г + Д + Б + В + М[0] + М[1] + С.Поле);");
    }

    fn name(&mut self) -> String {
        self.fresh += 1;
        format!("Н{}", self.fresh)
    }

    fn variable(&mut self) -> String {
        let count = self.vars.len() + self.counters.len();
        let at = self.random.below(count);
        if at < self.vars.len() {
            self.vars[at].clone()
        } else {
            self.counters[at - self.vars.len()].clone()
        }
    }

    fn target(&mut self) -> String {
        let at = self.random.below(self.vars.len());
        self.vars[at].clone()
    }

    fn statements(&mut self, most: usize) {
        for _ in 0..1 + self.random.below(most) {
            if self.budget == 0 {
                return;
            }
            self.budget -= 1;
            self.statement();
        }
    }

    fn nested(&mut self, most: usize) {
        self.indent += 1;
        self.statements(most);
        self.indent -= 1;
    }

    fn statement(&mut self) {
        match self.random.below(18) {
            0..4 => {
                let (target, value) = (self.target(), self.expression(3));
                self.line(&format!("{target} = {value};"));
            }
            4 => {
                let target = self.target();
                let (a, b) = (self.expression(1), self.expression(0));
                self.line(&format!("{target} = {target} + {a} + {b};"));
            }
            5..7 => {
                let value = self.expression(3);
                self.line(&format!("Сообщить({value});"));
            }
            7 => {
                let condition = self.expression(2);
                self.line(&format!("Если {condition} Тогда"));
                self.nested(3);
                if self.random.below(2) == 0 {
                    let condition = self.expression(2);
                    self.line(&format!("ИначеЕсли {condition} Тогда"));
                    self.nested(2);
                }
                if self.random.below(2) == 0 {
                    self.line("Иначе");
                    self.nested(2);
                }
                self.line("КонецЕсли;");
            }
            8 => {
                let name = self.name();
                let (from, to) = (self.random.below(3), self.random.below(5));
                self.line(&format!("Для {name} = {from} По {to} Цикл"));
                self.counted(name.clone());
                self.line("КонецЦикла;");
                self.line(&format!("Сообщить({name});"));
            }
            9 => {
                let name = self.name();
                let start = *self.random.pick(&["2", "3", "0"]);
                self.line(&format!("{name} = {start};"));
                self.line(&format!("Пока {name} > 0 Цикл"));
                self.indent += 1;
                self.line(&format!("{name} = {name} - 1;"));
                self.indent -= 1;
                self.counted(name);
                self.line("КонецЦикла;");
            }
            10 if self.in_function.is_none() => {
                let name = self.name();
                self.line(&format!("Для Каждого {name} Из М Цикл"));
                self.counted(name);
                self.line("КонецЦикла;");
            }
            11..14 => {
                self.line("Попытка");
                self.nested(3);
                self.line("Исключение");
                let handler = std::mem::replace(&mut self.in_handler, true);
                self.indent += 1;
                let said = *self
                    .random
                    .pick(&["ОписаниеОшибки()", "ИнформацияОбОшибке().Описание"]);
                self.line(&format!("Сообщить({said});"));
                self.indent -= 1;
                self.nested(2);
                self.in_handler = handler;
                self.line("КонецПопытки;");
            }
            14 if self.in_loop => {
                let condition = self.expression(1);
                let word = *self.random.pick(&["Прервать", "Продолжить"]);
                self.line(&format!("Если {condition} Тогда {word}; КонецЕсли;"));
            }
            15 => {
                let condition = self.expression(1);
                let raise = match self.random.below(3) {
                    0 if self.in_handler => "ВызватьИсключение".to_string(),
                    1 => format!("ВызватьИсключение {}", self.expression(1)),
                    _ => "ВызватьИсключение \"свое\"".to_string(),
                };
                self.line(&format!("Если {condition} Тогда"));
                self.indent += 1;
                self.line(&format!("{raise};"));
                self.indent -= 1;
                self.line("КонецЕсли;");
            }
            16 if !self.in_loop => {
                let label = self.name();
                let condition = self.expression(1);
                self.line(&format!(
                    "Если {condition} Тогда Перейти ~{label}; КонецЕсли;"
                ));
                self.statements(2);
                self.line(&format!("~{label}:"));
            }
            17 if self.in_function.is_some() => {
                let condition = self.expression(1);
                let value = match self.in_function {
                    Some(true) => self.expression(1),
                    _ => String::new(),
                };
                self.line(&format!(
                    "Если {condition} Тогда Возврат {value}; КонецЕсли;"
                ));
            }
            _ => {
                if let Some(call) = self.method_call(false) {
                    self.line(&format!("{call};"));
                }
            }
        }
    }

    fn counted(&mut self, name: String) {
        self.counters.push(name);
        let in_loop = std::mem::replace(&mut self.in_loop, true);
        self.nested(3);
        self.in_loop = in_loop;
        self.counters.pop();
    }

    /// A call of a method; one variable may be handed to several parameters.
    fn method_call(&mut self, as_value: bool) -> Option<String> {
        let fitting: Vec<_> = self
            .methods
            .iter()
            .filter(|method| method.2 || !as_value)
            .cloned()
            .collect();
        if fitting.is_empty() {
            return None;
        }
        let (name, count, _) = self.random.pick(&fitting).clone();
        let mut args: Vec<String> = Vec::new();
        for _ in 0..count {
            let place = self.target();
            args.push(if self.random.below(3) > 0 {
                place
            } else {
                format!(
                    "({} + {})",
                    self.random.pick(LITERALS),
                    self.random.below(9)
                )
            });
        }
        Some(format!("{name}({})", args.join(", ")))
    }

    fn expression(&mut self, depth: usize) -> String {
        if depth == 0 || self.random.below(5) == 0 {
            return if self.random.below(2) == 0 {
                let literal = *self.random.pick(LITERALS);
                if literal.starts_with('-') {
                    format!("({literal})")
                } else {
                    literal.to_string()
                }
            } else {
                self.variable()
            };
        }
        let depth = depth - 1;
        match self.random.below(14) {
            0..6 => {
                let (a, b) = (self.expression(depth), self.expression(depth));
                format!("({a} {} {b})", self.random.pick(BINARY))
            }
            6 => {
                // Without brackets: the parser decides.
                let (a, b, c) = (self.expression(0), self.expression(0), self.expression(0));
                let (x, y) = (*self.random.pick(BINARY), *self.random.pick(BINARY));
                format!("({a} {x} {b} {y} {c})")
            }
            7 => format!("(-{})", self.variable()),
            8 => format!("(НЕ {})", self.expression(depth)),
            9 => {
                let (a, b) = (self.expression(depth), self.expression(depth));
                format!("?({}, {a}, {b})", self.expression(depth))
            }
            10 => {
                let value = self.expression(depth);
                let name = *self.random.pick(&["СтрДлина", "Строка", "Цел"]);
                format!("{name}({value})")
            }
            11 => format!("Лев({}, {})", self.expression(depth), self.random.below(6)),
            12 if self.in_function.is_none() => match self.random.below(4) {
                0 => "М.Количество()".into(),
                1 => format!("М[{}]", self.random.below(4)),
                2 => format!("{}.Нет", self.random.pick(&["С", "М", "Г"])),
                _ => "С.Поле".into(),
            },
            _ => self.method_call(true).unwrap_or_else(|| "Г".into()),
        }
    }
}
