//! `concurrently-with-others`.

use super::{LintContext, Rule, Severity};
use crate::operation::Operation;

pub(super) const RULE: Rule = Rule {
    name: "concurrently-with-others",
    severity: Severity::Warning,
    problem: "a migration with `concurrently` does not run in one transaction: if it fails, part of it remains applied",
    safe_way: "put the concurrent operations into a migration of their own",
    check,
};

fn check(scene: &LintContext<'_>) -> Option<String> {
    let operations = &scene.migration.operations;
    (scene.style.concurrent_indexes
        && scene.operation.is_concurrent()
        && !operations.iter().all(Operation::is_concurrent))
    .then(|| {
        format!(
            "{} shares its migration with operations that are not concurrent",
            scene.operation.describe()
        )
    })
}
