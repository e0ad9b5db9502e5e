//! Operators between two values, with Python's semantics.

use super::context::Context;
use super::expr::expr;
use super::fragment::{Precedence, Sql};
use crate::dialect::Templates;
use crate::error::SqlError;
use crate::function;
use crate::ir::{BinaryOp, Expr};
use crate::types::{ColumnType, Family};

const TERM: Precedence = Precedence::Term;

/// `left op right` as a value of type `ty`.
pub(crate) fn binary(
    cx: &mut Context<'_>,
    op: BinaryOp,
    left: &Expr,
    right: &Expr,
    ty: &ColumnType,
) -> Result<Sql, SqlError> {
    let kinds = (family(left), family(right));
    if op == BinaryOp::Concat || (op == BinaryOp::Add && ty.family() == Family::Text) {
        let parts = vec![function::as_text(cx, left)?, function::as_text(cx, right)?];
        return Ok(function::join_texts(cx, parts));
    }
    if let Some(templates) = temporal(op, kinds, ty) {
        let operands = [expr(cx, left)?, expr(cx, right)?];
        return cx.template(
            templates,
            &operands,
            TERM,
            "arithmetic of these dates and durations",
        );
    }
    let operands = [expr(cx, left)?, expr(cx, right)?];
    let kind = kind(kinds, ty)?;
    let templates = table(op, kind).ok_or(SqlError::WrongFamily {
        kind: "operator",
        name: op_name(op),
        family: ty.family(),
    })?;
    let precedence = if operator_only(op, kind, cx) {
        Precedence::Operator
    } else {
        TERM
    };
    let sql = cx.template(templates, &operands, precedence, op_name(op))?;
    Ok(sql)
}

fn family(value: &Expr) -> Option<Family> {
    value.column_type().map(ColumnType::family)
}

/// The kind of arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Integers; a quotient of two may still be a float or a decimal.
    Int,
    /// Integers whose result is a float.
    IntToFloat,
    /// Floats.
    Float,
    /// Exact decimals.
    Decimal,
    /// Integers whose result is a decimal.
    IntToDecimal,
    /// A duration and a number.
    Interval,
}

fn kind(kinds: (Option<Family>, Option<Family>), ty: &ColumnType) -> Result<Kind, SqlError> {
    let is = |family| kinds.0 == Some(family) || kinds.1 == Some(family);
    if is(Family::Interval) {
        return Ok(Kind::Interval);
    }
    match ty.family() {
        Family::Float if is(Family::Float) || is(Family::Decimal) => Ok(Kind::Float),
        Family::Float => Ok(Kind::IntToFloat),
        Family::Decimal if is(Family::Decimal) || is(Family::Float) => Ok(Kind::Decimal),
        Family::Decimal => Ok(Kind::IntToDecimal),
        Family::Int if is(Family::Decimal) => Ok(Kind::Decimal),
        Family::Int if is(Family::Float) => Ok(Kind::Float),
        Family::Int | Family::Bool => Ok(Kind::Int),
        Family::Interval => Ok(Kind::Interval),
        family => Err(SqlError::WrongFamily {
            kind: "operator",
            name: "arithmetic",
            family,
        }),
    }
}

/// Whether the template is a bare operator, so that it needs parentheses inside another one.
fn operator_only(op: BinaryOp, kind: Kind, cx: &Context<'_>) -> bool {
    let bare = matches!(op, BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply);
    let by_function =
        cx.features.decimal_as_text && !matches!(kind, Kind::Float | Kind::IntToFloat);
    bare && !(by_function && kind != Kind::Interval)
}

const fn op_name(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "+",
        BinaryOp::Subtract => "-",
        BinaryOp::Multiply => "*",
        BinaryOp::Divide => "/",
        BinaryOp::FloorDivide => "//",
        BinaryOp::Modulo => "%",
        BinaryOp::Power => "**",
        BinaryOp::Concat => "||",
        BinaryOp::BitAnd => "&",
        BinaryOp::BitOr => "|",
    }
}

macro_rules! undefined_power {
    () => {
        "CASE WHEN {0!} = 0 AND {1!} < 0 OR {0!} < 0 AND {1!} <> FLOOR({1}) THEN NULL "
    };
}

const ADD: Templates = Templates::same("{0!} + {1!}");
const SUBTRACT: Templates = Templates::same("{0!} - {1!}");
const MULTIPLY: Templates = Templates::same("{0!} * {1!}");

/// SQLite converts an integer overflow to an inexact real; these functions raise an error instead.
const INT_ADD: Templates = Templates::of("{0!} + {1!}", "oxyde_int_add({0}, {1})", "{0!} + {1!}");
const INT_SUB: Templates = Templates::of("{0!} - {1!}", "oxyde_int_sub({0}, {1})", "{0!} - {1!}");
const INT_MUL: Templates = Templates::of("{0!} * {1!}", "oxyde_int_mul({0}, {1})", "{0!} * {1!}");

const DECIMAL_ADD: Templates =
    Templates::of("{0!} + {1!}", "oxyde_decimal_add({0}, {1})", "{0!} + {1!}");
const DECIMAL_SUB: Templates =
    Templates::of("{0!} - {1!}", "oxyde_decimal_sub({0}, {1})", "{0!} - {1!}");
const DECIMAL_MUL: Templates =
    Templates::of("{0!} * {1!}", "oxyde_decimal_mul({0}, {1})", "{0!} * {1!}");

// A quotient by zero is NULL, also in an UPDATE.
const TRUE_DIVIDE: Templates = Templates::of(
    "(CAST({0} AS DOUBLE PRECISION) / NULLIF({1}, 0))",
    "(CAST({0} AS REAL) / {1!})",
    "(CAST({0} AS DOUBLE) / NULLIF({1}, 0))",
);
const DECIMAL_DIVIDE: Templates = Templates::of(
    "(CAST({0} AS NUMERIC) / NULLIF({1}, 0))",
    "oxyde_decimal_div({0}, {1})",
    "(CAST({0} AS DECIMAL(65,30)) / NULLIF({1}, 0))",
);
/// Exact for all integers: truncate the quotient towards zero, then subtract 1 if the signs differ.
const FLOOR_DIVIDE: Templates = Templates::of(
    "({0!} / NULLIF({1}, 0) - CASE WHEN {0!} % NULLIF({1}, 0) <> 0 AND ({0!} < 0) <> ({1!} < 0) THEN 1 ELSE 0 END)",
    "({0!} / {1!} - CASE WHEN {0!} % {1!} <> 0 AND ({0!} < 0) <> ({1!} < 0) THEN 1 ELSE 0 END)",
    "({0!} DIV NULLIF({1}, 0) - CASE WHEN {0!} % NULLIF({1}, 0) <> 0 AND ({0!} < 0) <> ({1!} < 0) THEN 1 ELSE 0 END)",
);
const FLOAT_FLOOR_DIVIDE: Templates = Templates::of(
    "FLOOR(CAST({0} AS DOUBLE PRECISION) / NULLIF({1}, 0))",
    "oxyde_floor(CAST({0} AS REAL) / {1!})",
    "FLOOR(CAST({0} AS DOUBLE) / NULLIF({1}, 0))",
);
/// Python truncates the quotient of decimals towards zero, and gives the remainder the sign of the
/// dividend; so do the databases.
const DECIMAL_FLOOR_DIVIDE: Templates = Templates::of(
    "DIV(CAST({0} AS NUMERIC), NULLIF(CAST({1} AS NUMERIC), 0))",
    "oxyde_decimal_div(oxyde_decimal_sub({0}, oxyde_decimal_mod({0}, {1})), {1})",
    "TRUNCATE(CAST({0} AS DECIMAL(65,30)) / NULLIF({1}, 0), 0)",
);
const MODULO: Templates = Templates::of(
    "({0!} % NULLIF({1}, 0) + CASE WHEN {0!} % NULLIF({1}, 0) <> 0 AND ({0!} < 0) <> ({1!} < 0) THEN {1!} ELSE 0 END)",
    "({0!} % {1!} + CASE WHEN {0!} % {1!} <> 0 AND ({0!} < 0) <> ({1!} < 0) THEN {1!} ELSE 0 END)",
    "({0!} % NULLIF({1}, 0) + CASE WHEN {0!} % NULLIF({1}, 0) <> 0 AND ({0!} < 0) <> ({1!} < 0) THEN {1!} ELSE 0 END)",
);
const FLOAT_MODULO: Templates = Templates::of(
    "({0!} - {1!} * FLOOR(CAST({0} AS DOUBLE PRECISION) / NULLIF({1}, 0)))",
    "({0!} - {1!} * oxyde_floor(CAST({0} AS REAL) / {1!}))",
    "({0!} - {1!} * FLOOR(CAST({0} AS DOUBLE) / NULLIF({1}, 0)))",
);
const DECIMAL_MODULO: Templates = Templates::of(
    "({0!} % NULLIF({1}, 0))",
    "oxyde_decimal_mod({0}, {1})",
    "({0!} % NULLIF({1}, 0))",
);
/// A power that is not a number of its type is NULL: an integer to a negative exponent, zero to a
/// negative exponent, a negative number to a fraction.
const INT_POWER: Templates = Templates::of(
    "CASE WHEN {1!} >= 0 THEN CAST(POWER(CAST({0} AS NUMERIC), {1}) AS BIGINT) END",
    "oxyde_int_pow({0}, {1})",
    "CASE WHEN {1!} >= 0 THEN (ROUND(POWER({0}, {1})) DIV 1) END",
);
const FLOAT_POWER: Templates = Templates::of(
    concat!(
        undefined_power!(),
        "WHEN {1!} * LN(ABS(NULLIF(CAST({0} AS DOUBLE PRECISION), 0))) < -745 THEN 0 \
         ELSE POWER(CAST({0} AS DOUBLE PRECISION), {1}) END"
    ),
    "oxyde_power({0}, {1})",
    concat!(undefined_power!(), "ELSE POWER({0}, {1}) END"),
);
const DECIMAL_POWER: Templates = Templates::of(
    concat!(
        undefined_power!(),
        "ELSE POWER(CAST({0} AS NUMERIC), {1}) END"
    ),
    "oxyde_decimal_pow({0}, {1})",
    concat!(
        undefined_power!(),
        // The cast would take the nearest decimal; DIV is an error.
        "WHEN ABS(POWER({0}, {1})) >= 1e35 THEN POWER({0}, {1}) DIV 1 \
         ELSE CAST(POWER({0}, {1}) AS DECIMAL(65,30)) END"
    ),
);
const BIT_AND: Templates = Templates::of(
    "({0!} & {1!})",
    "({0!} & {1!})",
    "CAST({0!} & {1!} AS SIGNED)",
);
const BIT_OR: Templates = Templates::of(
    "({0!} | {1!})",
    "({0!} | {1!})",
    "CAST({0!} | {1!} AS SIGNED)",
);

const INTERVAL_DIVIDE: Templates = Templates::of(
    "({0!} / NULLIF({1}, 0))",
    "CAST(round({0!} * 1.0 / {1!}) AS INTEGER)",
    "CAST(ROUND({0!} / NULLIF({1}, 0)) AS SIGNED)",
);
const INTERVAL_MULTIPLY: Templates = Templates::of(
    "({0!} * {1!})",
    "CAST(round({0!} * {1!}) AS INTEGER)",
    "CAST(ROUND({0!} * {1!}) AS SIGNED)",
);

fn table(op: BinaryOp, kind: Kind) -> Option<&'static Templates> {
    use BinaryOp as Op;
    Some(match (op, kind) {
        (Op::Add, Kind::Int) => &INT_ADD,
        (Op::Subtract, Kind::Int) => &INT_SUB,
        (Op::Multiply, Kind::Int) => &INT_MUL,
        (Op::Add, Kind::Float | Kind::IntToFloat | Kind::Interval) => &ADD,
        (Op::Subtract, Kind::Float | Kind::IntToFloat | Kind::Interval) => &SUBTRACT,
        (Op::Multiply, Kind::Float | Kind::IntToFloat) => &MULTIPLY,
        (Op::Add, Kind::Decimal | Kind::IntToDecimal) => &DECIMAL_ADD,
        (Op::Subtract, Kind::Decimal | Kind::IntToDecimal) => &DECIMAL_SUB,
        (Op::Multiply, Kind::Decimal | Kind::IntToDecimal) => &DECIMAL_MUL,
        (Op::Divide, Kind::Int | Kind::IntToFloat | Kind::Float) => &TRUE_DIVIDE,
        (Op::Divide, Kind::Decimal | Kind::IntToDecimal) => &DECIMAL_DIVIDE,
        (Op::FloorDivide, Kind::Int) => &FLOOR_DIVIDE,
        (Op::FloorDivide, Kind::Float | Kind::IntToFloat) => &FLOAT_FLOOR_DIVIDE,
        (Op::FloorDivide, Kind::Decimal | Kind::IntToDecimal) => &DECIMAL_FLOOR_DIVIDE,
        (Op::Modulo, Kind::Int) => &MODULO,
        (Op::Modulo, Kind::Float | Kind::IntToFloat) => &FLOAT_MODULO,
        (Op::Modulo, Kind::Decimal | Kind::IntToDecimal) => &DECIMAL_MODULO,
        (Op::Power, Kind::Int) => &INT_POWER,
        (Op::Power, Kind::Float | Kind::IntToFloat) => &FLOAT_POWER,
        (Op::Power, Kind::Decimal | Kind::IntToDecimal) => &DECIMAL_POWER,
        (Op::BitAnd, Kind::Int) => &BIT_AND,
        (Op::BitOr, Kind::Int) => &BIT_OR,
        (Op::Multiply, Kind::Interval) => &INTERVAL_MULTIPLY,
        (Op::Divide, Kind::Interval) => &INTERVAL_DIVIDE,
        _ => return None,
    })
}

const DATE_ADD: Templates = Templates::of(
    "CAST({0!} + {1!} AS DATE)",
    "oxyde_date_add({0}, {1})",
    "DATE(CAST({0} AS DATETIME(6)) + INTERVAL {1!} MICROSECOND)",
);
const DATE_SUB: Templates = Templates::of(
    "CAST({0!} - {1!} AS DATE)",
    "oxyde_date_add({0}, -{1!})",
    "DATE(CAST({0} AS DATETIME(6)) - INTERVAL {1!} MICROSECOND)",
);
const MOMENT_ADD: Templates = Templates::of(
    "({0!} + {1!})",
    "oxyde_datetime_add({0}, {1})",
    "({0!} + INTERVAL {1!} MICROSECOND)",
);
const MOMENT_SUB: Templates = Templates::of(
    "({0!} - {1!})",
    "oxyde_datetime_add({0}, -{1!})",
    "({0!} - INTERVAL {1!} MICROSECOND)",
);
const ADD_TO_DATE: Templates = Templates::of(
    "CAST({1!} + {0!} AS DATE)",
    "oxyde_date_add({1}, {0})",
    "DATE(CAST({1} AS DATETIME(6)) + INTERVAL {0!} MICROSECOND)",
);
const ADD_TO_MOMENT: Templates = Templates::of(
    "({1!} + {0!})",
    "oxyde_datetime_add({1}, {0})",
    "({1!} + INTERVAL {0!} MICROSECOND)",
);
const TIME_ADD: Templates = Templates::of(
    "({0!} + {1!})",
    "oxyde_time_add({0}, {1})",
    "TIME(CONCAT('2000-01-01 ', {0}) + INTERVAL {1!} MICROSECOND)",
);
const ADD_TO_TIME: Templates = Templates::of(
    "({1!} + {0!})",
    "oxyde_time_add({1}, {0})",
    "TIME(CONCAT('2000-01-01 ', {1}) + INTERVAL {0!} MICROSECOND)",
);
const TIME_SUB: Templates = Templates::of(
    "({0!} - {1!})",
    "oxyde_time_add({0}, -{1!})",
    "TIME(CONCAT('2000-01-01 ', {0}) - INTERVAL {1!} MICROSECOND)",
);
const DATES_BETWEEN: Templates = Templates::of(
    "(({0!} - {1!}) * INTERVAL '1 day')",
    "oxyde_datetime_diff({0}, {1})",
    "(DATEDIFF({0}, {1}) * 86400000000)",
);
const MOMENTS_BETWEEN: Templates = Templates::of(
    "({0!} - {1!})",
    "oxyde_datetime_diff({0}, {1})",
    "TIMESTAMPDIFF(MICROSECOND, {1}, {0})",
);

/// Dates and times with durations, and the durations between them.
fn temporal(
    op: BinaryOp,
    kinds: (Option<Family>, Option<Family>),
    ty: &ColumnType,
) -> Option<&'static Templates> {
    use Family::{Date, DateTime, Interval, Time};
    Some(match (op, kinds.0?, kinds.1?) {
        (BinaryOp::Add, Date, Interval) if ty.family() == Date => &DATE_ADD,
        (BinaryOp::Subtract, Date, Interval) if ty.family() == Date => &DATE_SUB,
        (BinaryOp::Add, Interval, Date) if ty.family() == Date => &ADD_TO_DATE,
        (BinaryOp::Add, DateTime, Interval) => &MOMENT_ADD,
        (BinaryOp::Subtract, DateTime, Interval) => &MOMENT_SUB,
        (BinaryOp::Add, Interval, DateTime) => &ADD_TO_MOMENT,
        (BinaryOp::Add, Time, Interval) => &TIME_ADD,
        (BinaryOp::Add, Interval, Time) => &ADD_TO_TIME,
        (BinaryOp::Subtract, Time, Interval) => &TIME_SUB,
        (BinaryOp::Subtract, Date, Date) => &DATES_BETWEEN,
        (BinaryOp::Subtract, DateTime, DateTime) => &MOMENTS_BETWEEN,
        _ => return None,
    })
}
