//! Values whose stored form sorts differently: enums are ordered by the position of their
//! label, IP addresses by their bits, if the database has no type for them.

use sea_query::Expr as SeaExpr;

use super::context::Context;
use super::expr::{comparable, expr};
use super::fragment::{Precedence, Sql};
use super::json_value::{is_document, json_extreme, json_restored};
use crate::dialect::{INET_COLLATION, Templates, quote_text};
use crate::error::SqlError;
use crate::ir::Expr;
use crate::types::{ColumnType, Family};

/// A string that sorts like the address: its version, its digits, the length of its prefix.
const INET_KEY: Templates = Templates::of(
    "{0}",
    "{0}",
    "CONCAT(IF({0!} LIKE '%:%', '6', '4'), HEX(INET6_ATON(SUBSTRING_INDEX({0}, '/', 1))), \
     LPAD(IF({0!} LIKE '%/%', SUBSTRING_INDEX({0}, '/', -1), IF({0!} LIKE '%:%', 128, 32)), 3, '0'))",
);
/// Appends the address to its sort key, and extracts it again.
const INET_KEPT: Templates = Templates::of("{1}", "{1}", "CONCAT({0}, ' ', {1})");
const INET_TAKEN: Templates = Templates::of("{0}", "{0}", "SUBSTRING_INDEX({0}, ' ', -1)");

/// Why a type sorts differently from its stored form.
enum Order<'t> {
    Stored,
    Labels(&'t [String]),
    Inet,
}

fn order_of<'t>(cx: &Context<'_>, ty: Option<&'t ColumnType>) -> Order<'t> {
    match ty {
        _ if cx.features.native_enum_types => Order::Stored,
        Some(ColumnType::Custom { base, .. }) => order_of(cx, Some(base)),
        Some(ColumnType::Enum { values, .. }) => Order::Labels(values),
        Some(ty) if ty.family() == Family::Inet => Order::Inet,
        _ => Order::Stored,
    }
}

/// A value for an order comparison or an `ORDER BY`; `ty` is the type of the compared value.
pub(crate) fn ordered(
    cx: &mut Context<'_>,
    value: &Expr,
    ty: Option<&ColumnType>,
) -> Result<Sql, SqlError> {
    match order_of(cx, ty) {
        Order::Stored => comparable(cx, value),
        Order::Labels(labels) => {
            let sql = expr(cx, value)?;
            Ok(position(cx, sql, labels))
        }
        Order::Inet => {
            let sql = expr(cx, value)?;
            inet_key(cx, sql)
        }
    }
}

fn inet_key(cx: &Context<'_>, sql: Sql) -> Result<Sql, SqlError> {
    if cx.features.inet_collation {
        let collate = SeaExpr::Custom(format!(" COLLATE {INET_COLLATION}").into());
        let operand = cx.join.operand(sql);
        return Ok(cx
            .join
            .sequence(vec![operand.expr(), collate], Precedence::Term));
    }
    cx.template(&INET_KEY, &[sql], Precedence::Term, "order of IP addresses")
}

/// `CASE value WHEN 'first' THEN 1 …`.
fn position(cx: &Context<'_>, sql: Sql, labels: &[String]) -> Sql {
    let pairs = labels.iter().enumerate().map(|(at, label)| {
        let label = quote_text(label, cx.features.dialect);
        format!(" WHEN {label} THEN {}", at + 1)
    });
    case(cx, sql, pairs)
}

fn case(cx: &Context<'_>, sql: Sql, pairs: impl Iterator<Item = String>) -> Sql {
    let mut parts = vec![SeaExpr::Custom("CASE ".into()), sql.expr()];
    parts.extend(pairs.map(|pair| SeaExpr::Custom(pair.into())));
    parts.push(SeaExpr::Custom(" END".into()));
    cx.join.sequence(parts, Precedence::Term)
}

/// Whether the rows of set operators can be ordered by these values.
pub(super) fn check_combined(cx: &Context<'_>, value: &Expr) -> Result<(), SqlError> {
    match order_of(cx, value.column_type()) {
        Order::Labels(_) => Err(cx.unsupported("order of combined rows by an enum")),
        Order::Inet if !cx.features.inet_collation => {
            Err(cx.unsupported("order of combined rows by an IP address"))
        }
        Order::Stored | Order::Inet => Ok(()),
    }
}

/// How to get the smallest or largest value back from the compared form.
pub(crate) struct Extreme {
    labels: Vec<String>,
    inet: bool,
    /// Whether the compared values are documents.
    pub(crate) json: bool,
}

/// The form that `MIN` and `MAX` compare.
pub(crate) fn extreme(cx: &mut Context<'_>, value: &Expr) -> Result<(Sql, Extreme), SqlError> {
    let mut back = Extreme {
        labels: Vec::new(),
        inet: false,
        json: is_document(cx, value),
    };
    if back.json {
        let sql = expr(cx, value)?;
        return Ok((json_extreme(cx, sql)?, back));
    }
    let sql = match order_of(cx, value.column_type()) {
        Order::Stored => comparable(cx, value)?,
        Order::Labels(labels) => {
            back.labels = labels.to_vec();
            let sql = expr(cx, value)?;
            position(cx, sql, labels)
        }
        Order::Inet => {
            back.inet = true;
            let sql = expr(cx, value)?;
            let key = inet_key(cx, sql.clone())?;
            if cx.features.inet_collation {
                key
            } else {
                cx.template(
                    &INET_KEPT,
                    &[key, sql],
                    Precedence::Term,
                    "order of IP addresses",
                )?
            }
        }
    };
    Ok((sql, back))
}

impl Extreme {
    /// The value itself.
    pub(crate) fn restore(&self, cx: &Context<'_>, sql: Sql) -> Result<Sql, SqlError> {
        if self.json {
            return json_restored(cx, sql);
        }
        if self.inet {
            return cx.template(
                &INET_TAKEN,
                &[sql],
                Precedence::Term,
                "order of IP addresses",
            );
        }
        if self.labels.is_empty() {
            return Ok(sql);
        }
        let pairs = self.labels.iter().enumerate().map(|(at, label)| {
            let label = quote_text(label, cx.features.dialect);
            format!(" WHEN {} THEN {label}", at + 1)
        });
        Ok(case(cx, sql, pairs))
    }
}
