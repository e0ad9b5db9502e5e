use oxyde_sql::ir::{
    Expr, Output, Predicate, Search, SearchIndex, SearchResult, Select, Statement, Table,
};
use oxyde_sql::search::SearchForm;

use super::GoldenCase;
use super::schema::{Type, text};

fn posts() -> Table {
    Table::new("posts")
}

fn search(form: SearchForm, gives: SearchResult) -> Search {
    let posts = posts();
    Search {
        columns: vec![
            posts.col("title", Type::Text),
            posts.col("body", Type::Text),
        ],
        query: text(0),
        form,
        config: "english".to_owned(),
        index: Some(SearchIndex {
            name: "posts_words".to_owned(),
            table: "posts".to_owned(),
            key: Some("id".to_owned()),
        }),
        gives,
    }
}

fn of(search: Search) -> Expr {
    Expr::Search(Box::new(search))
}

fn found(search: Search) -> Statement {
    Select::from_table(&posts())
        .column(&posts(), "id", Type::BigInt)
        .filter(Predicate::Expr(of(search)))
        .into()
}

fn ranked(weights: Vec<f64>) -> Statement {
    let rank = of(search(SearchForm::Plain, SearchResult::Rank(weights)));
    Select::from_table(&posts())
        .output(Output {
            expr: rank,
            name: "rank".to_owned(),
        })
        .into()
}

pub fn cases() -> Vec<GoldenCase> {
    let mut cases: Vec<GoldenCase> = Vec::new();
    for (name, form) in [
        ("plain", SearchForm::Plain),
        ("any", SearchForm::Any),
        ("phrase", SearchForm::Phrase),
        ("websearch", SearchForm::Websearch),
        ("raw", SearchForm::Raw),
    ] {
        cases.push((name, found(search(form, SearchResult::Found))));
    }
    cases.push(("rank", ranked(Vec::new())));
    cases.push(("rank_weights", ranked(vec![2.0, 0.5])));
    let no_index = Search {
        index: None,
        ..search(SearchForm::Plain, SearchResult::Found)
    };
    cases.push(("no_index", found(no_index)));
    cases.push((
        "found_as_a_value",
        Select::from_table(&posts())
            .output(Output {
                expr: of(search(SearchForm::Plain, SearchResult::Found)),
                name: "found".to_owned(),
            })
            .into(),
    ));
    cases
}
