//! How long a run of a small shared program takes from start to end.
#![allow(clippy::print_stdout, reason = "a tool for a person")]
use vestnik_bsl::{Environment, Host, Limits, Program, Source, Value, Vm};

struct Nobody;
impl Host for Nobody {}

fn main() {
    let text = "Функция Ф(А) Возврат А + 1; КонецФункции\nС = Новый Структура(\"Имя, Число\", \"Иванов\", 5);\n_Результат = С.Имя + \" \" + Ф(С.Число);";
    let environment = Environment {
        variables: vec!["_Результат".into()],
        ..Environment::default()
    };
    let sources = [Source {
        name: "М".into(),
        text: text.into(),
        common: false,
    }];
    let program = Program::compile(&environment, &sources);
    let runs = 200_000;
    let start = std::time::Instant::now();
    for _ in 0..runs {
        let mut host = Nobody;
        let mut vm = Vm::new(&program, &mut host, Limits::default());
        assert!(vm.run(0).is_ok());
        assert!(vm.variable("_Результат").is_some_and(Value::is_str));
    }
    println!("{:?} a run", start.elapsed() / runs);
}
