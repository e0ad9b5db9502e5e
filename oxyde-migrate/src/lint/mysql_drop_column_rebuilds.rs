//! `mysql-drop-column-rebuilds`.

use super::{Rule, Scene, Severity, Version};
use crate::operation::Operation;

pub(super) const RULE: Rule = Rule {
    name: "mysql-drop-column-rebuilds",
    severity: Severity::Warning,
    problem: "before MySQL 8.0.29 and MariaDB 10.4 dropping a column builds the table anew (ALGORITHM=INPLACE instead of INSTANT), which takes time and space for all rows",
    safe_way: "drop the column in a quiet hour, or after the server is updated",
    check,
};

fn check(scene: &Scene<'_>) -> Option<String> {
    let Operation::DropColumn(drop) = scene.operation else {
        return None;
    };
    let (major, minor, patch) = scene.style.instant_drop_column?;
    let instant = Version(major, minor, patch);
    (scene.is_older_than(instant) && scene.is_old(drop.schema.as_deref(), &drop.table)).then(|| {
        format!(
            "dropping `{}.{}` builds the table anew",
            drop.table, drop.name
        )
    })
}
