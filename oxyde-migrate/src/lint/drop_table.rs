//! `drop-table`.

use super::{LintContext, Rule, Severity};
use crate::operation::Operation;

pub(super) const RULE: Rule = Rule {
    name: "drop-table",
    severity: Severity::Warning,
    problem: "the rows of the table are lost, and code that still uses it fails",
    safe_way: "first release code that no longer uses the table, and back up the rows",
    check,
};

fn check(scene: &LintContext<'_>) -> Option<String> {
    let Operation::DropTable(drop) = scene.operation else {
        return None;
    };
    (scene.is_old(drop.schema.as_deref(), &drop.name))
        .then(|| format!("table `{}` is dropped with its rows", drop.name))
}
