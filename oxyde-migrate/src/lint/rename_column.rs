//! `rename-column`.

use super::{LintContext, Rule, Severity};
use crate::operation::Operation;

pub(super) const RULE: Rule = Rule {
    name: "rename-column",
    severity: Severity::Warning,
    problem: "code that runs while the migration is applied uses the old name and fails",
    safe_way: "add the new column, write both, backfill existing rows, switch readers to the new column, drop the old one",
    check,
};

fn check(scene: &LintContext<'_>) -> Option<String> {
    let Operation::RenameColumn(rename) = scene.operation else {
        return None;
    };
    (scene.is_old(rename.schema.as_deref(), &rename.table)).then(|| {
        format!(
            "column `{}.{}` is renamed while code uses it",
            rename.table, rename.from
        )
    })
}
