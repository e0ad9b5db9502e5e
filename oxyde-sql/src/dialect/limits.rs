use super::{Dialect, Features};

/// The size of a statement that a database accepts; `usize::MAX` where memory is the only limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Bound values.
    pub(crate) values: usize,
    /// Columns of a result.
    pub(crate) columns: usize,
    /// Tables in a join.
    pub(crate) tables: usize,
    /// Queries in a chain of set operators.
    pub(crate) combined: usize,
}

impl Features {
    /// How deep a JSON document may be nested. Without a limit of the server, as deep as Python can
    /// read it with its default recursion limit of 1,000, from any call depth.
    #[must_use]
    pub const fn json_depth(&self) -> usize {
        match self.dialect {
            Dialect::Postgres | Dialect::Sqlite => 512,
            Dialect::Mysql => 100,
            Dialect::Mariadb => 31,
        }
    }

    /// The limits of the dialect, as servers are built by default.
    pub(crate) const fn limits(&self) -> Limits {
        match self.dialect {
            Dialect::Postgres => Limits {
                values: 65_535,
                columns: 1_664,
                tables: usize::MAX,
                combined: usize::MAX,
            },
            Dialect::Sqlite => Limits {
                values: 32_766,
                columns: 2_000,
                tables: 64,
                combined: 500,
            },
            Dialect::Mysql | Dialect::Mariadb => Limits {
                values: 65_535,
                columns: 4_096,
                tables: 61,
                combined: usize::MAX,
            },
        }
    }
}
