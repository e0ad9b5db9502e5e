use super::{Dialect, Features};

pub(super) const FEATURES: Features = Features {
    insert_returning: true,
    ordered_returning: true,
    counted_keys: true,
    update_returning: true,
    delete_returning: true,
    conflict_target: true,
    frame_groups: true,
    frame_range_offset: true,
    aggregate_filter: true,
    nulls_order: true,
    limit_in_subquery: true,
    reads_changed_table: true,
    computes_while_changing: true,
    exists_per_row: true,
    inner_joins_lead: true,
    update_from: true,
    delete_alias: true,
    decimal_as_text: true,
    loose_columns: true,
    moment_as_text: true,
    inet_collation: true,
    json_collation: true,
    transactional_ddl: true,
    cursors: true,
    double_infinity: true,
    nul_in_text: true,
    exact_json_numbers: true,
    ..Features::none(Dialect::Sqlite)
};

/// Name of the collation that compares decimal text as numbers.
pub const DECIMAL_COLLATION: &str = "oxyde_decimal";
/// Name of the collation that compares text of dates and times as points in time.
pub const MOMENT_COLLATION: &str = "oxyde_moment";
/// Name of the collation that sorts JSON documents.
pub const JSON_COLLATION: &str = "oxyde_json";
/// Name of the collation that sorts IP addresses and networks.
pub const INET_COLLATION: &str = "oxyde_inet";

/// A collation that statements for SQLite use: to be registered on each connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SqliteCollation {
    /// Its name in SQL.
    pub name: &'static str,
    /// How it compares texts.
    pub does: &'static str,
}

/// The collations that statements for SQLite use in addition to SQLite's own.
pub const COLLATIONS: &[SqliteCollation] = &[
    SqliteCollation {
        name: DECIMAL_COLLATION,
        does: "decimal text as numbers: `1.50` equals `1.5`",
    },
    SqliteCollation {
        name: MOMENT_COLLATION,
        does: "text of dates and times as points in time, whatever their format: \
               `2024-01-01T00:00Z` equals `2024-01-01 00:00:00.000`",
    },
    SqliteCollation {
        name: JSON_COLLATION,
        does: "JSON documents by kind, then by value: equal documents are equal whatever their text",
    },
    SqliteCollation {
        name: INET_COLLATION,
        does: "IP addresses and networks by their bits",
    },
];

/// A function that statements for SQLite call: to be registered on each connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SqliteFunction {
    /// Its name in SQL.
    pub name: &'static str,
    /// Number of arguments.
    pub arguments: i32,
    /// Whether it is an aggregate.
    pub aggregate: bool,
    /// What it returns. All return NULL if an argument is NULL; aggregates ignore NULLs.
    pub does: &'static str,
}

const fn scalar(name: &'static str, arguments: i32, does: &'static str) -> SqliteFunction {
    SqliteFunction {
        name,
        arguments,
        aggregate: false,
        does,
    }
}

const fn aggregate(name: &'static str, does: &'static str) -> SqliteFunction {
    SqliteFunction {
        name,
        arguments: 1,
        aggregate: true,
        does,
    }
}

/// The functions that statements for SQLite call in addition to SQLite's own.
///
/// Decimals are canonical text (integers and reals are accepted too); dates and times are text in
/// the stored form; intervals are integer microseconds. Results out of range are errors, never
/// another number.
pub const FUNCTIONS: &[SqliteFunction] = &[
    scalar("oxyde_casefold", 1, "lower-case text by Unicode"),
    scalar("oxyde_upper", 1, "upper-case text by Unicode"),
    scalar(
        "oxyde_starts_with",
        2,
        "(text, part): whether the text begins with the part",
    ),
    scalar(
        "oxyde_ends_with",
        2,
        "(text, part): whether the text ends with the part",
    ),
    scalar(
        "regexp",
        2,
        "(pattern, text): 1 when the pattern matches somewhere, `text REGEXP pattern`",
    ),
    scalar(
        "oxyde_iregexp",
        2,
        "(pattern, text): the same, case-insensitive",
    ),
    scalar("oxyde_double", 1, "the real number of a text"),
    scalar("oxyde_int_add", 2, "integer sum; an error on overflow"),
    scalar(
        "oxyde_int_sub",
        2,
        "integer difference; an error on overflow",
    ),
    scalar("oxyde_int_mul", 2, "integer product; an error on overflow"),
    scalar(
        "oxyde_int_pow",
        2,
        "integer power; an error on overflow, NULL for a negative exponent",
    ),
    scalar("oxyde_decimal_add", 2, "exact decimal sum"),
    scalar("oxyde_decimal_sub", 2, "exact decimal difference"),
    scalar("oxyde_decimal_mul", 2, "exact decimal product"),
    scalar(
        "oxyde_decimal_div",
        2,
        "decimal quotient to 28 digits; NULL for division by zero",
    ),
    scalar(
        "oxyde_decimal_mod",
        2,
        "decimal remainder with the sign of the dividend; NULL for 0",
    ),
    scalar(
        "oxyde_decimal_pow",
        2,
        "decimal power; NULL if it is not a real number",
    ),
    scalar("oxyde_decimal_abs", 1, "the absolute value"),
    scalar(
        "oxyde_decimal_round",
        2,
        "(number, digits): rounded half away from zero",
    ),
    scalar(
        "oxyde_decimal_floor",
        1,
        "largest whole number that is not larger",
    ),
    scalar(
        "oxyde_decimal_ceil",
        1,
        "smallest whole number that is not smaller",
    ),
    scalar(
        "oxyde_decimal_cast",
        1,
        "the number (integer, real or text) as canonical decimal text",
    ),
    scalar(
        "oxyde_fit_decimal",
        4,
        "(number, precision, scale, column): rounded to the scale, half away from zero; an error if it has too many digits",
    ),
    scalar(
        "oxyde_fit_int",
        3,
        "(integer, bits, column): the integer; an error if it is out of range",
    ),
    scalar(
        "oxyde_fit_text",
        3,
        "(text, length, column): the text; an error if it is longer",
    ),
    scalar(
        "oxyde_refuse",
        1,
        "always an error, that of a violated CHECK, with this message",
    ),
    aggregate("oxyde_decimal_sum", "exact decimal sum; NULL over no rows"),
    aggregate("oxyde_decimal_avg", "decimal mean to 28 digits"),
    aggregate("oxyde_stddev_pop", "population standard deviation as real"),
    aggregate(
        "oxyde_stddev_samp",
        "sample standard deviation as real; NULL for one row",
    ),
    aggregate("oxyde_var_pop", "population variance as real"),
    aggregate(
        "oxyde_var_samp",
        "sample variance as real; NULL for one row",
    ),
    scalar(
        "oxyde_floor",
        1,
        "largest whole number that is not larger, as real",
    ),
    scalar(
        "oxyde_ceil",
        1,
        "smallest whole number that is not smaller, as real",
    ),
    scalar(
        "oxyde_power",
        2,
        "power as real; NULL if it is not a real number",
    ),
    scalar(
        "oxyde_sqrt",
        1,
        "square root as real; NULL for a negative number",
    ),
    scalar("oxyde_exp", 1, "e to that power, as real"),
    scalar(
        "oxyde_ln",
        1,
        "natural logarithm as real; NULL for 0 and less",
    ),
    scalar("oxyde_sin", 1, "sine as real"),
    scalar("oxyde_cos", 1, "cosine as real"),
    scalar("oxyde_tan", 1, "tangent as real"),
    scalar("oxyde_cot", 1, "cotangent as real; NULL for 0"),
    scalar("oxyde_asin", 1, "arc sine as real; NULL beyond 1"),
    scalar("oxyde_acos", 1, "arc cosine as real; NULL beyond 1"),
    scalar("oxyde_atan", 1, "arc tangent as real"),
    scalar("oxyde_atan2", 2, "(y, x): the angle of the point, as real"),
    scalar("oxyde_degrees", 1, "radians in degrees, as real"),
    scalar("oxyde_radians", 1, "degrees in radians, as real"),
    scalar(
        "oxyde_log",
        2,
        "(number, base): logarithm as real; NULL where there is none",
    ),
    scalar("oxyde_sha1", 1, "SHA-1 of the UTF-8 text in hex digits"),
    scalar("oxyde_sha224", 1, "SHA-224 of the UTF-8 text in hex digits"),
    scalar("oxyde_sha256", 1, "SHA-256 of the UTF-8 text in hex digits"),
    scalar("oxyde_sha384", 1, "SHA-384 of the UTF-8 text in hex digits"),
    scalar("oxyde_sha512", 1, "SHA-512 of the UTF-8 text in hex digits"),
    aggregate("oxyde_bit_and", "bitwise AND; NULL over no rows"),
    aggregate("oxyde_bit_or", "bitwise OR; NULL over no rows"),
    aggregate("oxyde_bit_xor", "bitwise XOR; NULL over no rows"),
    scalar(
        "oxyde_md5",
        1,
        "MD5 of the UTF-8 text as 32 lower-case hex digits",
    ),
    scalar("oxyde_reverse", 1, "the text reversed"),
    scalar(
        "oxyde_repeat",
        2,
        "(text, count): the text that many times; empty for 0 and less",
    ),
    scalar(
        "oxyde_text_join",
        2,
        "(JSON array, separator): its strings joined, without NULLs; NULL if there are none",
    ),
    scalar(
        "oxyde_to_int",
        1,
        "the text as an integer; NULL if it is not one",
    ),
    scalar(
        "oxyde_to_real",
        1,
        "the text as a real number; NULL if it is not one",
    ),
    scalar(
        "oxyde_to_decimal",
        1,
        "the text as a decimal; NULL if it is not one",
    ),
    scalar(
        "oxyde_round",
        2,
        "(number, digits): rounded half away from zero, reals by their decimal form",
    ),
    scalar(
        "oxyde_lpad",
        3,
        "(text, length, fill): padded or truncated to that many characters, on the left",
    ),
    scalar(
        "oxyde_rpad",
        3,
        "(text, length, fill): the same on the right",
    ),
    scalar(
        "oxyde_whole",
        1,
        "a whole number (real or decimal text) as an integer; an error if it is out of range",
    ),
    scalar(
        "oxyde_parse",
        2,
        "(type, text): its storage form as a date, datetime, aware datetime, time or uuid; NULL if it is not one",
    ),
    scalar(
        "oxyde_moment",
        1,
        "the storage form of a date and time, in UTC without a zone",
    ),
    scalar(
        "oxyde_clock",
        1,
        "the same, always with six digits of microseconds; also for times",
    ),
    scalar(
        "oxyde_date_add",
        2,
        "(date text, microseconds): the later date",
    ),
    scalar(
        "oxyde_datetime_add",
        2,
        "(date-time text, microseconds): the later text, in the storage form",
    ),
    scalar(
        "oxyde_datetime_diff",
        2,
        "(a, b: date or date-time text): a - b in microseconds",
    ),
    scalar(
        "oxyde_time_add",
        2,
        "(time text, microseconds): the later time, wrapping at midnight",
    ),
    scalar(
        "oxyde_trunc",
        2,
        "(unit, date or date-time text): the start of its year, quarter, month, week, day, hour, minute, second, in the same form",
    ),
    scalar(
        "oxyde_json_contains",
        2,
        "(document, part): PostgreSQL's `@>` for JSON text",
    ),
    scalar(
        "oxyde_json_equal",
        2,
        "whether two JSON documents are equal, in any order of keys",
    ),
    scalar(
        "oxyde_json_compare",
        2,
        "-1, 0 or 1 for two numbers, two strings or two booleans; NULL for all others",
    ),
    scalar(
        "oxyde_json_decimal",
        1,
        "the number, or the numeric string, as canonical decimal text; NULL for all others",
    ),
    scalar(
        "oxyde_json_at",
        2,
        "(document, path as JSON): the part there, NULL if it is missing",
    ),
    scalar(
        "oxyde_json_put",
        3,
        "(document, path as JSON, value as JSON): the document with the value there, or unchanged",
    ),
];
