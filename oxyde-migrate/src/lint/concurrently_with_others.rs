//! `concurrently-with-others`.

use super::{Rule, Scene, Severity};
use crate::operation::Operation;

pub(super) const RULE: Rule = Rule {
    name: "concurrently-with-others",
    severity: Severity::Warning,
    problem: "a migration with `concurrently` is not one transaction: when it fails, a part of it stays",
    safe_way: "give the concurrent operation a migration of its own",
    check,
};

fn check(scene: &Scene<'_>) -> Option<String> {
    let concurrently = match scene.operation {
        Operation::AddIndex(add) => add.concurrently,
        Operation::DropIndex(drop) => drop.concurrently,
        _ => false,
    };
    (scene.style.concurrent_indexes && concurrently && scene.migration.operations.len() > 1).then(
        || {
            format!(
                "{} stands beside other operations",
                scene.operation.describe()
            )
        },
    )
}
