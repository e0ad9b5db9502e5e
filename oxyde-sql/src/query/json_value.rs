//! Equality and order of JSON values.
//!
//! Numbers are compared as numbers, exactly; strings by their code points; values of different
//! kinds are never equal, and neither is greater. Rows are ordered by kind first: NULL (also for a
//! null in the document), booleans, numbers, strings, lists, objects.

use super::context::Context;
use super::expr::{comparable, expr};
use super::fragment::{Precedence, Sql};
use super::json_path::whole;
use crate::dialect::{JSON_COLLATION, Requirement, Templates};
use crate::error::SqlError;
use crate::ir::Expr;
use crate::plan::Form;
use crate::types::{ColumnType, Family};

const JSON: &str = "JSON";

/// Whether a value is a JSON document; arrays are if the database has no native arrays.
pub(crate) fn is_document(cx: &Context<'_>, value: &Expr) -> bool {
    match value.column_type().map(ColumnType::family) {
        Some(Family::Json) => true,
        Some(Family::Array) => !cx.features.native_arrays,
        _ => false,
    }
}

/// Converts text that contains a document to a document.
const DOCUMENT: Templates = Templates::of("{0}", "{0}", "CAST({0} AS JSON)").mariadb("{0}");
const NUMBER: Templates =
    Templates::of("TO_JSONB({0})", "{0}", "CAST({0} AS JSON)").mariadb("CAST({0} AS CHAR)");
const TEXT: Templates = Templates::of(
    "TO_JSONB(CAST({0} AS TEXT))",
    "json_quote({0})",
    "CAST(JSON_QUOTE({0}) AS JSON)",
)
.mariadb("JSON_QUOTE({0})");
const TRUTH: Templates = Templates::of(
    "TO_JSONB({0})",
    "CASE WHEN {0} THEN 'true' WHEN NOT {0!} THEN 'false' END",
    "CAST(CASE WHEN {0} THEN 'true' WHEN NOT {0!} THEN 'false' END AS JSON)",
)
.mariadb("CASE WHEN {0} THEN 'true' WHEN NOT {0!} THEN 'false' END");

/// An operand of a comparison as a document. A param is sent as one.
fn document(cx: &mut Context<'_>, value: &Expr) -> Result<Sql, SqlError> {
    if let Expr::Param {
        index,
        ty,
        list: false,
    } = value
    {
        let ty = match ty.family() {
            Family::Array => ty,
            _ => &ColumnType::Json,
        };
        let text = cx.placeholder(*index, ty, Form::Scalar);
        return cx.template(&DOCUMENT, &[text], Precedence::Term, JSON);
    }
    let sql = expr(cx, value)?;
    let form = match value.column_type().map(ColumnType::family) {
        Some(Family::Json | Family::Array) | None => return Ok(sql),
        Some(Family::Int | Family::Float) => &NUMBER,
        Some(Family::Text) => &TEXT,
        Some(Family::Bool) => &TRUTH,
        Some(family) => {
            return Err(SqlError::WrongFamily {
                kind: "comparison",
                name: "with a JSON value",
                family,
            });
        }
    };
    cx.template(form, &[sql], Precedence::Term, JSON)
}

const EQUAL: Templates = Templates::of("{0!} = {1!}", "oxyde_json_equal({0}, {1})", "{0!} = {1!}")
    .mariadb("({0!} IS NOT NULL AND {1!} IS NOT NULL AND JSON_EQUALS({0}, {1}))")
    .needs(Requirement::JsonEquality);
/// The same for a value that is not NULL.
const EQUAL_PARAM: Templates =
    Templates::of("{0!} = {1!}", "oxyde_json_equal({0}, {1})", "{0!} = {1!}")
        .mariadb("({0!} IS NOT NULL AND JSON_EQUALS({0}, {1}))")
        .needs(Requirement::JsonEquality);

/// Whether both values are equal.
pub(crate) fn json_equal(cx: &mut Context<'_>, left: &Expr, right: &Expr) -> Result<Sql, SqlError> {
    let sides = [document(cx, left)?, document(cx, right)?];
    let form = match right {
        Expr::Param { .. } => &EQUAL_PARAM,
        _ => &EQUAL,
    };
    cx.template(form, &sides, Precedence::Compare, JSON)
}

/// `{2}` is the comparison, `{3}` the same without equality.
const NUMBERS: Templates = Templates::of(
    "CASE WHEN JSONB_TYPEOF({0}) = 'number' THEN {0!} {2} {1!} END",
    "oxyde_json_compare({0}, {1}) {2} 0",
    "CASE WHEN JSON_TYPE({0}) COLLATE utf8mb4_bin IN ('INTEGER', 'UNSIGNED INTEGER', 'DOUBLE', \
     'DECIMAL') THEN {0!} {2} {1!} END",
)
.mariadb(
    "CASE WHEN JSON_TYPE({0}) IN ('INTEGER', 'DOUBLE') THEN \
     CAST({0} AS DOUBLE) {3} CAST({1} AS DOUBLE) OR (CAST({0} AS DOUBLE) = CAST({1} AS DOUBLE) \
     AND CASE WHEN ABS(CAST({0} AS DOUBLE)) < 1e35 THEN CAST({0} AS DECIMAL(65,30)) ELSE 0 END \
     {2} CASE WHEN ABS(CAST({1} AS DOUBLE)) < 1e35 THEN CAST({1} AS DECIMAL(65,30)) ELSE 0 END) \
     END",
);
const VALUES: Templates = Templates::of(
    "CASE WHEN JSONB_TYPEOF({0}) = JSONB_TYPEOF({1}) THEN CASE JSONB_TYPEOF({0}) \
     WHEN 'string' THEN ({0!} #>> {4}) COLLATE \"C\" {2} ({1!} #>> {4}) COLLATE \"C\" \
     WHEN 'number' THEN {0!} {2} {1!} WHEN 'boolean' THEN {0!} {2} {1!} END END",
    "oxyde_json_compare({0}, {1}) {2} 0",
    "CASE WHEN JSON_TYPE({0}) COLLATE utf8mb4_bin IN ('INTEGER', 'UNSIGNED INTEGER', 'DOUBLE', \
     'DECIMAL') AND JSON_TYPE({1}) COLLATE utf8mb4_bin IN ('INTEGER', 'UNSIGNED INTEGER', \
     'DOUBLE', 'DECIMAL') OR JSON_TYPE({0}) COLLATE utf8mb4_bin IN ('STRING', 'BOOLEAN') AND \
     JSON_TYPE({0}) COLLATE utf8mb4_bin = JSON_TYPE({1}) COLLATE utf8mb4_bin THEN \
     {0!} {2} {1!} END",
)
.mariadb(
    "CASE WHEN JSON_TYPE({0}) IN ('INTEGER', 'DOUBLE') AND JSON_TYPE({1}) IN ('INTEGER', \
     'DOUBLE') THEN \
     CAST({0} AS DOUBLE) {3} CAST({1} AS DOUBLE) OR (CAST({0} AS DOUBLE) = CAST({1} AS DOUBLE) \
     AND CASE WHEN ABS(CAST({0} AS DOUBLE)) < 1e35 THEN CAST({0} AS DECIMAL(65,30)) ELSE 0 END \
     {2} CASE WHEN ABS(CAST({1} AS DOUBLE)) < 1e35 THEN CAST({1} AS DECIMAL(65,30)) ELSE 0 END) \
     WHEN JSON_TYPE({0}) IN ('STRING', 'BOOLEAN') AND JSON_TYPE({0}) = JSON_TYPE({1}) THEN \
     JSON_UNQUOTE({0}) COLLATE utf8mb4_nopad_bin {2} \
     JSON_UNQUOTE({1}) COLLATE utf8mb4_nopad_bin END",
);

/// An order comparison (`gt`, `gte`, `lt`, `lte`); NULL for values of different kinds.
pub(crate) fn json_order(
    cx: &mut Context<'_>,
    name: &str,
    left: &Expr,
    right: &Expr,
) -> Result<Sql, SqlError> {
    let (sign, strictly) = match name {
        "gt" => (">", ">"),
        "gte" => (">=", ">"),
        "lt" => ("<", "<"),
        _ => ("<=", "<"),
    };
    let number = matches!(right, Expr::Param { ty, .. }
        if matches!(ty.family(), Family::Int | Family::Float));
    let parts = [
        document(cx, left)?,
        document(cx, right)?,
        Sql::text(sign),
        Sql::text(strictly),
        whole(cx),
    ];
    let form = if number { &NUMBERS } else { &VALUES };
    cx.template(
        form,
        &parts,
        Precedence::Compare,
        "order comparisons of JSON",
    )
}

const KEY: Templates = Templates::of("{0}", "{0}", "{0}")
    .mariadb("JSON_NORMALIZE({0})")
    .needs(Requirement::JsonEquality);

/// A key that is the same for equal values: for `GROUP BY`, `DISTINCT`, `PARTITION BY`, `IN`.
pub(crate) fn distinct_key(cx: &mut Context<'_>, value: &Expr) -> Result<Sql, SqlError> {
    if !is_document(cx, value) {
        return comparable(cx, value);
    }
    let sql = expr(cx, value)?;
    let sql = cx.template(&KEY, &[sql], Precedence::Term, JSON)?;
    Ok(collated(cx, sql))
}

/// Add the collation that distinguishes documents, if the expression accepts one.
pub(super) fn collated(cx: &Context<'_>, sql: Sql) -> Sql {
    if !cx.features.json_collation {
        return sql;
    }
    let operand = cx.join.operand(sql);
    let collate = sea_query::Expr::Custom(format!(" COLLATE {JSON_COLLATION}").into());
    cx.join
        .sequence(vec![operand.expr(), collate], Precedence::Term)
}

/// The rank of a value's kind.
const RANK: Templates = Templates::of(
    "CASE JSONB_TYPEOF({0}) WHEN 'boolean' THEN 1 WHEN 'number' THEN 2 WHEN 'string' THEN 3 \
     WHEN 'array' THEN 4 WHEN 'object' THEN 5 END",
    "NULLIF({0}, 'null')",
    "CASE JSON_TYPE({0}) COLLATE utf8mb4_bin WHEN 'NULL' THEN NULL WHEN 'BOOLEAN' THEN 1 \
     WHEN 'STRING' THEN 3 WHEN 'ARRAY' THEN 4 WHEN 'OBJECT' THEN 5 ELSE \
     CASE WHEN {0!} IS NOT NULL THEN 2 END END",
)
.mariadb(
    "CASE JSON_TYPE({0}) WHEN 'BOOLEAN' THEN 1 WHEN 'INTEGER' THEN 2 WHEN 'DOUBLE' THEN 2 \
     WHEN 'STRING' THEN 3 WHEN 'ARRAY' THEN 4 WHEN 'OBJECT' THEN 5 END",
);
/// The sort keys of values of the same kind.
const WITHIN: [Templates; 3] = [
    Templates::of(
        "CASE JSONB_TYPEOF({0}) WHEN 'string' THEN \
         TO_JSONB(ENCODE(CONVERT_TO({0!} #>> {1}, 'UTF8'), 'hex')) ELSE {0} END",
        "",
        "CASE WHEN JSON_TYPE({0}) COLLATE utf8mb4_bin NOT IN ('ARRAY', 'OBJECT') THEN {0} END",
    )
    .not_sqlite()
    .mariadb("CASE WHEN JSON_TYPE({0}) IN ('INTEGER', 'DOUBLE') THEN CAST({0} AS DOUBLE) END"),
    MARIADB_ONLY.mariadb(
        "CASE WHEN JSON_TYPE({0}) IN ('INTEGER', 'DOUBLE') THEN \
         CASE WHEN ABS(CAST({0} AS DOUBLE)) < 1e35 THEN CAST({0} AS DECIMAL(65,30)) END END",
    ),
    MARIADB_ONLY.mariadb(
        "CASE WHEN JSON_TYPE({0}) IN ('BOOLEAN', 'STRING') THEN \
         JSON_UNQUOTE({0}) COLLATE utf8mb4_nopad_bin END",
    ),
];
const MARIADB_ONLY: Templates = Templates::same("").not_postgres().not_sqlite().not_mysql();

/// The terms that order by a document: the first is NULL if there is no value.
pub(super) fn order_terms(cx: &Context<'_>, document: &Sql) -> Result<Vec<Sql>, SqlError> {
    let parts = [document.clone(), whole(cx)];
    let rank = cx.template(&RANK, &parts, Precedence::Term, JSON)?;
    let mut terms = vec![collated(cx, rank)];
    for form in &WITHIN {
        if let Some(text) = form.pick(cx.features.dialect) {
            terms.push(cx.join.fill(text, &parts, Precedence::Term));
        }
    }
    Ok(terms)
}

/// The value that `MIN` and `MAX` compare: `{0}` is the document, `{1}` its rank, `{2}` its value.
const EXTREME: Templates = Templates::of(
    "CASE WHEN {1} IS NOT NULL THEN ARRAY[TO_JSONB({1}), {2}, {0}] END",
    "{1}",
    "CASE WHEN {1} IS NOT NULL THEN JSON_ARRAY({1}, {0}) END",
)
.mariadb("CASE WHEN JSON_TYPE({0}) <> 'NULL' THEN {0} END");
const RESTORED: Templates =
    Templates::of("({0})[3]", "{0}", "JSON_EXTRACT({0}, '$[1]')").mariadb("{0}");

/// The document in the form that `MIN` and `MAX` compare.
pub(super) fn json_extreme(cx: &Context<'_>, document: Sql) -> Result<Sql, SqlError> {
    let terms = order_terms(cx, &document)?;
    let mut parts = vec![document];
    parts.extend(terms);
    cx.template(&EXTREME, &parts, Precedence::Term, "MIN and MAX of JSON")
}

/// The document that `MIN` and `MAX` found.
pub(super) fn json_restored(cx: &Context<'_>, found: Sql) -> Result<Sql, SqlError> {
    cx.template(&RESTORED, &[found], Precedence::Term, "MIN and MAX of JSON")
}

const FIRST: Templates = MARIADB_ONLY.mariadb("GROUP_CONCAT({0} ORDER BY {1} LIMIT 1)");

/// `MIN` or `MAX` of documents, if the database can only order them.
pub(crate) fn json_first(
    cx: &Context<'_>,
    document: &Sql,
    descending: bool,
) -> Result<Option<Sql>, SqlError> {
    let Some(form) = FIRST.pick(cx.features.dialect) else {
        return Ok(None);
    };
    let way = if descending { "{0} DESC" } else { "{0} ASC" };
    let terms = order_terms(cx, document)?
        .into_iter()
        .map(|term| cx.join.fill(way, &[term], Precedence::Or));
    let order = cx.join.list(terms, ", ", Precedence::Or);
    Ok(Some(cx.join.fill(
        form,
        &[document.clone(), order],
        Precedence::Term,
    )))
}
