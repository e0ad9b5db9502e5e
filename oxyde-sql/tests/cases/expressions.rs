use oxyde_sql::ir::{
    BinaryOp, Case, Expr, Literal, PathItem, Predicate, RawPart, Select, Statement, When,
};

use super::schema::{Type, ids, int, of_users, p, posts, text, ty, u, value};

fn binary(op: BinaryOp, left: Expr, right: Expr, ty: Type) -> Expr {
    Expr::Binary {
        op,
        left: Box::new(left),
        right: Box::new(right),
        ty,
    }
}

fn path(steps: Vec<PathItem>, ty: Type) -> Expr {
    Expr::JsonPath {
        operand: Box::new(u("data")),
        path: steps,
        ty,
    }
}

fn key(name: &str) -> PathItem {
    PathItem::Key(name.into())
}

const OPERATORS: [(&str, BinaryOp); 7] = [
    ("add", BinaryOp::Add),
    ("subtract", BinaryOp::Subtract),
    ("multiply", BinaryOp::Multiply),
    ("divide", BinaryOp::Divide),
    ("floor_divide", BinaryOp::FloorDivide),
    ("modulo", BinaryOp::Modulo),
    ("power", BinaryOp::Power),
];

pub fn cases() -> Vec<(String, Statement)> {
    let mut cases: Vec<(String, Statement)> = Vec::new();
    let mut add = |name: &str, statement: Statement| cases.push((name.to_owned(), statement));
    let decimal = || Type::Decimal {
        precision: None,
        scale: None,
    };
    for (name, op) in OPERATORS {
        let int_result = if op == BinaryOp::Divide {
            Type::Double
        } else {
            Type::BigInt
        };
        add(
            &format!("{name}_int"),
            of_users(binary(op, u("age"), int(0), int_result)),
        );
        add(
            &format!("{name}_double"),
            of_users(binary(op, u("score"), value(0, "score"), Type::Double)),
        );
        add(
            &format!("{name}_decimal"),
            of_users(binary(op, u("balance"), value(0, "balance"), decimal())),
        );
        add(
            &format!("{name}_decimal_int"),
            of_users(binary(op, u("age"), u("balance"), decimal())),
        );
    }
    add(
        "bit_and",
        of_users(binary(BinaryOp::BitAnd, u("id"), int(0), Type::BigInt)),
    );
    add(
        "bit_or",
        of_users(binary(BinaryOp::BitOr, u("id"), int(0), Type::BigInt)),
    );
    add(
        "concat",
        of_users(binary(BinaryOp::Concat, u("name"), text(0), Type::Text)),
    );
    add(
        "add_texts",
        of_users(binary(BinaryOp::Add, u("name"), u("age"), Type::Text)),
    );
    let sum = binary(BinaryOp::Add, u("age"), int(0), Type::BigInt);
    add(
        "nested",
        of_users(binary(BinaryOp::Multiply, sum, Expr::int(-2), Type::BigInt)),
    );
    for column in ["born", "created", "seen", "wakes"] {
        for (name, op) in [("plus", BinaryOp::Add), ("minus", BinaryOp::Subtract)] {
            add(
                &format!("{column}_{name}_interval"),
                of_users(binary(op, u(column), value(0, "worked"), ty(column))),
            );
        }
    }
    add(
        "interval_plus_born",
        of_users(binary(BinaryOp::Add, u("worked"), u("born"), Type::Date)),
    );
    add(
        "interval_plus_seen",
        of_users(binary(BinaryOp::Add, u("worked"), u("seen"), ty("seen"))),
    );
    for column in ["born", "created", "seen"] {
        let between = binary(
            BinaryOp::Subtract,
            u(column),
            value(0, column),
            Type::Interval,
        );
        add(&format!("{column}_minus_{column}"), of_users(between));
    }
    add(
        "interval_sum",
        of_users(binary(
            BinaryOp::Add,
            u("worked"),
            value(0, "worked"),
            Type::Interval,
        )),
    );
    add(
        "interval_times",
        of_users(binary(
            BinaryOp::Multiply,
            u("worked"),
            int(0),
            Type::Interval,
        )),
    );
    add(
        "interval_divided",
        of_users(binary(
            BinaryOp::Divide,
            u("worked"),
            int(0),
            Type::Interval,
        )),
    );
    add(
        "case",
        of_users(Expr::Case(Box::new(Case {
            whens: vec![
                When {
                    condition: u("age").lookup("lt", [int(0)]),
                    then: text(1),
                },
                When {
                    condition: u("active").lookup("exact", [value(2, "active")]),
                    then: u("name"),
                },
            ],
            otherwise: Some(text(3)),
            ty: Type::Text,
        }))),
    );
    add(
        "case_without_branches",
        of_users(Expr::Case(Box::new(Case {
            whens: vec![],
            otherwise: None,
            ty: Type::Text,
        }))),
    );
    for (name, from, to) in [
        ("int_to_text", "age", Type::Text),
        ("text_to_int", "bio", Type::BigInt),
        ("double_to_int", "score", Type::BigInt),
        (
            "int_to_decimal",
            "age",
            Type::Decimal {
                precision: Some(10),
                scale: Some(3),
            },
        ),
        ("decimal_to_double", "balance", Type::Double),
        ("int_to_bool", "age", Type::Bool),
        ("seen_to_date", "seen", Type::Date),
        ("created_to_time", "created", Type::Time),
        ("seen_to_created", "seen", Type::DateTime),
        ("created_to_seen", "created", Type::TimestampTz),
        ("born_to_created", "born", Type::DateTime),
        ("text_to_json", "bio", Type::Json),
        ("uuid_to_text", "token", Type::Text),
        ("enum_to_text", "mood", Type::Text),
        ("text_to_enum", "bio", ty("mood")),
    ] {
        add(
            &format!("cast_{name}"),
            of_users(Expr::Cast {
                operand: Box::new(u(from)),
                ty: to,
            }),
        );
    }
    for (name, ty) in [
        ("json", Type::Json),
        ("text", Type::Text),
        ("int", Type::BigInt),
        ("double", Type::Double),
        ("decimal", decimal()),
        ("bool", Type::Bool),
        ("date", Type::Date),
        ("uuid", Type::Uuid),
    ] {
        add(
            &format!("json_path_{name}"),
            of_users(path(
                vec![key("address"), PathItem::Index(0), key("city")],
                ty,
            )),
        );
    }
    add(
        "json_path_quotes",
        of_users(path(vec![key("it's \"so\" \\ ü")], Type::Text)),
    );
    add(
        "json_path_last",
        of_users(path(vec![key("list"), PathItem::Index(-1)], Type::Json)),
    );
    add(
        "json_path_filter",
        ids(path(vec![key("age")], Type::BigInt).lookup("gte", [int(0)])),
    );
    for index in [0, -1] {
        add(
            &format!("array_item_{index}").replace('-', "minus_"),
            of_users(Expr::JsonPath {
                operand: Box::new(u("tags")),
                path: vec![PathItem::Index(index)],
                ty: Type::Text,
            }),
        );
    }
    let newest = Select {
        limit: Some(Expr::int(1)),
        ..Select::from_table(&posts())
            .output(p("title").named("title"))
            .filter(p("author_id").lookup("exact", [u("id")]))
            .order(p("id").desc())
    };
    add(
        "subquery",
        of_users(Expr::Subquery {
            select: Box::new(newest),
            ty: ty("title"),
        }),
    );
    add(
        "predicate_as_value",
        of_users(Expr::Predicate(Box::new(u("age").lookup("gte", [int(0)])))),
    );
    add(
        "not_as_value",
        of_users(Expr::Predicate(Box::new(
            Predicate::Expr(u("active")).negate(),
        ))),
    );
    for (name, literal) in [
        ("null", Literal::Null),
        ("true", Literal::Bool(true)),
        ("false", Literal::Bool(false)),
        ("minus", Literal::Int(-5)),
    ] {
        add(&format!("literal_{name}"), of_users(Expr::Literal(literal)));
    }
    add("param_enum", of_users(value(0, "mood")));
    add("param_inet", of_users(value(0, "ip")));
    add("param_list", of_users(Expr::list_param(0, Type::BigInt)));
    add(
        "param_custom",
        ids(u("bio").lookup(
            "exact",
            [Expr::param(
                0,
                Type::Custom {
                    sql: "VARCHAR(9)".into(),
                    base: Box::new(Type::Text),
                },
            )],
        )),
    );
    add(
        "raw_without_spaces",
        of_users(Expr::Raw {
            parts: vec![
                RawPart::Text("f(".into()),
                RawPart::Expr(int(0)),
                RawPart::Text("0 ".into()),
                RawPart::Expr(int(1)),
                RawPart::Expr(Expr::int(5)),
                RawPart::Text(")".into()),
            ],
            ty: Type::BigInt,
        }),
    );
    cases
}
