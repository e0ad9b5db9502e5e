//! What comes out: SQL text, how to bind the values, and what the rows look like.

use crate::search::{SearchForm, SearchSyntax};
use crate::types::ColumnType;

/// A compiled statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// SQL with the dialect's placeholders. For a bulk plan: the statement for one row.
    pub sql: String,
    /// One entry per placeholder, in the order of the placeholders.
    pub binds: Vec<Bind>,
    /// The columns of the answer; empty when the statement returns no rows.
    pub outputs: Vec<OutputColumn>,
    /// Whether it changes rows or locks them.
    pub writes: bool,
    /// How any number of rows is sent, for inserts of `Rows` and bulk updates.
    pub bulk: Option<Bulk>,
}

impl Plan {
    /// The binds in the order of a row's values, as [`Bulk::Arrays`] and [`Bulk::Text`] have
    /// their placeholders. (`binds` itself follows `sql`, where an `UPDATE` names its keys last.)
    #[must_use]
    pub fn row_binds(&self) -> Vec<Bind> {
        let mut binds = self.binds.clone();
        binds.sort_by_key(|bind| bind.param);
        binds
    }
}

/// How one placeholder gets its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Bind {
    /// Index into the values of the run (for a bulk plan: of the row).
    pub param: u32,
    /// The type that the value is sent as, whatever the value is.
    pub ty: ColumnType,
    /// The form it is sent in.
    pub form: Form,
}

/// The form of a bound value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As it is.
    Scalar,
    /// A list as one PostgreSQL array of `ty`.
    Array,
    /// A list as one JSON text, whose items the statement converts back to `ty`: integers,
    /// truth values (0 and 1) and durations as numbers, all else as the texts that a column
    /// stores; binary data in hexadecimal digits on SQLite, in base64 on MySQL and MariaDB.
    JsonList,
    /// A LIKE pattern made of the text: wildcards in it escaped with `\`, then `%` put around.
    Contains,
    /// The same with `%` behind.
    StartsWith,
    /// The same with `%` before.
    EndsWith,
    /// Escaped, without `%`: a case-insensitive comparison by LIKE.
    Like,
    /// The text of a full-text search, written anew by [`search_text`](crate::search::search_text).
    Search {
        /// In which language.
        syntax: SearchSyntax,
        /// How the text is read.
        form: SearchForm,
    },
}

/// A column of the answer.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputColumn {
    /// Its name.
    pub name: String,
    /// What it is decoded as.
    pub ty: ColumnType,
}

/// How rows are copied into a table, in the text format of `COPY`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// `COPY … FROM STDIN`. Its columns are those of a row's values, then that of the key.
    pub sql: String,
    /// Asks whether the table can be copied into. It gives no row or NULL where it cannot, else
    /// TRUE, or with `keyed` an array of as many new keys as its one parameter says.
    pub check: String,
    /// Whether the database counts a key, which the plan returns.
    pub keyed: bool,
}

/// How a plan sends any number of rows.
#[derive(Clone, Debug, PartialEq)]
pub enum Bulk {
    /// One statement with one array per column (PostgreSQL `UNNEST`).
    Arrays {
        /// SQL whose placeholder `i` takes the array of value `i` of the rows, typed by
        /// [`Plan::row_binds`].
        sql: String,
        /// The faster way for very many rows of an insert.
        copy: Option<Copy>,
    },
    /// One prepared statement, stepped once per row (SQLite): `Plan::sql` itself.
    PerRow,
    /// Statements of many rows: `prefix`, then `first` once and `next` for each further row,
    /// then `suffix`. Placeholders are `?`, row after row; where the dialect numbers them
    /// (`numbered`), `first` and `next` hold `?` too and the driver writes `$n`.
    Text {
        /// Up to the first row.
        prefix: String,
        /// The first row.
        first: String,
        /// Each further row, with its comma.
        next: String,
        /// After the last row.
        suffix: String,
        /// Whether `?` becomes `$n`.
        numbered: bool,
    },
}
