//! Strings as dates, times and UUIDs.

use super::{Argument, Output, Result, number::written, wrong};
use crate::values::calendar::{
    MAX_MICROS, MIN_MICROS, date_time_text, parse_date, parse_moment, parse_time, short, time_text,
};

/// The length of `HH:MM:SS.ffffff`.
const LONGEST_TIME: usize = 15;

/// Return the storage form of a type, or NULL if the string has another format.
pub(super) fn parse(arguments: &[Argument<'_>]) -> Result<Output> {
    let [Argument::Text(kind), value] = arguments else {
        return Err(wrong("expected a type and a string"));
    };
    let text = written(&[*value])?;
    let parsed = match *kind {
        "date" => parse_date(&text).is_some().then_some(text),
        "datetime" => moment(&text, false),
        "aware datetime" => moment(&text, true).map(|text| text + "+00:00"),
        "time" => time(&text).map(|micros| short(time_text(micros))),
        "uuid" => uuid(&text),
        other => return Err(wrong(format!("unknown type `{other}`"))),
    };
    Ok(parsed.map_or(Output::Null, Output::Text))
}

fn time(text: &str) -> Option<i64> {
    (text.len() <= LONGEST_TIME).then(|| parse_time(text))?
}

/// Parse a date and time with a space or `T` between them, in UTC.
fn moment(text: &str, aware: bool) -> Option<String> {
    let (date, rest) = text.split_at_checked(10)?;
    parse_date(date)?;
    if !rest.is_empty() {
        let rest = rest.strip_prefix([' ', 'T'])?;
        let clock = if aware { without_zone(rest)? } else { rest };
        time(clock)?;
    }
    let moment = parse_moment(text)?;
    let micros = moment.local - moment.offset.unwrap_or(0);
    (MIN_MICROS..=MAX_MICROS)
        .contains(&micros)
        .then(|| short(date_time_text(micros)))
}

/// Return the time before `Z` or an offset of less than 16 hours, if one follows.
fn without_zone(text: &str) -> Option<&str> {
    if let Some(clock) = text.strip_suffix('Z') {
        return Some(clock);
    }
    let Some(at) = text.find(['+', '-']) else {
        return Some(text);
    };
    let (clock, zone) = text.split_at(at);
    let valid = zone.len() == 6 && zone.as_bytes()[3] == b':' && &zone[1..3] <= "15";
    valid.then_some(clock)
}

fn uuid(text: &str) -> Option<String> {
    let valid = text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
    valid.then(|| text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(kind: &str, text: &str) -> Option<String> {
        match parse(&[Argument::Text(kind), Argument::Text(text)]) {
            Ok(Output::Text(text)) => Some(text),
            Ok(Output::Null) => None,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn strings_in_the_formats() {
        for (kind, text, form) in [
            ("date", "2024-02-29", "2024-02-29"),
            ("datetime", "2024-02-29", "2024-02-29 00:00:00"),
            ("datetime", "2024-02-29T10:30", "2024-02-29 10:30:00"),
            (
                "aware datetime",
                "2024-02-29 10:30:00.5-02:30",
                "2024-02-29 13:00:00.500000+00:00",
            ),
            (
                "aware datetime",
                "2024-02-29T10:30Z",
                "2024-02-29 10:30:00+00:00",
            ),
            ("aware datetime", "2024-02-29", "2024-02-29 00:00:00+00:00"),
            ("time", "10:30", "10:30:00"),
        ] {
            assert_eq!(parsed(kind, text).as_deref(), Some(form), "{text}");
        }
    }

    #[test]
    fn other_strings() {
        for (kind, text) in [
            ("date", "2023-02-29"),
            ("date", "2024-02-29 10:00"),
            ("datetime", "2024-02-29 10:00Z"),
            ("datetime", "2024-02-29t10:00"),
            ("datetime", "2024-02-29 24:00"),
            ("aware datetime", "2024-02-29 10:00+16:00"),
            ("aware datetime", "2024-02-29 10:00+0200"),
            ("aware datetime", "2024-02-29Z"),
            ("time", "12"),
            ("time", "10:00:00.0000000"),
            ("uuid", "0-0"),
            ("date", "ä"),
            ("datetime", "2024-02-2ä 10:00"),
        ] {
            assert_eq!(parsed(kind, text), None, "{text}");
        }
    }
}
