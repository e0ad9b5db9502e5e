//! Dates and times of chrono as [`Value`]s. Databases store microseconds, so nanoseconds are cut off.

use chrono::{
    DateTime, Datelike as _, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone,
    Timelike as _,
};

use super::Value;
use super::from::{ArrayItem, from};

/// 1970-01-01, in days since the first day of the year 1.
const EPOCH: i32 = 719_163;

from! {
    NaiveDate => |value| Value::Date(value.num_days_from_ce() - EPOCH);
    NaiveTime => |value| Value::Time(
        i64::from(value.num_seconds_from_midnight()) * 1_000_000
            + i64::from(value.nanosecond() / 1_000),
    );
    NaiveDateTime => |value| Value::DateTime(value.and_utc().timestamp_micros());
    // Longer than 292,000 years becomes the longest interval of its sign.
    TimeDelta => |value| Value::Interval(value.num_microseconds().unwrap_or(
        if value < TimeDelta::zero() { i64::MIN } else { i64::MAX },
    ));
}

impl<Z: TimeZone> From<DateTime<Z>> for Value {
    fn from(value: DateTime<Z>) -> Self {
        Value::TimestampTz(value.timestamp_micros())
    }
}

impl<Z: TimeZone> ArrayItem for DateTime<Z> {}

#[cfg(test)]
mod tests {
    use chrono::{FixedOffset, Utc};

    use super::*;

    #[test]
    fn values_count_from_1970() {
        let day = NaiveDate::from_ymd_opt(1969, 12, 31).unwrap();
        assert_eq!(Value::from(day), Value::Date(-1));
        let time = NaiveTime::from_hms_nano_opt(0, 0, 1, 2_999).unwrap();
        assert_eq!(Value::from(time), Value::Time(1_000_002));
        let stamp = day.and_hms_opt(23, 59, 59).unwrap();
        assert_eq!(Value::from(stamp), Value::DateTime(-1_000_000));
        let east = FixedOffset::east_opt(3_600).unwrap();
        let zoned = stamp.and_local_timezone(east).unwrap();
        assert_eq!(Value::from(zoned), Value::TimestampTz(-3_601_000_000));
        assert_eq!(Value::from(zoned.with_timezone(&Utc)), Value::from(zoned));
        assert_eq!(
            Value::from(TimeDelta::days(-1)),
            Value::Interval(-86_400_000_000)
        );
    }
}
