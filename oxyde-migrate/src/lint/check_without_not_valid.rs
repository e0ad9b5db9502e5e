//! `check-without-not-valid`.

use super::{LintContext, Rule, Severity};
use crate::operation::Operation;

pub(super) const RULE: Rule = Rule {
    name: "check-without-not-valid",
    severity: Severity::Warning,
    problem: "a new check validates every row while the table is locked",
    safe_way: "set `not_valid = true`: the check applies to new rows immediately, and existing rows are validated without the lock",
    check,
};

fn check(scene: &LintContext<'_>) -> Option<String> {
    let Operation::AddCheck(add) = scene.operation else {
        return None;
    };
    (scene.style.concurrent_indexes
        && !add.not_valid
        && scene.is_old(add.schema.as_deref(), &add.table))
    .then(|| {
        format!(
            "check `{}` validates all rows of `{}` under a lock",
            add.check.name, add.table
        )
    })
}
