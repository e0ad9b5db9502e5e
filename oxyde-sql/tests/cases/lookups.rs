use oxyde_sql::ir::{Expr, Literal, Statement};
use oxyde_sql::types::ColumnType;

use super::schema::{ids, int, text, ty, u, value};

const COLUMNS: [&str; 16] = [
    "id", "name", "bio", "age", "score", "balance", "active", "born", "wakes", "created", "seen",
    "worked", "token", "ip", "avatar", "mood",
];

pub fn cases() -> Vec<(String, Statement)> {
    let mut cases: Vec<(String, Statement)> = Vec::new();
    let mut add = |name: &str, statement: Statement| cases.push((name.to_owned(), statement));
    for column in COLUMNS.into_iter().chain(["data", "tags"]) {
        add(
            &format!("exact_{column}"),
            ids(u(column).lookup("exact", [value(0, column)])),
        );
    }
    for column in COLUMNS {
        let list = Expr::list_param(0, ty(column));
        add(&format!("in_{column}"), ids(u(column).lookup("in", [list])));
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
    for name in ["between", "range"] {
        add(
            name,
            ids(u("born").lookup(name, [value(0, "born"), value(1, "born")])),
        );
    }
    for name in [
        "iexact",
        "contains",
        "icontains",
        "startswith",
        "istartswith",
        "endswith",
        "iendswith",
        "regex",
        "iregex",
    ] {
        add(name, ids(u("name").lookup(name, [text(0)])));
        add(
            &format!("{name}_column"),
            ids(u("name").lookup(name, [u("bio")])),
        );
    }
    add(
        "contains_enum",
        ids(u("mood").lookup("contains", [value(0, "mood")])),
    );
    add(
        "startswith_uuid",
        ids(u("token").lookup("startswith", [value(0, "token")])),
    );
    add("search", ids(u("bio").lookup("search", [text(0)])));
    for flag in [true, false] {
        let flag_literal = Expr::Literal(Literal::Bool(flag));
        add(
            &format!("isnull_{flag}"),
            ids(u("name").lookup("isnull", [flag_literal])),
        );
    }
    for name in [
        "year",
        "iso_year",
        "quarter",
        "month",
        "week",
        "day",
        "week_day",
        "iso_week_day",
    ] {
        for column in ["born", "created", "seen"] {
            add(
                &format!("{name}_{column}"),
                ids(u(column).lookup(name, [int(0)])),
            );
        }
    }
    for name in ["hour", "minute", "second"] {
        for column in ["wakes", "created", "seen"] {
            add(
                &format!("{name}_{column}"),
                ids(u(column).lookup(name, [int(0)])),
            );
        }
    }
    for column in ["created", "seen"] {
        add(
            &format!("date_{column}"),
            ids(u(column).lookup("date", [value(0, "born")])),
        );
        add(
            &format!("time_{column}"),
            ids(u(column).lookup("time", [value(0, "wakes")])),
        );
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
    for name in ["contains", "contained_by", "overlap"] {
        add(
            &format!("array_{name}"),
            ids(u("tags").lookup(name, [value(0, "tags")])),
        );
        let list = Expr::list_param(0, ColumnType::Text);
        add(
            &format!("array_{name}_list"),
            ids(u("tags").lookup(name, [list])),
        );
    }
    add("array_len", ids(u("tags").lookup("len", [int(0)])));
    cases
}
