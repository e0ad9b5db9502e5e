//! Dates and times of the crate `time` as [`Value`]s. Databases store microseconds, so nanoseconds are
//! cut off.

use time::{Date, Duration, OffsetDateTime, PrimitiveDateTime, Time};

use super::Value;
use super::from::{ArrayItem, from};

/// 1970-01-01 as a Julian day.
const EPOCH: i32 = 2_440_588;

from! {
    Date => |value| Value::Date(value.to_julian_day() - EPOCH);
    Time => |value| {
        let (hour, minute, second, micros) = value.as_hms_micro();
        let seconds = (i64::from(hour) * 60 + i64::from(minute)) * 60 + i64::from(second);
        Value::Time(seconds * 1_000_000 + i64::from(micros))
    };
    PrimitiveDateTime => |value| Value::DateTime(micros(value.assume_utc()));
    OffsetDateTime => |value| Value::TimestampTz(micros(value));
    // Longer than 292,000 years becomes the longest interval of its sign.
    Duration => |value| Value::Interval(saturated(value.whole_microseconds()));
}

/// Microseconds since 1970; a year that they cannot count is far outside of what databases store, and
/// is refused when it is bound.
fn micros(moment: OffsetDateTime) -> i64 {
    saturated(moment.unix_timestamp_nanos().div_euclid(1_000))
}

fn saturated(micros: i128) -> i64 {
    let longest = if micros < 0 { i64::MIN } else { i64::MAX };
    i64::try_from(micros).unwrap_or(longest)
}

#[cfg(test)]
mod tests {
    use time::{Month, UtcOffset};

    use super::*;

    #[test]
    fn values_count_from_1970() {
        let day = Date::from_calendar_date(1969, Month::December, 31).unwrap();
        assert_eq!(Value::from(day), Value::Date(-1));
        let time = Time::from_hms_nano(0, 0, 1, 2_999).unwrap();
        assert_eq!(Value::from(time), Value::Time(1_000_002));
        let stamp = PrimitiveDateTime::new(day, Time::from_hms(23, 59, 59).unwrap());
        assert_eq!(Value::from(stamp), Value::DateTime(-1_000_000));
        let zoned = stamp.assume_offset(UtcOffset::from_hms(1, 0, 0).unwrap());
        assert_eq!(Value::from(zoned), Value::TimestampTz(-3_601_000_000));
        assert_eq!(
            Value::from(Duration::days(-1)),
            Value::Interval(-86_400_000_000)
        );
    }
}
