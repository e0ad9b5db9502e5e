//! A new table.

use oxyde_sql::ddl::{self, Step};
use oxyde_sql::dialect::DdlStyle;
use oxyde_sql::schema::{Check, Column, ForeignKey, Index, Schema, Table, Unique};
use serde::{Deserialize, Serialize};

use super::{DropTable, Irreversible, LowerError, Lowered, Operate, Operation, OperationError};
use crate::state;

/// A new table, with everything that belongs to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateTable {
    /// Its name.
    pub name: String,
    /// Its schema, where it is not the connection's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// The Python module that its model is in; the table is dropped by `makemigrations` only
    /// when that module was loaded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub module: Option<String>,
    /// Comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Columns of the primary key.
    #[serde(default)]
    pub primary_key: Vec<String>,
    /// Columns in order.
    pub columns: Vec<Column>,
    /// Unique constraints.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uniques: Vec<Unique>,
    /// Indexes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<Index>,
    /// Checks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Check>,
    /// Foreign keys to tables that are there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub foreign_keys: Vec<ForeignKey>,
}

impl CreateTable {
    /// The operation that creates this table.
    #[must_use]
    pub fn of(table: Table, module: Option<String>) -> Self {
        CreateTable {
            name: table.name,
            schema: table.schema,
            module,
            comment: table.comment,
            primary_key: table.primary_key,
            columns: table.columns,
            uniques: table.uniques,
            indexes: table.indexes,
            checks: table.checks,
            foreign_keys: table.foreign_keys,
        }
    }

    fn table(&self) -> Table {
        Table {
            schema: self.schema.clone(),
            name: self.name.clone(),
            columns: self.columns.clone(),
            primary_key: self.primary_key.clone(),
            indexes: self.indexes.clone(),
            uniques: self.uniques.clone(),
            foreign_keys: self.foreign_keys.clone(),
            checks: self.checks.clone(),
            comment: self.comment.clone(),
        }
    }
}

impl Operate for CreateTable {
    fn apply(&self, state: &mut Schema) -> Result<(), OperationError> {
        if state::position(state, self.schema.as_deref(), &self.name).is_some() {
            let table = state::label(self.schema.as_deref(), &self.name);
            return Err(OperationError::TableExists { table });
        }
        let table = self.table();
        ddl::check_table(&table)?;
        for key in table.foreign_keys.iter().filter(|key| !ddl::points_at(key, &table)) {
            state::find(state, key.target_schema.as_deref(), &key.target_table)?;
        }
        state.tables.push(table);
        Ok(())
    }

    fn reverse(&self, _before: &Schema) -> Result<Operation, Irreversible> {
        Ok(DropTable { name: self.name.clone(), schema: self.schema.clone() }.into())
    }

    fn describe(&self) -> String {
        format!("create table {}", state::label(self.schema.as_deref(), &self.name))
    }

    fn lower(
        &self,
        before: &Schema,
        _after: &Schema,
        style: &DdlStyle,
    ) -> Result<Vec<Lowered>, LowerError> {
        let table = self.table();
        let mut statements = Vec::new();
        if let Some(schema) = &self.schema
            && style.schemas
            && !before.tables.iter().any(|other| other.schema.as_ref() == Some(schema))
        {
            statements.push(format!("CREATE SCHEMA IF NOT EXISTS {}", style.quoted(schema)));
        }
        statements.push(ddl::table_sql(style, &table, &table.name, &|_| true)?);
        statements.extend(ddl::table_extras(style, &table)?);
        Ok(statements.into_iter().map(|sql| Lowered::Ddl(Step::Sql(sql))).collect())
    }
}
