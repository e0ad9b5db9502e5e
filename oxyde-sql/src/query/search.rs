//! Full-text search.

use sea_query::Expr as SeaExpr;

use super::context::Context;
use super::expr::{column, expr, iden};
use super::fragment::{Precedence, Sql};
use crate::dialect::{
    SEARCHED, SEARCHED_BETWEEN, SearchStyle, is_search_config, quote_text, words_column,
};
use crate::error::SqlError;
use crate::ir::{Expr, Search, SearchIndex, SearchResult};
use crate::plan::Form;
use crate::search::{SearchForm, SearchSyntax};
use crate::types::ColumnType;

/// Whether a row matches, or its rank.
pub(crate) fn search(cx: &mut Context<'_>, search: &Search) -> Result<Sql, SqlError> {
    if !is_search_config(&search.config) {
        return Err(SqlError::BadName {
            name: search.config.clone(),
        });
    }
    if let SearchResult::Rank(weights) = &search.gives
        && (weights
            .iter()
            .any(|weight| !weight.is_finite() || *weight < 0.0)
            || !(weights.is_empty() || weights.len() == search.columns.len()))
    {
        return Err(SqlError::Invalid {
            what: "the weights of a search do not match its columns",
            hint: "pass a weight of 0 or more for each column",
        });
    }
    match (cx.features.search_style(), &search.index) {
        (SearchStyle::Vector, _) => by_vector(cx, search),
        (SearchStyle::VirtualTable, Some(index)) => by_virtual_table(cx, search, index),
        (SearchStyle::WordsColumn, Some(index)) => by_words(cx, search, index),
        (_, None) => Err(cx.unsupported("full-text search without a full-text index")),
    }
}

/// The placeholder of the text; with a form of its own if the dialect has another syntax.
fn text(
    cx: &mut Context<'_>,
    search: &Search,
    syntax: Option<SearchSyntax>,
) -> Result<Sql, SqlError> {
    let Expr::Param {
        index, list: false, ..
    } = &search.query
    else {
        return Err(SqlError::Argument {
            kind: "lookup",
            name: "search",
            takes: "a string, not an expression",
        });
    };
    let form = match syntax {
        None => Form::Scalar,
        Some(syntax) => Form::Search {
            syntax,
            form: search.form,
        },
    };
    Ok(cx.placeholder(*index, &ColumnType::Text, form))
}

fn by_vector(cx: &mut Context<'_>, search: &Search) -> Result<Sql, SqlError> {
    let config = Sql::text(quote_text(&search.config, cx.features.dialect));
    let (function, syntax) = match search.form {
        SearchForm::Plain => ("PLAINTO_TSQUERY({0}, {1})", None),
        SearchForm::Phrase => ("PHRASETO_TSQUERY({0}, {1})", None),
        SearchForm::Websearch => ("WEBSEARCH_TO_TSQUERY({0}, {1})", None),
        SearchForm::Any => (
            "WEBSEARCH_TO_TSQUERY({0}, {1})",
            Some(SearchSyntax::Websearch),
        ),
        SearchForm::Raw => ("TO_TSQUERY({0}, {1})", None),
    };
    let mut texts = Vec::with_capacity(search.columns.len());
    for column in &search.columns {
        let column = expr(cx, column)?;
        texts.push(cx.join.fill(SEARCHED, &[column], Precedence::Term));
    }
    let vector = |cx: &Context<'_>, texts: Vec<Sql>| {
        let document = cx.join.list(texts, SEARCHED_BETWEEN, Precedence::Operator);
        cx.join.fill(
            "TO_TSVECTOR({0}, {1})",
            &[config.clone(), document],
            Precedence::Term,
        )
    };
    let SearchResult::Rank(weights) = &search.gives else {
        let document = vector(cx, texts);
        let query = text(cx, search, syntax)?;
        let query = cx.join.fill(function, &[config, query], Precedence::Term);
        return Ok(cx
            .join
            .fill("{0} @@ {1}", &[document, query], Precedence::Compare));
    };
    let (document, scale) = if weights.is_empty() {
        (vector(cx, texts), None)
    } else {
        let (letters, scale) = letters(cx, weights)?;
        let mut parts = Vec::with_capacity(texts.len());
        for (text, letter) in texts.into_iter().zip(letters) {
            let part = vector(cx, vec![text]);
            let letter = Sql::text(format!("'{letter}'"));
            parts.push(
                cx.join
                    .fill("SETWEIGHT({0}, {1})", &[part, letter], Precedence::Term),
            );
        }
        (
            cx.join.list(parts, " || ", Precedence::Operator),
            Some(scale),
        )
    };
    let query = text(cx, search, syntax)?;
    let query = cx.join.fill(function, &[config, query], Precedence::Term);
    let rank = match scale {
        None => cx
            .join
            .fill("TS_RANK({0}, {1})", &[document, query], Precedence::Term),
        Some(scale) => {
            let scale = Sql::text(format!("'{scale}'"));
            cx.join.fill(
                "TS_RANK({2}, {0}, {1})",
                &[document, query, scale],
                Precedence::Term,
            )
        }
    };
    Ok(cx.cast(rank, &ColumnType::Double))
}

/// A letter for each column, and the weights of `ts_rank` for D, C, B and A: at most 1, so that
/// weights are relative to the largest.
fn letters(cx: &Context<'_>, weights: &[f64]) -> Result<(Vec<char>, String), SqlError> {
    let largest = weights.iter().copied().fold(0.0, f64::max);
    let mut different: Vec<f64> = weights.to_vec();
    different.sort_by(|a, b| b.total_cmp(a));
    different.dedup_by(|a, b| a.total_cmp(b).is_eq());
    if different.len() > 4 {
        return Err(cx.unsupported("search with more than four different weights"));
    }
    let place = |weight: &f64| {
        different
            .iter()
            .position(|other| other.total_cmp(weight).is_eq())
    };
    let letters = weights
        .iter()
        .map(|weight| ['A', 'B', 'C', 'D'][place(weight).unwrap_or(0)])
        .collect();
    let scale: Vec<String> = (0..4)
        .rev()
        .map(|at| different.get(at).copied().unwrap_or(0.0))
        .map(|weight| if largest > 0.0 { weight / largest } else { 0.0 })
        .map(|weight| weight.to_string())
        .collect();
    Ok((letters, format!("{{{}}}", scale.join(","))))
}

fn by_virtual_table(
    cx: &mut Context<'_>,
    search: &Search,
    index: &SearchIndex,
) -> Result<Sql, SqlError> {
    let Some(key) = &index.key else {
        return Err(cx.unsupported("full-text search in a table without an integer key"));
    };
    let key = column(cx, &index.table, key)?;
    let found = Sql::term(SeaExpr::col(iden(&index.name)?));
    let query = text(cx, search, Some(SearchSyntax::Fts5))?;
    let SearchResult::Rank(weights) = &search.gives else {
        return Ok(cx.join.fill(
            "{0!} IN (SELECT rowid FROM {1} WHERE {1} MATCH {2})",
            &[key, found, query],
            Precedence::Compare,
        ));
    };
    let mut arguments = vec![found.clone()];
    arguments.extend(
        weights
            .iter()
            .map(|weight| Sql::text(format!("{weight:?}"))),
    );
    let arguments = cx.join.list(arguments, ", ", Precedence::Or);
    // The limit prevents inlining of the inner query, so that the ranks are computed once.
    Ok(cx.join.fill(
        "COALESCE((SELECT found_rank FROM (SELECT rowid AS found_row, -bm25({3}) AS found_rank \
         FROM {1} WHERE {1} MATCH {2} LIMIT -1) WHERE found_row = {0}), 0.0)",
        &[key, found, query, arguments],
        Precedence::Term,
    ))
}

fn by_words(cx: &mut Context<'_>, search: &Search, index: &SearchIndex) -> Result<Sql, SqlError> {
    let words = column(cx, &index.table, &words_column(&index.name))?;
    let (template, syntax) = match search.form {
        SearchForm::Any => (
            "MATCH ({0}) AGAINST ({1} IN NATURAL LANGUAGE MODE)",
            SearchSyntax::Natural,
        ),
        _ => (
            "MATCH ({0}) AGAINST ({1} IN BOOLEAN MODE)",
            SearchSyntax::Boolean,
        ),
    };
    let query = text(cx, search, Some(syntax))?;
    let rank = cx.join.fill(template, &[words, query], Precedence::Term);
    match &search.gives {
        SearchResult::Found => Ok(cx.join.fill("{0} > 0", &[rank], Precedence::Compare)),
        SearchResult::Rank(weights) if weights.is_empty() => Ok(rank),
        SearchResult::Rank(_) => Err(cx.unsupported("search with weights")),
    }
}
