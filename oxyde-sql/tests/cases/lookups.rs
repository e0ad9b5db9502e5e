use oxyde_sql::ir::{Expr, Literal, PathItem, Predicate};
use oxyde_sql::types::ColumnType;

use super::GoldenCase;
use super::schema::{ids, int, text, ty, u, users, value};

fn member(number: u32) -> PathItem {
    PathItem::Member {
        number,
        list: false,
    }
}

pub fn cases() -> Vec<GoldenCase> {
    let mut cases: Vec<GoldenCase> = Vec::new();
    let mut add = |case, statement| cases.push((case, statement));
    for (case, column) in [
        ("exact_id", "id"),
        ("exact_name", "name"),
        ("exact_bio", "bio"),
        ("exact_age", "age"),
        ("exact_score", "score"),
        ("exact_balance", "balance"),
        ("exact_active", "active"),
        ("exact_born", "born"),
        ("exact_wakes", "wakes"),
        ("exact_created", "created"),
        ("exact_seen", "seen"),
        ("exact_worked", "worked"),
        ("exact_token", "token"),
        ("exact_ip", "ip"),
        ("exact_avatar", "avatar"),
        ("exact_mood", "mood"),
        ("exact_data", "data"),
        ("exact_tags", "tags"),
    ] {
        add(case, ids(u(column).lookup("exact", [value(0, column)])));
    }
    for (case, column) in [
        ("in_id", "id"),
        ("in_name", "name"),
        ("in_bio", "bio"),
        ("in_age", "age"),
        ("in_score", "score"),
        ("in_balance", "balance"),
        ("in_active", "active"),
        ("in_born", "born"),
        ("in_wakes", "wakes"),
        ("in_created", "created"),
        ("in_seen", "seen"),
        ("in_worked", "worked"),
        ("in_token", "token"),
        ("in_ip", "ip"),
        ("in_avatar", "avatar"),
        ("in_mood", "mood"),
    ] {
        let list = Expr::list_param(0, ty(column));
        add(case, ids(u(column).lookup("in", [list])));
    }
    for (case, column) in [
        ("in_few_ids", "id"),
        ("in_few_moments", "created"),
        ("in_few_documents", "data"),
    ] {
        let list = Expr::list_param(0, ty(column));
        let size = Expr::Literal(Literal::Int(4));
        add(case, ids(u(column).lookup("in", [list, size])));
    }
    add(
        "in_values",
        ids(u("age").lookup("in", [value(0, "age"), u("id")])),
    );
    add(
        "exact_null",
        ids(u("name").lookup("exact", [Expr::Literal(Literal::Null)])),
    );
    add("exact_column", ids(u("name").lookup("exact", [u("bio")])));
    for name in ["gt", "gte", "lt", "lte"] {
        add(name, ids(u("age").lookup(name, [value(0, "age")])));
    }
    add(
        "gt_decimal",
        ids(u("balance").lookup("gt", [value(0, "balance")])),
    );
    add(
        "gt_decimal_of_int",
        ids(u("age").lookup("gt", [u("balance")])),
    );
    add(
        "between_decimal_of_int",
        ids(u("balance").lookup("between", [u("age"), u("id")])),
    );
    add(
        "exact_decimal_of_double",
        ids(u("balance").lookup("exact", [u("score")])),
    );
    add(
        "not_exact_decimal_of_int",
        ids(Predicate::Unless(Box::new(
            u("balance").lookup("exact", [u("age")]),
        ))),
    );
    for name in ["between", "range"] {
        add(
            name,
            ids(u("born").lookup(name, [value(0, "born"), value(1, "born")])),
        );
    }
    for (name, of_column) in [
        ("iexact", "iexact_column"),
        ("contains", "contains_column"),
        ("icontains", "icontains_column"),
        ("startswith", "startswith_column"),
        ("istartswith", "istartswith_column"),
        ("endswith", "endswith_column"),
        ("iendswith", "iendswith_column"),
        ("regex", "regex_column"),
        ("iregex", "iregex_column"),
    ] {
        add(name, ids(u("name").lookup(name, [text(0)])));
        add(of_column, ids(u("name").lookup(name, [u("bio")])));
    }
    add(
        "contains_enum",
        ids(u("mood").lookup("contains", [value(0, "mood")])),
    );
    for (case, sql) in [
        (
            "of_a_folding_collation",
            "VARCHAR(50) COLLATE utf8mb4_general_ci",
        ),
        ("of_a_binary_collation", "VARCHAR(50) COLLATE utf8mb4_bin"),
    ] {
        let collated = ColumnType::Custom {
            sql: sql.into(),
            base: Box::new(ty("name")),
        };
        let name = || users().col("name", collated.clone());
        let prefix = name().lookup("startswith", [text(0)]);
        let list = name().lookup("in", [Expr::list_param(1, collated.clone())]);
        let exact = name().lookup("exact", [Expr::param(2, collated.clone())]);
        add(case, ids(prefix.and(list).and(exact)));
    }
    add(
        "startswith_uuid",
        ids(u("token").lookup("startswith", [value(0, "token")])),
    );
    add("search", ids(u("bio").lookup("search", [text(0)])));
    for (case, flag) in [("isnull_true", true), ("isnull_false", false)] {
        let flag = Expr::Literal(Literal::Bool(flag));
        add(case, ids(u("name").lookup("isnull", [flag])));
    }
    for (case, name, column) in [
        ("year_born", "year", "born"),
        ("year_created", "year", "created"),
        ("year_seen", "year", "seen"),
        ("iso_year_born", "iso_year", "born"),
        ("iso_year_created", "iso_year", "created"),
        ("iso_year_seen", "iso_year", "seen"),
        ("quarter_born", "quarter", "born"),
        ("quarter_created", "quarter", "created"),
        ("quarter_seen", "quarter", "seen"),
        ("month_born", "month", "born"),
        ("month_created", "month", "created"),
        ("month_seen", "month", "seen"),
        ("week_born", "week", "born"),
        ("week_created", "week", "created"),
        ("week_seen", "week", "seen"),
        ("day_born", "day", "born"),
        ("day_created", "day", "created"),
        ("day_seen", "day", "seen"),
        ("week_day_born", "week_day", "born"),
        ("week_day_created", "week_day", "created"),
        ("week_day_seen", "week_day", "seen"),
        ("iso_week_day_born", "iso_week_day", "born"),
        ("iso_week_day_created", "iso_week_day", "created"),
        ("iso_week_day_seen", "iso_week_day", "seen"),
        ("hour_wakes", "hour", "wakes"),
        ("hour_created", "hour", "created"),
        ("hour_seen", "hour", "seen"),
        ("minute_wakes", "minute", "wakes"),
        ("minute_created", "minute", "created"),
        ("minute_seen", "minute", "seen"),
        ("second_wakes", "second", "wakes"),
        ("second_created", "second", "created"),
        ("second_seen", "second", "seen"),
    ] {
        add(case, ids(u(column).lookup(name, [int(0)])));
    }
    for (case, name, column, of) in [
        ("date_created", "date", "created", "born"),
        ("time_created", "time", "created", "wakes"),
        ("date_seen", "date", "seen", "born"),
        ("time_seen", "time", "seen", "wakes"),
    ] {
        add(case, ids(u(column).lookup(name, [value(0, of)])));
    }
    let year = Expr::call("extract_year", [u("seen")], ColumnType::BigInt);
    add("year_gte", ids(year.lookup("gte", [int(0)])));
    add(
        "json_contains",
        ids(u("data").lookup("contains", [value(0, "data")])),
    );
    add(
        "json_contained_by",
        ids(u("data").lookup("contained_by", [value(0, "data")])),
    );
    add("has_key", ids(u("data").lookup("has_key", [text(0)])));
    for name in ["has_keys", "has_any_keys"] {
        let keys = Expr::list_param(0, ColumnType::Text);
        add(name, ids(u("data").lookup(name, [keys])));
    }
    for (case, with_list, name) in [
        ("array_contains", "array_contains_list", "contains"),
        (
            "array_contained_by",
            "array_contained_by_list",
            "contained_by",
        ),
        ("array_overlap", "array_overlap_list", "overlap"),
    ] {
        add(case, ids(u("tags").lookup(name, [value(0, "tags")])));
        let list = Expr::list_param(0, ColumnType::Text);
        add(with_list, ids(u("tags").lookup(name, [list])));
    }
    let part = |ty: ColumnType| Expr::JsonPath {
        operand: Box::new(u("data")),
        path: vec![PathItem::Key("price".into())],
        ty,
    };
    let other = Expr::JsonPath {
        operand: Box::new(u("data")),
        path: vec![PathItem::Key("cost".into())],
        ty: ColumnType::Json,
    };
    let number = || Expr::param(0, ColumnType::Double);
    for (case, right) in [
        ("json_exact_number", number()),
        ("json_exact_json", value(0, "data")),
        ("json_exact_part", other.clone()),
        ("json_exact_column", u("age")),
        (
            "json_exact_null",
            Expr::call("json_null", Vec::<Expr>::new(), ColumnType::Json),
        ),
    ] {
        let left = part(ColumnType::Json);
        add(case, ids(left.lookup("exact", [right])));
    }
    add(
        "json_exact_text",
        ids(part(ColumnType::Text).lookup("exact", [text(0)])),
    );
    for (case, name) in [
        ("json_gt_number", "gt"),
        ("json_gte_number", "gte"),
        ("json_lt_number", "lt"),
        ("json_lte_number", "lte"),
    ] {
        let left = part(ColumnType::Json);
        add(case, ids(left.lookup(name, [number()])));
    }
    for (case, left, right) in [
        ("json_gt_part", part(ColumnType::Json), other),
        ("json_gt_column", u("age"), part(ColumnType::Json)),
        ("json_gt_text", part(ColumnType::Text), text(0)),
    ] {
        add(case, ids(left.lookup("gt", [right])));
    }
    let bounds = [number(), Expr::param(1, ColumnType::Double)];
    add(
        "json_between_numbers",
        ids(part(ColumnType::Json).lookup("between", bounds)),
    );
    let list = Expr::list_param(0, ColumnType::Json);
    add("json_in", ids(part(ColumnType::Json).lookup("in", [list])));
    for (as_json, as_text, path) in [
        (
            "json_json_at_number",
            "json_text_at_number",
            vec![PathItem::Key("m".into()), member(10)],
        ),
        (
            "json_json_at_numbers",
            "json_text_at_numbers",
            vec![member(0), member(1)],
        ),
        (
            "json_json_at_digits",
            "json_text_at_digits",
            vec![PathItem::Key("007".into())],
        ),
        (
            "json_json_at_index",
            "json_text_at_index",
            vec![PathItem::Key("list".into()), PathItem::Index(1)],
        ),
        (
            "json_json_at_odd",
            "json_text_at_odd",
            vec![PathItem::Key("a\"b\\c\n'd".into())],
        ),
    ] {
        for (case, ty, right) in [
            (as_json, ColumnType::Json, number()),
            (as_text, ColumnType::Text, text(0)),
        ] {
            let left = Expr::JsonPath {
                operand: Box::new(u("data")),
                path: path.clone(),
                ty,
            };
            add(case, ids(left.lookup("exact", [right])));
        }
    }
    add("array_len", ids(u("tags").lookup("len", [int(0)])));
    cases
}
