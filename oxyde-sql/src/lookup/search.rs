use super::{Call, Lookup, Rendering, Takes, lookup};
use crate::error::SqlError;
use crate::ir::{Search, SearchResult};
use crate::query::{Context, Sql, search};
use crate::search::SearchForm;
use crate::types::Families;

/// Full-text search for all words, if the database can do it without a full-text index;
/// [`Search`] uses the indexes.
pub(super) const LOOKUPS: &[Lookup] = &[Lookup {
    takes: Takes::Text,
    ..lookup("search", Families::TEXT, Rendering::With(plain))
}];

fn plain(cx: &mut Context<'_>, call: &Call<'_>) -> Result<Sql, SqlError> {
    let wanted = Search {
        columns: vec![call.operand.clone()],
        query: call.arguments[0].clone(),
        form: SearchForm::Plain,
        config: "simple".to_owned(),
        index: None,
        gives: SearchResult::Found,
    };
    search(cx, &wanted)
}
