//! Binds dates, times and durations. Aware and naive values are never mixed.

use oxyde_driver::calendar::{DAY_MICROS, MAX_MICROS, MIN_MICROS, day_of};
use oxyde_sql::value::Value;
use pyo3::prelude::*;
use pyo3::types::{
    PyDate, PyDateAccess, PyDateTime, PyDelta, PyDeltaAccess, PyTime, PyTimeAccess, PyTzInfo,
    PyTzInfoAccess,
};

use super::{Fit, Misfit};

const SECOND: i64 = 1_000_000;

/// A date that is not a datetime.
pub(super) fn date(value: &Bound<'_, PyAny>) -> Fit<Value> {
    if value.is_instance_of::<PyDateTime>() {
        return Err(Misfit::wrong_type(value, "date").hint("pass value.date()"));
    }
    match value.cast::<PyDate>() {
        Ok(date) => days(date).map(Value::Date),
        Err(_) => Err(Misfit::wrong_type(value, "date")
            .hint("convert a str with datetime.date.fromisoformat(...)")),
    }
}

/// A time without a zone.
pub(super) fn time(value: &Bound<'_, PyAny>) -> Fit<Value> {
    let Ok(time) = value.cast::<PyTime>() else {
        return Err(Misfit::wrong_type(value, "time")
            .hint("convert a str with datetime.time.fromisoformat(...)"));
    };
    if time.get_tzinfo().is_some() {
        return Err(
            Misfit::new("takes a time without a zone; the value has a tzinfo")
                .hint("pass value.replace(tzinfo=None), or use a datetime field"),
        );
    }
    Ok(Value::Time(micros(time)))
}

/// A naive datetime.
pub(super) fn date_time(value: &Bound<'_, PyAny>) -> Fit<Value> {
    let stamp = stamp(value, "a naive datetime")?;
    if stamp.get_tzinfo().is_some() {
        return Err(
            Misfit::new("takes naive datetimes; the value is aware (it has a tzinfo)")
                .hint("annotate the field with `pydantic.AwareDatetime` to store points in time"),
        );
    }
    Ok(Value::DateTime(
        i64::from(days(stamp)?) * DAY_MICROS + micros(stamp),
    ))
}

/// An aware datetime, converted to UTC.
pub(super) fn timestamp_tz(value: &Bound<'_, PyAny>) -> Fit<Value> {
    let stamp = stamp(value, "an aware datetime")?;
    let naive = || {
        Misfit::new("takes aware datetimes; the value is naive (it has no time zone)")
            .hint("pass one with a tzinfo, such as datetime.now(timezone.utc)")
    };
    let zone = stamp.get_tzinfo().ok_or_else(naive)?;
    let local = i64::from(days(stamp)?) * DAY_MICROS + micros(stamp);
    let utc = PyTzInfo::utc(stamp.py())?;
    if zone.is(&*utc) {
        return Ok(Value::TimestampTz(local));
    }
    let offset = stamp.call_method0("utcoffset")?;
    let offset = offset.cast::<PyDelta>().map_err(|_| naive())?;
    let moment = local - delta(offset).unwrap_or(0);
    if !(MIN_MICROS..=MAX_MICROS).contains(&moment) {
        return Err(Misfit::new(
            "got a datetime outside the years 1 to 9999 in UTC",
        ));
    }
    Ok(Value::TimestampTz(moment))
}

/// A timedelta.
pub(super) fn interval(value: &Bound<'_, PyAny>) -> Fit<Value> {
    let Ok(duration) = value.cast::<PyDelta>() else {
        return Err(
            Misfit::wrong_type(value, "timedelta").hint("timedelta(seconds=...) for a number")
        );
    };
    delta(duration).map(Value::Interval).ok_or_else(|| {
        Misfit::new("got a timedelta of more than 292,000 years, which is not stored")
    })
}

fn stamp<'a, 'py>(value: &'a Bound<'py, PyAny>, takes: &str) -> Fit<&'a Bound<'py, PyDateTime>> {
    value.cast::<PyDateTime>().map_err(|_| {
        Misfit::wrong_type(value, takes).hint(
            "convert a date with datetime.combine(...), a str with datetime.fromisoformat(...)",
        )
    })
}

fn days<T: PyDateAccess>(date: &T) -> Fit<i32> {
    day_of(date.get_year(), date.get_month(), date.get_day())
        .ok_or_else(|| Misfit::new("got a date that does not exist"))
}

fn micros<T: PyTimeAccess>(time: &T) -> i64 {
    let seconds = i64::from(time.get_hour()) * 3_600
        + i64::from(time.get_minute()) * 60
        + i64::from(time.get_second());
    seconds * SECOND + i64::from(time.get_microsecond())
}

/// Return the microseconds, if they fit into 64 bits.
fn delta(duration: &Bound<'_, PyDelta>) -> Option<i64> {
    let seconds =
        i64::from(duration.get_seconds()) * SECOND + i64::from(duration.get_microseconds());
    i64::from(duration.get_days())
        .checked_mul(DAY_MICROS)?
        .checked_add(seconds)
}
