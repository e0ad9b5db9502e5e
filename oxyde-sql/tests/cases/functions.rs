use oxyde_sql::ir::{Expr, Literal, PathItem};

use super::GoldenCase;
use super::schema::{Type, int, of_users, text, ty, u, value};

pub fn cases() -> Vec<GoldenCase> {
    let mut cases: Vec<GoldenCase> = Vec::new();
    let mut call = |case, name: &str, arguments: Vec<Expr>, ty: Type| {
        cases.push((case, of_users(Expr::call(name, arguments, ty))));
    };
    for name in ["lower", "upper", "trim", "ltrim", "rtrim", "reverse", "md5"] {
        call(name, name, vec![u("name")], Type::Text);
    }
    for name in ["sha1", "sha224", "sha256", "sha384", "sha512"] {
        call(name, name, vec![u("name")], Type::Text);
    }
    for name in [
        "sin", "cos", "tan", "cot", "asin", "acos", "atan", "degrees", "radians",
    ] {
        call(name, name, vec![u("score")], Type::Double);
    }
    call("pi", "pi", vec![], Type::Double);
    call("atan2", "atan2", vec![u("score"), u("age")], Type::Double);
    call("log", "log", vec![u("score"), int(0)], Type::Double);
    call("chr", "chr", vec![u("age")], Type::Text);
    call("ord", "ord", vec![u("name")], Type::BigInt);
    call(
        "json_object_of_members",
        "json_object",
        vec![
            text(0),
            u("name"),
            text(1),
            u("balance"),
            text(2),
            u("active"),
            text(3),
            u("data"),
        ],
        Type::Json,
    );
    call(
        "json_array_of_items",
        "json_array",
        vec![u("age"), u("born"), u("seen")],
        Type::Json,
    );
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
    for (case, name, column) in [
        ("abs_age", "abs", "age"),
        ("ceil_age", "ceil", "age"),
        ("floor_age", "floor", "age"),
        ("round_age", "round", "age"),
        ("abs_score", "abs", "score"),
        ("ceil_score", "ceil", "score"),
        ("floor_score", "floor", "score"),
        ("round_score", "round", "score"),
        ("abs_balance", "abs", "balance"),
        ("ceil_balance", "ceil", "balance"),
        ("floor_balance", "floor", "balance"),
        ("round_balance", "round", "balance"),
    ] {
        call(case, name, vec![u(column)], ty(column));
    }
    for (case, column) in [
        ("round_digits_age", "age"),
        ("round_digits_score", "score"),
        ("round_digits_balance", "balance"),
    ] {
        call(case, "round", vec![u(column), int(0)], ty(column));
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
    call("random", "random", vec![], Type::Double);
    call(
        "coalesce",
        "coalesce",
        vec![u("bio"), u("name"), text(0)],
        Type::Text,
    );
    call("coalesce_one", "coalesce", vec![u("bio")], Type::Text);
    call("nullif", "nullif", vec![u("age"), int(0)], Type::Integer);
    call(
        "refuse",
        "refuse",
        vec![int(0), u("age"), u("id")],
        Type::Bool,
    );
    call("greatest", "greatest", vec![u("age"), int(0)], Type::BigInt);
    call(
        "least",
        "least",
        vec![u("balance"), value(0, "balance")],
        ty("balance"),
    );
    for (case, name, column) in [
        ("extract_year_born", "extract_year", "born"),
        ("extract_year_created", "extract_year", "created"),
        ("extract_year_seen", "extract_year", "seen"),
        ("extract_iso_year_born", "extract_iso_year", "born"),
        ("extract_iso_year_created", "extract_iso_year", "created"),
        ("extract_iso_year_seen", "extract_iso_year", "seen"),
        ("extract_quarter_born", "extract_quarter", "born"),
        ("extract_quarter_created", "extract_quarter", "created"),
        ("extract_quarter_seen", "extract_quarter", "seen"),
        ("extract_month_born", "extract_month", "born"),
        ("extract_month_created", "extract_month", "created"),
        ("extract_month_seen", "extract_month", "seen"),
        ("extract_week_born", "extract_week", "born"),
        ("extract_week_created", "extract_week", "created"),
        ("extract_week_seen", "extract_week", "seen"),
        ("extract_day_born", "extract_day", "born"),
        ("extract_day_created", "extract_day", "created"),
        ("extract_day_seen", "extract_day", "seen"),
        ("extract_day_of_year_born", "extract_day_of_year", "born"),
        (
            "extract_day_of_year_created",
            "extract_day_of_year",
            "created",
        ),
        ("extract_day_of_year_seen", "extract_day_of_year", "seen"),
        ("extract_week_day_born", "extract_week_day", "born"),
        ("extract_week_day_created", "extract_week_day", "created"),
        ("extract_week_day_seen", "extract_week_day", "seen"),
        ("extract_iso_week_day_born", "extract_iso_week_day", "born"),
        (
            "extract_iso_week_day_created",
            "extract_iso_week_day",
            "created",
        ),
        ("extract_iso_week_day_seen", "extract_iso_week_day", "seen"),
        ("extract_hour_wakes", "extract_hour", "wakes"),
        ("extract_hour_created", "extract_hour", "created"),
        ("extract_hour_seen", "extract_hour", "seen"),
        ("extract_minute_wakes", "extract_minute", "wakes"),
        ("extract_minute_created", "extract_minute", "created"),
        ("extract_minute_seen", "extract_minute", "seen"),
        ("extract_second_wakes", "extract_second", "wakes"),
        ("extract_second_created", "extract_second", "created"),
        ("extract_second_seen", "extract_second", "seen"),
        ("extract_microsecond_wakes", "extract_microsecond", "wakes"),
        (
            "extract_microsecond_created",
            "extract_microsecond",
            "created",
        ),
        ("extract_microsecond_seen", "extract_microsecond", "seen"),
    ] {
        call(case, name, vec![u(column)], Type::BigInt);
    }
    for (case, column) in [
        ("extract_epoch_born", "born"),
        ("extract_epoch_created", "created"),
        ("extract_epoch_seen", "seen"),
    ] {
        call(case, "extract_epoch", vec![u(column)], Type::Double);
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
    for (case, name, column) in [
        ("trunc_year_born", "trunc_year", "born"),
        ("trunc_year_created", "trunc_year", "created"),
        ("trunc_year_seen", "trunc_year", "seen"),
        ("trunc_quarter_born", "trunc_quarter", "born"),
        ("trunc_quarter_created", "trunc_quarter", "created"),
        ("trunc_quarter_seen", "trunc_quarter", "seen"),
        ("trunc_month_born", "trunc_month", "born"),
        ("trunc_month_created", "trunc_month", "created"),
        ("trunc_month_seen", "trunc_month", "seen"),
        ("trunc_week_born", "trunc_week", "born"),
        ("trunc_week_created", "trunc_week", "created"),
        ("trunc_week_seen", "trunc_week", "seen"),
        ("trunc_day_born", "trunc_day", "born"),
        ("trunc_day_created", "trunc_day", "created"),
        ("trunc_day_seen", "trunc_day", "seen"),
        ("trunc_hour_created", "trunc_hour", "created"),
        ("trunc_hour_seen", "trunc_hour", "seen"),
        ("trunc_minute_created", "trunc_minute", "created"),
        ("trunc_minute_seen", "trunc_minute", "seen"),
        ("trunc_second_created", "trunc_second", "created"),
        ("trunc_second_seen", "trunc_second", "seen"),
    ] {
        call(case, name, vec![u(column)], ty(column));
    }
    for (case, name) in [
        ("trunc_day_in_zone", "trunc_day"),
        ("trunc_hour_in_zone", "trunc_hour"),
        ("trunc_minute_in_zone", "trunc_minute"),
        ("trunc_second_in_zone", "trunc_second"),
    ] {
        call(case, name, vec![u("seen"), text(0)], Type::TimestampTz);
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
    let path = |ty: Type| Expr::JsonPath {
        operand: Box::new(u("data")),
        path: vec![
            PathItem::Key("address".into()),
            PathItem::Member {
                number: 0,
                list: true,
            },
            PathItem::Key("city".into()),
        ],
        ty,
    };
    for (case, new) in [
        ("json_set_text", text(0)),
        ("json_set_int", int(0)),
        ("json_set_bool", value(0, "active")),
        ("json_set_json", value(0, "data")),
        ("json_set_null", Expr::Literal(Literal::Null)),
    ] {
        call(
            case,
            "json_set",
            vec![path(Type::Json), u("data"), new],
            Type::Json,
        );
    }
    let numbered = |list: bool| Expr::JsonPath {
        operand: Box::new(u("data")),
        path: vec![
            PathItem::Key("m".into()),
            PathItem::Member { number: 10, list },
        ],
        ty: Type::Json,
    };
    for (case, list) in [
        ("json_set_number_in_object", false),
        ("json_set_number_in_list", true),
    ] {
        call(
            case,
            "json_set",
            vec![numbered(list), u("data"), value(0, "data")],
            Type::Json,
        );
    }
    call("json_null", "json_null", vec![], Type::Json);
    let empty = |name: &str| Expr::Function {
        name: name.into(),
        arguments: vec![],
        ty: Type::Json,
    };
    for (name, default, inserted) in [
        (
            "json_object",
            "json_or_json_object",
            "json_insert_json_object",
        ),
        ("json_array", "json_or_json_array", "json_insert_json_array"),
    ] {
        call(name, name, vec![], Type::Json);
        call(default, "json_or", vec![u("data"), empty(name)], Type::Json);
        call(
            inserted,
            "json_insert",
            vec![path(Type::Json), u("data"), empty(name)],
            Type::Json,
        );
    }
    call(
        "json_remove",
        "json_remove",
        vec![Expr::JsonPath {
            operand: Box::new(u("data")),
            path: vec![PathItem::Key("address".into()), PathItem::Index(0)],
            ty: Type::Json,
        }],
        Type::Json,
    );
    call(
        "json_text",
        "json_text",
        vec![Expr::JsonPath {
            operand: Box::new(u("data")),
            path: vec![PathItem::Key("address".into()), PathItem::Index(0)],
            ty: Type::Json,
        }],
        Type::Text,
    );
    call(
        "json_set_column",
        "json_set",
        vec![u("data"), u("data"), text(0)],
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
