//! The operation `rename_column`.

use oxyde_sql::ddl::Change;
use oxyde_sql::dialect::DdlStyle;
use oxyde_sql::schema::{Distribution, IndexPart, Schema, Table};
use serde::{Deserialize, Serialize};

use super::lowering::lower_change;
use super::{Irreversible, LowerError, Lowered, Operate, Operation, OperationError};
use crate::state;

/// Renames a column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RenameColumn {
    /// The table.
    pub table: String,
    /// Its schema; `None` means the connection's default schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Old name.
    pub from: String,
    /// New name.
    pub to: String,
}

fn rename(names: &mut [String], from: &str, to: &str) {
    for name in names.iter_mut().filter(|name| *name == from) {
        to.clone_into(name);
    }
}

fn rename_in(table: &mut Table, from: &str, to: &str) {
    rename(&mut table.primary_key, from, to);
    for unique in &mut table.uniques {
        rename(&mut unique.columns, from, to);
    }
    for key in &mut table.foreign_keys {
        rename(&mut key.columns, from, to);
    }
    for check in &mut table.checks {
        check.condition = state::rename_identifier(&check.condition, from, to);
    }
    for index in &mut table.indexes {
        rename(&mut index.include, from, to);
        if let Some(condition) = &mut index.condition {
            *condition = state::rename_identifier(condition, from, to);
        }
        for part in &mut index.parts {
            match part {
                IndexPart::Column(name) | IndexPart::ColumnDesc(name) => {
                    if name == from {
                        to.clone_into(name);
                    }
                }
                IndexPart::Expression(sql) => *sql = state::rename_identifier(sql, from, to),
            }
        }
    }
    if let Some(Distribution::By(column)) = &mut table.distribution
        && column == from
    {
        to.clone_into(column);
    }
    for part in &mut table.raw {
        part.sql = state::rename_identifier(&part.sql, from, to);
    }
    for column in &mut table.columns {
        if let Some(generated) = &mut column.generated {
            generated.expression = state::rename_identifier(&generated.expression, from, to);
        }
    }
}

impl Operate for RenameColumn {
    fn apply(&self, state: &mut Schema) -> Result<(), OperationError> {
        let table = state::find_mut(state, self.schema.as_deref(), &self.table)?;
        if state::column_position(table, &self.to).is_ok() {
            return Err(OperationError::Exists {
                table: self.table.clone(),
                kind: "column",
                name: self.to.clone(),
            });
        }
        let at = state::column_position(table, &self.from)?;
        table.columns[at].name.clone_from(&self.to);
        rename_in(table, &self.from, &self.to);
        // A table may refer to itself, so both ends are renamed.
        for other in &mut state.tables {
            for key in &mut other.foreign_keys {
                if key.target_table == self.table && key.target_schema == self.schema {
                    rename(&mut key.target_columns, &self.from, &self.to);
                }
            }
        }
        Ok(())
    }

    fn reverse(&self, before: &Schema) -> Result<Operation, Irreversible> {
        let _ = before;
        let (from, to) = (self.to.clone(), self.from.clone());
        Ok(RenameColumn {
            table: self.table.clone(),
            schema: self.schema.clone(),
            from,
            to,
        }
        .into())
    }

    fn describe(&self) -> String {
        let table = state::label(self.schema.as_deref(), &self.table);
        format!("rename column {table}.{} to {}", self.from, self.to)
    }

    fn lower(
        &self,
        before: &Schema,
        after: &Schema,
        style: &DdlStyle,
    ) -> Result<Vec<Lowered>, LowerError> {
        let place = (self.schema.as_deref(), self.table.as_str());
        lower_change(
            before,
            after,
            style,
            place,
            &Change::RenameColumn {
                from: &self.from,
                to: &self.to,
            },
        )
    }
}
