//! `small-counted-key`.

use oxyde_sql::types::ColumnType;

use super::{Rule, Scene, Severity};
use crate::operation::Operation;

pub(super) const RULE: Rule = Rule {
    name: "small-counted-key",
    severity: Severity::Warning,
    problem: "a counted key of 32 bits or less runs out of numbers",
    safe_way: "use `int` (64 bits) for the key",
    check,
};

fn check(scene: &Scene<'_>) -> Option<String> {
    let columns = match scene.operation {
        Operation::CreateTable(create) => create.columns.iter().collect(),
        Operation::AddColumn(add) => vec![&add.column],
        _ => return None,
    };
    let small = columns.into_iter().find(|column| {
        column.auto_increment && matches!(column.ty, ColumnType::SmallInt | ColumnType::Integer)
    })?;
    Some(format!("the counted column `{}` is small", small.name))
}
