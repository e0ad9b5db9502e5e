use super::{Call, Function, Rendering, function, pick, values};
use crate::dialect::Templates;
use crate::error::SqlError;
use crate::query::{Context, Level, Sql};
use crate::types::{ColumnType, Families, Family};

const DATES: Families = Families::DATES;
const CLOCKS: Families = Families::CLOCKS;
const TIMES: Families = Families::of(&[Family::Time]);
const MOMENTS: Families = Families::of(&[Family::DateTime]);

type Forms = &'static [(Families, Templates)];

/// A part; an optional second argument is the time zone in which a moment is read.
const fn extract(name: &'static str, families: Families, forms: Forms) -> Function {
    function(
        name,
        (1, 2),
        families,
        "big_int: (value, time zone)",
        Rendering::Part(forms),
    )
}

const fn form(
    families: Families,
    postgres: &'static str,
    sqlite: &'static str,
    mysql: &'static str,
) -> (Families, Templates) {
    (families, Templates::of(postgres, sqlite, mysql))
}

const fn truncate(name: &'static str) -> Function {
    function(
        name,
        (1, 2),
        DATES,
        "the argument's, or date: (value, time zone)",
        Rendering::With(trunc),
    )
}

pub(super) const FUNCTIONS: &[Function] = &[
    extract(
        "extract_year",
        DATES,
        &[form(
            DATES,
            "EXTRACT(YEAR FROM {0})",
            "substr({0}, 1, 4)",
            "YEAR({0})",
        )],
    ),
    extract(
        "extract_iso_year",
        DATES,
        &[form(
            DATES,
            "EXTRACT(ISOYEAR FROM {0})",
            "strftime('%G', substr({0}, 1, 10))",
            "YEARWEEK({0}, 3) DIV 100",
        )],
    ),
    extract(
        "extract_quarter",
        DATES,
        &[form(
            DATES,
            "EXTRACT(QUARTER FROM {0})",
            "(substr({0}, 6, 2) + 2) / 3",
            "QUARTER({0})",
        )],
    ),
    extract(
        "extract_month",
        DATES,
        &[form(
            DATES,
            "EXTRACT(MONTH FROM {0})",
            "substr({0}, 6, 2)",
            "MONTH({0})",
        )],
    ),
    extract(
        "extract_week",
        DATES,
        &[form(
            DATES,
            "EXTRACT(WEEK FROM {0})",
            "strftime('%V', substr({0}, 1, 10))",
            "WEEK({0}, 3)",
        )],
    ),
    extract(
        "extract_day",
        DATES,
        &[form(
            DATES,
            "EXTRACT(DAY FROM {0})",
            "substr({0}, 9, 2)",
            "DAYOFMONTH({0})",
        )],
    ),
    extract(
        "extract_day_of_year",
        DATES,
        &[form(
            DATES,
            "EXTRACT(DOY FROM {0})",
            "strftime('%j', substr({0}, 1, 10))",
            "DAYOFYEAR({0})",
        )],
    ),
    extract(
        "extract_week_day",
        DATES,
        &[form(
            DATES,
            "EXTRACT(DOW FROM {0}) + 1",
            "strftime('%w', substr({0}, 1, 10)) + 1",
            "DAYOFWEEK({0})",
        )],
    ),
    extract(
        "extract_iso_week_day",
        DATES,
        &[form(
            DATES,
            "EXTRACT(ISODOW FROM {0})",
            "(strftime('%w', substr({0}, 1, 10)) + 6) % 7 + 1",
            "WEEKDAY({0}) + 1",
        )],
    ),
    extract(
        "extract_hour",
        CLOCKS,
        &[
            form(
                TIMES,
                "EXTRACT(HOUR FROM {0})",
                "substr({0}, 1, 2)",
                "HOUR({0})",
            ),
            form(
                MOMENTS,
                "EXTRACT(HOUR FROM {0})",
                "substr({0}, 12, 2)",
                "HOUR({0})",
            ),
        ],
    ),
    extract(
        "extract_minute",
        CLOCKS,
        &[
            form(
                TIMES,
                "EXTRACT(MINUTE FROM {0})",
                "substr({0}, 4, 2)",
                "MINUTE({0})",
            ),
            form(
                MOMENTS,
                "EXTRACT(MINUTE FROM {0})",
                "substr({0}, 15, 2)",
                "MINUTE({0})",
            ),
        ],
    ),
    extract(
        "extract_second",
        CLOCKS,
        &[
            form(
                TIMES,
                "FLOOR(EXTRACT(SECOND FROM {0}))",
                "substr({0}, 7, 2)",
                "SECOND({0})",
            ),
            form(
                MOMENTS,
                "FLOOR(EXTRACT(SECOND FROM {0}))",
                "substr({0}, 18, 2)",
                "SECOND({0})",
            ),
        ],
    ),
    extract(
        "extract_microsecond",
        CLOCKS,
        &[
            form(
                TIMES,
                "EXTRACT(MICROSECONDS FROM {0}) - 1000000 * FLOOR(EXTRACT(SECOND FROM {0}))",
                "substr({0}, 10, 6)",
                "MICROSECOND({0})",
            ),
            form(
                MOMENTS,
                "EXTRACT(MICROSECONDS FROM {0}) - 1000000 * FLOOR(EXTRACT(SECOND FROM {0}))",
                "substr({0}, 21, 6)",
                "MICROSECOND({0})",
            ),
        ],
    ),
    extract(
        "extract_epoch",
        DATES,
        &[form(
            DATES,
            "EXTRACT(EPOCH FROM {0})",
            "oxyde_datetime_diff({0}, '1970-01-01 00:00:00.000000') / 1000000.0",
            "TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', {0}) / 1e6",
        )],
    ),
    extract(
        "extract_date",
        MOMENTS,
        &[form(MOMENTS, "{0}", "substr({0}, 1, 10)", "DATE({0})")],
    ),
    extract(
        "extract_time",
        MOMENTS,
        &[form(MOMENTS, "{0}", "substr({0}, 12, 15)", "TIME({0})")],
    ),
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

/// A moment as the clock shows it: in UTC, or in the zone that the second argument names.
const LOCAL: Templates = Templates::of(
    "{0!} AT TIME ZONE {1!}",
    "",
    "CONVERT_TZ({0}, '+00:00', {1})",
)
.not_sqlite();

/// The first argument, as the clock shows it, and its family.
fn local(cx: &mut Context<'_>, call: &Call<'_>) -> Result<Sql, SqlError> {
    let aware = call.arguments[0].column_type() == Some(&ColumnType::TimestampTz);
    let mut arguments = values(cx, call.arguments)?;
    if arguments.len() == 2 {
        return cx.template(&LOCAL, &arguments, Level::Operator, "time zones by name");
    }
    if aware && cx.features.time_zones {
        arguments.push(Sql::text("'UTC'"));
        return cx.template(&LOCAL, &arguments, Level::Operator, "time zones by name");
    }
    Ok(arguments.remove(0))
}

pub(super) fn part(
    cx: &mut Context<'_>,
    forms: &[(Families, Templates)],
    call: &Call<'_>,
) -> Result<Sql, SqlError> {
    let templates = pick(forms, call)?;
    let value = local(cx, call)?;
    let sql = cx.template(templates, &[value], Level::Operator, call.function.name)?;
    // Parts are NUMERIC on PostgreSQL and text on SQLite.
    Ok(match call.ty.family() {
        Family::Date | Family::Time if !cx.features.time_zones => sql,
        _ => cx.cast(sql, call.ty),
    })
}

/// The start of the unit, by the clock of the zone, for MySQL and MariaDB.
const MYSQL_UNITS: &[(&str, &str)] = &[
    ("year", "MAKEDATE(YEAR({0}), 1)"),
    (
        "quarter",
        "MAKEDATE(YEAR({0}), 1) + INTERVAL (QUARTER({0}) - 1) * 3 MONTH",
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

const TRUNC: Templates =
    Templates::of("DATE_TRUNC({1}, {0})", "oxyde_trunc({1}, {0})", "").not_mysql();
const TO_TIMESTAMP: Templates =
    Templates::of("CAST({0} AS TIMESTAMP)", "{0}", "CAST({0} AS DATETIME(6))");
const FROM_LOCAL: Templates = Templates::of(
    "{0!} AT TIME ZONE {1!}",
    "",
    "CONVERT_TZ({0}, {1}, '+00:00')",
)
.not_sqlite();

fn trunc(cx: &mut Context<'_>, call: &Call<'_>) -> Result<Sql, SqlError> {
    let unit = call.function.name.trim_start_matches("trunc_");
    let from = call.arguments[0].column_type();
    let aware = from == Some(&ColumnType::TimestampTz);
    let date = from.map(ColumnType::family) == Some(Family::Date);
    let mut value = local(cx, call)?;
    if date && cx.features.time_zones {
        value = cx.template(&TO_TIMESTAMP, &[value], Level::Term, unit)?;
    }
    let mut sql = if let Some(template) = TRUNC.pick(cx.features.dialect) {
        let unit = Sql::text(format!("'{unit}'"));
        cx.join.fill(template, &[value, unit], Level::Term)
    } else {
        let (_, template) = MYSQL_UNITS
            .iter()
            .find(|(name, _)| *name == unit)
            .ok_or_else(|| cx.unsupported(call.function.name))?;
        let sql = cx.join.fill(template, &[value], Level::Operator);
        cx.cast(sql, &ColumnType::DateTime)
    };
    if call.ty.family() == Family::Date {
        let to_date = Templates::of("CAST({0} AS DATE)", "substr({0}, 1, 10)", "DATE({0})");
        return cx.template(&to_date, &[sql], Level::Term, unit);
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
            Level::Operator,
            "time zones by name",
        )?;
    }
    Ok(sql)
}

fn now(cx: &mut Context<'_>, call: &Call<'_>) -> Result<Sql, SqlError> {
    const AWARE: Templates = Templates::of(
        "CURRENT_TIMESTAMP",
        "(strftime('%Y-%m-%d %H:%M:%f', 'now') || '000+00:00')",
        "UTC_TIMESTAMP(6)",
    );
    const NAIVE: Templates = Templates::of(
        "(CURRENT_TIMESTAMP AT TIME ZONE 'UTC')",
        "(strftime('%Y-%m-%d %H:%M:%f', 'now') || '000')",
        "UTC_TIMESTAMP(6)",
    );
    let templates = if *call.ty == ColumnType::DateTime {
        &NAIVE
    } else {
        &AWARE
    };
    cx.template(templates, &[], Level::Term, call.function.name)
}

fn current_date(cx: &mut Context<'_>, call: &Call<'_>) -> Result<Sql, SqlError> {
    const TODAY: Templates = Templates::of(
        "CAST(CURRENT_TIMESTAMP AT TIME ZONE 'UTC' AS DATE)",
        "date('now')",
        "UTC_DATE()",
    );
    cx.template(&TODAY, &[], Level::Term, call.function.name)
}

fn current_time(cx: &mut Context<'_>, call: &Call<'_>) -> Result<Sql, SqlError> {
    const CLOCK: Templates = Templates::of(
        "CAST(CURRENT_TIMESTAMP AT TIME ZONE 'UTC' AS TIME)",
        "(strftime('%H:%M:%f', 'now') || '000')",
        "UTC_TIME(6)",
    );
    cx.template(&CLOCK, &[], Level::Term, call.function.name)
}
