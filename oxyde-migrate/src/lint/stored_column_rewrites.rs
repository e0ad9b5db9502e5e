//! `stored-column-rewrites`.

use oxyde_sql::dialect::AlterStyle;

use super::{LintContext, Rule, Severity};
use crate::operation::Operation;

pub(super) const RULE: Rule = Rule {
    name: "stored-column-rewrites",
    severity: Severity::Warning,
    problem: "a new stored generated column rewrites the whole table while writes wait",
    safe_way: "run it when traffic is low; on MySQL and MariaDB `db_stored=False` takes no time",
    check,
};

fn check(scene: &LintContext<'_>) -> Option<String> {
    let Operation::AddColumn(add) = scene.operation else {
        return None;
    };
    let generated = add.column.generated.as_ref()?;
    // SQLite has a rule of its own for rebuilds.
    let rewrites = generated.stored && scene.style.alter != AlterStyle::Rebuild;
    (rewrites && scene.is_old(add.schema.as_deref(), &add.table)).then(|| {
        format!(
            "`{}.{}` is computed and stored for each row",
            add.table, add.column.name
        )
    })
}
