//! Ranges: a byte of flags, then the bounds that there are, each preceded by its length
//! (`range_send`); as text `[1,5)`.

use oxyde_sql::types::RangeItem;
use oxyde_sql::value::Included;

use super::decode::{DAMAGED, Sends, cell};
use super::{bind, copy, oid};
use crate::rows::{RowSet, Slot};
use crate::values::fit::{Fitted, FittedRange};

const EMPTY: u8 = 0x01;
const LOWER_INCLUDED: u8 = 0x02;
const UPPER_INCLUDED: u8 = 0x04;
const NO_LOWER: u8 = 0x08;
const NO_UPPER: u8 = 0x10;

/// Append a range in the binary format of the type `ty`; `None` is the empty one.
pub(super) fn encode(
    out: &mut Vec<u8>,
    ty: u32,
    range: Option<&FittedRange<'_>>,
) -> Result<(), String> {
    let Some(range) = range else {
        out.push(EMPTY);
        return Ok(());
    };
    let bound = oid::bound_of(ty).unwrap_or(oid::UNKNOWN);
    let mut flags = 0;
    for (is, flag) in [
        (range.included.lower, LOWER_INCLUDED),
        (range.included.upper, UPPER_INCLUDED),
        (range.lower == Fitted::Null, NO_LOWER),
        (range.upper == Fitted::Null, NO_UPPER),
    ] {
        flags |= if is { flag } else { 0 };
    }
    out.push(flags);
    for value in [&range.lower, &range.upper] {
        if *value != Fitted::Null {
            bind::sized(out, bound, value)?;
        }
    }
    Ok(())
}

/// Format a range as text.
pub(super) fn text(range: Option<&FittedRange<'_>>) -> Result<String, String> {
    let Some(range) = range else {
        return Ok("empty".to_owned());
    };
    let mut out = String::new();
    out.push(if range.included.lower { '[' } else { '(' });
    for (value, end) in [(&range.lower, ","), (&range.upper, "")] {
        if *value != Fitted::Null {
            out.push('"');
            copy::field(&mut out, value)?;
            out.push('"');
        }
        out.push_str(end);
    }
    out.push(if range.included.upper { ']' } else { ')' });
    Ok(out)
}

/// Decode a range of the type that the server sends; `None` if that is not a range.
pub(super) fn decode(
    rows: &mut RowSet,
    sends: &Sends,
    item: RangeItem,
    bytes: &[u8],
) -> Result<Option<Slot>, String> {
    let Some(bound) = oid::bound_of(sends.oid) else {
        return Ok(None);
    };
    let (flags, mut rest) = bytes.split_first().ok_or(DAMAGED)?;
    let is = |flag: u8| flags & flag != 0;
    if is(EMPTY) {
        return Ok(Some(rows.range_slot(None)));
    }
    let sends = Sends::plain(bound);
    let mut bounds = [Slot::Null; 2];
    for (slot, absent) in bounds.iter_mut().zip([NO_LOWER, NO_UPPER]) {
        if is(absent) {
            continue;
        }
        let (len, after) = rest.split_first_chunk::<4>().ok_or(DAMAGED)?;
        let len = usize::try_from(i32::from_be_bytes(*len)).map_err(|_| DAMAGED)?;
        let (value, after) = after.split_at_checked(len).ok_or(DAMAGED)?;
        *slot = cell(rows, &sends, item.column_type(), value)?;
        rest = after;
    }
    Ok(Some(rows.range_slot(Some((
        bounds,
        Included {
            lower: is(LOWER_INCLUDED),
            upper: is(UPPER_INCLUDED),
        },
    )))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_has_quoted_bounds() {
        let mut range = FittedRange {
            lower: Fitted::BigInt(1),
            upper: Fitted::DateTime(0),
            included: Included {
                lower: true,
                upper: false,
            },
        };
        let written = text(Some(&range)).unwrap();
        assert_eq!(written, "[\"1\",\"1970-01-01 00:00:00.000000\")");
        range.lower = Fitted::Null;
        range.included = Included {
            lower: false,
            upper: true,
        };
        assert!(text(Some(&range)).unwrap().starts_with("(,\"1970"));
        assert_eq!(text(None).unwrap(), "empty");
    }
}
