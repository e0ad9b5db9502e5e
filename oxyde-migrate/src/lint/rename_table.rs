//! `rename-table`.

use super::{Rule, Scene, Severity};
use crate::operation::Operation;

pub(super) const RULE: Rule = Rule {
    name: "rename-table",
    severity: Severity::Warning,
    problem: "code that runs while the migration is applied uses the old name and fails",
    safe_way: "leave a view under the old name until the old code is gone, or stop the code for the change",
    check,
};

fn check(scene: &Scene<'_>) -> Option<String> {
    let Operation::RenameTable(rename) = scene.operation else {
        return None;
    };
    (scene.is_old(rename.schema.as_deref(), &rename.from))
        .then(|| format!("table `{}` is renamed under running code", rename.from))
}
