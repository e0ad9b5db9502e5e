//! Functions of dates and times, which SQLite stores as text.

use std::cmp::Ordering;

use super::{Argument, Output, Result, range, wrong};
use crate::values::calendar::{
    DAY_MICROS, MAX_MICROS, MIN_MICROS, civil, date_text, date_time_text, day_of, parse_moment,
    parse_time, short, time_text,
};

/// The format of a date and time.
#[derive(Clone, Copy)]
enum Written {
    Date,
    DateTime,
    Utc,
}

/// Parse text to microseconds and its format.
fn read(argument: Argument<'_>) -> Result<(i64, Written)> {
    let text = argument.text()?;
    let moment = parse_moment(text).ok_or_else(|| wrong("expected a date or a date and time"))?;
    Ok(match moment.offset {
        Some(offset) => (moment.local - offset, Written::Utc),
        None if text.len() == 10 => (moment.local, Written::Date),
        None => (moment.local, Written::DateTime),
    })
}

fn write(micros: i64, written: Written) -> Result<Output> {
    if !(MIN_MICROS..=MAX_MICROS).contains(&micros) {
        return Err(range("the date and time is outside the years 1 to 9999"));
    }
    Ok(Output::Text(match written {
        Written::Date => date_text(micros.div_euclid(DAY_MICROS)),
        Written::DateTime => short(date_time_text(micros)),
        Written::Utc => short(date_time_text(micros)) + "+00:00",
    }))
}

pub(super) fn date_add(arguments: &[Argument<'_>]) -> Result<Output> {
    write(later(arguments)?.0, Written::Date)
}

pub(super) fn datetime_add(arguments: &[Argument<'_>]) -> Result<Output> {
    let (end, written) = later(arguments)?;
    let form = match written {
        Written::Utc => Written::Utc,
        // A date means midnight.
        Written::DateTime | Written::Date => Written::DateTime,
    };
    write(end, form)
}

fn later(arguments: &[Argument<'_>]) -> Result<(i64, Written)> {
    let [moment, micros] = arguments else {
        return Err(wrong("expected a date and time, and microseconds"));
    };
    let (start, written) = read(*moment)?;
    let end = start
        .checked_add(micros.integer()?)
        .ok_or_else(|| range("the date and time is outside the years 1 to 9999"))?;
    Ok((end, written))
}

pub(super) fn datetime_diff(arguments: &[Argument<'_>]) -> Result<Output> {
    let [a, b] = arguments else {
        return Err(wrong("expected two dates and times"));
    };
    Ok(Output::Integer(read(*a)?.0 - read(*b)?.0))
}

pub(super) fn time_add(arguments: &[Argument<'_>]) -> Result<Output> {
    let [time, micros] = arguments else {
        return Err(wrong("expected a time and microseconds"));
    };
    let time = parse_time(time.text()?).ok_or_else(|| wrong("expected a time"))?;
    let sum = time + micros.integer()?.rem_euclid(DAY_MICROS);
    Ok(Output::Text(short(time_text(sum.rem_euclid(DAY_MICROS)))))
}

/// Microseconds of a date and time (midnight for a date), or of a time since midnight.
fn micros_of(text: &str) -> Option<i64> {
    match parse_moment(text) {
        Some(moment) => Some(moment.local - moment.offset.unwrap_or(0)),
        None => parse_time(text),
    }
}

/// Return the time in digits if the string has the format that is written here, without a zero
/// fraction; such strings sort like the times.
fn stored_form(text: &str) -> Option<&[u8]> {
    const FORM: &[u8; 26] = b"0000-00-00 00:00:00.000000";
    let time = text.strip_suffix("+00:00").unwrap_or(text).as_bytes();
    let valid = matches!(time.len(), 19 | 26)
        && !time.ends_with(b".000000")
        && time.iter().zip(FORM).all(|(byte, form)| match form {
            b'0' => byte.is_ascii_digit(),
            mark => byte == mark,
        });
    valid.then_some(time)
}

/// Compare two strings as dates and times; other strings sort as strings after all others.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    if a == b {
        return Ordering::Equal;
    }
    if let (Some(a), Some(b)) = (stored_form(a), stored_form(b)) {
        return a.cmp(b);
    }
    match (micros_of(a), micros_of(b)) {
        (Some(a), Some(b)) => a.cmp(&b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => a.cmp(b),
    }
}

pub(super) fn moment(arguments: &[Argument<'_>]) -> Result<Output> {
    let [moment] = arguments else {
        return Err(wrong("expected a date and time"));
    };
    write(read(*moment)?.0, Written::DateTime)
}

pub(super) fn clock(arguments: &[Argument<'_>]) -> Result<Output> {
    let [moment] = arguments else {
        return Err(wrong("expected a date and time or a time"));
    };
    let text = moment.text()?;
    if parse_moment(text).is_none() {
        let time = parse_time(text).ok_or_else(|| wrong("expected a date and time or a time"))?;
        return Ok(Output::Text(time_text(time)));
    }
    let micros = read(*moment)?.0;
    if !(MIN_MICROS..=MAX_MICROS).contains(&micros) {
        return Err(range("the date and time is outside the years 1 to 9999"));
    }
    Ok(Output::Text(date_time_text(micros)))
}

pub(super) fn trunc(arguments: &[Argument<'_>]) -> Result<Output> {
    let [unit, moment] = arguments else {
        return Err(wrong("expected a unit and a date and time"));
    };
    let (micros, written) = read(*moment)?;
    let day = micros.div_euclid(DAY_MICROS);
    let (year, month, _) = civil(day);
    let first_of = |month: u8| {
        day_of(year, month, 1)
            .map(|day| i64::from(day) * DAY_MICROS)
            .ok_or_else(|| range("the date and time is outside the years 1 to 9999"))
    };
    let start = match unit.text()? {
        "year" => first_of(1)?,
        "quarter" => first_of((month - 1) / 3 * 3 + 1)?,
        "month" => first_of(month)?,
        // 1970-01-01 was a Thursday; weeks start on Monday.
        "week" => (day - (day + 3).rem_euclid(7)) * DAY_MICROS,
        "day" => day * DAY_MICROS,
        "hour" => micros - micros.rem_euclid(3_600_000_000),
        "minute" => micros - micros.rem_euclid(60_000_000),
        "second" => micros - micros.rem_euclid(1_000_000),
        other => return Err(wrong(format!("unknown unit `{other}`"))),
    };
    write(start, written)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Output {
        Output::Text(text.to_owned())
    }

    #[test]
    fn moments_keep_their_form() {
        let day = [
            Argument::Text("2024-02-28"),
            Argument::Integer(2 * DAY_MICROS),
        ];
        assert_eq!(date_add(&day), Ok(text("2024-03-01")));
        assert_eq!(datetime_add(&day), Ok(text("2024-03-01 00:00:00")));
        let utc = [
            Argument::Text("2024-02-28 23:59:59.999999+00:00"),
            Argument::Integer(1),
        ];
        assert_eq!(datetime_add(&utc), Ok(text("2024-02-29 00:00:00+00:00")));
        assert!(date_add(&[Argument::Text("9999-12-31"), Argument::Integer(DAY_MICROS)]).is_err());
        let time = [Argument::Text("23:00:00"), Argument::Integer(7_200_000_000)];
        assert_eq!(time_add(&time), Ok(text("01:00:00")));
    }

    #[test]
    fn starts_of_units() {
        for (unit, expected) in [
            ("year", "2024-01-01 00:00:00"),
            ("quarter", "2024-04-01 00:00:00"),
            ("week", "2024-05-13 00:00:00"),
            ("minute", "2024-05-17 10:11:00"),
        ] {
            let call = [
                Argument::Text(unit),
                Argument::Text("2024-05-17 10:11:12.5"),
            ];
            assert_eq!(trunc(&call), Ok(text(expected)));
        }
    }

    #[test]
    fn spellings_are_one_moment() {
        let same = [
            "2024-01-01 10:00:00",
            "2024-01-01 10:00:00.000000",
            "2024-01-01T10:00:00Z",
            "2024-01-01 12:00:00.000+02:00",
            "2024-01-01 10:00",
        ];
        for a in same {
            for b in same {
                assert_eq!(compare(a, b), Ordering::Equal, "{a} {b}");
            }
            assert_eq!(compare(a, "2024-01-01T10:00:00.000001"), Ordering::Less);
            assert_eq!(compare(a, "2024-01-01"), Ordering::Greater);
            assert_eq!(
                clock(&[Argument::Text(a)]),
                Ok(text("2024-01-01 10:00:00.000000"))
            );
            assert_eq!(
                moment(&[Argument::Text(a)]),
                Ok(text("2024-01-01 10:00:00"))
            );
        }
        assert_eq!(compare("10:00", "10:00:00.000"), Ordering::Equal);
        assert_eq!(compare("10:00", "soon"), Ordering::Less);
    }
}
