//! Determines what each placeholder is sent, from the values of a run.

use oxyde_sql::plan::{Bind, Form};
use oxyde_sql::search::search_text;
use oxyde_sql::types::ColumnType;
use oxyde_sql::value::Value;

use crate::error::DriverError;
use crate::values::calendar::{DAY_MICROS, MAX_DAY, MIN_DAY, date_text};
use crate::values::fit::{Fitted, fit, misfit};

/// What a placeholder is sent.
#[derive(Debug)]
pub(crate) enum Sent<'a> {
    /// The value itself.
    Scalar(Fitted<'a>),
    /// A LIKE pattern of the value.
    Pattern(String),
    /// A list as one array of this item type.
    Array(&'a ColumnType, &'a [Value]),
    /// A list as one JSON string.
    JsonList(&'a ColumnType, &'a [Value]),
}

/// Return what the placeholder of `bind` is sent.
pub(crate) fn sent<'a>(bind: &'a Bind, values: &'a [Value]) -> Result<Sent<'a>, DriverError> {
    let param = bind.param as usize;
    let value = values
        .get(param)
        .ok_or_else(|| error(param, "the value is missing".to_owned()))?;
    let result = match bind.form {
        Form::Scalar => fit(value, &bind.ty).map(Sent::Scalar),
        Form::Since | Form::Until => fit(value, &bind.ty).map(|moment| match moment {
            Fitted::DateTime(micros) | Fitted::TimestampTz(micros) => {
                Sent::Pattern(day_text(micros, bind.form))
            }
            other => Sent::Scalar(other),
        }),
        Form::Array | Form::JsonList => match value {
            Value::Null => Ok(Sent::Scalar(Fitted::Null)),
            Value::List(items) if bind.form == Form::Array => Ok(Sent::Array(&bind.ty, items)),
            Value::List(items) => Ok(Sent::JsonList(&bind.ty, items)),
            other => Err(misfit(
                other,
                &ColumnType::Array {
                    item: Box::new(bind.ty.clone()),
                },
            )),
        },
        Form::Item(at) => match value {
            Value::List(items) => match items.get(at as usize).or(items.last()) {
                Some(item) => fit(item, &bind.ty).map(Sent::Scalar),
                None => Ok(Sent::Scalar(Fitted::Null)),
            },
            other => Err(misfit(other, &bind.ty)),
        },
        Form::Beyond => match value {
            Value::Null => Ok(Sent::Scalar(Fitted::Null)),
            Value::Text(text) => Ok(match beyond(text) {
                Some(text) => Sent::Pattern(text),
                None => Sent::Scalar(Fitted::Bytes(&[])),
            }),
            other => Err(misfit(other, &ColumnType::Text)),
        },
        Form::Contains | Form::StartsWith | Form::EndsWith | Form::Like => match value {
            Value::Null => Ok(Sent::Scalar(Fitted::Null)),
            Value::Text(text) => Ok(Sent::Pattern(pattern(bind.form, text))),
            other => Err(misfit(other, &ColumnType::Text)),
        },
        Form::Search { syntax, form } => match value {
            Value::Null => Ok(Sent::Scalar(Fitted::Null)),
            Value::Text(text) => search_text(text, form, syntax)
                .map(Sent::Pattern)
                .map_err(str::to_owned),
            other => Err(misfit(other, &ColumnType::Text)),
        },
    };
    result.map_err(|detail| error(param, detail))
}

/// Return what [`Form::Since`] and [`Form::Until`] send for a date and time, in microseconds since
/// 1970.
#[must_use]
pub fn day_text(micros: i64, form: Form) -> String {
    let days = if form == Form::Since { -1 } else { 2 };
    let day = micros.div_euclid(DAY_MICROS) + days;
    if day < MIN_DAY {
        String::new()
    } else if day > MAX_DAY {
        // Sorts after all digits.
        ":".to_owned()
    } else {
        date_text(day)
    }
}

/// Return what [`Form::Beyond`] sends for a text: the first one after all that begin with it, by
/// code points.
#[must_use]
pub fn beyond(text: &str) -> Option<String> {
    let mut letters: Vec<char> = text.chars().collect();
    while let Some(last) = letters.pop() {
        let next = match last {
            char::MAX => continue,
            // Surrogates are not characters.
            '\u{D7FF}' => '\u{E000}',
            other => char::from_u32(u32::from(other) + 1)?,
        };
        letters.push(next);
        return Some(letters.into_iter().collect());
    }
    None
}

/// Create a bind error.
pub(crate) fn error(param: usize, detail: String) -> DriverError {
    DriverError::Bind { param, detail }
}

/// Escape the wildcards of LIKE with `\`, then add those of the form.
fn pattern(form: Form, text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    if matches!(form, Form::Contains | Form::EndsWith) {
        out.push('%');
    }
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            out.push('\\');
        }
        out.push(letter);
    }
    if matches!(form, Form::Contains | Form::StartsWith) {
        out.push('%');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_a_prefix_comes_the_next_text() {
        assert_eq!(beyond("abc").as_deref(), Some("abd"));
        assert_eq!(beyond("a\u{D7FF}").as_deref(), Some("a\u{E000}"));
        assert_eq!(beyond("a\u{10FFFF}\u{10FFFF}").as_deref(), Some("b"));
        assert_eq!(beyond("\u{10FFFF}"), None);
        assert_eq!(beyond(""), None);
    }

    #[test]
    fn wildcards_are_escaped() {
        assert_eq!(pattern(Form::Contains, r"50%_\"), r"%50\%\_\\%");
        assert_eq!(pattern(Form::StartsWith, "a"), "a%");
        assert_eq!(pattern(Form::EndsWith, "a"), "%a");
        assert_eq!(pattern(Form::Like, "%"), r"\%");
    }
}
