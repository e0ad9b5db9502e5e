//! Runs what `oxyde_sql::build` builds.

use std::sync::Arc;

use oxyde_sql::SqlError;
use oxyde_sql::build::{InsertRows, Query};
use oxyde_sql::plan::Plan;
use oxyde_sql::value::Value;

use crate::bulk::BulkResult;
use crate::error::DriverError;
use crate::executor::{ExecuteResult, Executor};
use crate::rows::FromRow;

/// Runs the queries of [`oxyde_sql::build`] on a [`Pool`](crate::Pool) or a
/// [`Transaction`](crate::Transaction).
///
/// ```no_run
/// use oxyde_driver::{DriverError, Executor, FromRow, Queries};
/// use oxyde_sql::build::*;
///
/// oxyde_sql::table! {
///     struct Users("users") {
///         id: i64,
///         name: String,
///         visits: i64,
///     }
/// }
///
/// #[derive(FromRow)]
/// struct User {
///     id: i64,
///     name: String,
/// }
///
/// async fn example(on: &impl Executor) -> Result<Vec<User>, DriverError> {
///     let users = Users::table();
///     on.run(&users.insert().set(users.name, "Alice")).await?;
///     on.run(&users.update().set(users.visits, users.visits + 1).filter(users.id.eq(1))).await?;
///     on.all(&users.select().filter(users.name.icontains("ali")).order_by(users.id)).await
/// }
/// ```
pub trait Queries: Executor {
    /// Run a query, and convert its rows.
    ///
    /// # Errors
    /// [`DriverError::Sql`] if the database does not support it, otherwise as
    /// [`Executor::fetch_all`].
    fn all<T: FromRow + Send>(
        &self,
        query: &impl Query,
    ) -> impl Future<Output = Result<Vec<T>, DriverError>> + Send {
        let planned = self.planned(query);
        async move {
            let (plan, values) = planned?;
            self.fetch_all(&plan, values).await
        }
    }

    /// Run a query, and convert its only row.
    ///
    /// # Errors
    /// As [`Queries::all`]; [`DriverError::RowCount`] if there is not exactly one row.
    fn one<T: FromRow + Send>(
        &self,
        query: &impl Query,
    ) -> impl Future<Output = Result<T, DriverError>> + Send {
        let planned = self.planned(query);
        async move {
            let (plan, values) = planned?;
            self.fetch_one(&plan, values).await
        }
    }

    /// Run a query, and convert its only row, if there is one.
    ///
    /// # Errors
    /// As [`Queries::all`]; [`DriverError::RowCount`] if there are several rows.
    fn optional<T: FromRow + Send>(
        &self,
        query: &impl Query,
    ) -> impl Future<Output = Result<Option<T>, DriverError>> + Send {
        let planned = self.planned(query);
        async move {
            let (plan, values) = planned?;
            self.fetch_optional(&plan, values).await
        }
    }

    /// Run a statement that changes rows.
    ///
    /// # Errors
    /// [`DriverError::Sql`] if the database does not support it, otherwise as
    /// [`Executor::execute`].
    fn run(
        &self,
        query: &impl Query,
    ) -> impl Future<Output = Result<ExecuteResult, DriverError>> + Send {
        let planned = self.planned(query);
        async move {
            let (plan, values) = planned?;
            self.execute(&plan, values).await
        }
    }

    /// Insert any number of rows, all or none of them.
    ///
    /// # Errors
    /// [`DriverError::Sql`] if the database does not support it, otherwise as [`Executor::bulk`].
    fn insert_rows(
        &self,
        insert: &InsertRows,
    ) -> impl Future<Output = Result<BulkResult, DriverError>> + Send {
        let planned = insert.compile(self.features());
        async move {
            let (plan, rows) = planned?;
            self.bulk(&Arc::new(plan), rows, None).await
        }
    }

    /// The plan of a query for this server.
    #[doc(hidden)]
    fn planned(&self, query: &impl Query) -> Result<(Arc<Plan>, Vec<Value>), SqlError> {
        let (plan, values) = query.compile(self.features())?;
        Ok((Arc::new(plan), values))
    }
}

impl<E: Executor> Queries for E {}
