use oxyde_sql::ir::{Assignment, BinaryOp, BulkUpdate, Case, Expr, Select, Statement, When};

use super::GoldenCase;
use super::schema::{Type, column, columns, int, p, posts, text, u, users, value};

pub fn cases() -> Vec<GoldenCase> {
    let bulk = |keys: &[&str], names: &[&str]| {
        Statement::BulkUpdate(Box::new(BulkUpdate {
            table: users(),
            keys: columns(keys),
            columns: columns(names),
            assignments: Vec::new(),
        }))
    };
    // The first value of a row is its key; then come those of `names`, then those of expressions.
    let with = |names: &[&str], assignments: Vec<(&str, Expr)>| {
        Statement::BulkUpdate(Box::new(BulkUpdate {
            table: users(),
            keys: columns(&["id"]),
            columns: columns(names),
            assignments: assignments
                .into_iter()
                .map(|(name, value)| Assignment {
                    column: column(name),
                    value,
                })
                .collect(),
        }))
    };
    let plus = |left: Expr, right: Expr, ty: Type| Expr::Binary {
        op: BinaryOp::Add,
        left: Box::new(left),
        right: Box::new(right),
        ty,
    };
    vec![
        ("one", bulk(&["id"], &["name"])),
        (
            "all_types",
            bulk(
                &["id"],
                &[
                    "name", "bio", "age", "score", "balance", "active", "born", "wakes", "created",
                    "seen", "worked", "token", "data", "ip", "avatar", "mood",
                ],
            ),
        ),
        ("array", bulk(&["id"], &["tags", "mood"])),
        ("two_keys", bulk(&["id", "name"], &["age"])),
        ("decimal_key", bulk(&["balance"], &["age"])),
        ("alias", {
            Statement::BulkUpdate(Box::new(BulkUpdate {
                table: users().aliased("t0"),
                keys: columns(&["id"]),
                columns: columns(&["age"]),
                assignments: Vec::new(),
            }))
        }),
        (
            "increment",
            with(&[], vec![("age", plus(u("age"), int(1), Type::BigInt))]),
        ),
        (
            "value_and_expression",
            with(
                &["name"],
                vec![
                    ("age", plus(u("age"), int(2), Type::BigInt)),
                    (
                        "balance",
                        plus(
                            u("balance"),
                            value(3, "balance"),
                            super::schema::ty("balance"),
                        ),
                    ),
                ],
            ),
        ),
        (
            "expression_of_an_integer_for_a_decimal",
            with(&[], vec![("balance", plus(u("age"), int(1), Type::BigInt))]),
        ),
        (
            "array_beside_an_expression",
            with(
                &["tags"],
                vec![("age", plus(u("age"), int(2), Type::BigInt))],
            ),
        ),
        (
            "case",
            with(
                &[],
                vec![(
                    "bio",
                    Expr::Case(Box::new(Case {
                        whens: vec![When {
                            condition: u("age").lookup("gt", [int(1)]),
                            then: text(2),
                        }],
                        otherwise: Some(u("bio")),
                        ty: Type::Text,
                    })),
                )],
            ),
        ),
        (
            "subquery",
            with(
                &[],
                vec![(
                    "bio",
                    Expr::Subquery {
                        select: Box::new(
                            Select::from_table(&posts())
                                .output(p("title").named("title"))
                                .filter(
                                    p("author_id")
                                        .lookup("exact", [u("id")])
                                        .and(p("views").lookup("gt", [int(1)])),
                                ),
                        ),
                        ty: Type::Text,
                    },
                )],
            ),
        ),
        (
            "reads_what_it_sets",
            with(
                &["age"],
                vec![("score", plus(u("age"), int(2), Type::BigInt))],
            ),
        ),
        (
            "list_in_an_expression",
            with(
                &[],
                vec![(
                    "active",
                    Expr::Predicate(Box::new(u("age").lookup(
                        "in",
                        [Expr::Param {
                            index: 1,
                            ty: Type::BigInt,
                            list: true,
                        }],
                    ))),
                )],
            ),
        ),
        (
            "pattern_in_an_expression",
            with(
                &[],
                vec![(
                    "active",
                    Expr::Predicate(Box::new(u("name").lookup("contains", [text(1)]))),
                )],
            ),
        ),
        ("no_keys", bulk(&[], &["name"])),
        ("no_columns", bulk(&["id"], &[])),
    ]
}
