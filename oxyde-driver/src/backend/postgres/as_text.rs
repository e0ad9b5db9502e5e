//! The text of values of types that no column type has, from their binary form: `db_type="MACADDR"`
//! on a field of text.

use std::fmt::Write as _;

/// Return the text as the server itself writes it; `None` if the type is not known here, or the
/// value is damaged.
pub(super) fn as_text(ty: &str, bytes: &[u8]) -> Option<String> {
    Some(match ty {
        "xml" => std::str::from_utf8(bytes).ok()?.to_owned(),
        "jsonpath" => match bytes {
            // The version of the format.
            [1, text @ ..] => std::str::from_utf8(text).ok()?.to_owned(),
            _ => return None,
        },
        "money" => money(bytes)?,
        "timetz" => time_with_zone(bytes)?,
        "bit" | "varbit" => bits(bytes)?,
        "macaddr" | "macaddr8" => {
            let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            pairs.join(":")
        }
        "hstore" => hstore(bytes)?,
        "tsvector" => words(bytes)?,
        "xid" | "cid" => u32::from_be_bytes(bytes.try_into().ok()?).to_string(),
        "xid8" => u64::from_be_bytes(bytes.try_into().ok()?).to_string(),
        "pg_lsn" => {
            let place = u64::from_be_bytes(bytes.try_into().ok()?);
            format!("{:X}/{:X}", place >> 32, place & 0xffff_ffff)
        }
        _ => shape(ty, bytes)?,
    })
}

/// An amount of money as a number. (The server's text has the currency of its locale.)
pub(super) fn money(bytes: &[u8]) -> Option<String> {
    let cents = i64::from_be_bytes(bytes.try_into().ok()?);
    let sign = if cents < 0 { "-" } else { "" };
    let size = cents.unsigned_abs();
    Some(format!("{sign}{}.{:02}", size / 100, size % 100))
}

/// Takes what a binary form consists of from its start.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (first, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(first)
    }

    fn int(&mut self) -> Option<i32> {
        Some(i32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }

    fn long(&mut self) -> Option<i64> {
        Some(i64::from_be_bytes(self.take(8)?.try_into().ok()?))
    }

    fn short(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }

    fn number(&mut self) -> Option<f64> {
        Some(f64::from_be_bytes(self.take(8)?.try_into().ok()?))
    }

    fn text(&mut self, count: usize) -> Option<&'a str> {
        std::str::from_utf8(self.take(count)?).ok()
    }

    fn point(&mut self) -> Option<String> {
        let (x, y) = (self.number()?, self.number()?);
        Some(format!("({x},{y})"))
    }

    fn points(&mut self, count: usize) -> Option<String> {
        let mut points = Vec::new();
        for _ in 0..count {
            points.push(self.point()?);
        }
        Some(points.join(","))
    }
}

fn time_with_zone(bytes: &[u8]) -> Option<String> {
    let mut input = Input(bytes);
    let (micros, west) = (input.long()?, input.int()?);
    let seconds = micros / 1_000_000;
    let mut text = format!(
        "{:02}:{:02}:{:02}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    );
    if micros % 1_000_000 != 0 {
        let fraction = format!("{:06}", micros % 1_000_000);
        let _ = write!(text, ".{}", fraction.trim_end_matches('0'));
    }
    // The server counts seconds west of Greenwich.
    let away = west.unsigned_abs();
    let _ = write!(
        text,
        "{}{:02}",
        if west > 0 { '-' } else { '+' },
        away / 3600
    );
    if away % 3600 != 0 {
        let _ = write!(text, ":{:02}", away / 60 % 60);
    }
    Some(text)
}

fn bits(bytes: &[u8]) -> Option<String> {
    let mut input = Input(bytes);
    let count = usize::try_from(input.int()?).ok()?;
    let all = input.0.iter().flat_map(|byte| {
        (0..8)
            .rev()
            .map(move |at| if byte >> at & 1 == 1 { '1' } else { '0' })
    });
    let text: String = all.take(count).collect();
    (text.len() == count).then_some(text)
}

fn hstore(bytes: &[u8]) -> Option<String> {
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let mut input = Input(bytes);
    let mut pairs = Vec::new();
    for _ in 0..input.int()? {
        let length = usize::try_from(input.int()?).ok()?;
        let key = quoted(input.text(length)?);
        let value = match input.int()? {
            -1 => "NULL".to_owned(),
            length => quoted(input.text(usize::try_from(length).ok()?)?),
        };
        pairs.push(format!("{key}=>{value}"));
    }
    Some(pairs.join(", "))
}

fn words(bytes: &[u8]) -> Option<String> {
    let mut input = Input(bytes);
    let mut words = Vec::new();
    for _ in 0..input.int()? {
        let length = input.0.iter().position(|byte| *byte == 0)?;
        let word = input.text(length)?;
        input.take(1)?;
        let mut text = format!("'{}'", word.replace('\\', "\\\\").replace('\'', "''"));
        for at in 0..input.short()? {
            let place = input.short()?;
            let weight = ["", "C", "B", "A"][usize::from(place >> 14)];
            let sign = if at == 0 { ':' } else { ',' };
            let _ = write!(text, "{sign}{}{weight}", place & 0x3fff);
        }
        words.push(text);
    }
    Some(words.join(" "))
}

/// A geometric shape.
fn shape(ty: &str, bytes: &[u8]) -> Option<String> {
    let mut input = Input(bytes);
    Some(match ty {
        "point" => input.point()?,
        "box" => input.points(2)?,
        "lseg" => format!("[{}]", input.points(2)?),
        "circle" => {
            let centre = input.point()?;
            format!("<{centre},{}>", input.number()?)
        }
        "line" => {
            let (a, b, c) = (input.number()?, input.number()?, input.number()?);
            format!("{{{a},{b},{c}}}")
        }
        "polygon" => {
            let count = usize::try_from(input.int()?).ok()?;
            format!("({})", input.points(count)?)
        }
        "path" => {
            let closed = input.take(1)? == [1];
            let count = usize::try_from(input.int()?).ok()?;
            let points = input.points(count)?;
            if closed {
                format!("({points})")
            } else {
                format!("[{points}]")
            }
        }
        _ => return None,
    })
}
