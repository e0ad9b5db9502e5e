use oxyde_sql::ir::{
    Aggregate, Expr, Frame, FrameBound, FrameUnit, Nulls, Order, Statement, Window,
};

use FrameBound::{CurrentRow, Following, Preceding, UnboundedFollowing, UnboundedPreceding};

use super::GoldenCase;
use super::schema::{Type, int, of_users, ty, u};

fn over(function: Expr, frame: Option<Frame>) -> Statement {
    of_users(Expr::Window(Box::new(Window {
        function,
        partition_by: vec![u("active")],
        order_by: vec![u("age").desc()],
        frame,
    })))
}

fn sum(column: &str) -> Expr {
    Expr::Aggregate(Box::new(Aggregate {
        name: "sum".into(),
        arguments: vec![u(column)],
        distinct: false,
        filter: None,
        order_by: vec![],
        ty: Type::BigInt,
    }))
}

fn frame(unit: FrameUnit, start: FrameBound, end: FrameBound) -> Frame {
    Frame { unit, start, end }
}

pub fn cases() -> Vec<GoldenCase> {
    let mut cases: Vec<GoldenCase> = Vec::new();
    let mut add = |case, statement| cases.push((case, statement));
    for name in ["row_number", "rank", "dense_rank"] {
        add(name, over(Expr::call(name, [], Type::BigInt), None));
    }
    for name in ["percent_rank", "cume_dist"] {
        add(name, over(Expr::call(name, [], Type::Double), None));
    }
    add(
        "ntile",
        over(Expr::call("ntile", [int(0)], Type::BigInt), None),
    );
    for (name, by_param, with_default) in [
        ("lag", "lag_2", "lag_otherwise"),
        ("lead", "lead_2", "lead_otherwise"),
    ] {
        add(name, over(Expr::call(name, [u("name")], ty("name")), None));
        add(
            by_param,
            over(Expr::call(name, [u("age"), int(0)], ty("age")), None),
        );
        add(
            with_default,
            over(
                Expr::call(name, [u("age"), Expr::int(1), u("age")], ty("age")),
                None,
            ),
        );
    }
    add(
        "first_value",
        over(Expr::call("first_value", [u("name")], ty("name")), None),
    );
    add(
        "last_value",
        over(Expr::call("last_value", [u("name")], ty("name")), None),
    );
    add(
        "nth_value",
        over(
            Expr::call("nth_value", [u("name"), Expr::int(2)], ty("name")),
            None,
        ),
    );
    add("sum", over(sum("age"), None));
    for (case, name) in [("sum_decimal", "sum"), ("min_decimal", "min")] {
        let aggregate = Aggregate {
            name: name.into(),
            arguments: vec![u("balance")],
            distinct: false,
            filter: None,
            order_by: vec![],
            ty: ty("balance"),
        };
        add(case, over(Expr::Aggregate(Box::new(aggregate)), None));
    }
    add(
        "sum_rows",
        over(
            sum("age"),
            Some(frame(FrameUnit::Rows, UnboundedPreceding, CurrentRow)),
        ),
    );
    add(
        "sum_rows_offset",
        over(
            sum("id"),
            Some(frame(FrameUnit::Rows, Preceding(2), Following(3))),
        ),
    );
    add(
        "sum_range",
        over(
            sum("age"),
            Some(frame(FrameUnit::Range, CurrentRow, UnboundedFollowing)),
        ),
    );
    add(
        "sum_range_offset",
        over(
            sum("age"),
            Some(frame(FrameUnit::Range, Preceding(5), CurrentRow)),
        ),
    );
    add(
        "sum_groups",
        over(
            sum("age"),
            Some(frame(FrameUnit::Groups, Preceding(1), Following(1))),
        ),
    );
    add(
        "backwards",
        over(
            sum("age"),
            Some(frame(FrameUnit::Rows, Following(1), Preceding(1))),
        ),
    );
    add(
        "whole",
        of_users(Expr::Window(Box::new(Window {
            function: sum("age"),
            partition_by: vec![],
            order_by: vec![],
            frame: None,
        }))),
    );
    add(
        "nulls",
        of_users(Expr::Window(Box::new(Window {
            function: Expr::call("row_number", [], Type::BigInt),
            partition_by: vec![],
            order_by: vec![Order {
                nulls: Some(Nulls::Last),
                indexed: false,
                ..u("age").asc()
            }],
            frame: None,
        }))),
    );
    cases
}
