//! Creates and drops a whole schema, in an order that its foreign keys allow.

use super::{
    Present, SchemaError, add_foreign_key, check_table, create_enum, create_vectors, drop_enum,
    drop_table, enum_types, table_extras, table_sql,
};
use crate::dialect::{DdlStyle, EnumStyle};
use crate::schema::{ForeignKey, Schema, Table};

/// Whether the foreign key refers to this table.
#[must_use]
pub fn points_at(key: &ForeignKey, table: &Table) -> bool {
    key.target_table == table.name && key.target_schema == table.schema
}

/// Sort the tables so that each comes after those it refers to; in a cycle, the one
/// declared first comes first.
#[must_use]
pub fn creation_order(tables: &[Table]) -> Vec<&Table> {
    let mut waiting: Vec<&Table> = tables.iter().collect();
    let mut ordered = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let ready = waiting.iter().position(|table| {
            !table.foreign_keys.iter().any(|key| {
                waiting
                    .iter()
                    .any(|other| !std::ptr::eq(*other, *table) && points_at(key, other))
            })
        });
        ordered.push(waiting.remove(ready.unwrap_or(0)));
    }
    ordered
}

fn check_schema(schema: &Schema) -> Result<(), SchemaError> {
    for (at, table) in schema.tables.iter().enumerate() {
        let same = |other: &Table| other.name == table.name && other.schema == table.schema;
        if schema.tables[..at].iter().any(same) {
            return Err(SchemaError::Duplicate {
                kind: "table".to_owned(),
                name: table.name.clone(),
            });
        }
        check_table(table)?;
        for key in &table.foreign_keys {
            if !schema.tables.iter().any(|target| points_at(key, target)) {
                return Err(SchemaError::UnknownTable {
                    name: key.name.clone(),
                    table: table.name.clone(),
                    target: key.target_table.clone(),
                });
            }
        }
    }
    Ok(())
}

/// Return the statements that create the missing tables of the schema, with their types,
/// indexes and foreign keys. Existing tables are not changed.
///
/// # Errors
/// The schema is inconsistent, a name is too long, or the dialect does not support a feature.
pub fn create_schema(
    schema: &Schema,
    style: &DdlStyle,
    present: &Present,
) -> Result<Vec<String>, SchemaError> {
    check_schema(schema)?;
    let missing: Vec<Table> = schema
        .tables
        .iter()
        .filter(|table| !present.has_table(table))
        .cloned()
        .collect();
    let mut statements = Vec::new();
    let mut namespaces: Vec<&str> = missing
        .iter()
        .filter_map(|table| table.schema.as_deref())
        .collect();
    namespaces.sort_unstable();
    namespaces.dedup();
    if style.schemas {
        for namespace in namespaces {
            style.check_name("schema", namespace)?;
            statements.push(format!(
                "CREATE SCHEMA IF NOT EXISTS {}",
                style.quoted(namespace)
            ));
        }
    }
    statements.extend(create_vectors(style, &missing).map(str::to_owned));
    for ty in enum_types(&missing)? {
        if !present.has_type(&ty.name) {
            statements.extend(create_enum(style, &ty)?);
        }
    }
    let ordered = creation_order(&schema.tables);
    let mut later = Vec::new();
    for (at, table) in ordered.iter().enumerate() {
        let there = &ordered[..=at];
        let inline = |key: &ForeignKey| {
            style.inline_foreign_keys || there.iter().any(|target| points_at(key, target))
        };
        let exists = present.has_table(table);
        if !exists {
            statements.push(table_sql(style, table, &table.name, &inline)?);
            statements.extend(table_extras(style, table)?);
        }
        for key in table.foreign_keys.iter().filter(|key| !inline(key)) {
            // Another process may have created the table and stopped before adding its foreign key.
            if !exists || lacks(present, table, key, &ordered) {
                later.push(add_foreign_key(style, table, key)?);
            }
        }
    }
    statements.extend(later);
    Ok(statements)
}

/// Whether an existing table has fewer foreign keys to a table than it should have.
fn lacks(present: &Present, table: &Table, key: &ForeignKey, tables: &[&Table]) -> bool {
    let Some(target) = tables.iter().find(|target| points_at(key, target)) else {
        return false;
    };
    let wanted = table
        .foreign_keys
        .iter()
        .filter(|key| points_at(key, target));
    present.links(table, target) < wanted.count()
}

/// Return the statements that drop the existing tables of the schema, and their enum types.
///
/// # Errors
/// The schema is inconsistent, or another table refers to one of its tables.
pub fn drop_schema(
    schema: &Schema,
    style: &DdlStyle,
    present: &Present,
) -> Result<Vec<String>, SchemaError> {
    check_schema(schema)?;
    let mut ordered = creation_order(&schema.tables);
    ordered.reverse();
    ordered.retain(|table| present.has_table(table));
    if let Some((owner, key, target)) = present.referrer(&ordered) {
        return Err(SchemaError::StillReferred {
            table: target.to_owned(),
            owner: owner.to_owned(),
            key: key.to_owned(),
        });
    }
    let mut statements = Vec::new();
    if style.enums == EnumStyle::NamedType && !ordered.is_empty() {
        let names: Vec<String> = ordered
            .iter()
            .map(|table| style.qualified(table.schema.as_deref(), &table.name))
            .collect();
        statements.push(format!("DROP TABLE IF EXISTS {}", names.join(", ")));
    } else {
        // Keys that refer to a table that is dropped earlier, or to their own table.
        let mut looking_back = ordered.iter().enumerate().flat_map(|(at, owner)| {
            ordered[..=at].iter().flat_map(move |target| {
                present
                    .keys_between(owner, target)
                    .map(move |key| (*owner, *target, key))
            })
        });
        if style.inline_foreign_keys {
            // Dropping tables deletes their rows: check foreign keys after all are dropped.
            if looking_back.next().is_some() {
                statements.push("PRAGMA defer_foreign_keys = ON".to_owned());
            }
        } else {
            for (owner, target, key) in looking_back {
                if !std::ptr::eq(owner, target) {
                    statements.push(format!(
                        "ALTER TABLE {} DROP FOREIGN KEY {}",
                        style.qualified(owner.schema.as_deref(), &owner.name),
                        style.quoted(key)
                    ));
                }
            }
        }
        statements.extend(
            ordered
                .iter()
                .flat_map(|table| drop_table(style, table, true)),
        );
    }
    for ty in enum_types(&schema.tables)? {
        if present.has_type(&ty.name) && !present.uses_type(&ty.name, &ordered) {
            statements.extend(drop_enum(style, &ty.name, true));
        }
    }
    Ok(statements)
}
