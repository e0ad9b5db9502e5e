//! `type-narrowing`.

use oxyde_sql::types::ColumnType;

use super::{LintContext, Rule, Severity};
use crate::operation::Operation;
use crate::state;

pub(super) const RULE: Rule = Rule {
    name: "type-narrowing",
    severity: Severity::Error,
    problem: "existing values may not fit the new type, and the migration stops",
    safe_way: "find and change such values in an earlier step, or set `using`",
    check,
};

fn check(scene: &LintContext<'_>) -> Option<String> {
    let Operation::AlterColumn(alter) = scene.operation else {
        return None;
    };
    let table = state::find(scene.before, alter.schema.as_deref(), &alter.table).ok()?;
    let old = state::column(table, &alter.column.name).ok()?;
    let new = &alter.column.ty;
    if alter.using.is_some() {
        return None;
    }
    // What a server would cast, and what `migrate` counts before it casts.
    let refuses = || old.ty.misfits(new, "v", scene.style.dialect).is_some();
    let is_enum = matches!(new, ColumnType::Enum { .. });
    (narrows(&old.ty, new) || (!is_enum && !same_family(&old.ty, new) && refuses())).then(|| {
        format!(
            "`{}.{}` accepts fewer values than before",
            alter.table, alter.column.name
        )
    })
}

/// Of types of one family, [`narrows`] knows the order.
fn same_family(old: &ColumnType, new: &ColumnType) -> bool {
    old.family() == new.family()
}

fn narrows(old: &ColumnType, new: &ColumnType) -> bool {
    let size = |ty: &ColumnType| match ty {
        ColumnType::SmallInt => Some(16),
        ColumnType::Integer => Some(32),
        ColumnType::BigInt => Some(64),
        _ => None,
    };
    if let (Some(old), Some(new)) = (size(old), size(new)) {
        return new < old;
    }
    match (old, new) {
        (ColumnType::Text, ColumnType::Varchar { .. })
        | (ColumnType::TimestampTz | ColumnType::DateTime, ColumnType::Date | ColumnType::Time) => {
            true
        }
        (ColumnType::Varchar { length: old }, ColumnType::Varchar { length: new }) => new < old,
        (
            ColumnType::Decimal {
                precision: old,
                scale: old_scale,
            },
            ColumnType::Decimal { precision, scale },
        ) => {
            let whole = |precision: &Option<u16>, scale: &Option<u16>| {
                precision.map_or(u16::MAX, |digits| digits.saturating_sub(scale.unwrap_or(0)))
            };
            whole(precision, scale) < whole(old, old_scale) || scale < old_scale
        }
        (ColumnType::Double | ColumnType::Decimal { .. }, new) => size(new).is_some(),
        _ => false,
    }
}
