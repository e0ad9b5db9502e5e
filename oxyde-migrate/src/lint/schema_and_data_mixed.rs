//! `schema-and-data-mixed`.

use super::{LintContext, Rule, Severity};
use crate::operation::Operation;

pub(super) const RULE: Rule = Rule {
    name: "schema-and-data-mixed",
    severity: Severity::Warning,
    problem: "changing many rows in the transaction of a schema change holds its locks for longer",
    safe_way: "put the data step into a migration of its own, after the schema change",
    check,
};

fn check(scene: &LintContext<'_>) -> Option<String> {
    let changes = |operation: &&Operation| match operation {
        Operation::CreateTable(_) => false,
        other => !other.is_data(),
    };
    (scene.operation.is_data() && scene.migration.operations.iter().any(|o| changes(&o))).then(
        || {
            format!(
                "`{}` shares its migration with schema changes",
                scene.operation.describe()
            )
        },
    )
}
