//! `mysql-drop-column-rebuilds`.

use super::{LintContext, Rule, Severity};
use crate::operation::Operation;

pub(super) const RULE: Rule = Rule {
    name: "mysql-drop-column-rebuilds",
    severity: Severity::Warning,
    problem: "before MySQL 8.0.29 and MariaDB 10.4, dropping a column rebuilds the table (ALGORITHM=INPLACE instead of INSTANT), which takes time and space for all rows",
    safe_way: "drop the column when traffic is low, or after updating the server",
    check,
};

fn check(scene: &LintContext<'_>) -> Option<String> {
    let Operation::DropColumn(drop) = scene.operation else {
        return None;
    };
    let instant = scene.style.instant_drop_column?;
    (scene.is_older_than(instant) && scene.is_old(drop.schema.as_deref(), &drop.table))
        .then(|| format!("dropping `{}.{}` rebuilds the table", drop.table, drop.name))
}
