//! The indexes of the tables of MySQL and MariaDB.

use std::fmt::Write as _;

use oxyde_driver::DriverError;
use oxyde_sql::schema::{Index, IndexPart, RawPart, RawPlace, Schema, Table};

use super::super::full_text;
use super::{Cells, Queries, place, quoted, unescaped};

/// Read the indexes, except those of primary keys and foreign keys.
pub(super) async fn introspect(
    queries: &dyn Queries,
    is_mariadb: bool,
    schema: &mut Schema,
) -> Result<(), DriverError> {
    // MariaDB has no expression indexes; both name what the optimizer does not use.
    let (expression, hidden) = if is_mariadb {
        ("NULL", "ignored = 'YES'")
    } else {
        ("expression", "is_visible = 'NO'")
    };
    let rows = queries
        .rows(&format!(
            "SELECT table_name, index_name, non_unique, column_name, collation, index_type, \
             {expression}, sub_part, index_comment, {hidden} \
             FROM information_schema.statistics WHERE table_schema = DATABASE() \
             AND index_name <> 'PRIMARY' ORDER BY table_name, index_name, seq_in_index"
        ))
        .await?;
    let mut found: Vec<(String, Found)> = Vec::new();
    for row in rows {
        let mut cells = Cells::of(row);
        let Some(table) = place(schema, &mut cells) else {
            continue;
        };
        let part = Part::of(&mut cells);
        match found.last_mut() {
            Some((owner, index)) if *owner == table.name && index.name == part.index => {
                index.add(part);
            }
            _ => {
                let mut index = Found::of(&part);
                index.add(part);
                found.push((table.name.clone(), index));
            }
        }
    }
    let (full_texts, others): (Vec<_>, Vec<_>) = found
        .into_iter()
        .partition(|(_, index)| index.method == "fulltext");
    for (owner, index) in &full_texts {
        if let Some(table) = schema.tables.iter_mut().find(|table| table.name == *owner) {
            table.indexes.push(index.declared());
        }
    }
    full_text::words_columns(queries, schema).await?;
    for (owner, index) in full_texts {
        if let Some(table) = schema.tables.iter_mut().find(|table| table.name == owner) {
            let foreign = table
                .indexes
                .iter()
                .position(|each| *each == index.declared());
            if let Some(at) = foreign {
                table.indexes.remove(at);
                table.raw.push(index.raw());
            }
        }
    }
    for (owner, index) in others {
        if let Some(table) = schema.tables.iter_mut().find(|table| table.name == owner) {
            index.put(table);
        }
    }
    Ok(())
}

/// A part of an index, as the catalogue has it.
struct Part {
    index: String,
    unique: bool,
    column: Option<String>,
    descending: bool,
    method: String,
    expression: String,
    length: Option<String>,
    comment: String,
    hidden: bool,
}

impl Part {
    fn of(cells: &mut Cells) -> Self {
        Self {
            index: cells.text(),
            unique: !cells.flag(),
            column: cells.optional(),
            descending: cells.text() == "D",
            method: cells.text().to_ascii_lowercase(),
            // Only MySQL has them.
            expression: unescaped(&cells.text()),
            length: cells.optional(),
            comment: cells.text(),
            hidden: cells.flag(),
        }
    }
}

/// An index; `sql` are its parts as a definition has them.
struct Found {
    name: String,
    unique: bool,
    method: String,
    parts: Vec<IndexPart>,
    sql: Vec<String>,
    suffix: String,
    undeclared: bool,
}

impl Found {
    fn of(first: &Part) -> Self {
        let mut suffix = String::new();
        if !first.comment.is_empty() {
            let _ = write!(suffix, " COMMENT '{}'", first.comment.replace('\'', "''"));
        }
        if first.hidden {
            suffix.push_str(" INVISIBLE");
        }
        Self {
            name: first.index.clone(),
            unique: first.unique,
            method: first.method.clone(),
            parts: Vec::new(),
            sql: Vec::new(),
            undeclared: !suffix.is_empty() || !["btree", "hash"].contains(&first.method.as_str()),
            suffix,
        }
    }

    fn add(&mut self, part: Part) {
        let spatial = self.method == "spatial";
        let length = part.length.filter(|_| !spatial);
        self.undeclared |= length.is_some();
        let mut sql = match &part.column {
            Some(column) => quoted(column),
            None => format!("({})", part.expression),
        };
        if let Some(length) = length {
            let _ = write!(sql, "({length})");
        }
        if part.descending {
            sql.push_str(" DESC");
        }
        self.sql.push(sql);
        self.parts.push(match part.column {
            Some(column) if part.descending => IndexPart::ColumnDesc(column),
            Some(column) => IndexPart::Column(column),
            None => IndexPart::Expression(part.expression),
        });
    }

    fn declared(&self) -> Index {
        Index {
            parts: self.parts.clone(),
            unique: self.unique,
            method: Some(self.method.clone()).filter(|method| method != "btree"),
            ..Index::on(self.name.clone(), &[])
        }
    }

    fn raw(self) -> RawPart {
        let kind = match (self.method.as_str(), self.unique) {
            ("fulltext", _) => "FULLTEXT KEY",
            ("spatial", _) => "SPATIAL KEY",
            (_, true) => "UNIQUE KEY",
            (_, false) => "KEY",
        };
        let (name, parts, suffix) = (quoted(&self.name), self.sql.join(", "), &self.suffix);
        RawPart {
            place: RawPlace::Definition,
            sql: format!("{kind} {name} ({parts}){suffix}"),
            name: self.name,
        }
    }

    fn put(self, table: &mut Table) {
        let constraint = table
            .uniques
            .iter()
            .position(|unique| unique.name == self.name);
        if self.undeclared {
            // A unique key over a part of a text is not one over its columns.
            constraint.map(|at| table.uniques.remove(at));
            table.raw.push(self.raw());
        } else if constraint.is_none()
            // The indexes that belong to foreign keys.
            && !table.foreign_keys.iter().any(|key| key.name == self.name)
        {
            table.indexes.push(self.declared());
        }
    }
}
