//! The result of compilation: SQL text, how to bind the values, and the columns of the rows.

use crate::search::{SearchForm, SearchSyntax};
use crate::types::ColumnType;

/// A compiled statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// SQL with the dialect's placeholders. For a bulk plan: the statement for one row.
    pub sql: String,
    /// One entry per placeholder, in the order of the placeholders.
    pub binds: Vec<Bind>,
    /// The result columns; empty if the statement returns no rows.
    pub outputs: Vec<OutputColumn>,
    /// Whether it changes rows or locks them.
    pub writes: bool,
    /// Whether it inserts every given row as a new one or fails: a plain INSERT, no upsert.
    pub plain_insert: bool,
    /// How to send any number of rows, for inserts of `Rows` and bulk updates.
    pub bulk: Option<Bulk>,
}

impl Plan {
    /// Return the plan with a comment at the end of each of its statements.
    ///
    /// ```
    /// # use oxyde_sql::plan::Plan;
    /// # fn example(plan: &Plan) {
    /// let plan = plan.commented("route='%2Fposts'");
    /// assert!(plan.is_some_and(|plan| plan.sql.ends_with("/*route='%2Fposts'*/")));
    /// # }
    /// ```
    ///
    /// `None` if the text could end the comment.
    #[must_use]
    pub fn commented(&self, text: &str) -> Option<Plan> {
        if text.contains("*/") || text.contains("/*") || text.contains('?') {
            return None;
        }
        let mut plan = self.clone();
        let comment = format!(" /*{text}*/");
        plan.sql.push_str(&comment);
        match &mut plan.bulk {
            None | Some(Bulk::PerRow) => (),
            Some(Bulk::Arrays { sql, copy }) => {
                sql.push_str(&comment);
                if let Some(copy) = copy {
                    copy.sql.push_str(&comment);
                }
            }
            Some(Bulk::Text { suffix, .. }) => suffix.push_str(&comment),
        }
        Some(plan)
    }

    /// Return the plan of a query that first waits until its node has applied what the cluster has
    /// committed, for a server with [`causal_statements`].
    ///
    /// [`causal_statements`]: crate::dialect::Features::causal_statements
    #[must_use]
    pub fn causal(&self) -> Plan {
        Plan {
            sql: format!("SET STATEMENT wsrep_sync_wait = 1 FOR {}", self.sql),
            ..self.clone()
        }
    }

    /// The binds in the order of a row's values, as [`Bulk::Arrays`] and [`Bulk::Text`] have
    /// their placeholders. (`binds` itself follows `sql`, where an `UPDATE` names its keys last.)
    #[must_use]
    pub fn row_binds(&self) -> Vec<Bind> {
        let mut binds = self.binds.clone();
        binds.sort_by_key(|bind| bind.param);
        // An expression may use a value several times, and a key is also compared by its day.
        binds.retain(|bind| !matches!(bind.form, Form::Since | Form::Until));
        binds.dedup();
        binds
    }
}

/// How one placeholder gets its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Bind {
    /// Index into the values of the run (for a bulk plan: of the row).
    pub param: u32,
    /// The type that the value is sent as, independent of the value.
    pub ty: ColumnType,
    /// The form it is sent in.
    pub form: Form,
}

/// The form of a bound value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Unchanged.
    Scalar,
    /// A list as one PostgreSQL array of `ty`.
    Array,
    /// A list as one JSON string, whose items the statement converts back to `ty`: integers,
    /// booleans (0 and 1) and durations as numbers, everything else as the strings that a column
    /// stores; binary data in hexadecimal on SQLite, in base64 on MySQL and MariaDB.
    JsonList,
    /// The item of a list at a position; the last one where the list is shorter.
    Item(u32),
    /// The day before a date and time, as text: sorts before every format of it and of later ones.
    Since,
    /// The second day after a date and time, as text: sorts after every format of it and of
    /// earlier ones.
    Until,
    /// A LIKE pattern of the text: wildcards escaped with `\`, and `%` before and after it.
    Contains,
    /// The same with `%` only after it.
    StartsWith,
    /// The same with `%` only before it.
    EndsWith,
    /// The first text after all that begin with the text; binary data, which sorts after all text
    /// in SQLite, where there is none.
    Beyond,
    /// Escaped, without `%`: a case-insensitive comparison with LIKE.
    Like,
    /// The text of a full-text search, translated by [`search_text`](crate::search::search_text).
    Search {
        /// The target syntax.
        syntax: SearchSyntax,
        /// The form of the text.
        form: SearchForm,
    },
}

/// A result column.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputColumn {
    /// Its name.
    pub name: String,
    /// The type that it is decoded as.
    pub ty: ColumnType,
}

/// How to copy rows into a table, in the text format of `COPY`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// `COPY … FROM STDIN`. Its columns are those of a row's values, then the key.
    pub sql: String,
    /// Checks whether the table supports COPY. Returns no row or NULL if it does not, otherwise
    /// TRUE, or with `keyed` an array of new keys; its one parameter is the number of keys.
    pub check: String,
    /// Whether the database generates a key, which the plan returns.
    pub keyed: bool,
}

/// How a plan sends any number of rows.
#[derive(Clone, Debug, PartialEq)]
pub enum Bulk {
    /// One statement with one array per column (PostgreSQL `UNNEST`).
    Arrays {
        /// SQL whose placeholder `i` is bound to the array of value `i` of the rows, typed by
        /// [`Plan::row_binds`].
        sql: String,
        /// The faster way to insert very many rows.
        copy: Option<Copy>,
    },
    /// One prepared statement that runs once per row (SQLite): `Plan::sql` itself.
    PerRow,
    /// Multi-row statements: `prefix`, then `first` once and `next` for each further row,
    /// then `suffix`. Placeholders are `?`, row after row; if the dialect numbers them
    /// (`numbered`), `first` and `next` contain `?` too, and the driver writes `$n`.
    Text {
        /// The SQL before the first row.
        prefix: String,
        /// The SQL of the first row.
        first: String,
        /// The SQL of each further row, with its comma.
        next: String,
        /// The SQL after the last row.
        suffix: String,
        /// Whether `?` becomes `$n`.
        numbered: bool,
    },
}
