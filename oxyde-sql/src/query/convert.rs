//! The user's `Cast(value, type)`.

use super::parse::parse;
use super::{Context, Precedence, Sql};
use crate::dialect::Templates;
use crate::error::SqlError;
use crate::function::WHOLE;
use crate::types::{ColumnType, Family};

/// Converts numbers and text to booleans.
const TO_BOOL: Templates = Templates::of("{0!} <> 0", "CAST({0} AS REAL) <> 0", "{0!} <> 0");
const BOOL_TO_NUMBER: Templates = Templates::of("CAST({0} AS INTEGER)", "{0}", "{0}");
const BOOL_TO_TEXT: &str = "CASE WHEN {0} THEN 'true' WHEN NOT {0!} THEN 'false' END";
/// A string that is not such a number becomes NULL.
const TEXT_TO_INT: Templates = Templates::of(
    "CASE WHEN {0!} ~ '^ *[-+]?[0-9]+ *$' THEN CASE WHEN CAST({0} AS NUMERIC) \
     BETWEEN -9223372036854775808 AND 9223372036854775807 THEN {1} END END",
    "oxyde_to_int({0})",
    "CASE WHEN {0!} REGEXP '^ *[-+]?[0-9]+ *$' THEN CASE WHEN CAST({0} AS DECIMAL(65,0)) \
     BETWEEN -9223372036854775808 AND 9223372036854775807 THEN {1} END END",
);
const TEXT_TO_FLOAT: Templates = Templates::of(
    "CASE WHEN {0!} ~ '^ *[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]+)? *$' THEN {1} END",
    "oxyde_to_real({0})",
    "CASE WHEN {0!} REGEXP '^ *[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]+)? *$' \
     THEN {1} END",
);
const TEXT_TO_DECIMAL: Templates = Templates::of(
    "CASE WHEN {0!} ~ '^ *[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+) *$' THEN {1} END",
    "oxyde_to_decimal({0})",
    "CASE WHEN {0!} REGEXP '^ *[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+) *$' THEN {1} END",
);
/// Converts an aware datetime to UTC without a zone.
const NAIVE: Templates = Templates::of(
    "{0!} AT TIME ZONE 'UTC'",
    "oxyde_moment({0})",
    "CAST({0} AS DATETIME(6))",
);
/// Converts a naive datetime to an aware one in UTC.
const AWARE: Templates = Templates::of(
    "{0!} AT TIME ZONE 'UTC'",
    "oxyde_moment({0}) || '+00:00'",
    "CAST({0} AS DATETIME(6))",
);
const DATE_TO_DATE_TIME: Templates = Templates::of(
    "CAST({0} AS TIMESTAMP)",
    "{0!} || ' 00:00:00'",
    "CAST({0} AS DATETIME(6))",
);
const TO_DATE: Templates = Templates::of(
    "CAST({0} AS DATE)",
    "substr(oxyde_moment({0}), 1, 10)",
    "DATE({0})",
);
const TO_TIME: Templates = Templates::of(
    "CAST({0} AS TIME)",
    "substr(oxyde_moment({0}), 12)",
    "TIME({0})",
);
const TO_DECIMAL: &str = "oxyde_decimal_cast({0})";
/// Rounds half away from zero.
const DECIMAL_TO_WHOLE: Templates = Templates::of("{0}", "oxyde_decimal_round({0}, 0)", "{0}");
/// A number that is out of range is an error: SQLite and MySQL's casts would take the nearest integer.
const WHOLE_TO_INT: Templates = Templates::of("{1}", "oxyde_whole({0})", "(ROUND({0}) DIV 1)");
const TO_JSON: Templates =
    Templates::of("CAST({0} AS JSONB)", "json({0})", "CAST({0} AS JSON)").mariadb("{0}");

/// A string is cut to its length, as PostgreSQL does.
const CUT: Templates = Templates::same("LEFT({0}, {1})").sqlite("substr({0}, 1, {1})");
/// `{0}` is a number, `{1}` the number cast to a decimal, `{2}` its digits, `{3}` those after the
/// point, `{4}` the least number that has too many. MySQL's cast would take the largest that fits;
/// its DIV raises an error.
const HELD: Templates = Templates::of(
    "{1}",
    "oxyde_fit_decimal({0}, {2}, {3}, 'Cast()')",
    "CASE WHEN ABS(ROUND({0}, {3})) >= {4} THEN ABS({0}) * 1e30 DIV 1 ELSE {1} END",
);

/// The value as another type.
pub(crate) fn convert(
    cx: &mut Context<'_>,
    sql: Sql,
    from: Option<&ColumnType>,
    to: &ColumnType,
) -> Result<Sql, SqlError> {
    let operator = Precedence::Operator;
    let source = from.map(ColumnType::family);
    if let ColumnType::Varchar { length } = to {
        let text = convert(cx, sql, from, &ColumnType::Text)?;
        let length = Sql::text(length.to_string());
        return cx.template(&CUT, &[text, length], Precedence::Term, "CAST");
    }
    if matches!(source, Some(Family::Text | Family::Enum))
        && let Some(parsed) = parse(cx, &sql, to)?
    {
        return Ok(parsed);
    }
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
            return cx.template(to, &[sql], Precedence::Term, "CAST");
        }
        (Some(Family::Int | Family::Float | Family::Decimal), Family::Bool) => &TO_BOOL,
        (Some(Family::Bool), Family::Text) => {
            return Ok(cx.join.fill(BOOL_TO_TEXT, &[sql], Precedence::Term));
        }
        (Some(Family::Float | Family::Decimal), Family::Int)
        | (Some(Family::Bool), Family::Int | Family::Float | Family::Decimal) => {
            let first = match source {
                Some(Family::Float) => &WHOLE,
                Some(Family::Decimal) => &DECIMAL_TO_WHOLE,
                _ => &BOOL_TO_NUMBER,
            };
            let sql = cx.template(first, &[sql], Precedence::Term, "CAST")?;
            if to.family() == Family::Int && source != Some(Family::Bool) {
                let cast = cx.cast(sql.clone(), to);
                return cx.template(&WHOLE_TO_INT, &[sql, cast], Precedence::Term, "CAST");
            }
            return if to.family() == Family::Decimal {
                let sql = as_decimal(cx, sql);
                scaled(cx, sql, to)
            } else {
                Ok(cx.cast(sql, to))
            };
        }
        (Some(Family::Text | Family::Enum), Family::Int | Family::Float | Family::Decimal) => {
            let templates = match to.family() {
                Family::Int => &TEXT_TO_INT,
                Family::Float => &TEXT_TO_FLOAT,
                _ => &TEXT_TO_DECIMAL,
            };
            if to.family() != Family::Decimal {
                let number = cx.cast(sql.clone(), to);
                return cx.template(templates, &[sql, number], Precedence::Term, "CAST");
            }
            let number = cx.cast(sql.clone(), &ANY_DECIMAL);
            let sql = cx.template(templates, &[sql, number], Precedence::Term, "CAST")?;
            return scaled(cx, sql, to);
        }
        (_, Family::Decimal) => {
            let sql = as_decimal(cx, sql);
            return scaled(cx, sql, to);
        }
        (Some(source), Family::Json) if source != Family::Json => &TO_JSON,
        _ => return Ok(cx.cast(sql, to)),
    };
    cx.template(templates, &[sql], operator, "CAST")
}

const ANY_DECIMAL: ColumnType = ColumnType::Decimal {
    precision: None,
    scale: None,
};

/// A number as the text that SQLite stores for a decimal.
fn as_decimal(cx: &Context<'_>, sql: Sql) -> Sql {
    if cx.features.decimal_as_text {
        cx.join.fill(TO_DECIMAL, &[sql], Precedence::Term)
    } else {
        sql
    }
}

/// A number as a decimal of its type's digits: rounded, or an error if it has more before the
/// point.
fn scaled(cx: &Context<'_>, number: Sql, to: &ColumnType) -> Result<Sql, SqlError> {
    let ColumnType::Decimal {
        precision: Some(precision),
        scale,
    } = to
    else {
        return Ok(if cx.features.decimal_as_text {
            number
        } else {
            cx.cast(number, to)
        });
    };
    let scale = scale.unwrap_or(0);
    let whole = usize::from(precision.saturating_sub(scale));
    let cast = cx.cast(number.clone(), to);
    let least = Sql::text(format!("1{}", "0".repeat(whole)));
    let digits = [
        Sql::text(precision.to_string()),
        Sql::text(scale.to_string()),
    ];
    let [precision, scale] = digits;
    let parts = [number, cast, precision, scale, least];
    cx.template(&HELD, &parts, Precedence::Term, "CAST")
}
