//! The registry: what functions, types and enumerations exist, under which names, with which
//! parameters. The checker, the VM and the documentation read the same tables.

use super::unavailable::{self, Reason};
use crate::syntax::names::{Name, Names};
use crate::syntax::token::seed_names;
use crate::value::Value;
use crate::vm::Vm;
use crate::vm::error::Fault;
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// Code of a function. `args` has a place for every parameter; skipped ones are [`Value::Missing`].
pub type NativeFn = fn(&mut Vm<'_>, &mut [Value]) -> Result<Value, Fault>;

/// Code of a method.
pub type NativeMethod = fn(&mut Vm<'_>, &Value, &mut [Value]) -> Result<Value, Fault>;

/// A global function or procedure.
pub struct FunctionDef {
    /// Russian name.
    pub ru: &'static str,
    /// English name.
    pub en: &'static str,
    /// Parameters, see [`Params::parse`].
    pub params: &'static str,
    /// Whether it gives a value; a procedure in an expression does not compile.
    pub is_function: bool,
    /// Code.
    pub call: NativeFn,
}

/// A method of a type.
pub struct MethodDef {
    /// Russian name.
    pub ru: &'static str,
    /// English name.
    pub en: &'static str,
    /// Parameters, see [`Params::parse`].
    pub params: &'static str,
    /// Whether it gives a value.
    pub is_function: bool,
    /// Code.
    pub call: NativeMethod,
}

/// Reads a property.
pub type Getter = fn(&mut Vm<'_>, &Value) -> Result<Value, Fault>;
/// Writes a property.
pub type Setter = fn(&mut Vm<'_>, &Value, Value) -> Result<(), Fault>;

/// A property of a type.
pub struct PropDef {
    /// Russian name.
    pub ru: &'static str,
    /// English name.
    pub en: &'static str,
    /// Reads it.
    pub get: Getter,
    /// Writes it; `None` when it is read only.
    pub set: Option<Setter>,
}

/// How `Новый` makes an object.
pub struct Constructor {
    /// Parameters, see [`Params::parse`].
    pub params: &'static str,
    /// Code.
    pub call: NativeFn,
}

/// What ТипЗнч gives; identified by its address.
pub struct TypeDef {
    /// Russian name.
    pub ru: &'static str,
    /// English name.
    pub en: &'static str,
    /// `Новый`.
    pub new: Option<Constructor>,
    /// Called with a dot; a name never is a property too.
    pub methods: &'static [MethodDef],
    /// Read with a dot.
    pub props: &'static [PropDef],
}

/// A system enumeration, or a set of named strings such as Символы.
pub struct EnumDef {
    /// The type of its values.
    pub ty: TypeDef,
    /// Names of the values, Russian and English.
    pub items: &'static [(&'static str, &'static str)],
    /// When not empty, the values are these strings.
    pub strings: &'static [&'static str],
}

/// What one file of the library adds.
pub struct Area {
    /// Heading in the documentation.
    pub title: &'static str,
    /// Global, called by name alone.
    pub functions: &'static [FunctionDef],
    /// Those that ТипЗнч or Новый can name.
    pub types: &'static [&'static TypeDef],
    /// System enumerations, and sets of named strings.
    pub enums: &'static [&'static EnumDef],
}

/// A parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Param {
    /// Name in the documentation.
    pub name: String,
    /// May be skipped.
    pub optional: bool,
    /// The function writes into it.
    pub out: bool,
}

/// Parsed parameters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Params {
    /// One by one.
    pub list: Vec<Param>,
    /// Any number more of the last.
    pub variadic: bool,
}

impl Params {
    /// `"Строка, Начало?, &Значение, Прочие..."`: `?` after a name is optional, `&` before it is
    /// written by the function, `...` takes any number more.
    #[must_use]
    pub fn parse(text: &str) -> Params {
        let mut params = Params::default();
        for part in text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
        {
            let (part, variadic) = match part.strip_suffix("...") {
                Some(rest) => (rest, true),
                None => (part, false),
            };
            params.variadic |= variadic;
            let (part, optional) = match part.strip_suffix('?') {
                Some(rest) => (rest, true),
                None => (part, variadic),
            };
            let (name, out) = match part.strip_prefix('&') {
                Some(rest) => (rest, true),
                None => (part, false),
            };
            params.list.push(Param {
                name: name.to_string(),
                optional,
                out,
            });
        }
        params
    }

    /// Fewest and most arguments.
    #[must_use]
    pub fn arity(&self) -> (u8, u8) {
        let min = self
            .list
            .iter()
            .rposition(|param| !param.optional)
            .map_or(0, |at| at + 1);
        let max = if self.variadic { 255 } else { self.list.len() };
        (min as u8, max as u8)
    }

    fn out_mask(&self) -> u32 {
        self.list
            .iter()
            .enumerate()
            .fold(0, |mask, (at, param)| mask | u32::from(param.out) << at)
    }
}

/// A method of a collection that the machine's loop does itself in the usual case: no argument is moved
/// and no function called. What is unusual (growth, another type) goes the way of every method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs, reason = "each is a method of the table below")]
pub enum Intrinsic {
    #[default]
    None,
    ArrayAdd,
    ArrayCount,
    ArrayLast,
    ArrayGet,
    MapGet,
    MapInsert,
    MapCount,
    HasField,
    PutField,
}

/// Type, method, arguments.
const INTRINSICS: &[(&str, &str, u8, Intrinsic)] = &[
    ("Массив", "Добавить", 1, Intrinsic::ArrayAdd),
    ("Массив", "Количество", 0, Intrinsic::ArrayCount),
    ("Массив", "ВГраница", 0, Intrinsic::ArrayLast),
    ("Массив", "Получить", 1, Intrinsic::ArrayGet),
    ("Соответствие", "Получить", 1, Intrinsic::MapGet),
    ("Соответствие", "Вставить", 2, Intrinsic::MapInsert),
    ("Соответствие", "Количество", 0, Intrinsic::MapCount),
    ("Структура", "Свойство", 1, Intrinsic::HasField),
    ("Структура", "Вставить", 2, Intrinsic::PutField),
];

/// A function or method with its parsed arity.
pub struct Callable<D: 'static> {
    /// As its area states it.
    pub def: &'static D,
    /// Fewest arguments.
    pub min: u8,
    /// Most arguments; 255 is any number.
    pub max: u8,
    /// Bit `n`: the function writes into parameter `n`.
    pub out: u32,
    /// Whether a global function goes over the whole of its strings, so that each call is charged for
    /// their length.
    pub walks: bool,
    /// What the loop does itself when a method is called with so many arguments.
    pub intrinsic: (u8, Intrinsic),
}

/// Functions that look at a part of a string, pay for their work themselves, or only hand the string
/// on: a program may well call them for each character of a long text.
const NO_WALK: &[&str] = &[
    "СтрДлина",
    "Лев",
    "Прав",
    "Сред",
    "КодСимвола",
    "Найти",
    "СтрНайти",
    "СтрЗаменить",
    "СтрЧислоВхождений",
    "СтрРазделить",
    "СтрСоединить",
    "СтрНачинаетсяС",
    "СтрЗаканчиваетсяНа",
    "ПустаяСтрока",
    "ТипЗнч",
    "Строка",
    "ЗначениеЗаполнено",
    "Макс",
    "Мин",
    "Сообщить",
    "ЗаписьЖурналаРегистрации",
    "ЗаписатьJSON",
    "СтрНайтиПоРегулярномуВыражению",
    "СтрНайтиВсеПоРегулярномуВыражению",
    "СтрЗаменитьПоРегулярномуВыражению",
    "СтрПодобнаПоРегулярномуВыражению",
];

/// A member of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Member {
    /// Number in [`Library::methods`].
    Method(u32),
    /// Number of the property in its type.
    Prop(u32),
}

/// The whole library, its names interned.
pub struct Library {
    /// Keywords and names of the library; a program's own names follow them.
    pub names: Names,
    /// Global functions, those that are only refused at the end.
    pub functions: Vec<Callable<FunctionDef>>,
    /// Methods of all types.
    pub methods: Vec<Callable<MethodDef>>,
    /// Types, also those of enumerations.
    pub types: Vec<&'static TypeDef>,
    /// System enumerations and sets of named strings.
    pub enums: Vec<&'static EnumDef>,
    by_name: Vec<Entry>,
    members: HashMap<(usize, Name), Member>,
    constructors: HashMap<usize, (u8, u8)>,
    /// The same by the place in `types`.
    arities: Vec<Option<(u8, u8)>>,
}

/// The module that is being executed, as a value.
pub const THIS_OBJECT: [&str; 2] = ["ЭтотОбъект", "ThisObject"];

#[derive(Clone, Copy, Default)]
struct Entry {
    function: Option<u16>,
    ty: Option<u16>,
    list: Option<u16>,
    /// What a refused property of the global context calls.
    object: Option<u16>,
    refused: Option<&'static Reason>,
    out: u32,
}

fn address(ty: &'static TypeDef) -> usize {
    std::ptr::from_ref(ty) as usize
}

impl Library {
    fn build() -> Library {
        let mut library = Library {
            names: seed_names(),
            functions: Vec::new(),
            methods: Vec::new(),
            types: Vec::new(),
            enums: Vec::new(),
            by_name: Vec::new(),
            members: HashMap::new(),
            constructors: HashMap::new(),
            arities: Vec::new(),
        };
        for area in super::AREAS {
            for def in area.functions {
                let index = library.add_function(def, !NO_WALK.contains(&def.ru));
                for spelling in [def.ru, def.en] {
                    library.entry(spelling).function = Some(index);
                }
            }
            for ty in area.types {
                library.add_type(ty);
            }
            for list in area.enums {
                library.add_type(&list.ty);
                let index = library.enums.len() as u16;
                library.enums.push(list);
                for spelling in [list.ty.ru, list.ty.en] {
                    library.entry(spelling).list = Some(index);
                }
                for (ru, en) in list.items {
                    library.names.intern(ru);
                    library.names.intern(en);
                }
            }
        }
        for def in unavailable::FUNCTIONS {
            let index = library.add_function(def, false);
            for spelling in [def.ru, def.en] {
                library.entry(spelling).function = Some(index);
            }
        }
        let palettes = super::formatted::OBJECTS.iter();
        for def in unavailable::OBJECTS.iter().chain(palettes) {
            let index = library.add_function(def, false);
            for spelling in [def.ru, def.en] {
                library.entry(spelling).object = Some(index);
            }
        }
        for ty in unavailable::TYPES {
            library.add_type(ty);
        }
        for (ru, en, reason) in unavailable::REASONS {
            for spelling in [ru, en] {
                library.entry(spelling).refused = Some(reason);
            }
        }
        for spelling in THIS_OBJECT {
            library.names.intern(spelling);
        }
        let count = library.names.len();
        library.by_name.resize(count, Entry::default());
        library
    }

    fn entry(&mut self, spelling: &str) -> &mut Entry {
        let name = self.names.intern(spelling);
        if self.by_name.len() <= name.0 as usize {
            self.by_name.resize(name.0 as usize + 1, Entry::default());
        }
        &mut self.by_name[name.0 as usize]
    }

    fn add_function(&mut self, def: &'static FunctionDef, walks: bool) -> u16 {
        let params = Params::parse(def.params);
        let (min, max) = params.arity();
        let index = self.functions.len() as u16;
        self.functions.push(Callable {
            def,
            min,
            max,
            out: params.out_mask(),
            walks,
            intrinsic: (0, Intrinsic::None),
        });
        index
    }

    fn add_type(&mut self, ty: &'static TypeDef) {
        let index = self.types.len() as u16;
        self.types.push(ty);
        for spelling in [ty.ru, ty.en] {
            self.entry(spelling).ty = Some(index);
        }
        let arity = ty.new.as_ref().map(|new| Params::parse(new.params).arity());
        self.arities.push(arity);
        if let Some(arity) = arity {
            self.constructors.insert(address(ty), arity);
        }
        for def in ty.methods {
            let params = Params::parse(def.params);
            let (min, max) = params.arity();
            let index = self.methods.len() as u32;
            self.methods.push(Callable {
                def,
                min,
                max,
                out: params.out_mask(),
                walks: false,
                intrinsic: INTRINSICS
                    .iter()
                    .find(|(of, name, ..)| (*of, *name) == (ty.ru, def.ru))
                    .map_or((0, Intrinsic::None), |&(_, _, count, it)| (count, it)),
            });
            for spelling in [def.ru, def.en] {
                self.entry(spelling).out |= params.out_mask();
                let name = self.names.intern(spelling);
                self.members
                    .insert((address(ty), name), Member::Method(index));
            }
        }
        for (index, prop) in ty.props.iter().enumerate() {
            for spelling in [prop.ru, prop.en] {
                let name = self.names.intern(spelling);
                self.members
                    .insert((address(ty), name), Member::Prop(index as u32));
            }
        }
    }

    fn at(&self, name: Name) -> Entry {
        self.by_name
            .get(name.0 as usize)
            .copied()
            .unwrap_or_default()
    }

    /// A function by name.
    #[must_use]
    pub fn function(&self, name: Name) -> Option<u16> {
        self.at(name).function
    }

    /// A type by name.
    #[must_use]
    pub fn ty(&self, name: Name) -> Option<&'static TypeDef> {
        self.at(name).ty.map(|index| self.types[index as usize])
    }

    /// The place of a type in [`Library::types`].
    #[must_use]
    pub fn type_index(&self, name: Name) -> Option<u16> {
        self.at(name).ty
    }

    /// An enumeration by name.
    #[must_use]
    pub fn list(&self, name: Name) -> Option<u16> {
        self.at(name).list
    }

    /// The function that a property of the global context calls which cannot be had here.
    #[must_use]
    pub fn object(&self, name: Name) -> Option<u16> {
        self.at(name).object
    }

    /// Why a name of 1C cannot be had here.
    #[must_use]
    pub fn refused(&self, name: Name) -> Option<&'static Reason> {
        self.at(name).refused
    }

    /// Parameters that some method of the name writes into.
    #[must_use]
    pub fn method_out(&self, name: Name) -> u32 {
        self.at(name).out
    }

    /// A member of a type. The machine asks once for each place of a program and type.
    #[must_use]
    pub fn member(&self, ty: &'static TypeDef, name: Name) -> Option<Member> {
        let found = self.members.get(&(address(ty), name)).copied();
        if let Some(member) = found
            && WATCHED.get()
        {
            REACHED.with_borrow_mut(|reached| reached.insert((ty.ru, member)));
        }
        found
    }

    /// Arity of a type's constructor.
    #[must_use]
    pub fn constructor(&self, ty: &'static TypeDef) -> Option<(u8, u8)> {
        self.constructors.get(&address(ty)).copied()
    }

    /// The same of the type at a place in [`Library::types`].
    #[inline]
    #[must_use]
    pub fn constructor_at(&self, index: u16) -> Option<(u8, u8)> {
        self.arities.get(index as usize).copied().flatten()
    }

    /// A value of an enumeration by name.
    #[must_use]
    pub fn item(&self, list: &'static EnumDef, name: Name) -> Option<u16> {
        let text = self.names.len() > name.0 as usize;
        if !text {
            return None;
        }
        let folded = self.names.text(name);
        list.items
            .iter()
            .position(|(ru, en)| {
                crate::syntax::names::fold(ru) == folded || crate::syntax::names::fold(en) == folded
            })
            .map(|at| at as u16)
    }
}

thread_local! {
    /// Whether members are noted on this thread.
    static WATCHED: Cell<bool> = const { Cell::new(false) };
    static REACHED: RefCell<HashSet<(&'static str, Member)>> = RefCell::default();
}

/// The members that programs reach while `run` is executed on this thread, with the Russian names of
/// their types: how the tests know that no member is without a case. Methods that the machine's loop
/// does itself are reached too: it asks for them first.
pub fn reached_members(run: impl FnOnce()) -> HashSet<(&'static str, Member)> {
    WATCHED.set(true);
    run();
    WATCHED.set(false);
    REACHED.take()
}

/// The library. It never changes, therefore all programs share it.
pub static LIBRARY: LazyLock<Library> = LazyLock::new(Library::build);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_parsed() {
        let params = Params::parse("Строка, Начало?, &Значение?, Прочие...");
        assert_eq!(params.arity(), (1, 255));
        assert_eq!(params.out_mask(), 4);
        assert_eq!(Params::parse("").arity(), (0, 0));
        assert_eq!(Params::parse("А?, Б").arity(), (2, 2));
    }

    #[test]
    fn functions_that_do_not_walk_exist() {
        for name in NO_WALK {
            let found = LIBRARY.names.find(name).and_then(|it| LIBRARY.function(it));
            assert!(found.is_some(), "{name}");
        }
    }

    #[test]
    fn every_intrinsic_is_a_method() {
        for (ty, method, count, intrinsic) in INTRINSICS {
            let found = LIBRARY
                .methods
                .iter()
                .find(|it| it.intrinsic == (*count, *intrinsic));
            let fits = found.is_some_and(|it| it.min <= *count && *count <= it.max);
            assert!(fits, "{ty}.{method}");
        }
    }

    #[test]
    fn names_of_the_library_do_not_clash() {
        let mut seen = std::collections::HashSet::new();
        for callable in &LIBRARY.functions {
            let (ru, en) = (callable.def.ru, callable.def.en);
            assert!(seen.insert(crate::syntax::names::fold(ru)), "{ru}");
            assert!(
                ru == en || seen.insert(crate::syntax::names::fold(en)),
                "{en}"
            );
        }
        let mut seen = std::collections::HashSet::new();
        for ty in &LIBRARY.types {
            assert!(seen.insert(crate::syntax::names::fold(ty.ru)), "{}", ty.ru);
        }
    }
}
