//! One change of a table, and the statements that it takes.

use super::Rebuild;
use crate::schema::{Check, Column, ForeignKey, Index, Unique};

/// One change of a table that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change<'a> {
    /// A new column; `backfill` is an SQL expression for the rows that are there.
    AddColumn {
        /// The column.
        column: &'a Column,
        /// Value for the rows that are there.
        backfill: Option<&'a str>,
    },
    /// The column and its data go.
    DropColumn {
        /// Its name.
        name: &'a str,
    },
    /// Another type, default, nullability, counter or comment under the same name.
    AlterColumn {
        /// As it was.
        from: &'a Column,
        /// As it will be.
        to: &'a Column,
        /// SQL that makes the new value of the old one, where the database does not know how.
        using: Option<&'a str>,
        /// Value for the NULLs that are there, when NULL is no longer allowed.
        backfill: Option<&'a str>,
    },
    /// The same column under another name.
    RenameColumn {
        /// Old name.
        from: &'a str,
        /// New name.
        to: &'a str,
    },
    /// A new index.
    AddIndex {
        /// The index.
        index: &'a Index,
        /// Without blocking writers, outside a transaction.
        concurrently: bool,
    },
    /// The index goes.
    DropIndex {
        /// Its name.
        name: &'a str,
        /// Without blocking writers, outside a transaction.
        concurrently: bool,
    },
    /// The same index under another name.
    RenameIndex {
        /// As it was.
        from: &'a Index,
        /// New name.
        to: &'a str,
    },
    /// A new unique constraint.
    AddUnique {
        /// The constraint.
        unique: &'a Unique,
    },
    /// The unique constraint goes.
    DropUnique {
        /// Its name.
        name: &'a str,
    },
    /// A new check.
    AddCheck {
        /// The check.
        check: &'a Check,
        /// Without testing the rows that are there while the table is locked.
        not_valid: bool,
    },
    /// The check goes.
    DropCheck {
        /// Its name.
        name: &'a str,
    },
    /// A new foreign key.
    AddForeignKey {
        /// The foreign key.
        key: &'a ForeignKey,
        /// Without testing the rows that are there while both tables are locked.
        not_valid: bool,
    },
    /// The foreign key goes.
    DropForeignKey {
        /// Its name.
        name: &'a str,
    },
    /// The same constraint under another name.
    RenameConstraint {
        /// Old name.
        from: &'a str,
        /// New name.
        to: &'a str,
    },
    /// Another primary key.
    AlterPrimaryKey,
    /// Another comment of the table.
    CommentTable,
}

/// What one change takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A statement that takes part in the transaction, where the dialect's DDL does.
    Sql(String),
    /// A statement that cannot run inside a transaction.
    Alone(String),
    /// The table is built anew.
    Rebuild(Box<Rebuild>),
}
