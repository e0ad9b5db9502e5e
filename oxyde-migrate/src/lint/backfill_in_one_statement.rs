//! `backfill-in-one-statement`.

use oxyde_sql::ddl::is_literal;

use super::{Rule, Scene, Severity};
use crate::operation::Operation;

pub(super) const RULE: Rule = Rule {
    name: "backfill-in-one-statement",
    severity: Severity::Warning,
    problem: "one UPDATE of all rows holds their locks, and on PostgreSQL doubles the table, until the migration ends",
    safe_way: "let the column be NULL at first, fill it in parts with run_python or a job, then make it NOT NULL",
    check,
};

fn check(scene: &Scene<'_>) -> Option<String> {
    let (schema, table, fill) = match scene.operation {
        // A constant needs no UPDATE.
        Operation::AddColumn(add) => {
            let fill = add.backfill.as_deref().filter(|sql| !is_literal(sql));
            (&add.schema, &add.table, fill)
        }
        Operation::AlterColumn(alter) => (&alter.schema, &alter.table, alter.backfill.as_deref()),
        _ => return None,
    };
    (fill.is_some() && scene.is_old(schema.as_deref(), table))
        .then(|| format!("rows of `{table}` are filled in one statement"))
}
