//! A change of a table, and its statements.

use super::{Rebuild, Redefinition, ValueCheck};
use crate::schema::{Check, Column, ForeignKey, Index, Unique};

/// A change of an existing table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change<'a> {
    /// Add a column; `backfill` is an SQL expression for existing rows.
    AddColumn {
        /// The column.
        column: &'a Column,
        /// Value for existing rows.
        backfill: Option<&'a str>,
    },
    /// Drop a column and its data.
    DropColumn {
        /// Its name.
        name: &'a str,
    },
    /// Change the type, default, nullability, auto-increment or comment of a column.
    AlterColumn {
        /// Its old definition.
        from: &'a Column,
        /// Its new definition.
        to: &'a Column,
        /// SQL expression that converts the old value, if the database cannot convert it itself.
        using: Option<&'a str>,
        /// Value that replaces existing NULLs, if the column becomes NOT NULL.
        backfill: Option<&'a str>,
    },
    /// Rename a column.
    RenameColumn {
        /// Old name.
        from: &'a str,
        /// New name.
        to: &'a str,
    },
    /// Add an index.
    AddIndex {
        /// The index.
        index: &'a Index,
        /// Without blocking writes, outside a transaction.
        concurrently: bool,
    },
    /// Drop an index.
    DropIndex {
        /// Its name.
        name: &'a str,
        /// Without blocking writes, outside a transaction.
        concurrently: bool,
    },
    /// Rename an index.
    RenameIndex {
        /// Its old definition.
        from: &'a Index,
        /// New name.
        to: &'a str,
    },
    /// Add a unique constraint.
    AddUnique {
        /// The constraint.
        unique: &'a Unique,
    },
    /// Drop a unique constraint.
    DropUnique {
        /// Its name.
        name: &'a str,
    },
    /// Add a check constraint.
    AddCheck {
        /// The check.
        check: &'a Check,
        /// Validate existing rows later, without locking the table.
        not_valid: bool,
    },
    /// Drop a check constraint.
    DropCheck {
        /// Its name.
        name: &'a str,
    },
    /// Add a foreign key.
    AddForeignKey {
        /// The foreign key.
        key: &'a ForeignKey,
        /// Validate existing rows later, without locking both tables.
        not_valid: bool,
    },
    /// Drop a foreign key.
    DropForeignKey {
        /// Its name.
        name: &'a str,
    },
    /// Rename a constraint.
    RenameConstraint {
        /// Old name.
        from: &'a str,
        /// New name.
        to: &'a str,
    },
    /// Change the primary key.
    AlterPrimaryKey,
    /// Change the comment of the table.
    CommentTable,
}

/// A step of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A statement that can run in a transaction, if the dialect's DDL is transactional.
    Sql(String),
    /// A statement that cannot run inside a transaction.
    Alone(String),
    /// A new definition of a column, which keeps what only the database has.
    Redefine(Box<Redefinition>),
    /// A check that no value is lost; the steps after it need the result.
    CheckValues(Box<ValueCheck>),
    /// A rebuild of the table.
    Rebuild(Box<Rebuild>),
}
