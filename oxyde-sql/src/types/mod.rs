//! Column types, independent of any database.
//!
//! A type declares everything about itself in one file: its [`Facts`]. To add one, add its variant
//! and its file; the compiler names the rest.

mod array;
mod boolean;
mod bytes;
mod conversion;
mod date;
mod date_time;
mod decimal;
mod double;
mod enumeration;
mod facts;
mod family;
mod inet;
mod integer;
mod interval;
mod json;
mod range;
mod text;
mod time;
mod uuid;
mod vector;

pub use conversion::{as_text, stored_form};
pub use facts::{Facts, Only};
pub use family::{Families, Family};
pub use range::RangeItem;
use serde::{Deserialize, Serialize};
pub(crate) use vector::ONLY as VECTORS;

use crate::dialect::{Dialect, quote_identifier};

/// The type of a column, independent of the database.
///
/// It determines three things: the DDL name per dialect, how a value is sent to and read from the
/// server, and which lookups the column accepts.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ColumnType {
    /// 16-bit signed integer.
    SmallInt,
    /// 32-bit signed integer.
    Integer,
    /// 64-bit signed integer; the default for Python's `int`.
    BigInt,
    /// 64-bit IEEE 754 number.
    Double,
    /// Exact decimal number.
    Decimal {
        /// Total digits; `None` means the database's maximum.
        precision: Option<u16>,
        /// Digits after the decimal point.
        scale: Option<u16>,
    },
    /// True or false.
    Bool,
    /// Text of any length.
    Text,
    /// Text of at most `length` characters.
    Varchar {
        /// Maximum length in characters.
        length: u32,
    },
    /// Binary data.
    Bytes,
    /// Calendar date.
    Date,
    /// Time of day without a time zone, in microseconds.
    Time,
    /// Date and time without a time zone, in microseconds.
    DateTime,
    /// A point in time (stored in UTC), in microseconds.
    TimestampTz,
    /// A duration, in microseconds.
    Interval,
    /// 128-bit identifier (RFC 9562).
    Uuid,
    /// A JSON document.
    Json,
    /// An IPv4 or IPv6 address or network.
    Inet,
    /// A list of scalars: a native array on PostgreSQL, JSON elsewhere.
    Array {
        /// The type of each item.
        item: Box<ColumnType>,
    },
    /// One of a fixed list of strings: a native type on PostgreSQL and MySQL, TEXT with a CHECK on
    /// SQLite.
    Enum {
        /// Name of the type.
        name: String,
        /// The labels in order.
        values: Vec<String>,
    },
    /// A list of 32-bit floating-point numbers with a fixed length, compared by distance:
    /// pgvector's, on PostgreSQL only.
    Vector {
        /// The length; `None` means any length, which no column has.
        dimensions: Option<u16>,
    },
    /// The values between two bounds: on PostgreSQL only.
    Range {
        /// The type of the bounds.
        item: RangeItem,
    },
    /// A custom type (`db_type`), whose values are sent as `base`.
    Custom {
        /// The type in DDL.
        sql: String,
        /// The type that its values are sent as.
        base: Box<ColumnType>,
    },
}

macro_rules! facts {
    ($($variant:ident => $file:ident::$facts:ident,)+) => {
        impl ColumnType {
            /// The facts of every type except custom ones.
            pub const FACTS: &[&Facts] = &[$(&$file::$facts,)+];

            /// What the type declares about itself; for a custom type, what its base declares.
            #[must_use]
            pub fn facts(&self) -> &'static Facts {
                match self {
                    $(Self::$variant { .. } => &$file::$facts,)+
                    Self::Custom { base, .. } => base.facts(),
                }
            }
        }
    };
}

facts! {
    SmallInt => integer::SMALL_INT,
    Integer => integer::INTEGER,
    BigInt => integer::BIG_INT,
    Double => double::FACTS,
    Decimal => decimal::FACTS,
    Bool => boolean::FACTS,
    Text => text::TEXT,
    Varchar => text::VARCHAR,
    Bytes => bytes::FACTS,
    Date => date::FACTS,
    Time => time::FACTS,
    DateTime => date_time::DATE_TIME,
    TimestampTz => date_time::TIMESTAMP_TZ,
    Interval => interval::FACTS,
    Uuid => uuid::FACTS,
    Json => json::FACTS,
    Inet => inet::FACTS,
    Array => array::FACTS,
    Enum => enumeration::FACTS,
    Vector => vector::FACTS,
    Range => range::FACTS,
}

impl ColumnType {
    /// The type that values are sent as: that of a custom type is its base.
    #[must_use]
    pub fn base(&self) -> &Self {
        match self {
            Self::Custom { base, .. } => base.base(),
            other => other,
        }
    }

    /// Return the family, which determines the lookups. A custom type has the family of its base
    /// type.
    #[must_use]
    pub fn family(&self) -> Family {
        self.facts().family
    }

    /// Return the type as used in a definition, with an unquoted enum name.
    ///
    /// `keyed` means that the column is part of a key, index or foreign key: there MySQL accepts
    /// no text without a length. A named enum returns its bare name on PostgreSQL; the
    /// caller quotes and qualifies it.
    #[must_use]
    pub fn storage(&self, dialect: Dialect, keyed: bool) -> String {
        if let Self::Custom { sql, .. } = self {
            return sql.clone();
        }
        let names = &self.facts().storage;
        match (dialect, names.keyed) {
            (Dialect::Postgres, _) => names.postgres.of(self, dialect),
            (Dialect::Sqlite, _) => names.sqlite.of(self, dialect),
            (Dialect::Mysql | Dialect::Mariadb, Some(name)) if keyed => name.to_owned(),
            (Dialect::Mysql | Dialect::Mariadb, _) => names.mysql.of(self, dialect),
        }
    }

    /// Return the type in `CAST(… AS type)`; `None` if the dialect cannot cast to it, and the value
    /// is used without a cast.
    #[must_use]
    pub fn cast_name(&self, dialect: Dialect) -> Option<String> {
        let casts = self.facts().cast;
        let name = match dialect {
            Dialect::Postgres => return Some(self.postgres_name()),
            Dialect::Sqlite => return casts.sqlite.map(str::to_owned),
            Dialect::Mysql => casts.mysql,
            Dialect::Mariadb => casts.mariadb,
        };
        name.map(|name| name.of(self.base(), dialect))
    }

    /// Its name in PostgreSQL's statements.
    fn postgres_name(&self) -> String {
        match self {
            Self::Array { item } => format!("{}[]", item.postgres_name()),
            Self::Enum { name, .. } => quote_identifier(name, Dialect::Postgres),
            // A collation is not a part of the type.
            Self::Custom { sql, .. } => text::split_collation(sql).0.to_owned(),
            ty => ty.storage(Dialect::Postgres, false),
        }
    }

    /// Return a placeholder as a column of a derived table, where nothing else determines its type.
    pub(crate) fn typed_value(&self, dialect: Dialect) -> String {
        match (dialect, self.base()) {
            // A cast to BINARY truncates a placeholder at 65,535 bytes, one to BINARY(n) pads it
            // with zeros.
            (Dialect::Mysql | Dialect::Mariadb, Self::Bytes) => "UNHEX(HEX(?))".to_owned(),
            (_, ty) => match ty.cast_name(dialect) {
                Some(name) => format!("CAST(? AS {name})"),
                None => "?".to_owned(),
            },
        }
    }

    /// Return the collation that a value cast to text needs, so that its case compares like that of
    /// a column: MySQL would use the connection's collation.
    pub(crate) fn cast_collation(&self, dialect: Dialect) -> Option<&'static str> {
        if !Families::TEXTUAL.contains(self.family()) {
            return None;
        }
        text::collation(dialect)
    }

    /// Return the cast that a bound value needs for the server to accept it as this type:
    /// PostgreSQL's enums, IP addresses and custom types are sent as text (or as their base type),
    /// and vectors without the OID of their type, which differs between databases.
    pub(crate) fn parameter_cast(&self, dialect: Dialect) -> Option<String> {
        match (dialect, self) {
            (Dialect::Postgres, Self::Custom { base, .. }) => {
                let name = self.postgres_name();
                if name == base.postgres_name() {
                    return base.parameter_cast(dialect);
                }
                Some(name)
            }
            (Dialect::Postgres, _) => (self.facts().parameter_cast)(self),
            (Dialect::Sqlite | Dialect::Mysql | Dialect::Mariadb, _) => None,
        }
    }

    /// Return the type of a column of `JSON_TABLE`, and the expression that converts its text to
    /// the value (`{0}` is the column), for the lists of MySQL and MariaDB.
    pub(crate) fn json_table(&self, dialect: Dialect) -> (String, &'static str) {
        let facts = self.facts();
        let name = match self.declared_collation() {
            Some(collation) if collation.starts_with("utf8mb4_") => {
                text::of_collation("LONGTEXT", collation)
            }
            _ => facts.json_table.of(self.base(), dialect),
        };
        (name, facts.from_json)
    }

    /// The collation that the user's SQL names for a column of text.
    fn declared_collation(&self) -> Option<&str> {
        match self {
            Self::Custom { sql, base } if base.family() == Family::Text => {
                text::split_collation(sql).1
            }
            _ => None,
        }
    }

    /// Return whether different strings may be equal in a column of this type, by the collation
    /// that the user's SQL names.
    pub(crate) fn folds(&self) -> bool {
        self.declared_collation()
            .is_some_and(|collation| !text::is_binary(collation))
    }

    /// What a database lacks for columns of this type; `None` if it has them.
    #[must_use]
    pub fn lacking(&self, features: &crate::dialect::Features) -> Option<&'static Only> {
        let of_items = match self.base() {
            Self::Array { item } => item.lacking(features),
            _ => None,
        };
        of_items.or_else(|| self.facts().only.filter(|only| !(only.has)(features)))
    }

    /// Return the type of this name in a database's catalog, without its arguments, which are
    /// numbers; `None` if no type has it.
    #[must_use]
    pub fn of_catalog(name: &str, arguments: &[u32]) -> Option<Self> {
        let mut readings = Self::FACTS.iter().flat_map(|facts| facts.read);
        let (_, read) = readings.find(|(names, _)| names.contains(&name))?;
        read(arguments)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_of_a_type_are_listed_under_its_name() {
        for facts in ColumnType::FACTS {
            for (names, read) in facts.read {
                let ty = read(&[3, 2]).unwrap();
                assert!(ColumnType::of_catalog(names[0], &[3, 2]) == Some(ty.clone()));
                assert_eq!(ty.facts().name, facts.name);
                let tag = serde_json::to_string(&ty).unwrap();
                assert!(tag.contains(&format!("\"{}\"", facts.name)), "{tag}");
            }
        }
    }
}
