use oxyde_sql::ir::{Expr, Literal, Predicate, Select};

use super::GoldenCase;
use super::schema::{Type, ids, int, p, posts, text, u, value};

fn adult() -> Predicate {
    u("age").lookup("gte", [value(0, "age")])
}

fn named_so() -> Predicate {
    u("name").lookup("exact", [text(1)])
}

fn no_name() -> Predicate {
    u("name").lookup("isnull", [Expr::Literal(Literal::Bool(true))])
}

fn own_posts() -> Select {
    Select::from_table(&posts())
        .output(Expr::int(1).named("one"))
        .filter(p("author_id").lookup("exact", [u("id")]))
}

fn authors() -> Select {
    Select::from_table(&posts()).output(p("author_id").named("author_id"))
}

pub fn cases() -> Vec<GoldenCase> {
    let in_select = |select: Select| {
        ids(Predicate::InSelect {
            operand: u("id"),
            select: Box::new(select),
        })
    };
    vec![
        ("and", ids(adult().and(named_so()))),
        ("or", ids(adult().or(named_so()))),
        ("or_in_and", ids(adult().or(no_name()).and(named_so()))),
        (
            "and_in_or",
            ids(Predicate::Or(vec![adult().and(named_so()), no_name()])),
        ),
        ("empty_and", ids(Predicate::And(vec![]))),
        ("empty_or", ids(Predicate::Or(vec![]))),
        ("one_in_and", ids(Predicate::And(vec![adult()]))),
        ("not", ids(named_so().negate())),
        ("unless", ids(Predicate::Unless(Box::new(named_so())))),
        ("unless_in", {
            let list = Expr::list_param(0, Type::BigInt);
            let size = Expr::Literal(Literal::Int(2));
            let among = u("id").lookup("in", [list, size]);
            ids(Predicate::Unless(Box::new(among)))
        }),
        ("not_isnull", ids(no_name().negate())),
        ("not_or", ids(adult().or(named_so()).negate())),
        ("not_not", ids(named_so().negate().negate())),
        (
            "xor",
            ids(Predicate::Xor(vec![adult(), named_so(), no_name()])),
        ),
        ("xor_empty", ids(Predicate::Xor(vec![]))),
        ("exists", ids(Predicate::Exists(Box::new(own_posts())))),
        (
            "not_exists",
            ids(Predicate::Exists(Box::new(own_posts())).negate()),
        ),
        ("in_select", in_select(authors())),
        (
            "in_select_limited",
            in_select(Select {
                limit: Some(int(0)),
                ..authors()
            }),
        ),
        (
            "in_rows",
            ids(Predicate::InRows {
                operands: vec![u("id"), u("name")],
                lists: vec![
                    Expr::list_param(0, Type::BigInt),
                    Expr::list_param(1, Type::Text),
                ],
            }),
        ),
        (
            "in_rows_bytes",
            ids(Predicate::InRows {
                operands: vec![u("avatar"), u("mood")],
                lists: vec![
                    Expr::list_param(0, Type::Bytes),
                    Expr::list_param(1, super::schema::ty("mood")),
                ],
            }),
        ),
        ("bool_column", ids(Predicate::Expr(u("active")))),
        (
            "not_bool_column",
            ids(Predicate::Expr(u("active")).negate()),
        ),
        (
            "raw",
            ids(Predicate::Expr(Expr::Raw {
                parts: vec![
                    oxyde_sql::ir::RawPart::Text("length(name) > ".into()),
                    oxyde_sql::ir::RawPart::Expr(int(0)),
                ],
                ty: Type::Bool,
            })),
        ),
    ]
}
