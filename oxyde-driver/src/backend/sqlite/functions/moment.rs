//! Functions of dates and times, which SQLite keeps as text.

use super::{Answer, Argument, Result, range, wrong};
use crate::calendar::{
    DAY_MICROS, MAX_MICROS, MIN_MICROS, civil, date_text, date_time_text, day_of, parse_moment,
    parse_time, time_text,
};

/// How a moment was written.
#[derive(Clone, Copy)]
enum Written {
    Date,
    DateTime,
    Utc,
}

/// Microseconds and form of a text.
fn read(argument: Argument<'_>) -> Result<(i64, Written)> {
    let text = argument.text()?;
    let moment = parse_moment(text).ok_or_else(|| wrong("expected a date or a date and time"))?;
    Ok(match moment.offset {
        Some(offset) => (moment.local - offset, Written::Utc),
        None if text.len() == 10 => (moment.local, Written::Date),
        None => (moment.local, Written::DateTime),
    })
}

fn write(micros: i64, written: Written) -> Result<Answer> {
    if !(MIN_MICROS..=MAX_MICROS).contains(&micros) {
        return Err(range("the moment is outside the years 1 to 9999"));
    }
    Ok(Answer::Text(match written {
        Written::Date => date_text(micros.div_euclid(DAY_MICROS)),
        Written::DateTime => date_time_text(micros),
        Written::Utc => date_time_text(micros) + "+00:00",
    }))
}

pub(super) fn datetime_add(arguments: &[Argument<'_>]) -> Result<Answer> {
    let [moment, micros] = arguments else {
        return Err(wrong("expected a moment and microseconds"));
    };
    let (start, written) = read(*moment)?;
    let end = start
        .checked_add(micros.integer()?)
        .ok_or_else(|| range("the moment is outside the years 1 to 9999"))?;
    write(end, written)
}

pub(super) fn datetime_diff(arguments: &[Argument<'_>]) -> Result<Answer> {
    let [a, b] = arguments else {
        return Err(wrong("expected two moments"));
    };
    Ok(Answer::Integer(read(*a)?.0 - read(*b)?.0))
}

pub(super) fn time_add(arguments: &[Argument<'_>]) -> Result<Answer> {
    let [time, micros] = arguments else {
        return Err(wrong("expected a time and microseconds"));
    };
    let time = parse_time(time.text()?).ok_or_else(|| wrong("expected a time"))?;
    let sum = time + micros.integer()?.rem_euclid(DAY_MICROS);
    Ok(Answer::Text(time_text(sum.rem_euclid(DAY_MICROS))))
}

pub(super) fn trunc(arguments: &[Argument<'_>]) -> Result<Answer> {
    let [unit, moment] = arguments else {
        return Err(wrong("expected a unit and a moment"));
    };
    let (micros, written) = read(*moment)?;
    let day = micros.div_euclid(DAY_MICROS);
    let (year, month, _) = civil(day);
    let first_of = |month: u32| {
        day_of(year, month, 1)
            .map(|day| day * DAY_MICROS)
            .ok_or_else(|| range("the moment is outside the years 1 to 9999"))
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

    fn text(text: &str) -> Answer {
        Answer::Text(text.to_owned())
    }

    #[test]
    fn moments_keep_their_form() {
        let day = [
            Argument::Text("2024-02-28"),
            Argument::Integer(2 * DAY_MICROS),
        ];
        assert_eq!(datetime_add(&day), Ok(text("2024-03-01")));
        let utc = [
            Argument::Text("2024-02-28 23:59:59.999999+00:00"),
            Argument::Integer(1),
        ];
        assert_eq!(
            datetime_add(&utc),
            Ok(text("2024-02-29 00:00:00.000000+00:00"))
        );
        assert!(
            datetime_add(&[Argument::Text("9999-12-31"), Argument::Integer(DAY_MICROS)]).is_err()
        );
        let time = [Argument::Text("23:00:00"), Argument::Integer(7_200_000_000)];
        assert_eq!(time_add(&time), Ok(text("01:00:00.000000")));
    }

    #[test]
    fn starts_of_units() {
        for (unit, expected) in [
            ("year", "2024-01-01 00:00:00.000000"),
            ("quarter", "2024-04-01 00:00:00.000000"),
            ("week", "2024-05-13 00:00:00.000000"),
            ("minute", "2024-05-17 10:11:00.000000"),
        ] {
            let call = [
                Argument::Text(unit),
                Argument::Text("2024-05-17 10:11:12.5"),
            ];
            assert_eq!(trunc(&call), Ok(text(expected)));
        }
    }
}
