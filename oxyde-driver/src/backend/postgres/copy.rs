//! `COPY … FROM STDIN` in its text format
//! (<https://www.postgresql.org/docs/current/sql-copy.html>, "Text Format").
//!
//! The text format, not the binary one, which accepts only values of exactly the column's type;
//! that may differ from the model's (an `integer` for a Python `int`).

use std::fmt::Write as _;
use std::sync::Arc;

use oxyde_sql::plan::{Bind, Copy, Plan};
use oxyde_sql::value::Value;
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;

use super::{Connection, native};
use crate::backend::Outcome;
use crate::error::DriverError;
use crate::rows::{RowSet, Slot};
use crate::values::calendar::{DAY_MICROS, date_text, date_time_text, time_text};
use crate::values::fit::{Fitted, fit, uuid_text};
use crate::values::placeholder::error;

/// Size of a message in bytes.
const CHUNK: usize = 256 * 1024;

impl Connection {
    /// Copy rows; `None` if the table does not support COPY. `start` is the index of the
    /// first row in the whole call.
    pub(super) async fn copy(
        &mut self,
        plan: &Arc<Plan>,
        copy: &Copy,
        rows: &[Vec<Value>],
        start: usize,
    ) -> Result<Option<Outcome>, DriverError> {
        let Some(keys) = self.keys(copy, rows.len()).await? else {
            return Ok(None);
        };
        let rows = Lines {
            binds: plan.row_binds(),
            rows,
            keys: &keys,
            start,
        };
        let affected = match rows.send(&mut self.raw, &copy.sql).await {
            Ok(affected) => affected,
            Err(Failure::Row(problem)) => return Err(problem),
            Err(Failure::Server(problem)) => return self.settled(Err(problem)).await,
        };
        let mut answer = RowSet::of_plan(plan);
        if copy.keyed {
            for key in keys {
                answer.slots.push(Slot::Int(key));
                answer.end_row();
            }
        }
        Ok(Some(Outcome {
            rows: answer,
            affected,
            ..Outcome::default()
        }))
    }

    /// Return new keys for the rows (none if the database generates none); `None` if the table does
    /// not support COPY.
    async fn keys(&mut self, copy: &Copy, count: usize) -> Result<Option<Vec<i64>>, DriverError> {
        let query = AssertSqlSafe(copy.check.clone());
        if !copy.keyed {
            let plain: Result<Option<bool>, _> = sqlx::query_scalar(query)
                .fetch_optional(&mut self.raw)
                .await;
            return Ok(self.settled(plain).await?.map(|_| Vec::new()));
        }
        let wanted = i64::try_from(count).unwrap_or(i64::MAX);
        let keys: Result<Option<Vec<i64>>, _> = sqlx::query_scalar(query)
            .bind(wanted)
            .fetch_one(&mut self.raw)
            .await;
        let keys = self.settled(keys).await?;
        Ok(keys.filter(|keys| keys.len() == count))
    }
}

enum Failure {
    Row(DriverError),
    Server(sqlx::Error),
}

/// The rows of a call, as lines of text.
struct Lines<'a> {
    binds: Vec<Bind>,
    rows: &'a [Vec<Value>],
    keys: &'a [i64],
    start: usize,
}

impl Lines<'_> {
    /// Send all of them or none; return the number that the server accepted.
    async fn send(&self, raw: &mut PgConnection, sql: &str) -> Result<u64, Failure> {
        let mut sink = raw.copy_in_raw(sql).await.map_err(Failure::Server)?;
        let mut text = String::with_capacity(CHUNK + 1024);
        for at in 0..self.rows.len() {
            if let Err(problem) = self.line(&mut text, at) {
                sink.abort("a value does not fit")
                    .await
                    .map_err(Failure::Server)?;
                return Err(Failure::Row(DriverError::BulkRow {
                    row: self.start + at,
                    source: Box::new(problem),
                }));
            }
            if text.len() >= CHUNK || at + 1 == self.rows.len() {
                sink.send(text.as_bytes()).await.map_err(Failure::Server)?;
                text.clear();
            }
        }
        sink.finish().await.map_err(Failure::Server)
    }

    /// Append the line of one row.
    fn line(&self, out: &mut String, at: usize) -> Result<(), DriverError> {
        for (place, bind) in self.binds.iter().enumerate() {
            if place > 0 {
                out.push('\t');
            }
            let param = bind.param as usize;
            let value = self.rows[at]
                .get(param)
                .ok_or_else(|| error(param, "the value is missing".to_owned()))?;
            fit(value, &bind.ty)
                .and_then(|fitted| field(out, &fitted))
                .map_err(|detail| error(param, detail))?;
        }
        if let Some(key) = self.keys.get(at) {
            // Writing to a string cannot fail.
            let _ = write!(out, "\t{key}");
        }
        out.push('\n');
        Ok(())
    }
}

/// Append one value.
pub(super) fn field(out: &mut String, fitted: &Fitted<'_>) -> Result<(), String> {
    // Writing to a string cannot fail.
    let _ = match fitted {
        Fitted::Null => write!(out, "\\N"),
        Fitted::Bool(truth) => write!(out, "{}", if *truth { 't' } else { 'f' }),
        Fitted::SmallInt(int) => write!(out, "{int}"),
        Fitted::Integer(int) => write!(out, "{int}"),
        Fitted::BigInt(int) => write!(out, "{int}"),
        Fitted::Double(double) if double.is_infinite() => {
            write!(out, "{}Infinity", if *double < 0.0 { "-" } else { "" })
        }
        // Rust writes the shortest digits that parse to the same number.
        Fitted::Double(double) => write!(out, "{double:e}"),
        Fitted::Decimal(text) => return escaped(out, text),
        Fitted::Text(text) | Fitted::Inet(text) | Fitted::Json(text) => return escaped(out, text),
        Fitted::Bytes(bytes) => {
            out.push_str("\\\\x");
            for byte in *bytes {
                let _ = write!(out, "{byte:02x}");
            }
            Ok(())
        }
        Fitted::Date(day) => write!(out, "{}", date_text(i64::from(*day))),
        Fitted::Time(micros) => write!(out, "{}", time_text(*micros)),
        Fitted::DateTime(micros) => write!(out, "{}", date_time_text(*micros)),
        Fitted::TimestampTz(micros) => write!(out, "{}+00", date_time_text(*micros)),
        Fitted::Interval(micros) => {
            let (days, rest) = (micros / DAY_MICROS, micros % DAY_MICROS);
            write!(out, "{days} days {rest} microseconds")
        }
        Fitted::Uuid(uuid) => write!(out, "{}", uuid_text(uuid)),
        Fitted::Native(value) => return escaped(out, &native::text(value)?),
        Fitted::List(..) => return Err("arrays are not copied".to_owned()),
    };
    Ok(())
}

/// Append text, with a backslash before characters that would end a field or row or be special.
fn escaped(out: &mut String, text: &str) -> Result<(), String> {
    let mut rest = text;
    while let Some(at) = rest.find(['\\', '\t', '\n', '\r', '\0']) {
        out.push_str(&rest[..at]);
        out.push_str(match rest.as_bytes()[at] {
            b'\\' => "\\\\",
            b'\t' => "\\t",
            b'\n' => "\\n",
            b'\r' => "\\r",
            _ => return Err("PostgreSQL's text cannot contain a NUL character".to_owned()),
        });
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_something_is_escaped() {
        let mut out = String::new();
        escaped(&mut out, "a\tb\\N\n\r.").unwrap();
        assert_eq!(out, "a\\tb\\\\N\\n\\r.");
        assert!(escaped(&mut out, "a\0").is_err());
    }

    #[test]
    fn numbers_are_exact() {
        for double in [
            0.1,
            -0.0,
            1e300,
            f64::MIN_POSITIVE,
            f64::MAX,
            f64::NEG_INFINITY,
        ] {
            let mut out = String::new();
            field(&mut out, &Fitted::Double(double)).unwrap();
            let read: f64 = out.parse().unwrap();
            assert_eq!(read.to_bits(), double.to_bits(), "{out}");
        }
    }
}
