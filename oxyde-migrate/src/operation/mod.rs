//! Operations: the changes that a migration consists of, independent of any database.
//!
//! To add one: a file here with its struct and [`Operate`], its `mod` line and a line in the table
//! below, a detector in `autodetect/`, and a golden case.

mod add_check;
mod add_column;
mod add_enum_value;
mod add_foreign_key;
mod add_index;
mod add_unique;
mod alter_column;
mod alter_primary_key;
mod claim_table;
mod comment;
mod create_object;
mod create_table;
mod distribute_table;
mod drop_check;
mod drop_column;
mod drop_enum_value;
mod drop_foreign_key;
mod drop_index;
mod drop_object;
mod drop_table;
mod drop_unique;
mod enums;
mod error;
mod lowering;
mod order_enum_values;
mod record_table;
mod reference_table;
mod release_table;
mod rename_column;
mod rename_constraint;
mod rename_enum_value;
mod rename_index;
mod rename_table;
mod run_python;
mod run_sql;
mod undistribute_table;

pub use add_check::AddCheck;
pub use add_column::AddColumn;
pub use add_enum_value::AddEnumValue;
pub use add_foreign_key::AddForeignKey;
pub use add_index::AddIndex;
pub use add_unique::AddUnique;
pub use alter_column::AlterColumn;
pub use alter_primary_key::AlterPrimaryKey;
pub use claim_table::ClaimTable;
pub use comment::Comment;
pub use create_object::CreateObject;
pub use create_table::{CreateTable, set_unmanaged};
pub use distribute_table::DistributeTable;
pub use drop_check::DropCheck;
pub use drop_column::DropColumn;
pub use drop_enum_value::DropEnumValue;
pub use drop_foreign_key::DropForeignKey;
pub use drop_index::DropIndex;
pub use drop_object::DropObject;
pub use drop_table::DropTable;
pub use drop_unique::DropUnique;
pub use error::{Irreversible, OperationError};
pub use order_enum_values::OrderEnumValues;
use oxyde_sql::ddl::{self, SchemaError, Step as Ddl};
use oxyde_sql::dialect::DdlStyle;
use oxyde_sql::schema::Schema;
pub use record_table::RecordTable;
pub use reference_table::ReferenceTable;
pub use release_table::ReleaseTable;
pub use rename_column::RenameColumn;
pub use rename_constraint::RenameConstraint;
pub use rename_enum_value::RenameEnumValue;
pub use rename_index::RenameIndex;
pub use rename_table::RenameTable;
pub use run_python::{KeyRanges, RANGE_ROWS, RunPython};
pub use run_sql::RunSql;
use serde::{Deserialize, Serialize};
pub use undistribute_table::UndistributeTable;
pub(crate) use undistribute_table::distributed;

use crate::state;

/// The interface of every operation.
pub trait Operate {
    /// Apply the change to the state.
    ///
    /// # Errors
    /// The state does not allow the change; it may then be partly changed.
    fn apply(&self, state: &mut Schema) -> Result<(), OperationError>;

    /// Return the operation that reverses the change, given the state before it.
    ///
    /// # Errors
    /// The operation cannot be reversed, or does not match the state.
    fn reverse(&self, before: &Schema) -> Result<Operation, Irreversible>;

    /// Describe the operation in one line.
    fn describe(&self) -> String;

    /// Return the statements for a database, given the states before and after it.
    /// [`Operation::lower`] adds enum types that the change creates or drops.
    ///
    /// # Errors
    /// The database does not support the operation.
    fn lower(
        &self,
        before: &Schema,
        after: &Schema,
        style: &DdlStyle,
    ) -> Result<Vec<Lowered>, LowerError>;
}

/// One step of a lowered operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lowered {
    /// DDL.
    Ddl(Ddl),
    /// SQL written by the user.
    Data(String),
    /// A function of the project, run by Python: "module:function".
    Python(String),
    /// The same, once for each range of keys, outside the migration's transaction.
    PythonByRange(String, KeyRanges),
}

impl Lowered {
    /// The function of the project that Python runs.
    #[must_use]
    pub fn python(&self) -> Option<&str> {
        match self {
            Self::Python(function) | Self::PythonByRange(function, _) => Some(function),
            Self::Ddl(_) | Self::Data(_) => None,
        }
    }
}

/// An operation that a database cannot carry out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LowerError {
    /// The change cannot be expressed as DDL.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// The operation does not match the state.
    #[error(transparent)]
    State(#[from] OperationError),
    /// `run_sql` has no SQL for this database.
    #[error("run_sql has no SQL for {dialect}")]
    NoText {
        /// The dialect's name.
        dialect: &'static str,
    },
}

macro_rules! operations {
    ($($(#[$doc:meta])* $name:ident = $tag:literal,)+) => {
        /// A change of a schema or its data.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize)]
        #[serde(tag = "op", rename_all = "snake_case")]
        pub enum Operation {
            $($(#[$doc])* $name($name),)+
        }

        /// The name of each operation in files.
        pub const OPERATIONS: &[&str] = &[$($tag),+];

        impl Operation {
            /// Its name in files.
            #[must_use]
            pub const fn tag(&self) -> &'static str {
                match self { $(Self::$name(_) => $tag,)+ }
            }

            /// Read the fields of the operation with this name; `None` if the name is unknown.
            ///
            /// # Errors
            /// A field is unknown, missing or has the wrong type.
            pub fn read<'de, D>(tag: &str, fields: D) -> Option<Result<Self, D::Error>>
            where
                D: serde::Deserializer<'de>,
            {
                match tag {
                    $($tag => Some($name::deserialize(fields).map(Self::$name)),)+
                    _ => None,
                }
            }

            fn inner(&self) -> &dyn Operate {
                match self { $(Self::$name(operation) => operation,)+ }
            }
        }

        $(impl From<$name> for Operation {
            fn from(operation: $name) -> Self { Self::$name(operation) }
        })+
    };
}

operations! {
    /// Creates a table.
    CreateTable = "create_table",
    /// Drops a table and its rows.
    DropTable = "drop_table",
    /// Renames a table.
    RenameTable = "rename_table",
    /// Adds a column.
    AddColumn = "add_column",
    /// Drops a column and its data.
    DropColumn = "drop_column",
    /// Changes the type, default or nullability of a column.
    AlterColumn = "alter_column",
    /// Renames a column.
    RenameColumn = "rename_column",
    /// Changes the primary key.
    AlterPrimaryKey = "alter_primary_key",
    /// Adds an index.
    AddIndex = "add_index",
    /// Drops an index.
    DropIndex = "drop_index",
    /// Renames an index.
    RenameIndex = "rename_index",
    /// Adds a unique constraint.
    AddUnique = "add_unique",
    /// Drops a unique constraint.
    DropUnique = "drop_unique",
    /// Adds a check constraint.
    AddCheck = "add_check",
    /// Drops a check constraint.
    DropCheck = "drop_check",
    /// Adds a foreign key.
    AddForeignKey = "add_foreign_key",
    /// Drops a foreign key.
    DropForeignKey = "drop_foreign_key",
    /// Renames a constraint.
    RenameConstraint = "rename_constraint",
    /// Adds a label to an enum.
    AddEnumValue = "add_enum_value",
    /// Renames a label of an enum.
    RenameEnumValue = "rename_enum_value",
    /// Drops a label of an enum.
    DropEnumValue = "drop_enum_value",
    /// Reorders the labels of an enum.
    OrderEnumValues = "order_enum_values",
    /// Sets or removes a comment.
    Comment = "comment",
    /// Records that a table has a model from now on.
    ClaimTable = "claim_table",
    /// Records that a table is no longer changed with its model.
    ReleaseTable = "release_table",
    /// Records what is known of a table that others create.
    RecordTable = "record_table",
    /// Divides the rows of a table over the nodes of a cluster.
    DistributeTable = "distribute_table",
    /// Keeps all rows of a table on each node of a cluster.
    ReferenceTable = "reference_table",
    /// Moves all rows of such a table to one node.
    UndistributeTable = "undistribute_table",
    /// Creates something beside the tables.
    CreateObject = "create_object",
    /// Drops something beside the tables.
    DropObject = "drop_object",
    /// Runs SQL written by the user.
    RunSql = "run_sql",
    /// Runs a Python function of the project.
    RunPython = "run_python",
}

impl Operation {
    /// Apply the change to the state.
    ///
    /// # Errors
    /// The state does not allow the change; it may then be partly changed.
    pub fn apply(&self, state: &mut Schema) -> Result<(), OperationError> {
        self.inner().apply(state)
    }

    /// Return the operation that reverses the change, given the state before it.
    ///
    /// # Errors
    /// The operation cannot be reversed, or does not match the state.
    pub fn reverse(&self, before: &Schema) -> Result<Operation, Irreversible> {
        self.inner().reverse(before)
    }

    /// Whether it builds or drops an index without blocking writes, outside a transaction.
    #[must_use]
    pub fn is_concurrent(&self) -> bool {
        match self {
            Self::AddIndex(add) => add.concurrently,
            Self::DropIndex(drop) => drop.concurrently,
            _ => false,
        }
    }

    /// Describe the operation in one line.
    #[must_use]
    pub fn describe(&self) -> String {
        self.inner().describe()
    }

    /// Return the statements for a database, given the states before and after the operation.
    ///
    /// # Errors
    /// The database does not support the operation.
    pub fn lower(
        &self,
        before: &Schema,
        after: &Schema,
        style: &DdlStyle,
    ) -> Result<Vec<Lowered>, LowerError> {
        let Some((schema, name)) = self.changes_columns_of() else {
            return self.inner().lower(before, after, style);
        };
        let old = state::find(before, schema, name).ok();
        let new = state::find(after, schema, name).ok();
        let mut steps = Vec::new();
        // The vector extension stays: others may use it.
        if let Some(sql) = ddl::create_vectors(style, new)
            && ddl::create_vectors(style, &before.tables).is_none()
        {
            steps.push(Lowered::Ddl(Ddl::Sql(sql.to_owned())));
        }
        for ty in enums::created((before, old), (after, new))? {
            let sql = ddl::create_enum(style, &ty)?;
            steps.extend(sql.map(|sql| Lowered::Ddl(Ddl::Sql(sql))));
        }
        steps.extend(self.inner().lower(before, after, style)?);
        for ty in enums::dropped(old, after)? {
            let sql = ddl::drop_enum(style, &ty.name, false);
            steps.extend(sql.map(|sql| Lowered::Ddl(Ddl::Sql(sql))));
        }
        Ok(steps)
    }

    /// The table that it gives columns of another type, or takes them from. A look at all tables for
    /// each operation would take quadratic time.
    fn changes_columns_of(&self) -> Option<(Option<&str>, &str)> {
        match self {
            Self::CreateTable(create) => Some((create.schema.as_deref(), &create.name)),
            Self::DropTable(drop) => Some((drop.schema.as_deref(), &drop.name)),
            Self::AddColumn(add) => Some((add.schema.as_deref(), &add.table)),
            Self::DropColumn(drop) => Some((drop.schema.as_deref(), &drop.table)),
            Self::AlterColumn(alter) => Some((alter.schema.as_deref(), &alter.table)),
            _ => None,
        }
    }

    /// Whether it changes how the rows of a table are divided over the nodes of a cluster.
    #[must_use]
    pub const fn is_distribution(&self) -> bool {
        matches!(
            self,
            Self::DistributeTable(_) | Self::ReferenceTable(_) | Self::UndistributeTable(_)
        )
    }

    /// Whether it may read or change rows in ways that the state does not describe.
    #[must_use]
    pub const fn is_data(&self) -> bool {
        matches!(self, Self::RunSql(_) | Self::RunPython(_))
    }
}

fn ddl_steps(steps: Vec<Ddl>) -> Vec<Lowered> {
    steps.into_iter().map(Lowered::Ddl).collect()
}

fn sql_steps(statements: Vec<String>) -> Vec<Lowered> {
    let step = |sql| Lowered::Ddl(Ddl::Sql(sql));
    statements.into_iter().map(step).collect()
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde requires this signature"
)]
const fn is_false(value: &bool) -> bool {
    !*value
}
