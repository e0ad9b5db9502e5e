//! `foreign-key-across-nodes`.

use oxyde_sql::schema::{Distribution, ForeignKey, ReferentialAction, Table};

use super::{LintContext, Rule, Severity};
use crate::operation::Operation;
use crate::state;

pub(super) const RULE: Rule = Rule {
    name: "foreign-key-across-nodes",
    severity: Severity::Error,
    problem: "Citus refuses a foreign key whose two rows may be on different nodes",
    safe_way: "let the foreign key contain the columns by which both tables are distributed (Meta.constraints: ForeignKey over two fields), or make the referenced table a reference table (reference = True)",
    check,
};

fn check(scene: &LintContext<'_>) -> Option<String> {
    let (schema, name) = match scene.operation {
        Operation::CreateTable(create) => (&create.schema, &create.name),
        Operation::AddForeignKey(add) => (&add.schema, &add.table),
        Operation::DistributeTable(distribute) => (&distribute.schema, &distribute.name),
        Operation::ReferenceTable(reference) => (&reference.schema, &reference.name),
        _ => return None,
    };
    // What counts are the tables at the end of the migration.
    let table = state::find(scene.end, schema.as_deref(), name).ok()?;
    let problem = |owner: &Table, key: &ForeignKey| {
        let target =
            state::find(scene.end, key.target_schema.as_deref(), &key.target_table).ok()?;
        across(owner, key, target)
            .map(|why| format!("foreign key `{}` of `{}`: {why}", key.name, owner.name))
    };
    let mut own = table
        .foreign_keys
        .iter()
        .filter(|key| match scene.operation {
            Operation::AddForeignKey(add) => add.foreign_key.name == key.name,
            _ => true,
        });
    let found = own.find_map(|key| problem(table, key));
    if found.is_some() || !scene.operation.is_distribution() {
        return found;
    }
    let keys = scene.end.tables.iter().filter(|other| *other != table);
    keys.flat_map(|other| other.foreign_keys.iter().map(move |key| (other, key)))
        .filter(|(_, key)| oxyde_sql::ddl::points_at(key, table))
        .find_map(|(other, key)| problem(other, key))
}

/// Why the rows that a foreign key connects may be on different nodes; `None` if they are not.
fn across(owner: &Table, key: &ForeignKey, target: &Table) -> Option<String> {
    let there = &target.name;
    match (&owner.distribution, &target.distribution) {
        (None, None | Some(Distribution::Reference))
        | (Some(Distribution::By(_) | Distribution::Reference), Some(Distribution::Reference)) => {
            None
        }
        (Some(_), None) => Some(format!("`{there}` is on one node")),
        (None | Some(Distribution::Reference), Some(Distribution::By(_))) => Some(format!(
            "`{there}` is distributed, and `{}` is not",
            owner.name
        )),
        (Some(Distribution::By(column)), Some(Distribution::By(other))) => {
            let mut pairs = key.columns.iter().zip(&key.target_columns);
            if !pairs.any(|(here, there)| here == column && there == other) {
                return Some(format!(
                    "`{}.{column}` has to be part of it, and refer to `{there}.{other}`",
                    owner.name
                ));
            }
            let clears = matches!(
                key.on_delete,
                ReferentialAction::SetNull | ReferentialAction::SetDefault
            );
            clears.then(|| {
                format!("ON DELETE may not change `{column}`, by which the rows are distributed")
            })
        }
    }
}
