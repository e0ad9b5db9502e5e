//! A whole schema: created and dropped in an order that its foreign keys allow.

use super::{
    SchemaError, add_foreign_key, check_table, create_enum, create_vectors, drop_enum, drop_table,
    enum_types, table_extras, table_sql,
};
use crate::dialect::{DdlStyle, EnumStyle};
use crate::schema::{ForeignKey, Schema, Table};

/// Whether the foreign key points at this table.
#[must_use]
pub fn points_at(key: &ForeignKey, table: &Table) -> bool {
    key.target_table == table.name && key.target_schema == table.schema
}

/// The tables in an order in which each comes after those it points at; in a cycle the one
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

/// The statements that create every table of the schema in an empty database.
///
/// # Errors
/// The schema contradicts itself, a name is too long, or the dialect lacks something.
pub fn create_schema(schema: &Schema, style: &DdlStyle) -> Result<Vec<String>, SchemaError> {
    check_schema(schema)?;
    let mut statements = Vec::new();
    let mut namespaces: Vec<&str> = schema
        .tables
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
    statements.extend(create_vectors(style, &schema.tables).map(str::to_owned));
    for ty in enum_types(&schema.tables)? {
        statements.extend(create_enum(style, &ty)?);
    }
    let ordered = creation_order(&schema.tables);
    let mut later = Vec::new();
    for (at, table) in ordered.iter().enumerate() {
        let there = &ordered[..=at];
        let inline = |key: &ForeignKey| {
            style.inline_foreign_keys || there.iter().any(|target| points_at(key, target))
        };
        statements.push(table_sql(style, table, &table.name, &inline)?);
        statements.extend(table_extras(style, table)?);
        for key in table.foreign_keys.iter().filter(|key| !inline(key)) {
            later.push(add_foreign_key(style, table, key)?);
        }
    }
    statements.extend(later);
    Ok(statements)
}

/// The statements that drop every table of the schema that is there, and their enum types.
///
/// # Errors
/// The schema contradicts itself.
pub fn drop_schema(schema: &Schema, style: &DdlStyle) -> Result<Vec<String>, SchemaError> {
    check_schema(schema)?;
    let mut ordered = creation_order(&schema.tables);
    ordered.reverse();
    let mut statements = Vec::new();
    // Tables of a cycle: dropped together, emptied together, or freed of their cycle first.
    let cyclic: Vec<(&Table, &ForeignKey)> = ordered
        .iter()
        .enumerate()
        .flat_map(|(at, table)| {
            let dropped_before = &ordered[..at];
            table
                .foreign_keys
                .iter()
                .filter(move |key| dropped_before.iter().any(|other| points_at(key, other)))
                .map(move |key| (*table, key))
        })
        .collect();
    if style.enums == EnumStyle::NamedType && !ordered.is_empty() {
        let names: Vec<String> = ordered
            .iter()
            .map(|table| style.qualified(table.schema.as_deref(), &table.name))
            .collect();
        statements.push(format!("DROP TABLE IF EXISTS {}", names.join(", ")));
    } else {
        if style.inline_foreign_keys && !cyclic.is_empty() {
            statements.push("PRAGMA defer_foreign_keys = ON".to_owned());
            for table in &ordered {
                statements.push(format!("DELETE FROM {}", style.quoted(&table.name)));
            }
        } else {
            for (table, key) in cyclic {
                statements.push(format!(
                    "ALTER TABLE {} DROP FOREIGN KEY {}",
                    style.qualified(table.schema.as_deref(), &table.name),
                    style.quoted(&key.name)
                ));
            }
        }
        statements.extend(
            ordered
                .iter()
                .flat_map(|table| drop_table(style, table, true)),
        );
    }
    for ty in enum_types(&schema.tables)? {
        statements.extend(drop_enum(style, &ty.name, true));
    }
    Ok(statements)
}
