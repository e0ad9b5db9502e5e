use oxyde_sql::ir::{
    Aggregate, Cte, Expr, Literal, PathItem, Predicate, Select, Statement, Table, Window,
};

use super::GoldenCase;
use super::schema::{Type, ids, int, of_users, text, u, users, value};

fn deep(levels: usize) -> Statement {
    let mut condition = u("active").lookup("exact", [value(0, "active")]);
    for _ in 0..levels {
        condition = condition.negate();
    }
    ids(condition)
}

pub fn cases() -> Vec<GoldenCase> {
    let call = |name: &str, arguments: Vec<Expr>| of_users(Expr::call(name, arguments, Type::Text));
    let aggregate = |name: &str, arguments: Vec<Expr>, ty: Type| {
        of_users(Expr::Aggregate(Box::new(Aggregate {
            name: name.into(),
            arguments,
            distinct: false,
            filter: None,
            order_by: vec![],
            ty,
        })))
    };
    vec![
        (
            "unknown_lookup",
            ids(u("name").lookup("icontain", [text(0)])),
        ),
        (
            "strange_lookup",
            ids(u("name").lookup("looks_like_something", [text(0)])),
        ),
        (
            "text_lookup_on_number",
            ids(u("age").lookup("icontains", [text(0)])),
        ),
        ("date_part_of_text", ids(u("name").lookup("year", [int(0)]))),
        (
            "between_with_one",
            ids(u("age").lookup("between", [int(0)])),
        ),
        ("isnull_of_number", ids(u("age").lookup("isnull", [int(0)]))),
        (
            "list_in_exact",
            ids(u("age").lookup("exact", [Expr::list_param(0, Type::BigInt)])),
        ),
        ("in_without_items", ids(u("age").lookup("in", []))),
        ("unknown_function", call("lowr", vec![u("name")])),
        ("function_arguments", call("replace", vec![u("name")])),
        ("function_family", call("lower", vec![u("age")])),
        ("window_function_alone", call("row_number", vec![])),
        (
            "unknown_aggregate",
            aggregate("summ", vec![u("age")], Type::BigInt),
        ),
        (
            "aggregate_arguments",
            aggregate("sum", vec![], Type::BigInt),
        ),
        (
            "aggregate_family",
            aggregate("sum", vec![u("name")], Type::BigInt),
        ),
        (
            "aggregate_result",
            aggregate("sum", vec![u("score")], Type::BigInt),
        ),
        (
            "window_over_column",
            of_users(Expr::Window(Box::new(Window {
                function: u("age"),
                partition_by: vec![],
                order_by: vec![],
                frame: None,
            }))),
        ),
        ("too_deep", deep(250)),
        ("empty_name", {
            let table = Table::new("");
            Select::from_table(&table)
                .column(&table, "id", Type::BigInt)
                .into()
        }),
        ("nul_in_name", of_users(users().col("a\0b", Type::BigInt))),
        ("no_outputs", Select::from_table(&users()).into()),
        (
            "negative_limit",
            Select {
                limit: Some(Expr::int(-1)),
                ..Select::from_table(&users()).output(u("id").named("id"))
            }
            .into(),
        ),
        (
            "recursive_without_union",
            Select {
                ctes: vec![Cte {
                    name: "t".into(),
                    columns: vec![],
                    recursive: true,
                    select: Select::empty().output(Expr::int(1).named("n")),
                }],
                ..Select::empty().output(Expr::int(1).named("n"))
            }
            .into(),
        ),
        (
            "json_path_into_text",
            of_users(Expr::JsonPath {
                operand: Box::new(u("name")),
                path: vec![PathItem::Key("a".into())],
                ty: Type::Text,
            }),
        ),
        (
            "json_path_without_steps",
            of_users(Expr::JsonPath {
                operand: Box::new(u("data")),
                path: vec![],
                ty: Type::Text,
            }),
        ),
        (
            "in_rows_mismatch",
            ids(Predicate::InRows {
                operands: vec![u("id"), u("age")],
                lists: vec![],
            }),
        ),
        (
            "default_in_select",
            of_users(Expr::Literal(Literal::Default)),
        ),
    ]
}
