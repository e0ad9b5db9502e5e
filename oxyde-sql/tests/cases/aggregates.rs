use oxyde_sql::ir::{Aggregate, Expr, Select, Statement};

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

pub fn cases() -> Vec<(String, Statement)> {
    let mut cases: Vec<(String, Statement)> = Vec::new();
    let mut add = |name: &str, aggregate: Aggregate| {
        cases.push((
            name.to_owned(),
            of_users(Expr::Aggregate(Box::new(aggregate))),
        ));
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
    for (column, sum, avg) in [
        ("age", Type::BigInt, Type::Double),
        ("id", Type::BigInt, decimal()),
        ("score", Type::Double, Type::Double),
        ("balance", decimal(), decimal()),
        ("worked", Type::Interval, Type::Interval),
    ] {
        add(
            &format!("sum_{column}"),
            aggregate("sum", vec![u(column)], sum),
        );
        add(
            &format!("avg_{column}"),
            aggregate("avg", vec![u(column)], avg),
        );
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
    for column in [
        "age", "balance", "active", "token", "name", "seen", "mood", "ip",
    ] {
        add(
            &format!("min_{column}"),
            aggregate("min", vec![u(column)], ty(column)),
        );
        add(
            &format!("max_{column}"),
            aggregate("max", vec![u(column)], ty(column)),
        );
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
            ..aggregate("array_agg", vec![u("id")], array)
        },
    );
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
    cases.push(("group_having_order".to_owned(), grouped.into()));
    cases
}
