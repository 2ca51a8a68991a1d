//! What the compiler makes and the VM runs.

pub mod op;
pub mod program;
pub mod verify;

pub use op::Op;
pub use program::{
    ArgSource, Const, Environment, Handler, MethodCode, ModuleCode, NameRef, ParamInfo, Program,
    Site, Source,
};
