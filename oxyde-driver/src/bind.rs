//! From the values of a run to what each placeholder is sent.

use oxyde_sql::plan::{Bind, Form};
use oxyde_sql::search::search_text;
use oxyde_sql::types::ColumnType;
use oxyde_sql::value::Value;

use crate::error::DriverError;
use crate::fit::{Fitted, fit, misfit};

/// What one placeholder is sent.
#[derive(Debug)]
pub(crate) enum Sent<'a> {
    /// The value itself.
    Scalar(Fitted<'a>),
    /// A LIKE pattern made of the value.
    Pattern(String),
    /// A list as one array of this item type.
    Array(&'a ColumnType, &'a [Value]),
    /// A list as one JSON text.
    JsonList(&'a ColumnType, &'a [Value]),
}

/// What the placeholder of `bind` is sent.
pub(crate) fn sent<'a>(bind: &'a Bind, values: &'a [Value]) -> Result<Sent<'a>, DriverError> {
    let param = bind.param as usize;
    let value = values
        .get(param)
        .ok_or_else(|| error(param, "there is no such value".to_owned()))?;
    let result = match bind.form {
        Form::Scalar => fit(value, &bind.ty).map(Sent::Scalar),
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

/// A bind error.
pub(crate) fn error(param: usize, detail: String) -> DriverError {
    DriverError::Bind { param, detail }
}

/// Escapes the wildcards of LIKE with `\`, then adds those of the form.
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
    fn wildcards_are_escaped() {
        assert_eq!(pattern(Form::Contains, r"50%_\"), r"%50\%\_\\%");
        assert_eq!(pattern(Form::StartsWith, "a"), "a%");
        assert_eq!(pattern(Form::EndsWith, "a"), "%a");
        assert_eq!(pattern(Form::Like, "%"), r"\%");
    }
}
