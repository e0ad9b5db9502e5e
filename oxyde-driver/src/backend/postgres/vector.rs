//! The vectors of pgvector: two bytes for the length, two unused bytes, and four for
//! each number (its `vector_send`); as text `[1,2.5]`.
//!
//! The OID of the type differs between databases, so it is unknown here: a param has no
//! type until the cast around it determines one, and a result is recognized by the type's name.

use std::fmt::Write as _;

use oxyde_sql::types::ColumnType;
use oxyde_sql::value::Value;
use sqlx::TypeInfo as _;
use sqlx::postgres::PgTypeInfo;

use crate::values::fit::misfit;

/// Whether the type is pgvector's, in any schema.
pub(super) fn is_vector(info: &PgTypeInfo) -> bool {
    info.name().rsplit('.').next() == Some("vector")
}

/// Return the numbers of a list, for raw SQL; `None` for NULL.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "a vector stores the nearest 32-bit number"
)]
pub(super) fn of_list(value: &Value) -> Result<Option<Vec<f32>>, String> {
    let items = match value {
        Value::Null => return Ok(None),
        Value::List(items) => items,
        other => return Err(misfit(other, &ColumnType::Vector { dimensions: None })),
    };
    let number = |item: &Value| match item {
        Value::Double(number) => Some(*number as f32),
        Value::Int(number) => Some(*number as f32),
        _ => None,
    };
    let numbers: Option<Vec<f32>> = items.iter().map(number).collect();
    let finite = numbers.filter(|numbers| numbers.iter().all(|number| number.is_finite()));
    finite
        .map(Some)
        .ok_or_else(|| "a vector may contain only finite 32-bit numbers".to_owned())
}

/// Append the numbers in the binary format.
pub(super) fn encode(out: &mut Vec<u8>, numbers: &[f32]) -> Result<(), String> {
    let len = u16::try_from(numbers.len()).map_err(|_| "the vector is too long".to_owned())?;
    out.extend_from_slice(&len.to_be_bytes());
    out.extend_from_slice(&[0, 0]);
    for number in numbers {
        out.extend_from_slice(&number.to_be_bytes());
    }
    Ok(())
}

/// Decode the numbers of the binary format; `None` if it is malformed.
pub(super) fn decode(bytes: &[u8]) -> Option<impl ExactSizeIterator<Item = f32>> {
    let (len, rest) = bytes.split_first_chunk::<2>()?;
    let (numbers, odd) = rest.get(2..)?.as_chunks::<4>();
    let right = odd.is_empty() && numbers.len() == usize::from(u16::from_be_bytes(*len));
    right.then(|| numbers.iter().map(|number| f32::from_be_bytes(*number)))
}

/// Format the numbers as text, with the fewest digits that parse to the same numbers.
pub(super) fn text(numbers: &[f32]) -> String {
    let mut out = String::with_capacity(numbers.len() * 12 + 2);
    out.push('[');
    for (at, number) in numbers.iter().enumerate() {
        // Writing to a string cannot fail.
        let _ = write!(out, "{}{number:e}", if at == 0 { "" } else { "," });
    }
    out.push(']');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_come_back() {
        let numbers = [0.1, -0.0, f32::MAX, f32::MIN_POSITIVE, 1e-45];
        let mut bytes = Vec::new();
        encode(&mut bytes, &numbers).unwrap();
        let bits = |number: f32| number.to_bits();
        let back: Vec<u32> = decode(&bytes).unwrap().map(bits).collect();
        assert_eq!(back, numbers.map(bits));
        let text = text(&numbers);
        let inside = text.trim_matches(['[', ']']);
        let back: Vec<u32> = inside
            .split(',')
            .map(|number| bits(number.parse().unwrap()))
            .collect();
        assert_eq!(back, numbers.map(bits));
    }

    #[test]
    fn damage_is_seen() {
        for damaged in [
            &[][..],
            &[0, 1],
            &[0, 1, 0, 0, 0],
            &[0, 2, 0, 0, 0, 0, 0, 0],
        ] {
            assert!(decode(damaged).is_none(), "{damaged:?}");
        }
    }
}
