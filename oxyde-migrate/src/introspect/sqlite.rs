//! SQLite's catalogue: pragmas, and the SQL of each `CREATE TABLE`.

use std::collections::BTreeMap;

use oxyde_driver::DriverError;
use oxyde_sql::ddl::{foreign_key_name, unique_name};
use oxyde_sql::schema::{Check, Column, ForeignKey, Index, IndexPart, Schema, Table, Unique};
use oxyde_sql::types::ColumnType;

use super::columns::column_type;
use super::full_text;
use super::sqlite_sql::{self, Definition};
use super::{Cells, Queries, action};

pub(super) async fn introspect(queries: &dyn Queries) -> Result<Schema, DriverError> {
    let mut schema = Schema::default();
    let rows = queries
        .rows(
            "SELECT name, sql FROM sqlite_master WHERE type = 'table' \
             AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND sql NOT LIKE 'CREATE VIRTUAL%' \
             AND name NOT IN (SELECT name FROM pragma_table_list WHERE type = 'shadow') \
             ORDER BY name",
        )
        .await?;
    for row in rows {
        let mut cells = Cells::of(row);
        let (name, sql) = (cells.text(), cells.text());
        let definition = sqlite_sql::read(&sql);
        let mut table = Table {
            name,
            ..Table::default()
        };
        columns(queries, &mut table, &definition).await?;
        foreign_keys(queries, &mut table, &definition).await?;
        indexes(queries, &mut table).await?;
        full_text::virtual_tables(queries, &mut table, |sql| parts_of(sql).0).await?;
        for (name, columns) in definition.uniques {
            let name = name.unwrap_or_else(|| unique_name(&table.name, &columns));
            table.uniques.push(Unique { name, columns });
        }
        let mut unnamed = 0_usize;
        for (name, condition) in definition.checks {
            let name = name.unwrap_or_else(|| {
                unnamed += 1;
                format!("{}_{unnamed}_check", table.name)
            });
            table.checks.push(Check {
                name,
                condition,
                portable: false,
            });
        }
        schema.tables.push(table);
    }
    Ok(schema)
}

fn literal(name: &str) -> String {
    format!("'{}'", name.replace('\'', "''"))
}

async fn columns(
    queries: &dyn Queries,
    table: &mut Table,
    definition: &Definition,
) -> Result<(), DriverError> {
    let rows = queries
        .rows(&format!(
            "SELECT name, type, \"notnull\", dflt_value, pk FROM pragma_table_info({}) ORDER BY cid",
            literal(&table.name)
        ))
        .await?;
    let mut key: Vec<(usize, String)> = Vec::new();
    for row in rows {
        let mut cells = Cells::of(row);
        let (name, declared, not_null) = (cells.text(), cells.text(), cells.flag());
        let (default, place) = (cells.optional(), cells.text().parse().unwrap_or(0_usize));
        if place > 0 {
            key.push((place, name.clone()));
        }
        let mut ty = column_type(&declared);
        for (column, check, condition) in &definition.column_checks {
            let Some((checked, values)) = sqlite_sql::labels(condition) else {
                continue;
            };
            if *column == name && checked == name && ty == ColumnType::Text {
                let check = check.as_deref().unwrap_or_default();
                let own = format!("{}_{name}", table.name);
                let named = check.strip_suffix("_enum").map_or(own, str::to_owned);
                ty = ColumnType::Enum {
                    name: named,
                    values,
                };
            }
        }
        table.columns.push(Column {
            auto_increment: definition.counted.contains(&name),
            nullable: !not_null,
            default,
            ..Column::new(name, ty)
        });
    }
    key.sort();
    table.primary_key = key.into_iter().map(|(_, name)| name).collect();
    for column in &mut table.columns {
        // A primary key is NOT NULL, even if the declaration does not say so.
        let in_key = table.primary_key.contains(&column.name);
        column.nullable &= !in_key;
        let alone = in_key && table.primary_key.len() == 1;
        column.auto_increment &= alone;
    }
    for (column, name, condition) in &definition.column_checks {
        let is_enum = table
            .columns
            .iter()
            .any(|c| c.name == *column && matches!(c.ty, ColumnType::Enum { .. }));
        if !is_enum {
            let name = name
                .clone()
                .unwrap_or_else(|| format!("{}_{column}_check", table.name));
            table.checks.push(Check {
                name,
                condition: condition.clone(),
                portable: false,
            });
        }
    }
    Ok(())
}

async fn foreign_keys(
    queries: &dyn Queries,
    table: &mut Table,
    definition: &Definition,
) -> Result<(), DriverError> {
    let rows = queries
        .rows(&format!(
            "SELECT id, \"table\", \"from\", \"to\", on_update, on_delete \
             FROM pragma_foreign_key_list({}) ORDER BY id DESC, seq",
            literal(&table.name)
        ))
        .await?;
    let mut last = None;
    for row in rows {
        let mut cells = Cells::of(row);
        let (id, target, from, to) = (cells.text(), cells.text(), cells.text(), cells.text());
        let (on_update, on_delete) = (action(&cells.text()), action(&cells.text()));
        if last.as_ref() != Some(&id) {
            table.foreign_keys.push(ForeignKey {
                name: String::new(),
                columns: vec![],
                target_schema: None,
                target_table: target,
                target_columns: vec![],
                on_delete,
                on_update,
                raw: None,
            });
            last = Some(id);
        }
        if let Some(key) = table.foreign_keys.last_mut() {
            key.columns.push(from);
            // Without a column, the target's primary key is referenced.
            key.target_columns
                .push(if to.is_empty() { "id".to_owned() } else { to });
        }
    }
    let mut named = definition.foreign_keys.clone();
    for key in &mut table.foreign_keys {
        let at = named
            .iter()
            .position(|(_, columns)| *columns == key.columns);
        let name = at.and_then(|at| named.remove(at).0);
        key.name = name.unwrap_or_else(|| foreign_key_name(&table.name, &key.columns));
    }
    Ok(())
}

async fn indexes(queries: &dyn Queries, table: &mut Table) -> Result<(), DriverError> {
    let rows = queries
        .rows(&format!(
            "SELECT l.name, l.\"unique\", m.sql FROM pragma_index_list({}) l \
             JOIN sqlite_master m ON m.type = 'index' AND m.name = l.name \
             WHERE l.origin = 'c' ORDER BY l.name",
            literal(&table.name)
        ))
        .await?;
    for row in rows {
        let mut cells = Cells::of(row);
        let (name, unique, sql) = (cells.text(), cells.flag(), cells.text());
        let parts = queries
            .rows(&format!(
                "SELECT name, \"desc\" FROM pragma_index_xinfo({}) WHERE key = 1 ORDER BY seqno",
                literal(&name)
            ))
            .await?;
        let (texts, condition) = parts_of(&sql);
        let parts = parts.into_iter().enumerate().map(|(at, row)| {
            let mut cells = Cells::of(row);
            let (column, descending) = (cells.optional(), cells.flag());
            match column {
                Some(column) if descending => IndexPart::ColumnDesc(column),
                Some(column) => IndexPart::Column(column),
                None => IndexPart::Expression(texts.get(at).cloned().unwrap_or_default()),
            }
        });
        let parts = parts.collect();
        table.indexes.push(Index {
            name,
            parts,
            unique,
            method: None,
            condition,
            config: None,
            include: vec![],
            opclass: None,
            options: BTreeMap::new(),
        });
    }
    Ok(())
}

/// Return the parts of a `CREATE INDEX` as written, and its condition.
fn parts_of(sql: &str) -> (Vec<String>, Option<String>) {
    let Some(open) = sql.find('(') else {
        return (Vec::new(), None);
    };
    let (mut depth, mut quote, mut start) = (0_usize, None, open + 1);
    let mut parts = Vec::new();
    for (at, c) in sql.char_indices().skip_while(|(at, _)| *at < open) {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => continue,
            (None, '\'' | '"' | '`') => quote = Some(c),
            (None, '(') => depth += 1,
            (None, ')') => depth -= 1,
            _ => {}
        }
        if quote.is_none() && ((depth == 1 && c == ',') || depth == 0) {
            let part = sql[start..at].trim();
            let inner = part
                .strip_prefix('(')
                .and_then(|rest| rest.strip_suffix(')'));
            parts.push(inner.unwrap_or(part).to_owned());
            start = at + 1;
        }
        if depth == 0 {
            let rest = sql[at + 1..].trim();
            let condition = rest
                .get(..5)
                .filter(|word| word.eq_ignore_ascii_case("WHERE"));
            return (parts, condition.map(|_| rest[5..].trim().to_owned()));
        }
    }
    (parts, None)
}
