//! JSON documents: their parts, and comparisons.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::str::FromStr as _;

use bigdecimal::BigDecimal;
use serde_json::value::RawValue;

use super::{Argument, Output, Result, canonical, wrong};
use crate::values::fit::is_finite_decimal;

/// A document. Numbers are kept as text, because they may have any number of digits.
#[derive(Debug)]
enum Node<'a> {
    Null,
    Bool(bool),
    Number(Cow<'a, str>),
    Text(String),
    List(Vec<Node<'a>>),
    Object(BTreeMap<String, Node<'a>>),
}

fn not_json<E>(_: E) -> super::FunctionError {
    wrong("expected JSON")
}

fn parse(text: &str) -> Result<Node<'_>> {
    let text = text.trim();
    Ok(match text.as_bytes().first() {
        Some(b'{') => {
            let members: BTreeMap<String, &RawValue> =
                serde_json::from_str(text).map_err(not_json)?;
            let parsed = members
                .into_iter()
                .map(|(key, value)| Ok((key, parse(value.get())?)));
            Node::Object(parsed.collect::<Result<_>>()?)
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(text).map_err(not_json)?;
            let parsed = items.into_iter().map(|value| parse(value.get()));
            Node::List(parsed.collect::<Result<_>>()?)
        }
        Some(b'"') => Node::Text(serde_json::from_str(text).map_err(not_json)?),
        _ => match text {
            "null" => Node::Null,
            "true" => Node::Bool(true),
            "false" => Node::Bool(false),
            number => {
                let _: &RawValue = serde_json::from_str(number).map_err(not_json)?;
                Node::Number(number.into())
            }
        },
    })
}

fn document(argument: Argument<'_>) -> Result<Node<'_>> {
    match argument {
        Argument::Text(text) => parse(text),
        Argument::Integer(int) => Ok(Node::Number(int.to_string().into())),
        Argument::Real(real) => Ok(Node::Number(format!("{real:?}").into())),
        Argument::Other => Err(wrong("expected JSON")),
    }
}

fn documents<'a>(arguments: &[Argument<'a>]) -> Result<(Node<'a>, Node<'a>)> {
    match arguments {
        [a, b] => Ok((document(*a)?, document(*b)?)),
        _ => Err(wrong("expected two JSON documents")),
    }
}

impl Node<'_> {
    fn rank(&self) -> u8 {
        match self {
            Self::Null => 0,
            Self::Bool(_) => 1,
            Self::Number(_) => 2,
            Self::Text(_) => 3,
            Self::List(_) => 4,
            Self::Object(_) => 5,
        }
    }
}

/// Compare all documents: by kind, then by value.
fn order(a: &Node<'_>, b: &Node<'_>) -> Ordering {
    match (a, b) {
        (Node::Bool(a), Node::Bool(b)) => a.cmp(b),
        (Node::Number(a), Node::Number(b)) => numbers(a, b),
        (Node::Text(a), Node::Text(b)) => a.cmp(b),
        (Node::List(a), Node::List(b)) => {
            let different = a.iter().zip(b).map(|(a, b)| order(a, b));
            let mut different = different.filter(|order| order.is_ne());
            different.next().unwrap_or_else(|| a.len().cmp(&b.len()))
        }
        (Node::Object(a), Node::Object(b)) => {
            let pairs = a.iter().zip(b);
            let different = pairs.map(|(a, b)| a.0.cmp(b.0).then_with(|| order(a.1, b.1)));
            let mut different = different.filter(|order| order.is_ne());
            different.next().unwrap_or_else(|| a.len().cmp(&b.len()))
        }
        (a, b) => a.rank().cmp(&b.rank()),
    }
}

/// A number as its sign, the power of ten of its first digit, and its digits.
fn digits(text: &str) -> (bool, i64, String) {
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let exponent: i64 = exponent.parse().unwrap_or(if exponent.starts_with('-') {
        i64::from(i32::MIN)
    } else {
        i64::from(i32::MAX)
    });
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{whole}{fraction}");
    let significant = all.trim_start_matches('0');
    let zeros = i64::try_from(all.len() - significant.len()).unwrap_or(0);
    let size = exponent + i64::try_from(whole.len()).unwrap_or(0) - zeros;
    let significant = significant.trim_end_matches('0');
    if significant.is_empty() {
        return (false, 0, String::new());
    }
    (negative, size, significant.to_owned())
}

fn numbers(a: &str, b: &str) -> Ordering {
    let (a_negative, a_size, a_digits) = digits(a);
    let (b_negative, b_size, b_digits) = digits(b);
    let sign = |negative: bool, digits: &str| match (negative, digits.is_empty()) {
        (_, true) => 0,
        (true, false) => -1,
        (false, false) => 1,
    };
    let size = || a_size.cmp(&b_size).then_with(|| a_digits.cmp(&b_digits));
    match sign(a_negative, &a_digits).cmp(&sign(b_negative, &b_digits)) {
        Ordering::Equal if a_negative => size().reverse(),
        Ordering::Equal => size(),
        other => other,
    }
}

/// The collation: strings that are not JSON sort after all documents.
pub(super) fn collate(a: &str, b: &str) -> Ordering {
    match (parse(a), parse(b)) {
        (Ok(a), Ok(b)) => order(&a, &b),
        (Ok(_), Err(_)) => Ordering::Less,
        (Err(_), Ok(_)) => Ordering::Greater,
        (Err(_), Err(_)) => a.cmp(b),
    }
}

pub(super) fn equal(arguments: &[Argument<'_>]) -> Result<Output> {
    let (a, b) = documents(arguments)?;
    Ok(order(&a, &b).is_eq().into())
}

pub(super) fn compare(arguments: &[Argument<'_>]) -> Result<Output> {
    let (a, b) = documents(arguments)?;
    Ok(match (a.rank(), b.rank()) {
        (one, other) if one == other && (1..=3).contains(&one) => {
            Output::Integer(order(&a, &b) as i64)
        }
        _ => Output::Null,
    })
}

/// Whether a string is a JSON number, also with leading zeros.
fn is_number(text: &str) -> bool {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let exponent = exponent.map(|text| text.strip_prefix(['-', '+']).unwrap_or(text));
    is_finite_decimal(mantissa)
        && exponent.is_none_or(|digits| {
            (1..=4).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
        })
}

pub(super) fn decimal(arguments: &[Argument<'_>]) -> Result<Output> {
    let [argument] = arguments else {
        return Err(wrong("expected JSON"));
    };
    let number = match document(*argument)? {
        Node::Number(number) => number,
        Node::Text(text) => text.into(),
        _ => return Ok(Output::Null),
    };
    if !is_number(&number) {
        return Ok(Output::Null);
    }
    let number = BigDecimal::from_str(&number).map_err(|_| wrong("expected a number"))?;
    Ok(Output::Text(canonical(&number.to_plain_string())))
}

pub(super) fn contains(arguments: &[Argument<'_>]) -> Result<Output> {
    let (whole, part) = documents(arguments)?;
    // Only at the top level, an array contains a scalar that is one of its items.
    let found = match (&whole, &part) {
        (Node::List(items), scalar) if scalar.rank() < 4 => {
            items.iter().any(|item| order(item, scalar).is_eq())
        }
        (whole, part) => holds(whole, part),
    };
    Ok(found.into())
}

fn holds(whole: &Node<'_>, part: &Node<'_>) -> bool {
    match (whole, part) {
        (Node::Object(whole), Node::Object(part)) => part
            .iter()
            .all(|(key, value)| whole.get(key).is_some_and(|found| holds(found, value))),
        (Node::List(whole), Node::List(part)) => part
            .iter()
            .all(|value| whole.iter().any(|found| holds(found, value))),
        (whole, part) => order(whole, part).is_eq(),
    }
}

/// A step of a path.
enum Step {
    Key(String),
    Index(i64),
    /// A key or an index, depending on the container; whether a created container is a list.
    Member(u32, bool),
}

fn steps(argument: Argument<'_>) -> Result<Vec<Step>> {
    let Argument::Text(text) = argument else {
        return Err(wrong("expected a JSON path"));
    };
    let items: Vec<serde_json::Value> = serde_json::from_str(text).map_err(not_json)?;
    let step = |item: serde_json::Value| match item {
        serde_json::Value::String(key) => Some(Step::Key(key)),
        serde_json::Value::Array(numbers) => match numbers.as_slice() {
            [index] => Some(Step::Index(index.as_i64()?)),
            [number, list] => {
                let number = u32::try_from(number.as_u64()?).ok()?;
                Some(Step::Member(number, list.as_i64() == Some(1)))
            }
            _ => None,
        },
        _ => None,
    };
    let steps = items.into_iter().map(step).collect::<Option<_>>();
    steps.ok_or_else(|| wrong("expected a JSON path"))
}

impl Step {
    fn key(&self) -> Option<String> {
        match self {
            Self::Key(key) => Some(key.clone()),
            Self::Member(number, _) => Some(number.to_string()),
            Self::Index(_) => None,
        }
    }

    /// Return the position in a list of that length; past the end for a missing item.
    fn index(&self, length: usize) -> Option<usize> {
        match self {
            Self::Key(_) => None,
            Self::Member(number, _) => usize::try_from(*number).ok(),
            Self::Index(index) if *index >= 0 => usize::try_from(*index).ok(),
            Self::Index(index) => length.checked_sub(usize::try_from(-index).ok()?),
        }
    }
}

/// The members of an object, in document order.
struct Members<'a>(Vec<(String, Cow<'a, str>)>);

impl<'de: 'a, 'a> serde::Deserialize<'de> for Members<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(source: D) -> std::result::Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Vec<(String, Cow<'de, str>)>;

            fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut map: A,
            ) -> std::result::Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((key, value)) = map.next_entry::<String, &'de RawValue>()? {
                    members.push((key, value.get().into()));
                }
                Ok(members)
            }
        }
        source.deserialize_map(Visitor).map(Self)
    }
}

fn members(text: &str) -> Result<Vec<(String, Cow<'_, str>)>> {
    let Members(members) = serde_json::from_str(text).map_err(not_json)?;
    Ok(members)
}

fn items(text: &str) -> Result<Vec<Cow<'_, str>>> {
    let items: Vec<&RawValue> = serde_json::from_str(text).map_err(not_json)?;
    Ok(items.into_iter().map(|item| item.get().into()).collect())
}

pub(super) fn at(arguments: &[Argument<'_>]) -> Result<Output> {
    let [Argument::Text(text), path] = arguments else {
        return Err(wrong("expected JSON and a path"));
    };
    let mut here: Cow<'_, str> = Cow::Borrowed(*text);
    for step in steps(*path)? {
        let part = here.trim();
        let found = match part.as_bytes().first() {
            Some(b'{') => step.key().and_then(|wanted| {
                let members = members(part).ok()?;
                let mut found = members.into_iter().rev().filter(|(key, _)| *key == wanted);
                Some(found.next()?.1.into_owned())
            }),
            Some(b'[') => items(part).ok().and_then(|mut items| {
                let index = step.index(items.len())?;
                (index < items.len()).then(|| items.swap_remove(index).into_owned())
            }),
            _ => None,
        };
        let Some(found) = found else {
            return Ok(Output::Null);
        };
        here = Cow::Owned(found);
    }
    Ok(Output::Text(here.into_owned()))
}

pub(super) fn put(arguments: &[Argument<'_>]) -> Result<Output> {
    let [Argument::Text(text), path, value] = arguments else {
        return Err(wrong("expected JSON, a path and a value"));
    };
    let value = match value {
        Argument::Text(text) => (*text).to_owned(),
        Argument::Integer(int) => int.to_string(),
        Argument::Real(real) => format!("{real:?}"),
        Argument::Other => return Err(wrong("expected JSON")),
    };
    let steps = steps(*path)?;
    let changed = placed(text, &steps, &value)?;
    Ok(Output::Text(changed.unwrap_or_else(|| (*text).to_owned())))
}

/// Return the document with a value at the path; `None` if there is no place for it.
fn placed(text: &str, path: &[Step], value: &str) -> Result<Option<String>> {
    let Some((step, rest)) = path.split_first() else {
        return Ok(Some(value.to_owned()));
    };
    let text = text.trim();
    match text.as_bytes().first() {
        Some(b'{') => {
            let Some(wanted) = step.key() else {
                return Ok(None);
            };
            let mut members = members(text)?;
            match members.iter_mut().rev().find(|(key, _)| *key == wanted) {
                Some((_, found)) => match placed(found, rest, value)? {
                    Some(changed) => *found = changed.into(),
                    None => return Ok(None),
                },
                None => members.push((wanted, made(rest, value).into())),
            }
            Ok(Some(object(&members)))
        }
        Some(b'[') => {
            let mut items = items(text)?;
            let Some(index) = step.index(items.len()) else {
                return Ok(None);
            };
            if let Some(found) = items.get_mut(index) {
                match placed(found, rest, value)? {
                    Some(changed) => *found = changed.into(),
                    None => return Ok(None),
                }
            } else if rest.is_empty() || index == items.len() {
                items.push(made(rest, value).into());
            } else {
                return Ok(None);
            }
            Ok(Some(format!("[{}]", items.join(","))))
        }
        _ => Ok(None),
    }
}

/// Wrap the value in the containers of the path.
fn made(path: &[Step], value: &str) -> String {
    let Some((step, rest)) = path.split_first() else {
        return value.to_owned();
    };
    let inner = made(rest, value);
    match step {
        Step::Key(key) => object(&[(key.clone(), inner.into())]),
        Step::Member(number, false) => object(&[(number.to_string(), inner.into())]),
        Step::Member(_, true) | Step::Index(_) => format!("[{inner}]"),
    }
}

fn object(members: &[(String, Cow<'_, str>)]) -> String {
    let mut text = String::from("{");
    for (at, (key, value)) in members.iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        text.push_str(&serde_json::Value::from(key.as_str()).to_string());
        text.push(':');
        text.push_str(value);
    }
    text.push('}');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(function: fn(&[Argument<'_>]) -> Result<Output>, arguments: &[&str]) -> Output {
        let arguments: Vec<_> = arguments.iter().map(|text| Argument::Text(text)).collect();
        function(&arguments).unwrap()
    }

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
            assert_eq!(
                call(contains, &[whole, part]),
                Output::Integer(expected),
                "{whole} {part}"
            );
        }
        let same = call(equal, &[r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#]);
        assert_eq!(same, Output::Integer(1));
    }

    #[test]
    fn numbers_are_exact() {
        for (smaller, larger) in [
            ("9", "10"),
            ("9.5", "10"),
            ("-10", "-9.5"),
            ("-1", "0.001"),
            ("0.01", "0.1"),
            ("9007199254740992.0", "9007199254740993"),
            ("12345678901234567889", "12345678901234567890"),
            ("1e29", "1e30"),
            ("1.5e308", "1e400"),
            ("1e-400", "1e-300"),
        ] {
            assert_eq!(
                numbers(smaller, larger),
                Ordering::Less,
                "{smaller} {larger}"
            );
            assert_eq!(
                numbers(larger, smaller),
                Ordering::Greater,
                "{smaller} {larger}"
            );
        }
        for (one, other) in [("1", "1.0"), ("0", "-0.0"), ("100", "1e2"), ("0.5", "5E-1")] {
            assert_eq!(numbers(one, other), Ordering::Equal, "{one} {other}");
        }
    }

    #[test]
    fn only_one_kind_is_compared() {
        assert_eq!(call(compare, &["1", "2"]), Output::Integer(-1));
        assert_eq!(call(compare, &["\"b\"", "\"a\""]), Output::Integer(1));
        for (one, other) in [
            ("1", "\"1\""),
            ("true", "1"),
            ("null", "null"),
            ("[1]", "[0]"),
        ] {
            assert_eq!(call(compare, &[one, other]), Output::Null, "{one} {other}");
        }
    }

    #[test]
    fn the_container_decides_what_a_number_is() {
        for (text, path, expected) in [
            (r#"{"m":{"10":1}}"#, r#"["m",[10,0]]"#, Some("1")),
            (r#"{"m":["a","b"]}"#, r#"["m",[1,0]]"#, Some("\"b\"")),
            (r#"{"m":["a","b"]}"#, r#"["m",[2,0]]"#, None),
            (r#"{"m":["a","b"]}"#, r#"["m",[-1]]"#, Some("\"b\"")),
            (r#"{"m":["a","b"]}"#, r#"["m","1"]"#, None),
            (r#"{"m":{"1":2}}"#, r#"["m",[1]]"#, None),
        ] {
            let expected = expected.map_or(Output::Null, |text| Output::Text(text.to_owned()));
            assert_eq!(call(at, &[text, path]), expected, "{text} {path}");
        }
    }

    #[test]
    fn a_value_is_put_where_there_is_a_place() {
        for (text, path, expected) in [
            (r#"{"m":{"10":1}}"#, r#"["m",[10,0]]"#, r#"{"m":{"10":9}}"#),
            (r#"{"m":[1,2]}"#, r#"["m",[0,0]]"#, r#"{"m":[9,2]}"#),
            (r#"{"m":[1,2]}"#, r#"["m",[7,0]]"#, r#"{"m":[1,2,9]}"#),
            (r#"{"m":[1,2]}"#, r#"["m","x"]"#, r#"{"m":[1,2]}"#),
            (r#"{"m":5}"#, r#"["m","x"]"#, r#"{"m":5}"#),
            ("{}", r#"["y",[0,1],"z"]"#, r#"{"y":[{"z":9}]}"#),
            ("{}", r#"["y",[3,0]]"#, r#"{"y":{"3":9}}"#),
            (r#"{"n":1e400}"#, r#"["a"]"#, r#"{"n":1e400,"a":9}"#),
        ] {
            let expected = Output::Text(expected.to_owned());
            assert_eq!(call(put, &[text, path, "9"]), expected, "{text} {path}");
        }
    }
}
