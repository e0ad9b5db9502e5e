//! The tables of the cases, and shorthands.

use oxyde_sql::ir::{Expr, InsertColumn, Predicate, Scope, Select, Statement, Table};
use oxyde_sql::types::ColumnType;

pub use oxyde_sql::types::ColumnType as Type;

pub fn users() -> Table {
    Table::new("users")
}

pub fn posts() -> Table {
    Table::new("posts")
}

/// The type of a column of `users` or `posts`.
pub fn ty(column: &str) -> ColumnType {
    match column {
        "name" | "title" => Type::Varchar { length: 50 },
        "bio" => Type::Text,
        "age" => Type::Integer,
        "score" => Type::Double,
        "balance" => Type::Decimal {
            precision: Some(12),
            scale: Some(2),
        },
        "active" => Type::Bool,
        "born" => Type::Date,
        "wakes" => Type::Time,
        "created" => Type::DateTime,
        "seen" => Type::TimestampTz,
        "worked" => Type::Interval,
        "token" => Type::Uuid,
        "data" => Type::Json,
        "ip" => Type::Inet,
        "avatar" => Type::Bytes,
        "tags" => Type::Array {
            item: Box::new(Type::Text),
        },
        "mood" => Type::Enum {
            name: "mood".into(),
            values: vec!["happy".into(), "sad".into()],
        },
        _ => Type::BigInt,
    }
}

/// A column of `users`.
pub fn u(column: &str) -> Expr {
    users().col(column, ty(column))
}

/// A column of `posts`.
pub fn p(column: &str) -> Expr {
    posts().col(column, ty(column))
}

/// A param of a column's type.
pub fn value(index: u32, column: &str) -> Expr {
    Expr::param(index, ty(column))
}

pub fn int(index: u32) -> Expr {
    Expr::param(index, Type::BigInt)
}

pub fn text(index: u32) -> Expr {
    Expr::param(index, Type::Text)
}

pub fn column(name: &str) -> InsertColumn {
    InsertColumn::new(name, ty(name))
}

pub fn columns(names: &[&str]) -> Vec<InsertColumn> {
    names.iter().map(|name| column(name)).collect()
}

/// The ids of the users for which this holds.
pub fn ids(condition: Predicate) -> Statement {
    Select::from_table(&users())
        .output(u("id").named("id"))
        .filter(condition)
        .into()
}

/// This value of each user.
pub fn of_users(value: Expr) -> Statement {
    Select::from_table(&users())
        .output(value.named("value"))
        .into()
}

/// The user with the id of param 0.
pub fn by_id() -> Scope {
    Scope::Where(u("id").lookup("exact", [int(0)]))
}
