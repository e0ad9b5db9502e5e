use crate::dialect::Features;
use crate::error::SqlError;
use crate::ir::Statement;
use crate::plan::Plan;
use crate::value::Value;

/// A statement that can be compiled: [`Select`](super::Select), [`Insert`](super::Insert),
/// [`Update`](super::Update) and [`Delete`](super::Delete).
pub trait Query {
    /// The statement and the values of its params, in order.
    ///
    /// # Errors
    /// Part of the statement is missing.
    fn statement(&self) -> Result<(Statement, Vec<Value>), SqlError>;

    /// The statement's plan for a database, and the values that it binds.
    ///
    /// ```
    /// use oxyde_sql::build::*;
    /// use oxyde_sql::dialect::{Dialect, Features};
    /// use oxyde_sql::value::Value;
    ///
    /// oxyde_sql::table! { struct Users("users") { id: i64, name: String } }
    ///
    /// let users = Users::table();
    /// let query = users.select().columns(users.id).filter(users.name.icontains("ali"));
    /// let (plan, values) = query.compile(&Features::of(Dialect::Postgres))?;
    /// assert_eq!(
    ///     plan.sql,
    ///     r#"SELECT "users"."id" AS "id" FROM "users" WHERE "users"."name" ILIKE $1"#,
    /// );
    /// assert_eq!(values, [Value::Text("ali".into())]);
    /// # Ok::<(), oxyde_sql::SqlError>(())
    /// ```
    ///
    /// # Errors
    /// As [`Query::statement`] and [`compile`](crate::compile).
    fn compile(&self, features: &Features) -> Result<(Plan, Vec<Value>), SqlError> {
        let (statement, values) = self.statement()?;
        Ok((crate::compile(&statement, features)?, values))
    }
}
