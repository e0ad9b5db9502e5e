//! `foreign-key-without-index`.

use super::{LintContext, Rule, Severity};
use crate::operation::Operation;
use crate::state;

pub(super) const RULE: Rule = Rule {
    name: "foreign-key-without-index",
    severity: Severity::Warning,
    problem: "deleting or changing a row of the referenced table scans this whole table for references to it",
    safe_way: "remove `db_index=False`, or add an index that begins with the columns of the foreign key",
    check,
};

fn check(scene: &LintContext<'_>) -> Option<String> {
    // InnoDB creates the index itself.
    if scene.style.foreign_key_index {
        return None;
    }
    let (schema, name) = match scene.operation {
        Operation::AddForeignKey(add) => (&add.schema, &add.table),
        Operation::CreateTable(create) => (&create.schema, &create.name),
        _ => return None,
    };
    // What counts is the table at the end of the migration.
    let table = state::find(scene.end, schema.as_deref(), name).ok()?;
    let key = table
        .foreign_keys
        .iter()
        .find(|key| match scene.operation {
            Operation::AddForeignKey(add) if add.foreign_key.name != key.name => false,
            _ => !table.is_indexed(&key.columns, |_| true),
        })?;
    Some(format!(
        "foreign key `{}` of `{name}` has no index on {}",
        key.name,
        key.columns.join(", ")
    ))
}
