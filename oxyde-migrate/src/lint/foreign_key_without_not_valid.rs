//! `foreign-key-without-not-valid`.

use super::{LintContext, Rule, Severity};
use crate::operation::Operation;

pub(super) const RULE: Rule = Rule {
    name: "foreign-key-without-not-valid",
    severity: Severity::Warning,
    problem: "a new foreign key validates every row while writes to both tables are blocked",
    safe_way: "set `not_valid = true`: the key applies to new rows immediately, and existing rows are validated without the lock",
    check,
};

fn check(scene: &LintContext<'_>) -> Option<String> {
    let Operation::AddForeignKey(add) = scene.operation else {
        return None;
    };
    (scene.style.concurrent_indexes
        && !add.not_valid
        && scene.is_old(add.schema.as_deref(), &add.table))
    .then(|| {
        format!(
            "foreign key `{}` validates all rows of `{}` under a lock",
            add.foreign_key.name, add.table
        )
    })
}
