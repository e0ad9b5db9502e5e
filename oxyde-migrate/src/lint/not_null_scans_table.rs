//! `not-null-scans-table`.

use super::{LintContext, Rule, Severity};
use crate::operation::Operation;
use crate::state;

pub(super) const RULE: Rule = Rule {
    name: "not-null-scans-table",
    severity: Severity::Warning,
    problem: "SET NOT NULL scans the whole table while it is locked",
    safe_way: "add the check `column IS NOT NULL` with `not_valid = true` first; PostgreSQL then relies on it and skips the scan",
    check,
};

fn check(scene: &LintContext<'_>) -> Option<String> {
    let Operation::AlterColumn(alter) = scene.operation else {
        return None;
    };
    let schema = alter.schema.as_deref();
    let table = state::find(scene.before, schema, &alter.table).ok()?;
    let old = state::column(table, &alter.column.name).ok()?;
    // PostgreSQL skips the scan if a valid check proves the same.
    let proven = table.checks.iter().any(|check| {
        let condition = check.condition.to_ascii_lowercase();
        condition.contains("is not null") && condition.contains(&old.name.to_ascii_lowercase())
    });
    (scene.style.concurrent_indexes
        && old.nullable
        && !alter.column.nullable
        && !proven
        && scene.is_old(schema, &alter.table))
    .then(|| {
        format!(
            "making `{}.{}` NOT NULL locks the table",
            alter.table, old.name
        )
    })
}
