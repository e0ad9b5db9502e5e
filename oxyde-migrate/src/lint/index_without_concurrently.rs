//! `index-without-concurrently`.

use super::{LintContext, Rule, Severity};
use crate::operation::Operation;

pub(super) const RULE: Rule = Rule {
    name: "index-without-concurrently",
    severity: Severity::Warning,
    problem: "CREATE INDEX blocks writes to the table until the index is built",
    safe_way: "set `concurrently = true`, in a migration of its own: the index is then built outside a transaction, without blocking writes",
    check,
};

fn check(scene: &LintContext<'_>) -> Option<String> {
    let Operation::AddIndex(add) = scene.operation else {
        return None;
    };
    (scene.style.concurrent_indexes
        && !add.concurrently
        && scene.is_old(add.schema.as_deref(), &add.table))
    .then(|| {
        format!(
            "building index `{}` blocks writes to `{}`",
            add.index.name, add.table
        )
    })
}
