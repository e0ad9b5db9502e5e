use oxyde_sql::ir::{BinaryOp, Case, Expr, Literal, PathItem, Predicate, RawPart, Select, When};

use super::GoldenCase;
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

pub fn cases() -> Vec<GoldenCase> {
    let mut cases: Vec<GoldenCase> = Vec::new();
    let mut add = |case, statement| cases.push((case, statement));
    let decimal = || Type::Decimal {
        precision: None,
        scale: None,
    };
    for (op, [int_case, double_case, decimal_case, mixed_case]) in [
        (
            BinaryOp::Add,
            ["add_int", "add_double", "add_decimal", "add_decimal_int"],
        ),
        (
            BinaryOp::Subtract,
            [
                "subtract_int",
                "subtract_double",
                "subtract_decimal",
                "subtract_decimal_int",
            ],
        ),
        (
            BinaryOp::Multiply,
            [
                "multiply_int",
                "multiply_double",
                "multiply_decimal",
                "multiply_decimal_int",
            ],
        ),
        (
            BinaryOp::Divide,
            [
                "divide_int",
                "divide_double",
                "divide_decimal",
                "divide_decimal_int",
            ],
        ),
        (
            BinaryOp::FloorDivide,
            [
                "floor_divide_int",
                "floor_divide_double",
                "floor_divide_decimal",
                "floor_divide_decimal_int",
            ],
        ),
        (
            BinaryOp::Modulo,
            [
                "modulo_int",
                "modulo_double",
                "modulo_decimal",
                "modulo_decimal_int",
            ],
        ),
        (
            BinaryOp::Power,
            [
                "power_int",
                "power_double",
                "power_decimal",
                "power_decimal_int",
            ],
        ),
    ] {
        let int_result = if op == BinaryOp::Divide {
            Type::Double
        } else {
            Type::BigInt
        };
        add(int_case, of_users(binary(op, u("age"), int(0), int_result)));
        add(
            double_case,
            of_users(binary(op, u("score"), value(0, "score"), Type::Double)),
        );
        add(
            decimal_case,
            of_users(binary(op, u("balance"), value(0, "balance"), decimal())),
        );
        add(
            mixed_case,
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
    for (case, column, op) in [
        ("born_plus_interval", "born", BinaryOp::Add),
        ("born_minus_interval", "born", BinaryOp::Subtract),
        ("created_plus_interval", "created", BinaryOp::Add),
        ("created_minus_interval", "created", BinaryOp::Subtract),
        ("seen_plus_interval", "seen", BinaryOp::Add),
        ("seen_minus_interval", "seen", BinaryOp::Subtract),
        ("wakes_plus_interval", "wakes", BinaryOp::Add),
        ("wakes_minus_interval", "wakes", BinaryOp::Subtract),
    ] {
        add(
            case,
            of_users(binary(op, u(column), value(0, "worked"), ty(column))),
        );
    }
    add(
        "interval_plus_born",
        of_users(binary(BinaryOp::Add, u("worked"), u("born"), Type::Date)),
    );
    add(
        "interval_plus_seen",
        of_users(binary(BinaryOp::Add, u("worked"), u("seen"), ty("seen"))),
    );
    for (case, column) in [
        ("born_minus_born", "born"),
        ("created_minus_created", "created"),
        ("seen_minus_seen", "seen"),
    ] {
        let between = binary(
            BinaryOp::Subtract,
            u(column),
            value(0, column),
            Type::Interval,
        );
        add(case, of_users(between));
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
    for (case, from, to) in [
        ("cast_int_to_text", "age", Type::Text),
        ("cast_text_to_int", "bio", Type::BigInt),
        ("cast_text_to_double", "bio", Type::Double),
        (
            "cast_text_to_decimal",
            "bio",
            Type::Decimal {
                precision: Some(10),
                scale: Some(3),
            },
        ),
        ("cast_bool_to_int", "active", Type::BigInt),
        ("cast_bool_to_text", "active", Type::Text),
        ("cast_double_to_int", "score", Type::BigInt),
        (
            "cast_int_to_decimal",
            "age",
            Type::Decimal {
                precision: Some(10),
                scale: Some(3),
            },
        ),
        ("cast_text_to_varchar", "bio", Type::Varchar { length: 5 }),
        ("cast_int_to_varchar", "age", Type::Varchar { length: 5 }),
        ("cast_decimal_to_double", "balance", Type::Double),
        ("cast_int_to_bool", "age", Type::Bool),
        ("cast_seen_to_date", "seen", Type::Date),
        ("cast_created_to_time", "created", Type::Time),
        ("cast_seen_to_created", "seen", Type::DateTime),
        ("cast_created_to_seen", "created", Type::TimestampTz),
        ("cast_born_to_created", "born", Type::DateTime),
        ("cast_text_to_json", "bio", Type::Json),
        ("cast_text_to_date", "bio", Type::Date),
        ("cast_text_to_created", "bio", Type::DateTime),
        ("cast_text_to_seen", "bio", Type::TimestampTz),
        ("cast_text_to_time", "bio", Type::Time),
        ("cast_text_to_uuid", "bio", Type::Uuid),
        ("cast_uuid_to_text", "token", Type::Text),
        ("cast_enum_to_text", "mood", Type::Text),
        ("cast_text_to_enum", "bio", ty("mood")),
    ] {
        add(
            case,
            of_users(Expr::Cast {
                operand: Box::new(u(from)),
                ty: to,
            }),
        );
    }
    for (case, ty) in [
        ("json_path_json", Type::Json),
        ("json_path_text", Type::Text),
        ("json_path_int", Type::BigInt),
        ("json_path_double", Type::Double),
        ("json_path_decimal", decimal()),
        ("json_path_bool", Type::Bool),
        ("json_path_date", Type::Date),
        ("json_path_uuid", Type::Uuid),
    ] {
        add(
            case,
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
    for (case, index) in [("array_item_0", 0), ("array_item_minus_1", -1)] {
        add(
            case,
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
    for (case, literal) in [
        ("literal_null", Literal::Null),
        ("literal_true", Literal::Bool(true)),
        ("literal_false", Literal::Bool(false)),
        ("literal_minus", Literal::Int(-5)),
    ] {
        add(case, of_users(Expr::Literal(literal)));
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
    add(
        "collate",
        of_users(Expr::Raw {
            parts: vec![
                RawPart::Expr(u("name")),
                RawPart::Text(" COLLATE ".into()),
                RawPart::Name("a \"quoted` name".into()),
            ],
            ty: Type::Text,
        }),
    );
    cases
}
