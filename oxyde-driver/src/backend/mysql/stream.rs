//! Passes on rows while they arrive.

use std::sync::Arc;

use futures_util::TryStreamExt as _;
use oxyde_sql::plan::Plan;
use oxyde_sql::value::Value;
use sqlx::mysql::MySqlArguments;
use sqlx::{AssertSqlSafe, Connection as _, Either, Executor as _};
use tokio::sync::mpsc;

use super::{Connection, Failure, bind, decode, error};
use crate::backend::Outcome;
use crate::error::DriverError;
use crate::rows::RowSet;

impl Connection {
    /// Pass on the rows of a plan, `count` at a time. If the receiver is gone, the rest is
    /// read and discarded.
    pub(super) async fn stream(
        &mut self,
        plan: &Arc<Plan>,
        values: &[Value],
        count: usize,
        to: &mpsc::Sender<RowSet>,
    ) -> Result<Outcome, DriverError> {
        let (sql, arguments) = bind::arguments(self.binder(), &plan.sql, &plan.binds, values)?;
        let again = arguments.clone();
        let mut result = self.stream_once(&sql, arguments, plan, count, to).await;
        // The server reports this before it sends a row.
        if let Err(Failure::Server(problem)) = &result
            && error::is_stale_plan(problem)
        {
            if let Err(problem) = self.raw.clear_cached_statements().await {
                return self.settled(problem).await;
            }
            result = self.stream_once(&sql, again, plan, count, to).await;
        }
        match result {
            Ok(()) => Ok(Outcome::default()),
            Err(Failure::Decode(problem)) => Err(problem),
            Err(Failure::Server(problem)) => self.settled(problem).await,
        }
    }

    async fn stream_once(
        &mut self,
        sql: &str,
        arguments: MySqlArguments,
        plan: &Arc<Plan>,
        count: usize,
        to: &mpsc::Sender<RowSet>,
    ) -> Result<(), Failure> {
        let query = sqlx::query_with(AssertSqlSafe(sql), arguments);
        let mut stream = (&mut self.raw).fetch_many(query);
        let mut readers = None;
        let mut rows = RowSet::of_plan(plan);
        let mut problem = None;
        while let Some(item) = stream.try_next().await.map_err(Failure::Server)? {
            let Either::Right(row) = item else { continue };
            if problem.is_some() || to.is_closed() {
                continue;
            }
            let readers = readers.get_or_insert_with(|| decode::readers(&row, rows.columns()));
            problem = decode::row(&mut rows, &row, readers).err();
            if rows.len() == count {
                let full = std::mem::replace(&mut rows, RowSet::of_plan(plan));
                // The receiver is gone: detected at the next row.
                let _ = to.send(full).await;
            }
        }
        if let Some(problem) = problem {
            return Err(Failure::Decode(problem));
        }
        if !rows.is_empty() {
            // The receiver is gone, so the error is irrelevant.
            let _ = to.send(rows).await;
        }
        Ok(())
    }
}
