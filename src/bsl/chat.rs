//! Code typed into a chat: is it code at all, and what does it give (D2 of the requirements).

use crate::bytecode::program::Program;
use crate::check::resolve::check_expression;
use crate::check::scope::ModuleView;
use crate::check::{Scratch, World, check};
use crate::diagnostic::Diagnostic;
use crate::syntax::ast::{BinaryOp, ExprId, ExprKind, StmtKind, Tree};
use crate::syntax::parser::{parse, parse_expression};
use crate::value::Value;
use crate::vm::Vm;
use crate::vm::error::Fault;

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChatCode {
    /// No code: it does not compile against the known names, or says nothing («1», «Документы»).
    NotCode,
    /// An expression with a value.
    Expression,
    /// Something to do: the answer is what Сообщить said.
    Statements,
}

/// Longest text that is tried: a person types no more, and every text of a chat comes by here.
const LENGTH_MAX: usize = 64 << 10;

impl Program {
    /// Problems of a text as an expression or as statements, against the environment and the common
    /// modules of this program.
    #[must_use]
    pub fn check_text(&self, text: &str, expression: bool) -> Vec<Diagnostic> {
        if expression {
            self.check_as_expression(text).1
        } else {
            self.check_as_statements(text).1
        }
    }

    fn check_as_expression(&self, text: &str) -> ((Tree, ExprId), Vec<Diagnostic>) {
        let mut names = self.names.clone();
        let (tree, expr, mut problems) = parse_expression(text, &mut names);
        if problems.is_empty() {
            let view = ModuleView::default();
            let world = World {
                names: &names,
                globals: &self.globals,
                view: &view,
                text,
                around: "",
            };
            problems = check_expression(&tree, expr, world, &[]).problems;
        }
        ((tree, expr), problems)
    }

    fn check_as_statements(&self, text: &str) -> (Tree, Vec<Diagnostic>) {
        let mut names = self.names.clone();
        let (tree, mut problems) = parse(text, &mut names);
        if problems.is_empty() {
            let view = ModuleView::of(&tree);
            let world = World {
                names: &names,
                globals: &self.globals,
                view: &view,
                text,
                around: "",
            };
            problems = check(&tree, world, &mut Scratch::default()).problems;
        }
        (tree, problems)
    }

    /// Whether a text that could be read as a comparison assigns to a variable of the environment:
    /// `_Результат = 2 * 2` without a `;`.
    #[must_use]
    pub fn is_assignment(&self, text: &str) -> bool {
        let ((tree, expr), problems) = self.check_as_expression(text);
        problems.is_empty() && self.begins_with_assignment(&tree, expr)
    }

    fn begins_with_assignment(&self, tree: &Tree, mut expr: ExprId) -> bool {
        while let ExprKind::Binary(op, left, _) = tree.expr(expr).kind {
            if let (BinaryOp::Eq, ExprKind::Name(name)) = (op, tree.expr(left).kind) {
                return self.globals.variables.contains_key(&name);
            }
            expr = left;
        }
        false
    }

    /// Classifies a text of a chat.
    #[must_use]
    pub fn classify_chat(&self, text: &str) -> ChatCode {
        if text.len() > LENGTH_MAX {
            return ChatCode::NotCode;
        }
        let ((tree, expr), problems) = self.check_as_expression(text);
        if problems.is_empty() && !self.begins_with_assignment(&tree, expr) {
            return if is_lone(&tree, expr) {
                ChatCode::NotCode
            } else {
                ChatCode::Expression
            };
        }
        let (tree, problems) = self.check_as_statements(text);
        let says_something = tree
            .body
            .iter()
            .any(|statement| !matches!(statement.kind, StmtKind::Label(_)));
        // Methods and variables belong to modules: a chat has neither.
        if problems.is_empty() && says_something && tree.methods.is_empty() && tree.vars.is_empty()
        {
            ChatCode::Statements
        } else {
            ChatCode::NotCode
        }
    }
}

/// A name or a literal alone, also with a sign; brackets leave nothing in the tree.
fn is_lone(tree: &Tree, mut expr: ExprId) -> bool {
    loop {
        match tree.expr(expr).kind {
            ExprKind::Unary(_, operand) => expr = operand,
            ExprKind::Literal(_) | ExprKind::Name(_) | ExprKind::Bad => return true,
            _ => return false,
        }
    }
}

impl Vm<'_> {
    /// Runs a text of a chat: gives an expression's value; statements give Неопределено and leave their
    /// answer in the variables of the environment.
    pub fn run_chat(&mut self, text: &str, code: ChatCode) -> Result<Value, Fault> {
        let account = self.account();
        let _entered = account.enter();
        self.restart_clock();
        match code {
            ChatCode::NotCode => Ok(Value::Undefined),
            ChatCode::Expression => self.run_alone(text, true),
            ChatCode::Statements => self.run_alone(text, false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Environment, Host, Limits, Source};

    fn program() -> Program {
        let environment = Environment {
            variables: vec!["_Результат".into()],
            properties: vec!["Документы".into()],
            ..Environment::default()
        };
        let common = Source {
            name: "Общий".into(),
            text: "Функция Пять() Экспорт Возврат 5; КонецФункции".into(),
            common: true,
        };
        Program::compile(&environment, &[common])
    }

    #[test]
    fn what_people_write_is_no_code() {
        let program = program();
        for text in [
            "Возврат",
            "Документы",
            "Выбор",
            "Дата",
            "8 800",
            "06.02",
            "https://example.org/a?b=1",
            "#тег",
            "1",
            "-5",
            "(1)",
            "(Документы)",
            "Общий",
            "\"а\"",
            "Привет",
            "Привет, как дела?",
            "",
            ";",
            "// замечание",
            "~метка:",
            "#Область А\n#КонецОбласти",
            "Если",
            "2 + ",
            "А",
            "- (1)",
            "'20240101'",
            "Истина",
            "Неопределено",
            "алгоритм 1",
            "Сумма = ",
            "Нечто()",
            "Процедура А() КонецПроцедуры",
            "НЕ Истина",
            "Перем А;",
        ] {
            assert_eq!(program.classify_chat(text), ChatCode::NotCode, "{text}");
        }
    }

    #[test]
    fn code_is_code() {
        let program = program();
        for (text, code) in [
            ("2 + 2", ChatCode::Expression),
            ("СтрДлина(\"а\")", ChatCode::Expression),
            ("Общий.Пять()", ChatCode::Expression),
            ("Документы.Найти(1)", ChatCode::Expression),
            ("А = 5", ChatCode::Statements),
            ("_Результат = 5", ChatCode::Statements),
            ("_Результат = 1 = 1 И Истина", ChatCode::Statements),
            ("_Результат + 1 = 5", ChatCode::Expression),
            ("5 = _Результат", ChatCode::Expression),
            ("Сообщить(1)", ChatCode::Statements),
            (
                "_Результат = 1; _Результат = _Результат + 1;",
                ChatCode::Statements,
            ),
            ("Для А = 1 По 2 Цикл КонецЦикла", ChatCode::Statements),
        ] {
            assert_eq!(program.classify_chat(text), code, "{text}");
        }
    }

    struct Nobody;
    impl Host for Nobody {}

    #[test]
    fn code_runs() {
        let program = program();
        let mut host = Nobody;
        let mut vm = Vm::new(&program, &mut host, Limits::default());
        let value = vm
            .run_chat("Общий.Пять() * 2", ChatCode::Expression)
            .expect("it runs");
        assert_eq!(value.as_i64(), Some(10));
        assert!(
            vm.run_chat("А = 3; _Результат = А + 1;", ChatCode::Statements)
                .is_ok()
        );
        assert_eq!(vm.variable("_Результат").and_then(Value::as_i64), Some(4));
        let error = vm
            .run_chat("1 / 0", ChatCode::Expression)
            .expect_err("it fails");
        assert_eq!(vm.error_description(&error.0), "{(1)}: Деление на 0");
    }
}
