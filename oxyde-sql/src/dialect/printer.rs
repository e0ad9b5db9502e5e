use super::{Dialect, Features};

/// The sea-query builder that renders a dialect: it quotes identifiers and determines
/// the placeholder syntax.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Printing {
    /// PostgreSQL's: `"name"`, `$1`.
    Dollar,
    /// SQLite's: `"name"`, `?`.
    Question,
    /// MySQL's: `` `name` ``, `?`.
    Backtick,
}

/// The syntax of a path into a JSON document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JsonPathStyle {
    /// An array of steps: `{"key",0}`.
    Array,
    /// `$."key"[0]`, from the end `[#-1]`.
    Hash,
    /// `$."key"[0]`, from the end `[last]`.
    Last,
    /// `$."key"[0]`. MariaDB supports `[last]`, but resolves it only for the first row.
    NoEnd,
}

impl Features {
    pub(crate) const fn json_path_style(&self) -> JsonPathStyle {
        match self.dialect {
            Dialect::Postgres => JsonPathStyle::Array,
            Dialect::Sqlite => JsonPathStyle::Hash,
            Dialect::Mysql => JsonPathStyle::Last,
            Dialect::Mariadb => JsonPathStyle::NoEnd,
        }
    }

    pub(crate) const fn printing(&self) -> Printing {
        match self.dialect {
            Dialect::Postgres => Printing::Dollar,
            Dialect::Sqlite => Printing::Question,
            Dialect::Mysql | Dialect::Mariadb => Printing::Backtick,
        }
    }

    /// The clause of a shared lock. MySQL's newer form accepts `OF`, `NOWAIT`, `SKIP LOCKED`.
    pub(crate) const fn share_clause(&self) -> &'static str {
        match self.dialect {
            Dialect::Postgres | Dialect::Sqlite | Dialect::Mysql => "FOR SHARE",
            Dialect::Mariadb => "LOCK IN SHARE MODE",
        }
    }

    /// A limit that returns all rows, for an offset without a limit.
    pub(crate) const fn no_limit(&self) -> Option<&'static str> {
        match self.dialect {
            Dialect::Postgres => None,
            Dialect::Sqlite => Some("-1"),
            Dialect::Mysql | Dialect::Mariadb => Some("18446744073709551615"),
        }
    }
}
