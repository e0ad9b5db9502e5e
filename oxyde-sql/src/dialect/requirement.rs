//! What only newer servers can do. Where older ones have another form, a [`Features`] selects it;
//! where they have none, the statement is refused before it is sent.

use super::{Dialect, Features, Version};

/// Something that only newer servers of a dialect can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Requirement {
    /// Everything: the oldest supported server.
    Supported,
    /// Equality of JSON documents, and with it `DISTINCT`, `GROUP BY` and `IN`.
    JsonEquality,
    /// Whether two JSON documents have a common item or key.
    JsonOverlap,
    /// `INTERSECT` and `EXCEPT`.
    IntersectExcept,
    /// `EXPLAIN ANALYZE`.
    ExplainAnalyze,
    /// The bitwise XOR of many rows.
    BitXor,
}

/// The server is older than a requirement demands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} {server} {needed} or newer, and the server is {server} {found}")]
#[non_exhaustive]
pub struct ServerTooOld {
    what: &'static str,
    server: &'static str,
    needed: Version,
    found: Version,
}

impl Requirement {
    /// What needs a version, with its verb, and the version.
    const fn of(self, dialect: Dialect) -> Option<(&'static str, Version)> {
        Some(match (self, dialect) {
            (Self::Supported, Dialect::Postgres) => (
                "Oxyde, which uses gen_random_uuid(), needs",
                Version::new(13, 0, 0),
            ),
            (Self::Supported, Dialect::Mysql) => (
                "Oxyde, whose tables use the collation utf8mb4_0900_bin, needs",
                Version::new(8, 0, 17),
            ),
            (Self::Supported, Dialect::Mariadb) => (
                "Oxyde, which uses JSON_TABLE, needs",
                Version::new(10, 6, 0),
            ),
            (Self::JsonEquality, Dialect::Mariadb) => {
                ("equality of JSON values needs", Version::new(10, 7, 0))
            }
            (Self::JsonOverlap, Dialect::Mariadb) => {
                ("`overlap` and `has_any_keys` need", Version::new(10, 9, 0))
            }
            (Self::IntersectExcept, Dialect::Mysql) => {
                ("INTERSECT and EXCEPT need", Version::new(8, 0, 31))
            }
            (Self::ExplainAnalyze, Dialect::Mysql) => {
                ("EXPLAIN ANALYZE needs", Version::new(8, 0, 18))
            }
            (Self::BitXor, Dialect::Postgres) => ("BitXor needs", Version::new(14, 0, 0)),
            _ => return None,
        })
    }
}

impl Features {
    /// Check that the server is new enough.
    ///
    /// ```
    /// use oxyde_sql::dialect::{Dialect, Features, Requirement, Version};
    ///
    /// let old = Features::of_server(Dialect::Mysql, Version::new(8, 0, 30));
    /// let error = old.require(Requirement::IntersectExcept).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "INTERSECT and EXCEPT need MySQL 8.0.31 or newer, and the server is MySQL 8.0.30"
    /// );
    /// ```
    ///
    /// # Errors
    /// [`ServerTooOld`] if it is not.
    pub fn require(&self, requirement: Requirement) -> Result<(), ServerTooOld> {
        match requirement.of(self.dialect) {
            Some((what, needed)) if self.version < needed => Err(ServerTooOld {
                what,
                server: self.dialect.label(),
                needed,
                found: self.version,
            }),
            _ => Ok(()),
        }
    }
}

impl Dialect {
    /// The oldest supported version; `None` if the driver includes the database.
    #[must_use]
    pub fn oldest(self) -> Option<Version> {
        Requirement::Supported.of(self).map(|(_, version)| version)
    }
}
