//! `not-null-without-default`.

use super::{LintContext, Rule, Severity};
use crate::operation::Operation;

pub(super) const RULE: Rule = Rule {
    name: "not-null-without-default",
    severity: Severity::Error,
    problem: "the column has no value for existing rows, so the migration fails if the table has rows",
    safe_way: "set `backfill = \"SQL\"`, give the column a default, or make it nullable",
    check,
};

fn check(scene: &LintContext<'_>) -> Option<String> {
    let Operation::AddColumn(add) = scene.operation else {
        return None;
    };
    (!add.column.nullable
        && add.column.default.is_none()
        && add.backfill.is_none()
        && !add.column.auto_increment
        && add.column.generated.is_none()
        && scene.is_old(add.schema.as_deref(), &add.table))
    .then(|| {
        format!(
            "column `{}.{}` is NOT NULL and has no value for existing rows",
            add.table, add.column.name
        )
    })
}
