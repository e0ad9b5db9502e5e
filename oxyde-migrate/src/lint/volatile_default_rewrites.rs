//! `volatile-default-rewrites`.

use super::{LintContext, Rule, Severity};
use crate::impact::is_volatile;
use crate::operation::Operation;

pub(super) const RULE: Rule = Rule {
    name: "volatile-default-rewrites",
    severity: Severity::Warning,
    problem: "a new column whose default differs from row to row rewrites the whole table while it is locked",
    safe_way: "add the column without the default, set the default, then fill existing rows in batches",
    check,
};

fn check(scene: &LintContext<'_>) -> Option<String> {
    let Operation::AddColumn(add) = scene.operation else {
        return None;
    };
    let is_volatile = add.column.default.as_deref().is_some_and(is_volatile);
    (scene.style.concurrent_indexes
        && is_volatile
        && scene.is_old(add.schema.as_deref(), &add.table))
    .then(|| {
        format!(
            "the default of `{}.{}` is computed for each row",
            add.table, add.column.name
        )
    })
}
