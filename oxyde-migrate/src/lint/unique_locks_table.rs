//! `unique-locks-table`.

use super::{Rule, Scene, Severity};
use crate::operation::Operation;

pub(super) const RULE: Rule = Rule {
    name: "unique-locks-table",
    severity: Severity::Warning,
    problem: "a new unique constraint builds its index while the table is locked, and fails when there are doubles",
    safe_way: "find doubles first; on PostgreSQL use a unique index with `concurrently = true` instead",
    check,
};

fn check(scene: &Scene<'_>) -> Option<String> {
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
