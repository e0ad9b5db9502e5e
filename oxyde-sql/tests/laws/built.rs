//! What the builder makes is what somebody would write by hand who numbers the values himself.

use oxyde_sql::build::*;
use oxyde_sql::compile;
use oxyde_sql::dialect::{Dialect, Features};
use oxyde_sql::ir::{self, BinaryOp, Predicate, Scope, Statement};
use oxyde_sql::types::ColumnType;
use oxyde_sql::value::Value;
use proptest::prelude::*;

oxyde_sql::table! {
    struct Users("users") {
        id: i64,
        name: String,
        age: Option<i64>,
    }
}

const USERS: Users = Users::table();

/// A value of the column `age`.
#[derive(Clone, Debug)]
enum Number {
    Age,
    Is(i64),
    Plus(Box<Number>, Box<Number>),
    Or(Box<Number>, i64),
    If(Box<Test>, i64, Box<Number>),
    MostOf(Box<Test>),
}

#[derive(Clone, Debug)]
enum Test {
    Equals(Number, Number),
    Between(Number, i64, Number),
    Named(&'static str, String),
    OneOf(Vec<i64>),
    Both(Box<Test>, Box<Test>),
    Either(Box<Test>, Box<Test>),
    Not(Box<Test>),
    OfQuery(Number, Box<Test>),
    Exists(Box<Test>),
}

fn number(test: impl Strategy<Value = Test> + Clone + 'static) -> BoxedStrategy<Number> {
    let leaf = prop_oneof![Just(Number::Age), any::<i64>().prop_map(Number::Is)];
    leaf.prop_recursive(3, 8, 2, move |inner| {
        let inner = inner.prop_map(Box::new);
        let test = test.clone().prop_map(Box::new);
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Number::Plus(a, b)),
            (inner.clone(), any::<i64>()).prop_map(|(a, b)| Number::Or(a, b)),
            (test.clone(), any::<i64>(), inner).prop_map(|(c, a, b)| Number::If(c, a, b)),
            test.prop_map(Number::MostOf),
        ]
    })
    .boxed()
}

fn test() -> BoxedStrategy<Test> {
    let leaf = prop_oneof![
        (
            prop::sample::select(vec!["contains", "istartswith"]),
            ".{0,5}"
        )
            .prop_map(|(name, text)| Test::Named(name, text)),
        prop::collection::vec(any::<i64>(), 0..5).prop_map(Test::OneOf),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        let number = number(inner.clone());
        let inner = inner.prop_map(Box::new);
        prop_oneof![
            (number.clone(), number.clone()).prop_map(|(a, b)| Test::Equals(a, b)),
            (number.clone(), any::<i64>(), number.clone())
                .prop_map(|(a, b, c)| Test::Between(a, b, c)),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Test::Both(a, b)),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Test::Either(a, b)),
            inner.clone().prop_map(Test::Not),
            (number, inner.clone()).prop_map(|(a, b)| Test::OfQuery(a, b)),
            inner.prop_map(Test::Exists),
        ]
    })
    .boxed()
}

impl Number {
    fn built(&self) -> Expr<i64> {
        match self {
            Self::Age => USERS.age.into_expr(),
            Self::Is(number) => Expr::value(*number),
            Self::Plus(left, right) => left.built() + right.built(),
            Self::Or(left, otherwise) => left.built().coalesce(*otherwise),
            Self::If(test, then, otherwise) => {
                Case::<i64>::when(test.built(), *then).otherwise(otherwise.built())
            }
            Self::MostOf(test) => {
                let most = USERS.age.max().named("most");
                USERS.select().columns(most).filter(test.built()).value()
            }
        }
    }

    fn by_hand(&self, values: &mut Vec<Value>) -> ir::Expr {
        match self {
            Self::Age => age(),
            Self::Is(number) => param(values, *number),
            Self::Plus(left, right) => {
                let left = left.by_hand(values);
                ir::Expr::Binary {
                    op: BinaryOp::Add,
                    left: Box::new(left),
                    right: Box::new(right.by_hand(values)),
                    ty: ColumnType::BigInt,
                }
            }
            Self::Or(left, otherwise) => {
                let left = left.by_hand(values);
                let otherwise = param(values, *otherwise);
                ir::Expr::call("coalesce", [left, otherwise], ColumnType::BigInt)
            }
            Self::If(test, then, otherwise) => {
                let condition = test.by_hand(values);
                let then = param(values, *then);
                ir::Expr::Case(Box::new(ir::Case {
                    whens: vec![ir::When { condition, then }],
                    otherwise: Some(otherwise.by_hand(values)),
                    ty: ColumnType::BigInt,
                }))
            }
            Self::MostOf(test) => ir::Expr::Subquery {
                select: Box::new(
                    ir::Select::from_table(&users())
                        .output(most().named("most"))
                        .filter(test.by_hand(values)),
                ),
                ty: ColumnType::BigInt,
            },
        }
    }
}

impl Test {
    fn built(&self) -> Condition {
        match self {
            Self::Equals(left, right) => left.built().eq(right.built()),
            Self::Between(operand, low, high) => operand.built().between(*low, high.built()),
            Self::Named("contains", text) => USERS.name.contains(text),
            Self::Named(_, text) => USERS.name.istartswith(text),
            Self::OneOf(ids) => USERS.id.is_in(ids.clone()),
            Self::Both(left, right) => left.built().and(right.built()),
            Self::Either(left, right) => left.built().or(right.built()),
            Self::Not(inner) => !inner.built(),
            Self::OfQuery(operand, test) => {
                let query = USERS.select().columns(USERS.id).filter(test.built());
                operand.built().in_query(query)
            }
            Self::Exists(test) => {
                let query = USERS.select().columns(USERS.id).filter(test.built());
                query.exists()
            }
        }
    }

    fn by_hand(&self, values: &mut Vec<Value>) -> Predicate {
        match self {
            Self::Equals(left, right) => {
                let left = left.by_hand(values);
                left.lookup("exact", [right.by_hand(values)])
            }
            Self::Between(operand, low, high) => {
                let operand = operand.by_hand(values);
                let low = param(values, *low);
                operand.lookup("between", [low, high.by_hand(values)])
            }
            Self::Named(name, text) => {
                values.push(Value::Text(text.clone()));
                let param = ir::Expr::param(last(values), ColumnType::Text);
                users().col("name", ColumnType::Text).lookup(*name, [param])
            }
            Self::OneOf(ids) => {
                values.push(Value::List(ids.iter().copied().map(Value::Int).collect()));
                let list = ir::Expr::list_param(last(values), ColumnType::BigInt);
                // A short list is sent in a power of two of placeholders.
                let sizes = [None, Some(1), Some(2), Some(4), Some(4)];
                let size = sizes[ids.len()].map(ir::Expr::int);
                id().lookup("in", [list].into_iter().chain(size))
            }
            Self::Both(left, right) => {
                let left = left.by_hand(values);
                left.and(right.by_hand(values))
            }
            Self::Either(left, right) => {
                let left = left.by_hand(values);
                left.or(right.by_hand(values))
            }
            Self::Not(inner) => inner.by_hand(values).negate(),
            Self::OfQuery(operand, test) => Predicate::InSelect {
                operand: operand.by_hand(values),
                select: Box::new(ids_where(test.by_hand(values))),
            },
            Self::Exists(test) => Predicate::Exists(Box::new(ids_where(test.by_hand(values)))),
        }
    }
}

fn users() -> ir::Table {
    ir::Table::new("users")
}

fn id() -> ir::Expr {
    users().col("id", ColumnType::BigInt)
}

fn age() -> ir::Expr {
    users().col("age", ColumnType::BigInt)
}

fn most() -> ir::Expr {
    ir::Expr::Aggregate(Box::new(ir::Aggregate {
        name: "max".into(),
        arguments: vec![age()],
        distinct: false,
        filter: None,
        order_by: vec![],
        ty: ColumnType::BigInt,
    }))
}

fn ids_where(condition: Predicate) -> ir::Select {
    ir::Select::from_table(&users())
        .output(id().named("id"))
        .filter(condition)
}

fn last(values: &[Value]) -> u32 {
    u32::try_from(values.len() - 1).expect("a short list")
}

fn param(values: &mut Vec<Value>, number: i64) -> ir::Expr {
    values.push(Value::Int(number));
    ir::Expr::param(last(values), ColumnType::BigInt)
}

fn same(query: &impl Query, by_hand: &Statement, expected: &[Value]) -> Result<(), TestCaseError> {
    let (statement, values) = query.statement().expect("a whole statement");
    prop_assert_eq!(&statement, by_hand);
    prop_assert_eq!(values, expected);
    for dialect in Dialect::ALL {
        let features = Features::of(dialect);
        let plan = query.compile(&features).map(|(plan, _)| plan);
        prop_assert_eq!(plan, compile(by_hand, &features));
    }
    Ok(())
}

proptest! {
    #[test]
    fn a_built_select_is_the_one_by_hand(
        shown in number(test()), filter in test(), also in test(), order in number(test()), limit: i64,
    ) {
        let query = USERS
            .select()
            .columns((USERS.id, shown.built().named("shown")))
            .filter(filter.built())
            .filter(also.built())
            .order_by(order.built().desc())
            .limit(limit);
        let values = &mut Vec::new();
        let select = ir::Select::from_table(&users())
            .output(id().named("id"))
            .output(shown.by_hand(values).named("shown"))
            .filter(filter.by_hand(values))
            .filter(also.by_hand(values))
            .order(order.by_hand(values).desc());
        let limit = Some(param(values, limit));
        same(&query, &ir::Select { limit, ..select }.into(), values)?;
    }

    #[test]
    fn a_built_update_is_the_one_by_hand(age in number(test()), filter in test(), name in ".{0,5}") {
        let query = USERS
            .update()
            .set(USERS.name, &name)
            .set(USERS.age, age.built())
            .filter(filter.built());
        let values = &mut vec![Value::Text(name)];
        let column = |name: &str, ty| ir::InsertColumn::new(name, ty);
        let name = ir::Expr::param(0, ColumnType::Text);
        let age = age.by_hand(values);
        let update = ir::Update::new(users(), Scope::Where(filter.by_hand(values)))
            .set(column("name", ColumnType::Text), name)
            .set(column("age", ColumnType::BigInt), age);
        same(&query, &update.into(), values)?;
    }

    #[test]
    fn a_built_upsert_is_the_one_by_hand(name in ".{0,5}", age: i64, set in number(test()), filter in test()) {
        let query = USERS
            .insert()
            .set(USERS.name, &name)
            .set(USERS.age, age)
            .on_conflict(
                USERS.name,
                OnConflict::update(()).set(USERS.age, set.built()).filter(filter.built()),
            )
            .returning((USERS.id + 1).named("next"));
        let values = &mut vec![Value::Text(name), Value::Int(age)];
        let columns = [
            ir::InsertColumn::new("name", ColumnType::Text),
            ir::InsertColumn::new("age", ColumnType::BigInt),
        ];
        let value = set.by_hand(values);
        let insert = ir::Insert {
            conflict: Some(ir::Conflict {
                target: ir::ConflictTarget::Columns(vec!["name".into()]),
                action: ir::ConflictAction::Update {
                    columns: vec![],
                    assignments: vec![ir::Assignment { column: columns[1].clone(), value }],
                    filter: Some(filter.by_hand(values)),
                },
            }),
            returning: vec![
                ir::Expr::Binary {
                    op: BinaryOp::Add,
                    left: Box::new(id()),
                    right: Box::new(param(values, 1)),
                    ty: ColumnType::BigInt,
                }
                .named("next"),
            ],
            ..ir::Insert::row(users(), columns)
        };
        same(&query, &insert.into(), values)?;
    }
}
