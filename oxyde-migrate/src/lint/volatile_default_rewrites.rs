//! `volatile-default-rewrites`.

use super::{LintContext, Rule, Severity};
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
    let default = add.column.default.as_deref()?.to_ascii_lowercase();
    // The transaction's time is the same for all rows, so it is stored once.
    let stable = [
        "now()",
        "current_timestamp",
        "current_date",
        "localtimestamp",
        "current_time",
    ];
    let volatile = default.contains('(') && !stable.iter().any(|word| default.starts_with(word));
    (scene.style.concurrent_indexes && volatile && scene.is_old(add.schema.as_deref(), &add.table))
        .then(|| {
            format!(
                "the default of `{}.{}` is computed for each row",
                add.table, add.column.name
            )
        })
}
