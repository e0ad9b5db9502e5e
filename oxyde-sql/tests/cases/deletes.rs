use oxyde_sql::ir::{Delete, Distinct, Expr, Predicate, Scope, Select, Source, Table};

use super::GoldenCase;
use super::schema::{Type, by_id, int, p, posts, u, users};

pub fn cases() -> Vec<GoldenCase> {
    let table = users().aliased("t0");
    let t0 = |name: &str| table.col(name, Type::BigInt);
    let where_t0 = || Scope::Where(t0("id").lookup("exact", [int(0)]));
    vec![
        ("where", Delete::new(users(), by_id()).into()),
        ("all", Delete::new(users(), Scope::All).into()),
        (
            "returning",
            Delete {
                returning: vec![u("id").named("id")],
                ..Delete::new(users(), by_id())
            }
            .into(),
        ),
        ("alias", Delete::new(table.clone(), where_t0()).into()),
        (
            "alias_returning",
            Delete {
                returning: vec![t0("id").named("id")],
                ..Delete::new(table.clone(), where_t0())
            }
            .into(),
        ),
        ("schema", {
            let table = Table {
                schema: Some("public".into()),
                ..users()
            };
            Delete::new(table, by_id()).into()
        }),
        ("exists", {
            let select = Select::from_table(&posts())
                .output(Expr::int(1).named("one"))
                .filter(p("author_id").lookup("exact", [u("id")]));
            Delete::new(
                users(),
                Scope::Where(Predicate::Exists(Box::new(select)).negate()),
            )
            .into()
        }),
        ("in_select_of_same_table", {
            let other = users().aliased("other");
            let select = Select::from_table(&other)
                .output(other.col("id", Type::BigInt).named("id"))
                .filter(other.col("age", Type::BigInt).lookup("gt", [int(0)]));
            let scope = Scope::Where(Predicate::InSelect {
                operand: u("id"),
                select: Box::new(select),
            });
            Delete::new(users(), scope).into()
        }),
        ("in_derived_table_of_same_table", {
            let other = users().aliased("other");
            let mut chosen = Select::from_table(&other)
                .output(other.col("id", Type::BigInt).named("id"))
                .filter(other.col("age", Type::BigInt).lookup("gt", [int(0)]));
            chosen.distinct = Distinct::Rows;
            let mut select = Select::empty();
            select.from = Some(Source::Subquery {
                select: Box::new(chosen),
                alias: "picked".into(),
            });
            let id = Expr::Column {
                table: "picked".into(),
                name: "id".into(),
                ty: Type::BigInt,
            };
            let scope = Scope::Where(Predicate::InSelect {
                operand: u("id"),
                select: Box::new(select.output(id.named("id"))),
            });
            Delete::new(users(), scope).into()
        }),
    ]
}
