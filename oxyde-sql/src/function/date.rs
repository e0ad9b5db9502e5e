//! Parts of dates and times.

use super::{Call, Function, Rendering, function, pick, values};
use crate::dialect::Templates;
use crate::error::SqlError;
use crate::query::{Context, Precedence, Sql};
use crate::types::{ColumnType, Families, Family};

const DATES: Families = Families::DATES;
const CLOCKS: Families = Families::CLOCKS;
const TIMES: Families = Families::of(&[Family::Time]);
const MOMENTS: Families = Families::of(&[Family::DateTime]);

type Forms = &'static [(Families, Templates)];

/// A date part; an optional second argument is the time zone of an aware datetime.
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
];

/// An aware datetime as local time: in UTC, or in the zone of the second argument.
const LOCAL: Templates = Templates::of(
    "{0!} AT TIME ZONE {1!}",
    "",
    // An unknown zone would give NULL: a subquery with two rows makes it an error.
    "CONVERT_TZ({0}, (SELECT '+00:00' UNION ALL SELECT '+00:00' FROM DUAL \
     WHERE CONVERT_TZ('2000-01-01', '+00:00', {1}) IS NULL), {1})",
)
.not_sqlite();

/// The first argument, as local time, and its family.
pub(super) fn local(cx: &mut Context<'_>, call: &Call<'_>) -> Result<Sql, SqlError> {
    let aware = call.arguments[0].column_type() == Some(&ColumnType::TimestampTz);
    let mut arguments = values(cx, call.arguments)?;
    if arguments.len() == 2 {
        return cx.template(
            &LOCAL,
            &arguments,
            Precedence::Operator,
            "time zones by name",
        );
    }
    if aware && cx.features.time_zones {
        arguments.push(Sql::text("'UTC'"));
        return cx.template(
            &LOCAL,
            &arguments,
            Precedence::Operator,
            "time zones by name",
        );
    }
    Ok(arguments.remove(0))
}

pub(super) fn part(
    cx: &mut Context<'_>,
    forms: &[(Families, Templates)],
    call: &Call<'_>,
) -> Result<Sql, SqlError> {
    let templates = pick(forms, call)?;
    let mut value = local(cx, call)?;
    let first = call.arguments[0].column_type().map(ColumnType::family);
    if cx.features.moment_as_text && matches!(first, Some(Family::DateTime | Family::Time)) {
        value = cx.join.fill("oxyde_clock({0})", &[value], Precedence::Term);
    }
    let sql = cx.template(
        templates,
        &[value],
        Precedence::Operator,
        call.function.name,
    )?;
    // Parts are NUMERIC on PostgreSQL and text on SQLite.
    Ok(match call.ty.family() {
        Family::Date | Family::Time if !cx.features.time_zones => sql,
        _ => cx.cast(sql, call.ty),
    })
}
