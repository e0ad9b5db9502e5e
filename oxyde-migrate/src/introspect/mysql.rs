//! The catalogue of MySQL and MariaDB.

use std::collections::BTreeMap;

use oxyde_driver::DriverError;
use oxyde_sql::schema::ReferentialAction::{self, NoAction, Restrict};
use oxyde_sql::schema::{Check, Column, ForeignKey, Index, IndexPart, Schema, Table, Unique};
use oxyde_sql::types::ColumnType;

use super::{Cells, Queries, action};
use super::{full_text, literal};

/// Read the tables. MariaDB reports defaults as SQL, MySQL reports the values of literals.
pub(super) async fn introspect(
    queries: &dyn Queries,
    is_mariadb: bool,
) -> Result<Schema, DriverError> {
    let mut schema = Schema::default();
    tables(queries, &mut schema).await?;
    columns(queries, &mut schema, is_mariadb).await?;
    keys(queries, &mut schema).await?;
    checks(queries, &mut schema).await?;
    indexes(queries, &mut schema).await?;
    Ok(schema)
}

/// The tables, still empty.
async fn tables(queries: &dyn Queries, schema: &mut Schema) -> Result<(), DriverError> {
    let rows = queries
        .rows(
            "SELECT table_name, NULLIF(table_comment, '') FROM information_schema.tables \
             WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' ORDER BY table_name",
        )
        .await?;
    for row in rows {
        let mut cells = Cells::of(row);
        schema.tables.push(Table {
            name: cells.text(),
            comment: cells.optional(),
            ..Table::default()
        });
    }
    Ok(())
}

/// The columns of the tables.
async fn columns(
    queries: &dyn Queries,
    schema: &mut Schema,
    is_mariadb: bool,
) -> Result<(), DriverError> {
    let rows = queries
        .rows(
            "SELECT table_name, column_name, column_type, is_nullable, column_default, extra, \
             NULLIF(column_comment, ''), collation_name FROM information_schema.columns \
             WHERE table_schema = DATABASE() ORDER BY table_name, ordinal_position",
        )
        .await?;
    for row in rows {
        let mut cells = Cells::of(row);
        let Some(table) = place(schema, &mut cells) else {
            continue;
        };
        let (name, ty, nullable) = (cells.text(), cells.text(), cells.flag());
        let (default, extra) = (cells.optional(), cells.text());
        let comment = cells.optional();
        let collation = cells.text();
        let ty = column_type(&ty, &collation, &table.name, &name);
        let is_null = |text: &str| is_mariadb && text == "NULL";
        let default = default.filter(|text| !is_null(text)).map(|text| {
            if is_mariadb {
                return portable(text);
            }
            let expression = extra.contains("DEFAULT_GENERATED");
            default_text(&text, expression, &ty)
        });
        let auto_increment = extra.contains("auto_increment");
        table.columns.push(Column {
            nullable,
            default,
            auto_increment,
            comment,
            ..Column::new(name, ty)
        });
    }
    Ok(())
}

/// Primary keys, unique keys and foreign keys.
async fn keys(queries: &dyn Queries, schema: &mut Schema) -> Result<(), DriverError> {
    let rows = queries
        .rows(
            "SELECT k.table_name, k.constraint_name, c.constraint_type, k.column_name, \
             NULLIF(k.referenced_table_schema, DATABASE()), k.referenced_table_name, \
             k.referenced_column_name, r.delete_rule, r.update_rule \
             FROM information_schema.key_column_usage k \
             JOIN information_schema.table_constraints c \
             ON c.constraint_schema = k.constraint_schema AND c.table_name = k.table_name \
             AND c.constraint_name = k.constraint_name \
             LEFT JOIN information_schema.referential_constraints r \
             ON r.constraint_schema = k.constraint_schema AND r.table_name = k.table_name \
             AND r.constraint_name = k.constraint_name \
             WHERE k.table_schema = DATABASE() \
             ORDER BY k.table_name, k.constraint_name, k.ordinal_position",
        )
        .await?;
    for row in rows {
        let mut cells = Cells::of(row);
        let Some(table) = place(schema, &mut cells) else {
            continue;
        };
        let (name, kind, column) = (cells.text(), cells.text(), cells.text());
        match kind.as_str() {
            "PRIMARY KEY" => table.primary_key.push(column),
            "UNIQUE" => match table.uniques.iter_mut().find(|unique| unique.name == name) {
                Some(unique) => unique.columns.push(column),
                None => table.uniques.push(Unique {
                    name,
                    columns: vec![column],
                }),
            },
            "FOREIGN KEY" => {
                let (target_schema, target_table) = (cells.optional(), cells.text());
                let target_column = cells.text();
                match table.foreign_keys.iter_mut().find(|key| key.name == name) {
                    Some(key) => {
                        key.columns.push(column);
                        key.target_columns.push(target_column);
                    }
                    None => table.foreign_keys.push(ForeignKey {
                        name,
                        columns: vec![column],
                        target_schema,
                        target_table,
                        target_columns: vec![target_column],
                        // InnoDB treats both actions alike, and MariaDB reports one as the other:
                        // use the form that models use.
                        on_delete: instead(&cells.text(), NoAction, Restrict),
                        on_update: instead(&cells.text(), Restrict, NoAction),
                        raw: None,
                    }),
                }
            }
            _ => {}
        }
    }
    Ok(())
}

async fn checks(queries: &dyn Queries, schema: &mut Schema) -> Result<(), DriverError> {
    let rows = queries
        .rows(
            "SELECT t.table_name, t.constraint_name, c.check_clause \
             FROM information_schema.table_constraints t \
             JOIN information_schema.check_constraints c \
             ON c.constraint_schema = t.constraint_schema AND c.constraint_name = t.constraint_name \
             WHERE t.table_schema = DATABASE() AND t.constraint_type = 'CHECK' \
             ORDER BY t.table_name, t.constraint_name",
        )
        .await?;
    for row in rows {
        let mut cells = Cells::of(row);
        let Some(table) = place(schema, &mut cells) else {
            continue;
        };
        let (name, condition) = (cells.text(), cells.text());
        // MariaDB's JSON is LONGTEXT with a check that has the column's name.
        let json = format!("json_valid(`{name}`)");
        if condition == json {
            for column in table
                .columns
                .iter_mut()
                .filter(|column| column.name == name)
            {
                column.ty = ColumnType::Json;
            }
        } else if !table.checks.iter().any(|check| check.name == name) {
            // The catalogue joins by name alone, but MariaDB's constraint names are local to their
            // table.
            table.checks.push(Check {
                name,
                condition,
                portable: false,
            });
        }
    }
    Ok(())
}

async fn indexes(queries: &dyn Queries, schema: &mut Schema) -> Result<(), DriverError> {
    // MariaDB has no expression indexes, and no catalogue column for them.
    let has = queries
        .rows(
            "SELECT 1 FROM information_schema.columns WHERE table_schema = 'information_schema' \
             AND table_name = 'STATISTICS' AND column_name = 'EXPRESSION'",
        )
        .await?;
    let expression = if has.is_empty() { "NULL" } else { "expression" };
    let rows = queries
        .rows(&format!(
            "SELECT table_name, index_name, non_unique, column_name, collation, index_type, \
             {expression} FROM information_schema.statistics WHERE table_schema = DATABASE() \
             AND index_name <> 'PRIMARY' ORDER BY table_name, index_name, seq_in_index"
        ))
        .await?;
    for row in rows {
        let mut cells = Cells::of(row);
        let Some(table) = place(schema, &mut cells) else {
            continue;
        };
        let (name, non_unique, column) = (cells.text(), cells.flag(), cells.optional());
        let (collation, method, expression) = (cells.text(), cells.text(), cells.text());
        if table.uniques.iter().any(|unique| unique.name == name) {
            continue;
        }
        let method = method.to_ascii_lowercase();
        let at = table
            .indexes
            .iter()
            .position(|index| index.name == name)
            .unwrap_or_else(|| {
                table.indexes.push(Index {
                    name,
                    parts: vec![],
                    unique: !non_unique,
                    method: Some(method).filter(|method| method != "btree"),
                    condition: None,
                    config: None,
                    include: vec![],
                    opclass: None,
                    options: BTreeMap::new(),
                });
                table.indexes.len() - 1
            });
        table.indexes[at].parts.push(match column {
            Some(column) if collation == "D" => IndexPart::ColumnDesc(column),
            Some(column) => IndexPart::Column(column),
            None => IndexPart::Expression(expression.replace("\\'", "'")),
        });
    }
    full_text::words_columns(queries, schema).await?;
    // The indexes that belong to foreign keys.
    for table in &mut schema.tables {
        let keys = &table.foreign_keys;
        table
            .indexes
            .retain(|index| !keys.iter().any(|key| key.name == index.name));
    }
    Ok(())
}

/// Parse an action; `usual` replaces `same`, which is equivalent.
fn instead(word: &str, same: ReferentialAction, usual: ReferentialAction) -> ReferentialAction {
    let found = action(word);
    if found == same { usual } else { found }
}

fn place<'a>(schema: &'a mut Schema, cells: &mut Cells) -> Option<&'a mut Table> {
    let name = cells.text();
    schema.tables.iter_mut().find(|table| table.name == name)
}

/// A string literal in the form of all databases; other SQL stays as it is.
fn portable(sql: String) -> String {
    literal::value(&sql, true).map_or(sql, |value| quoted(&value))
}

/// A default of MySQL as SQL.
fn default_text(text: &str, expression: bool, ty: &ColumnType) -> String {
    // MySQL stores an expression as an escaped string, with the character set of each string
    // literal.
    let unwrapped = if expression {
        text.replace("\\'", "'")
            .replace("\\\\", "\\")
            .replace("_utf8mb4'", "'")
            .replace("_utf8mb3'", "'")
    } else {
        text.to_owned()
    };
    let number = matches!(
        ty,
        ColumnType::SmallInt
            | ColumnType::Integer
            | ColumnType::BigInt
            | ColumnType::Bool
            | ColumnType::Double
            | ColumnType::Decimal { .. }
    );
    if expression || number {
        portable(unwrapped)
    } else {
        quoted(text)
    }
}

fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\\', "\\\\").replace('\'', "''"))
}

fn column_type(name: &str, collation: &str, table: &str, column: &str) -> ColumnType {
    let lower = name.to_ascii_lowercase();
    if let Some(labels) = lower.starts_with("enum(").then(|| &name[5..name.len() - 1]) {
        return ColumnType::Enum {
            name: format!("{table}_{column}"),
            values: enum_labels(labels),
        };
    }
    let word = lower.split('(').next().unwrap_or_default();
    match (lower.as_str(), word) {
        ("tinyint(1)", _) => ColumnType::Bool,
        ("char(36)", _) if collation == "ascii_bin" => ColumnType::Uuid,
        ("datetime(6)", _) => ColumnType::DateTime,
        ("time(6)", _) => ColumnType::Time,
        (_, "smallint") if !lower.contains("unsigned") => ColumnType::SmallInt,
        (_, "int") if !lower.contains("unsigned") => ColumnType::Integer,
        (_, "bigint") if !lower.contains("unsigned") => ColumnType::BigInt,
        (_, "varchar" | "decimal") | ("double" | "longtext" | "longblob" | "date" | "json", _) => {
            super::columns::column_type(&lower)
        }
        _ => ColumnType::Custom {
            sql: name.to_ascii_uppercase(),
            base: Box::new(ColumnType::Text),
        },
    }
}

/// Parse `'a','it''s'` as labels.
fn enum_labels(text: &str) -> Vec<String> {
    let mut labels = Vec::new();
    let mut label: Option<String> = None;
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match (&mut label, c) {
            (Some(inner), '\'') if characters.peek() == Some(&'\'') => {
                inner.push('\'');
                characters.next();
            }
            (Some(_), '\'') => labels.extend(label.take()),
            (Some(inner), c) => inner.push(c),
            (None, '\'') => label = Some(String::new()),
            (None, _) => {}
        }
    }
    labels
}
