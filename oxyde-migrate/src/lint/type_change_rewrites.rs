//! `type-change-rewrites`.

use oxyde_sql::dialect::AlterStyle;
use oxyde_sql::types::ColumnType;

use super::{LintContext, Rule, Severity};
use crate::operation::Operation;
use crate::state;

pub(super) const RULE: Rule = Rule {
    name: "type-change-rewrites",
    severity: Severity::Warning,
    problem: "a type change rewrites the whole table and its indexes, and blocks reads and writes meanwhile",
    safe_way: "add a new column, fill it in batches, switch the code to it, drop the old one",
    check,
};

fn check(scene: &LintContext<'_>) -> Option<String> {
    let Operation::AlterColumn(alter) = scene.operation else {
        return None;
    };
    let schema = alter.schema.as_deref();
    let table = state::find(scene.before, schema, &alter.table).ok()?;
    let old = state::column(table, &alter.column.name).ok()?;
    let rewrites = scene.style.alter != AlterStyle::Rebuild
        && old.ty != alter.column.ty
        && !is_free(&old.ty, &alter.column.ty)
        && scene.is_old(schema, &alter.table);
    rewrites.then(|| {
        format!(
            "the type change of `{}.{}` rewrites the table",
            alter.table, old.name
        )
    })
}

/// Whether only the catalogue changes: a longer string, another enum label.
fn is_free(old: &ColumnType, new: &ColumnType) -> bool {
    match (old, new) {
        (ColumnType::Varchar { .. }, ColumnType::Text) => true,
        (ColumnType::Varchar { length: old }, ColumnType::Varchar { length: new }) => old <= new,
        (
            ColumnType::Decimal {
                scale: old_scale,
                precision: old,
            },
            ColumnType::Decimal {
                scale,
                precision: new,
            },
        ) => old_scale == scale && (new.is_none() || old <= new),
        (ColumnType::Enum { name: old, .. }, ColumnType::Enum { name: new, .. }) => old == new,
        _ => false,
    }
}
