//! `rename-table`.

use super::{LintContext, Rule, Severity};
use crate::operation::Operation;

pub(super) const RULE: Rule = Rule {
    name: "rename-table",
    severity: Severity::Warning,
    problem: "code that runs while the migration is applied uses the old name and fails",
    safe_way: "keep a view with the old name until the old code is no longer running, or stop the code during the change",
    check,
};

fn check(scene: &LintContext<'_>) -> Option<String> {
    let Operation::RenameTable(rename) = scene.operation else {
        return None;
    };
    (scene.is_old(rename.schema.as_deref(), &rename.from))
        .then(|| format!("table `{}` is renamed while code uses it", rename.from))
}
