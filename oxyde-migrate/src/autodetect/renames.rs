//! Renames: applies the given ones, and asks about possible ones.

use std::collections::BTreeMap;

use oxyde_sql::schema::Table;

use super::name_order::{Rename, in_order};
use super::{DetectError, Detector, Question};
use crate::operation::{RenameColumn, RenameTable};
use crate::state;

/// A column, by its table's new name and its own.
pub type ColumnName = (String, String);

/// Known renames.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Renames {
    /// Old name to new name. A table's name may have a schema prefix: "billing.invoices".
    pub tables: BTreeMap<String, String>,
    /// Column under its old name, to its new name.
    pub columns: BTreeMap<ColumnName, String>,
}

impl Detector<'_> {
    pub(super) fn renames(&mut self) -> Result<(), DetectError> {
        self.rename_tables()?;
        self.ask_about_tables();
        self.rename_columns()?;
        self.ask_about_columns();
        Ok(())
    }

    fn rename_tables(&mut self) -> Result<(), DetectError> {
        let mut renames = Vec::new();
        for (from, to) in &self.knowledge.renames.tables {
            let refuse = |why: String| DetectError::Rename {
                from: from.clone(),
                to: to.clone(),
                why,
            };
            let (schema, old) = place(from);
            let (_, new) = place(to);
            if state::position(&self.state, schema, old).is_none() {
                return Err(refuse(format!("table `{from}` does not exist")));
            }
            if state::position(self.new, schema, new).is_none() {
                return Err(refuse(format!("no model has table `{to}`")));
            }
            renames.push(Rename {
                schema: schema.map(str::to_owned),
                table: String::new(),
                from: old.to_owned(),
                to: new.to_owned(),
            });
        }
        for rename in in_order(renames, |a, b| a.schema == b.schema) {
            self.push(RenameTable {
                from: rename.from,
                to: rename.to,
                schema: rename.schema,
            })?;
        }
        Ok(())
    }

    fn rename_columns(&mut self) -> Result<(), DetectError> {
        let mut renames = Vec::new();
        for ((table, from), to) in &self.knowledge.renames.columns {
            if self.is_enum(table) {
                continue;
            }
            let refuse = |why: String| DetectError::Rename {
                from: format!("{table}.{from}"),
                to: format!("{table}.{to}"),
                why,
            };
            let (schema, name) = place(table);
            let old = state::find(&self.state, schema, name)
                .map_err(|_| refuse(format!("table `{table}` does not exist")))?;
            if state::column(old, from).is_err() {
                return Err(refuse(format!("table `{table}` has no column `{from}`")));
            }
            let kept = state::find(self.new, schema, name)
                .map_err(|_| refuse(format!("no model has table `{table}`")))?;
            if state::column(kept, to).is_err() {
                return Err(refuse(format!(
                    "the model of `{table}` has no column `{to}`"
                )));
            }
            renames.push(Rename {
                schema: schema.map(str::to_owned),
                table: name.to_owned(),
                from: from.clone(),
                to: to.clone(),
            });
        }
        let one_table = |a: &Rename, b: &Rename| a.schema == b.schema && a.table == b.table;
        for rename in in_order(renames, one_table) {
            self.push(RenameColumn {
                table: rename.table,
                schema: rename.schema,
                from: rename.from,
                to: rename.to,
            })?;
        }
        Ok(())
    }

    fn is_enum(&self, name: &str) -> bool {
        let types = oxyde_sql::ddl::enum_types(&self.state.tables).unwrap_or_default();
        types.iter().any(|ty| ty.name == name) && state::position(&self.state, None, name).is_none()
    }

    fn ask_about_tables(&mut self) {
        let gone: Vec<Table> = missing(&self.state.tables, &self.new.tables);
        let come: Vec<Table> = missing(&self.new.tables, &self.state.tables);
        for old in &gone {
            let alike = come
                .iter()
                .filter(|new| new.schema == old.schema)
                .map(|new| (likeness(old, new), new))
                .filter(|(likeness, _)| *likeness >= 60)
                .max_by_key(|(likeness, new)| (*likeness, std::cmp::Reverse(new.name.clone())));
            if let Some((_, new)) = alike {
                self.ask(Question::TableRename {
                    from: state::label_of(old),
                    to: state::label_of(new),
                });
            }
        }
    }

    fn ask_about_columns(&mut self) {
        let mut questions = Vec::new();
        for (now, at) in self.kept() {
            let (old, new) = (&self.state.tables[now], &self.new.tables[at]);
            let gone = old
                .columns
                .iter()
                .filter(|c| state::column(new, &c.name).is_err());
            let mut come: Vec<_> = new
                .columns
                .iter()
                .filter(|c| state::column(old, &c.name).is_err())
                .collect();
            for column in gone {
                if let Some(at) = come.iter().position(|other| other.ty == column.ty) {
                    questions.push(Question::ColumnRename {
                        table: state::label_of(new),
                        from: column.name.clone(),
                        to: come.remove(at).name.clone(),
                    });
                }
            }
        }
        for question in questions {
            self.ask(question);
        }
    }
}

fn place(name: &str) -> (Option<&str>, &str) {
    match name.split_once('.') {
        Some((schema, table)) => (Some(schema), table),
        None => (None, name),
    }
}

fn missing(of: &[Table], from: &[Table]) -> Vec<Table> {
    let there = |table: &&Table| {
        from.iter()
            .any(|o| o.name == table.name && o.schema == table.schema)
    };
    of.iter().filter(|table| !there(table)).cloned().collect()
}

/// The similarity of two tables: the percentage of equal columns (name and type).
fn likeness(a: &Table, b: &Table) -> usize {
    let same = a.columns.iter().filter(|column| {
        b.columns
            .iter()
            .any(|other| other.name == column.name && other.ty == column.ty)
    });
    same.count() * 100 / a.columns.len().max(b.columns.len()).max(1)
}
