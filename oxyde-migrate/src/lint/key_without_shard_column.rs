//! `key-without-shard-column`.

use oxyde_sql::schema::{Distribution, IndexPart, Table};

use super::{LintContext, Rule, Severity};
use crate::operation::Operation;
use crate::state;

pub(super) const RULE: Rule = Rule {
    name: "key-without-shard-column",
    severity: Severity::Error,
    problem: "each node knows its own rows only, so Citus refuses a key or unique constraint of a distributed table that does not contain the column by which the rows are distributed",
    safe_way: "add the column to it: a primary key of two fields, or unique_together with the column; what has to be unique over all nodes belongs in a reference table",
    check,
};

fn check(scene: &LintContext<'_>) -> Option<String> {
    let (schema, name) = match scene.operation {
        Operation::DistributeTable(distribute) => (&distribute.schema, &distribute.name),
        Operation::AlterPrimaryKey(alter) => (&alter.schema, &alter.table),
        Operation::AddUnique(add) => (&add.schema, &add.table),
        Operation::AddIndex(add) => (&add.schema, &add.table),
        _ => return None,
    };
    // What counts is the table at the end of the migration.
    let table = state::find(scene.end, schema.as_deref(), name).ok()?;
    let Some(Distribution::By(column)) = &table.distribution else {
        return None;
    };
    let part = uniques(table)
        .filter(|(part, _)| match scene.operation {
            Operation::AlterPrimaryKey(_) => *part == PRIMARY_KEY,
            Operation::AddUnique(add) => *part == add.unique.name,
            Operation::AddIndex(add) => *part == add.index.name,
            _ => true,
        })
        .find(|(_, columns)| !columns.contains(&column))?;
    Some(format!(
        "`{}` of `{name}` does not contain `{column}`, by which the rows are distributed",
        part.0
    ))
}

const PRIMARY_KEY: &str = "the primary key";

/// What tells rows apart, by name, with its columns.
fn uniques(table: &Table) -> impl Iterator<Item = (&str, Vec<&String>)> {
    let key = (!table.primary_key.is_empty())
        .then(|| (PRIMARY_KEY, table.primary_key.iter().collect::<Vec<_>>()));
    let uniques = table
        .uniques
        .iter()
        .map(|unique| (unique.name.as_str(), unique.columns.iter().collect()));
    let indexes = table.indexes.iter().filter(|index| index.unique);
    let indexes = indexes.map(|index| {
        let columns = index.parts.iter().filter_map(|part| match part {
            IndexPart::Column(name) | IndexPart::ColumnDesc(name) => Some(name),
            IndexPart::Expression(_) => None,
        });
        (index.name.as_str(), columns.collect())
    });
    key.into_iter().chain(uniques).chain(indexes)
}
