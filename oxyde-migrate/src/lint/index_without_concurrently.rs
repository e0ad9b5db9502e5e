//! `index-without-concurrently`.

use super::{Rule, Scene, Severity};
use crate::operation::Operation;

pub(super) const RULE: Rule = Rule {
    name: "index-without-concurrently",
    severity: Severity::Warning,
    problem: "CREATE INDEX locks out writers of the table until it is built",
    safe_way: "set `concurrently = true`, in a migration of its own: the index is then built outside a transaction, without blocking anybody",
    check,
};

fn check(scene: &Scene<'_>) -> Option<String> {
    let Operation::AddIndex(add) = scene.operation else {
        return None;
    };
    (scene.style.concurrent_indexes
        && !add.concurrently
        && scene.is_old(add.schema.as_deref(), &add.table))
    .then(|| {
        format!(
            "index `{}` is built while nobody can write to `{}`",
            add.index.name, add.table
        )
    })
}
