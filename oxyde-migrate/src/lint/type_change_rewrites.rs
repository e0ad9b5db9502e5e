//! `type-change-rewrites`.

use oxyde_sql::dialect::AlterStyle;

use super::{LintContext, Rule, Severity};
use crate::impact::changes_only_catalogue;
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
        && !changes_only_catalogue(&old.ty, &alter.column.ty)
        && scene.is_old(schema, &alter.table);
    rewrites.then(|| {
        format!(
            "the type change of `{}.{}` rewrites the table",
            alter.table, old.name
        )
    })
}
