use oxyde_sql::ir::{
    Compound, Cte, Distinct, Expr, JoinKind, Lock, LockStrength, LockWait, Nulls, Order, Output,
    PathItem, Select, SetOperator, Source, Statement, Table,
};

use super::GoldenCase;
use super::schema::{Type, int, p, posts, text, u, users, value};

fn all() -> Select {
    Select::from_table(&users())
        .output(u("id").named("id"))
        .output(u("name").named("name"))
}

fn older() -> Select {
    all().filter(u("age").lookup("gt", [int(0)]))
}

fn compound(first: Select, further: Vec<(SetOperator, Select)>) -> Select {
    Select {
        compounds: further
            .into_iter()
            .map(|(operator, select)| Compound { operator, select })
            .collect(),
        ..first
    }
}

fn bare(name: &str) -> Expr {
    Expr::Column {
        table: String::new(),
        name: name.into(),
        ty: Type::BigInt,
    }
}

fn lock(strength: LockStrength, wait: LockWait, of: &[&str]) -> Statement {
    let of = of.iter().map(|alias| (*alias).to_owned()).collect();
    Select {
        lock: Some(Lock { strength, wait, of }),
        ..all()
    }
    .into()
}

fn tree() -> Select {
    let nodes = Table::new("nodes");
    let tree = Table::new("tree");
    let child = Select {
        from: Some(Source::Table(nodes.clone())),
        ..Select::empty()
            .output(nodes.col("id", Type::BigInt).named("id"))
            .join(
                JoinKind::Inner,
                &tree,
                nodes
                    .col("parent_id", Type::BigInt)
                    .lookup("exact", [tree.col("id", Type::BigInt)]),
            )
    };
    let root = Select::from_table(&nodes)
        .output(nodes.col("id", Type::BigInt).named("id"))
        .filter(nodes.col("id", Type::BigInt).lookup("exact", [int(0)]));
    Select {
        ctes: vec![Cte {
            name: "tree".into(),
            columns: vec!["id".into()],
            recursive: true,
            select: compound(root, vec![(SetOperator::UnionAll, child)]),
        }],
        ..Select::from_table(&tree).output(tree.col("id", Type::BigInt).named("id"))
    }
}

pub fn cases() -> Vec<GoldenCase> {
    let part = Expr::JsonPath {
        operand: Box::new(u("data")),
        path: vec![PathItem::Key("price".into())],
        ty: Type::Json,
    };
    let parts = Select::from_table(&users()).output(part.clone().named("price"));
    let other = users().aliased("other");
    let mine = p("author_id").lookup("exact", [u("id")]);
    let by = |nulls, order: Order| -> Statement { all().order(Order { nulls, ..order }).into() };
    let limited = |limit: Option<Expr>, offset: Option<Expr>| -> Statement {
        Select {
            limit,
            offset,
            ..all()
        }
        .into()
    };
    let wait = LockWait::Wait;
    vec![
        ("all", all().into()),
        (
            "without_table",
            Select::empty().output(int(0).named("one")).into(),
        ),
        ("schema", {
            let table = Table {
                schema: Some("public".into()),
                ..users()
            };
            Select::from_table(&table)
                .output(u("id").named("id"))
                .into()
        }),
        ("alias", {
            let id = other.col("id", Type::BigInt).named("id");
            Select::from_table(&other).output(id).into()
        }),
        ("hostile_names", {
            let table = Table::new("a\"b`c'd?$1\\ü\u{1}");
            let name = "x\"; DROP TABLE users; -- `?";
            Select::from_table(&table)
                .column(&table, name, Type::Text)
                .into()
        }),
        ("first_by_indexed_time", {
            let newest = Select {
                limit: Some(value(1, "id")),
                offset: Some(value(2, "id")),
                ..older()
            };
            let by = Order {
                indexed: true,
                ..u("created").desc()
            };
            newest.order(by).order(u("id").asc()).into()
        }),
        ("first_by_indexed_aware_time", {
            let newest = Select {
                limit: Some(int(5)),
                ..all()
            };
            let by = Order {
                indexed: true,
                ..u("seen").asc()
            };
            newest.order(by).into()
        }),
        (
            "join",
            all().join(JoinKind::Inner, &posts(), mine.clone()).into(),
        ),
        (
            "left_join",
            all().join(JoinKind::Left, &posts(), mine.clone()).into(),
        ),
        ("self_join", {
            let on = other
                .col("id", Type::BigInt)
                .lookup("exact", [u("team_id")]);
            all().join(JoinKind::Left, &other, on).into()
        }),
        ("derived_table", {
            let source = Source::Subquery {
                select: Box::new(older()),
                alias: "o".into(),
            };
            let id = Table::new("o").col("id", Type::BigInt).named("id");
            Select {
                from: Some(source),
                ..Select::empty().output(id)
            }
            .into()
        }),
        ("order_by_json", all().order(part.clone().desc()).into()),
        (
            "order_by_json_nulls_last",
            all()
                .order(Order {
                    nulls: Some(Nulls::Last),
                    ..part.clone().asc()
                })
                .into(),
        ),
        (
            "distinct_json_ordered",
            Select {
                distinct: Distinct::Rows,
                ..parts.clone().order(part.clone().asc())
            }
            .into(),
        ),
        (
            "group_by_json",
            Select {
                group_by: vec![part.clone()],
                ..parts.clone()
            }
            .into(),
        ),
        (
            "distinct",
            Select {
                distinct: Distinct::Rows,
                ..all()
            }
            .into(),
        ),
        ("distinct_on", {
            let lower = Expr::call("lower", [u("name")], Type::Text);
            Select {
                distinct: Distinct::On(vec![u("age"), lower]),
                ..all()
            }
            .into()
        }),
        (
            "order",
            all()
                .order(u("age").asc())
                .order(u("balance").desc())
                .into(),
        ),
        ("order_nulls_first", by(Some(Nulls::First), u("age").desc())),
        ("order_nulls_last", by(Some(Nulls::Last), u("age").asc())),
        ("order_nulls_of_condition", {
            let older = Expr::Predicate(Box::new(u("age").lookup("gt", [int(0)])));
            by(Some(Nulls::Last), older.asc())
        }),
        (
            "order_random",
            by(None, Expr::call("random", [], Type::Double).asc()),
        ),
        ("limit", limited(Some(int(0)), None)),
        ("offset", limited(None, Some(int(0)))),
        ("limit_offset", limited(Some(int(0)), Some(int(1)))),
        (
            "limit_literal",
            limited(Some(Expr::int(1)), Some(Expr::int(2))),
        ),
        ("for_update", lock(LockStrength::Update, wait, &[])),
        ("for_share", lock(LockStrength::Share, wait, &[])),
        (
            "for_update_nowait",
            lock(LockStrength::Update, LockWait::NoWait, &[]),
        ),
        (
            "for_share_skip_locked",
            lock(LockStrength::Share, LockWait::SkipLocked, &[]),
        ),
        (
            "for_update_of",
            lock(LockStrength::Update, wait, &["users"]),
        ),
        (
            "for_share_of_nowait",
            lock(LockStrength::Share, LockWait::NoWait, &["users"]),
        ),
        (
            "union",
            compound(all(), vec![(SetOperator::Union, older())]).into(),
        ),
        (
            "union_all",
            compound(all(), vec![(SetOperator::UnionAll, older())]).into(),
        ),
        (
            "intersect",
            compound(all(), vec![(SetOperator::Intersect, older())]).into(),
        ),
        (
            "except",
            compound(all(), vec![(SetOperator::Except, older())]).into(),
        ),
        ("union_then_intersect", {
            let further = vec![
                (SetOperator::Union, older()),
                (SetOperator::Intersect, all()),
            ];
            compound(all(), further).order(bare("id").desc()).into()
        }),
        ("union_ordered", {
            let whole = compound(all(), vec![(SetOperator::Union, older())]);
            Select {
                limit: Some(int(1)),
                ..whole.order(bare("id").desc())
            }
            .into()
        }),
        ("union_of_limited", {
            let limited = Select {
                limit: Some(int(0)),
                ..all().order(u("id").asc())
            };
            compound(all(), vec![(SetOperator::UnionAll, limited)]).into()
        }),
        ("union_of_union", {
            let inner = compound(all(), vec![(SetOperator::Except, older())]);
            compound(all(), vec![(SetOperator::UnionAll, inner)]).into()
        }),
        ("cte", {
            let o = Table::new("o");
            Select {
                ctes: vec![Cte {
                    name: "o".into(),
                    columns: vec![],
                    recursive: false,
                    select: older(),
                }],
                ..Select::from_table(&o).output(o.col("name", Type::Text).named("name"))
            }
            .into()
        }),
        ("cte_recursive", tree().into()),
        ("group_by", {
            let total = Expr::Aggregate(Box::new(oxyde_sql::ir::Aggregate {
                name: "sum".into(),
                arguments: vec![p("views")],
                distinct: false,
                filter: None,
                order_by: vec![],
                ty: Type::BigInt,
            }));
            let output = Output {
                expr: total,
                name: "total".into(),
            };
            Select {
                group_by: vec![p("author_id")],
                ..Select::from_table(&posts())
                    .output(p("author_id").named("author_id"))
                    .output(output)
            }
            .into()
        }),
        ("everything", {
            let select = all()
                .join(JoinKind::Left, &posts(), mine)
                .filter(u("name").lookup("icontains", [text(0)]))
                .filter(p("views").lookup("gte", [value(1, "views")]))
                .order(p("views").desc());
            Select {
                limit: Some(int(2)),
                offset: Some(int(3)),
                distinct: Distinct::Rows,
                ..select.output(p("views").named("views"))
            }
            .into()
        }),
    ]
}
