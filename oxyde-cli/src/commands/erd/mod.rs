//! `oxyde erd`: a diagram of the tables and their relations.

mod canvas;
mod mermaid;
mod svg;

use std::path::Path;

use oxyde_migrate::state::{label, label_of};
use oxyde_sql::schema::{Schema, Table};
use oxyde_sql::suggest;
use oxyde_sql::types::ColumnType;
use serde_json::json;

use super::Project;
use crate::args::{Erd, ErdFormat};
use crate::error::CliError;
use crate::output::Look;

pub(super) fn run(args: &Erd, project: &Project<'_>) -> Result<i32, CliError> {
    let mut schema = schema(args, project)?;
    select(&mut schema, &args.tables)?;
    let text = match args.format {
        ErdFormat::Mermaid => mermaid::diagram(&schema),
        ErdFormat::Svg => svg::diagram(&schema),
    };
    let output = project.output;
    match &args.output {
        Some(file) => {
            write(file, &text)?;
            if output.is_json() {
                output.answer(&json!({ "path": file, "tables": schema.tables.len() }));
            } else {
                let wrote = output.paint(Look::Good, "wrote");
                output.line(&format!("{wrote} {}", file.display()));
            }
        }
        None if output.is_json() => output.answer(&json!({ "diagram": text })),
        None => output.part(&text),
    }
    Ok(crate::DONE)
}

/// Return the schema of the models; without models, that of the migrations.
fn schema(args: &Erd, project: &Project<'_>) -> Result<Schema, CliError> {
    if args.schema.is_some() || project.has_models() {
        return Ok(project.models(args.schema.as_deref())?.schema);
    }
    let history = project.existing_history()?;
    Ok(history
        .resolve(&std::collections::BTreeSet::new())?
        .state(&|_| true)?)
}

/// Keep the named tables; all, if none is named.
fn select(schema: &mut Schema, names: &[String]) -> Result<(), CliError> {
    let known: Vec<String> = schema.tables.iter().map(label_of).collect();
    for name in names {
        if !known.contains(name) {
            let known = known.iter().map(String::as_str);
            return Err(
                CliError::new(format!("there is no table `{name}`")).hint(suggest::hint(
                    name,
                    known.clone(),
                    || format!("the tables are {}", known.collect::<Vec<_>>().join(", ")),
                )),
            );
        }
    }
    if !names.is_empty() {
        schema
            .tables
            .retain(|table| names.contains(&label_of(table)));
    }
    Ok(())
}

fn write(file: &Path, text: &str) -> Result<(), CliError> {
    std::fs::write(file, text).map_err(|error| {
        CliError::new(format!("cannot write {}: {error}", file.display()))
            .hint("check the folder and its permissions")
    })
}

/// A foreign key between two tables of the diagram.
struct Relation {
    /// Position of the table that has the key.
    from: usize,
    /// Position of the table that it refers to.
    to: usize,
    columns: Vec<String>,
    /// Whether a row may refer to none.
    is_optional: bool,
    /// Whether at most one row refers to each.
    is_one_to_one: bool,
}

fn relations(schema: &Schema) -> Vec<Relation> {
    let mut relations = Vec::new();
    for (from, table) in schema.tables.iter().enumerate() {
        for key in &table.foreign_keys {
            let target = label(key.target_schema.as_deref(), &key.target_table);
            let to = schema
                .tables
                .iter()
                .position(|other| label_of(other) == target);
            let Some(to) = to else { continue };
            let is_nullable = |name: &String| {
                table
                    .columns
                    .iter()
                    .any(|column| column.name == *name && column.nullable)
            };
            relations.push(Relation {
                from,
                to,
                columns: key.columns.clone(),
                is_optional: key.columns.iter().any(is_nullable),
                is_one_to_one: is_unique(table, &key.columns),
            });
        }
    }
    relations
}

fn is_unique(table: &Table, columns: &[String]) -> bool {
    table.primary_key == columns || table.uniques.iter().any(|unique| unique.columns == columns)
}

/// The role of a column in keys: `PK`, `FK`, `UK`.
fn roles(table: &Table, column: &str) -> Vec<&'static str> {
    let mut roles = Vec::new();
    if table.primary_key.iter().any(|name| name == column) {
        roles.push("PK");
    }
    let has = |columns: &Vec<String>| columns.iter().any(|name| name == column);
    if table.foreign_keys.iter().any(|key| has(&key.columns)) {
        roles.push("FK");
    }
    if is_unique(table, &[column.to_owned()]) && !roles.contains(&"PK") {
        roles.push("UK");
    }
    roles
}

/// A short name of a column's type.
fn kind(ty: &ColumnType) -> String {
    match ty {
        ColumnType::SmallInt => "smallint".to_owned(),
        ColumnType::Integer => "integer".to_owned(),
        ColumnType::BigInt => "bigint".to_owned(),
        ColumnType::Double => "double".to_owned(),
        ColumnType::Decimal { .. } => "decimal".to_owned(),
        ColumnType::Bool => "bool".to_owned(),
        ColumnType::Text => "text".to_owned(),
        ColumnType::Varchar { length } => format!("varchar({length})"),
        ColumnType::Bytes => "bytes".to_owned(),
        ColumnType::Date => "date".to_owned(),
        ColumnType::Time => "time".to_owned(),
        ColumnType::DateTime => "datetime".to_owned(),
        ColumnType::TimestampTz => "timestamptz".to_owned(),
        ColumnType::Interval => "interval".to_owned(),
        ColumnType::Uuid => "uuid".to_owned(),
        ColumnType::Json => "json".to_owned(),
        ColumnType::Inet => "inet".to_owned(),
        ColumnType::Array { item } => format!("{}[]", kind(item)),
        ColumnType::Enum { name, .. } => name.clone(),
        ColumnType::Vector { .. } => "vector".to_owned(),
        ColumnType::Range { .. } => "range".to_owned(),
        ColumnType::Custom { sql, .. } => sql.clone(),
    }
}
