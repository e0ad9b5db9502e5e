use super::version::{Version, at_least};
use super::{Dialect, Features};

pub(super) const fn features(version: Version) -> Features {
    Features {
        insert_returning: true,
        counted_keys: true,
        update_returning: true,
        delete_returning: true,
        conflict_target: true,
        conflict_filter: true,
        intersect_except: true,
        frame_groups: true,
        frame_range_offset: true,
        aggregate_filter: true,
        nulls_order: true,
        limit_in_subquery: true,
        reads_changed_table: true,
        update_from: true,
        delete_alias: true,
        decimal_as_text: true,
        inet_collation: true,
        transactional_ddl: true,
        aggregate_order: at_least(version, (3, 44, 0)),
        double_infinity: true,
        nul_in_text: true,
        exact_json_numbers: true,
        ..Features::none(Dialect::Sqlite)
    }
}

/// Name of the collation that compares decimal texts as numbers (`1.50` equals `1.5`). The
/// driver registers it on each connection, as it does [`FUNCTIONS`].
pub const DECIMAL_COLLATION: &str = "oxyde_decimal";

/// Name of the collation that puts IP addresses and networks in the order of their bits.
pub const INET_COLLATION: &str = "oxyde_inet";

/// A function that the driver must register on each SQLite connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SqliteFunction {
    /// Its name in SQL.
    pub name: &'static str,
    /// Number of arguments; -1 for any.
    pub arguments: i32,
    /// Whether it is an aggregate.
    pub aggregate: bool,
    /// What it gives. All give NULL when an argument is NULL, aggregates leave NULLs out.
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

/// What statements for SQLite call beyond the functions that SQLite has.
///
/// Decimals are canonical texts (integers and reals are taken too); moments are texts of the
/// storage form; intervals are integer microseconds. Results out of range are errors, never
/// another number.
pub const FUNCTIONS: &[SqliteFunction] = &[
    scalar("oxyde_casefold", 1, "lower-case text by Unicode"),
    scalar("oxyde_upper", 1, "upper-case text by Unicode"),
    scalar(
        "regexp",
        2,
        "(pattern, text): 1 when the pattern matches somewhere, `text REGEXP pattern`",
    ),
    scalar(
        "oxyde_iregexp",
        2,
        "(pattern, text): the same without regard to case",
    ),
    scalar("oxyde_double", 1, "the real number nearest to a text"),
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
        "integer power; an error on overflow or a negative exponent",
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
    scalar("oxyde_decimal_pow", 2, "decimal power"),
    scalar("oxyde_decimal_neg", 1, "the number with the other sign"),
    scalar("oxyde_decimal_abs", 1, "the number without its sign"),
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
    scalar("oxyde_power", 2, "power as real"),
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
    scalar(
        "oxyde_md5",
        1,
        "MD5 of the UTF-8 text as 32 lower-case hex digits",
    ),
    scalar(
        "oxyde_reverse",
        1,
        "the text's characters from last to first",
    ),
    scalar(
        "oxyde_repeat",
        2,
        "(text, count): the text that many times; empty for 0 and less",
    ),
    scalar(
        "oxyde_lpad",
        3,
        "(text, length, fill): filled or cut to that many characters, at the left",
    ),
    scalar(
        "oxyde_rpad",
        3,
        "(text, length, fill): the same at the right",
    ),
    scalar(
        "oxyde_datetime_add",
        2,
        "(date or date-time text, microseconds): the later text, in the same form",
    ),
    scalar(
        "oxyde_datetime_diff",
        2,
        "(a, b: date or date-time texts): a - b in microseconds",
    ),
    scalar(
        "oxyde_time_add",
        2,
        "(time text, microseconds): the later time, around midnight",
    ),
    scalar(
        "oxyde_trunc",
        2,
        "(unit, date or date-time text): the start of its year, quarter, month, week, day, hour, minute, second, in the same form",
    ),
    scalar(
        "oxyde_json_contains",
        2,
        "(document, part): PostgreSQL's `@>` for JSON texts",
    ),
    scalar(
        "oxyde_json_equal",
        2,
        "whether two JSON texts are the same document, in any order of keys",
    ),
];
