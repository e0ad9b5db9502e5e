//! `Cast` of strings to dates, times, UUIDs and documents: NULL if the string is not one, and the same
//! formats on every database, whose own casts differ in what they accept and in what they do about
//! the rest.

use super::context::Context;
use super::fragment::{Precedence, Sql};
use crate::dialect::Templates;
use crate::error::SqlError;
use crate::types::ColumnType;

/// `YYYY-MM-DD`, whose day may be too large for its month.
macro_rules! date {
    () => {
        "(?!0000)[0-9][0-9][0-9][0-9]-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
    };
}

/// `HH:MM[:SS[.ffffff]]`.
macro_rules! time {
    () => {
        "([01][0-9]|2[0-3]):[0-5][0-9]\
         (:[0-5][0-9]([.][0-9][0-9]?[0-9]?[0-9]?[0-9]?[0-9]?)?)?"
    };
}

/// `Z` or an offset, which PostgreSQL limits to less than 16 hours.
macro_rules! zone {
    () => {
        "(Z|[+-](0[0-9]|1[0-5]):[0-5][0-9])"
    };
}

/// A value whose first part is a date that matches a pattern.
macro_rules! dated {
    (postgres, $pattern:expr, $value:expr) => {
        concat!(
            "CASE WHEN {0!} ~ '^",
            $pattern,
            "$' THEN CASE WHEN CAST(SUBSTR({0}, 9, 2) AS INTEGER) <= \
             EXTRACT(DAY FROM CAST(SUBSTR({0}, 1, 8) || '01' AS DATE) + INTERVAL '1 month -1 day') \
             THEN ",
            $value,
            " END END"
        )
    };
    (mysql, $pattern:expr, $value:expr) => {
        concat!(
            "CASE WHEN {0!} REGEXP '^",
            $pattern,
            "$' THEN CASE WHEN CAST(SUBSTR({0}, 9, 2) AS SIGNED) <= \
             DAY(LAST_DAY(CONCAT(SUBSTR({0}, 1, 8), '01'))) THEN ",
            $value,
            " END END"
        )
    };
}

const DATE: Templates = Templates::of(
    dated!(postgres, date!(), "{1}"),
    "oxyde_parse('date', {0})",
    dated!(mysql, date!(), "{1}"),
);
const NAIVE: Templates = Templates::of(
    dated!(postgres, concat!(date!(), "([ T]", time!(), ")?"), "{1}"),
    "oxyde_parse('datetime', {0})",
    dated!(mysql, concat!(date!(), "([ T]", time!(), ")?"), "{1}"),
);
const AWARE: Templates = Templates::of(
    dated!(
        postgres,
        concat!(date!(), "([ T]", time!(), zone!(), "?)?"),
        "CAST(CASE WHEN {0!} ~ '(Z|[+-]..:..)$' THEN {0} ELSE {0!} || ' UTC' END AS TIMESTAMPTZ)"
    ),
    "oxyde_parse('aware datetime', {0})",
    dated!(
        mysql,
        concat!(date!(), "([ T]", time!(), zone!(), "?)?"),
        "CASE WHEN {0!} REGEXP '[+-][0-9][0-9]:[0-9][0-9]$' \
         THEN CAST(LEFT({0}, CHAR_LENGTH({0}) - 6) AS DATETIME(6)) \
         - INTERVAL CAST(CONCAT(SUBSTR({0}, -6, 1), '1') AS SIGNED) \
         * (CAST(SUBSTR({0}, -5, 2) AS SIGNED) * 60 + CAST(RIGHT({0}, 2) AS SIGNED)) MINUTE \
         ELSE CAST(TRIM(TRAILING 'Z' FROM {0}) AS DATETIME(6)) END"
    ),
);
const TIME: Templates = Templates::of(
    concat!("CASE WHEN {0!} ~ '^", time!(), "$' THEN {1} END"),
    "oxyde_parse('time', {0})",
    concat!("CASE WHEN {0!} REGEXP '^", time!(), "$' THEN {1} END"),
);
const UUID: Templates = Templates::of(
    "CASE WHEN {0!} ~ '^[0-9A-Fa-f-]+$' AND {0!} LIKE '________-____-____-____-____________' \
     AND {0!} NOT LIKE '%-%-%-%-%-%' THEN {1} END",
    "oxyde_parse('uuid', {0})",
    "CASE WHEN {0!} REGEXP '^[0-9A-Fa-f-]+$' AND {0!} LIKE '________-____-____-____-____________' \
     AND {0!} NOT LIKE '%-%-%-%-%-%' THEN LOWER({0}) END",
);
/// PostgreSQL has no function that tells whether a string is a document, and raises an error.
const JSON: Templates = Templates::of(
    "{1}",
    "CASE WHEN json_valid({0}) THEN json({0}) END",
    "CASE WHEN JSON_VALID({0}) THEN CAST({0} AS JSON) END",
)
.mariadb("CASE WHEN JSON_VALID({0}) THEN {0} END");

/// The string as another type; `None` if that type is not one of these.
pub(super) fn parse(
    cx: &mut Context<'_>,
    sql: &Sql,
    to: &ColumnType,
) -> Result<Option<Sql>, SqlError> {
    let templates = match to {
        ColumnType::Date => &DATE,
        ColumnType::DateTime => &NAIVE,
        ColumnType::TimestampTz => &AWARE,
        ColumnType::Time => &TIME,
        ColumnType::Uuid => &UUID,
        ColumnType::Json => &JSON,
        _ => return Ok(None),
    };
    let value = cx.cast(sql.clone(), to);
    cx.template(templates, &[sql.clone(), value], Precedence::Term, "CAST")
        .map(Some)
}
