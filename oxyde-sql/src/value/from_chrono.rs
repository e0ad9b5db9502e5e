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
