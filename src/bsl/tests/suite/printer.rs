//! Tree to text, with every bracket written: two trees print alike only when they are alike.

use std::fmt::Write as _;
use vestnik_bsl::syntax::ast::{
    BinaryOp, Block, ExprId, ExprKind, List, Literal, Method, RaiseKind, SKIPPED, StmtKind, Tree,
    UnaryOp, Word,
};
use vestnik_bsl::syntax::names::{Name, Names};

struct Printer<'t> {
    tree: &'t Tree,
    names: &'t Names,
    out: String,
}

/// The text of a module.
pub fn print(tree: &Tree, names: &Names) -> String {
    let mut own = Printer {
        tree,
        names,
        out: String::new(),
    };
    for var in &tree.vars {
        let export = if var.export { " Экспорт" } else { "" };
        let _ = writeln!(own.out, "Перем {}{export};", names.text(var.word.name));
    }
    for method in &tree.methods {
        own.method(method);
    }
    own.block(&tree.body);
    own.out
}

impl Printer<'_> {
    fn name(&self, name: Name) -> &str {
        self.names.text(name)
    }

    fn words(&self, words: &[Word]) -> String {
        let names: Vec<_> = words.iter().map(|word| self.name(word.name)).collect();
        names.join(", ")
    }

    fn method(&mut self, method: &Method) {
        for annotation in &method.annotations {
            let _ = writeln!(self.out, "&{}", self.names.text(annotation.name));
        }
        let params: Vec<String> = method
            .params
            .iter()
            .map(|param| {
                let by_value = if param.by_value { "Знач " } else { "" };
                let default = param
                    .default
                    .map_or_else(String::new, |at| format!(" = {}", self.literal(at)));
                format!("{by_value}{}{default}", self.name(param.word.name))
            })
            .collect();
        let _ = writeln!(
            self.out,
            "{}{} {}({}){}",
            if method.is_async { "Асинх " } else { "" },
            if method.is_function {
                "Функция"
            } else {
                "Процедура"
            },
            self.names.text(method.word.name),
            params.join(", "),
            if method.export { " Экспорт" } else { "" },
        );
        if !method.vars.is_empty() {
            let words = self.words(&method.vars);
            let _ = writeln!(self.out, "Перем {words};");
        }
        self.block(&method.block);
        self.out.push_str(if method.is_function {
            "КонецФункции\n"
        } else {
            "КонецПроцедуры\n"
        });
    }

    fn block(&mut self, block: &Block) {
        for statement in block {
            self.statement(&statement.kind);
        }
    }

    fn statement(&mut self, kind: &StmtKind) {
        let line = match kind {
            StmtKind::Assign(target, value) => {
                format!("{} = {}", self.expr(*target), self.expr(*value))
            }
            StmtKind::Call(call) => self.expr(*call),
            StmtKind::If(branches, otherwise) => {
                for (at, branch) in branches.iter().enumerate() {
                    let word = if at == 0 {
                        "Если"
                    } else {
                        "ИначеЕсли"
                    };
                    let head = format!("{word} {} Тогда\n", self.expr(branch.condition));
                    self.out.push_str(&head);
                    self.block(&branch.block);
                }
                if let Some(block) = otherwise {
                    self.out.push_str("Иначе\n");
                    self.block(block);
                }
                "КонецЕсли".into()
            }
            StmtKind::While(branch) => {
                let head = format!("Пока {} Цикл\n", self.expr(branch.condition));
                self.out.push_str(&head);
                self.block(&branch.block);
                "КонецЦикла".into()
            }
            StmtKind::For {
                var,
                from,
                to,
                block,
            } => {
                let (var, from, to) = (self.expr(*var), self.expr(*from), self.expr(*to));
                let _ = writeln!(self.out, "Для {var} = {from} По {to} Цикл");
                self.block(block);
                "КонецЦикла".into()
            }
            StmtKind::ForEach { var, of, block } => {
                let (var, of) = (self.expr(*var), self.expr(*of));
                let _ = writeln!(self.out, "Для Каждого {var} Из {of} Цикл");
                self.block(block);
                "КонецЦикла".into()
            }
            StmtKind::Break => "Прервать".into(),
            StmtKind::Continue => "Продолжить".into(),
            StmtKind::Return(None) => "Возврат".into(),
            StmtKind::Return(Some(value)) => format!("Возврат {}", self.expr(*value)),
            StmtKind::Try(block, handler) => {
                self.out.push_str("Попытка\n");
                self.block(block);
                self.out.push_str("Исключение\n");
                self.block(handler);
                "КонецПопытки".into()
            }
            StmtKind::Raise(RaiseKind::Again) => "ВызватьИсключение".into(),
            StmtKind::Raise(RaiseKind::Value(value)) => {
                format!("ВызватьИсключение {}", self.expr(*value))
            }
            StmtKind::Raise(RaiseKind::Full(list)) => {
                format!("ВызватьИсключение{}", self.arguments(*list))
            }
            StmtKind::Execute(code) => format!("Выполнить {}", self.expr(*code)),
            StmtKind::Handler(event, handler) => format!(
                "ДобавитьОбработчик {}, {}",
                self.expr(*event),
                self.expr(*handler)
            ),
            StmtKind::Goto(word) => format!("Перейти ~{}", self.name(word.name)),
            StmtKind::Label(word) => {
                let _ = writeln!(self.out, "~{}:", self.names.text(word.name));
                return;
            }
        };
        self.out.push_str(&line);
        self.out.push_str(";\n");
    }

    fn literal(&self, at: u32) -> String {
        match &self.tree.literals[at as usize] {
            Literal::Undefined => "Неопределено".into(),
            Literal::Null => "Null".into(),
            Literal::Bool(true) => "Истина".into(),
            Literal::Bool(false) => "Ложь".into(),
            Literal::Number(number) => number.to_invariant_text(),
            Literal::Str(text) => {
                let text = text.replace('"', "\"\"").replace('\n', "\n|");
                format!("\"{text}\"")
            }
            Literal::Date(date) => format!("'{}'", date.to_xml_text()),
        }
    }

    fn arguments(&self, list: List) -> String {
        let args: Vec<String> = self
            .tree
            .list(list)
            .iter()
            .map(|&id| {
                if id == SKIPPED {
                    String::new()
                } else {
                    self.expr(id)
                }
            })
            .collect();
        format!("({})", args.join(", "))
    }

    /// An object before a dot or a bracket.
    fn object(&self, id: ExprId) -> String {
        match self.tree.expr(id).kind {
            ExprKind::New(..) | ExprKind::Literal(_) => format!("({})", self.expr(id)),
            _ => self.expr(id),
        }
    }

    fn expr(&self, id: ExprId) -> String {
        match self.tree.expr(id).kind {
            ExprKind::Literal(at) => self.literal(at),
            ExprKind::Name(name) => self.name(name).into(),
            ExprKind::Unary(op, operand) => {
                let sign = match op {
                    UnaryOp::Plus => "+",
                    UnaryOp::Minus => "-",
                    UnaryOp::Not => "НЕ ",
                };
                format!("({sign}{})", self.expr(operand))
            }
            ExprKind::Binary(op, left, right) => {
                format!("({} {} {})", self.expr(left), sign(op), self.expr(right))
            }
            ExprKind::Ternary(condition, yes, no) => format!(
                "?({}, {}, {})",
                self.expr(condition),
                self.expr(yes),
                self.expr(no)
            ),
            ExprKind::Field(object, name) => format!("{}.{}", self.object(object), self.name(name)),
            ExprKind::Index(object, key) => format!("{}[{}]", self.object(object), self.expr(key)),
            ExprKind::Call(name, list) => format!("{}{}", self.name(name), self.arguments(list)),
            ExprKind::Method(object, name, list) => format!(
                "{}.{}{}",
                self.object(object),
                self.name(name),
                self.arguments(list)
            ),
            ExprKind::New(name, list) => {
                format!("Новый {}{}", self.name(name), self.arguments(list))
            }
            ExprKind::NewDynamic(name, params) if params == SKIPPED => {
                format!("Новый({})", self.expr(name))
            }
            ExprKind::NewDynamic(name, params) => {
                format!("Новый({}, {})", self.expr(name), self.expr(params))
            }
            ExprKind::Await(operand) => format!("Ждать {}", self.expr(operand)),
            ExprKind::Bad => "@".into(),
        }
    }
}

fn sign(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "+",
        BinaryOp::Sub => "-",
        BinaryOp::Mul => "*",
        BinaryOp::Div => "/",
        BinaryOp::Rem => "%",
        BinaryOp::Eq => "=",
        BinaryOp::Ne => "<>",
        BinaryOp::Lt => "<",
        BinaryOp::Gt => ">",
        BinaryOp::Le => "<=",
        BinaryOp::Ge => ">=",
        BinaryOp::And => "И",
        BinaryOp::Or => "ИЛИ",
    }
}
