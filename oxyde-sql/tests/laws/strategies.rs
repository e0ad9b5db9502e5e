//! Arbitrary statements, mostly nonsense.

use oxyde_sql::aggregate::aggregates;
use oxyde_sql::function::functions;
use oxyde_sql::ir::{
    Aggregate, Assignment, BinaryOp, BulkUpdate, Case, Compound, Conflict, ConflictAction,
    ConflictTarget, Cte, Delete, Direction, Distinct, Expr, Frame, FrameBound, FrameUnit, Insert,
    InsertColumn, InsertSource, Join, JoinKind, Literal, Lock, LockStrength, LockWait, Nulls,
    Order, Output, PathItem, Predicate, RawPart, Scope, Select, SetOperator, Source, Statement,
    Table, Update, When, Window,
};
use oxyde_sql::lookup::lookups;
use oxyde_sql::types::ColumnType;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

/// Any name that a database could have.
pub fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,8}",
        "[\"'`?$\\\\;\\-\u{1}\u{7f}äß漢 ]{1,12}",
        "\\PC{1,200}",
        Just("select".to_owned()),
    ]
    .prop_filter("no NUL", |name| !name.is_empty() && !name.contains('\0'))
}

fn column_type() -> impl Strategy<Value = ColumnType> {
    let scalar = prop_oneof![
        Just(ColumnType::SmallInt),
        Just(ColumnType::Integer),
        Just(ColumnType::BigInt),
        Just(ColumnType::Double),
        Just(ColumnType::Decimal {
            precision: Some(10),
            scale: Some(2)
        }),
        Just(ColumnType::Decimal {
            precision: None,
            scale: None
        }),
        Just(ColumnType::Bool),
        Just(ColumnType::Text),
        Just(ColumnType::Varchar { length: 20 }),
        Just(ColumnType::Bytes),
        Just(ColumnType::Date),
        Just(ColumnType::Time),
        Just(ColumnType::DateTime),
        Just(ColumnType::TimestampTz),
        Just(ColumnType::Interval),
        Just(ColumnType::Uuid),
        Just(ColumnType::Json),
        Just(ColumnType::Inet),
        name().prop_map(|name| ColumnType::Enum {
            name,
            values: vec!["a".into()]
        }),
        Just(ColumnType::Custom {
            sql: "CITEXT".into(),
            base: Box::new(ColumnType::Text)
        }),
    ];
    prop_oneof![
        6 => scalar.clone(),
        1 => scalar.prop_map(|item| ColumnType::Array { item: Box::new(item) }),
    ]
}

fn known_or_not(names: Vec<&'static str>) -> impl Strategy<Value = String> {
    prop_oneof![9 => select(names).prop_map(str::to_owned), 1 => "[a-z_]{1,9}"]
}

fn table() -> impl Strategy<Value = Table> {
    (option::weighted(0.1, name()), name(), name()).prop_map(|(schema, name, alias)| Table {
        schema,
        name,
        alias,
    })
}

fn leaf() -> impl Strategy<Value = Expr> {
    prop_oneof![
        4 => (prop_oneof![Just(String::new()), name()], name(), column_type())
            .prop_map(|(table, name, ty)| Expr::Column { table, name, ty }),
        3 => (0_u32..9, column_type(), any::<bool>())
            .prop_map(|(index, ty, list)| Expr::Param { index, ty, list }),
        1 => prop_oneof![
            Just(Literal::Null),
            any::<bool>().prop_map(Literal::Bool),
            any::<i64>().prop_map(Literal::Int),
            Just(Literal::Default),
        ]
        .prop_map(Expr::Literal),
    ]
}

fn operator() -> impl Strategy<Value = BinaryOp> {
    select(vec![
        BinaryOp::Add,
        BinaryOp::Subtract,
        BinaryOp::Multiply,
        BinaryOp::Divide,
        BinaryOp::FloorDivide,
        BinaryOp::Modulo,
        BinaryOp::Power,
        BinaryOp::Concat,
        BinaryOp::BitAnd,
        BinaryOp::BitOr,
    ])
}

fn order(expr: impl Strategy<Value = Expr>) -> impl Strategy<Value = Order> {
    let direction = select(vec![Direction::Asc, Direction::Desc]);
    let nulls = option::of(select(vec![Nulls::First, Nulls::Last]));
    (expr, direction, nulls).prop_map(|(expr, direction, nulls)| Order {
        expr,
        direction,
        nulls,
        indexed: false,
    })
}

fn bound() -> impl Strategy<Value = FrameBound> {
    prop_oneof![
        Just(FrameBound::UnboundedPreceding),
        any::<u32>().prop_map(FrameBound::Preceding),
        Just(FrameBound::CurrentRow),
        any::<u32>().prop_map(FrameBound::Following),
        Just(FrameBound::UnboundedFollowing),
    ]
}

fn frame() -> impl Strategy<Value = Frame> {
    (
        select(vec![FrameUnit::Rows, FrameUnit::Range, FrameUnit::Groups]),
        bound(),
        bound(),
    )
        .prop_map(|(unit, start, end)| Frame { unit, start, end })
}

fn path() -> impl Strategy<Value = Vec<PathItem>> {
    let item = prop_oneof![
        "\\PC{0,9}".prop_map(PathItem::Key),
        any::<i64>().prop_map(PathItem::Index),
        any::<(u32, bool)>().prop_map(|(number, list)| PathItem::Member { number, list }),
    ];
    vec(item, 0..4)
}

fn aggregate(inner: BoxedStrategy<Expr>) -> impl Strategy<Value = Aggregate> {
    let names = aggregates().map(|aggregate| aggregate.name).collect();
    (
        known_or_not(names),
        vec(inner.clone(), 0..3),
        any::<bool>(),
        option::of(lookup(inner.clone())),
        vec(order(inner), 0..2),
        column_type(),
    )
        .prop_map(
            |(name, arguments, distinct, filter, order_by, ty)| Aggregate {
                name,
                arguments,
                distinct,
                filter,
                order_by,
                ty,
            },
        )
}

fn lookup(inner: BoxedStrategy<Expr>) -> impl Strategy<Value = Predicate> {
    let names = lookups().map(|lookup| lookup.name).collect();
    (known_or_not(names), inner.clone(), vec(inner, 0..3)).prop_map(|(name, operand, arguments)| {
        Predicate::Lookup {
            name,
            operand,
            arguments,
        }
    })
}

#[expect(clippy::too_many_lines, reason = "one strategy per kind of expression")]
fn expr() -> BoxedStrategy<Expr> {
    leaf()
        .prop_recursive(3, 24, 3, |inner| {
            let functions = functions().map(|function| function.name).collect();
            let call = (
                known_or_not(functions),
                vec(inner.clone(), 0..4),
                column_type(),
            )
                .prop_map(|(name, arguments, ty)| Expr::Function {
                    name,
                    arguments,
                    ty,
                })
                .boxed();
            let aggregated = aggregate(inner.clone())
                .prop_map(|aggregate| Expr::Aggregate(Box::new(aggregate)))
                .boxed();
            let whens = vec((lookup(inner.clone()), inner.clone()), 0..3);
            let parts = vec(
                prop_oneof![
                    "[a-z( ]{0,6}".prop_map(RawPart::Text),
                    inner.clone().prop_map(RawPart::Expr)
                ],
                0..4,
            );
            prop_oneof![
                (operator(), inner.clone(), inner.clone(), column_type()).prop_map(
                    |(op, left, right, ty)| Expr::Binary {
                        op,
                        left: Box::new(left),
                        right: Box::new(right),
                        ty
                    }
                ),
                call.clone(),
                aggregated.clone(),
                (whens, option::of(inner.clone()), column_type()).prop_map(
                    |(whens, otherwise, ty)| {
                        let whens = whens
                            .into_iter()
                            .map(|(condition, then)| When { condition, then })
                            .collect();
                        Expr::Case(Box::new(Case {
                            whens,
                            otherwise,
                            ty,
                        }))
                    }
                ),
                (inner.clone(), column_type()).prop_map(|(operand, ty)| Expr::Cast {
                    operand: Box::new(operand),
                    ty
                }),
                (inner.clone(), path(), column_type()).prop_map(|(operand, path, ty)| {
                    Expr::JsonPath {
                        operand: Box::new(operand),
                        path,
                        ty,
                    }
                }),
                lookup(inner.clone()).prop_map(|lookup| Expr::Predicate(Box::new(lookup))),
                (
                    prop_oneof![call, aggregated],
                    vec(inner.clone(), 0..2),
                    vec(order(inner.clone()), 0..2),
                    option::of(frame())
                )
                    .prop_map(|(function, partition_by, order_by, frame)| {
                        Expr::Window(Box::new(Window {
                            function,
                            partition_by,
                            order_by,
                            frame,
                        }))
                    }),
                (parts, column_type()).prop_map(|(parts, ty)| Expr::Raw { parts, ty }),
                (inner, column_type()).prop_map(|(value, ty)| {
                    let select = Select::empty().output(value.named("v"));
                    Expr::Subquery {
                        select: Box::new(select),
                        ty,
                    }
                }),
            ]
        })
        .boxed()
}

fn predicate() -> BoxedStrategy<Predicate> {
    let leaf = prop_oneof![
        4 => lookup(expr()),
        1 => expr().prop_map(Predicate::Expr),
        1 => (vec(expr(), 0..3), vec(expr(), 0..3))
            .prop_map(|(operands, lists)| Predicate::InRows { operands, lists }),
        1 => simple_select().prop_map(|select| Predicate::Exists(Box::new(select))),
        1 => (expr(), simple_select()).prop_map(|(operand, select)| Predicate::InSelect {
            operand,
            select: Box::new(select)
        }),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Predicate::And),
            vec(inner.clone(), 0..4).prop_map(Predicate::Or),
            vec(inner.clone(), 0..4).prop_map(Predicate::Xor),
            inner.prop_map(Predicate::negate),
        ]
    })
    .boxed()
}

fn outputs() -> impl Strategy<Value = Vec<Output>> {
    vec(
        (expr(), name()).prop_map(|(expr, name)| Output { expr, name }),
        0..3,
    )
}

fn simple_select() -> impl Strategy<Value = Select> {
    (
        table(),
        outputs(),
        option::of(lookup(leaf().boxed())),
        option::of(leaf()),
    )
        .prop_map(|(table, outputs, filter, limit)| Select {
            outputs,
            filter,
            limit,
            ..Select::from_table(&table)
        })
}

fn lock() -> impl Strategy<Value = Lock> {
    (
        select(vec![LockStrength::Update, LockStrength::Share]),
        select(vec![LockWait::Wait, LockWait::NoWait, LockWait::SkipLocked]),
        vec(name(), 0..2),
    )
        .prop_map(|(strength, wait, of)| Lock { strength, wait, of })
}

fn join() -> impl Strategy<Value = Join> {
    let source = prop_oneof![
        table().prop_map(Source::Table),
        (simple_select(), name()).prop_map(|(select, alias)| Source::Subquery {
            select: Box::new(select),
            alias
        }),
    ];
    (
        select(vec![JoinKind::Inner, JoinKind::Left]),
        source,
        predicate(),
    )
        .prop_map(|(kind, source, on)| Join { kind, source, on })
}

fn full_select() -> impl Strategy<Value = Select> {
    let distinct = prop_oneof![
        Just(Distinct::All),
        Just(Distinct::Rows),
        vec(expr(), 1..3).prop_map(Distinct::On),
    ];
    let operator = select(vec![
        SetOperator::Union,
        SetOperator::UnionAll,
        SetOperator::Intersect,
        SetOperator::Except,
    ]);
    let compound =
        (operator, simple_select()).prop_map(|(operator, select)| Compound { operator, select });
    let cte = (name(), vec(name(), 0..2), any::<bool>(), simple_select()).prop_map(
        |(name, columns, recursive, select)| Cte {
            name,
            columns,
            recursive,
            select,
        },
    );
    (
        (
            simple_select(),
            vec(join(), 0..2),
            distinct,
            vec(expr(), 0..2),
        ),
        (option::of(predicate()), vec(compound, 0..3), vec(cte, 0..2)),
        (
            vec(order(expr()), 0..3),
            option::of(leaf()),
            option::of(lock()),
            option::of(predicate()),
        ),
    )
        .prop_map(
            |(
                (select, joins, distinct, group_by),
                (having, compounds, ctes),
                (order_by, offset, lock, filter),
            )| Select {
                joins,
                distinct,
                group_by,
                having,
                compounds,
                ctes,
                order_by,
                offset,
                lock,
                filter,
                ..select
            },
        )
}

fn columns() -> impl Strategy<Value = Vec<InsertColumn>> {
    vec(
        (name(), column_type()).prop_map(|(name, ty)| InsertColumn { name, ty }),
        0..4,
    )
}

fn assignments() -> impl Strategy<Value = Vec<Assignment>> {
    let assignment = (name(), column_type(), expr()).prop_map(|(name, ty, value)| Assignment {
        column: InsertColumn { name, ty },
        value,
    });
    vec(assignment, 0..3)
}

fn conflict() -> impl Strategy<Value = Conflict> {
    let target = prop_oneof![
        Just(ConflictTarget::Any),
        vec(name(), 0..3).prop_map(ConflictTarget::Columns),
    ];
    let action = prop_oneof![
        Just(ConflictAction::Nothing),
        (vec(name(), 0..3), assignments(), option::of(predicate())).prop_map(
            |(columns, assignments, filter)| ConflictAction::Update {
                columns,
                assignments,
                filter
            }
        ),
    ];
    (target, action).prop_map(|(target, action)| Conflict { target, action })
}

fn scope() -> impl Strategy<Value = Scope> {
    prop_oneof![Just(Scope::All), predicate().prop_map(Scope::Where)]
}

pub fn statement() -> impl Strategy<Value = Statement> {
    let source = prop_oneof![
        Just(InsertSource::Row),
        Just(InsertSource::Rows),
        simple_select().prop_map(|select| InsertSource::Select(Box::new(select))),
    ];
    prop_oneof![
        4 => full_select().prop_map(Statement::from),
        2 => (table(), columns(), source, option::of(conflict()), outputs()).prop_map(
            |(table, columns, source, conflict, returning)| {
                Insert { table, columns, source, conflict, returning }.into()
            }
        ),
        2 => (table(), vec(join(), 0..2), assignments(), scope(), outputs()).prop_map(
            |(table, joins, assignments, scope, returning)| {
                Update { table, joins, assignments, scope, returning }.into()
            }
        ),
        1 => (table(), columns(), columns(), assignments()).prop_map(
            |(table, keys, columns, assignments)| {
                Statement::BulkUpdate(Box::new(BulkUpdate { table, keys, columns, assignments }))
            }
        ),
        1 => (table(), scope(), outputs())
            .prop_map(|(table, scope, returning)| Delete { table, scope, returning }.into()),
    ]
}
