//! `rename-column`.

use super::{Rule, Scene, Severity};
use crate::operation::Operation;

pub(super) const RULE: Rule = Rule {
    name: "rename-column",
    severity: Severity::Warning,
    problem: "code that runs while the migration is applied uses the old name and fails",
    safe_way: "add the new column, write both, fill the old rows, move the readers over, drop the old column",
    check,
};

fn check(scene: &Scene<'_>) -> Option<String> {
    let Operation::RenameColumn(rename) = scene.operation else {
        return None;
    };
    (scene.is_old(rename.schema.as_deref(), &rename.table)).then(|| {
        format!(
            "column `{}.{}` is renamed under running code",
            rename.table, rename.from
        )
    })
}
