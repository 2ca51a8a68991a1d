//! СистемнаяИнформация and ТипПлатформы: what a program may know of the machine, which is next to
//! nothing. Modules ask which platform they run on; the answer is the version whose language this is.

use super::define::{enumeration, native, native_of, prop};
use super::registry::{Area, Constructor, TypeDef};
use crate::kernel::encode::uuid_text;
use crate::value::Value;
use crate::value::heap::Body;

/// The version of 1C:Enterprise whose language and library these are.
const VERSION: &str = "8.3.27.0";

enumeration! {
    /// ТипПлатформы.
    PLATFORM_TYPE "ТипПлатформы" "PlatformType" [
        "Linux_x86_64" "Linux_x86_64",
        "Android_ARM" "Android_ARM",
        "Android_ARM_64" "Android_ARM_64",
        "Android_x86" "Android_x86",
        "Android_x86_64" "Android_x86_64",
        "iOS_ARM" "iOS_ARM",
        "iOS_ARM_64" "iOS_ARM_64",
        "Linux_ARM64" "Linux_ARM64",
        "Linux_E2K" "Linux_E2K",
        "Linux_x86" "Linux_x86",
        "MacOS_x86" "MacOS_x86",
        "MacOS_x86_64" "MacOS_x86_64",
        "Windows_x86" "Windows_x86",
        "Windows_x86_64" "Windows_x86_64",
        "WinRT_ARM" "WinRT_ARM",
        "WinRT_x86" "WinRT_x86",
        "WinRT_x86_64" "WinRT_x86_64",
    ]
}

enumeration! {
    /// РежимОткрытияФайла: an argument of what is refused.
    FILE_OPEN_MODE "РежимОткрытияФайла" "FileOpenMode" [
        "Дописать" "Append",
        "Обрезать" "Truncate",
        "Открыть" "Open",
        "ОткрытьИлиСоздать" "OpenOrCreate",
        "Создать" "Create",
        "СоздатьНовый" "CreateNew",
    ]
}

enumeration! {
    /// ДоступКФайлу.
    FILE_ACCESS "ДоступКФайлу" "FileAccess" [
        "Запись" "Write",
        "Чтение" "Read",
        "ЧтениеИЗапись" "ReadAndWrite",
    ]
}

struct SystemInfo;

native!(SystemInfo, |_| 0);

/// СистемнаяИнформация.
pub static SYSTEM_INFO: TypeDef = TypeDef {
    ru: "СистемнаяИнформация",
    en: "SystemInfo",
    new: Some(Constructor {
        params: "",
        call: |vm, _| Ok(vm.alloc(&SYSTEM_INFO, Body::Native(Box::new(SystemInfo)))),
    }),
    methods: &[],
    props: &[
        prop!("ВерсияПриложения" "AppVersion" |_, this| {
            native_of::<SystemInfo>(this, 1)?;
            Ok(VERSION.into())
        }),
        prop!("ТипПлатформы" "PlatformType" |_, this| {
            native_of::<SystemInfo>(this, 1)?;
            Ok(Value::Enum(0, &PLATFORM_TYPE))
        }),
        prop!("ВерсияОС" "OSVersion" |_, this| {
            native_of::<SystemInfo>(this, 1)?;
            Ok("Linux".into())
        }),
        // The machine behind the sandbox is nobody's business.
        prop!("ОперативнаяПамять" "RAM" |_, this| {
            native_of::<SystemInfo>(this, 1)?;
            Ok(Value::Int(0))
        }),
        prop!("Процессор" "Processor" |_, this| {
            native_of::<SystemInfo>(this, 1)?;
            Ok("".into())
        }),
        prop!("ИдентификаторКлиента" "ClientID" |_, this| {
            native_of::<SystemInfo>(this, 1)?;
            Ok(uuid_text(&[0; 16]).into())
        }),
        prop!("ИнформацияПрограммыПросмотра" "UserAgentInformation" |_, this| {
            native_of::<SystemInfo>(this, 1)?;
            Ok("".into())
        }),
    ],
};

/// The system.
pub static AREA: Area = Area {
    title: "Системная информация",
    functions: &[],
    types: &[&SYSTEM_INFO],
    enums: &[&PLATFORM_TYPE, &FILE_OPEN_MODE, &FILE_ACCESS],
};
