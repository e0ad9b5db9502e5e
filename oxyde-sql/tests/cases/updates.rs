use oxyde_sql::ir::{
    BinaryOp, Expr, Join, JoinKind, Literal, Predicate, Scope, Select, Source, Update,
};

use super::GoldenCase;
use super::schema::{Type, by_id, column, int, p, posts, text, u, users, value};

fn plus(left: Expr, right: Expr, ty: Type) -> Expr {
    Expr::Binary {
        op: BinaryOp::Add,
        left: Box::new(left),
        right: Box::new(right),
        ty,
    }
}

fn join(kind: JoinKind) -> Vec<Join> {
    let on = p("author_id").lookup("exact", [u("id")]);
    vec![Join {
        kind,
        source: Source::Table(posts()),
        on,
    }]
}

pub fn cases() -> Vec<GoldenCase> {
    let rename = |scope: Scope| Update::new(users(), scope).set(column("name"), text(1));
    let writers = || {
        Select::from_table(&users())
            .output(u("id").named("id"))
            .filter(u("age").lookup("gt", [int(2)]))
    };
    vec![
        ("where", rename(by_id()).into()),
        ("few_ids", {
            let list = Expr::list_param(0, Type::BigInt);
            let size = Expr::Literal(Literal::Int(2));
            rename(Scope::Where(u("id").lookup("in", [list, size]))).into()
        }),
        ("many_ids", {
            let list = Expr::list_param(0, Type::BigInt);
            rename(Scope::Where(u("id").lookup("in", [list]))).into()
        }),
        ("all", rename(Scope::All).into()),
        (
            "enum",
            Update::new(users(), by_id())
                .set(column("mood"), value(1, "mood"))
                .into(),
        ),
        (
            "increment",
            Update::new(users(), by_id())
                .set(column("age"), plus(u("age"), int(1), Type::BigInt))
                .into(),
        ),
        (
            "increment_decimal",
            Update::new(users(), by_id())
                .set(
                    column("balance"),
                    plus(
                        u("balance"),
                        value(1, "balance"),
                        super::schema::ty("balance"),
                    ),
                )
                .into(),
        ),
        (
            "int_into_decimal",
            Update::new(users(), by_id())
                .set(column("balance"), u("age"))
                .into(),
        ),
        (
            "reads_before_writes",
            Update::new(users(), by_id())
                .set(column("age"), plus(u("age"), int(1), Type::BigInt))
                .set(column("team_id"), u("age"))
                .into(),
        ),
        (
            "swap",
            Update::new(users(), by_id())
                .set(column("id"), u("team_id"))
                .set(column("team_id"), u("id"))
                .into(),
        ),
        (
            "null_and_default",
            Update::new(users(), by_id())
                .set(column("bio"), Expr::Literal(Literal::Null))
                .into(),
        ),
        (
            "default",
            Update::new(users(), by_id())
                .set(column("bio"), Expr::Literal(Literal::Default))
                .into(),
        ),
        (
            "returning",
            Update {
                returning: vec![u("id").named("id")],
                ..rename(by_id())
            }
            .into(),
        ),
        ("alias", {
            let table = users().aliased("t0");
            let scope = Scope::Where(table.col("id", Type::BigInt).lookup("exact", [int(0)]));
            let old = table.col("age", Type::Integer);
            let update = Update::new(table.clone(), scope)
                .set(column("age"), plus(old, int(1), Type::BigInt));
            Update {
                returning: vec![table.col("id", Type::BigInt).named("id")],
                ..update
            }
            .into()
        }),
        (
            "joined",
            Update {
                joins: join(JoinKind::Inner),
                ..Update::new(users(), Scope::Where(p("views").lookup("gt", [int(0)])))
                    .set(column("name"), p("title"))
            }
            .into(),
        ),
        (
            "left_joined",
            Update {
                joins: join(JoinKind::Left),
                ..rename(by_id())
            }
            .into(),
        ),
        (
            "in_select_of_same_table",
            rename(Scope::Where(Predicate::InSelect {
                operand: u("id"),
                select: Box::new(writers()),
            }))
            .into(),
        ),
        ("exists_in_same_table", {
            let other = users().aliased("other");
            let select = Select::from_table(&other)
                .output(Expr::int(1).named("one"))
                .filter(
                    other
                        .col("team_id", Type::BigInt)
                        .lookup("exact", [u("id")]),
                );
            rename(Scope::Where(Predicate::Exists(Box::new(select)))).into()
        }),
        (
            "from_subquery",
            Update::new(users(), by_id())
                .set(
                    column("name"),
                    Expr::Subquery {
                        select: Box::new(
                            Select::from_table(&posts())
                                .output(p("title").named("title"))
                                .filter(p("author_id").lookup("exact", [u("id")])),
                        ),
                        ty: Type::Text,
                    },
                )
                .into(),
        ),
        ("nothing", Update::new(users(), by_id()).into()),
    ]
}
