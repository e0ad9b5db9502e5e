//! Binds values in SQLite's stored forms.

use oxyde_sql::plan::Bind;
use oxyde_sql::value::Value;

use super::functions::canonical;
use super::statement::Run;
use crate::error::DriverError;
use crate::values::calendar::{date_text, date_time_text, short, time_text};
use crate::values::fit::{Fitted, fit, is_finite_decimal, natural_type, uuid_text};
use crate::values::json_list::{Purpose, Style, list_text};
use crate::values::kind::NOT_HERE;
use crate::values::placeholder::{Sent, error, sent};

/// The format of lists.
pub(super) const STYLE: Style = Style {
    hex: true,
    utc: "+00:00",
    quoted_doubles: true,
};

/// Bind the values of a plan.
pub(super) fn values<'v>(
    run: &mut Run<'_, 'v>,
    binds: &'v [Bind],
    values: &'v [Value],
) -> Result<(), DriverError> {
    for (at, bind) in binds.iter().enumerate() {
        let param = bind.param as usize;
        let result = match sent(bind, values)? {
            Sent::Scalar(fitted) => scalar(run, at, fitted),
            Sent::Pattern(text) => Ok(run.bind_text_copy(at, &text)),
            Sent::JsonList(item, items) => list_text(item, items, Purpose::Lookup, STYLE)
                .map(|text| run.bind_text_copy(at, &text)),
            Sent::Array(..) => Err("SQLite expects lists as JSON".to_owned()),
        };
        check(result, param)?;
    }
    Ok(())
}

/// Bind the values of raw SQL, each with its own type.
pub(super) fn raw<'v>(run: &mut Run<'_, 'v>, values: &'v [Value]) -> Result<(), DriverError> {
    for (param, value) in values.iter().enumerate() {
        let result = match value {
            // Only this function has the type of a list, so it encodes the list.
            Value::List(items) => {
                let ty = natural_type(value);
                match &ty {
                    oxyde_sql::types::ColumnType::Array { item } => {
                        list_text(item, items, Purpose::Column, STYLE)
                            .map(|text| run.bind_text_copy(param, &text))
                    }
                    _ => Err("the list does not have a type".to_owned()),
                }
            }
            Value::Text(text) | Value::Json(text) => Ok(run.bind_text(param, text)),
            Value::Bytes(bytes) => Ok(run.bind_bytes(param, bytes)),
            other => {
                let ty = natural_type(other);
                fit(other, &ty).and_then(|fitted| copied(run, param, &fitted))
            }
        };
        check(result, param)?;
    }
    Ok(())
}

fn check(result: Result<std::ffi::c_int, String>, param: usize) -> Result<(), DriverError> {
    match result {
        Ok(0) => Ok(()),
        Ok(_) => Err(error(param, "the value is too long for SQLite".to_owned())),
        Err(detail) => Err(error(param, detail)),
    }
}

fn scalar<'v>(
    run: &mut Run<'_, 'v>,
    at: usize,
    fitted: Fitted<'v>,
) -> Result<std::ffi::c_int, String> {
    Ok(match fitted {
        Fitted::Text(text) | Fitted::Inet(text) | Fitted::Json(text) => run.bind_text(at, text),
        Fitted::Bytes(bytes) => run.bind_bytes(at, bytes),
        other => copied(run, at, &other)?,
    })
}

/// Bind a value that need not outlive the call.
fn copied(
    run: &mut Run<'_, '_>,
    at: usize,
    fitted: &Fitted<'_>,
) -> Result<std::ffi::c_int, String> {
    Ok(match fitted {
        Fitted::Null => run.bind_null(at),
        Fitted::Bool(truth) => run.bind_int(at, i64::from(*truth)),
        Fitted::SmallInt(int) => run.bind_int(at, i64::from(*int)),
        Fitted::Integer(int) => run.bind_int(at, i64::from(*int)),
        Fitted::BigInt(int) | Fitted::Interval(int) => run.bind_int(at, *int),
        Fitted::Double(double) => {
            if double.is_nan() {
                // SQLite would store NULL in its place.
                return Err("SQLite cannot store NaN".to_owned());
            }
            run.bind_double(at, *double)
        }
        Fitted::Decimal(text) => {
            if !is_finite_decimal(text) {
                return Err(format!("SQLite cannot store {text}"));
            }
            run.bind_text_copy(at, &canonical(text))
        }
        Fitted::Text(text) | Fitted::Inet(text) | Fitted::Json(text) => {
            run.bind_text_copy(at, text)
        }
        Fitted::Bytes(_) => return Err("bytes are not copied".to_owned()),
        Fitted::Date(day) => run.bind_text_copy(at, &date_text(i64::from(*day))),
        Fitted::Time(micros) => run.bind_text_copy(at, &short(time_text(*micros))),
        Fitted::DateTime(micros) => run.bind_text_copy(at, &short(date_time_text(*micros))),
        Fitted::TimestampTz(micros) => {
            run.bind_text_copy(at, &(short(date_time_text(*micros)) + STYLE.utc))
        }
        Fitted::Uuid(uuid) => run.bind_text_copy(at, &uuid_text(uuid)),
        Fitted::List(item, items) => {
            let text = list_text(item, items, Purpose::Column, STYLE)?;
            run.bind_text_copy(at, &text)
        }
        Fitted::Native(_) => return Err(NOT_HERE.to_owned()),
    })
}
