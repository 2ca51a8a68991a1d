//! СтрНайтиПоРегулярномуВыражению and its three relatives.
//!
//! What 8.3.27 answers was measured by others and is followed here: a search always gives an object, an
//! empty one where nothing was found; an empty pattern or text is never found, although a replacement and
//! a comparison take them as they are; `СКонца` tries the places from the last to the first.

use super::define::{
    choice, flag, function, is_left_out, method, native, native_of, prop, said, string_of,
};
use super::registry::{Area, PropDef, TypeDef};
use super::strings::SEARCH_DIRECTION;
use crate::kernel::regex::{
    Flags, Found, Pattern, PatternError, Piece, Replacement, SearchError, Span, Subject, Watch,
};
use crate::value::heap::Body;
use crate::value::{Value, memory};
use crate::vm::Vm;
use crate::vm::error::{Fault, LimitKind};
use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Regular expressions.
pub static AREA: Area = Area {
    title: "Регулярные выражения",
    functions: &[
        function!("СтрНайтиПоРегулярномуВыражению" "StrFindByRegularExpression"
            ("Строка, РегулярноеВыражение, НаправлениеПоиска?, НачальнаяПозиция?, НомерВхождения?, ИгнорироватьРегистр?, МногострочныйПоиск?")
            true find),
        function!("СтрНайтиВсеПоРегулярномуВыражению" "StrFindAllByRegularExpression"
            ("Строка, РегулярноеВыражение, ИгнорироватьРегистр?, МногострочныйПоиск?") true find_all),
        function!("СтрЗаменитьПоРегулярномуВыражению" "StrReplaceByRegularExpression"
            ("Строка, РегулярноеВыражение, СтрокаЗамены, ИгнорироватьРегистр?, МногострочныйПоиск?")
            true replace),
        function!("СтрПодобнаПоРегулярномуВыражению" "StrLikeByRegularExpression"
            ("Строка, РегулярноеВыражение, ИгнорироватьРегистр?, МногострочныйПоиск?") true like),
    ],
    types: &[&RESULT, &GROUP],
    enums: &[],
};

/// РезультатПоискаПоРегулярномуВыражению.
pub static RESULT: TypeDef = TypeDef {
    ru: "РезультатПоискаПоРегулярномуВыражению",
    en: "ResultOfSearchByRegularExpression",
    new: None,
    methods: &[
        method!("ПолучитьГруппы" "GetGroups" ("") true |vm, this, _| {
            let groups = native_of::<Match>(this, 1)?.groups.clone();
            vm.charge_work(groups.len() * 16)?;
            let groups = groups
                .into_iter()
                .map(|group| vm.alloc(&GROUP, Body::Native(Box::new(Match::of_group(group)))))
                .collect();
            Ok(vm.new_array(groups))
        }),
    ],
    props: PROPS,
};

/// ГруппаРезультатаПоискаПоРегулярномуВыражению.
pub static GROUP: TypeDef = TypeDef {
    ru: "ГруппаРезультатаПоискаПоРегулярномуВыражению",
    en: "ResultOfSearchByRegularExpressionGroup",
    new: None,
    methods: &[],
    props: PROPS,
};

const PROPS: &[PropDef] = &[
    prop!("Значение" "Value" |_, this| Ok(native_of::<Match>(this, 1)?.part.value.clone())),
    prop!("НачальнаяПозиция" "StartIndex" |_, this| Ok(native_of::<Match>(this, 1)?.part.start.into())),
    prop!("Длина" "Length" |_, this| Ok(native_of::<Match>(this, 1)?.part.length.into())),
];

/// A part of the text: what it is, where it starts, counted from 1, and its length. Nothing found, or a
/// group that took no part, starts at 0.
#[derive(Clone)]
struct Part {
    value: Value,
    start: usize,
    length: usize,
}

/// The insides of a result, and of a group, which has no groups.
struct Match {
    part: Part,
    groups: Vec<Part>,
}

native!(Match, |this| this.groups.capacity() * size_of::<Part>());

impl Match {
    fn of_group(part: Part) -> Match {
        Match {
            part,
            groups: Vec::new(),
        }
    }
}

/// Patterns and the text of the last calls: a program searches for the same thing in a loop, and goes
/// through a long text step by step.
#[derive(Default)]
struct Cache {
    patterns: Vec<Cached>,
    subject: Option<(Value, Counted<Subject>)>,
}

struct Cached {
    source: Value,
    flags: Flags,
    pattern: Counted<Pattern>,
}

/// Patterns kept compiled. Programs have a handful; each takes some hundred kilobytes.
const PATTERNS: usize = 32;

/// Units from which a text is kept in the engine's form.
const LONG_TEXT: usize = 256;

/// Something whose bytes the run's account knows.
struct Counted<T> {
    inner: T,
    bytes: usize,
}

impl<T> Counted<T> {
    fn new(inner: T, bytes: usize) -> Counted<T> {
        memory::add(bytes);
        Counted { inner, bytes }
    }

    fn recount(&mut self, bytes: usize) {
        memory::add(bytes);
        memory::sub(self.bytes);
        self.bytes = bytes;
    }
}

impl<T> Drop for Counted<T> {
    fn drop(&mut self) {
        memory::sub(self.bytes);
    }
}

/// The run, as a search sees it.
struct RunWatch {
    end: Option<Instant>,
    cancel: Option<Arc<AtomicBool>>,
    steps: Cell<u64>,
    most: u64,
}

impl RunWatch {
    fn new(vm: &Vm<'_>) -> RunWatch {
        RunWatch {
            end: Instant::now().checked_add(vm.time_left()),
            cancel: vm.limits.cancel.clone(),
            steps: Cell::new(0),
            most: vm.limits.instructions.saturating_sub(vm.instructions()),
        }
    }
}

impl Watch for RunWatch {
    fn goes_on(&self, steps: u32) -> bool {
        let steps = self.steps.get() + u64::from(steps);
        self.steps.set(steps);
        let cancelled = |cancel: &Arc<AtomicBool>| cancel.load(Ordering::Relaxed);
        steps <= self.most
            && !self.cancel.as_ref().is_some_and(cancelled)
            && self.end.is_none_or(|end| Instant::now() <= end)
    }

    fn time_left(&self) -> Duration {
        self.end.map_or(Duration::MAX, |end| {
            end.saturating_duration_since(Instant::now())
        })
    }
}

/// A pattern at work on a text.
struct Search {
    pattern: Cached,
    text: Value,
    subject: Counted<Subject>,
    watch: RunWatch,
}

impl Search {
    /// Compiles the pattern and turns the text into the engine's form, or finds both as they were left.
    fn begin(vm: &mut Vm<'_>, text: &Value, source: &Value, flags: Flags) -> Result<Search, Fault> {
        let units = text.as_units().ok_or_else(|| Fault::param(1))?;
        let pattern_units = source.as_units().ok_or_else(|| Fault::param(2))?;
        let cache = vm.extension::<Cache>();
        let known = cache.patterns.iter().position(|cached| {
            cached.flags == flags && cached.source.as_units() == Some(pattern_units)
        });
        let known = known.map(|at| cache.patterns.remove(at));
        let subject = match cache.subject.take() {
            Some((kept, subject)) if is_same(&kept, text) => Some(subject),
            _ => None,
        };
        let pattern = match known {
            Some(known) => known,
            None => {
                let source_text = string_of(source, 2)?;
                vm.charge_work(source_text.len() * 64)?;
                vm.reserve(source_text.len().saturating_mul(64))?;
                let pattern = Pattern::new(&source_text, flags, vm.memory_left() / 2)
                    .map_err(|error| bad_pattern(vm, &error))?;
                let bytes = pattern.heap_bytes();
                vm.reserve(bytes)?;
                Cached {
                    source: source.clone(),
                    flags,
                    pattern: Counted::new(pattern, bytes),
                }
            }
        };
        let subject = match subject {
            Some(subject) => subject,
            None => {
                vm.charge_work(units.len())?;
                vm.reserve(units.len().saturating_mul(3))?;
                let subject = Subject::new(units);
                let bytes = subject.heap_bytes();
                Counted::new(subject, bytes)
            }
        };
        Ok(Search {
            pattern,
            text: text.clone(),
            subject,
            watch: RunWatch::new(vm),
        })
    }

    /// Leaves pattern and text for the next call, and pays for what was not paid yet.
    fn end<T>(mut self, vm: &mut Vm<'_>, result: Result<T, Fault>) -> Result<T, Fault> {
        let steps = self.watch.steps.get();
        let bytes = self.pattern.pattern.inner.heap_bytes();
        self.pattern.pattern.recount(bytes);
        let cache = vm.extension::<Cache>();
        if cache.patterns.len() >= PATTERNS {
            cache.patterns.remove(0);
        }
        cache.patterns.push(self.pattern);
        if self.subject.inner.units() >= LONG_TEXT {
            cache.subject = Some((self.text, self.subject));
        }
        vm.charge(u32::try_from(steps).unwrap_or(u32::MAX))?;
        vm.reserve(0)?;
        result
    }

    /// The first match from a byte on.
    fn find(&mut self, vm: &mut Vm<'_>, from: usize) -> Result<Option<Found>, Fault> {
        let subject = &self.subject.inner;
        let found = self
            .pattern
            .pattern
            .inner
            .find(subject, from, &self.watch)
            .map_err(|error| not_searched(vm, &self.watch, error))?;
        let end = found
            .as_ref()
            .map_or(subject.text().len(), |found| found.whole.1);
        vm.charge_work(end.saturating_sub(from))?;
        Ok(found)
    }

    /// A part as the language sees it.
    fn part(&mut self, span: Option<Span>) -> Part {
        let Some((start, end)) = span else {
            return Part {
                value: Value::str(""),
                start: 0,
                length: 0,
            };
        };
        let subject = &mut self.subject.inner;
        let (start, end) = (subject.unit_at(start), subject.unit_at(end));
        let units = self.text.as_units().unwrap_or_default();
        Part {
            value: Value::units(units.get(start..end).unwrap_or_default()),
            start: start + 1,
            length: end - start,
        }
    }

    fn result(&mut self, vm: &mut Vm<'_>, found: Option<Found>) -> Result<Value, Fault> {
        vm.charge(4)?;
        let (whole, groups) = match found {
            Some(found) => (Some(found.whole), found.groups),
            None => (None, Vec::new()),
        };
        let part = self.part(whole);
        let groups = groups.into_iter().map(|group| self.part(group)).collect();
        vm.reserve(0)?;
        Ok(vm.alloc(&RESULT, Body::Native(Box::new(Match { part, groups }))))
    }

    /// Where to go on after a match: an empty one would be found again.
    fn after(&self, found: &Found) -> usize {
        let (start, end) = found.whole;
        if end > start {
            return end;
        }
        let rest = self.subject.inner.text().get(end..);
        let symbol = rest.and_then(|rest| rest.chars().next());
        end + symbol.map_or(1, char::len_utf8)
    }
}

/// Whether both are one string, without comparing long ones sign by sign.
fn is_same(a: &Value, b: &Value) -> bool {
    matches!((a, b), (Value::Str(a), Value::Str(b)) if Rc::ptr_eq(a, b))
}

fn bad_pattern(vm: &Vm<'_>, error: &PatternError) -> Fault {
    let (ru, en) = if error.position > 0 {
        (
            format!(", позиция {}", error.position),
            format!(", position {}", error.position),
        )
    } else {
        (String::new(), String::new())
    };
    said(
        vm,
        format!("Ошибка в регулярном выражении: {}{ru}", error.ru),
        format!("Error in the regular expression: {}{en}", error.en),
    )
}

fn not_searched(vm: &mut Vm<'_>, watch: &RunWatch, error: SearchError) -> Fault {
    match error {
        SearchError::Backtracks => said(
            vm,
            "Поиск по регулярному выражению остановлен: слишком много возвратов. Уберите из шаблона повторы внутри повторов",
            "The search was stopped: the regular expression goes back too often. Take repetitions inside repetitions out of it",
        ),
        SearchError::Pattern(error) => bad_pattern(vm, &error),
        SearchError::Stopped if watch.steps.get() > watch.most => vm.stop(LimitKind::Instructions),
        // A search that would take longer than is left has no time left.
        SearchError::Stopped => match vm.check_time() {
            Err(fault) => fault,
            Ok(()) => vm.stop(LimitKind::Time),
        },
    }
}

fn flags(vm: &Vm<'_>, ignore_case: &Value, multiline: &Value) -> Result<Flags, Fault> {
    Ok(Flags {
        ignore_case: flag(vm, ignore_case, false)?,
        multiline: flag(vm, multiline, false)?,
    })
}

fn is_empty(value: &Value, number: u8) -> Result<bool, Fault> {
    let units = value.as_units().ok_or_else(|| Fault::param(number))?;
    Ok(units.is_empty())
}

fn nothing(vm: &Vm<'_>) -> Value {
    let part = Part {
        value: Value::str(""),
        start: 0,
        length: 0,
    };
    vm.alloc(&RESULT, Body::Native(Box::new(Match::of_group(part))))
}

fn find(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let flags = flags(vm, &args[5], &args[6])?;
    let from_end = choice(&args[2], &SEARCH_DIRECTION, 3)? == Some(1);
    let nothing_to_find = is_empty(&args[0], 1)? | is_empty(&args[1], 2)?;
    let length = args[0].as_units().map_or(0, <[u16]>::len);
    let start = if is_left_out(&args[3]) {
        if from_end { length } else { 1 }
    } else {
        let start = usize::try_from(vm.to_int(&args[3])?).unwrap_or(0);
        if start < 1 || start > length && length > 0 {
            return Err(Fault::param(4));
        }
        start
    };
    let occurrence = if is_left_out(&args[4]) {
        1
    } else {
        vm.to_int(&args[4])?
    };
    if occurrence < 1 {
        return Err(Fault::param(5));
    }
    if nothing_to_find {
        return Ok(nothing(vm));
    }
    let mut search = Search::begin(vm, &args[0], &args[1], flags)?;
    let found = if from_end {
        find_from_end(vm, &mut search, start, occurrence)
    } else {
        find_forwards(vm, &mut search, start, occurrence)
    };
    let result = found.and_then(|found| search.result(vm, found));
    search.end(vm, result)
}

fn find_forwards(
    vm: &mut Vm<'_>,
    search: &mut Search,
    start: usize,
    occurrence: i64,
) -> Result<Option<Found>, Fault> {
    let mut from = search.subject.inner.byte_at(start - 1);
    for number in 1.. {
        if from > search.subject.inner.text().len() {
            break;
        }
        let Some(found) = search.find(vm, from)? else {
            break;
        };
        if number == occurrence {
            return Ok(Some(found));
        }
        from = search.after(&found);
    }
    Ok(None)
}

/// Tries the places from right to left; a match may not reach into the one found before.
fn find_from_end(
    vm: &mut Vm<'_>,
    search: &mut Search,
    start: usize,
    occurrence: i64,
) -> Result<Option<Found>, Fault> {
    let mut left = occurrence;
    let mut border = usize::MAX;
    let mut at = search.subject.inner.byte_at(start - 1);
    loop {
        vm.charge(4)?;
        let found = search
            .pattern
            .pattern
            .inner
            .match_at(&search.subject.inner, at, &search.watch)
            .map_err(|error| not_searched(vm, &search.watch, error))?;
        if let Some(found) = found
            && found.whole.1 <= border
        {
            vm.charge_work(found.whole.1 - at)?;
            left -= 1;
            if left == 0 {
                return Ok(Some(found));
            }
            border = at;
        }
        let before = search.subject.inner.text()[..at].chars().next_back();
        match before {
            Some(symbol) => at -= symbol.len_utf8(),
            None => return Ok(None),
        }
    }
}

fn find_all(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let flags = flags(vm, &args[2], &args[3])?;
    if is_empty(&args[0], 1)? | is_empty(&args[1], 2)? {
        return Ok(vm.new_array(Vec::new()));
    }
    let mut search = Search::begin(vm, &args[0], &args[1], flags)?;
    let result = matches(vm, &mut search);
    search.end(vm, result)
}

fn matches(vm: &mut Vm<'_>, search: &mut Search) -> Result<Value, Fault> {
    let mut results = Vec::new();
    let mut from = 0;
    while from <= search.subject.inner.text().len() {
        let Some(found) = search.find(vm, from)? else {
            break;
        };
        from = search.after(&found);
        // A vector may double.
        if results.len() == results.capacity() {
            vm.reserve(results.capacity().max(16) * 2 * size_of::<Value>())?;
        }
        results.push(search.result(vm, Some(found))?);
    }
    Ok(vm.new_array(results))
}

fn replace(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let flags = flags(vm, &args[3], &args[4])?;
    let mut search = Search::begin(vm, &args[0], &args[1], flags)?;
    let result = match args[2].as_units() {
        Some(units) => {
            let groups = search.pattern.pattern.inner.groups();
            let replacement = Replacement::parse(units, groups);
            replaced(vm, &mut search, &replacement)
        }
        None => Err(Fault::param(3)),
    };
    search.end(vm, result)
}

fn replaced(
    vm: &mut Vm<'_>,
    search: &mut Search,
    replacement: &Replacement,
) -> Result<Value, Fault> {
    let text = search.text.clone();
    let units = text.as_units().unwrap_or_default();
    let mut out: Vec<u16> = Vec::new();
    let mut copied = 0;
    let mut from = 0;
    while from <= search.subject.inner.text().len() {
        let Some(found) = search.find(vm, from)? else {
            break;
        };
        from = search.after(&found);
        let whole = search.part(Some(found.whole));
        let start = whole.start - 1;
        push(vm, &mut out, units.get(copied..start).unwrap_or_default())?;
        copied = start + whole.length;
        for piece in &replacement.pieces {
            match piece {
                Piece::Text(text) => push(vm, &mut out, text)?,
                Piece::Group(0) => push(vm, &mut out, whole.value.as_units().unwrap_or_default())?,
                Piece::Group(number) => {
                    let part = search.part(found.groups.get(number - 1).copied().flatten());
                    push(vm, &mut out, part.value.as_units().unwrap_or_default())?;
                }
                // 1C gives what it has made so far, and drops the rest.
                Piece::NoGroup => return vm.string(out),
            }
        }
    }
    push(vm, &mut out, units.get(copied..).unwrap_or_default())?;
    vm.string(out)
}

fn push(vm: &mut Vm<'_>, out: &mut Vec<u16>, more: &[u16]) -> Result<(), Fault> {
    vm.charge_work(more.len())?;
    if out.capacity() - out.len() < more.len() {
        vm.reserve((out.len() + more.len()).saturating_mul(4))?;
    }
    out.extend_from_slice(more);
    Ok(())
}

fn like(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let flags = flags(vm, &args[2], &args[3])?;
    let mut search = Search::begin(vm, &args[0], &args[1], flags)?;
    let covers = search
        .pattern
        .pattern
        .inner
        .covers(&search.subject.inner, &search.watch)
        .map_err(|error| not_searched(vm, &search.watch, error));
    vm.charge_work(search.subject.inner.text().len())?;
    search.end(vm, covers.map(Value::Bool))
}
