//! The operation `create_table`.

use std::collections::BTreeSet;

use oxyde_sql::ddl::{self, Step};
use oxyde_sql::dialect::DdlStyle;
use oxyde_sql::schema::{Check, Column, ForeignKey, Index, RawPart, Schema, Table, Unique};
use serde::{Deserialize, Serialize};

use super::{
    DropTable, Irreversible, LowerError, Lowered, Operate, Operation, OperationError, is_false,
};
use crate::state;

/// Creates a table, with its columns, constraints and indexes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateTable {
    /// Its name.
    pub name: String,
    /// Its schema; `None` means the connection's default schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// The Python module of its model; `makemigrations` drops the table only if that module
    /// was loaded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub module: Option<String>,
    /// Whether a baseline found it and no model has it: `makemigrations` does not drop it, and `check`
    /// does not compare it, until a model claims it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub unmanaged: bool,
    /// Comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Columns of the primary key.
    #[serde(default)]
    pub primary_key: Vec<String>,
    /// The name of the primary key's constraint, if it is not the usual one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary_key_name: Option<String>,
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
    /// Foreign keys to existing tables.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub foreign_keys: Vec<ForeignKey>,
    /// What a baseline found and no model declares.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub raw: Vec<RawPart>,
}

impl CreateTable {
    /// The operation that creates this table.
    #[must_use]
    pub fn of(table: Table, module: Option<String>) -> Self {
        CreateTable {
            name: table.name,
            schema: table.schema,
            module,
            unmanaged: false,
            comment: table.comment,
            primary_key: table.primary_key,
            primary_key_name: table.primary_key_name,
            columns: table.columns,
            uniques: table.uniques,
            indexes: table.indexes,
            checks: table.checks,
            foreign_keys: table.foreign_keys,
            raw: table.raw,
        }
    }

    fn table(&self) -> Table {
        Table {
            schema: self.schema.clone(),
            name: self.name.clone(),
            columns: self.columns.clone(),
            primary_key: self.primary_key.clone(),
            primary_key_name: self.primary_key_name.clone(),
            indexes: self.indexes.clone(),
            uniques: self.uniques.clone(),
            foreign_keys: self.foreign_keys.clone(),
            checks: self.checks.clone(),
            comment: self.comment.clone(),
            distribution: None,
            raw: self.raw.clone(),
        }
    }
}

/// Mark the created tables that have no model.
pub fn set_unmanaged(operations: &mut [Operation], unmanaged: &BTreeSet<String>) {
    for operation in operations {
        if let Operation::CreateTable(table) = operation {
            let name = state::label(table.schema.as_deref(), &table.name);
            table.unmanaged = unmanaged.contains(&name);
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
        for key in table
            .foreign_keys
            .iter()
            .filter(|key| !ddl::points_at(key, &table))
        {
            state::find(state, key.target_schema.as_deref(), &key.target_table)?;
        }
        state.tables.push(table);
        Ok(())
    }

    fn reverse(&self, _before: &Schema) -> Result<Operation, Irreversible> {
        if self.unmanaged {
            return Err(Irreversible::of(
                self.clone(),
                "the table was there before and has no model",
                "remove `unmanaged = true` if the table may be dropped",
            ));
        }
        Ok(DropTable {
            name: self.name.clone(),
            schema: self.schema.clone(),
        }
        .into())
    }

    fn describe(&self) -> String {
        format!(
            "create table {}",
            state::label(self.schema.as_deref(), &self.name)
        )
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
            && !before
                .tables
                .iter()
                .any(|other| other.schema.as_ref() == Some(schema))
        {
            statements.push(format!(
                "CREATE SCHEMA IF NOT EXISTS {}",
                style.quoted(schema)
            ));
        }
        statements.push(ddl::table_sql(style, &table, &table.name, &|_| true)?);
        statements.extend(ddl::table_extras(style, &table)?);
        Ok(statements
            .into_iter()
            .map(|sql| Lowered::Ddl(Step::Sql(sql)))
            .collect())
    }
}
