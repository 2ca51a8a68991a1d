//! Checked trees to bytecode. It reports nothing: what can be wrong with a text the checker has said,
//! and a module with problems is not compiled.

mod calls;
mod emit;
mod expr;
mod references;
mod statement;
mod sums;

use crate::bytecode::op::Reg;
use crate::bytecode::program::{
    Const, DefaultValue, Environment, Globals, MethodCode, ModuleCode, ParamInfo, Program, Source,
};
use crate::bytecode::verify::{Around, verify};
use crate::check::resolve::check_expression;
use crate::check::scope::{MethodScope, ModuleView, NameMap};
use crate::check::{Checked, Scratch, World, check, check_dynamic};
use crate::diagnostic::{Diagnostic, Problem};
use crate::library::registry::LIBRARY;
use crate::syntax::ast::{Literal, Tree};
use crate::syntax::names::{Name, Names};
use crate::syntax::parser::{parse, parse_expression};
use emit::{Constants, Emitter, Unit};
use references::{RefTable, reference_table};
use std::sync::Arc;

/// What the compiler of one module knows of the others.
pub(crate) struct Shared<'s> {
    refs: &'s RefTable,
    /// Exported methods of all modules, by name.
    exported: &'s NameMap<Vec<(u32, u32)>>,
    views: &'s [ModuleView],
    trees: &'s [Tree],
}

impl Shared<'_> {
    /// Whether some method of this name may write its parameter.
    fn writes(&self, name: Name, index: usize) -> bool {
        if index < 32 && LIBRARY.method_out(name) & (1 << index) != 0 {
            return true;
        }
        self.exported.get(&name).is_some_and(|methods| {
            methods.iter().any(|&(module, method)| {
                self.refs[module as usize][method as usize].get(index) == Some(&true)
            })
        })
    }
}

/// Interns the environment.
fn globals(environment: &Environment, sources: &[Source], names: &mut Names) -> Globals {
    let mut globals = Globals::default();
    for (index, name) in environment.variables.iter().enumerate() {
        globals.variables.insert(names.intern(name), index as u32);
    }
    for (index, name) in environment.properties.iter().enumerate() {
        globals.properties.insert(names.intern(name), index as u32);
    }
    for (name, shape) in &environment.shapes {
        globals.shapes.insert(names.intern(name), shape.clone());
    }
    for (index, name) in environment.types.iter().enumerate() {
        globals.types.insert(names.intern(name), index as u32);
    }
    for (index, source) in sources.iter().enumerate() {
        if source.common {
            globals
                .commons
                .entry(names.intern(&source.name))
                .or_insert(index as u32);
        }
    }
    let given = environment.variables.iter().chain(&environment.properties);
    let commons = sources.iter().filter(|source| source.common);
    for spelling in given.chain(commons.map(|source| &source.name)) {
        let spelled = spelling.as_str().into();
        globals.spellings.insert(names.intern(spelling), spelled);
    }
    globals
}

/// Compiles modules into a program.
pub(crate) fn program(environment: &Environment, sources: &[Source]) -> Program {
    let mut names = LIBRARY.names.clone();
    let globals = globals(environment, sources, &mut names);
    let mut trees = Vec::with_capacity(sources.len());
    let mut problems: Vec<Vec<Diagnostic>> = Vec::with_capacity(sources.len());
    for source in sources {
        let (tree, found) = parse(&source.text, &mut names);
        trees.push(tree);
        problems.push(found);
    }
    let views: Vec<ModuleView> = trees.iter().map(ModuleView::of).collect();
    let mut checks: Vec<Checked> = Vec::with_capacity(sources.len());
    let mut scratch = Scratch::default();
    for (index, tree) in trees.iter().enumerate() {
        let world = World {
            names: &names,
            globals: &globals,
            view: &views[index],
            text: &sources[index].text,
            around: "",
        };
        let mut checked = check(tree, world, &mut scratch);
        problems[index].append(&mut checked.problems);
        problems[index].sort_by_key(|problem| problem.start);
        checks.push(checked);
    }
    let mut exported: NameMap<Vec<(u32, u32)>> = NameMap::default();
    for (module, view) in views.iter().enumerate() {
        // Those of the module that runs are reached through ЭтотОбъект.
        for (name, method) in view.methods.iter().filter(|(_, method)| method.export) {
            exported
                .entry(*name)
                .or_default()
                .push((module as u32, method.index));
        }
    }
    let refs = reference_table(&trees, &checks, &exported);
    let shared = Shared {
        refs: &refs,
        exported: &exported,
        views: &views,
        trees: &trees,
    };
    let mut modules = Vec::with_capacity(sources.len());
    for (index, source) in sources.iter().enumerate() {
        modules.push(module(
            index,
            source,
            &shared,
            &checks[index],
            std::mem::take(&mut problems[index]),
        ));
    }
    modules.push(alone());
    Program {
        names,
        modules,
        globals,
        environment: environment.clone(),
    }
}

/// The empty module that code without a module of its own runs in: a chat's, the command line's.
fn alone() -> ModuleCode {
    let source = Source {
        name: String::new(),
        text: "".into(),
        common: false,
    };
    let tree = Tree::default();
    let scopes = vec![MethodScope {
        dynamic: true,
        ..MethodScope::default()
    }];
    let checked = Checked {
        meanings: Vec::new(),
        scopes,
        problems: Vec::new(),
        findings: Vec::new(),
    };
    let (refs, exported) = (vec![Vec::new()], NameMap::default());
    let shared = Shared {
        refs: &refs,
        exported: &exported,
        views: &[ModuleView::default()],
        trees: &[tree],
    };
    module(0, &source, &shared, &checked, Vec::new())
}

fn module(
    index: usize,
    source: &Source,
    shared: &Shared<'_>,
    checked: &Checked,
    problems: Vec<Diagnostic>,
) -> ModuleCode {
    let tree = &shared.trees[index];
    let view = shared.views[index].clone();
    let mut constants = Constants::default();
    let mut sites = Vec::new();
    let mut methods = Vec::with_capacity(tree.methods.len() + 1);
    if problems.is_empty() {
        for (at, method) in tree.methods.iter().enumerate() {
            let scope = &checked.scopes[at];
            let params: Vec<ParamInfo> = method
                .params
                .iter()
                .enumerate()
                .map(|(number, param)| ParamInfo {
                    by_ref: shared.refs[index][at][number],
                    required: param.default.is_none(),
                    default: param
                        .default
                        .map(|literal| default(&tree.literals[literal as usize], &mut constants)),
                })
                .collect();
            let unit = Unit {
                tree,
                checked,
                scope,
                text: &source.text,
                shared: Some(shared),
                module: index,
            };
            let mut emitter = Emitter::new(unit, &mut constants, &mut sites, &params, false);
            emitter.block(&method.block);
            emitter.finish_method(method.end);
            methods.push(
                emitter.into_method(MethodHead {
                    name: method.word.name,
                    spelling: crate::check::resolve::spelling_at(&source.text, method.word.pos)
                        .into(),
                    is_function: method.is_function,
                    export: method.export,
                    min: view
                        .methods
                        .get(&method.word.name)
                        .map_or(0, |method| method.min),
                    params,
                }),
            );
        }
        let scope = &checked.scopes[tree.methods.len()];
        let unit = Unit {
            tree,
            checked,
            scope,
            text: &source.text,
            shared: Some(shared),
            module: index,
        };
        let mut emitter = Emitter::new(unit, &mut constants, &mut sites, &[], false);
        emitter.block(&tree.body);
        emitter.finish_method(tree.end);
        methods.push(emitter.into_method(MethodHead::body()));
    }
    let exported_vars = tree
        .vars
        .iter()
        .enumerate()
        .filter(|(_, var)| var.export)
        .map(|(slot, var)| (var.word.name, slot as u16))
        .collect();
    let mut code = ModuleCode {
        name: source.name.clone(),
        text: Arc::clone(&source.text),
        common: source.common,
        methods,
        view,
        exported_vars,
        vars: tree.vars.len() as u16,
        consts: constants.list,
        sites,
        problems,
        findings: checked.findings.clone(),
    };
    let around = Around {
        methods: code.methods.len(),
        vars: code.vars as usize,
        outer: 0,
    };
    let refused = code
        .methods
        .iter()
        .find(|method| verify(&code, method, around).is_err());
    if let Some(method) = refused {
        // The only refusal that a text can bring about: a method too large for 16 bits of registers.
        let pos = method.positions.first().copied().unwrap_or(0);
        code.problems
            .push(Diagnostic::new(Problem::TooManyVariables, pos, pos));
    }
    code
}

/// What a method is besides its code.
pub(crate) struct MethodHead {
    name: Name,
    spelling: Box<str>,
    is_function: bool,
    export: bool,
    min: u8,
    params: Vec<ParamInfo>,
}

impl MethodHead {
    fn body() -> MethodHead {
        MethodHead {
            name: Name(u32::MAX),
            spelling: "".into(),
            is_function: false,
            export: false,
            min: 0,
            params: Vec::new(),
        }
    }
}

fn default(literal: &Literal, constants: &mut Constants) -> DefaultValue {
    match literal {
        Literal::Undefined => DefaultValue::Undefined,
        Literal::Null => DefaultValue::Null,
        Literal::Bool(value) => DefaultValue::Bool(*value),
        Literal::Number(number) => {
            DefaultValue::Const(constants.add(Const::Number(number.clone())))
        }
        Literal::Str(text) => DefaultValue::Const(constants.add(Const::Str(text.clone()))),
        Literal::Date(date) => DefaultValue::Const(constants.add(Const::Date(*date))),
    }
}

/// Code of Выполнить or Вычислить inside a method.
pub(crate) struct Dynamic<'d> {
    /// Names of the run, extended.
    pub names: &'d mut Names,
    /// The program's environment.
    pub globals: &'d Globals,
    /// The module around, and its text.
    pub view: &'d ModuleView,
    pub text: &'d str,
    /// Methods of the module around.
    pub methods: &'d [MethodCode],
    /// Constants of the module around.
    pub consts: &'d [Const],
    /// Variables of the method around.
    pub locals: &'d [(Name, Reg)],
    /// Which of its first registers hold references.
    pub ref_params: &'d [ParamInfo],
    /// Registers that the method around uses; the code's own follow.
    pub registers: u16,
    /// Whether an expression is wanted.
    pub expression: bool,
}

/// Compiles a text against the variables of a method: a module of its own with one method.
pub(crate) fn dynamic(text: &str, dynamic: Dynamic<'_>) -> Result<ModuleCode, Vec<Diagnostic>> {
    let (tree, expr, mut problems) = if dynamic.expression {
        let (tree, expr, problems) = parse_expression(text, dynamic.names);
        (tree, Some(expr), problems)
    } else {
        let (tree, problems) = parse(text, dynamic.names);
        (tree, None, problems)
    };
    let world = World {
        names: dynamic.names,
        globals: dynamic.globals,
        view: dynamic.view,
        text,
        around: dynamic.text,
    };
    let outer: Vec<Name> = dynamic.locals.iter().map(|&(name, _)| name).collect();
    let mut checked = match expr {
        Some(expr) => check_expression(&tree, expr, world, &outer),
        None => check_dynamic(&tree, world, &outer),
    };
    if let Some(method) = tree.methods.first() {
        let pos = method.word.pos;
        problems.push(Diagnostic::new(Problem::MethodAfterBody, pos, pos + 1));
    }
    problems.append(&mut checked.problems);
    if !problems.is_empty() {
        problems.sort_by_key(|problem| problem.start);
        return Err(problems);
    }
    let mut constants = Constants::default();
    let mut sites = Vec::new();
    let scope: &MethodScope = &checked.scopes[0];
    let unit = Unit {
        tree: &tree,
        checked: &checked,
        scope,
        text,
        shared: None,
        module: 0,
    };
    let mut emitter = Emitter::new(unit, &mut constants, &mut sites, dynamic.ref_params, true);
    emitter.around(
        dynamic.methods,
        dynamic.consts,
        dynamic.registers,
        dynamic.locals,
    );
    match expr {
        Some(expr) => emitter.finish_expression(expr),
        None => {
            emitter.block(&tree.body);
            emitter.finish_method(tree.end);
        }
    }
    // The code's frame is the outer method's: what Выполнить inside it must know of the parameters.
    let head = MethodHead {
        params: dynamic.ref_params.to_vec(),
        ..MethodHead::body()
    };
    let method = emitter.into_method(head);
    Ok(ModuleCode {
        name: String::new(),
        text: text.into(),
        common: false,
        methods: vec![method],
        view: ModuleView::default(),
        exported_vars: NameMap::default(),
        vars: 0,
        consts: constants.list,
        sites,
        problems: Vec::new(),
        findings: Vec::new(),
    })
}
