//! `drop-column`.

use super::{LintContext, Rule, Severity};
use crate::operation::Operation;

pub(super) const RULE: Rule = Rule {
    name: "drop-column",
    severity: Severity::Warning,
    problem: "the data of the column is lost, and code that still reads it fails",
    safe_way: "first release code that no longer uses the column, then drop it",
    check,
};

fn check(scene: &LintContext<'_>) -> Option<String> {
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
