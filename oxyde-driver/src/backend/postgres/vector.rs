//! The vectors of pgvector: two bytes for how many numbers, two that mean nothing yet, and four for
//! each number (its `vector_send`); as text `[1,2.5]`.
//!
//! The number of the type differs between databases, so nothing here knows it: a param is of no
//! type until the cast around it gives it one, and an answer is known by the type's name.

use std::fmt::Write as _;

use oxyde_sql::types::ColumnType;
use oxyde_sql::value::Value;
use sqlx::TypeInfo as _;
use sqlx::postgres::PgTypeInfo;

use crate::fit::misfit;

/// Whether the type is pgvector's, in whatever schema it lies.
pub(super) fn is_vector(info: &PgTypeInfo) -> bool {
    info.name().rsplit('.').next() == Some("vector")
}

/// The numbers of a list, for raw SQL; `None` for NULL.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "a vector takes the nearest 32-bit number"
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
        .ok_or_else(|| "a vector holds finite 32-bit numbers only".to_owned())
}

/// Adds the numbers in the binary format.
pub(super) fn encode(out: &mut Vec<u8>, numbers: &[f32]) -> Result<(), String> {
    let len = u16::try_from(numbers.len()).map_err(|_| "the vector is too long".to_owned())?;
    out.extend_from_slice(&len.to_be_bytes());
    out.extend_from_slice(&[0, 0]);
    for number in numbers {
        out.extend_from_slice(&number.to_be_bytes());
    }
    Ok(())
}

/// The numbers of the binary format; `None` where it is damaged.
pub(super) fn decode(bytes: &[u8]) -> Option<impl ExactSizeIterator<Item = f32>> {
    let (len, rest) = bytes.split_first_chunk::<2>()?;
    let (numbers, odd) = rest.get(2..)?.as_chunks::<4>();
    let right = odd.is_empty() && numbers.len() == usize::from(u16::from_be_bytes(*len));
    right.then(|| numbers.iter().map(|number| f32::from_be_bytes(*number)))
}

/// The numbers as text, with the fewest digits that give them again.
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
