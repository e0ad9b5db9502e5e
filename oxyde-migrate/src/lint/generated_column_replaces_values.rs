//! `generated-column-replaces-values`.

use super::{LintContext, Rule, Severity};
use crate::operation::Operation;
use crate::state;

pub(super) const RULE: Rule = Rule {
    name: "generated-column-replaces-values",
    severity: Severity::Warning,
    problem: "a column that becomes generated loses the values that were written to it",
    safe_way: "add a generated column under another name, compare both, then drop the old one",
    check,
};

fn check(scene: &LintContext<'_>) -> Option<String> {
    let Operation::AlterColumn(alter) = scene.operation else {
        return None;
    };
    let table = state::find(scene.before, alter.schema.as_deref(), &alter.table).ok()?;
    let before = state::column(table, &alter.column.name).ok()?;
    let becomes = before.generated.is_none() && alter.column.generated.is_some();
    (becomes && scene.is_old(alter.schema.as_deref(), &alter.table)).then(|| {
        format!(
            "`{}.{}` had values of its own and is computed from now on",
            alter.table, alter.column.name
        )
    })
}
