//! `Cast(value, type)` that the user asked for.

use super::{ColumnType, Family};
use crate::dialect::Templates;
use crate::error::SqlError;
use crate::query::{Context, Level, Sql};

/// Numbers and texts that become a truth value.
const TO_BOOL: Templates = Templates::of("CAST({0} AS BOOLEAN)", "{0!} <> 0", "{0!} <> 0");
/// A moment in UTC without its zone.
const NAIVE: Templates = Templates::of(
    "{0!} AT TIME ZONE 'UTC'",
    "substr({0}, 1, 26)",
    "CAST({0} AS DATETIME(6))",
);
/// A date and time as the moment in UTC.
const AWARE: Templates = Templates::of(
    "{0!} AT TIME ZONE 'UTC'",
    "{0!} || '+00:00'",
    "CAST({0} AS DATETIME(6))",
);
const DATE_TO_DATE_TIME: Templates = Templates::of(
    "CAST({0} AS TIMESTAMP)",
    "{0!} || ' 00:00:00.000000'",
    "CAST({0} AS DATETIME(6))",
);
const TO_DATE: Templates = Templates::of("CAST({0} AS DATE)", "substr({0}, 1, 10)", "DATE({0})");
const TO_TIME: Templates = Templates::of("CAST({0} AS TIME)", "substr({0}, 12, 15)", "TIME({0})");
const TO_DECIMAL: &str = "oxyde_decimal_cast({0})";
/// Half away from zero, as PostgreSQL and MySQL do.
const SQLITE_TO_INT: Templates = Templates::of(
    "CAST({0} AS BIGINT)",
    "CAST(round({0}) AS INTEGER)",
    "CAST({0} AS SIGNED)",
);
const TO_JSON: Templates =
    Templates::of("CAST({0} AS JSONB)", "json({0})", "CAST({0} AS JSON)").mariadb("{0}");

/// The value as another type.
pub(crate) fn convert(
    cx: &mut Context<'_>,
    sql: Sql,
    from: Option<&ColumnType>,
    to: &ColumnType,
) -> Result<Sql, SqlError> {
    let operator = Level::Operator;
    let source = from.map(ColumnType::family);
    let templates = match (source, to.family()) {
        (Some(Family::DateTime), Family::DateTime) => match (from, to) {
            (Some(ColumnType::TimestampTz), ColumnType::DateTime) => &NAIVE,
            (Some(ColumnType::DateTime), ColumnType::TimestampTz) => &AWARE,
            _ => return Ok(sql),
        },
        (Some(Family::Date), Family::DateTime) => &DATE_TO_DATE_TIME,
        (Some(Family::DateTime), Family::Date | Family::Time) => {
            let aware = from == Some(&ColumnType::TimestampTz) && cx.features.time_zones;
            let sql = if aware {
                cx.template(&NAIVE, &[sql], operator, "CAST")?
            } else {
                sql
            };
            let to = if to.family() == Family::Date {
                &TO_DATE
            } else {
                &TO_TIME
            };
            return cx.template(to, &[sql], Level::Term, "CAST");
        }
        (Some(Family::Int | Family::Float | Family::Decimal), Family::Bool) => &TO_BOOL,
        (Some(Family::Float | Family::Decimal), Family::Int) => {
            let sql = cx.template(&SQLITE_TO_INT, &[sql], Level::Term, "CAST")?;
            return Ok(cx.cast(sql, to));
        }
        (_, Family::Decimal) if cx.features.decimal_as_text => {
            let digits = match to {
                ColumnType::Decimal {
                    scale: Some(scale), ..
                } => Some(*scale),
                _ => None,
            };
            let number = cx.join.fill(TO_DECIMAL, &[sql], Level::Term);
            return Ok(match digits {
                Some(digits) => {
                    let digits = Sql::text(digits.to_string());
                    cx.join.fill(
                        "oxyde_decimal_round({0}, {1})",
                        &[number, digits],
                        Level::Term,
                    )
                }
                None => number,
            });
        }
        (Some(source), Family::Json) if source != Family::Json => &TO_JSON,
        _ => return Ok(cx.cast(sql, to)),
    };
    cx.template(templates, &[sql], operator, "CAST")
}
