//! Cells as dates and times of the crate `time`.

use time::{Date, Duration, OffsetDateTime, PrimitiveDateTime, Time};

use super::Cell;
use crate::rows::{FromCell, Mismatch};

/// 1970-01-01 as a Julian day.
const EPOCH: i32 = 2_440_588;

impl FromCell<'_> for Date {
    fn from_cell(cell: Cell<'_>) -> Result<Self, Mismatch> {
        match cell {
            Cell::Date(days) => Self::from_julian_day(days.saturating_add(EPOCH)).ok(),
            _ => None,
        }
        .ok_or_else(|| Mismatch::of("a date", cell))
    }
}

impl FromCell<'_> for Time {
    fn from_cell(cell: Cell<'_>) -> Result<Self, Mismatch> {
        match cell {
            // A day has fewer microseconds than a `Duration` can count.
            Cell::Time(micros) => Ok(Self::MIDNIGHT + Duration::microseconds(micros)),
            other => Err(Mismatch::of("a time", other)),
        }
    }
}

impl FromCell<'_> for PrimitiveDateTime {
    fn from_cell(cell: Cell<'_>) -> Result<Self, Mismatch> {
        match cell {
            Cell::DateTime(micros) => moment(micros),
            _ => None,
        }
        .map(|moment| Self::new(moment.date(), moment.time()))
        .ok_or_else(|| Mismatch::of("a date and time without a zone", cell))
    }
}

impl FromCell<'_> for OffsetDateTime {
    fn from_cell(cell: Cell<'_>) -> Result<Self, Mismatch> {
        match cell {
            Cell::TimestampTz(micros) => moment(micros),
            _ => None,
        }
        .ok_or_else(|| Mismatch::of("a date and time with a zone", cell))
    }
}

fn moment(micros: i64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000).ok()
}

impl FromCell<'_> for Duration {
    fn from_cell(cell: Cell<'_>) -> Result<Self, Mismatch> {
        match cell {
            Cell::Interval(micros) => Ok(Self::microseconds(micros)),
            other => Err(Mismatch::of("an interval", other)),
        }
    }
}
