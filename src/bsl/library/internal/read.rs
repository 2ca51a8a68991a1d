//! Values of internal text. The text is read once from left to right; what it says about counts is
//! checked against what comes, nothing is allocated by it.

use super::types::{self, type_of_id};
use super::{LEVELS_MAX, packed, too_deep};
use crate::kernel::date::Date;
use crate::kernel::encode::{decode_base64, parse_uuid};
use crate::kernel::number::Number;
use crate::kernel::qualifiers::DateFractions;
use crate::library::bytes::binary;
use crate::library::define::said;
use crate::library::registry::TypeDef;
use crate::library::standard_period::StandardPeriod;
use crate::library::type_description::{TypeSet, description};
use crate::library::{fixed, map, structure, table, value_list};
use crate::value::Value;
use crate::vm::Vm;
use crate::vm::error::Fault;
use std::rc::Rc;

/// The value of a text, which has nothing else in it.
pub fn value(vm: &mut Vm<'_>, text: &str) -> Result<Value, Fault> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader {
        text,
        at: 0,
        level: 0,
    };
    let value = reader.value(vm)?;
    if reader.peek().is_some() {
        return Err(reader.broken(vm));
    }
    Ok(value)
}

struct Reader<'t> {
    text: &'t str,
    /// A place in bytes, between characters.
    at: usize,
    level: u32,
}

impl<'t> Reader<'t> {
    fn broken(&self, vm: &Vm<'_>) -> Fault {
        let read = self.text.get(..self.at).unwrap_or(self.text);
        let place = read.encode_utf16().count() + 1;
        said(
            vm,
            format!("Строка внутреннего представления значения повреждена (позиция {place})"),
            format!("The internal representation of a value is broken (position {place})"),
        )
    }

    /// The next byte that is not blank.
    fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while let Some(byte) = bytes.get(self.at) {
            if !matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
                return Some(*byte);
            }
            self.at += 1;
        }
        None
    }

    fn sign(&mut self, vm: &Vm<'_>, sign: u8) -> Result<(), Fault> {
        if self.peek() != Some(sign) {
            return Err(self.broken(vm));
        }
        self.at += 1;
        Ok(())
    }

    fn open(&mut self, vm: &Vm<'_>) -> Result<(), Fault> {
        self.sign(vm, b'{')
    }

    fn close(&mut self, vm: &Vm<'_>) -> Result<(), Fault> {
        self.sign(vm, b'}')
    }

    fn comma(&mut self, vm: &Vm<'_>) -> Result<(), Fault> {
        self.sign(vm, b',')
    }

    /// What stands before the next comma or bracket.
    fn atom(&mut self, vm: &Vm<'_>) -> Result<&'t str, Fault> {
        self.peek();
        let rest = self.text.get(self.at..).unwrap_or_default();
        let length = rest.find([',', '{', '}', '"']).unwrap_or(rest.len());
        let atom = rest[..length].trim_end_matches([' ', '\t', '\r', '\n']);
        if atom.is_empty() {
            return Err(self.broken(vm));
        }
        self.at += length;
        Ok(atom)
    }

    fn number(&mut self, vm: &Vm<'_>) -> Result<i64, Fault> {
        let atom = self.atom(vm)?;
        atom.parse().map_err(|_| self.broken(vm))
    }

    fn size(&mut self, vm: &Vm<'_>) -> Result<usize, Fault> {
        let atom = self.atom(vm)?;
        atom.parse().map_err(|_| self.broken(vm))
    }

    fn flag(&mut self, vm: &Vm<'_>) -> Result<bool, Fault> {
        match self.number(vm)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(self.broken(vm)),
        }
    }

    fn string(&mut self, vm: &mut Vm<'_>) -> Result<Vec<u16>, Fault> {
        self.sign(vm, b'"')?;
        let mut units = Vec::new();
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let Some(length) = rest.find('"') else {
                return Err(self.broken(vm));
            };
            vm.reserve((units.len() + length).saturating_mul(4))?;
            units.extend(rest[..length].encode_utf16());
            let rest = &rest[length + 1..];
            self.at += length + 1;
            if rest.starts_with('"') {
                units.push(u16::from(b'"'));
                self.at += 1;
                continue;
            }
            let half = rest
                .strip_prefix('\\')
                .and_then(|digits| digits.get(..4))
                .and_then(|digits| u16::from_str_radix(digits, 16).ok());
            match half {
                Some(half) => {
                    units.push(half);
                    self.at += 5;
                }
                None => return Ok(units),
            }
        }
    }

    /// A short string, by which a list says what it is.
    fn word(&mut self, vm: &mut Vm<'_>) -> Result<String, Fault> {
        let units = self.string(vm)?;
        String::from_utf16(&units).map_err(|_| self.broken(vm))
    }

    fn date(&mut self, vm: &Vm<'_>) -> Result<Date, Fault> {
        let atom = self.atom(vm)?;
        let date = Some(atom).filter(|atom| atom.len() == 14);
        date.and_then(Date::parse_digits)
            .ok_or_else(|| self.broken(vm))
    }

    fn base64(&mut self, vm: &mut Vm<'_>) -> Result<Vec<u8>, Fault> {
        self.open(vm)?;
        self.peek();
        let rest = self.text.get(self.at..).unwrap_or_default();
        let digits = rest.strip_prefix("#base64:");
        let Some((digits, end)) = digits.and_then(|rest| Some((rest, rest.find('}')?))) else {
            return Err(self.broken(vm));
        };
        vm.reserve(end.saturating_mul(2))?;
        let bytes = decode_base64(&digits[..end]).map_err(|_| self.broken(vm))?;
        self.at += "#base64:".len() + end;
        self.close(vm)?;
        Ok(bytes)
    }

    /// Passes over one element, whatever it is.
    fn skip(&mut self, vm: &mut Vm<'_>) -> Result<(), Fault> {
        let mut open = 0_u32;
        loop {
            vm.charge(1)?;
            match self.peek() {
                Some(b'{') => {
                    self.at += 1;
                    open += 1;
                    if self.peek() == Some(b'}') {
                        return Err(self.broken(vm));
                    }
                    continue;
                }
                Some(b'"') => drop(self.string(vm)?),
                _ => drop(self.atom(vm)?),
            }
            while open > 0 && self.peek() == Some(b'}') {
                self.at += 1;
                open -= 1;
            }
            if open == 0 {
                return Ok(());
            }
            self.comma(vm)?;
        }
    }

    /// `{n, element, …}`: reads n elements.
    fn counted(
        &mut self,
        vm: &mut Vm<'_>,
        mut element: impl FnMut(&mut Self, &mut Vm<'_>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        self.open(vm)?;
        let count = self.size(vm)?;
        for _ in 0..count {
            self.comma(vm)?;
            vm.charge(1)?;
            element(self, vm)?;
        }
        self.close(vm)
    }

    fn value(&mut self, vm: &mut Vm<'_>) -> Result<Value, Fault> {
        vm.charge(1)?;
        if self.level >= LEVELS_MAX {
            return Err(too_deep(vm));
        }
        self.level += 1;
        self.open(vm)?;
        let kind = self.word(vm)?;
        if !matches!(kind.as_str(), "U" | "L") {
            self.comma(vm)?;
        }
        let value = match kind.as_str() {
            "U" => Value::Undefined,
            "L" => Value::Null,
            "B" => Value::Bool(self.flag(vm)?),
            "N" => {
                let atom = self.atom(vm)?;
                let number = Number::parse_invariant(atom, vm.max_digits());
                number.map(Value::from).map_err(|_| self.broken(vm))?
            }
            "S" => {
                let units = self.string(vm)?;
                vm.string(units)?
            }
            "D" => Value::Date(self.date(vm)?),
            "T" => self.ty(vm)?,
            "#" => {
                let id = self.atom(vm)?.to_ascii_lowercase();
                self.comma(vm)?;
                self.object(vm, &id)?
            }
            _ => return Err(self.broken(vm)),
        };
        self.close(vm)?;
        self.level -= 1;
        Ok(value)
    }

    fn ty(&mut self, vm: &Vm<'_>) -> Result<Value, Fault> {
        let id = self.atom(vm)?;
        type_of_id(vm, id).ok_or_else(|| unknown_type(vm, id))
    }

    fn object(&mut self, vm: &mut Vm<'_>, id: &str) -> Result<Value, Fault> {
        match id {
            types::ARRAY => self.array(vm),
            types::FIXED_ARRAY => {
                let items = self.array(vm)?;
                made(vm, &fixed::FIXED_ARRAY, vec![items])
            }
            types::STRUCTURE => self.structure(vm),
            types::FIXED_STRUCTURE => {
                let fields = self.structure(vm)?;
                made(vm, &fixed::FIXED_STRUCTURE, vec![fields])
            }
            types::MAP => self.map(vm),
            types::FIXED_MAP => {
                let pairs = self.map(vm)?;
                made(vm, &fixed::FIXED_MAP, vec![pairs])
            }
            types::UUID => {
                let uuid = parse_uuid(self.atom(vm)?).ok_or_else(|| self.broken(vm))?;
                Ok(Value::Uuid(Rc::new(uuid)))
            }
            types::BINARY => {
                self.open(vm)?;
                if self.number(vm)? != 1 {
                    return Err(self.broken(vm));
                }
                self.comma(vm)?;
                let bytes = self.base64(vm)?;
                self.close(vm)?;
                binary(vm, bytes)
            }
            types::STORAGE => {
                let bytes = self.base64(vm)?;
                packed::unpack(vm, &bytes)
            }
            types::DESCRIPTION => {
                let set = self.pattern(vm)?;
                Ok(description(vm, Rc::new(set)))
            }
            types::PERIOD => {
                self.open(vm)?;
                let variant = self.size(vm)?;
                self.comma(vm)?;
                let start = self.date(vm)?;
                self.comma(vm)?;
                let end = self.date(vm)?;
                self.close(vm)?;
                let period = u16::try_from(variant).ok();
                period
                    .and_then(|variant| StandardPeriod::of_parts(variant, start, end))
                    .map(|period| period.into_value(vm))
                    .ok_or_else(|| self.broken(vm))
            }
            types::TABLE => self.table(vm),
            types::TREE => self.tree(vm),
            types::LIST => self.list(vm),
            _ => Err(unknown_type(vm, id)),
        }
    }

    fn array(&mut self, vm: &mut Vm<'_>) -> Result<Value, Fault> {
        let mut items = Vec::new();
        self.counted(vm, |reader, vm| {
            let item = reader.value(vm)?;
            vm.reserve(items.len().saturating_mul(2 * size_of::<Value>()))?;
            items.push(item);
            Ok(())
        })?;
        Ok(vm.new_array(items))
    }

    fn structure(&mut self, vm: &mut Vm<'_>) -> Result<Value, Fault> {
        let made = made(vm, &structure::STRUCTURE, Vec::new())?;
        self.counted(vm, |reader, vm| {
            let (key, value) = reader.pair(vm)?;
            if !key.is_str() {
                return Err(reader.broken(vm));
            }
            vm.call_member(&made, "Вставить", vec![key, value])?;
            Ok(())
        })?;
        Ok(made)
    }

    fn map(&mut self, vm: &mut Vm<'_>) -> Result<Value, Fault> {
        let made = made(vm, &map::MAP, Vec::new())?;
        self.counted(vm, |reader, vm| {
            let (key, value) = reader.pair(vm)?;
            vm.set_element(&made, key, value)
        })?;
        Ok(made)
    }

    fn pair(&mut self, vm: &mut Vm<'_>) -> Result<(Value, Value), Fault> {
        self.open(vm)?;
        let key = self.value(vm)?;
        self.comma(vm)?;
        let value = self.value(vm)?;
        self.close(vm)?;
        Ok((key, value))
    }

    fn pattern(&mut self, vm: &mut Vm<'_>) -> Result<TypeSet, Fault> {
        let mut set = TypeSet::default();
        self.open(vm)?;
        if self.word(vm)? != "Pattern" {
            return Err(self.broken(vm));
        }
        while self.peek() == Some(b',') {
            vm.charge(1)?;
            self.comma(vm)?;
            self.open(vm)?;
            let kind = self.word(vm)?;
            let name = match kind.as_str() {
                "B" => "Булево",
                "S" => {
                    if self.more(vm)? {
                        set.string.length = self.size(vm)?;
                        self.comma(vm)?;
                        set.string.fixed = !self.flag(vm)?;
                    }
                    "Строка"
                }
                "D" => {
                    if self.more(vm)? {
                        set.date = match self.word(vm)?.as_str() {
                            "D" => DateFractions::Date,
                            "T" => DateFractions::Time,
                            _ => return Err(self.broken(vm)),
                        };
                    }
                    "Дата"
                }
                "N" => {
                    if self.more(vm)? {
                        set.number.digits = self.small(vm)?;
                        self.comma(vm)?;
                        set.number.fraction_digits = self.small(vm)?;
                        self.comma(vm)?;
                        set.number.non_negative = self.flag(vm)?;
                    }
                    "Число"
                }
                "L" => "Null",
                "U" => "Неопределено",
                "#" => {
                    self.comma(vm)?;
                    let ty = self.ty(vm)?;
                    set.add(ty);
                    self.close(vm)?;
                    continue;
                }
                _ => return Err(self.broken(vm)),
            };
            if let Some(ty) = vm.type_by_name(name) {
                set.add(ty);
            }
            self.close(vm)?;
        }
        self.close(vm)?;
        Ok(set)
    }

    /// Whether another element comes; its comma is passed.
    fn more(&mut self, vm: &Vm<'_>) -> Result<bool, Fault> {
        if self.peek() != Some(b',') {
            return Ok(false);
        }
        self.comma(vm)?;
        Ok(true)
    }

    fn small(&mut self, vm: &Vm<'_>) -> Result<u32, Fault> {
        let atom = self.atom(vm)?;
        atom.parse().map_err(|_| self.broken(vm))
    }

    /// Columns of a table or tree; how many there are.
    fn columns(&mut self, vm: &mut Vm<'_>, table: &Value) -> Result<usize, Fault> {
        let columns = vm.field(table, "Колонки")?;
        let mut count = 0;
        self.counted(vm, |reader, vm| {
            reader.open(vm)?;
            if reader.size(vm)? != count {
                return Err(reader.broken(vm));
            }
            reader.comma(vm)?;
            let name = reader.string(vm)?;
            reader.comma(vm)?;
            let types = reader.pattern(vm)?;
            reader.comma(vm)?;
            let title = reader.string(vm)?;
            reader.comma(vm)?;
            let width = reader.number(vm)?;
            reader.close(vm)?;
            let title = match title.is_empty() {
                true => Value::Missing,
                false => vm.string(title)?,
            };
            let args = vec![
                vm.string(name)?,
                description(vm, Rc::new(types)),
                title,
                Value::Int(width),
            ];
            vm.call_member(&columns, "Добавить", args)?;
            count += 1;
            Ok(())
        })?;
        Ok(count)
    }

    /// The cells of a row: how many, then the cells. Those at the end may be missing.
    fn cells(&mut self, vm: &mut Vm<'_>, row: &Value, places: &[usize]) -> Result<(), Fault> {
        let count = self.size(vm)?;
        for at in 0..count {
            self.comma(vm)?;
            let value = self.value(vm)?;
            let Some(place) = places.get(at) else {
                return Err(self.broken(vm));
            };
            vm.set_element(row, Value::from(*place), value)?;
        }
        Ok(())
    }

    fn table(&mut self, vm: &mut Vm<'_>) -> Result<Value, Fault> {
        let made = made(vm, &table::VALUE_TABLE, Vec::new())?;
        self.open(vm)?;
        if self.number(vm)? != 9 {
            return Err(self.broken(vm));
        }
        self.comma(vm)?;
        let columns = self.columns(vm, &made)?;
        self.comma(vm)?;
        self.open(vm)?;
        if self.number(vm)? != 2 {
            return Err(self.broken(vm));
        }
        self.comma(vm)?;
        if self.size(vm)? != columns {
            return Err(self.broken(vm));
        }
        // Where the cells of the rows go, in the order in which they come.
        let mut places = vec![columns; columns];
        for _ in 0..columns {
            self.comma(vm)?;
            let cell = self.size(vm)?;
            self.comma(vm)?;
            let column = self.size(vm)?;
            match places.get_mut(cell) {
                Some(place) if column < columns => *place = column,
                _ => return Err(self.broken(vm)),
            }
        }
        self.comma(vm)?;
        self.open(vm)?;
        if self.number(vm)? != 1 {
            return Err(self.broken(vm));
        }
        self.comma(vm)?;
        let rows = self.size(vm)?;
        for _ in 0..rows {
            self.comma(vm)?;
            self.open(vm)?;
            if self.number(vm)? != 2 {
                return Err(self.broken(vm));
            }
            self.comma(vm)?;
            self.size(vm)?;
            self.comma(vm)?;
            let row = vm.call_member(&made, "Добавить", Vec::new())?;
            self.cells(vm, &row, &places)?;
            self.comma(vm)?;
            self.number(vm)?;
            self.close(vm)?;
        }
        self.close(vm)?;
        for _ in 0..2 {
            self.comma(vm)?;
            self.number(vm)?;
        }
        self.close(vm)?;
        self.comma(vm)?;
        self.skip(vm)?;
        self.close(vm)?;
        Ok(made)
    }

    fn tree(&mut self, vm: &mut Vm<'_>) -> Result<Value, Fault> {
        let made = made(vm, &table::TREE, Vec::new())?;
        self.open(vm)?;
        if self.number(vm)? != 1 {
            return Err(self.broken(vm));
        }
        self.comma(vm)?;
        let columns = self.columns(vm, &made)?;
        let places: Vec<usize> = (0..columns).collect();
        self.comma(vm)?;
        self.tree_rows(vm, &made, &places)?;
        self.close(vm)?;
        Ok(made)
    }

    fn tree_rows(
        &mut self,
        vm: &mut Vm<'_>,
        parent: &Value,
        places: &[usize],
    ) -> Result<(), Fault> {
        if self.level >= LEVELS_MAX {
            return Err(too_deep(vm));
        }
        self.level += 1;
        let rows = vm.field(parent, "Строки")?;
        self.counted(vm, |reader, vm| {
            reader.open(vm)?;
            let row = vm.call_member(&rows, "Добавить", Vec::new())?;
            reader.cells(vm, &row, places)?;
            reader.comma(vm)?;
            reader.tree_rows(vm, &row, places)?;
            reader.close(vm)
        })?;
        self.level -= 1;
        Ok(())
    }

    fn list(&mut self, vm: &mut Vm<'_>) -> Result<Value, Fault> {
        let made = made(vm, &value_list::VALUE_LIST, Vec::new())?;
        self.open(vm)?;
        if self.number(vm)? != 6 {
            return Err(self.broken(vm));
        }
        for _ in 0..3 {
            self.comma(vm)?;
            self.atom(vm)?;
        }
        self.comma(vm)?;
        let mut items = Vec::new();
        self.counted(vm, |reader, vm| {
            reader.open(vm)?;
            reader.atom(vm)?;
            reader.comma(vm)?;
            reader.open(vm)?;
            let presentation = reader.string(vm)?;
            reader.comma(vm)?;
            let check = reader.flag(vm)?;
            reader.comma(vm)?;
            let value = reader.value(vm)?;
            reader.comma(vm)?;
            reader.skip(vm)?;
            reader.comma(vm)?;
            reader.number(vm)?;
            reader.close(vm)?;
            reader.close(vm)?;
            let presentation = vm.string(presentation)?;
            vm.reserve(items.len().saturating_mul(2 * 3 * size_of::<Value>()))?;
            items.push([value, presentation, Value::Bool(check)]);
            Ok(())
        })?;
        self.comma(vm)?;
        let types = self.pattern(vm)?;
        for _ in 0..2 {
            self.comma(vm)?;
            self.number(vm)?;
        }
        self.close(vm)?;
        let types = description(vm, Rc::new(types));
        vm.set_field_named(&made, "ТипЗначения", types)?;
        for item in items {
            vm.call_member(&made, "Добавить", item.to_vec())?;
        }
        Ok(made)
    }
}

/// A new object of a type.
fn made(vm: &mut Vm<'_>, ty: &'static TypeDef, args: Vec<Value>) -> Result<Value, Fault> {
    vm.construct(ty, &mut args.into())
}

fn unknown_type(vm: &Vm<'_>, id: &str) -> Fault {
    let id: String = id.chars().take(36).collect();
    said(
        vm,
        format!("Неизвестный тип внутреннего представления значения: {id}"),
        format!("Unknown type of the internal representation of a value: {id}"),
    )
}
