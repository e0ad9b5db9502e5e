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
