//! Operations: the changes that a migration is made of, in the words of no database.
//!
//! To add one: a file here with its struct and [`Operate`], a line in the table below, a
//! detector in `autodetect/`, and a golden case.

mod enums;
mod error;
mod lowering;

pub use error::{Irreversible, OperationError};
use oxyde_sql::ddl::{self, SchemaError, Step as Ddl};
use oxyde_sql::dialect::DdlStyle;
use oxyde_sql::schema::Schema;
use serde::{Deserialize, Serialize};

/// What every operation can do.
pub trait Operate {
    /// Make the change in the state.
    ///
    /// # Errors
    /// The state does not allow it; the state may then be changed in part.
    fn apply(&self, state: &mut Schema) -> Result<(), OperationError>;

    /// The operation that takes the change back, given the state before it.
    ///
    /// # Errors
    /// It cannot be taken back, or does not fit the state.
    fn reverse(&self, before: &Schema) -> Result<Operation, Irreversible>;

    /// What it does, in a line for people.
    fn describe(&self) -> String;

    /// The statements for a database, given the states around it. Enum types that come or go
    /// with the change are added by [`Operation::lower`].
    ///
    /// # Errors
    /// The database cannot do it.
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
    /// Statements of the user's own.
    Data(String),
    /// A function of the project, run by Python: "module:function".
    Python(String),
}

/// An operation that a database cannot carry out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LowerError {
    /// It cannot be written as DDL.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// It does not fit the state.
    #[error(transparent)]
    State(#[from] OperationError),
    /// `run_sql` has no text for this database.
    #[error("run_sql has no text for {dialect}")]
    NoText {
        /// The dialect's name.
        dialect: &'static str,
    },
}

macro_rules! operations {
    ($($(#[$doc:meta])* $module:ident :: $name:ident = $tag:literal,)+) => {
        $(mod $module; pub use $module::$name;)+

        /// One change of a schema or its data.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize)]
        #[serde(tag = "op", rename_all = "snake_case")]
        pub enum Operation {
            $($(#[$doc])* $name($name),)+
        }

        /// The word for each operation in files.
        pub const OPERATIONS: &[&str] = &[$($tag),+];

        impl Operation {
            /// The word for it in files.
            #[must_use]
            pub const fn tag(&self) -> &'static str {
                match self { $(Self::$name(_) => $tag,)+ }
            }

            /// Read the fields of the operation with this word; `None` when there is no such word.
            ///
            /// # Errors
            /// A field is unknown, missing or of a wrong type.
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
    /// A new table.
    create_table::CreateTable = "create_table",
    /// A table goes, with its rows.
    drop_table::DropTable = "drop_table",
    /// Another name for a table.
    rename_table::RenameTable = "rename_table",
    /// A new column.
    add_column::AddColumn = "add_column",
    /// A column goes, with its data.
    drop_column::DropColumn = "drop_column",
    /// Another type, default or nullability.
    alter_column::AlterColumn = "alter_column",
    /// Another name for a column.
    rename_column::RenameColumn = "rename_column",
    /// Another primary key.
    alter_primary_key::AlterPrimaryKey = "alter_primary_key",
    /// A new index.
    add_index::AddIndex = "add_index",
    /// An index goes.
    drop_index::DropIndex = "drop_index",
    /// Another name for an index.
    rename_index::RenameIndex = "rename_index",
    /// A new unique constraint.
    add_unique::AddUnique = "add_unique",
    /// A unique constraint goes.
    drop_unique::DropUnique = "drop_unique",
    /// A new check.
    add_check::AddCheck = "add_check",
    /// A check goes.
    drop_check::DropCheck = "drop_check",
    /// A new foreign key.
    add_foreign_key::AddForeignKey = "add_foreign_key",
    /// A foreign key goes.
    drop_foreign_key::DropForeignKey = "drop_foreign_key",
    /// Another name for a constraint.
    rename_constraint::RenameConstraint = "rename_constraint",
    /// A new label of an enum.
    add_enum_value::AddEnumValue = "add_enum_value",
    /// Another label for the same value.
    rename_enum_value::RenameEnumValue = "rename_enum_value",
    /// A label of an enum goes.
    drop_enum_value::DropEnumValue = "drop_enum_value",
    /// Another order of an enum's labels.
    order_enum_values::OrderEnumValues = "order_enum_values",
    /// Another comment.
    comment::Comment = "comment",
    /// SQL of the user's own.
    run_sql::RunSql = "run_sql",
    /// A Python function of the project.
    run_python::RunPython = "run_python",
}

impl Operation {
    /// Make the change in the state.
    ///
    /// # Errors
    /// The state does not allow it; the state may then be changed in part.
    pub fn apply(&self, state: &mut Schema) -> Result<(), OperationError> {
        self.inner().apply(state)
    }

    /// The operation that takes the change back, given the state before it.
    ///
    /// # Errors
    /// It cannot be taken back, or does not fit the state.
    pub fn reverse(&self, before: &Schema) -> Result<Operation, Irreversible> {
        self.inner().reverse(before)
    }

    /// What it does, in a line for people.
    #[must_use]
    pub fn describe(&self) -> String {
        self.inner().describe()
    }

    /// The statements for a database, given the states around the operation.
    ///
    /// # Errors
    /// The database cannot do it.
    pub fn lower(
        &self,
        before: &Schema,
        after: &Schema,
        style: &DdlStyle,
    ) -> Result<Vec<Lowered>, LowerError> {
        let (old, new) = (
            ddl::enum_types(&before.tables)?,
            ddl::enum_types(&after.tables)?,
        );
        let mut steps = Vec::new();
        // What vectors need stays: others may need it too.
        if ddl::create_vectors(style, &before.tables).is_none() {
            let sql = ddl::create_vectors(style, &after.tables);
            steps.extend(sql.map(|sql| Lowered::Ddl(Ddl::Sql(sql.to_owned()))));
        }
        // An enum type lives as long as a column uses it.
        for ty in new
            .iter()
            .filter(|ty| !old.iter().any(|known| known.name == ty.name))
        {
            let sql = ddl::create_enum(style, ty)?;
            steps.extend(sql.map(|sql| Lowered::Ddl(Ddl::Sql(sql))));
        }
        steps.extend(self.inner().lower(before, after, style)?);
        for ty in old
            .iter()
            .filter(|ty| !new.iter().any(|known| known.name == ty.name))
        {
            let sql = ddl::drop_enum(style, &ty.name, false);
            steps.extend(sql.map(|sql| Lowered::Ddl(Ddl::Sql(sql))));
        }
        Ok(steps)
    }

    /// Whether it may read or change rows in ways that the state does not tell.
    #[must_use]
    pub const fn is_data(&self) -> bool {
        matches!(self, Self::RunSql(_) | Self::RunPython(_))
    }
}

fn ddl_steps(steps: Vec<Ddl>) -> Vec<Lowered> {
    steps.into_iter().map(Lowered::Ddl).collect()
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature that serde asks for"
)]
const fn is_false(value: &bool) -> bool {
    !*value
}
