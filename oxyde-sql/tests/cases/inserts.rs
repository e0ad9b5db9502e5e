use oxyde_sql::ir::{Expr, Insert, InsertSource, Select, Table};

use super::GoldenCase;
use super::schema::{Type, column, columns, int, posts, u, users};

pub fn cases() -> Vec<GoldenCase> {
    let all = [
        "name", "age", "score", "balance", "active", "born", "wakes", "created", "seen", "worked",
        "token", "data", "ip", "avatar", "mood",
    ];
    let id = || u("id").named("id");
    let select = || Select {
        filter: None,
        ..Select::from_table(&users())
            .output(u("id").named("id"))
            .output(u("name").named("name"))
    };
    let from_select = |select: Select| Insert {
        source: InsertSource::Select(Box::new(select)),
        ..Insert::row(posts(), columns(&["author_id", "title"]))
    };
    vec![
        ("row", Insert::row(users(), columns(&all)).into()),
        ("row_array", Insert::row(users(), [column("tags")]).into()),
        (
            "row_returning",
            Insert {
                returning: vec![id()],
                ..Insert::row(users(), columns(&["name"]))
            }
            .into(),
        ),
        ("row_returning_expression", {
            let lower = Expr::call("lower", [u("name")], Type::Text).named("lower");
            Insert {
                returning: vec![id(), lower],
                ..Insert::row(users(), columns(&["name"]))
            }
            .into()
        }),
        ("row_alias", {
            let table = users().aliased("u");
            let id = table.col("id", Type::BigInt).named("id");
            Insert {
                returning: vec![id],
                ..Insert::row(table, columns(&["name"]))
            }
            .into()
        }),
        ("row_schema", {
            let table = Table {
                schema: Some("public".into()),
                ..users()
            };
            Insert::row(table, columns(&["name"])).into()
        }),
        ("default_values", Insert::row(users(), []).into()),
        (
            "default_values_returning",
            Insert {
                returning: vec![id()],
                ..Insert::row(users(), [])
            }
            .into(),
        ),
        ("rows", Insert::rows(users(), columns(&all)).into()),
        (
            "rows_returning",
            Insert {
                returning: vec![id()],
                ..Insert::rows(users(), columns(&["name", "age"]))
            }
            .into(),
        ),
        (
            "rows_array",
            Insert::rows(users(), columns(&["name", "tags", "mood"])).into(),
        ),
        ("rows_without_columns", Insert::rows(users(), []).into()),
        ("select", from_select(select()).into()),
        (
            "select_filtered",
            from_select(select().filter(u("age").lookup("gt", [int(0)]))).into(),
        ),
    ]
}
