//! Instructions. The machine has registers: the first are the method's parameters and variables, then
//! come temporaries. `dst` is written, `a`, `b`, `src` are read; no instruction takes anything from a
//! register unless it says so. A call's arguments stand in a row from `args`; the callee's registers
//! begin there, so that nothing is copied, and the caller's temporaries from `args` on are lost.

/// A register of the frame.
pub type Reg = u16;

/// A place in the code.
pub type Target = u32;

/// An instruction of 12 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(
    missing_docs,
    reason = "operands are told of in the head of this file and at each instruction"
)]
pub enum Op {
    /// `dst` := constant `k` of the module.
    Const { dst: Reg, k: u32 },
    /// `dst` := a small whole number.
    Int { dst: Reg, value: i32 },
    /// `dst` := Неопределено.
    Undefined { dst: Reg },
    /// `dst` := Null.
    Null { dst: Reg },
    /// `dst` := Истина or Ложь.
    Bool { dst: Reg, value: bool },
    /// `dst` := the mark of a skipped parameter.
    Missing { dst: Reg },
    /// `dst` := `src`.
    Move { dst: Reg, src: Reg },
    /// `dst` := what the by-reference parameter in `src` leads to.
    LoadRef { dst: Reg, src: Reg },
    /// Writes `src` where the by-reference parameter in `to` leads.
    StoreRef { to: Reg, src: Reg },
    /// `dst` := variable `var` of the own module.
    LoadModule { dst: Reg, var: u16 },
    /// Variable `var` of the own module := `src`.
    StoreModule { var: u16, src: Reg },
    /// `dst` := variable `var` of the host.
    LoadGlobal { dst: Reg, var: u32 },
    /// Variable `var` of the host := `src`.
    StoreGlobal { var: u32, src: Reg },
    /// `dst` := property `prop` of the host.
    LoadProp { dst: Reg, prop: u32 },
    /// `dst` := common module `module` as a value.
    LoadCommon { dst: Reg, module: u32 },
    /// `dst` := the module that is being executed: ЭтотОбъект.
    LoadThis { dst: Reg },
    /// `dst` := enumeration `list` of the library.
    LoadEnum { dst: Reg, list: u32 },
    /// `dst` := value `item` of enumeration `list`.
    LoadEnumItem { dst: Reg, list: u16, item: u16 },
    /// `dst` := a reference to register `src` of this frame.
    RefLocal { dst: Reg, src: Reg },
    /// `dst` := a reference to a variable of the own module.
    RefModule { dst: Reg, var: u16 },
    /// `dst` := a reference to a variable of the host.
    RefGlobal { dst: Reg, var: u32 },
    /// `dst` := a reference to `obj[key]`; reads the element, so that a wrong index is found here.
    RefElement { dst: Reg, obj: Reg, key: Reg },
    /// `dst` := a reference to field `site.name` of `obj`; reads the field.
    RefField { dst: Reg, obj: Reg, site: u32 },

    /// `dst` := `a` + `b`. With `dst` = `a` a string grows in place.
    Add { dst: Reg, a: Reg, b: Reg },
    /// `dst` := `a` - `b`.
    Sub { dst: Reg, a: Reg, b: Reg },
    /// `dst` := `a` * `b`.
    Mul { dst: Reg, a: Reg, b: Reg },
    /// `dst` := `a` / `b`.
    Div { dst: Reg, a: Reg, b: Reg },
    /// `dst` := `a` % `b`.
    Rem { dst: Reg, a: Reg, b: Reg },
    /// `dst` := `a` + constant.
    AddInt { dst: Reg, a: Reg, value: i32 },
    /// `dst` := `a` - constant.
    SubInt { dst: Reg, a: Reg, value: i32 },
    /// `dst` := `a` * constant.
    MulInt { dst: Reg, a: Reg, value: i32 },
    /// `dst` := `a` % constant, which is not 0.
    RemInt { dst: Reg, a: Reg, value: i32 },
    /// `dst` := Цел(`a` / `b`).
    IntDiv { dst: Reg, a: Reg, b: Reg },
    /// `dst` := -`a`.
    Neg { dst: Reg, a: Reg },
    /// `dst` := +`a`: a number.
    Plus { dst: Reg, a: Reg },
    /// `dst` := НЕ `a`.
    Not { dst: Reg, a: Reg },
    /// `dst` := `a` as Булево.
    ToBool { dst: Reg, a: Reg },
    /// `dst` := `a` = `b`.
    Eq { dst: Reg, a: Reg, b: Reg },
    /// `dst` := `a` <> `b`.
    Ne { dst: Reg, a: Reg, b: Reg },
    /// `dst` := `a` < `b`.
    Lt { dst: Reg, a: Reg, b: Reg },
    /// `dst` := `a` <= `b`.
    Le { dst: Reg, a: Reg, b: Reg },
    /// `dst` := `a` > `b`.
    Gt { dst: Reg, a: Reg, b: Reg },
    /// `dst` := `a` >= `b`.
    Ge { dst: Reg, a: Reg, b: Reg },
    /// `dst` := registers `start`, … `start + n - 1` added from the left. When the first is no string,
    /// the instructions before this one load the others, one each, and bear the places of the signs.
    AddChain { dst: Reg, start: Reg, n: u16 },
    /// Replaces an object in `a` by its text as it is now.
    ToText { a: Reg },
    /// The string in `var` grows by `n` registers from `start`; `var` holds a string.
    Append { var: Reg, start: Reg, n: u16 },

    /// Goes to `to`.
    Jump { to: Target },
    /// Goes back to `to`; charged.
    JumpBack { to: Target },
    /// Goes to `to` if `a` is true.
    JumpIf { a: Reg, to: Target },
    /// Goes to `to` if `a` is false.
    JumpIfNot { a: Reg, to: Target },
    /// Goes to `to` if `a` holds no string.
    JumpIfNotStr { a: Reg, to: Target },
    /// Goes to `to` if `a` = `b`.
    JumpEq { a: Reg, b: Reg, to: Target },
    /// Goes to `to` if `a` <> `b`.
    JumpNe { a: Reg, b: Reg, to: Target },
    /// Goes to `to` if `a` < `b`.
    JumpLt { a: Reg, b: Reg, to: Target },
    /// Goes to `to` if `a` <= `b`.
    JumpLe { a: Reg, b: Reg, to: Target },
    /// Goes to `to` if `a` > `b`.
    JumpGt { a: Reg, b: Reg, to: Target },
    /// Goes to `to` if `a` >= `b`.
    JumpGe { a: Reg, b: Reg, to: Target },
    /// Goes to `to` if `a` = constant.
    JumpEqInt { a: Reg, value: i16, to: Target },
    /// Goes to `to` if `a` <> constant.
    JumpNeInt { a: Reg, value: i16, to: Target },
    /// Goes to `to` if `a` < constant.
    JumpLtInt { a: Reg, value: i16, to: Target },
    /// Goes to `to` if `a` <= constant.
    JumpLeInt { a: Reg, value: i16, to: Target },
    /// Goes to `to` if `a` > constant.
    JumpGtInt { a: Reg, value: i16, to: Target },
    /// Goes to `to` if `a` >= constant.
    JumpGeInt { a: Reg, value: i16, to: Target },
    /// Checks that `var` and `limit` are numbers; goes to `to` if `var` > `limit`.
    ForPrep { var: Reg, limit: Reg, to: Target },
    /// `var` += 1; goes back to `to` unless `var` > `limit`; charged.
    ForStep { var: Reg, limit: Reg, to: Target },
    /// Begins to walk `src`: registers `it` (collection) and `it + 1` (place).
    IterInit { it: Reg, src: Reg },
    /// `dst` := the next element, or goes to `to` at the end.
    IterNext { it: Reg, dst: Reg, to: Target },

    /// `dst` := `obj`.name of the site.
    GetField { dst: Reg, obj: Reg, site: u32 },
    /// `obj`.name of the site := `src`.
    SetField { obj: Reg, src: Reg, site: u32 },
    /// `dst := obj[key]`.
    GetIndex { dst: Reg, obj: Reg, key: Reg },
    /// `obj[key] := src`.
    SetIndex { obj: Reg, key: Reg, src: Reg },

    /// `dst` := method `method` of the own module; its arguments are complete.
    Call { dst: Reg, args: Reg, method: u32 },
    /// `dst` := function `func` of the library with `n` arguments.
    CallNative {
        dst: Reg,
        args: Reg,
        n: u16,
        func: u16,
    },
    /// `dst` := `obj`.name(…) of the site.
    CallMethod {
        dst: Reg,
        obj: Reg,
        args: Reg,
        site: u32,
    },
    /// `dst` := Новый type `ty` of the library with `n` arguments.
    New {
        dst: Reg,
        args: Reg,
        n: u16,
        ty: u16,
    },
    /// `dst` := Новый(`args`, `args + 1`).
    NewDynamic { dst: Reg, args: Reg },
    /// Leaves the method with `src`.
    Return { src: Reg },
    /// Leaves the method with Неопределено.
    ReturnUndefined,
    /// Raises `src`.
    Raise { src: Reg },
    /// Raises the full form: five registers from `args`.
    RaiseFull { args: Reg },
    /// Raises the error in register `src` again, at its own place.
    RaiseAgain { src: Reg },
    /// Выполнить(`src`).
    Execute { src: Reg },
    /// `dst` := Вычислить(`src`).
    Evaluate { dst: Reg, src: Reg },
    /// ДобавитьОбработчик: there are no events.
    NoEvents,
    /// An assignment to a name that cannot be written: that of the site.
    Refuse { site: u32 },
}

const _: () = assert!(size_of::<Op>() == 12, "code is read at every step");
