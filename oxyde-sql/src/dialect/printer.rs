use super::{Dialect, Features};

/// Which of sea-query's builders prints a dialect: it quotes identifiers and says how a
/// placeholder looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Printing {
    /// PostgreSQL's: `"name"`, `$1`.
    Dollar,
    /// SQLite's: `"name"`, `?`.
    Question,
    /// MySQL's: `` `name` ``, `?`.
    Backtick,
}

/// How a path into a JSON document is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JsonPathStyle {
    /// An array of steps: `{"key",0}`.
    Array,
    /// `$."key"[0]`, from the end `[#-1]`.
    Hash,
    /// `$."key"[0]`, from the end `[last]`.
    Last,
    /// `$."key"[0]`. MariaDB knows `[last]`, but resolves it for the first row only.
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

    /// The words of a shared lock. MySQL's newer form takes `OF`, `NOWAIT`, `SKIP LOCKED`.
    pub(crate) const fn share_clause(&self) -> &'static str {
        match self.dialect {
            Dialect::Postgres | Dialect::Sqlite | Dialect::Mysql => "FOR SHARE",
            Dialect::Mariadb => "LOCK IN SHARE MODE",
        }
    }

    /// The limit that lets every row through, for an offset without a limit.
    pub(crate) const fn no_limit(&self) -> Option<&'static str> {
        match self.dialect {
            Dialect::Postgres => None,
            Dialect::Sqlite => Some("-1"),
            Dialect::Mysql | Dialect::Mariadb => Some("18446744073709551615"),
        }
    }
}
