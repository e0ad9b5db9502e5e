//! Cells as dates and times of chrono.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};

use super::Cell;
use crate::rows::{FromCell, Mismatch};

/// 1970-01-01, in days since the first day of the year 1.
const EPOCH: i32 = 719_163;

impl FromCell<'_> for NaiveDate {
    fn from_cell(cell: Cell<'_>) -> Result<Self, Mismatch> {
        match cell {
            Cell::Date(days) => Self::from_num_days_from_ce_opt(days.saturating_add(EPOCH)),
            _ => None,
        }
        .ok_or_else(|| Mismatch::of("a date", cell))
    }
}

impl FromCell<'_> for NaiveTime {
    fn from_cell(cell: Cell<'_>) -> Result<Self, Mismatch> {
        match cell {
            Cell::Time(micros) => time(micros),
            _ => None,
        }
        .ok_or_else(|| Mismatch::of("a time", cell))
    }
}

fn time(micros: i64) -> Option<NaiveTime> {
    let seconds = u32::try_from(micros / 1_000_000).ok()?;
    let rest = u32::try_from(micros % 1_000_000).ok()?;
    NaiveTime::from_num_seconds_from_midnight_opt(seconds, rest * 1_000)
}

impl FromCell<'_> for NaiveDateTime {
    fn from_cell(cell: Cell<'_>) -> Result<Self, Mismatch> {
        match cell {
            Cell::DateTime(micros) => DateTime::from_timestamp_micros(micros),
            _ => None,
        }
        .map(|moment| moment.naive_utc())
        .ok_or_else(|| Mismatch::of("a date and time without a zone", cell))
    }
}

impl FromCell<'_> for DateTime<Utc> {
    fn from_cell(cell: Cell<'_>) -> Result<Self, Mismatch> {
        match cell {
            Cell::TimestampTz(micros) => DateTime::from_timestamp_micros(micros),
            _ => None,
        }
        .ok_or_else(|| Mismatch::of("a date and time with a zone", cell))
    }
}

impl FromCell<'_> for TimeDelta {
    fn from_cell(cell: Cell<'_>) -> Result<Self, Mismatch> {
        match cell {
            Cell::Interval(micros) => Ok(Self::microseconds(micros)),
            other => Err(Mismatch::of("an interval", other)),
        }
    }
}
