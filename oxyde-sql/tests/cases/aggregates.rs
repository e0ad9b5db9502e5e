use oxyde_sql::ir::{Aggregate, Expr, Select};

use super::GoldenCase;
use super::schema::{Type, int, of_users, text, ty, u, users};

fn aggregate(name: &str, arguments: Vec<Expr>, ty: Type) -> Aggregate {
    Aggregate {
        name: name.into(),
        arguments,
        distinct: false,
        filter: None,
        order_by: vec![],
        ty,
    }
}

pub fn cases() -> Vec<GoldenCase> {
    let mut cases: Vec<GoldenCase> = Vec::new();
    let mut add = |case, aggregate: Aggregate| {
        cases.push((case, of_users(Expr::Aggregate(Box::new(aggregate)))));
    };
    let adults = || u("age").lookup("gte", [int(0)]);
    let decimal = || Type::Decimal {
        precision: None,
        scale: None,
    };
    add("count_rows", aggregate("count", vec![], Type::BigInt));
    add("count", aggregate("count", vec![u("name")], Type::BigInt));
    add(
        "count_distinct",
        Aggregate {
            distinct: true,
            ..aggregate("count", vec![u("name")], Type::BigInt)
        },
    );
    add(
        "count_filter",
        Aggregate {
            filter: Some(adults()),
            ..aggregate("count", vec![], Type::BigInt)
        },
    );
    for (case, name, column, ty) in [
        ("sum_age", "sum", "age", Type::BigInt),
        ("avg_age", "avg", "age", Type::Double),
        ("sum_id", "sum", "id", Type::BigInt),
        ("avg_id", "avg", "id", decimal()),
        ("sum_score", "sum", "score", Type::Double),
        ("avg_score", "avg", "score", Type::Double),
        ("sum_balance", "sum", "balance", decimal()),
        ("avg_balance", "avg", "balance", decimal()),
        ("sum_worked", "sum", "worked", Type::Interval),
        ("avg_worked", "avg", "worked", Type::Interval),
    ] {
        add(case, aggregate(name, vec![u(column)], ty));
    }
    add(
        "sum_distinct",
        Aggregate {
            distinct: true,
            ..aggregate("sum", vec![u("balance")], decimal())
        },
    );
    add(
        "sum_filter",
        Aggregate {
            filter: Some(adults()),
            ..aggregate("sum", vec![u("score")], Type::Double)
        },
    );
    for (case, name, column) in [
        ("min_age", "min", "age"),
        ("max_age", "max", "age"),
        ("min_balance", "min", "balance"),
        ("max_balance", "max", "balance"),
        ("min_active", "min", "active"),
        ("max_active", "max", "active"),
        ("min_token", "min", "token"),
        ("max_token", "max", "token"),
        ("min_name", "min", "name"),
        ("max_name", "max", "name"),
        ("min_seen", "min", "seen"),
        ("max_seen", "max", "seen"),
        ("min_mood", "min", "mood"),
        ("max_mood", "max", "mood"),
        ("min_ip", "min", "ip"),
        ("max_ip", "max", "ip"),
        ("min_data", "min", "data"),
        ("max_data", "max", "data"),
    ] {
        add(case, aggregate(name, vec![u(column)], ty(column)));
    }
    for name in ["stddev_pop", "stddev_samp", "var_pop", "var_samp"] {
        add(name, aggregate(name, vec![u("score")], Type::Double));
    }
    add(
        "bool_and",
        aggregate("bool_and", vec![u("active")], Type::Bool),
    );
    add(
        "bool_or",
        aggregate("bool_or", vec![u("active")], Type::Bool),
    );
    add(
        "string_agg",
        aggregate("string_agg", vec![u("name"), text(0)], Type::Text),
    );
    add(
        "string_agg_ordered",
        Aggregate {
            order_by: vec![u("name").desc()],
            ..aggregate("string_agg", vec![u("name"), text(0)], Type::Text)
        },
    );
    let array = Type::Array {
        item: Box::new(Type::BigInt),
    };
    add(
        "array_agg",
        aggregate("array_agg", vec![u("id")], array.clone()),
    );
    add(
        "array_agg_ordered",
        Aggregate {
            order_by: vec![u("id").asc()],
            ..aggregate("array_agg", vec![u("id")], array.clone())
        },
    );
    add(
        "array_agg_filter",
        Aggregate {
            filter: Some(adults()),
            ..aggregate("array_agg", vec![u("id")], array.clone())
        },
    );
    add(
        "array_agg_distinct",
        Aggregate {
            distinct: true,
            order_by: vec![u("id").desc()],
            ..aggregate("array_agg", vec![u("id")], array)
        },
    );
    add(
        "json_agg_everything",
        Aggregate {
            filter: Some(adults()),
            order_by: vec![u("id").asc()],
            ..aggregate("json_agg", vec![u("balance")], Type::Json)
        },
    );
    add(
        "json_agg_distinct_documents",
        Aggregate {
            distinct: true,
            ..aggregate("json_agg", vec![u("data")], Type::Json)
        },
    );
    for name in ["bit_and", "bit_or", "bit_xor"] {
        add(name, aggregate(name, vec![u("age")], Type::BigInt));
    }
    add(
        "json_agg",
        aggregate("json_agg", vec![u("name")], Type::Json),
    );
    add(
        "json_agg_documents",
        aggregate("json_agg", vec![u("data")], Type::Json),
    );
    add(
        "json_object_agg",
        aggregate("json_object_agg", vec![u("name"), u("age")], Type::Json),
    );
    let count = || Expr::Aggregate(Box::new(aggregate("count", vec![], Type::BigInt)));
    let grouped = Select {
        group_by: vec![u("age"), u("balance")],
        having: Some(count().lookup("gt", [int(0)])),
        ..Select::from_table(&users())
            .output(u("age").named("age"))
            .output(count().named("count"))
            .order(count().desc())
    };
    cases.push(("group_having_order", grouped.into()));
    cases
}
