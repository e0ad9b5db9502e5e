//! Cells as values of Rust's types.

use std::borrow::Cow;

use serde::de::DeserializeOwned;

use super::Cell;
use crate::values::fit::{exact_double, shortest};

/// A type that a cell converts to. Nothing is rounded or cut off: what the type cannot hold is a
/// [`Mismatch`].
///
/// | Rust | cells |
/// |---|---|
/// | `bool` | booleans; the integers 0 and 1, which `SQLite` and MySQL use as such |
/// | `i8` … `i64`, `u8` … `u64`, `isize`, `usize` | integers in their range; decimal numbers without a fraction |
/// | `f64` | floating-point numbers; integers up to 2^53 |
/// | `f32` | the same, if it is exact or written alike |
/// | `String`, `&str` | text |
/// | `Vec<u8>`, `&[u8]` | bytes |
/// | `Vec<T>` | arrays, also empty; for `f32` also vectors |
/// | `&[f32]` | vectors |
/// | `Option<T>` | what converts to `T`, and NULL as `None` |
/// | [`serde_json::Value`], [`Json`] | JSON documents |
/// | `NaiveDate`, `NaiveTime`, `NaiveDateTime`, `DateTime<Utc>`, `TimeDelta` of `chrono` | dates, times, dates and times without and with a zone, intervals; with the feature `chrono` |
/// | `Date`, `Time`, `PrimitiveDateTime`, `OffsetDateTime`, `Duration` of `time` | the same; with the feature `time` |
/// | `uuid::Uuid` | UUIDs; with the feature `uuid` |
/// | `rust_decimal::Decimal` | decimal numbers and integers; with the feature `rust_decimal` |
///
/// A type of your own converts what another one has read:
///
/// ```
/// use oxyde_driver::{Cell, FromCell, Mismatch};
///
/// struct Email(String);
///
/// impl<'a> FromCell<'a> for Email {
///     fn from_cell(cell: Cell<'a>) -> Result<Self, Mismatch> {
///         let text = String::from_cell(cell)?;
///         if !text.contains('@') {
///             return Err(Mismatch::new("an e-mail address", format!("{text:?}")));
///         }
///         Ok(Email(text))
///     }
/// }
///
/// assert!(Email::from_cell(Cell::Text("a@example.org")).is_ok());
/// let mismatch = Email::from_cell(Cell::Null).err();
/// assert_eq!(mismatch, Some(Mismatch::new("text", "NULL")));
/// ```
#[diagnostic::on_unimplemented(
    message = "a column does not convert to `{Self}`",
    note = "dates, UUIDs and decimal numbers need the features `chrono`, `time`, `uuid` or \
            `rust_decimal` of oxyde-driver",
    note = "implement `oxyde_driver::FromCell` for a type of your own"
)]
pub trait FromCell<'a>: Sized {
    /// Convert a cell.
    ///
    /// # Errors
    /// The cell is not such a value.
    fn from_cell(cell: Cell<'a>) -> Result<Self, Mismatch>;

    /// Convert an array: lists of some types have cells of their own.
    ///
    /// # Errors
    /// The cell is not a list of such values.
    #[doc(hidden)]
    fn list_from_cell(cell: Cell<'a>) -> Result<Vec<Self>, Mismatch> {
        match cell {
            Cell::List(items) => items.iter().map(Self::from_cell).collect(),
            other => Err(Mismatch::of("an array", other)),
        }
    }
}

/// The value of a cell is not of the wanted type.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("expected {expected}, got {found}")]
#[non_exhaustive]
pub struct Mismatch {
    /// The wanted kind of value.
    pub expected: Cow<'static, str>,
    /// The kind of value that was there, or the value itself.
    pub found: Cow<'static, str>,
}

impl Mismatch {
    /// Create it from what was wanted and what was there, both with an article: `a date`.
    #[must_use]
    pub fn new(
        expected: impl Into<Cow<'static, str>>,
        found: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            expected: expected.into(),
            found: found.into(),
        }
    }

    /// Create it for a cell of another kind. The error does not contain its value, which may be private.
    #[must_use]
    pub fn of(expected: impl Into<Cow<'static, str>>, cell: Cell<'_>) -> Self {
        Self::new(expected, cell.kind())
    }
}

impl Cell<'_> {
    /// The kind of the value, with an article, for errors.
    fn kind(self) -> &'static str {
        match self {
            Self::Null => "NULL",
            Self::Bool(_) => "a boolean",
            Self::Int(_) => "an integer",
            Self::Double(_) => "a floating-point number",
            Self::Decimal(_) => "a decimal number",
            Self::Text(_) => "text",
            Self::Bytes(_) => "bytes",
            Self::Date(_) => "a date",
            Self::Time(_) => "a time",
            Self::DateTime(_) => "a date and time without a zone",
            Self::TimestampTz(_) => "a date and time with a zone",
            Self::Interval(_) => "an interval",
            Self::Uuid(_) => "a UUID",
            Self::Json(_) => "a JSON document",
            Self::List(_) => "an array",
            Self::Vector(_) => "a vector",
            Self::Range(_) => "a range",
        }
    }
}

impl<'a, T: FromCell<'a>> FromCell<'a> for Option<T> {
    fn from_cell(cell: Cell<'a>) -> Result<Self, Mismatch> {
        match cell {
            Cell::Null => Ok(None),
            cell => T::from_cell(cell).map(Some),
        }
    }
}

impl<'a, T: FromCell<'a>> FromCell<'a> for Vec<T> {
    fn from_cell(cell: Cell<'a>) -> Result<Self, Mismatch> {
        T::list_from_cell(cell)
    }
}

/// Any value, unchanged.
impl<'a> FromCell<'a> for Cell<'a> {
    fn from_cell(cell: Cell<'a>) -> Result<Self, Mismatch> {
        Ok(cell)
    }
}

impl FromCell<'_> for bool {
    fn from_cell(cell: Cell<'_>) -> Result<Self, Mismatch> {
        match cell {
            Cell::Bool(truth) => Ok(truth),
            Cell::Int(0) => Ok(false),
            Cell::Int(1) => Ok(true),
            other => Err(Mismatch::of("a boolean", other)),
        }
    }
}

/// Convert an integer, or a decimal number without a fraction: the sum of integers is one on some
/// databases.
fn integer<T: TryFrom<i128>>(cell: Cell<'_>, expected: &'static str) -> Result<T, Mismatch> {
    let wide = match cell {
        Cell::Int(int) => Some(i128::from(int)),
        Cell::Decimal(text) => text.parse().ok(),
        _ => None,
    };
    let Some(wide) = wide else {
        return Err(Mismatch::of(expected, cell));
    };
    T::try_from(wide).map_err(|_| Mismatch::new(expected, wide.to_string()))
}

macro_rules! integers {
    ($($ty:ty: $expected:literal),*) => {$(
        impl FromCell<'_> for $ty {
            fn from_cell(cell: Cell<'_>) -> Result<Self, Mismatch> {
                integer(cell, $expected)
            }
        }
    )*};
}

integers! {
    i8: "a signed integer of 8 bits",
    i16: "a signed integer of 16 bits",
    i32: "a signed integer of 32 bits",
    i64: "a signed integer of 64 bits",
    isize: "a signed integer of the machine's size",
    u16: "an unsigned integer of 16 bits",
    u32: "an unsigned integer of 32 bits",
    u64: "an unsigned integer of 64 bits",
    usize: "an unsigned integer of the machine's size"
}

impl<'a> FromCell<'a> for u8 {
    fn from_cell(cell: Cell<'a>) -> Result<Self, Mismatch> {
        integer(cell, "an unsigned integer of 8 bits")
    }

    fn list_from_cell(cell: Cell<'a>) -> Result<Vec<Self>, Mismatch> {
        <&[u8]>::from_cell(cell).map(<[u8]>::to_vec)
    }
}

impl FromCell<'_> for f64 {
    fn from_cell(cell: Cell<'_>) -> Result<Self, Mismatch> {
        const EXPECTED: &str = "a floating-point number";
        match cell {
            Cell::Double(number) => Ok(number),
            Cell::Int(int) => {
                exact_double(int).map_err(|_| Mismatch::new(EXPECTED, int.to_string()))
            }
            other => Err(Mismatch::of(EXPECTED, other)),
        }
    }
}

impl<'a> FromCell<'a> for f32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::float_cmp,
        reason = "what the truncation changes is refused"
    )]
    fn from_cell(cell: Cell<'a>) -> Result<Self, Mismatch> {
        let wide = f64::from_cell(cell)?;
        let number = wide as f32;
        if wide.is_nan() || f64::from(number) == wide || shortest(number) == wide {
            Ok(number)
        } else {
            let expected = "a floating-point number of 32 bits";
            Err(Mismatch::new(expected, wide.to_string()))
        }
    }

    fn list_from_cell(cell: Cell<'a>) -> Result<Vec<Self>, Mismatch> {
        match cell {
            Cell::Vector(numbers) => Ok(numbers.to_vec()),
            Cell::List(items) => items.iter().map(Self::from_cell).collect(),
            other => Err(Mismatch::of("a vector", other)),
        }
    }
}

impl<'a> FromCell<'a> for &'a [f32] {
    fn from_cell(cell: Cell<'a>) -> Result<Self, Mismatch> {
        match cell {
            Cell::Vector(numbers) => Ok(numbers),
            other => Err(Mismatch::of("a vector", other)),
        }
    }
}

impl<'a> FromCell<'a> for &'a str {
    fn from_cell(cell: Cell<'a>) -> Result<Self, Mismatch> {
        match cell {
            Cell::Text(text) => Ok(text),
            other => Err(Mismatch::of("text", other)),
        }
    }
}

impl FromCell<'_> for String {
    fn from_cell(cell: Cell<'_>) -> Result<Self, Mismatch> {
        <&str>::from_cell(cell).map(str::to_owned)
    }
}

impl<'a> FromCell<'a> for &'a [u8] {
    fn from_cell(cell: Cell<'a>) -> Result<Self, Mismatch> {
        match cell {
            Cell::Bytes(bytes) => Ok(bytes),
            other => Err(Mismatch::of("bytes", other)),
        }
    }
}

impl FromCell<'_> for serde_json::Value {
    fn from_cell(cell: Cell<'_>) -> Result<Self, Mismatch> {
        Json::from_cell(cell).map(|Json(value)| value)
    }
}

/// A value that is stored as a JSON document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned> FromCell<'_> for Json<T> {
    fn from_cell(cell: Cell<'_>) -> Result<Self, Mismatch> {
        match cell {
            Cell::Json(text) => serde_json::from_str(text).map(Json).map_err(|problem| {
                let expected = format!("a JSON document of `{}`", std::any::type_name::<T>());
                Mismatch::new(expected, format!("one that differs: {problem}"))
            }),
            other => Err(Mismatch::of("a JSON document", other)),
        }
    }
}

#[cfg(feature = "uuid")]
impl FromCell<'_> for uuid::Uuid {
    fn from_cell(cell: Cell<'_>) -> Result<Self, Mismatch> {
        match cell {
            Cell::Uuid(bytes) => Ok(Self::from_bytes(*bytes)),
            other => Err(Mismatch::of("a UUID", other)),
        }
    }
}

#[cfg(feature = "rust_decimal")]
impl FromCell<'_> for rust_decimal::Decimal {
    fn from_cell(cell: Cell<'_>) -> Result<Self, Mismatch> {
        match cell {
            Cell::Int(int) => Ok(int.into()),
            Cell::Decimal(text) => Self::from_str_exact(text).map_err(|_| {
                Mismatch::new("a decimal number of at most 28 digits", text.to_owned())
            }),
            other => Err(Mismatch::of("a decimal number", other)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn refused<'a, T: FromCell<'a> + std::fmt::Debug>(cell: Cell<'a>) -> String {
        T::from_cell(cell).unwrap_err().to_string()
    }

    #[test]
    fn what_a_type_cannot_hold_is_refused() {
        assert_eq!(
            refused::<i16>(Cell::Int(70_000)),
            "expected a signed integer of 16 bits, got 70000"
        );
        assert_eq!(
            refused::<u64>(Cell::Decimal("-1")),
            "expected an unsigned integer of 64 bits, got -1"
        );
        assert_eq!(
            refused::<i64>(Cell::Decimal("1.5")),
            "expected a signed integer of 64 bits, got a decimal number"
        );
        assert_eq!(
            refused::<bool>(Cell::Int(2)),
            "expected a boolean, got an integer"
        );
        assert_eq!(refused::<String>(Cell::Null), "expected text, got NULL");
        assert_eq!(
            refused::<f64>(Cell::Int((1 << 53) + 1)),
            "expected a floating-point number, got 9007199254740993"
        );
        assert_eq!(
            refused::<f32>(Cell::Double(0.123_456_789)),
            "expected a floating-point number of 32 bits, got 0.123456789"
        );
        assert_eq!(
            refused::<Json<bool>>(Cell::Json("1")),
            "expected a JSON document of `bool`, got one that differs: invalid type: integer `1`, \
             expected a boolean at line 1 column 1"
        );
    }

    #[test]
    fn what_is_the_same_value_converts() {
        assert_eq!(bool::from_cell(Cell::Int(1)), Ok(true));
        assert_eq!(
            u64::from_cell(Cell::Decimal("18446744073709551615")),
            Ok(u64::MAX)
        );
        assert_eq!(f64::from_cell(Cell::Int(7)), Ok(7.0));
        assert_eq!(f32::from_cell(Cell::Double(0.1)), Ok(0.1));
        assert_eq!(
            f32::from_cell(Cell::Double(f64::INFINITY)),
            Ok(f32::INFINITY)
        );
        assert_eq!(Option::<i64>::from_cell(Cell::Null), Ok(None));
        assert_eq!(Vec::<u8>::from_cell(Cell::Bytes(b"ab")), Ok(b"ab".to_vec()));
        assert_eq!(Vec::<f32>::from_cell(Cell::Vector(&[1.5])), Ok(vec![1.5]));
        assert_eq!(Json::from_cell(Cell::Json("[1, 2]")), Ok(Json(vec![1, 2])));
    }

    proptest! {
        #[test]
        fn integers_keep_their_value(int: i64) {
            let cell = Cell::Int(int);
            prop_assert_eq!(i64::from_cell(cell), Ok(int));
            prop_assert_eq!(i8::from_cell(cell).ok(), i8::try_from(int).ok());
            prop_assert_eq!(u8::from_cell(cell).ok(), u8::try_from(int).ok());
            prop_assert_eq!(u32::from_cell(cell).ok(), u32::try_from(int).ok());
            prop_assert_eq!(u64::from_cell(cell).ok(), u64::try_from(int).ok());
            let text = int.to_string();
            prop_assert_eq!(i64::from_cell(Cell::Decimal(&text)), Ok(int));
        }

        #[test]
        fn floats_keep_their_value(number: f32) {
            let cell = Cell::Double(shortest(number));
            prop_assert!(f32::from_cell(cell).is_ok_and(|same| same.to_bits() == number.to_bits() || same.is_nan()));
        }
    }
}
