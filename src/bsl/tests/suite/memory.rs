//! 10,000 runs that build cycles leave the memory of the process flat.
//!
//! Measured as the resident pages of a process of its own: the test starts this binary again for its
//! ignored half, so that tests beside it do not disturb the figure.

use crate::support::{Recorder, module};
use vestnik_bsl::{Environment, Limits, Program, Vm};

const CYCLE: &str = "А = Новый Массив; Б = Новый Структура(\"А\", А); А.Добавить(Б); М = Новый Соответствие; М[А] = М;
Т = Новый ТаблицаЗначений; Т.Колонки.Добавить(\"К\"); Т.Добавить().К = Т; А.Добавить(Т);
Для Н = 1 По 50 Цикл А.Добавить(\"строка номер \" + Н); КонецЦикла;
Попытка А = 1 / 0; Исключение Б.Вставить(\"Ошибка\", ИнформацияОбОшибке()); КонецПопытки;";

fn runs(program: &Program, times: usize) {
    for _ in 0..times {
        let mut host = Recorder::default();
        let mut vm = Vm::new(program, &mut host, Limits::default());
        vm.run(0).expect("the program has no errors");
    }
}

/// Resident pages that are the process's own: without those of files, which come and go with the
/// machine's memory. `None` where there is no /proc.
fn resident() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let mut fields = text.split(' ').skip(1).map(str::parse::<u64>);
    let (resident, shared) = (fields.next()?.ok()?, fields.next()?.ok()?);
    Some(resident.saturating_sub(shared))
}

#[test]
#[ignore = "the half that runs in a process of its own"]
fn child() {
    let program = Program::compile(&Environment::default(), &[module(CYCLE)]);
    runs(&program, 500);
    let Some(before) = resident() else { return };
    runs(&program, 10_000);
    let after = resident().expect("/proc was there before");
    // A leak of one small object a run would be 10,000 * 64 bytes: 156 pages.
    assert!(after <= before + 64, "{before} pages grew to {after}");
}

#[test]
fn cycles_leave_memory_flat() {
    let own = std::env::current_exe().expect("the test knows its own file");
    let output = std::process::Command::new(own)
        .args(["--exact", "memory::child", "--ignored"])
        .output()
        .expect("the test can be started again");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}"
    );
}
