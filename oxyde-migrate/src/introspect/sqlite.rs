//! SQLite's catalogue: pragmas, and the SQL of each `CREATE TABLE`.

use std::collections::BTreeMap;

use oxyde_driver::DriverError;
use oxyde_sql::ddl::{foreign_key_name, is_full_text, unique_name};
use oxyde_sql::dialect::{Dialect, quote_identifier};
use oxyde_sql::schema::{
    Check, ForeignKey, Index, IndexPart, Object, RawPart, RawPlace, Schema, Table, Unique,
};

use super::sqlite_sql::{self, Definition};
use super::{Cells, Queries, action};
use super::{full_text, sqlite_columns};
use crate::state::sql_mentions;

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
        let without_rowid = options(queries, &mut table).await?;
        sqlite_columns::introspect(queries, &mut table, &definition, without_rowid).await?;
        foreign_keys(queries, &mut table, &definition).await?;
        indexes(queries, &mut table, &definition).await?;
        for (number, sql) in definition.conflicts.iter().enumerate() {
            table.raw.push(RawPart {
                place: RawPlace::Definition,
                name: format!("conflict {}", number + 1),
                sql: sql.clone(),
            });
        }
        full_text::virtual_tables(queries, &mut table, |sql| parts_of(sql).0).await?;
        for (name, columns) in definition.uniques {
            let name = name.unwrap_or_else(|| unique_name(&table.name, &columns));
            table.uniques.push(Unique::on(name, columns));
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
    resolve_targets(&mut schema);
    objects(queries, &mut schema).await?;
    Ok(schema)
}

/// Views with their columns.
pub(super) async fn views(queries: &dyn Queries) -> Result<Vec<Table>, DriverError> {
    let sql = "SELECT name FROM sqlite_master WHERE type = 'view' ORDER BY name";
    let mut views = Vec::new();
    for row in queries.rows(sql).await? {
        let mut view = Table {
            name: Cells::of(row).text(),
            ..Table::default()
        };
        // A view may call functions that only its own program has.
        if sqlite_columns::introspect(queries, &mut view, &Definition::default(), true)
            .await
            .is_ok()
        {
            views.push(view);
        }
    }
    Ok(views)
}

/// Read the options of a table; return whether it has no row number.
async fn options(queries: &dyn Queries, table: &mut Table) -> Result<bool, DriverError> {
    let rows = queries
        .rows(&format!(
            "SELECT wr, strict FROM pragma_table_list WHERE schema = 'main' AND name = {}",
            literal(&table.name)
        ))
        .await?;
    let Some(mut cells) = rows.into_iter().next().map(Cells::of) else {
        return Ok(false);
    };
    let (without_rowid, strict) = (cells.flag(), cells.flag());
    let mut words = Vec::new();
    words.extend(strict.then_some("STRICT"));
    words.extend(without_rowid.then_some("WITHOUT ROWID"));
    if !words.is_empty() {
        table.raw.push(RawPart {
            place: RawPlace::Option,
            name: "storage".to_owned(),
            sql: words.join(", "),
        });
    }
    Ok(without_rowid)
}

/// A foreign key without columns refers to the primary key. A key that is also a foreign key is
/// not counted.
fn resolve_targets(schema: &mut Schema) {
    let keys: Vec<(String, Vec<String>)> = schema
        .tables
        .iter()
        .map(|table| (table.name.clone(), table.primary_key.clone()))
        .collect();
    for table in &mut schema.tables {
        for key in &mut table.foreign_keys {
            let same =
                |(name, _): &&(String, Vec<String>)| name.eq_ignore_ascii_case(&key.target_table);
            let Some((name, columns)) = keys.iter().find(same) else {
                continue;
            };
            key.target_table.clone_from(name);
            if key.target_columns.iter().any(String::is_empty) {
                key.target_columns.clone_from(columns);
            }
        }
        let own = &table.foreign_keys;
        for column in &mut table.columns {
            if column.counter.is_some() && own.iter().any(|key| key.columns.contains(&column.name))
            {
                column.auto_increment = false;
                column.counter = None;
            }
        }
    }
}

/// Views, and triggers except those of full-text indexes, in the order of creation.
async fn objects(queries: &dyn Queries, schema: &mut Schema) -> Result<(), DriverError> {
    let rows = queries
        .rows(
            "SELECT type, name, sql FROM sqlite_master WHERE type IN ('view', 'trigger') \
             ORDER BY type DESC, rowid",
        )
        .await?;
    let indexes = schema.tables.iter().flat_map(|table| &table.indexes);
    let full_text: Vec<String> = indexes
        .filter(|index| is_full_text(index))
        .map(|index| index.name.clone())
        .collect();
    for row in rows {
        let mut cells = Cells::of(row);
        let (kind, name, sql) = (cells.text(), cells.text(), cells.text());
        if kind == "trigger" && full_text.iter().any(|index| sql_mentions(&sql, index)) {
            continue;
        }
        let quoted = quote_identifier(&name, Dialect::Sqlite);
        schema.objects.push(Object {
            drop: format!("DROP {} IF EXISTS {quoted}", kind.to_ascii_uppercase()),
            kind,
            name,
            create: vec![sql],
            needs_tables: true,
        });
    }
    Ok(())
}

pub(super) fn literal(name: &str) -> String {
    format!("'{}'", name.replace('\'', "''"))
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
                kept_name: false,
                undeclared: false,
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
            key.target_columns.push(to);
        }
    }
    let mut named = definition.foreign_keys.clone();
    for key in &mut table.foreign_keys {
        let at = named
            .iter()
            .position(|(_, columns, _)| *columns == key.columns);
        let (name, _, raw) = at.map(|at| named.remove(at)).unwrap_or_default();
        key.raw = raw;
        key.name = name.unwrap_or_else(|| foreign_key_name(&table.name, &key.columns));
    }
    Ok(())
}

async fn indexes(
    queries: &dyn Queries,
    table: &mut Table,
    definition: &Definition,
) -> Result<(), DriverError> {
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
                "SELECT name, \"desc\", coll FROM pragma_index_xinfo({}) WHERE key = 1 ORDER BY seqno",
                literal(&name)
            ))
            .await?;
        let (texts, condition) = parts_of(&sql);
        let other_collation = parts.iter().any(|row| {
            let (column, collation) = (
                row.first().cloned().flatten(),
                row.get(2).cloned().flatten(),
            );
            column.is_some_and(|column| {
                let own = definition
                    .collations
                    .iter()
                    .find(|(name, _)| *name == column);
                let own = own.map_or("BINARY", |(_, collation)| collation.as_str());
                let collation = collation.unwrap_or_default();
                let usual = [own, sqlite_columns::OWN_COLLATION];
                !usual
                    .iter()
                    .any(|usual| collation.eq_ignore_ascii_case(usual))
            })
        });
        if other_collation {
            table.raw.push(RawPart {
                place: RawPlace::Statement,
                name,
                sql,
            });
            continue;
        }
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
