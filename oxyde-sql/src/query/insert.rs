//! `INSERT`.

use sea_query::Expr as SeaExpr;

use super::assignment::{column_names, names};
use super::conflict::{self, Row};
use super::context::{Context, Piece};
use super::expr::iden;
use super::fit::{Named, kept};
use super::fragment::{Precedence, Sql};
use super::returning::returning;
use super::{copy, output_columns, select, source, visit};
use crate::error::SqlError;
use crate::ir::{
    Conflict, ConflictAction, Insert, InsertColumn, InsertSource, Literal, Predicate, Select, Table,
};
use crate::plan::{Bulk, Form, Plan};
use crate::types::{ColumnType, Family};

/// The plan of an insert.
pub(super) fn compile(cx: &mut Context<'_>, insert: &Insert) -> Result<Plan, SqlError> {
    if !insert.returning.is_empty() && !cx.features.insert_returning {
        return Err(cx.unsupported("INSERT … RETURNING"));
    }
    let head = head(cx, insert)?;
    let many = matches!(insert.source, InsertSource::Rows);
    let tail = tail(cx, insert)?;
    if many && insert.columns.is_empty() {
        return Err(SqlError::Invalid {
            what: "a bulk insert without columns",
            hint: "name at least one column, or insert the rows one by one",
        });
    }
    let mut pieces = vec![Piece::Sql(head.clone())];
    match &insert.source {
        InsertSource::Select(select) => {
            let query = inserted_select(cx, select, insert)?;
            pieces.push(Piece::Select(Box::new(query)));
        }
        InsertSource::Row | InsertSource::Rows => {
            let row = if insert.columns.is_empty() {
                Sql::text(default_values(cx))
            } else {
                let values = values(cx, &insert.columns);
                cx.join.fill("VALUES {0}", &[values], Precedence::Or)
            };
            pieces.push(Piece::Sql(row));
        }
    }
    pieces.extend(tail.iter().cloned().map(Piece::Sql));
    let (sql, binds) = cx.write(&pieces);
    let bulk = if many {
        Some(bulk(cx, insert, &head, &tail)?)
    } else {
        None
    };
    Ok(Plan {
        sql,
        binds,
        outputs: output_columns(&insert.returning),
        writes: true,
        plain_insert: insert.conflict.is_none(),
        bulk,
    })
}

fn default_values(cx: &Context<'_>) -> &'static str {
    const DEFAULTS: crate::dialect::Templates =
        crate::dialect::Templates::of("DEFAULT VALUES", "DEFAULT VALUES", "() VALUES ()");
    DEFAULTS
        .pick(cx.features.dialect)
        .unwrap_or("DEFAULT VALUES")
}

/// `INSERT INTO table (columns) `
fn head(cx: &Context<'_>, insert: &Insert) -> Result<Sql, SqlError> {
    let table = target(cx, &insert.table)?;
    if insert.columns.is_empty() {
        return Ok(cx.join.fill("INSERT INTO {0} ", &[table], Precedence::Or));
    }
    let columns = column_names(cx, names(&insert.columns))?;
    Ok(cx
        .join
        .fill("INSERT INTO {0} {1} ", &[table, columns], Precedence::Or))
}

/// The table, with its alias if the dialect supports it.
fn target(cx: &Context<'_>, table: &Table) -> Result<Sql, SqlError> {
    let name = source::table_sql(cx, table)?;
    if table.alias == table.name || !cx.features.conflict_target {
        return Ok(name);
    }
    let alias = Sql::term(SeaExpr::col(iden(&table.alias)?));
    Ok(cx.join.fill("{0} AS {1}", &[name, alias], Precedence::Or))
}

/// `($1, $2)`.
fn values(cx: &mut Context<'_>, columns: &[InsertColumn]) -> Sql {
    let mut values = Vec::with_capacity(columns.len());
    for (column, param) in columns.iter().zip(0..) {
        values.push(cx.placeholder(param, &column.ty, Form::Scalar));
    }
    cx.join.fill("({*})", &values, Precedence::Term)
}

fn inserted_select(
    cx: &mut Context<'_>,
    select: &Select,
    insert: &Insert,
) -> Result<sea_query::SelectStatement, SqlError> {
    if select.outputs.len() != insert.columns.len() {
        return Err(SqlError::Invalid {
            what: "an insert from a query needs as many columns in the query as in the insert",
            hint: "select one column for each inserted column",
        });
    }
    if select.lock.is_some() && insert.conflict.is_some() {
        return Err(cx.unsupported("upserts from a query that locks"));
    }
    if cx.features.loose_columns {
        return kept_select(cx, select, insert);
    }
    // Without a WHERE, the ON of `… SELECT … FROM t ON CONFLICT` parses as a join's ON.
    let bare = select.filter.is_none() && select.compounds.is_empty();
    if insert.conflict.is_some() && bare {
        let mut select = select.clone();
        select.filter = Some(Predicate::Expr(crate::ir::Expr::Literal(Literal::Bool(
            true,
        ))));
        return select::build(cx, &select);
    }
    select::build(cx, select)
}

/// The query as a derived table, whose values are converted to the types of the columns.
fn kept_select(
    cx: &mut Context<'_>,
    select: &Select,
    insert: &Insert,
) -> Result<sea_query::SelectStatement, SqlError> {
    let query = select::build(cx, select)?;
    let mut outer = sea_query::SelectStatement::new();
    for (output, column) in select.outputs.iter().zip(&insert.columns) {
        let named = Named {
            name: &column.name,
            ty: &column.ty,
        };
        let value = Sql::term(SeaExpr::col(iden(&output.name)?));
        let value = kept(cx, value, output.expr.column_type(), named);
        outer.expr_as(value.expr(), iden(&output.name)?);
    }
    outer.from_subquery(query, "_selected");
    if insert.conflict.is_some() {
        // Otherwise ON CONFLICT parses as a join's ON.
        outer.and_where(SeaExpr::Custom("TRUE".into()));
    }
    Ok(outer)
}

/// The part after the rows: the upsert clause and RETURNING.
fn tail(cx: &mut Context<'_>, insert: &Insert) -> Result<Vec<Sql>, SqlError> {
    let mut tail = Vec::new();
    if let Some(conflict) = &insert.conflict {
        let row = match insert.source {
            InsertSource::Select(_) => Row::Selected,
            InsertSource::Row | InsertSource::Rows => Row::Values,
        };
        // Rendering first limits the depth of the expressions that are searched next.
        tail.push(conflict::clause(cx, insert, conflict, row)?);
        if matches!(insert.source, InsertSource::Rows) {
            refuse_params(conflict)?;
        }
    }
    let bare = !cx.features.conflict_update_needs_target;
    tail.extend(returning(cx, &insert.returning, &insert.table.alias, bare)?);
    let has_param = insert
        .returning
        .iter()
        .any(|output| visit::has_param(&output.expr));
    if matches!(insert.source, InsertSource::Rows) && has_param {
        return Err(NO_PLACE_FOR_PARAMS);
    }
    Ok(tail)
}

const NO_PLACE_FOR_PARAMS: SqlError = SqlError::Invalid {
    what: "a bulk insert with values that are not part of its rows",
    hint: "use the new row's values, or insert the rows one by one",
};

/// A bulk insert binds only the values of its rows; refuse any others.
fn refuse_params(conflict: &Conflict) -> Result<(), SqlError> {
    let ConflictAction::Update {
        assignments,
        filter,
        ..
    } = &conflict.action
    else {
        return Ok(());
    };
    let in_values = assignments
        .iter()
        .any(|assignment| visit::has_param(&assignment.value));
    if in_values || filter.as_ref().is_some_and(visit::predicate_has_param) {
        return Err(NO_PLACE_FOR_PARAMS);
    }
    Ok(())
}

fn bulk(cx: &mut Context<'_>, insert: &Insert, head: &Sql, tail: &[Sql]) -> Result<Bulk, SqlError> {
    let unfolds = |column: &InsertColumn| column.ty.family() != Family::Array;
    if cx.features.unnest && insert.columns.iter().all(unfolds) {
        let arrays = arrays(cx, insert.columns.iter());
        let rows = cx
            .join
            .fill("SELECT * FROM UNNEST({*})", &arrays, Precedence::Or);
        let mut pieces = vec![Piece::Sql(head.clone()), Piece::Sql(rows)];
        pieces.extend(tail.iter().cloned().map(Piece::Sql));
        let (sql, _) = cx.write(&pieces);
        let copy = copy::copy(cx, insert)?;
        return Ok(Bulk::Arrays { sql, copy });
    }
    if !cx.features.default_keyword {
        return Ok(Bulk::PerRow);
    }
    let (prefix, _) = cx.write(&[Piece::Sql(head.clone()), Piece::text("VALUES ")]);
    let row = row_text(cx, &insert.columns)?;
    let tail: Vec<Piece> = tail.iter().cloned().map(Piece::Sql).collect();
    let (suffix, _) = cx.write(&tail);
    Ok(Bulk::Text {
        prefix,
        next: format!(", {row}"),
        first: row,
        suffix,
        numbered: cx.features.unnest,
    })
}

/// An array placeholder for each column.
pub(super) fn arrays<'c>(
    cx: &mut Context<'_>,
    columns: impl Iterator<Item = &'c InsertColumn>,
) -> Vec<Sql> {
    columns
        .zip(0..)
        .map(|(column, param)| cx.placeholder(param, &column.ty, Form::Array))
        .collect()
}

/// One row of a multi-row statement, with `?` for each value.
fn row_text(cx: &Context<'_>, columns: &[InsertColumn]) -> Result<String, SqlError> {
    let values: Vec<String> = columns
        .iter()
        .map(|column| row_value(cx, &column.ty))
        .collect();
    let row = format!("({})", values.join(", "));
    check_marks(&row, columns.len())?;
    Ok(row)
}

/// `?`, with a cast if the server needs the type.
pub(super) fn row_value(cx: &Context<'_>, ty: &ColumnType) -> String {
    match ty.parameter_cast(cx.features.dialect) {
        Some(name) => format!("CAST(? AS {name})"),
        None => "?".to_owned(),
    }
}

/// The driver counts the `?` of a row, so a type's name may not contain one.
pub(super) fn check_marks(row: &str, columns: usize) -> Result<(), SqlError> {
    if row.matches('?').count() == columns {
        Ok(())
    } else {
        Err(SqlError::Invalid {
            what: "a type with `?` in its name together with an array column",
            hint: "rename the type, or insert the rows one by one",
        })
    }
}
