use oxyde_sql::ir::{
    Assignment, BinaryOp, Conflict, ConflictAction, ConflictTarget, Expr, Insert, InsertSource,
    Predicate, Select, Statement, Table,
};

use super::GoldenCase;
use super::schema::{Type, column, columns, int, p, posts, text, u, users};

fn target(names: &[&str]) -> ConflictTarget {
    ConflictTarget::Columns(names.iter().map(|name| (*name).to_owned()).collect())
}

fn update(
    names: &[&str],
    assignments: Vec<Assignment>,
    filter: Option<Predicate>,
) -> ConflictAction {
    ConflictAction::Update {
        columns: names.iter().map(|name| (*name).to_owned()).collect(),
        assignments,
        filter,
    }
}

fn increment(amount: Expr) -> Assignment {
    Assignment {
        column: column("views"),
        value: Expr::Binary {
            op: BinaryOp::Add,
            left: Box::new(p("views")),
            right: Box::new(amount),
            ty: Type::BigInt,
        },
    }
}

pub fn cases() -> Vec<GoldenCase> {
    let new = |name: &str| Table::new("excluded").col(name, Type::BigInt);
    let row = || Insert::row(posts(), columns(&["id", "title", "views"]));
    let rows = || Insert::rows(posts(), columns(&["id", "title", "views"]));
    let on = |insert: Insert, target: ConflictTarget, action: ConflictAction| -> Statement {
        Insert {
            conflict: Some(Conflict { target, action }),
            ..insert
        }
        .into()
    };
    let newer = || p("views").lookup("lt", [new("views")]);
    let selected = || Insert {
        source: InsertSource::Select(Box::new(
            Select::from_table(&users())
                .output(u("id").named("id"))
                .output(u("name").named("title"))
                .output(u("age").named("views")),
        )),
        ..row()
    };
    vec![
        (
            "nothing",
            on(row(), target(&["id"]), ConflictAction::Nothing),
        ),
        (
            "nothing_any",
            on(row(), ConflictTarget::Any, ConflictAction::Nothing),
        ),
        (
            "nothing_rows",
            on(rows(), ConflictTarget::Any, ConflictAction::Nothing),
        ),
        (
            "nothing_select",
            on(selected(), target(&["id"]), ConflictAction::Nothing),
        ),
        (
            "update",
            on(
                row(),
                target(&["id"]),
                update(&["title", "views"], vec![], None),
            ),
        ),
        (
            "update_two_keys",
            on(
                row(),
                target(&["id", "title"]),
                update(&["views"], vec![], None),
            ),
        ),
        (
            "update_any",
            on(row(), ConflictTarget::Any, update(&["title"], vec![], None)),
        ),
        (
            "update_rows",
            on(
                rows(),
                target(&["id"]),
                update(&["title", "views"], vec![], None),
            ),
        ),
        (
            "update_rows_returning",
            on(
                Insert {
                    returning: vec![p("id").named("id")],
                    ..rows()
                },
                target(&["id"]),
                update(&["title"], vec![], None),
            ),
        ),
        (
            "increment",
            on(
                row(),
                target(&["id"]),
                update(&["title"], vec![increment(int(3))], None),
            ),
        ),
        (
            "add_new",
            on(
                row(),
                target(&["id"]),
                update(&[], vec![increment(new("views"))], None),
            ),
        ),
        (
            "add_new_rows",
            on(
                rows(),
                target(&["id"]),
                update(&[], vec![increment(new("views"))], None),
            ),
        ),
        (
            "add_param_rows",
            on(
                rows(),
                target(&["id"]),
                update(&[], vec![increment(int(0))], None),
            ),
        ),
        (
            "filter",
            on(
                row(),
                target(&["id"]),
                update(&["views"], vec![], Some(newer())),
            ),
        ),
        ("alias", {
            let table = posts().aliased("old");
            let old = table.col("views", Type::BigInt);
            let assignment = Assignment {
                column: column("views"),
                value: old,
            };
            on(
                Insert::row(table, columns(&["id", "views"])),
                target(&["id"]),
                update(&[], vec![assignment], None),
            )
        }),
        (
            "select",
            on(
                selected(),
                target(&["id"]),
                update(&["title"], vec![], None),
            ),
        ),
        (
            "literal",
            on(
                row(),
                target(&["id"]),
                update(
                    &[],
                    vec![Assignment {
                        column: column("title"),
                        value: text(3),
                    }],
                    None,
                ),
            ),
        ),
        (
            "empty",
            on(row(), target(&["id"]), update(&[], vec![], None)),
        ),
        (
            "no_target_columns",
            on(row(), target(&[]), ConflictAction::Nothing),
        ),
    ]
}
