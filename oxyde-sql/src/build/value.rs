//! Which Rust types columns hold, and which values and expressions they accept.

use super::part::Part;
use super::{Aggregate, Column, Expr, Expression};
use crate::ir;
use crate::types::ColumnType;
use crate::value::Value;

/// A Rust type whose values a column holds.
///
/// Implement it for your own types, for example an enum whose labels a column holds:
///
/// ```
/// use oxyde_sql::build::SqlType;
/// use oxyde_sql::types::ColumnType;
/// use oxyde_sql::value::Value;
///
/// #[derive(Clone, Copy)]
/// enum Status { Open, Closed }
///
/// impl From<Status> for Value {
///     fn from(status: Status) -> Self {
///         Value::Text(match status { Status::Open => "open", Status::Closed => "closed" }.into())
///     }
/// }
///
/// impl SqlType for Status {
///     fn column_type() -> ColumnType {
///         ColumnType::Enum { name: "status".into(), values: vec!["open".into(), "closed".into()] }
///     }
/// }
/// ```
pub trait SqlType: Into<Value> {
    /// The type of a column of such values, unless its declaration says another.
    fn column_type() -> ColumnType;
}

/// What a column holds: values of a [`SqlType`], or an `Option` of one if NULL is allowed.
pub trait Field {
    /// The values that are not NULL.
    type Of: SqlType;
    /// Whether NULL is allowed.
    const NULLABLE: bool;
}

impl<T: SqlType> Field for T {
    type Of = T;
    const NULLABLE: bool = false;
}

impl<T: SqlType> Field for Option<T> {
    type Of = T;
    const NULLABLE: bool = true;
}

/// Text, for lookups such as [`icontains`](super::TextExpression::icontains). UUIDs and enums have
/// them too: they are searched as text.
pub trait Text: SqlType {}

/// Numbers, for arithmetic and sums.
pub trait Number: SqlType {
    /// The type of a sum of such numbers.
    type Sum: SqlType;
    /// The type of their average, and of a quotient of two of them.
    type Quotient: SqlType;
}

/// Dates, with or without a time.
pub trait Dated: SqlType {}

macro_rules! sql_types {
    ($($rust:ty = $ty:expr;)+) => {
        $(impl SqlType for $rust {
            fn column_type() -> ColumnType {
                $ty
            }
        })+
    };
}

sql_types! {
    i16 = ColumnType::SmallInt;
    i32 = ColumnType::Integer;
    i64 = ColumnType::BigInt;
    f64 = ColumnType::Double;
    bool = ColumnType::Bool;
    String = ColumnType::Text;
    Vec<u8> = ColumnType::Bytes;
}

impl Text for String {}

macro_rules! numbers {
    ($($number:ty => $sum:ty, $quotient:ty;)+) => {
        $(impl Number for $number {
            type Sum = $sum;
            type Quotient = $quotient;
        })+
    };
}

numbers! {
    i16 => i64, f64;
    i32 => i64, f64;
    i64 => i64, f64;
    f64 => f64, f64;
}

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
