//! Which values and expressions a column is compared with or set to.

use super::part::Part;
use super::{Aggregate, Column, Expr, Expression, Field, SqlType};
use crate::ir;
use crate::types::ColumnType;
use crate::value::Value;

/// A value for a column of `F`: of its type, or NULL where that is allowed.
pub trait IntoValue<F: Field> {
    /// The value to bind.
    fn into_value(self) -> Value;
}

/// A value or an expression that a column of `F` is compared with or set to.
pub trait IntoOperand<F: Field> {
    /// The value or expression.
    fn into_operand(self) -> Operand;
}

/// A value that gets its type from its place, or an expression.
#[derive(Clone, Debug)]
pub struct Operand(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Value(Value),
    Expr(Part<ir::Expr>),
}

impl Operand {
    /// The expression; a value is sent as this type.
    pub(super) fn typed(self, ty: &ColumnType) -> Part<ir::Expr> {
        match self.0 {
            Kind::Value(value) => Part {
                node: ir::Expr::param(0, ty.clone()),
                values: vec![value],
            },
            Kind::Expr(part) => part,
        }
    }
}

macro_rules! values {
    ($([$($generic:tt)*] $given:ty => $field:ty: $given_name:ident -> $value:expr;)+) => {
        $(
            impl<$($generic)*> IntoValue<$field> for $given {
                fn into_value(self) -> Value {
                    let $given_name = self;
                    $value
                }
            }

            impl<$($generic)*> IntoOperand<$field> for $given {
                fn into_operand(self) -> Operand {
                    Operand(Kind::Value(IntoValue::<$field>::into_value(self)))
                }
            }
        )+
    };
}

values! {
    [T: SqlType] T => T: value -> value.into();
    [T: SqlType] T => Option<T>: value -> value.into();
    [T: SqlType] Option<T> => Option<T>: value -> value.map_or(Value::Null, Into::into);
    [] &str => String: text -> Value::Text(text.to_owned());
    [] &str => Option<String>: text -> Value::Text(text.to_owned());
    [] &String => String: text -> Value::Text(text.clone());
    [] &String => Option<String>: text -> Value::Text(text.clone());
    [] &[u8] => Vec<u8>: bytes -> Value::Bytes(bytes.to_vec());
    [] &[u8] => Option<Vec<u8>>: bytes -> Value::Bytes(bytes.to_vec());
}

macro_rules! expressions {
    ($($expression:ty => $field:ty;)+) => {
        $(impl<T: SqlType> IntoOperand<$field> for $expression {
            fn into_operand(self) -> Operand {
                Operand(Kind::Expr(self.into_expr().part))
            }
        })+
    };
}

expressions! {
    Expr<T> => T;
    Expr<T> => Option<T>;
    Aggregate<T> => T;
    Aggregate<T> => Option<T>;
    Column<T> => T;
    Column<T> => Option<T>;
    Column<Option<T>> => T;
    Column<Option<T>> => Option<T>;
}
