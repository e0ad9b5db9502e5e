//! Tables, derived tables, joins.

use sea_query::{
    DynIden, Expr as SeaExpr, JoinType, SchemaName, SelectStatement, SubQueryStatement, TableName,
    TableRef,
};

use super::context::Context;
use super::expr::iden;
use super::fragment::{Precedence, Sql};
use super::predicate::predicate;
use super::select;
use crate::error::SqlError;
use crate::ir::{Join, JoinKind, Source, Table};

/// The name of a table, with its schema.
pub(super) fn table_name(cx: &Context<'_>, table: &Table) -> Result<TableName, SqlError> {
    let schema = match &table.schema {
        None => None,
        Some(_) if !cx.features.schemas => return Err(cx.unsupported("schemas")),
        Some(schema) => Some(SchemaName(None, iden(schema)?)),
    };
    Ok(TableName(schema, iden(&table.name)?))
}

/// The table under its alias.
pub(super) fn table_ref(cx: &Context<'_>, table: &Table) -> Result<TableRef, SqlError> {
    let alias = iden(&table.alias)?;
    let named = table.schema.is_some() || table.alias != table.name;
    Ok(TableRef::Table(
        table_name(cx, table)?,
        named.then_some(alias),
    ))
}

/// A table or a derived table.
pub(super) fn source_ref(cx: &mut Context<'_>, source: &Source) -> Result<TableRef, SqlError> {
    match source {
        Source::Table(table) => table_ref(cx, table),
        Source::Subquery { select, alias } => {
            let alias: DynIden = iden(alias)?;
            let query = select::derived(cx, select)?;
            Ok(TableRef::SubQuery(Box::new(query), alias))
        }
    }
}

pub(super) fn join_select(
    cx: &mut Context<'_>,
    query: &mut SelectStatement,
    join: &Join,
) -> Result<(), SqlError> {
    let kind = match join.kind {
        JoinKind::Inner => JoinType::InnerJoin,
        JoinKind::Left => JoinType::LeftJoin,
        JoinKind::Lateral => return join_lateral(cx, query, join),
    };
    let source = source_ref(cx, &join.source)?;
    let on = predicate(cx, &join.on)?;
    query.join(kind, source, on.expr());
    Ok(())
}

fn join_lateral(
    cx: &mut Context<'_>,
    query: &mut SelectStatement,
    join: &Join,
) -> Result<(), SqlError> {
    let Source::Subquery { select, alias } = &join.source else {
        return Err(SqlError::Invalid {
            what: "a lateral join needs a derived table",
            hint: "join the table itself",
        });
    };
    if !cx.features.lateral {
        return Err(cx.unsupported("LATERAL"));
    }
    let alias: DynIden = iden(alias)?;
    let derived = select::derived(cx, select)?;
    let on = predicate(cx, &join.on)?;
    query.join_lateral(JoinType::InnerJoin, derived, alias, on.expr());
    Ok(())
}

/// A table's name as a piece of SQL.
pub(super) fn table_sql(cx: &Context<'_>, table: &Table) -> Result<Sql, SqlError> {
    let name = Sql::term(SeaExpr::col(iden(&table.name)?));
    match &table.schema {
        None => Ok(name),
        Some(_) if !cx.features.schemas => Err(cx.unsupported("schemas")),
        Some(schema) => {
            let schema = Sql::term(SeaExpr::col(iden(schema)?));
            Ok(cx.join.fill("{0}.{1}", &[schema, name], Precedence::Term))
        }
    }
}

/// A table under its alias as a piece of SQL.
pub(super) fn table_alias_sql(cx: &Context<'_>, table: &Table) -> Result<Sql, SqlError> {
    let name = table_sql(cx, table)?;
    if table.schema.is_none() && table.alias == table.name {
        return Ok(name);
    }
    let alias = Sql::term(SeaExpr::col(iden(&table.alias)?));
    Ok(cx.join.fill("{0} AS {1}", &[name, alias], Precedence::Or))
}

/// A table or derived table as a piece of SQL.
pub(super) fn source_sql(cx: &mut Context<'_>, source: &Source) -> Result<Sql, SqlError> {
    match source {
        Source::Table(table) => table_alias_sql(cx, table),
        Source::Subquery { select, alias } => {
            let query = select::derived(cx, select)?;
            let query = Sql::term(SeaExpr::SubQuery(
                None,
                Box::new(SubQueryStatement::SelectStatement(query)),
            ));
            let alias = Sql::term(SeaExpr::col(iden(alias)?));
            Ok(cx.join.fill("{0} AS {1}", &[query, alias], Precedence::Or))
        }
    }
}
