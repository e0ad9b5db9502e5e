//! Converts Python values to [`Value`]s, by the types of the plan.
//!
//! Only the plan determines what a value is sent as. A value that does not fit is an error here,
//! before anything is sent: nothing is rounded, truncated, or parsed from a string.

mod binary;
mod decimal;
mod display;
mod json;
mod list;
mod number;
mod range;
mod raw;
mod temporal;
mod text;
mod types;
mod vector;

pub(crate) use display::shown;
use oxyde_sql::plan::Form;
use oxyde_sql::search::{SearchForm, SearchSyntax, search_text};
use oxyde_sql::types::ColumnType;
use oxyde_sql::value::Value;
use pyo3::prelude::*;
pub(crate) use raw::raw;

use crate::error::Errors;

/// A param of a plan: how its value is sent, and its name in errors.
pub(crate) struct Slot {
    /// Its name in errors: `User.age`.
    pub(crate) label: String,
    /// Whether it belongs to a lookup.
    pub(crate) lookup: bool,
    /// Whether its values are not shown in logs.
    pub(crate) secret: bool,
    /// Its type and form; `None` if the statement does not use it.
    pub(crate) target: Option<(ColumnType, Form)>,
}

/// Values that a database cannot store, and that are therefore refused for all of its columns.
#[expect(
    clippy::struct_excessive_bools,
    reason = "a table of independent yes/no facts"
)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// NaN in a floating-point column.
    pub(crate) nan: bool,
    /// Infinity in a floating-point column.
    pub(crate) infinity: bool,
    /// NaN and infinity in a decimal column.
    pub(crate) decimal_special: bool,
    /// The character U+0000 in text and JSON.
    pub(crate) nul_in_text: bool,
    /// JSON numbers of any size; otherwise those from the smallest `i64` to the largest `u64`.
    pub(crate) exact_json_numbers: bool,
    /// Maximum nesting of a JSON document.
    pub(crate) json_depth: usize,
}

impl Limits {
    /// Everything can be stored.
    pub(crate) const NONE: Limits = Limits {
        nan: true,
        infinity: true,
        decimal_special: true,
        nul_in_text: true,
        exact_json_numbers: true,
        json_depth: 512,
    };
}

/// Why a value cannot be bound.
pub(crate) enum Misfit {
    /// It does not fit: the problem, and what to do about it.
    Value(String, Option<String>),
    /// Python code called for the value raised.
    Raised(PyErr),
}

impl From<PyErr> for Misfit {
    fn from(error: PyErr) -> Self {
        Misfit::Raised(error)
    }
}

impl Misfit {
    fn new(message: impl Into<String>) -> Self {
        Misfit::Value(message.into(), None)
    }

    fn hint(self, hint: impl Into<String>) -> Self {
        match self {
            Misfit::Value(message, _) => Misfit::Value(message, Some(hint.into())),
            raised @ Misfit::Raised(_) => raised,
        }
    }

    /// `value` has the wrong type for a column that takes `takes`.
    fn wrong_type(value: &Bound<'_, PyAny>, takes: &str) -> Self {
        Misfit::new(format!("takes {takes}, not {}", type_name(value)))
    }
}

pub(crate) type Fit<T> = Result<T, Misfit>;

/// Return the name of a value's type as the user would write it.
pub(crate) fn type_name(value: &Bound<'_, PyAny>) -> String {
    value
        .get_type()
        .qualname()
        .map_or_else(|_| "object".to_owned(), |name| name.to_string())
}

/// The context of a param.
#[derive(Clone, Copy)]
struct Context {
    lookup: bool,
    limits: Limits,
}

impl Slot {
    /// Convert the value of this param.
    ///
    /// # Errors
    /// `FieldLookupValueError` or `FieldValueError` with the label, if the value does not fit.
    pub(crate) fn bind(&self, value: &Bound<'_, PyAny>, limits: Limits) -> PyResult<Value> {
        let Some((ty, form)) = &self.target else {
            return Ok(Value::Null);
        };
        let context = Context {
            lookup: self.lookup,
            limits,
        };
        let bound = match form {
            Form::Scalar
            | Form::Since
            | Form::Until
            | Form::Contains
            | Form::StartsWith
            | Form::EndsWith
            | Form::Beyond
            | Form::Like => convert(value, ty, context),
            Form::Search { syntax, form } => searched(value, *syntax, *form, context),
            Form::Array | Form::JsonList | Form::Item(_) => list::lookup_list(value, ty, context),
        };
        bound.map_err(|misfit| self.refuse(value.py(), misfit))
    }

    fn refuse(&self, py: Python<'_>, misfit: Misfit) -> PyErr {
        match misfit {
            Misfit::Raised(error) => error,
            Misfit::Value(message, hint) => Errors::get(py).refused_value(
                py,
                self.lookup,
                &format!("`{}` {message}", self.label),
                hint.as_deref(),
            ),
        }
    }
}

/// The text of a full-text search; it is translated later, but validated here.
fn searched(
    value: &Bound<'_, PyAny>,
    syntax: SearchSyntax,
    form: SearchForm,
    context: Context,
) -> Fit<Value> {
    let value = convert(value, &ColumnType::Text, context)?;
    if let Value::Text(text) = &value
        && let Err(hint) = search_text(text, form, syntax)
    {
        let message = "cannot search only for excluded words".to_owned();
        return Err(Misfit::Value(message, Some(hint.to_owned())));
    }
    Ok(value)
}

/// Convert a value to a column type. `None` is NULL for any type.
fn convert(value: &Bound<'_, PyAny>, ty: &ColumnType, context: Context) -> Fit<Value> {
    if value.is_none() {
        return Ok(Value::Null);
    }
    match ty {
        ColumnType::SmallInt => number::int(value, i16::MIN.into(), i16::MAX.into(), "small_int"),
        ColumnType::Integer => number::int(value, i32::MIN.into(), i32::MAX.into(), "integer"),
        ColumnType::BigInt => number::int(value, i64::MIN, i64::MAX, "big_int"),
        ColumnType::Double => number::double(value, context),
        ColumnType::Bool => number::boolean(value),
        ColumnType::Decimal { precision, scale } => {
            decimal::decimal(value, *precision, *scale, context)
        }
        ColumnType::Text => text::text(value, None, context),
        ColumnType::Varchar { length } => text::text(value, Some(*length), context),
        ColumnType::Enum { values, .. } => text::label(value, values, context),
        ColumnType::Inet => text::inet(value),
        ColumnType::Bytes => binary::bytes(value),
        ColumnType::Uuid => binary::uuid(value),
        ColumnType::Date => temporal::date(value),
        ColumnType::Time => temporal::time(value),
        ColumnType::DateTime => temporal::date_time(value),
        ColumnType::TimestampTz => temporal::timestamp_tz(value),
        ColumnType::Interval => temporal::interval(value),
        ColumnType::Json => json::json(value, context),
        ColumnType::Array { item } => list::array(value, item, context),
        ColumnType::Vector { dimensions } => vector::vector(value, *dimensions, context),
        ColumnType::Range { item } => range::range(value, *item, context),
        ColumnType::Custom { base, .. } => convert(value, base, context),
    }
}

/// Return the value of an enum member, so that members bind as their values.
fn enum_value<'py>(value: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    let types = types::Types::get(value.py());
    if value.is_instance(types.enumeration.bind(value.py()))? {
        return value.getattr("value").map(Some);
    }
    Ok(None)
}
