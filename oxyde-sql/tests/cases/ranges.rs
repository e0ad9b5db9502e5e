use oxyde_sql::ir::{Aggregate, Expr, Insert, InsertColumn, Literal, Select, Statement, Table};
use oxyde_sql::types::RangeItem;

use super::GoldenCase;
use super::schema::Type;

const NIGHTS: Type = Type::Range {
    item: RangeItem::Date,
};

fn bookings() -> Table {
    Table::new("bookings")
}

fn nights() -> Expr {
    bookings().col("nights", NIGHTS)
}

fn ids() -> Select {
    Select::from_table(&bookings()).column(&bookings(), "id", Type::BigInt)
}

fn found(name: &str, argument: Expr) -> Statement {
    ids().filter(nights().lookup(name, [argument])).into()
}

fn bound(name: &str) -> Expr {
    Expr::call(name, vec![nights()], Type::Date)
}

pub fn cases() -> Vec<GoldenCase> {
    let range = || Expr::param(0, NIGHTS);
    let row = Insert::row(
        bookings(),
        [
            InsertColumn::new("id", Type::BigInt),
            InsertColumn::new("nights", NIGHTS),
        ],
    );
    let least = Aggregate {
        name: "min".into(),
        arguments: vec![nights()],
        distinct: false,
        filter: None,
        order_by: vec![],
        ty: NIGHTS,
    };
    let flag = |flag| Expr::Literal(Literal::Bool(flag));
    vec![
        ("exact", found("exact", range())),
        ("gt", found("gt", range())),
        ("contains", found("contains", range())),
        (
            "contains_value",
            found("contains", Expr::param(0, Type::Date)),
        ),
        ("contained_by", found("contained_by", range())),
        ("overlap", found("overlap", range())),
        ("strictly_left", found("strictly_left", range())),
        ("strictly_right", found("strictly_right", range())),
        ("adjacent", found("adjacent", range())),
        ("lower", found("lower", Expr::param(0, Type::Date))),
        (
            "upper_gte",
            ids()
                .filter(bound("range_upper").lookup("gte", [Expr::param(0, Type::Date)]))
                .into(),
        ),
        ("empty", found("empty", flag(true))),
        ("not_empty", found("empty", flag(false))),
        ("order", ids().order(nights().asc()).into()),
        ("read", ids().column(&bookings(), "nights", NIGHTS).into()),
        ("insert", row.into()),
        (
            "text_lookup",
            found("icontains", Expr::param(0, Type::Text)),
        ),
        (
            "least",
            ids()
                .output(Expr::Aggregate(Box::new(least)).named("least"))
                .into(),
        ),
    ]
}
