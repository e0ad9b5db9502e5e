//! Rust values as [`Value`]s.

use std::borrow::Cow;
use std::fmt::Display;

use super::Value;

/// A type whose lists are arrays: not `u8`, whose lists are bytes, nor `f32`, whose lists are
/// vectors.
pub trait ArrayItem: Into<Value> {}

/// Implements the conversion of a type that is an item of arrays, too.
macro_rules! from {
    ($($ty:ty => |$value:ident| $to:expr;)*) => {$(
        impl From<$ty> for Value {
            fn from($value: $ty) -> Self {
                $to
            }
        }

        impl ArrayItem for $ty {}
    )*};
}

#[cfg(any(feature = "chrono", feature = "time"))]
pub(super) use from;

from! {
    bool => |value| Value::Bool(value);
    i8 => |value| Value::Int(value.into());
    i16 => |value| Value::Int(value.into());
    i32 => |value| Value::Int(value.into());
    i64 => |value| Value::Int(value);
    u16 => |value| Value::Int(value.into());
    u32 => |value| Value::Int(value.into());
    isize => |value| integer(value);
    u64 => |value| integer(value);
    usize => |value| integer(value);
    f64 => |value| Value::Double(value);
    String => |value| Value::Text(value);
    &str => |value| Value::Text(value.to_owned());
    &String => |value| Value::Text(value.clone());
    Cow<'_, str> => |value| Value::Text(value.into_owned());
    Vec<u8> => |value| Value::Bytes(value);
    &[u8] => |value| Value::Bytes(value.to_vec());
}

impl ArrayItem for Value {}

/// What BIGINT cannot hold fits the databases' decimal numbers.
fn integer<T: Copy + Display + TryInto<i64>>(int: T) -> Value {
    int.try_into()
        .map_or_else(|_| Value::Decimal(int.to_string()), Value::Int)
}

impl From<u8> for Value {
    fn from(value: u8) -> Self {
        Value::Int(value.into())
    }
}

/// The number of 64 bits that is written like this one of 32: 0.1 stays 0.1.
impl From<f32> for Value {
    fn from(value: f32) -> Self {
        Value::Double(value.to_string().parse().unwrap_or(f64::from(value)))
    }
}

impl<const N: usize> From<&[u8; N]> for Value {
    fn from(value: &[u8; N]) -> Self {
        Value::Bytes(value.to_vec())
    }
}

/// `None` is NULL.
impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}

/// An array.
impl<T: ArrayItem> From<Vec<T>> for Value {
    fn from(items: Vec<T>) -> Self {
        Value::List(items.into_iter().map(Into::into).collect())
    }
}

/// An array.
impl<T: ArrayItem + Clone> From<&[T]> for Value {
    fn from(items: &[T]) -> Self {
        Value::List(items.iter().cloned().map(Into::into).collect())
    }
}

/// An array.
impl<T: ArrayItem, const N: usize> From<[T; N]> for Value {
    fn from(items: [T; N]) -> Self {
        Value::List(items.into_iter().map(Into::into).collect())
    }
}

/// The array of items that may be NULL.
impl<T: ArrayItem> ArrayItem for Option<T> {}

/// A vector.
impl From<Vec<f32>> for Value {
    fn from(numbers: Vec<f32>) -> Self {
        Value::Vector(numbers)
    }
}

/// A vector.
impl From<&[f32]> for Value {
    fn from(numbers: &[f32]) -> Self {
        Value::Vector(numbers.to_vec())
    }
}

#[cfg(feature = "serde_json")]
from! {
    serde_json::Value => |value| Value::Json(value.to_string());
    &serde_json::Value => |value| Value::Json(value.to_string());
}

#[cfg(feature = "uuid")]
from! {
    uuid::Uuid => |value| Value::Uuid(value.into_bytes());
}

#[cfg(feature = "rust_decimal")]
from! {
    rust_decimal::Decimal => |value| Value::Decimal(value.to_string());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_bytes_and_floats_are_not_arrays() {
        assert_eq!(Value::from(vec![1_u8]), Value::Bytes(vec![1]));
        assert_eq!(Value::from(vec![1.5_f32]), Value::Vector(vec![1.5]));
        assert_eq!(
            Value::from(vec![Some(1), None]),
            Value::List(vec![Value::Int(1), Value::Null])
        );
        assert_eq!(
            Value::from(["a", "b"]),
            Value::List(vec!["a".into(), "b".into()])
        );
    }

    #[test]
    fn numbers_keep_their_value() {
        assert_eq!(Value::from(0.1_f32), Value::Double(0.1));
        assert_eq!(Value::from(7_u64), Value::Int(7));
        assert_eq!(
            Value::from(u64::MAX),
            Value::Decimal("18446744073709551615".to_owned())
        );
    }
}
