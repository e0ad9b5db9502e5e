//! Truncation to a unit of time, and the current time.

use super::date::local;
use super::{Call, Function, Rendering, function, values};
use crate::dialect::Templates;
use crate::error::SqlError;
use crate::query::{Context, Precedence, Sql};
use crate::types::{ColumnType, Families, Family};

const fn truncate(name: &'static str) -> Function {
    function(
        name,
        (1, 2),
        Families::DATES,
        "the argument's, or date: (value, time zone)",
        Rendering::With(trunc),
    )
}

pub(super) const FUNCTIONS: &[Function] = &[
    truncate("trunc_year"),
    truncate("trunc_quarter"),
    truncate("trunc_month"),
    truncate("trunc_week"),
    truncate("trunc_day"),
    truncate("trunc_hour"),
    truncate("trunc_minute"),
    truncate("trunc_second"),
    function(
        "now",
        (0, 0),
        Families::ANY,
        "timestamp_tz, or date_time in UTC",
        Rendering::With(now),
    ),
    function(
        "current_date",
        (0, 0),
        Families::ANY,
        "date, in UTC",
        Rendering::With(current_date),
    ),
    function(
        "current_time",
        (0, 0),
        Families::ANY,
        "time, in UTC",
        Rendering::With(current_time),
    ),
];

/// The start of the unit in local time, for MySQL and MariaDB.
const MYSQL_UNITS: &[(&str, &str)] = &[
    ("year", "DATE({0}) - INTERVAL (DAYOFYEAR({0}) - 1) DAY"),
    (
        "quarter",
        "DATE({0}) - INTERVAL (DAYOFYEAR({0}) - 1) DAY + INTERVAL (QUARTER({0}) - 1) * 3 MONTH",
    ),
    ("month", "DATE({0}) - INTERVAL (DAYOFMONTH({0}) - 1) DAY"),
    ("week", "DATE({0}) - INTERVAL WEEKDAY({0}) DAY"),
    ("day", "DATE({0})"),
    ("hour", "DATE({0}) + INTERVAL HOUR({0}) HOUR"),
    (
        "minute",
        "DATE({0}) + INTERVAL (HOUR({0}) * 60 + MINUTE({0})) MINUTE",
    ),
    (
        "second",
        "DATE({0}) + INTERVAL (HOUR({0}) * 3600 + MINUTE({0}) * 60 + SECOND({0})) SECOND",
    ),
];

/// The same for short units of an aware datetime: the local time beyond the unit is subtracted from
/// the datetime itself, because a local time may occur twice when the clock is set back.
const MYSQL_SHORT_UNITS: &[(&str, &str)] = &[
    (
        "hour",
        "{0} - INTERVAL (MINUTE({1}) * 60 + SECOND({1})) SECOND - INTERVAL MICROSECOND({1}) MICROSECOND",
    ),
    (
        "minute",
        "{0} - INTERVAL SECOND({1}) SECOND - INTERVAL MICROSECOND({1}) MICROSECOND",
    ),
    ("second", "{0} - INTERVAL MICROSECOND({1}) MICROSECOND"),
];

/// PostgreSQL's own truncation in a zone, for the same reason.
const TRUNC_IN_ZONE: Templates = Templates::of("DATE_TRUNC({2}, {0}, {1})", "", "");
const TRUNC: Templates =
    Templates::of("DATE_TRUNC({1}, {0})", "oxyde_trunc({1}, {0})", "").not_mysql();
const TO_TIMESTAMP: Templates =
    Templates::of("CAST({0} AS TIMESTAMP)", "{0}", "CAST({0} AS DATETIME(6))");
const FROM_LOCAL: Templates = Templates::of(
    "{0!} AT TIME ZONE {1!}",
    "",
    // As in `date::LOCAL`, an unknown zone is an error, not NULL.
    "CONVERT_TZ({0}, {1}, (SELECT '+00:00' UNION ALL SELECT '+00:00' FROM DUAL \
     WHERE CONVERT_TZ('2000-01-01', '+00:00', {1}) IS NULL))",
)
.not_sqlite();

fn trunc(cx: &mut Context<'_>, call: &Call<'_>) -> Result<Sql, SqlError> {
    let unit = call.function.name.trim_start_matches("trunc_");
    let from = call.arguments[0].column_type();
    let aware = from == Some(&ColumnType::TimestampTz);
    let date = from.map(ColumnType::family) == Some(Family::Date);
    if aware
        && call.ty.family() != Family::Date
        && let Some(sql) = trunc_moment(cx, call, unit)?
    {
        return Ok(sql);
    }
    let mut value = local(cx, call)?;
    if date && cx.features.time_zones {
        value = cx.template(&TO_TIMESTAMP, &[value], Precedence::Term, unit)?;
    }
    let mut sql = if let Some(template) = TRUNC.pick(cx.features.dialect) {
        let unit = Sql::text(format!("'{unit}'"));
        cx.join.fill(template, &[value, unit], Precedence::Term)
    } else {
        let (_, template) = MYSQL_UNITS
            .iter()
            .find(|(name, _)| *name == unit)
            .ok_or_else(|| cx.unsupported(call.function.name))?;
        let sql = cx.join.fill(template, &[value], Precedence::Operator);
        cx.cast(sql, &ColumnType::DateTime)
    };
    if call.ty.family() == Family::Date {
        let to_date = Templates::of("CAST({0} AS DATE)", "substr({0}, 1, 10)", "DATE({0})");
        return cx.template(&to_date, &[sql], Precedence::Term, unit);
    }
    let zone = match (call.arguments.get(1), aware && cx.features.time_zones) {
        (Some(zone), _) => Some(crate::query::expr(cx, zone)?),
        (None, true) => Some(Sql::text("'UTC'")),
        (None, false) => None,
    };
    if let Some(zone) = zone {
        sql = cx.template(
            &FROM_LOCAL,
            &[sql, zone],
            Precedence::Operator,
            "time zones by name",
        )?;
    }
    Ok(sql)
}

/// The truncation of an aware datetime for units in which local time is ambiguous.
fn trunc_moment(
    cx: &mut Context<'_>,
    call: &Call<'_>,
    unit: &str,
) -> Result<Option<Sql>, SqlError> {
    if cx.features.time_zones {
        let mut arguments = values(cx, call.arguments)?;
        if arguments.len() == 1 {
            arguments.push(Sql::text("'UTC'"));
        }
        arguments.push(Sql::text(format!("'{unit}'")));
        let sql = cx.template(
            &TRUNC_IN_ZONE,
            &arguments,
            Precedence::Term,
            call.function.name,
        )?;
        return Ok(Some(sql));
    }
    let short = MYSQL_SHORT_UNITS.iter().find(|(name, _)| *name == unit);
    let (Some((_, template)), 2) = (short, call.arguments.len()) else {
        return Ok(None);
    };
    let moment = values(cx, &call.arguments[..1])?.remove(0);
    let clock = local(cx, call)?;
    let sql = cx
        .join
        .fill(template, &[moment, clock], Precedence::Operator);
    Ok(Some(cx.cast(sql, &ColumnType::DateTime)))
}

fn now(cx: &mut Context<'_>, call: &Call<'_>) -> Result<Sql, SqlError> {
    const AWARE: Templates = Templates::of(
        "CURRENT_TIMESTAMP",
        "(oxyde_moment(strftime('%Y-%m-%d %H:%M:%f', 'now')) || '+00:00')",
        "UTC_TIMESTAMP(6)",
    );
    const NAIVE: Templates = Templates::of(
        "(CURRENT_TIMESTAMP AT TIME ZONE 'UTC')",
        "oxyde_moment(strftime('%Y-%m-%d %H:%M:%f', 'now'))",
        "UTC_TIMESTAMP(6)",
    );
    let templates = if *call.ty == ColumnType::DateTime {
        &NAIVE
    } else {
        &AWARE
    };
    cx.template(templates, &[], Precedence::Term, call.function.name)
}

fn current_date(cx: &mut Context<'_>, call: &Call<'_>) -> Result<Sql, SqlError> {
    const TODAY: Templates = Templates::of(
        "CAST(CURRENT_TIMESTAMP AT TIME ZONE 'UTC' AS DATE)",
        "date('now')",
        "UTC_DATE()",
    );
    cx.template(&TODAY, &[], Precedence::Term, call.function.name)
}

fn current_time(cx: &mut Context<'_>, call: &Call<'_>) -> Result<Sql, SqlError> {
    const CLOCK: Templates = Templates::of(
        "CAST(CURRENT_TIMESTAMP AT TIME ZONE 'UTC' AS TIME)",
        "substr(oxyde_moment(strftime('%Y-%m-%d %H:%M:%f', 'now')), 12)",
        "UTC_TIME(6)",
    );
    cx.template(&CLOCK, &[], Precedence::Term, call.function.name)
}
