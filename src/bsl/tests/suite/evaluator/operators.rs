//! Operators, conversions and the few functions that the second evaluator knows.

use super::*;

impl Evaluator<'_> {
    pub(super) fn function(&mut self, name: &str, args: &[Value], pos: u32) -> Outcome<Value> {
        let number = |value: usize| Value::Number(Number::from_i64(value as i64));
        match (name, args) {
            ("Сообщить", [value]) => {
                let text = self.show(value);
                if text.len() > 2_000 {
                    return Err(Stop::Abandoned);
                }
                self.lines.push(text);
                Ok(Value::Undefined)
            }
            ("СтрДлина", [value]) => Ok(number(self.show(value).encode_utf16().count())),
            ("Строка", [value]) => Ok(Value::Str(self.show(value).as_str().into())),
            ("Лев", [value, Value::Number(count)]) => {
                let count = usize::try_from(count.to_i64_saturating()).unwrap_or(0);
                let text: String = self.show(value).chars().take(count).collect();
                Ok(Value::Str(text.as_str().into()))
            }
            ("Цел", [value]) => Ok(Value::Number(self.number(value, pos)?.trunc())),
            ("ОписаниеОшибки", []) => {
                let Some(raised) = self.handling.last() else {
                    return Ok(Value::Str("".into()));
                };
                let (at, _) = locate(self.text, raised.pos);
                let text = format!("{{М({})}}: {}", at.line, raised.text);
                Ok(Value::Str(text.as_str().into()))
            }
            ("ИнформацияОбОшибке", []) => match self.handling.last() {
                Some(raised) => Ok(Value::Info(Rc::clone(raised))),
                None => Err(Stop::Abandoned),
            },
            _ => Err(Stop::Abandoned),
        }
    }

    // ---- operators --------------------------------------------------------------------------

    pub(super) fn binary(
        &mut self,
        op: BinaryOp,
        a: &Value,
        b: &Value,
        pos: u32,
    ) -> Outcome<Value> {
        Ok(match op {
            BinaryOp::Eq => Value::Bool(equal(a, b)),
            BinaryOp::Ne => Value::Bool(!equal(a, b)),
            BinaryOp::Lt => Value::Bool(self.compare(a, b, pos)? == Ordering::Less),
            BinaryOp::Gt => Value::Bool(self.compare(a, b, pos)? == Ordering::Greater),
            BinaryOp::Le => Value::Bool(self.compare(a, b, pos)? != Ordering::Greater),
            BinaryOp::Ge => Value::Bool(self.compare(a, b, pos)? != Ordering::Less),
            BinaryOp::Add if matches!(a, Value::Str(_)) => {
                let text = self.show(a) + &self.show(b);
                if text.len() > 20_000 {
                    return Err(Stop::Abandoned);
                }
                Value::Str(text.as_str().into())
            }
            BinaryOp::Add | BinaryOp::Sub if matches!(a, Value::Date(_)) => {
                let Value::Date(date) = a else {
                    return Err(Stop::Abandoned);
                };
                if let (BinaryOp::Sub, Value::Date(other)) = (op, b) {
                    return Ok(Value::Number(date.seconds_since(*other)));
                }
                let seconds = self.number(b, pos)?;
                let seconds = if op == BinaryOp::Sub {
                    seconds.neg()
                } else {
                    seconds
                };
                match date.add_seconds(&seconds) {
                    Some(date) => Value::Date(date),
                    None => {
                        return fail(
                            "Значение даты вне допустимого диапазона (от 01.01.0001 до 31.12.3999)",
                            pos,
                        );
                    }
                }
            }
            _ => {
                let (x, y) = (self.number(a, pos)?, self.number(b, pos)?);
                let result = match op {
                    BinaryOp::Add => x.add(&y, DIGITS),
                    BinaryOp::Sub => x.sub(&y, DIGITS),
                    BinaryOp::Mul => x.mul(&y, DIGITS),
                    BinaryOp::Div => x.div(&y, DIGITS),
                    _ => x.rem(&y, DIGITS),
                };
                match (self.defect, op, number_or(result, pos)?) {
                    (Some(Defect::RemainderSign), BinaryOp::Rem, Value::Number(number))
                        if number.is_negative() != y.is_negative() && !number.is_zero() =>
                    {
                        Value::Number(number.neg())
                    }
                    (_, _, value) => value,
                }
            }
        })
    }

    pub(super) fn compare(&self, a: &Value, b: &Value, pos: u32) -> Outcome<Ordering> {
        match (a, b) {
            (Value::Number(_) | Value::Bool(_), Value::Number(_) | Value::Bool(_)) => {
                Ok(self.number(a, pos)?.cmp(&self.number(b, pos)?))
            }
            (Value::Str(a), Value::Str(b)) => Ok(if a == b {
                Ordering::Equal
            } else {
                collation::compare(a, b)
            }),
            (Value::Date(a), Value::Date(b)) => Ok(a.cmp(b)),
            _ => fail(
                "Операции сравнения на больше-меньше допустимы только для значений совпадающих примитивных типов (Булево, Число, Строка, Дата)",
                pos,
            ),
        }
    }

    pub(super) fn number(&self, value: &Value, pos: u32) -> Outcome<Number> {
        match value {
            Value::Number(number) => Ok(number.clone()),
            Value::Bool(value) => Ok(Number::from_i64(i64::from(*value))),
            Value::Str(text) => match Number::parse_1c(text, DIGITS) {
                Ok(number) => Ok(number),
                Err(_) => fail(NOT_A_NUMBER, pos),
            },
            _ => fail(NOT_A_NUMBER, pos),
        }
    }

    pub(super) fn boolean(&self, value: &Value, pos: u32) -> Outcome<bool> {
        match value {
            Value::Bool(value) => Ok(*value),
            Value::Number(number) => Ok(!number.is_zero()),
            Value::Str(text) => match text.trim().to_lowercase().as_str() {
                "да" | "истина" | "true" => Ok(true),
                "нет" | "ложь" | "false" => Ok(false),
                _ => fail(NOT_A_BOOLEAN, pos),
            },
            _ => fail(NOT_A_BOOLEAN, pos),
        }
    }

    pub(super) fn show(&self, value: &Value) -> String {
        match value {
            Value::Undefined | Value::Null => String::new(),
            Value::Bool(true) => "Да".into(),
            Value::Bool(false) => "Нет".into(),
            Value::Number(number) => number.to_1c_text(),
            Value::Str(text) => text.to_string(),
            Value::Date(date) => date.to_1c_text(),
            Value::Array(_) => "Массив".into(),
            Value::Structure(_) => "Структура".into(),
            Value::Info(info) => info.text.clone(),
        }
    }
}
