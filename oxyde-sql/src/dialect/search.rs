use super::{Dialect, Features};

/// The implementation of full-text search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchStyle {
    /// `to_tsvector(…) @@ to_tsquery(…)`; an index over the same expression makes it fast.
    Vector,
    /// A separate FTS5 table, maintained by triggers.
    VirtualTable,
    /// A generated column with the text of all columns, in a case-insensitive collation, and
    /// a `FULLTEXT` index over it. (Text columns have a case-sensitive collation, so a search
    /// over the columns themselves would be case-sensitive too.)
    WordsColumn,
}

impl SearchStyle {
    /// Return that of a dialect.
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

/// A column in the argument of `to_tsvector`. An index serves a search only if both expressions are
/// identical.
pub(crate) const SEARCHED: &str = "COALESCE({0}, '')";
/// The separator of two columns there.
pub(crate) const SEARCHED_BETWEEN: &str = " || ' ' || ";

/// The generated column of an index over words.
#[must_use]
pub fn words_column(index: &str) -> String {
    crate::ddl::shorten(&format!("{index}_words"))
}

/// Whether the text is a valid name of a text search configuration (`english`, `app.german`).
pub(crate) fn is_search_config(name: &str) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'))
}
