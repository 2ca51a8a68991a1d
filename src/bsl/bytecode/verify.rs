//! Checks code before it runs, so that the VM may trust it: registers, jump targets, pool indices.

use super::op::{Op, Reg};
use super::program::{MethodCode, ModuleCode};
use crate::library::registry::LIBRARY;

/// Why code was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// A register beyond the frame.
    Register(u32),
    /// A jump out of the code.
    Target(u32),
    /// No such constant.
    Constant(u32),
    /// No such site.
    Site(u32),
    /// No such method.
    Method(u32),
    /// No such variable.
    Variable(u32),
    /// No such function, type or enumeration of the library.
    Library(u32),
    /// Control can run past the last instruction.
    NoEnd,
    /// The frame's registers do not fit 16 bits.
    TooManyRegisters,
    /// A region of a handler is not within the code.
    Handler,
}

/// What is around a method.
#[derive(Clone, Copy)]
pub struct Around {
    /// Methods of the home module.
    pub methods: usize,
    /// Variables of the home module.
    pub vars: usize,
    /// Registers of the method around, for code of Выполнить.
    pub outer: u16,
}

/// Verifies a method of a module.
pub fn verify(module: &ModuleCode, method: &MethodCode, around: Around) -> Result<(), Refusal> {
    let registers = u32::from(method.registers.max(around.outer));
    if registers >= u32::from(u16::MAX) {
        return Err(Refusal::TooManyRegisters);
    }
    let length = method.code.len() as u32;
    let reg = |reg: Reg| {
        if u32::from(reg) < registers {
            Ok(())
        } else {
            Err(Refusal::Register(reg.into()))
        }
    };
    let regs = |list: &[Reg]| list.iter().try_for_each(|&it| reg(it));
    let row = |start: Reg, n: u32| {
        if u32::from(start) + n <= registers {
            Ok(())
        } else {
            Err(Refusal::Register(u32::from(start) + n))
        }
    };
    let target = |to: u32| {
        if to < length {
            Ok(())
        } else {
            Err(Refusal::Target(to))
        }
    };
    let site = |at: u32| {
        if (at as usize) < module.sites.len() {
            Ok(())
        } else {
            Err(Refusal::Site(at))
        }
    };
    let var = |at: u16| {
        if (at as usize) < around.vars {
            Ok(())
        } else {
            Err(Refusal::Variable(at.into()))
        }
    };
    for op in &method.code {
        match *op {
            Op::Const { dst, k } => {
                reg(dst)?;
                if k as usize >= module.consts.len() {
                    return Err(Refusal::Constant(k));
                }
            }
            Op::Int { dst, .. }
            | Op::Undefined { dst }
            | Op::Null { dst }
            | Op::Bool { dst, .. }
            | Op::Missing { dst }
            | Op::LoadGlobal { dst, .. }
            | Op::LoadProp { dst, .. }
            | Op::LoadCommon { dst, .. }
            | Op::LoadThis { dst }
            | Op::ToText { a: dst }
            | Op::RefGlobal { dst, .. } => reg(dst)?,
            Op::Move { dst, src }
            | Op::LoadRef { dst, src }
            | Op::RefLocal { dst, src }
            | Op::Evaluate { dst, src } => {
                regs(&[dst, src])?;
            }
            Op::StoreRef { to, src } => regs(&[to, src])?,
            Op::LoadModule { dst, var: at } | Op::RefModule { dst, var: at } => {
                reg(dst)?;
                var(at)?;
            }
            Op::StoreModule { var: at, src } => {
                reg(src)?;
                var(at)?;
            }
            Op::StoreGlobal { src, .. } => reg(src)?,
            Op::LoadEnum { dst, list } => {
                reg(dst)?;
                if list as usize >= LIBRARY.enums.len() {
                    return Err(Refusal::Library(list));
                }
            }
            Op::LoadEnumItem { dst, list, item } => {
                reg(dst)?;
                let known = LIBRARY
                    .enums
                    .get(list as usize)
                    .is_some_and(|list| (item as usize) < list.items.len());
                if !known {
                    return Err(Refusal::Library(list.into()));
                }
            }
            Op::RefElement { dst, obj, key } | Op::GetIndex { dst, obj, key } => {
                regs(&[dst, obj, key])?
            }
            Op::SetIndex { obj, key, src } => regs(&[obj, key, src])?,
            Op::RefField { dst, obj, site: at } | Op::GetField { dst, obj, site: at } => {
                regs(&[dst, obj])?;
                site(at)?;
            }
            Op::SetField { obj, src, site: at } => {
                regs(&[obj, src])?;
                site(at)?;
            }
            Op::Add { dst, a, b }
            | Op::Sub { dst, a, b }
            | Op::Mul { dst, a, b }
            | Op::Div { dst, a, b }
            | Op::Rem { dst, a, b }
            | Op::IntDiv { dst, a, b }
            | Op::Eq { dst, a, b }
            | Op::Ne { dst, a, b }
            | Op::Lt { dst, a, b }
            | Op::Le { dst, a, b }
            | Op::Gt { dst, a, b }
            | Op::Ge { dst, a, b } => regs(&[dst, a, b])?,
            Op::AddInt { dst, a, .. }
            | Op::SubInt { dst, a, .. }
            | Op::MulInt { dst, a, .. }
            | Op::RemInt { dst, a, .. }
            | Op::Neg { dst, a }
            | Op::Plus { dst, a }
            | Op::Not { dst, a }
            | Op::ToBool { dst, a } => regs(&[dst, a])?,
            Op::AddChain { dst, start, n } | Op::Append { var: dst, start, n } => {
                reg(dst)?;
                row(start, n.into())?;
            }
            Op::Jump { to } | Op::JumpBack { to } => target(to)?,
            Op::JumpIf { a, to } | Op::JumpIfNot { a, to } | Op::JumpIfNotStr { a, to } => {
                reg(a)?;
                target(to)?;
            }
            Op::JumpEq { a, b, to }
            | Op::JumpNe { a, b, to }
            | Op::JumpLt { a, b, to }
            | Op::JumpLe { a, b, to }
            | Op::JumpGt { a, b, to }
            | Op::JumpGe { a, b, to }
            | Op::ForPrep {
                var: a,
                limit: b,
                to,
            }
            | Op::ForStep {
                var: a,
                limit: b,
                to,
            } => {
                regs(&[a, b])?;
                target(to)?;
            }
            Op::JumpEqInt { a, to, .. }
            | Op::JumpNeInt { a, to, .. }
            | Op::JumpLtInt { a, to, .. }
            | Op::JumpLeInt { a, to, .. }
            | Op::JumpGtInt { a, to, .. }
            | Op::JumpGeInt { a, to, .. } => {
                reg(a)?;
                target(to)?;
            }
            Op::IterInit { it, src } => {
                row(it, 2)?;
                reg(src)?;
            }
            Op::IterNext { it, dst, to } => {
                row(it, 2)?;
                reg(dst)?;
                target(to)?;
            }
            Op::Call {
                dst, method: at, ..
            } => {
                reg(dst)?;
                if at as usize >= around.methods {
                    return Err(Refusal::Method(at));
                }
            }
            Op::CallNative { dst, args, n, func } => {
                reg(dst)?;
                row(args, n.into())?;
                if func as usize >= LIBRARY.functions.len() {
                    return Err(Refusal::Library(func.into()));
                }
            }
            Op::CallMethod {
                dst,
                obj,
                args,
                site: at,
            } => {
                regs(&[dst, obj])?;
                site(at)?;
                row(args, module.sites[at as usize].args.len() as u32)?;
            }
            Op::New { dst, args, n, ty } => {
                reg(dst)?;
                row(args, n.into())?;
                if ty as usize >= LIBRARY.types.len() {
                    return Err(Refusal::Library(ty.into()));
                }
            }
            Op::NewDynamic { dst, args } => {
                reg(dst)?;
                row(args, 2)?;
            }
            Op::Return { src }
            | Op::Raise { src }
            | Op::RaiseAgain { src }
            | Op::Execute { src } => reg(src)?,
            Op::RaiseFull { args } => row(args, 5)?,
            Op::Refuse { site: at } => site(at)?,
            Op::ReturnUndefined | Op::NoEvents => {}
        }
    }
    match method.code.last() {
        Some(Op::Return { .. } | Op::ReturnUndefined) => {}
        _ => return Err(Refusal::NoEnd),
    }
    for handler in method.handlers.iter().chain(&method.handling) {
        let fits = handler.start < handler.end && handler.end <= length && handler.target < length;
        if !fits {
            return Err(Refusal::Handler);
        }
        reg(handler.reg)?;
    }
    Ok(())
}
