//! `small-counted-key`.

use oxyde_sql::types::ColumnType;

use super::{LintContext, Rule, Severity};
use crate::operation::Operation;

pub(super) const RULE: Rule = Rule {
    name: "small-counted-key",
    severity: Severity::Warning,
    problem: "an auto-increment key of 32 bits or less can run out of values",
    safe_way: "use `int` (64 bits) for the key",
    check,
};

fn check(scene: &LintContext<'_>) -> Option<String> {
    let columns = match scene.operation {
        Operation::CreateTable(create) => create.columns.iter().collect(),
        Operation::AddColumn(add) => vec![&add.column],
        _ => return None,
    };
    let small = columns.into_iter().find(|column| {
        column.auto_increment && matches!(column.ty, ColumnType::SmallInt | ColumnType::Integer)
    })?;
    Some(format!(
        "the auto-increment column `{}` has at most 32 bits",
        small.name
    ))
}
