//! `DELETE`.

use sea_query::Expr as SeaExpr;

use super::context::{Context, Piece, Qualifier};
use super::expr::iden;
use super::fragment::{Precedence, Sql};
use super::predicate::predicate;
use super::returning::returning;
use super::source::{table_alias_sql, table_sql};
use super::update::where_clause;
use super::{output_columns, visit};
use crate::error::SqlError;
use crate::ir::{Delete, Scope};
use crate::plan::Plan;

/// The plan of a delete.
pub(super) fn compile(cx: &mut Context<'_>, delete: &Delete) -> Result<Plan, SqlError> {
    if !delete.returning.is_empty() && !cx.features.delete_returning {
        return Err(cx.unsupported("DELETE … RETURNING"));
    }
    if !cx.features.reads_changed_table {
        cx.changed = Some(delete.table.name.clone());
    }
    let table = &delete.table;
    let renamed = table.alias != table.name || table.schema.is_some();
    let several = cx.features.semi_join_of_several
        && delete.returning.is_empty()
        && matches!(&delete.scope, Scope::Where(filter)
            if visit::has_query(filter) && !visit::predicate_reads_directly(filter, &table.name));
    let pieces = if cx.features.delete_alias || !(renamed || several) {
        let name = table_alias_sql(cx, table)?;
        let mut pieces = vec![Piece::text("DELETE FROM "), Piece::Sql(name)];
        pieces.extend(rest(cx, delete)?);
        pieces
    } else if delete.returning.is_empty() {
        // Only the multi-table form accepts an alias.
        let alias = Sql::term(SeaExpr::col(iden(&table.alias)?));
        let name = table_alias_sql(cx, table)?;
        let head = cx
            .join
            .fill("DELETE {0} FROM {1}", &[alias, name], Precedence::Or);
        let mut pieces = vec![Piece::Sql(head)];
        pieces.extend(rest(cx, delete)?);
        pieces
    } else {
        let name = table_sql(cx, table)?;
        let mut pieces = vec![Piece::text("DELETE FROM "), Piece::Sql(name)];
        let to = Qualifier::Name(table.name.clone());
        pieces.extend(cx.with_qualifier(&table.alias, to, |cx| rest(cx, delete))?);
        pieces
    };
    let (sql, binds) = cx.write(&pieces);
    Ok(Plan {
        sql,
        binds,
        outputs: output_columns(&delete.returning),
        writes: true,
        plain_insert: false,
        bulk: None,
    })
}

fn rest(cx: &mut Context<'_>, delete: &Delete) -> Result<Vec<Piece>, SqlError> {
    let mut conditions = Vec::new();
    if let Scope::Where(filter) = &delete.scope {
        conditions.push(predicate(cx, filter)?);
    }
    let mut pieces: Vec<Piece> = where_clause(cx, conditions).into_iter().collect();
    let bare = !cx.features.conflict_update_needs_target;
    let outputs = returning(cx, &delete.returning, &delete.table.alias, bare)?;
    pieces.extend(outputs.map(Piece::Sql));
    Ok(pieces)
}
