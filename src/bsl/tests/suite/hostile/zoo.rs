//! Arguments that no honest program passes, and objects of every type to call methods of.

use std::collections::HashMap;
use vestnik_bsl::library::registry::{LIBRARY, TypeDef};
use vestnik_bsl::library::unavailable::REASONS;
use vestnik_bsl::value::Value;
use vestnik_bsl::vm::type_of;
use vestnik_bsl::{Environment, Limits, Program, Vm};

use crate::support::{Recorder, module};

/// Functions that make the arguments: large enough that what goes over them without paying, or copies
/// them more than twice, is seen; small enough to be made thousands of times.
pub const MAKERS: &[(&str, &str)] = &[
    ("Имена", "Возврат Удвоить(\"А,\", 17) + \"А\";"),
    ("Слово", "Возврат Удвоить(\"а\", 18);"),
    (
        "Текст",
        "Возврат Удвоить(\"A %1 {\"\"б\"\": [1, 2]}\" + Символы.ПС + \";'ru='x&<\", 13);",
    ),
    ("Цифры", "Возврат Удвоить(\"0123456789\", 14);"),
    ("Пустоты", "Возврат Удвоить(\" \", 18);"),
    ("Глубина", "Возврат Удвоить(\"[\", 17);"),
    (
        "РазныеИмена",
        "М = Новый Массив; Для Н = 1 По 10000 Цикл М.Добавить(\"А\" + Формат(Н, \"ЧГ=0\")); КонецЦикла; Возврат СтрСоединить(М, \",\");",
    ),
    (
        "Байты",
        "Возврат ПолучитьДвоичныеДанныеИзСтроки(Удвоить(\"0123456789abcdef\", 14));",
    ),
    ("Числа", "Возврат Новый Массив(100000);"),
    (
        "Строки",
        "М = Новый Массив; Для Н = 1 По 10000 Цикл М.Добавить(\"строка \" + Н); КонецЦикла; Возврат М;",
    ),
    (
        "ДлинныеСтроки",
        "М = Новый Массив; С = Удвоить(\"б\", 16); Для Н = 1 По 2000 Цикл М.Добавить(С); КонецЦикла; Возврат М;",
    ),
    (
        "Смесь",
        "М = Новый Массив; Для Н = 1 По 500 Цикл М.Добавить(Н); М.Добавить(\"а\" + Н); М.Добавить(Неопределено); М.Добавить('20240101'); М.Добавить(М); М.Добавить(Тип(\"Число\")); М.Добавить(Новый Массив); КонецЦикла; Возврат М;",
    ),
    (
        "Матрешка",
        "М = Новый Массив; Для Н = 1 По 10000 Цикл К = Новый Массив; К.Добавить(М); М = К; КонецЦикла; Возврат М;",
    ),
    (
        "Цепь",
        "С = Новый Структура; Для Н = 1 По 5000 Цикл К = Новый Структура(\"А, Значение\", С, С); С = К; КонецЦикла; Возврат С;",
    ),
    (
        "СамМассив",
        "М = Новый Массив; М.Добавить(М); М.Добавить(\"а\"); М.Добавить(М); Возврат М;",
    ),
    (
        "СамаСтруктура",
        "С = Новый Структура(\"А, Б, Ключ, Значение, Имя, Данные\"); Для Каждого П Из С Цикл С.Вставить(П.Ключ, С); КонецЦикла; Возврат С;",
    ),
    (
        "СамоСоответствие",
        "С = Новый Соответствие; С.Вставить(С, С); С.Вставить(\"а\", С); Возврат С;",
    ),
    (
        "СамСписок",
        "С = Новый СписокЗначений; С.Добавить(С); С.Добавить(С[0]); С[0].Значение = С[0]; Возврат С;",
    ),
    (
        "СамаТаблица",
        "Т = Новый ТаблицаЗначений; Т.Колонки.Добавить(\"А\"); Т.Колонки.Добавить(\"Б\", Новый ОписаниеТипов(\"Строка\")); С = Т.Добавить(); С.А = С; С.Б = С; С = Т.Добавить(); С.А = Т; С.Б = Т; Т.Индексы.Добавить(\"А\"); Возврат Т;",
    ),
    (
        "СамоДерево",
        "Т = Новый ДеревоЗначений; Т.Колонки.Добавить(\"А\"); С = Т.Строки.Добавить(); С.А = С; С = С.Строки.Добавить(); С.А = Т; Возврат Т;",
    ),
    (
        "БольшаяСтруктура",
        "С = Новый Структура; Для Н = 1 По 5000 Цикл С.Вставить(\"А\" + Формат(Н, \"ЧГ=0\"), Н); КонецЦикла; Возврат С;",
    ),
    (
        "БольшоеСоответствие",
        "С = Новый Соответствие; Для Н = 1 По 5000 Цикл С.Вставить(\"ключ \" + Н, Н); КонецЦикла; Возврат С;",
    ),
    (
        "БольшойСписок",
        "С = Новый СписокЗначений; Для Н = 1 По 3000 Цикл С.Добавить(-Н, \"представление \" + Н); КонецЦикла; Возврат С;",
    ),
    (
        "БольшаяТаблица",
        "Т = Новый ТаблицаЗначений; Т.Колонки.Добавить(\"А\"); Т.Колонки.Добавить(\"Б\", Новый ОписаниеТипов(\"Строка\")); Для Н = 1 По 1500 Цикл С = Т.Добавить(); С.А = -Н; С.Б = \"строка \" + Н % 100; КонецЦикла; Возврат Т;",
    ),
    (
        "ШирокаяТаблица",
        "Т = Новый ТаблицаЗначений; Для Н = 1 По 2000 Цикл Т.Колонки.Добавить(\"А\" + Формат(Н, \"ЧГ=0\")); КонецЦикла; Для Н = 1 По 20 Цикл Т.Добавить(); КонецЦикла; Возврат Т;",
    ),
    (
        "БольшоеДерево",
        "Т = Новый ДеревоЗначений; Т.Колонки.Добавить(\"А\"); С = Т; Для Н = 1 По 1000 Цикл С = С.Строки.Добавить(); С.А = Н; КонецЦикла; Для Н = 1 По 1000 Цикл Т.Строки.Добавить().А = Н % 7; КонецЦикла; Возврат Т;",
    ),
    ("БольшоеЧисло", "Возврат Pow(7, 1100);"),
    ("МалоеЧисло", "Возврат -1 / 3;"),
    ("Предел", "Возврат 9223372036854775807;"),
    ("ОбратныйПредел", "Возврат -9223372036854775807 - 1;"),
    ("Ноль", "Возврат 0;"),
    ("ДатаКонца", "Возврат '39991231235959';"),
    (
        "Ошибка",
        "Попытка ВызватьИсключение Удвоить(\"ошибка\", 16); Исключение Возврат ИнформацияОбОшибке(); КонецПопытки;",
    ),
    ("Пусто", "Возврат Неопределено;"),
    ("Нуль", "Возврат Null;"),
    ("Тип1", "Возврат Тип(\"Строка\");"),
    ("Ложно", "Возврат Ложь;"),
    (
        "Уид",
        "Возврат Новый УникальныйИдентификатор(\"6ba7b810-9dad-41d1-80b4-00c04fd430c8\");",
    ),
    ("Модуль", "Возврат ЭтотОбъект;"),
    ("ПустаяСтрока1", "Возврат \"\";"),
];

/// Objects in a state that a constructor does not give: opened, filled.
const OBJECTS: &[&str] = &[
    "БольшаяТаблица()",
    "БольшоеДерево()",
    "БольшойСписок()",
    "БольшоеСоответствие()",
    "БольшаяСтруктура()",
    "Строки()",
    "Байты()",
    "Ошибка()",
    "СамаТаблица().Индексы",
    "СамоДерево().Строки",
    "Открыть(Новый ЧтениеJSON)",
    "Открыть(Новый ЗаписьJSON)",
    "Открыть(Новый ЧтениеXML)",
    "Открыть(Новый ЗаписьXML)",
    "Открыть(Новый ЧтениеXML).КонтекстПространствИмен",
    "ПолучитьДвоичныеДанныеИзСтроки(\"абв\").ОткрытьПотокДляЧтения()",
    "Сам(Новый ХешированиеДанных(ХешФункция.MD5))",
    "Сам(Новый HTTPСоединение(\"а\")).Получить(Новый HTTPЗапрос(\"/\"))",
    "СтрНайтиПоРегулярномуВыражению(\"абв\", \"(а)(б)\")",
    "СтрНайтиПоРегулярномуВыражению(\"абв\", \"(а)(б)\").ПолучитьГруппы()[0]",
    "Сам(Новый ЧтениеZipФайла(Архив()))",
    "Сам(Новый ЧтениеZipФайла(Архив())).Элементы",
    "Сам(Новый ЧтениеZipФайла(Архив())).Элементы[0]",
    "Сам(Новый ЧтениеФайлаАрхива(Архив()))",
    "Сам(Новый ЧтениеФайлаАрхива(Архив())).Элементы",
    "Сам(Новый ЧтениеФайлаАрхива(Архив())).Элементы[0]",
];

const HELPERS: &str = "
Функция Удвоить(Знач С, Раз) Экспорт Для Н = 1 По Раз Цикл С = С + С; КонецЦикла; Возврат С; КонецФункции
Функция Сам(Х) Экспорт Возврат Х; КонецФункции
Функция Первый(К) Экспорт Для Каждого Х Из К Цикл Возврат Х; КонецЦикла; Возврат Неопределено; КонецФункции
Функция Архив() Экспорт З = Новый ЗаписьZipФайла; З.Добавить(ПолучитьДвоичныеДанныеИзСтроки(Удвоить(\"аб\", 15)), \"а\"); З.Добавить(ПолучитьДвоичныеДанныеИзСтроки(\"б\"), \"б\"); Возврат З.ПолучитьДвоичныеДанные(); КонецФункции
Функция Открыть(О) Экспорт
    Если ТипЗнч(О) = Тип(\"ЧтениеJSON\") Тогда О.УстановитьСтроку(\"[\" + СтрСоединить(Строки(), \",\") + \"]\"); КонецЕсли;
    Если ТипЗнч(О) = Тип(\"ЧтениеXML\") Тогда О.УстановитьСтроку(\"<а xmlns='п' б='в'>\" + СтрСоединить(Новый Массив(1000), \"<г>д</г>\") + \"</а>\"); О.Прочитать(); КонецЕсли;
    Если ТипЗнч(О) = Тип(\"ЗаписьXML\") Тогда О.УстановитьСтроку(); О.ЗаписатьНачалоЭлемента(\"а\"); КонецЕсли;
    Если ТипЗнч(О) = Тип(\"ЗаписьJSON\") Тогда О.УстановитьСтроку(); О.ЗаписатьНачалоМассива(); КонецЕсли;
    Возврат О;
КонецФункции
";

/// Small values for constructors and methods, while objects are looked for.
const SMALL: &[&str] = &[
    "",
    "0",
    "\"А\"",
    "Новый Массив",
    "1, 1",
    "Новый Соответствие",
    "Новый Структура(\"А\", 1)",
    "Новый ПотокВПамяти",
    "ПолучитьДвоичныеДанныеИзСтроки(\"абв\")",
    "\"А\", \"А\"",
    "\"абв\", \"[а-я]\"",
];

/// Those of them that methods and functions are called with.
const FEW: usize = 4;

/// The text of the makers and helpers.
///
/// With `VESTNIK_HOSTILE` set texts are eight times as long.
pub fn makers() -> String {
    let more = if std::env::var_os("VESTNIK_HOSTILE").is_some() {
        3
    } else {
        0
    };
    let mut text = HELPERS.replace("По Раз", &format!("По Раз + {more}"));
    for (name, body) in MAKERS {
        text.push_str(&format!("Функция {name}() Экспорт {body} КонецФункции\n"));
    }
    text
}

/// Types whose objects no expression of a program gives, each with the reason.
const UNREACHABLE: &[(&str, &str)] = &[];

/// For every type with methods or properties an expression that gives an object of it.
pub fn receivers() -> HashMap<usize, String> {
    let text = format!(
        "{}Функция Дать(Выражение) Экспорт Возврат Вычислить(Выражение); КонецФункции",
        makers()
    );
    let program = Program::compile(&Environment::default(), &[module(&text)]);
    let mut search = Search::default();
    // Named managers, such as ОбработкаОшибок.
    for list in &LIBRARY.enums {
        if !list.ty.methods.is_empty() || !list.ty.props.is_empty() {
            search
                .found
                .insert(address(&list.ty), list.ty.ru.to_owned());
        }
    }
    let refused = |name: &str| REASONS.iter().any(|(ru, ..)| *ru == name);
    for ty in &LIBRARY.types {
        if ty.new.is_some() && !refused(ty.ru) {
            let args = SMALL.iter();
            let calls = args.map(|args| format!("Сам(Новый {}({args}))", ty.ru));
            search.queue.push(calls.collect());
        }
    }
    for function in &LIBRARY.functions {
        if function.def.is_function && function.min <= 2 && !refused(function.def.ru) {
            let args = SMALL[..FEW].iter();
            let calls = args.map(|args| format!("{}({args})", function.def.ru));
            search.queue.push(calls.collect());
        }
    }
    let objects = OBJECTS.iter();
    search
        .queue
        .push(objects.map(ToString::to_string).collect());
    while !search.queue.is_empty() {
        search.go_on(&program);
    }
    let missing: Vec<&str> = LIBRARY
        .types
        .iter()
        .filter(|ty| !ty.methods.is_empty() || !ty.props.is_empty())
        .filter(|ty| !search.found.contains_key(&address(ty)))
        .map(|ty| ty.ru)
        .filter(|name| !UNREACHABLE.iter().any(|(known, _)| known == name))
        .collect();
    assert!(
        missing.is_empty(),
        "no expression was found for objects of {missing:?}: add one to OBJECTS, or a reason to UNREACHABLE"
    );
    search.found
}

pub fn address(ty: &'static TypeDef) -> usize {
    std::ptr::from_ref(ty) as usize
}

#[derive(Default)]
struct Search {
    found: HashMap<usize, String>,
    queue: Vec<Vec<String>>,
}

impl Search {
    /// Evaluates expressions in one run until it is over; objects of new types lead to others.
    fn go_on(&mut self, program: &Program) {
        let mut host = Recorder::default();
        let mut vm = Vm::new(program, &mut host, Limits::default());
        while let Some(mut group) = self.queue.pop() {
            while let Some(expression) = group.pop() {
                let text = Value::str(&expression);
                match vm.call(0, "Дать", &[text]) {
                    Ok(value) => self.look(&value, expression),
                    Err(fault) if fault.0.limit().is_some() => {
                        self.queue.push(group);
                        return;
                    }
                    Err(_) => {}
                }
            }
        }
    }

    fn look(&mut self, value: &Value, expression: String) {
        if matches!(value, Value::EnumList(_) | Value::Enum(..)) {
            return;
        }
        let ty = type_of(value);
        if ty.methods.is_empty() && ty.props.is_empty() {
            return;
        }
        let known = self.found.contains_key(&address(ty));
        if !known {
            let mut next = vec![format!("Первый({expression})")];
            next.extend(
                ty.props
                    .iter()
                    .map(|prop| format!("{expression}.{}", prop.ru)),
            );
            for method in ty.methods.iter().filter(|method| method.is_function) {
                next.extend(
                    SMALL[..FEW]
                        .iter()
                        .map(|args| format!("{expression}.{}({args})", method.ru)),
                );
            }
            self.queue.insert(0, next);
        }
        // The objects that were made on purpose are the better ones.
        if !known || OBJECTS.contains(&expression.as_str()) {
            self.found.insert(address(ty), expression);
        }
    }
}
