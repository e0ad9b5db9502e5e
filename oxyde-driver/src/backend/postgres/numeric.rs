//! `numeric` in PostgreSQL's binary format: base 10,000, any number of digits.

use std::fmt::Write as _;

const NAN: u16 = 0xC000;
const INFINITY: u16 = 0xD000;
const NEGATIVE_INFINITY: u16 = 0xF000;
const NEGATIVE: u16 = 0x4000;

/// Encode a decimal in plain notation.
pub(super) fn encode(out: &mut Vec<u8>, text: &str) -> Result<(), String> {
    let special = match text {
        "NaN" => Some(NAN),
        "Infinity" => Some(INFINITY),
        "-Infinity" => Some(NEGATIVE_INFINITY),
        _ => None,
    };
    if let Some(sign) = special {
        return header(out, 0, 0, sign, 0);
    }
    let (sign, plain) = match text.strip_prefix('-') {
        Some(rest) => (NEGATIVE, rest),
        None => (0, text),
    };
    let (whole, fraction) = plain.split_once('.').unwrap_or((plain, ""));
    let scale = fraction.len();
    // Groups of four digits, aligned at the decimal point.
    let mut digits = Vec::with_capacity((whole.len() + scale) / 4 + 2);
    let head = whole.len() % 4;
    if head > 0 {
        digits.push(group(&whole.as_bytes()[..head]));
    }
    digits.extend(whole.as_bytes()[head..].chunks(4).map(group));
    let mut weight = i64::try_from(digits.len()).map_err(|_| too_long())? - 1;
    for chunk in fraction.as_bytes().chunks(4) {
        let mut padded = [b'0'; 4];
        padded[..chunk.len()].copy_from_slice(chunk);
        digits.push(group(&padded));
    }
    let leading = digits.iter().take_while(|digit| **digit == 0).count();
    digits.drain(..leading);
    weight -= i64::try_from(leading).map_err(|_| too_long())?;
    while digits.last() == Some(&0) {
        digits.pop();
    }
    let (weight, sign) = if digits.is_empty() {
        (0, 0)
    } else {
        (weight, sign)
    };
    header(out, digits.len(), weight, sign, scale)?;
    for digit in digits {
        out.extend_from_slice(&digit.to_be_bytes());
    }
    Ok(())
}

fn header(
    out: &mut Vec<u8>,
    count: usize,
    weight: i64,
    sign: u16,
    scale: usize,
) -> Result<(), String> {
    // PostgreSQL accepts at most 16,383 digits after the point.
    if scale > 16_383 {
        return Err(too_long());
    }
    let count = i16::try_from(count).map_err(|_| too_long())?;
    let weight = i16::try_from(weight).map_err(|_| too_long())?;
    let scale = u16::try_from(scale).map_err(|_| too_long())?;
    out.extend_from_slice(&count.to_be_bytes());
    out.extend_from_slice(&weight.to_be_bytes());
    out.extend_from_slice(&sign.to_be_bytes());
    out.extend_from_slice(&scale.to_be_bytes());
    Ok(())
}

fn group(digits: &[u8]) -> u16 {
    digits
        .iter()
        .fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0'))
}

fn too_long() -> String {
    "the number has more digits than PostgreSQL allows".to_owned()
}

/// Decode a decimal to plain notation, with the stored number of digits after the point.
pub(super) fn decode(bytes: &[u8]) -> Option<String> {
    let word = |at: usize| {
        bytes
            .get(at * 2..at * 2 + 2)
            .map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
    };
    let count = usize::from(word(0)?);
    let weight = i32::from(word(1)?.cast_signed());
    let sign = word(2)?;
    let scale = usize::from(word(3)?);
    match sign {
        NAN => return Some("NaN".to_owned()),
        INFINITY => return Some("Infinity".to_owned()),
        NEGATIVE_INFINITY => return Some("-Infinity".to_owned()),
        _ => (),
    }
    let digit = |place: i32| -> Option<u16> {
        match usize::try_from(place) {
            Ok(place) if place < count => word(4 + place),
            _ => Some(0),
        }
    };
    let mut text = String::with_capacity(count * 4 + scale + 2);
    if sign == NEGATIVE {
        text.push('-');
    }
    if weight < 0 {
        text.push('0');
    } else {
        for place in 0..=weight {
            let value = digit(place)?;
            if place == 0 {
                text.push_str(&value.to_string());
            } else {
                let _ = write!(text, "{value:04}");
            }
        }
    }
    if scale > 0 {
        text.push('.');
        let start = text.len();
        let mut place = weight + 1;
        while text.len() - start < scale {
            // Writing to a string cannot fail.
            let _ = write!(text, "{:04}", digit(place)?);
            place += 1;
        }
        text.truncate(start + scale);
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back(text: &str) -> String {
        let mut out = Vec::new();
        encode(&mut out, text).unwrap();
        decode(&out).unwrap()
    }

    #[test]
    fn comes_back_as_written() {
        for text in [
            "0",
            "1",
            "-1",
            "10000",
            "9999",
            "0.1",
            "0.0001",
            "0.00001",
            "-123.4500",
            "12345678901234567890123456789012345678901234567890.123456789",
            "0.000",
            "100000000",
            "-0.00000000000000000001",
            "NaN",
            "Infinity",
            "-Infinity",
        ] {
            assert_eq!(there_and_back(text), text);
        }
        assert_eq!(there_and_back("-0"), "0");
        assert_eq!(there_and_back("007"), "7");
    }

    proptest::proptest! {
        #[test]
        fn any_number_comes_back(text in "-?[1-9][0-9]{0,60}(\\.[0-9]{1,60})?") {
            proptest::prop_assert_eq!(there_and_back(&text), text);
        }
    }
}
