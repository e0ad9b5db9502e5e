//! Comparisons of JSON documents.

use serde_json::Value;

use super::{Answer, Argument, Result, wrong};

fn documents(arguments: &[Argument<'_>]) -> Result<(Value, Value)> {
    match arguments {
        [a, b] => Ok((document(*a)?, document(*b)?)),
        _ => Err(wrong("expected two JSON documents")),
    }
}

fn document(argument: Argument<'_>) -> Result<Value> {
    match argument {
        Argument::Text(text) => serde_json::from_str(text).map_err(|_| wrong("expected JSON")),
        Argument::Integer(int) => Ok(int.into()),
        Argument::Real(real) => Ok(real.into()),
        Argument::Other => Err(wrong("expected JSON")),
    }
}

pub(super) fn contains(arguments: &[Argument<'_>]) -> Result<Answer> {
    let (whole, part) = documents(arguments)?;
    // An array contains a scalar that is one of its items, but only at the top.
    let found = match (&whole, &part) {
        (Value::Array(items), scalar) if !scalar.is_array() && !scalar.is_object() => {
            items.iter().any(|item| same(item, scalar))
        }
        (whole, part) => holds(whole, part),
    };
    Ok(found.into())
}

fn holds(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => part
            .iter()
            .all(|(key, value)| whole.get(key).is_some_and(|found| holds(found, value))),
        (Value::Array(whole), Value::Array(part)) => part
            .iter()
            .all(|value| whole.iter().any(|found| holds(found, value))),
        (whole, part) => same(whole, part),
    }
}

pub(super) fn equal(arguments: &[Argument<'_>]) -> Result<Answer> {
    let (a, b) = documents(arguments)?;
    Ok(same(&a, &b).into())
}

/// Whether they are the same document; `1` and `1.0` are the same number.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(one), Value::Number(other)) => {
            one == other
                || match (one.as_f64(), other.as_f64()) {
                    (Some(one_real), Some(other_real)) => {
                        (one.is_f64() || other.is_f64()) && one_real.total_cmp(&other_real).is_eq()
                    }
                    _ => false,
                }
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(key, value)| b.get(key).is_some_and(|found| same(value, found)))
        }
        (a, b) => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containment() {
        for (whole, part, expected) in [
            (r#"{"a": 1, "b": [1, 2]}"#, r#"{"b": [2]}"#, 1),
            (r#"{"a": 1}"#, r#"{"a": 2}"#, 0),
            (r#"["x", "y"]"#, r#""x""#, 1),
            (r#"{"a": ["x"]}"#, r#"{"a": "x"}"#, 0),
            ("[1.0]", "[1]", 1),
            ("{}", "[]", 0),
        ] {
            let call = [Argument::Text(whole), Argument::Text(part)];
            assert_eq!(
                contains(&call),
                Ok(Answer::Integer(expected)),
                "{whole} {part}"
            );
        }
        let call = [
            Argument::Text(r#"{"a":1,"b":2}"#),
            Argument::Text(r#"{"b":2,"a":1}"#),
        ];
        assert_eq!(equal(&call), Ok(Answer::Integer(1)));
    }
}
