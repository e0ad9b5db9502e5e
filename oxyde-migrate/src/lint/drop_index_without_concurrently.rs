//! `drop-index-without-concurrently`.

use super::{LintContext, Rule, Severity};
use crate::operation::Operation;

pub(super) const RULE: Rule = Rule {
    name: "drop-index-without-concurrently",
    severity: Severity::Note,
    problem: "DROP INDEX waits for every running query on the table, and all later queries wait for it",
    safe_way: "set `concurrently = true`, in a migration of its own",
    check,
};

fn check(scene: &LintContext<'_>) -> Option<String> {
    let Operation::DropIndex(drop) = scene.operation else {
        return None;
    };
    (scene.style.concurrent_indexes
        && !drop.concurrently
        && scene.is_old(drop.schema.as_deref(), &drop.table))
    .then(|| format!("dropping index `{}` locks `{}`", drop.name, drop.table))
}
