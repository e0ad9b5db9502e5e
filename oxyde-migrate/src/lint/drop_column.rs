//! `drop-column`.

use super::{Rule, Scene, Severity};
use crate::operation::Operation;

pub(super) const RULE: Rule = Rule {
    name: "drop-column",
    severity: Severity::Warning,
    problem: "the data of the column is gone, and code that still reads it fails",
    safe_way: "release code that no longer names the column first, then drop it",
    check,
};

fn check(scene: &Scene<'_>) -> Option<String> {
    let Operation::DropColumn(drop) = scene.operation else {
        return None;
    };
    (scene.is_old(drop.schema.as_deref(), &drop.table)).then(|| {
        format!(
            "column `{}.{}` is dropped with its data",
            drop.table, drop.name
        )
    })
}
