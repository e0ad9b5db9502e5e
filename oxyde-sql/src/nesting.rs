//! Measures the nesting of a MessagePack message without recursion.

/// Return the deepest nesting of maps and lists in the bytes, up to the first invalid byte.
///
/// Each statement is measured, so the short strings and numbers that most of it consists of are
/// passed over first.
pub(crate) fn nesting(bytes: &[u8]) -> usize {
    let mut at = 0;
    let mut deepest = 0;
    // The number of remaining values on this level, and on each level around it.
    let mut left = 1_u64;
    let mut outer: Vec<u64> = Vec::with_capacity(32);
    while let Some(&marker) = bytes.get(at) {
        at += 1;
        left = left.saturating_sub(1);
        if let 0xa0..=0xbf = marker {
            at += usize::from(marker & 0x1f);
        } else if let 0x80..=0x9f | 0xc4..=0xdf = marker {
            let (skip, inside) = long(marker, bytes.get(at..).unwrap_or_default());
            at = at.saturating_add(skip);
            if let Some(count) = inside {
                outer.push(left);
                left = count;
                deepest = deepest.max(outer.len());
            }
        }
        while left == 0 {
            match outer.pop() {
                Some(count) => left = count,
                None => return deepest,
            }
        }
    }
    deepest
}

/// Return how many bytes follow the marker of a value that has more than the marker, and for a map
/// or list the number of values in it.
fn long(marker: u8, after: &[u8]) -> (usize, Option<u64>) {
    let (skip, inside) = match marker {
        0x80..=0x8f => (0, Some(2 * u64::from(marker & 0x0f))),
        0x90..=0x9f => (0, Some(u64::from(marker & 0x0f))),
        0xc4 | 0xd9 => (1 + number(after, 1), None),
        0xc5 | 0xda => (2 + number(after, 2), None),
        0xc6 | 0xdb => (4 + number(after, 4), None),
        0xcc | 0xd0 => (1, None),
        0xcd | 0xd1 => (2, None),
        0xca | 0xce | 0xd2 => (4, None),
        0xcb | 0xcf | 0xd3 => (8, None),
        0xdc => (2, Some(number(after, 2))),
        0xdd => (4, Some(number(after, 4))),
        0xde => (2, Some(2 * number(after, 2))),
        0xdf => (4, Some(2 * number(after, 4))),
        // The IR uses no extension types.
        _ => (0, None),
    };
    (usize::try_from(skip).unwrap_or(usize::MAX), inside)
}

/// Return the number in the first bytes, as far as they exist.
fn number(bytes: &[u8], length: usize) -> u64 {
    let digits = bytes.iter().take(length);
    digits.fold(0, |number, digit| (number << 8) | u64::from(*digit))
}

#[cfg(test)]
mod tests {
    use super::nesting;

    #[test]
    fn maps_and_lists_count() {
        for (value, deep) in [
            (serde_json::json!(1), 0),
            (serde_json::json!([]), 1),
            (serde_json::json!([[], {}, [[]], 5, "x"]), 3),
            (serde_json::json!({"a": [1, 2.5, null], "b": {"c": {}}}), 3),
            (
                serde_json::json!([vec!["long".repeat(100); 70_000], [-1, 1_u64 << 40]]),
                2,
            ),
        ] {
            let bytes = rmp_serde::to_vec_named(&value).unwrap_or_default();
            assert_eq!(nesting(&bytes), deep, "{deep}");
        }
        assert_eq!(nesting(&vec![0x91; 500_000]), 500_000);
        assert_eq!(nesting(&[0x91, 0xdb, 0xff]), 1);
    }
}
