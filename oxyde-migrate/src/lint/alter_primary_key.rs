//! `alter-primary-key`.

use super::{Rule, Scene, Severity};
use crate::operation::Operation;

pub(super) const RULE: Rule = Rule {
    name: "alter-primary-key",
    severity: Severity::Warning,
    problem: "the key's index is built anew while the table is locked, and what points at the key may break",
    safe_way: "add a unique constraint on the new columns first, and change the key in a quiet hour",
    check,
};

fn check(scene: &Scene<'_>) -> Option<String> {
    let Operation::AlterPrimaryKey(alter) = scene.operation else {
        return None;
    };
    (scene.is_old(alter.schema.as_deref(), &alter.table))
        .then(|| format!("the primary key of `{}` changes under a lock", alter.table))
}
