//! `distribution-locks-table`.

use super::{LintContext, Rule, Severity};
use crate::operation::Operation;

pub(super) const RULE: Rule = Rule {
    name: "distribution-locks-table",
    severity: Severity::Warning,
    problem: "all rows of the table are copied to other nodes while reads and writes wait",
    safe_way: "run it when traffic is low; on a large table use Citus' `create_distributed_table_concurrently` in a run_sql step",
    check,
};

fn check(scene: &LintContext<'_>) -> Option<String> {
    let (schema, name) = match scene.operation {
        Operation::DistributeTable(distribute) => (&distribute.schema, &distribute.name),
        Operation::ReferenceTable(reference) => (&reference.schema, &reference.name),
        Operation::UndistributeTable(undistribute) => (&undistribute.schema, &undistribute.name),
        _ => return None,
    };
    scene
        .is_old(schema.as_deref(), name)
        .then(|| format!("the rows of `{name}` are copied to other nodes"))
}
