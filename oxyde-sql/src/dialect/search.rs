use super::{Dialect, Features};

/// What full-text search works by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchStyle {
    /// `to_tsvector(…) @@ to_tsquery(…)`; an index over the same expression makes it fast.
    Vector,
    /// A virtual table beside the table, kept by triggers (FTS5).
    VirtualTable,
    /// A generated column with the words of all columns, in a collation that knows no case, and
    /// a `FULLTEXT` index over it. (Tables compare their own texts case by case, which a search
    /// over the columns themselves would do too.)
    WordsColumn,
}

impl SearchStyle {
    /// That of a dialect.
    #[must_use]
    pub const fn of(dialect: Dialect) -> Self {
        match dialect {
            Dialect::Postgres => Self::Vector,
            Dialect::Sqlite => Self::VirtualTable,
            Dialect::Mysql | Dialect::Mariadb => Self::WordsColumn,
        }
    }
}

impl Features {
    pub(crate) const fn search_style(&self) -> SearchStyle {
        SearchStyle::of(self.dialect)
    }
}

/// A column in the text that `to_tsvector` reads. An index serves a search only where both are
/// written alike.
pub(crate) const SEARCHED: &str = "COALESCE({0}, '')";
/// What stands between two columns there.
pub(crate) const SEARCHED_BETWEEN: &str = " || ' ' || ";

/// The generated column of an index over words.
#[must_use]
pub fn words_column(index: &str) -> String {
    crate::ddl::shorten(&format!("{index}_words"))
}

/// Whether it can be the name of a text search configuration (`english`, `app.german`).
pub(crate) fn is_search_config(name: &str) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'))
}
