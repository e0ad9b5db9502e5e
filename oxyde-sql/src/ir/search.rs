use serde::{Deserialize, Serialize};

use super::Expr;
use crate::search::SearchForm;

/// A full-text search over columns of one table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Search {
    /// The columns, in the order of the index.
    pub columns: Vec<Expr>,
    /// The search text: a text param.
    pub query: Expr,
    /// The form of the text.
    pub form: SearchForm,
    /// PostgreSQL's text search configuration (`simple`, `english` …).
    pub config: String,
    /// The full-text index over exactly these columns, if the schema has one.
    #[serde(deserialize_with = "Option::deserialize")]
    pub index: Option<SearchIndex>,
    /// The result.
    pub gives: SearchResult,
}

/// The full-text index of a search, for databases that need it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SearchIndex {
    /// Its name.
    pub name: String,
    /// Alias of the table in this statement.
    pub table: String,
    /// The integer key of the table, if it has one.
    #[serde(deserialize_with = "Option::deserialize")]
    pub key: Option<String>,
}

/// The result of a search for a row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum SearchResult {
    /// Whether the row matches.
    Found,
    /// The rank, larger is better; with a weight per column, or none.
    Rank(Vec<f64>),
}
