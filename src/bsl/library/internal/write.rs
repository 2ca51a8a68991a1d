//! Values as internal text.

use super::types::{self, id_of};
use super::{LEVELS_MAX, packed, too_deep};
use crate::kernel::date::Date;
use crate::kernel::encode::{encode_base64_line, uuid_text};
use crate::kernel::qualifiers::DateFractions;
use crate::library::bytes::BinaryData;
use crate::library::define::{native_of, said};
use crate::library::fixed::struct_fields;
use crate::library::standard_period::StandardPeriod;
use crate::library::type_description::{TypeSet, type_set};
use crate::value::Value;
use crate::vm::Vm;
use crate::vm::error::Fault;
use crate::vm::type_of;
use std::fmt::Write as _;

/// Letters of a line of Base64 inside of a text.
const BASE64_LINE: usize = 64;

/// Bytes of text after which it is asked for again whether there is room.
const CHECK_EVERY: usize = 16 * 1024;

/// The text of a value, its lines ended by `newline`.
pub fn text(vm: &mut Vm<'_>, value: &Value, newline: &'static str) -> Result<String, Fault> {
    let mut writer = Writer {
        out: String::new(),
        newline,
        is_first: true,
        after_list: false,
        level: 0,
        checked: 0,
    };
    writer.value(vm, value)?;
    Ok(writer.out)
}

struct Writer {
    out: String,
    newline: &'static str,
    /// Nothing is in the list yet.
    is_first: bool,
    /// The last element was a list.
    after_list: bool,
    level: u32,
    checked: usize,
}

impl Writer {
    fn open(&mut self) {
        if !self.is_first {
            self.out.push(',');
        }
        if !self.out.is_empty() {
            self.out.push_str(self.newline);
        }
        self.out.push('{');
        self.is_first = true;
        self.after_list = false;
    }

    fn close(&mut self) {
        if self.after_list {
            self.out.push_str(self.newline);
        }
        self.out.push('}');
        self.is_first = false;
        self.after_list = true;
    }

    fn separate(&mut self) {
        if !self.is_first {
            self.out.push(',');
        }
        self.is_first = false;
        self.after_list = false;
    }

    fn atom(&mut self, text: &str) {
        self.separate();
        self.out.push_str(text);
    }

    fn number(&mut self, number: usize) {
        self.separate();
        let _ = write!(self.out, "{number}");
    }

    fn flag(&mut self, flag: bool) {
        self.number(usize::from(flag));
    }

    /// A quote is doubled; half of a surrogate pair, which has no place in a text, is a quote, a
    /// backslash and four digits.
    fn string(&mut self, units: &[u16]) {
        self.separate();
        self.out.push('"');
        for part in char::decode_utf16(units.iter().copied()) {
            match part {
                Ok('"') => self.out.push_str("\"\""),
                Ok(letter) => self.out.push(letter),
                Err(half) => {
                    let _ = write!(self.out, "\"\\{:04x}", half.unpaired_surrogate());
                }
            }
        }
        self.out.push('"');
    }

    fn text(&mut self, text: &str) {
        self.separate();
        self.out.push('"');
        self.out.push_str(&text.replace('"', "\"\""));
        self.out.push('"');
    }

    fn date(&mut self, date: Date) {
        let parts = date.parts();
        self.separate();
        let _ = write!(
            self.out,
            "{:04}{:02}{:02}{:02}{:02}{:02}",
            parts.year, parts.month, parts.day, parts.hour, parts.minute, parts.second
        );
    }

    fn base64(&mut self, vm: &mut Vm<'_>, bytes: &[u8]) -> Result<(), Fault> {
        vm.reserve(self.out.len() + bytes.len().saturating_mul(3))?;
        vm.charge_work(bytes.len())?;
        self.open();
        self.atom("#base64:");
        let text = encode_base64_line(bytes);
        let mut rest = text.as_str();
        while rest.len() > BASE64_LINE {
            let (line, more) = rest.split_at(BASE64_LINE);
            self.out.push_str(line);
            self.out.push('\r');
            self.out.push_str(self.newline);
            rest = more;
        }
        self.out.push_str(rest);
        self.close();
        Ok(())
    }

    /// The text grows outside of the accounted values.
    fn check(&mut self, vm: &mut Vm<'_>, more: usize) -> Result<(), Fault> {
        let length = self.out.len() + more;
        if length.saturating_sub(self.checked) >= CHECK_EVERY {
            vm.reserve(length.saturating_mul(2))?;
            vm.charge_work(length - self.checked)?;
            self.checked = length;
        }
        Ok(())
    }

    fn value(&mut self, vm: &mut Vm<'_>, value: &Value) -> Result<(), Fault> {
        vm.charge(1)?;
        self.check(vm, value.as_units().map_or(0, |units| units.len() * 3))?;
        self.open();
        match value {
            Value::Undefined | Value::Missing => self.text("U"),
            Value::Null => self.text("L"),
            Value::Bool(flag) => {
                self.text("B");
                self.flag(*flag);
            }
            Value::Date(date) => {
                self.text("D");
                self.date(*date);
            }
            Value::Type(ty) => {
                let id = id_of(ty).ok_or_else(|| not_written(vm, value))?;
                self.text("T");
                self.atom(id);
            }
            Value::Uuid(uuid) => {
                self.text("#");
                self.atom(types::UUID);
                self.atom(&uuid_text(uuid));
            }
            Value::Obj(_) => {
                if self.level >= LEVELS_MAX {
                    return Err(too_deep(vm));
                }
                self.level += 1;
                self.object(vm, value)?;
                self.level -= 1;
            }
            value => {
                if let Some(units) = value.as_units() {
                    self.text("S");
                    self.string(units);
                } else if let Some(number) = value.as_number() {
                    self.text("N");
                    self.atom(&number.to_invariant_text());
                } else {
                    return Err(not_written(vm, value));
                }
            }
        }
        self.close();
        Ok(())
    }

    fn object(&mut self, vm: &mut Vm<'_>, value: &Value) -> Result<(), Fault> {
        let Some(id) = id_of(type_of(value)) else {
            return Err(not_written(vm, value));
        };
        self.text("#");
        self.atom(id);
        match id {
            types::ARRAY | types::FIXED_ARRAY => {
                let items = vm.items(value)?;
                self.open();
                self.number(items.len());
                for item in &items {
                    self.value(vm, item)?;
                }
                self.close();
            }
            types::STRUCTURE | types::FIXED_STRUCTURE => {
                let fields = struct_fields(vm, value)?.unwrap_or_default();
                self.open();
                self.number(fields.len());
                for (_, name, value) in &fields {
                    self.open();
                    self.open();
                    self.text("S");
                    self.text(&vm.spelling(*name));
                    self.close();
                    self.value(vm, value)?;
                    self.close();
                }
                self.close();
            }
            types::MAP | types::FIXED_MAP => {
                let pairs = vm.items(value)?;
                self.open();
                self.number(pairs.len());
                for pair in &pairs {
                    let (key, value) = (vm.field(pair, "Ключ")?, vm.field(pair, "Значение")?);
                    self.open();
                    self.value(vm, &key)?;
                    self.value(vm, &value)?;
                    self.close();
                }
                self.close();
            }
            types::TABLE => self.table(vm, value)?,
            types::TREE => self.tree(vm, value)?,
            types::LIST => self.list(vm, value)?,
            types::BINARY => {
                let bytes = native_of::<BinaryData>(value, 1)?.shared();
                self.open();
                self.number(1);
                self.base64(vm, &bytes)?;
                self.close();
            }
            types::STORAGE => {
                let bytes = packed::pack(vm, value)?;
                self.base64(vm, &bytes)?;
            }
            types::DESCRIPTION => {
                let set = type_set(value).unwrap_or_default();
                self.pattern(vm, &set)?;
            }
            types::PERIOD => {
                let period = *native_of::<StandardPeriod>(value, 1)?;
                let (variant, start, end) = period.parts();
                self.open();
                self.number(usize::from(variant));
                self.date(start);
                self.date(end);
                self.close();
            }
            _ => return Err(not_written(vm, value)),
        }
        Ok(())
    }

    /// Types of a description, in 1C's order.
    fn pattern(&mut self, vm: &Vm<'_>, set: &TypeSet) -> Result<(), Fault> {
        self.open();
        self.text("Pattern");
        let has = |name: &str| {
            let mut types = set.types.iter();
            types.any(|ty| matches!(ty, Value::Type(ty) if ty.ru == name))
        };
        if has("Булево") {
            self.open();
            self.text("B");
            self.close();
        }
        if has("Строка") {
            self.open();
            self.text("S");
            if set.string.length > 0 {
                self.number(set.string.length);
                self.flag(!set.string.fixed);
            }
            self.close();
        }
        if has("Дата") {
            self.open();
            self.text("D");
            match set.date {
                DateFractions::Date => self.text("D"),
                DateFractions::Time => self.text("T"),
                DateFractions::DateTime => {}
            }
            self.close();
        }
        if has("Число") {
            self.open();
            self.text("N");
            if set.number.digits > 0 {
                self.number(set.number.digits as usize);
                self.number(set.number.fraction_digits as usize);
                self.flag(set.number.non_negative);
            }
            self.close();
        }
        for value in &set.types {
            let Value::Type(ty) = value else { continue };
            match ty.ru {
                "Булево" | "Строка" | "Дата" | "Число" => continue,
                "Null" => {
                    self.open();
                    self.text("L");
                }
                "Неопределено" => {
                    self.open();
                    self.text("U");
                }
                _ => {
                    let id = id_of(ty).ok_or_else(|| type_not_written(vm, ty))?;
                    self.open();
                    self.text("#");
                    self.atom(id);
                }
            }
            self.close();
        }
        self.close();
        Ok(())
    }

    /// The columns of a table or tree; how many there are.
    fn columns(&mut self, vm: &mut Vm<'_>, table: &Value) -> Result<usize, Fault> {
        let columns = vm.field(table, "Колонки")?;
        let columns = vm.items(&columns)?;
        self.open();
        self.number(columns.len());
        for (at, column) in columns.iter().enumerate() {
            let name = vm.field(column, "Имя")?.as_string().unwrap_or_default();
            let title = vm.field(column, "Заголовок")?.as_string();
            let title = title.filter(|title| *title != name).unwrap_or_default();
            let types = vm.field(column, "ТипЗначения")?;
            let width = vm.field(column, "Ширина")?.as_i64().unwrap_or(0);
            self.open();
            self.number(at);
            self.text(&name);
            self.pattern(vm, &type_set(&types).unwrap_or_default())?;
            self.text(&title);
            self.number(usize::try_from(width).unwrap_or(0));
            self.close();
        }
        self.close();
        Ok(columns.len())
    }

    /// A last cell that is Неопределено is left out, as are those before it.
    fn cells(&mut self, vm: &mut Vm<'_>, row: &Value) -> Result<Vec<Value>, Fault> {
        let mut cells = vm.items(row)?;
        while matches!(cells.last(), Some(Value::Undefined)) {
            cells.pop();
        }
        self.number(cells.len());
        for cell in &cells {
            self.value(vm, cell)?;
        }
        Ok(cells)
    }

    fn table(&mut self, vm: &mut Vm<'_>, table: &Value) -> Result<(), Fault> {
        let rows = vm.items(table)?;
        self.open();
        self.number(9);
        let columns = self.columns(vm, table)?;
        self.open();
        self.number(2);
        self.number(columns);
        for column in 0..columns {
            self.number(column);
            self.number(column);
        }
        self.open();
        self.number(1);
        self.number(rows.len());
        for (at, row) in rows.iter().enumerate() {
            self.open();
            self.number(2);
            self.number(at);
            self.cells(vm, row)?;
            self.number(0);
            self.close();
        }
        self.close();
        self.last(columns);
        self.last(rows.len());
        self.close();
        self.open();
        self.number(0);
        self.number(0);
        self.close();
        self.close();
        Ok(())
    }

    /// The last number of so many, -1 of none.
    fn last(&mut self, count: usize) {
        match count.checked_sub(1) {
            Some(last) => self.number(last),
            None => self.atom("-1"),
        }
    }

    fn tree(&mut self, vm: &mut Vm<'_>, tree: &Value) -> Result<(), Fault> {
        self.open();
        self.number(1);
        self.columns(vm, tree)?;
        self.tree_rows(vm, tree)?;
        self.close();
        Ok(())
    }

    /// Rows, each with its cells and the rows below it.
    fn tree_rows(&mut self, vm: &mut Vm<'_>, parent: &Value) -> Result<(), Fault> {
        if self.level >= LEVELS_MAX {
            return Err(too_deep(vm));
        }
        self.level += 1;
        let rows = vm.field(parent, "Строки")?;
        let rows = vm.items(&rows)?;
        self.open();
        self.number(rows.len());
        for row in &rows {
            vm.charge(1)?;
            self.open();
            self.cells(vm, row)?;
            self.tree_rows(vm, row)?;
            self.close();
        }
        self.close();
        self.level -= 1;
        Ok(())
    }

    fn list(&mut self, vm: &mut Vm<'_>, list: &Value) -> Result<(), Fault> {
        let items = vm.items(list)?;
        let types = vm.field(list, "ТипЗначения")?;
        self.open();
        self.number(6);
        self.atom(types::LIST_ITEM);
        self.number(0);
        self.number(0);
        self.open();
        self.number(items.len());
        for (at, item) in items.iter().enumerate() {
            let presentation = vm.field(item, "Представление")?;
            let check = vm.field(item, "Пометка")?;
            let value = vm.field(item, "Значение")?;
            self.open();
            self.atom(types::LIST_ITEM);
            self.open();
            let units = presentation.as_units().unwrap_or(&[]);
            self.check(vm, units.len() * 3)?;
            self.string(units);
            self.flag(matches!(check, Value::Bool(true)));
            self.value(vm, &value)?;
            self.no_picture();
            self.number(at);
            self.close();
            self.close();
        }
        self.close();
        self.pattern(vm, &type_set(&types).unwrap_or_default())?;
        self.number(0);
        self.last(items.len());
        self.close();
        Ok(())
    }

    fn no_picture(&mut self) {
        self.open();
        self.number(3);
        self.number(0);
        self.open();
        self.number(0);
        self.close();
        self.text("");
        self.atom("-1");
        self.atom("-1");
        self.number(0);
        self.number(0);
        self.close();
    }
}

fn not_written(vm: &Vm<'_>, value: &Value) -> Fault {
    type_not_written(vm, type_of(value))
}

fn type_not_written(vm: &Vm<'_>, ty: &crate::library::registry::TypeDef) -> Fault {
    said(
        vm,
        format!(
            "Значение типа «{}» не имеет внутреннего представления",
            ty.ru
        ),
        format!(
            "A value of the type \"{}\" has no internal representation",
            ty.en
        ),
    )
}
