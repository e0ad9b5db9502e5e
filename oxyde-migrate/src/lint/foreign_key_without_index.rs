//! `foreign-key-without-index`.

use oxyde_sql::schema::{IndexPart, Table};

use super::{Rule, Scene, Severity};
use crate::operation::Operation;
use crate::state;

pub(super) const RULE: Rule = Rule {
    name: "foreign-key-without-index",
    severity: Severity::Warning,
    problem: "deleting or changing a row of the other table reads this whole table for rows that point at it",
    safe_way: "add an index on the columns of the foreign key (`db_index=True`)",
    check,
};

fn check(scene: &Scene<'_>) -> Option<String> {
    // InnoDB makes the index by itself.
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
            _ => !is_covered(table, &key.columns),
        })?;
    Some(format!(
        "foreign key `{}` of `{name}` has no index on {}",
        key.name,
        key.columns.join(", ")
    ))
}

fn is_covered(table: &Table, columns: &[String]) -> bool {
    let starts = |candidate: &[String]| candidate.starts_with(columns);
    starts(&table.primary_key)
        || table.uniques.iter().any(|unique| starts(&unique.columns))
        || table
            .indexes
            .iter()
            .filter(|index| index.condition.is_none())
            .any(|index| {
                let named: Vec<String> = index
                    .parts
                    .iter()
                    .map_while(|part| match part {
                        IndexPart::Column(name) | IndexPart::ColumnDesc(name) => Some(name.clone()),
                        IndexPart::Expression(_) => None,
                    })
                    .collect();
                starts(&named)
            })
}
