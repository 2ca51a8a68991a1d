//! ФорматированнаяСтрока, Шрифт, Цвет: text with bold, italic, underlined and struck out parts and
//! links. What it looks like is the host's: a bot's answer shows what its channel can. Colours and sizes
//! are taken and kept, and no channel here shows them.

use super::args::whole_of;
use super::define::{
    array_items, enumeration, flag, is_left_out, native_of, prop, said, string_of,
};
use super::registry::{Area, Constructor, FunctionDef, TypeDef};
use crate::kernel::number::Number;
use crate::value::heap::{Body, Obj};
use crate::value::native::NativeObject;
use crate::value::paid::Paid;
use crate::value::{Value, memory};
use crate::vm::Vm;
use crate::vm::error::Fault;

/// Formatted strings.
pub static AREA: Area = Area {
    title: "Форматированная строка",
    functions: &[],
    types: &[&FORMATTED, &FONT, &COLOR, &PALETTE],
    enums: &[&FONT_KIND, &COLOR_KIND],
};

enumeration! {
    /// ВидШрифта.
    FONT_KIND "ВидШрифта" "FontType" [
        "Абсолютный" "Absolute",
        "АвтоШрифт" "AutoFont",
        "ЭлементСтиля" "StyleItem",
        "WindowsШрифт" "WindowsFont",
    ]
}

enumeration! {
    /// ВидЦвета.
    COLOR_KIND "ВидЦвета" "ColorType" [
        "Абсолютный" "Absolute",
        "АвтоЦвет" "AutoColor",
        "ЭлементСтиля" "StyleItem",
        "WebЦвет" "WebColor",
        "WindowsЦвет" "WindowsColor",
    ]
}

// ---- fonts --------------------------------------------------------------------------------------

/// The insides of Шрифт; what was left out is the text's own.
#[derive(Clone, PartialEq)]
struct Font {
    kind: u16,
    name: String,
    /// In points; 0 is the text's own.
    size: Number,
    /// Per cent.
    scale: Number,
    bold: Option<bool>,
    italic: Option<bool>,
    underline: Option<bool>,
    strikeout: Option<bool>,
}

impl NativeObject for Font {
    fn size(&self) -> usize {
        self.name.capacity()
    }

    fn same(&self, other: &dyn NativeObject) -> Option<bool> {
        Some(other.downcast_ref::<Font>() == Some(self))
    }

    fn content_hash(&self) -> Option<u64> {
        Some(u64::from(self.kind) ^ (self.name.len() as u64) << 8)
    }
}

/// Шрифт.
pub static FONT: TypeDef = TypeDef {
    ru: "Шрифт",
    en: "Font",
    new: Some(Constructor {
        params: "ШрифтИлиИмя?, ИмяИлиРазмер?, РазмерИлиЖирный?, ЖирныйИлиНаклонный?, НаклонныйИлиПодчеркивание?, ПодчеркиваниеИлиЗачеркивание?, ЗачеркиваниеИлиМасштаб?, Масштаб?",
        call: new_font,
    }),
    methods: &[],
    props: &[
        prop!("Вид" "Type" |_, this| Ok(Value::Enum(native_of::<Font>(this, 1)?.kind, &FONT_KIND))),
        prop!("Имя" "Name" |_, this| Ok(Value::str(&native_of::<Font>(this, 1)?.name))),
        prop!("Размер" "Size" |_, this| Ok(native_of::<Font>(this, 1)?.size.clone().into())),
        prop!("Жирный" "Bold" |_, this| Ok(optional(native_of::<Font>(this, 1)?.bold))),
        prop!("Наклонный" "Italic" |_, this| Ok(optional(native_of::<Font>(this, 1)?.italic))),
        prop!("Подчеркивание" "Underline" |_, this| {
            Ok(optional(native_of::<Font>(this, 1)?.underline))
        }),
        prop!("Зачеркивание" "Strikeout" |_, this| {
            Ok(optional(native_of::<Font>(this, 1)?.strikeout))
        }),
        prop!("Масштаб" "Scale" |_, this| Ok(native_of::<Font>(this, 1)?.scale.clone().into())),
    ],
};

fn optional(value: Option<bool>) -> Value {
    value.map_or(Value::Undefined, Value::Bool)
}

/// (Имя, Размер, Жирный, …), or (Шрифт, Имя, Размер, Жирный, …) that changes a font.
fn new_font(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let base = native_of::<Font>(&args[0], 1).ok().map(|font| font.clone());
    let from = usize::from(base.is_some());
    let mut font = base.unwrap_or(Font {
        kind: 1,
        name: String::new(),
        size: Number::ZERO,
        scale: Number::from_i64(100),
        bold: None,
        italic: None,
        underline: None,
        strikeout: None,
    });
    let number = |at: usize| at as u8 + 1;
    if !is_left_out(&args[from]) {
        font.name = string_of(&args[from], number(from))?;
        font.kind = 0;
    }
    let as_number = |at: usize| args[at].as_number().ok_or_else(|| Fault::param(number(at)));
    if !is_left_out(&args[from + 1]) {
        font.size = as_number(from + 1)?;
    }
    let marks = [
        &mut font.bold,
        &mut font.italic,
        &mut font.underline,
        &mut font.strikeout,
    ];
    for (at, mark) in marks.into_iter().enumerate() {
        let value = &args[from + 2 + at];
        if !is_left_out(value) {
            *mark = Some(flag(vm, value, false)?);
        }
    }
    if !is_left_out(&args[from + 6]) {
        font.scale = as_number(from + 6)?;
    }
    Ok(vm.alloc(&FONT, Body::Native(Box::new(font))))
}

// ---- colours ------------------------------------------------------------------------------------

/// The insides of Цвет.
#[derive(Clone, Copy, PartialEq)]
struct Color {
    kind: u16,
    /// Red, green, blue; `None` for a colour by name.
    parts: Option<[u8; 3]>,
}

impl NativeObject for Color {
    fn same(&self, other: &dyn NativeObject) -> Option<bool> {
        Some(other.downcast_ref::<Color>() == Some(self))
    }

    fn content_hash(&self) -> Option<u64> {
        let [red, green, blue] = self.parts.unwrap_or_default();
        Some(u64::from_le_bytes([red, green, blue, 0, 0, 0, 0, 0]))
    }
}

/// Цвет.
pub static COLOR: TypeDef = TypeDef {
    ru: "Цвет",
    en: "Color",
    new: Some(Constructor {
        params: "Красный?, Зеленый?, Синий?",
        call: |vm, args| {
            if args.iter().all(is_left_out) {
                let color = Color {
                    kind: 1,
                    parts: None,
                };
                return Ok(vm.alloc(&COLOR, Body::Native(Box::new(color))));
            }
            let mut parts = [0; 3];
            for (at, part) in parts.iter_mut().enumerate() {
                let number = at as u8 + 1;
                let whole = whole_of(vm, &args[at], number)?;
                *part = u8::try_from(whole).map_err(|_| Fault::value(number))?;
            }
            let color = Color {
                kind: 0,
                parts: Some(parts),
            };
            Ok(vm.alloc(&COLOR, Body::Native(Box::new(color))))
        },
    }),
    methods: &[],
    props: &[
        prop!("Вид" "Type" |_, this| Ok(Value::Enum(native_of::<Color>(this, 1)?.kind, &COLOR_KIND))),
        prop!("Красный" "R" |_, this| part(this, 0)),
        prop!("Зеленый" "G" |_, this| part(this, 1)),
        prop!("Синий" "B" |_, this| part(this, 2)),
    ],
};

/// -1 for a colour by name, which is not known here by its parts.
fn part(this: &Value, at: usize) -> Result<Value, Fault> {
    let parts = native_of::<Color>(this, 1)?.parts;
    Ok(Value::Int(parts.map_or(-1, |parts| i64::from(parts[at]))))
}

/// WebЦвета, ЦветаСтиля, ШрифтыСтиля and the like: any name in them is a colour or a font, since no
/// channel shows which.
struct Palette {
    kind: u16,
    fonts: bool,
}

impl NativeObject for Palette {
    fn get_field(
        &self,
        vm: &Vm<'_>,
        _name: crate::syntax::names::Name,
        _place: &mut u32,
    ) -> Option<Value> {
        let kind = self.kind;
        Some(if self.fonts {
            let font = Font {
                kind,
                name: String::new(),
                size: Number::ZERO,
                scale: Number::from_i64(100),
                bold: None,
                italic: None,
                underline: None,
                strikeout: None,
            };
            vm.alloc(&FONT, Body::Native(Box::new(font)))
        } else {
            let color = Color { kind, parts: None };
            vm.alloc(&COLOR, Body::Native(Box::new(color)))
        })
    }
}

/// НаборЦветовИШрифтов: the type of WebЦвета and its kin.
pub static PALETTE: TypeDef = TypeDef {
    ru: "НаборЦветовИШрифтов",
    en: "ColorsAndFonts",
    new: None,
    methods: &[],
    props: &[],
};

/// A property of the global context that is a palette.
const fn palette(
    ru: &'static str,
    en: &'static str,
    call: super::registry::NativeFn,
) -> FunctionDef {
    FunctionDef {
        ru,
        en,
        params: "",
        is_function: true,
        call,
    }
}

fn new_palette(vm: &Vm<'_>, kind: u16, fonts: bool) -> Value {
    vm.alloc(&PALETTE, Body::Native(Box::new(Palette { kind, fonts })))
}

/// Properties of the global context: reading one is the call of a function without parameters.
pub static OBJECTS: &[FunctionDef] = &[
    palette("WebЦвета", "WebColors", |vm, _| {
        Ok(new_palette(vm, 3, false))
    }),
    palette("WindowsЦвета", "WindowsColors", |vm, _| {
        Ok(new_palette(vm, 4, false))
    }),
    palette("ЦветаСтиля", "StyleColors", |vm, _| {
        Ok(new_palette(vm, 2, false))
    }),
    palette("ШрифтыСтиля", "StyleFonts", |vm, _| {
        Ok(new_palette(vm, 2, true))
    }),
    palette("WindowsШрифты", "WindowsFonts", |vm, _| {
        Ok(new_palette(vm, 3, true))
    }),
];

// ---- strings ------------------------------------------------------------------------------------

/// A stretch of a formatted string.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Run {
    /// What is shown.
    pub text: String,
    /// Жирный.
    pub bold: bool,
    /// Наклонный.
    pub italic: bool,
    /// Подчеркивание.
    pub underline: bool,
    /// Зачеркивание.
    pub strikeout: bool,
    /// A font of one width by its name: Courier New, Consolas and others.
    pub fixed_width: bool,
    /// Where a press leads.
    pub link: Option<String>,
}

/// The insides of ФорматированнаяСтрока: stretches in order, formats of outer strings already in them.
#[derive(PartialEq)]
struct Formatted(Vec<Run>);

impl NativeObject for Formatted {
    fn size(&self) -> usize {
        let texts = self
            .0
            .iter()
            .map(|run| run.text.capacity() + run.link.as_ref().map_or(0, String::capacity));
        self.0.capacity() * size_of::<Run>() + texts.sum::<usize>()
    }

    /// The text without its formats.
    fn presentation(&self, _vm: &Vm<'_>) -> Option<String> {
        let length: usize = self.0.iter().map(|run| run.text.len()).sum();
        memory::work(length);
        memory::afford(length).then(|| self.0.iter().map(|run| &*run.text).collect())
    }

    fn same(&self, other: &dyn NativeObject) -> Option<bool> {
        Some(other.downcast_ref::<Formatted>() == Some(self))
    }

    fn content_units(&self) -> usize {
        self.0.iter().map(|run| run.text.len()).sum()
    }

    fn content_hash(&self) -> Option<u64> {
        Some(self.content_units() as u64)
    }
}

/// ФорматированнаяСтрока.
pub static FORMATTED: TypeDef = TypeDef {
    ru: "ФорматированнаяСтрока",
    en: "FormattedString",
    new: Some(Constructor {
        params: "Содержимое?, ШрифтИлиСодержимое?, ЦветТекстаИлиСодержимое?, ЦветФонаИлиСодержимое?, СсылкаИлиСодержимое?, Содержимое...",
        call: new_string,
    }),
    methods: &[],
    props: &[],
};

/// The stretches of a formatted string; `None` for any other value. Whoever takes them pays for their
/// text.
#[must_use]
pub fn runs(value: &Value) -> Option<Vec<Run>> {
    let formatted = value.as_obj().and_then(Obj::native::<Formatted>)?;
    Some(formatted.0.clone())
}

fn is_font(value: &Value) -> bool {
    is_left_out(value) || native_of::<Font>(value, 1).is_ok()
}

fn is_color(value: &Value) -> bool {
    is_left_out(value) || native_of::<Color>(value, 1).is_ok()
}

/// (Содержимое, Шрифт, ЦветТекста, ЦветФона, Ссылка), or any number of strings; the content may be an
/// array of them.
fn new_string(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let given = |at: usize| args.get(at).cloned().unwrap_or(Value::Undefined);
    let is_one =
        is_font(&given(1)) && is_color(&given(2)) && is_color(&given(3)) && args.len() <= 5;
    let mut runs = Paid::new();
    if is_one {
        add(vm, &given(0), 1, &mut runs)?;
        let mut runs = runs.into_vec();
        if let Ok(font) = native_of::<Font>(&given(1), 2) {
            for run in &mut runs {
                set(&font, run);
            }
        }
        if !is_left_out(&given(4)) {
            let link = string_of(&given(4), 5)?;
            vm.reserve(link.len().saturating_mul(runs.len()))?;
            for run in &mut runs {
                run.link.get_or_insert_with(|| link.clone());
            }
        }
        return Ok(vm.alloc(&FORMATTED, Body::Native(Box::new(Formatted(runs)))));
    }
    for (at, value) in args.iter().enumerate() {
        add(vm, value, at as u8 + 1, &mut runs)?;
    }
    let formatted = Formatted(runs.into_vec());
    Ok(vm.alloc(&FORMATTED, Body::Native(Box::new(formatted))))
}

/// A format of an outer string holds where the inner one says nothing.
fn set(font: &Font, run: &mut Run) {
    run.bold |= font.bold == Some(true);
    run.italic |= font.italic == Some(true);
    run.underline |= font.underline == Some(true);
    run.strikeout |= font.strikeout == Some(true);
    let name = font.name.to_lowercase();
    run.fixed_width |= ["courier", "consolas", "mono"]
        .iter()
        .any(|known| name.contains(known));
}

/// Adds the stretches of a string, of a formatted one, or of an array of them.
fn add(vm: &mut Vm<'_>, value: &Value, number: u8, to: &mut Paid<Run>) -> Result<(), Fault> {
    if let Ok(items) = array_items(vm, value, number) {
        for item in items {
            vm.charge(1)?;
            if array_items(vm, &item, number).is_ok() {
                return Err(Fault::param(number));
            }
            add(vm, &item, number, to)?;
        }
        return Ok(());
    }
    if let Ok(formatted) = native_of::<Formatted>(value, number) {
        vm.charge_work(formatted.size())?;
        vm.reserve(formatted.size())?;
        for run in &formatted.0 {
            to.push(run.clone())?;
        }
        return Ok(());
    }
    if is_left_out(value) {
        return Ok(());
    }
    let Some(units) = value.as_units() else {
        return Err(said(
            vm,
            format!(
                "Содержимое форматированной строки — строка, форматированная строка или массив из них (параметр номер '{number}')"
            ),
            format!(
                "The content of a formatted string is a string, a formatted string or an array of them (parameter {number})"
            ),
        ));
    };
    vm.charge_work(units.len())?;
    vm.reserve(units.len().saturating_mul(3))?;
    to.push(Run {
        text: string_of(value, number)?,
        ..Run::default()
    })
}
