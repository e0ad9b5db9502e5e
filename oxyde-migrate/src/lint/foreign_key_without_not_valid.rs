//! `foreign-key-without-not-valid`.

use super::{Rule, Scene, Severity};
use crate::operation::Operation;

pub(super) const RULE: Rule = Rule {
    name: "foreign-key-without-not-valid",
    severity: Severity::Warning,
    problem: "a new foreign key tests every row while writers of both tables are locked out",
    safe_way: "set `not_valid = true`: the key counts for new rows at once, and the old ones are tested without the lock",
    check,
};

fn check(scene: &Scene<'_>) -> Option<String> {
    let Operation::AddForeignKey(add) = scene.operation else {
        return None;
    };
    (scene.style.concurrent_indexes
        && !add.not_valid
        && scene.is_old(add.schema.as_deref(), &add.table))
    .then(|| {
        format!(
            "foreign key `{}` tests all rows of `{}` under a lock",
            add.foreign_key.name, add.table
        )
    })
}
