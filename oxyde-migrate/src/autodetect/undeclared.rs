//! What a baseline found and no model declares: it stays.

use std::borrow::Cow;

use oxyde_sql::ddl::{foreign_key_name, unique_name};
use oxyde_sql::schema::{Column, ForeignKey, Schema, Table, Unique};
use oxyde_sql::types::ColumnType;

use super::Knowledge;
use crate::state;

/// Return the new state, whose tables keep what models cannot declare.
pub(super) fn with_undeclared<'a>(
    old: &Schema,
    new: &'a Schema,
    knowledge: &Knowledge,
) -> Cow<'a, Schema> {
    let mut wanted = Cow::Borrowed(new);
    if old.objects != new.objects {
        wanted.to_mut().objects.clone_from(&old.objects);
    }
    for before in old.tables.iter().filter(|table| has_undeclared(table)) {
        if let Some(at) = state::position(new, before.schema.as_deref(), &before.name) {
            let after = &mut wanted.to_mut().tables[at];
            if knowledge.of_models && after.comment.is_none() {
                after.comment.clone_from(&before.comment);
            }
            keep(before, after);
        }
    }
    wanted
}

fn has_undeclared(table: &Table) -> bool {
    !table.raw.is_empty()
        || table.comment.is_some()
        || table.primary_key_name.is_some()
        || table
            .foreign_keys
            .iter()
            .any(|key| key.raw.is_some() || key.kept_name || key.undeclared)
        || table.uniques.iter().any(|unique| unique.kept_name)
        || table.columns.iter().any(|c| {
            c.raw.is_some() || c.counter.is_some() || c.native.is_some() || is_custom(&c.ty)
        })
}

fn keep(before: &Table, after: &mut Table) {
    if after.raw.is_empty() {
        after.raw.clone_from(&before.raw);
    }
    if after.primary_key_name.is_none() {
        after.primary_key_name.clone_from(&before.primary_key_name);
    }
    keep_foreign_keys(before, after);
    keep_uniques(before, after);
    let keys = &after.foreign_keys;
    for column in &mut after.columns {
        if let Ok(old) = state::column(before, &column.name) {
            // A model counts no foreign key.
            column.auto_increment |=
                old.auto_increment && keys.iter().any(|key| key.columns.contains(&old.name));
            keep_in_column(old, column);
        }
    }
}

fn keep_foreign_keys(before: &Table, after: &mut Table) {
    for key in &mut after.foreign_keys {
        let derived = key.name == foreign_key_name(&after.name, &key.columns);
        let named = |old: &&ForeignKey| old.name == key.name;
        let found = |old: &&ForeignKey| {
            derived && old.kept_name && old.columns == key.columns && same_target(old, key)
        };
        let olds = || before.foreign_keys.iter();
        // Of two over the same columns, models declare one.
        let old = olds()
            .find(named)
            .or_else(|| olds().find(|old| found(old) && !old.undeclared))
            .or_else(|| olds().find(found));
        let Some(old) = old else { continue };
        if old.name != key.name {
            key.name.clone_from(&old.name);
            key.kept_name = true;
        }
        if key.raw.is_none() {
            key.raw.clone_from(&old.raw);
        }
    }
    for old in before.foreign_keys.iter().filter(|old| old.undeclared) {
        let over_same = |key: &&ForeignKey| key.columns == old.columns;
        let is_there = after.foreign_keys.iter().any(|key| key.name == old.name);
        let is_replaced = after.foreign_keys.iter().any(|key| over_same(&key))
            && before
                .foreign_keys
                .iter()
                .filter(over_same)
                .all(|key| key.undeclared);
        let has_column = |name: &String| state::column(after, name).is_ok();
        if !is_there && !is_replaced && old.columns.iter().all(has_column) {
            after.foreign_keys.push(old.clone());
        }
    }
}

fn keep_uniques(before: &Table, after: &mut Table) {
    let is_old = |name: &str| before.uniques.iter().any(|old| old.name == name);
    for unique in &mut after.uniques {
        let derived = unique.name == unique_name(&after.name, &unique.columns);
        let mut kept = before.uniques.iter().filter(|old| old.kept_name);
        if derived
            && !is_old(&unique.name)
            && let Some(old) = kept.find(|old| old.columns == unique.columns)
        {
            unique.clone_from(old);
        }
    }
    // Of two over the same columns, models declare one.
    for old in before.uniques.iter().filter(|old| old.kept_name) {
        let twin = |unique: &Unique| unique.columns == old.columns && is_old(&unique.name);
        let is_there = after.uniques.iter().any(|unique| unique.name == old.name);
        if !is_there && after.uniques.iter().any(twin) {
            after.uniques.push(old.clone());
        }
    }
}

const fn is_custom(ty: &ColumnType) -> bool {
    matches!(ty, ColumnType::Custom { .. })
}

fn keep_in_column(before: &Column, after: &mut Column) {
    // The base only says how values are sent, and models know whether a number may be huge.
    if let (ColumnType::Custom { sql: old, .. }, ColumnType::Custom { sql: new, .. }) =
        (&before.ty, &after.ty)
        && old == new
    {
        after.ty.clone_from(&before.ty);
    }
    if before.auto_increment && after.auto_increment && after.counter.is_none() {
        after.counter.clone_from(&before.counter);
    }
    if after.native.is_none() && before.ty == after.ty {
        after.native.clone_from(&before.native);
    }
    // A collation does not fit a number.
    if after.raw.is_none() && same_family(&before.ty, &after.ty) {
        after.raw.clone_from(&before.raw);
    }
}

fn same_target(a: &ForeignKey, b: &ForeignKey) -> bool {
    (&a.target_schema, &a.target_table, &a.target_columns)
        == (&b.target_schema, &b.target_table, &b.target_columns)
}

fn same_family(a: &ColumnType, b: &ColumnType) -> bool {
    let is_text = |ty: &ColumnType| matches!(ty, ColumnType::Text | ColumnType::Varchar { .. });
    std::mem::discriminant(a) == std::mem::discriminant(b) || (is_text(a) && is_text(b))
}
