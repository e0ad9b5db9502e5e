use oxyde_sql::ir::{Expr, Literal, PathItem, Statement};

use super::schema::{Type, int, of_users, text, ty, u, value};

pub fn cases() -> Vec<(String, Statement)> {
    let mut cases: Vec<(String, Statement)> = Vec::new();
    let mut call = |case: &str, name: &str, arguments: Vec<Expr>, ty: Type| {
        cases.push((case.to_owned(), of_users(Expr::call(name, arguments, ty))));
    };
    for name in ["lower", "upper", "trim", "ltrim", "rtrim", "reverse", "md5"] {
        call(name, name, vec![u("name")], Type::Text);
    }
    call("length", "length", vec![u("name")], Type::BigInt);
    call("length_bytes", "length", vec![u("avatar")], Type::BigInt);
    call(
        "concat",
        "concat",
        vec![u("name"), text(0), u("age"), u("mood")],
        Type::Text,
    );
    call(
        "replace",
        "replace",
        vec![u("name"), text(0), text(1)],
        Type::Text,
    );
    call(
        "substr",
        "substr",
        vec![u("name"), int(0), int(1)],
        Type::Text,
    );
    call(
        "substr_to_end",
        "substr",
        vec![u("name"), int(0)],
        Type::Text,
    );
    call("left", "left", vec![u("name"), int(0)], Type::Text);
    call("right", "right", vec![u("name"), int(0)], Type::Text);
    call("repeat", "repeat", vec![u("name"), int(0)], Type::Text);
    call("lpad", "lpad", vec![u("name"), int(0), text(1)], Type::Text);
    call("rpad", "rpad", vec![u("name"), int(0), text(1)], Type::Text);
    call(
        "position",
        "position",
        vec![u("name"), text(0)],
        Type::BigInt,
    );
    call(
        "search_rank",
        "search_rank",
        vec![u("bio"), text(0)],
        Type::Double,
    );
    for column in ["age", "score", "balance"] {
        for name in ["abs", "neg", "ceil", "floor", "round"] {
            call(
                &format!("{name}_{column}"),
                name,
                vec![u(column)],
                ty(column),
            );
        }
        call(
            &format!("round_digits_{column}"),
            "round",
            vec![u(column), int(0)],
            ty(column),
        );
    }
    call("abs_interval", "abs", vec![u("worked")], Type::Interval);
    call("floor_to_int", "floor", vec![u("score")], Type::BigInt);
    call("sign", "sign", vec![u("score")], Type::BigInt);
    for name in ["sqrt", "exp", "ln"] {
        call(name, name, vec![u("age")], Type::Double);
    }
    call(
        "power",
        "power",
        vec![u("score"), value(0, "score")],
        Type::Double,
    );
    call("mod", "mod", vec![u("age"), int(0)], Type::BigInt);
    call("random", "random", vec![], Type::Double);
    call(
        "coalesce",
        "coalesce",
        vec![u("bio"), u("name"), text(0)],
        Type::Text,
    );
    call("coalesce_one", "coalesce", vec![u("bio")], Type::Text);
    call("nullif", "nullif", vec![u("age"), int(0)], Type::Integer);
    call("greatest", "greatest", vec![u("age"), int(0)], Type::BigInt);
    call(
        "least",
        "least",
        vec![u("balance"), value(0, "balance")],
        ty("balance"),
    );
    for part in [
        "year",
        "iso_year",
        "quarter",
        "month",
        "week",
        "day",
        "day_of_year",
        "week_day",
        "iso_week_day",
        "epoch",
    ] {
        let name = format!("extract_{part}");
        let result = if part == "epoch" {
            Type::Double
        } else {
            Type::BigInt
        };
        for column in ["born", "created", "seen"] {
            call(
                &format!("{name}_{column}"),
                &name,
                vec![u(column)],
                result.clone(),
            );
        }
    }
    for part in ["hour", "minute", "second", "microsecond"] {
        let name = format!("extract_{part}");
        for column in ["wakes", "created", "seen"] {
            call(
                &format!("{name}_{column}"),
                &name,
                vec![u(column)],
                Type::BigInt,
            );
        }
    }
    call(
        "extract_hour_in_zone",
        "extract_hour",
        vec![u("seen"), text(0)],
        Type::BigInt,
    );
    call("extract_date", "extract_date", vec![u("seen")], Type::Date);
    call(
        "extract_time",
        "extract_time",
        vec![u("created")],
        Type::Time,
    );
    for unit in [
        "year", "quarter", "month", "week", "day", "hour", "minute", "second",
    ] {
        let name = format!("trunc_{unit}");
        for column in ["born", "created", "seen"] {
            if column == "born" && ["hour", "minute", "second"].contains(&unit) {
                continue;
            }
            call(
                &format!("{name}_{column}"),
                &name,
                vec![u(column)],
                ty(column),
            );
        }
    }
    call(
        "trunc_day_in_zone",
        "trunc_day",
        vec![u("seen"), text(0)],
        Type::TimestampTz,
    );
    for unit in ["hour", "minute", "second"] {
        call(
            &format!("trunc_{unit}_in_zone"),
            &format!("trunc_{unit}"),
            vec![u("seen"), text(0)],
            Type::TimestampTz,
        );
    }
    call(
        "trunc_month_to_date",
        "trunc_month",
        vec![u("seen")],
        Type::Date,
    );
    call("now", "now", vec![], Type::TimestampTz);
    call("now_naive", "now", vec![], Type::DateTime);
    call("current_date", "current_date", vec![], Type::Date);
    call("current_time", "current_time", vec![], Type::Time);
    call("json_type", "json_type", vec![u("data")], Type::Text);
    call(
        "json_array_length",
        "json_array_length",
        vec![u("data")],
        Type::BigInt,
    );
    call(
        "json_merge",
        "json_merge",
        vec![u("data"), value(0, "data")],
        Type::Json,
    );
    let path = |ty: Type| Expr::JsonPath {
        operand: Box::new(u("data")),
        path: vec![
            PathItem::Key("address".into()),
            PathItem::Index(0),
            PathItem::Key("city".into()),
        ],
        ty,
    };
    for (name, new) in [
        ("text", text(0)),
        ("int", int(0)),
        ("bool", value(0, "active")),
        ("json", value(0, "data")),
        ("null", Expr::Literal(Literal::Null)),
    ] {
        call(
            &format!("json_set_{name}"),
            "json_set",
            vec![path(Type::Json), new],
            Type::Json,
        );
    }
    let empty = |name: &str| Expr::Function {
        name: name.into(),
        arguments: vec![],
        ty: Type::Json,
    };
    for name in ["json_object", "json_array"] {
        call(name, name, vec![], Type::Json);
        call(
            &format!("json_or_{name}"),
            "json_or",
            vec![u("data"), empty(name)],
            Type::Json,
        );
        call(
            &format!("json_insert_{name}"),
            "json_insert",
            vec![path(Type::Json), u("data"), empty(name)],
            Type::Json,
        );
    }
    call(
        "json_remove",
        "json_remove",
        vec![path(Type::Json)],
        Type::Json,
    );
    call(
        "json_set_column",
        "json_set",
        vec![u("data"), text(0)],
        Type::Json,
    );
    call(
        "array_length",
        "array_length",
        vec![u("tags")],
        Type::BigInt,
    );
    call(
        "array_append",
        "array_append",
        vec![u("tags"), text(0)],
        ty("tags"),
    );
    cases
}
