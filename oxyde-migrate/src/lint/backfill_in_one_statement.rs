//! `backfill-in-one-statement`.

use oxyde_sql::ddl::is_literal;

use super::{LintContext, Rule, Severity};
use crate::operation::Operation;

pub(super) const RULE: Rule = Rule {
    name: "backfill-in-one-statement",
    severity: Severity::Warning,
    problem: "one UPDATE of all rows holds their locks until the migration ends, and on PostgreSQL it doubles the size of the table",
    safe_way: "add the column as nullable, fill it in batches with run_python or a job, then make it NOT NULL",
    check,
};

fn check(scene: &LintContext<'_>) -> Option<String> {
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
        .then(|| format!("one statement backfills all rows of `{table}`"))
}
