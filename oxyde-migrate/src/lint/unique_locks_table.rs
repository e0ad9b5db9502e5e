//! `unique-locks-table`.

use super::{LintContext, Rule, Severity};
use crate::operation::Operation;

pub(super) const RULE: Rule = Rule {
    name: "unique-locks-table",
    severity: Severity::Warning,
    problem: "a new unique constraint builds its index while the table is locked, and fails if there are duplicates",
    safe_way: "remove duplicates first; on PostgreSQL use a unique index with `concurrently = true` instead",
    check,
};

fn check(scene: &LintContext<'_>) -> Option<String> {
    let Operation::AddUnique(add) = scene.operation else {
        return None;
    };
    (scene.is_old(add.schema.as_deref(), &add.table)).then(|| {
        format!(
            "unique constraint `{}` locks `{}` while its index is built",
            add.unique.name, add.table
        )
    })
}
