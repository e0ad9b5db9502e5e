//! Simple constraints, checked without Python.
//!
//! A check can only prove that a value is valid. Otherwise the row goes through the model's own
//! validator, which decides, and which creates the error.

use oxyde_driver::Cell;
use pyo3::prelude::*;

use crate::error::internal;

/// The constraints of a field that Rust can check. Absent ones are `None`.
#[derive(Default)]
pub(crate) enum Check {
    /// Every value of the column is valid.
    #[default]
    Nothing,
    Int(IntCheck),
    Float(FloatCheck),
    Text(TextCheck),
    Decimal(DecimalCheck),
    /// A JSON object with any content.
    JsonObject,
    /// A JSON array with any content.
    JsonArray,
    /// An array without NULL.
    NoNullItems,
}

#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct IntCheck {
    ge: Option<i64>,
    gt: Option<i64>,
    le: Option<i64>,
    lt: Option<i64>,
    multiple_of: Option<i64>,
}

#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct FloatCheck {
    ge: Option<f64>,
    gt: Option<f64>,
    le: Option<f64>,
    lt: Option<f64>,
    finite: bool,
}

#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct TextCheck {
    min_length: Option<usize>,
    max_length: Option<usize>,
}

/// Digits are counted as written, so `1.50` has three.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct DecimalCheck {
    max_digits: Option<usize>,
    decimal_places: Option<usize>,
}

impl Check {
    /// Read the constraints that `oxyde.hydration.recipe` found.
    pub(crate) fn read(kind: &str, arguments: &Bound<'_, PyAny>) -> PyResult<Check> {
        Ok(match kind {
            "int" => Check::Int(arguments.extract()?),
            "float" => Check::Float(arguments.extract()?),
            "str" => Check::Text(arguments.extract()?),
            "decimal" => Check::Decimal(arguments.extract()?),
            "json_object" => Check::JsonObject,
            "json_array" => Check::JsonArray,
            "no_null_items" => Check::NoNullItems,
            other => {
                return Err(internal(
                    arguments.py(),
                    &format!("unknown check `{other}`"),
                ));
            }
        })
    }

    /// Whether the value certainly satisfies the constraints.
    #[inline]
    pub(crate) fn passes(&self, cell: &Cell<'_>) -> bool {
        match (self, cell) {
            (Check::Nothing, _) => true,
            (Check::Int(check), Cell::Int(value)) => check.passes(*value),
            (Check::Float(check), Cell::Double(value)) => check.passes(*value),
            (Check::Text(check), Cell::Text(value)) => check.passes(value),
            (Check::Decimal(check), Cell::Decimal(value)) => check.passes(value),
            (Check::JsonObject, Cell::Json(text)) => text.trim_ascii_start().starts_with('{'),
            (Check::JsonArray, Cell::Json(text)) => text.trim_ascii_start().starts_with('['),
            (Check::NoNullItems, Cell::List(items)) => {
                items.iter().all(|item| !matches!(item, Cell::Null))
            }
            _ => false,
        }
    }
}

impl IntCheck {
    fn passes(&self, value: i64) -> bool {
        self.ge.is_none_or(|bound| value >= bound)
            && self.gt.is_none_or(|bound| value > bound)
            && self.le.is_none_or(|bound| value <= bound)
            && self.lt.is_none_or(|bound| value < bound)
            && self
                .multiple_of
                .is_none_or(|step| value.checked_rem(step) == Some(0))
    }
}

impl FloatCheck {
    fn passes(&self, value: f64) -> bool {
        (!self.finite || value.is_finite())
            && self.ge.is_none_or(|bound| value >= bound)
            && self.gt.is_none_or(|bound| value > bound)
            && self.le.is_none_or(|bound| value <= bound)
            && self.lt.is_none_or(|bound| value < bound)
    }
}

impl TextCheck {
    fn passes(&self, value: &str) -> bool {
        // A string has at most as many characters as bytes, and at least a quarter as many.
        let bytes = value.len();
        let shortest = bytes.div_ceil(4);
        let short_enough = self.max_length.is_none_or(|most| bytes <= most);
        let long_enough = self.min_length.is_none_or(|least| shortest >= least);
        if short_enough && long_enough {
            return true;
        }
        let characters = value.chars().count();
        self.max_length.is_none_or(|most| characters <= most)
            && self.min_length.is_none_or(|least| characters >= least)
    }
}

impl DecimalCheck {
    fn passes(&self, value: &str) -> bool {
        let digits = value.strip_prefix('-').unwrap_or(value);
        if !digits.as_bytes().first().is_some_and(u8::is_ascii_digit) {
            return false; // NaN, Infinity
        }
        let (whole, fraction) = digits
            .split_once('.')
            .map_or((digits, 0), |(whole, rest)| (whole, rest.len()));
        let whole = whole.trim_start_matches('0').len();
        let places = self.decimal_places;
        self.max_digits.is_none_or(|most| whole + fraction <= most)
            && places.is_none_or(|places| fraction <= places)
            && match (self.max_digits, places) {
                (Some(most), Some(places)) => whole + places <= most,
                _ => true,
            }
    }
}
