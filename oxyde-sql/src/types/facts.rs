//! What a column type declares about itself.

use super::{ColumnType, Family};
use crate::dialect::{Dialect, Features};

/// Everything that this crate knows about a column type, in one table entry.
#[derive(Debug)]
pub struct Facts {
    /// Its name in the IR, and in Python.
    pub name: &'static str,
    /// The names of its arguments in the IR.
    pub parts: &'static [&'static str],
    /// Its family, which determines the lookups.
    pub family: Family,
    /// One of its values, in messages: `a UUID`.
    pub noun: &'static str,
    /// The names that `introspect` reads, and how: it gets the numbers in parentheses.
    pub read: &'static [Reading],
    /// The type in definitions.
    pub(super) storage: Storage,
    /// The type in `CAST(… AS type)`.
    pub(super) cast: Casts,
    /// The type of a column of `JSON_TABLE`, for the lists of MySQL and MariaDB.
    pub(super) json_table: Name,
    /// Converts the text in such a column to the value (`{0}` is the column).
    pub(super) from_json: &'static str,
    /// The cast that a bound value needs for PostgreSQL to accept it as this type.
    pub(super) parameter_cast: fn(&ColumnType) -> Option<String>,
    /// Set if some databases do not have such columns.
    pub only: Option<&'static Only>,
}

/// Names of a type in a database's catalog, without arguments, and what they are read as.
pub type Reading = (&'static [&'static str], fn(&[u32]) -> Option<ColumnType>);

/// A type that only some databases have.
#[derive(Debug)]
pub struct Only {
    /// Its values, in messages: `vectors`.
    pub what: &'static str,
    /// What it needs, as a hint.
    pub hint: &'static str,
    /// Whether a database has it.
    pub has: fn(&Features) -> bool,
}

/// A name of a type in SQL.
#[derive(Clone, Copy, Debug)]
pub(super) enum Name {
    Is(&'static str),
    /// It depends on the arguments of the type, or on the dialect.
    Of(fn(&ColumnType, Dialect) -> String),
}

impl Name {
    pub(super) fn of(self, ty: &ColumnType, dialect: Dialect) -> String {
        match self {
            Self::Is(name) => name.to_owned(),
            Self::Of(name) => name(ty, dialect),
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Storage {
    pub(super) postgres: Name,
    pub(super) sqlite: Name,
    pub(super) mysql: Name,
    /// In a key, index or foreign key of MySQL, if it differs.
    pub(super) keyed: Option<&'static str>,
}

impl Storage {
    /// The same name everywhere.
    pub(super) const fn same(name: Name) -> Self {
        Self::of(name, name, name)
    }

    pub(super) const fn of(postgres: Name, sqlite: Name, mysql: Name) -> Self {
        Self {
            postgres,
            sqlite,
            mysql,
            keyed: None,
        }
    }
}

/// `None` if the dialect cannot cast to the type, and the value is used without a cast.
/// PostgreSQL casts to any type, by the name that definitions use.
#[derive(Clone, Copy, Debug)]
pub(super) struct Casts {
    pub(super) sqlite: Option<&'static str>,
    pub(super) mysql: Option<Name>,
    pub(super) mariadb: Option<Name>,
}

impl Casts {
    pub(super) const NONE: Self = Self {
        sqlite: None,
        mysql: None,
        mariadb: None,
    };

    pub(super) const fn of(sqlite: Option<&'static str>, mysql: Name) -> Self {
        Self {
            sqlite,
            mysql: Some(mysql),
            mariadb: Some(mysql),
        }
    }
}

pub(super) fn no_cast(_: &ColumnType) -> Option<String> {
    None
}
