//! Any bytes as an archive: it is read to its end or refused, under tight limits.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use std::time::Duration;
use vestnik_bsl::library::bytes::binary;
use vestnik_bsl::{Environment, Host, Limits, Program, Source, Vm};

struct Silent;
impl Host for Silent {}

const READ_ALL: &str = "
Функция Прочесть(Данные) Экспорт
    Архив = Новый ЧтениеZipФайла(Данные);
    Всего = СтрДлина(Архив.Комментарий);
    Для Каждого Элемент Из Архив.Элементы Цикл
        Всего = Всего + Элемент.РазмерСжатого + СтрДлина(Элемент.ПолноеИмя + Элемент.ВремяИзменения);
        Поток = Новый ПотокВПамяти;
        Попытка
            Архив.Извлечь(Элемент, Поток);
        Исключение
            Всего = Всего + 1;
        КонецПопытки;
        Всего = Всего + Поток.Размер();
    КонецЦикла;
    Возврат Всего;
КонецФункции";

static PROGRAM: LazyLock<Program> = LazyLock::new(|| {
    let sources = [Source {
        name: "М".into(),
        text: READ_ALL.into(),
        common: false,
    }];
    Program::compile(&Environment::default(), &sources)
});

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits {
        instructions: 1_000_000,
        time: Duration::from_secs(2),
        memory: 8 << 20,
        ..Limits::default()
    };
    let mut host = Silent;
    let mut vm = Vm::new(&PROGRAM, &mut host, limits);
    let Ok(data) = binary(&mut vm, bytes.to_vec()) else {
        return;
    };
    if let Err(fault) = vm.call(0, "Прочесть", &[data]) {
        let _ = vm.render_error(&fault);
    }
});
