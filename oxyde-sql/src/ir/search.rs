use serde::{Deserialize, Serialize};

use super::Expr;
use crate::search::SearchForm;

/// A full-text search over columns of one table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Search {
    /// The columns, in the order of the index.
    pub columns: Vec<Expr>,
    /// What is searched for: a text param.
    pub query: Expr,
    /// How the text is read.
    pub form: SearchForm,
    /// PostgreSQL's text search configuration (`simple`, `english` …).
    pub config: String,
    /// The full-text index over exactly these columns, where the schema has one.
    #[serde(deserialize_with = "Option::deserialize")]
    pub index: Option<SearchIndex>,
    /// What comes out.
    pub gives: SearchResult,
}

/// What a search finds its rows by, where the database needs an index for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SearchIndex {
    /// Its name.
    pub name: String,
    /// Alias of the table in this statement.
    pub table: String,
    /// The integer key of the table, where it has one.
    #[serde(deserialize_with = "Option::deserialize")]
    pub key: Option<String>,
}

/// What a search gives for a row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum SearchResult {
    /// Whether it is found.
    Found,
    /// How well it fits, larger is better; with a weight per column, or none.
    Rank(Vec<f64>),
}
