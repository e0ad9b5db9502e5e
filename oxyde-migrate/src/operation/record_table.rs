//! The operation `record_table`.

use oxyde_sql::ddl;
use oxyde_sql::dialect::DdlStyle;
use oxyde_sql::schema::{Column, Schema, Table, Unique};
use serde::{Deserialize, Serialize};

use super::{Irreversible, LowerError, Lowered, Operate, Operation, OperationError};
use crate::state;

/// Records what is known of a table that others create: the columns that foreign keys refer to.
/// Changes nothing in the database. A second one replaces the first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordTable {
    /// Its name.
    pub name: String,
    /// Its schema; `None` means the connection's default schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Columns of the primary key.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub primary_key: Vec<String>,
    /// The known columns.
    pub columns: Vec<Column>,
    /// The unique constraints over them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uniques: Vec<Unique>,
}

impl RecordTable {
    /// Record the whole table.
    pub(crate) fn of(table: Table) -> Self {
        Self {
            name: table.name,
            schema: table.schema,
            primary_key: table.primary_key,
            columns: table.columns,
            uniques: table.uniques,
        }
    }

    /// Record these columns of a table, and its key.
    pub(crate) fn part_of(mut table: Table, columns: &[&String]) -> Self {
        let wanted = |name: &String| columns.contains(&name);
        table
            .uniques
            .retain(|unique| unique.columns.iter().all(wanted));
        let key = std::mem::take(&mut table.primary_key);
        table
            .columns
            .retain(|column| wanted(&column.name) || key.contains(&column.name));
        table.primary_key = key;
        Self::of(table)
    }
}

impl Operate for RecordTable {
    fn apply(&self, state: &mut Schema) -> Result<(), OperationError> {
        let table = Table {
            schema: self.schema.clone(),
            name: self.name.clone(),
            columns: self.columns.clone(),
            primary_key: self.primary_key.clone(),
            uniques: self.uniques.clone(),
            ..Table::default()
        };
        ddl::check_table(&table)?;
        match state::position(state, self.schema.as_deref(), &self.name) {
            Some(at) => state.tables[at] = table,
            None => state.tables.push(table),
        }
        Ok(())
    }

    fn reverse(&self, _before: &Schema) -> Result<Operation, Irreversible> {
        Ok(self.clone().into())
    }

    fn describe(&self) -> String {
        format!(
            "record table {}",
            state::label(self.schema.as_deref(), &self.name)
        )
    }

    fn lower(
        &self,
        _before: &Schema,
        _after: &Schema,
        _style: &DdlStyle,
    ) -> Result<Vec<Lowered>, LowerError> {
        Ok(Vec::new())
    }
}
