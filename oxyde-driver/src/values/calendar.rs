//! Dates and times as numbers and as text, in the proleptic Gregorian calendar.

use chrono::{Datelike as _, NaiveDate};

/// 0001-01-01 in days since 1970-01-01: Python's first date.
pub const MIN_DAY: i64 = -719_162;
/// 9999-12-31 in days since 1970-01-01.
pub const MAX_DAY: i64 = 2_932_896;
/// Microseconds of a day.
pub const DAY_MICROS: i64 = 86_400_000_000;
/// 0001-01-01T00:00:00 in microseconds since 1970-01-01T00:00:00.
pub const MIN_MICROS: i64 = MIN_DAY * DAY_MICROS;
/// 9999-12-31T23:59:59.999999 in microseconds since 1970-01-01T00:00:00.
pub const MAX_MICROS: i64 = (MAX_DAY + 1) * DAY_MICROS - 1;

/// Year, month and day of a day since 1970-01-01, from [`MIN_DAY`] to [`MAX_DAY`].
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    reason = "a month is at most 12, a day at most 31"
)]
pub fn civil(day: i64) -> (i32, u8, u8) {
    let date = i32::try_from(day)
        .ok()
        .and_then(NaiveDate::from_epoch_days)
        .unwrap_or_default();
    (date.year(), date.month() as u8, date.day() as u8)
}

/// Return the day since 1970-01-01, or `None` if the date does not exist in the years 1 to 9999.
#[must_use]
pub fn day_of(year: i32, month: u8, day: u8) -> Option<i32> {
    if !(1..=9999).contains(&year) {
        return None;
    }
    NaiveDate::from_ymd_opt(year, month.into(), day.into()).map(|date| date.to_epoch_days())
}

/// Hours, minutes, seconds and microseconds of a time of day.
pub(crate) fn clock(micros: i64) -> (i64, i64, i64, i64) {
    let seconds = micros / 1_000_000;
    (
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60,
        micros % 1_000_000,
    )
}

/// `YYYY-MM-DD`.
pub(crate) fn date_text(day: i64) -> String {
    let (year, month, day) = civil(day);
    format!("{year:04}-{month:02}-{day:02}")
}

/// `HH:MM:SS.ffffff`.
pub(crate) fn time_text(micros: i64) -> String {
    let (hour, minute, second, micro) = clock(micros);
    format!("{hour:02}:{minute:02}:{second:02}.{micro:06}")
}

/// `YYYY-MM-DD HH:MM:SS.ffffff`.
pub(crate) fn date_time_text(micros: i64) -> String {
    let (day, time) = (micros.div_euclid(DAY_MICROS), micros.rem_euclid(DAY_MICROS));
    let (year, month, day) = civil(day);
    let (hour, minute, second, micro) = clock(time);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{micro:06}")
}

/// Return the text without a zero fraction, as Python formats it.
pub(crate) fn short(mut text: String) -> String {
    if text.ends_with(".000000") {
        text.truncate(text.len() - 7);
    }
    text
}

/// A parsed date and time: local time, and the zone's offset, if there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    /// Microseconds since 1970-01-01T00:00:00 as written.
    pub local: i64,
    /// Offset of the zone in microseconds, if one was written.
    pub offset: Option<i64>,
}

/// Parse `YYYY-MM-DD`.
pub(crate) fn parse_date(text: &str) -> Option<i32> {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    day_of(
        digits(&bytes[..4])?,
        digits(&bytes[5..7])?,
        digits(&bytes[8..])?,
    )
}

/// Parse `HH:MM[:SS[.f…]]`; digits beyond microseconds must be zeros.
pub(crate) fn parse_time(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    if bytes.len() < 5 || bytes[2] != b':' {
        return None;
    }
    let hour: u8 = digits(&bytes[..2])?;
    let minute: u8 = digits(&bytes[3..5])?;
    let (second, micro) = match &bytes[5..] {
        [] => (0, 0),
        [b':', rest @ ..] if rest.len() >= 2 => {
            let second: u8 = digits(&rest[..2])?;
            match &rest[2..] {
                [] => (second, 0),
                [b'.', fraction @ ..] => (second, micros_of(fraction)?),
                _ => return None,
            }
        }
        _ => return None,
    };
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let seconds = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
    Some(seconds * 1_000_000 + micro)
}

/// Parse `YYYY-MM-DD[( |T)HH:MM[:SS[.f…]]][Z|±HH[:MM]]`.
pub(crate) fn parse_moment(text: &str) -> Option<Moment> {
    if !text.is_ascii() || text.len() < 10 {
        return None;
    }
    let day = i64::from(parse_date(&text[..10])?);
    let rest = &text[10..];
    if rest.is_empty() {
        return Some(Moment {
            local: day * DAY_MICROS,
            offset: None,
        });
    }
    let rest = rest.strip_prefix([' ', 'T', 't'])?;
    let zone_at = rest.find(['Z', 'z', '+', '-']);
    let (time, zone) = zone_at.map_or((rest, ""), |at| rest.split_at(at));
    let local = day * DAY_MICROS + parse_time(time.trim_end())?;
    Some(Moment {
        local,
        offset: if zone.is_empty() {
            None
        } else {
            Some(parse_zone(zone)?)
        },
    })
}

fn parse_zone(zone: &str) -> Option<i64> {
    if zone.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let (sign, rest) = match zone.as_bytes() {
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let (hours, minutes): (u8, u8) = match rest {
        [a, b] => (digits(&[*a, *b])?, 0),
        [a, b, b':', c, d] | [a, b, c, d] => (digits(&[*a, *b])?, digits(&[*c, *d])?),
        _ => return None,
    };
    (hours < 24 && minutes < 60)
        .then(|| sign * (i64::from(hours) * 3600 + i64::from(minutes) * 60) * 1_000_000)
}

fn digits<N: TryFrom<u32>>(bytes: &[u8]) -> Option<N> {
    let number = bytes.iter().try_fold(0u32, |sum, byte| {
        byte.is_ascii_digit()
            .then(|| sum * 10 + u32::from(byte - b'0'))
    })?;
    number.try_into().ok()
}

fn micros_of(fraction: &[u8]) -> Option<i64> {
    if fraction.is_empty() {
        return None;
    }
    let mut micros = 0;
    for place in 0..fraction.len().max(6) {
        let digit = fraction.get(place).copied().unwrap_or(b'0');
        if !digit.is_ascii_digit() || (place >= 6 && digit != b'0') {
            return None;
        }
        if place < 6 {
            micros = micros * 10 + i64::from(digit - b'0');
        }
    }
    Some(micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_comes_back() {
        for day in MIN_DAY..=MAX_DAY {
            let (year, month, dom) = civil(day);
            assert_eq!(day_of(year, month, dom).map(i64::from), Some(day));
        }
        assert_eq!(civil(MIN_DAY), (1, 1, 1));
        assert_eq!(civil(MAX_DAY), (9999, 12, 31));
    }

    #[test]
    fn text_comes_back() {
        for micros in [MIN_MICROS, -1, 0, 1, 1_700_000_000_123_456, MAX_MICROS] {
            let text = date_time_text(micros);
            assert_eq!(
                parse_moment(&text),
                Some(Moment {
                    local: micros,
                    offset: None
                })
            );
        }
        let moment = parse_moment("2024-02-29T12:30:00.5+02:30").unwrap();
        assert_eq!(moment.offset, Some(9_000_000_000));
        assert_eq!(date_time_text(moment.local), "2024-02-29 12:30:00.500000");
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "",
            "2023-02-29",
            "2024-13-01",
            "0000-01-01",
            "2024-01-01 25:00",
            "2024-01-01 1:00",
            "2024-01-01 10:00:00.1234567",
            "2024-01-01 10:00:00.",
            "2024-01-01x10:00",
            "2024-01-01 10:00+99",
            "20240101",
        ] {
            assert_eq!(parse_moment(text), None, "{text}");
        }
    }
}
