//! Raw statements in a transaction, which must not end it.

use std::sync::Arc;

use super::inner::{State, TransactionInner};
use crate::backend::{Job, Outcome, TransactionEffect, transaction_effect};
use crate::cancel::Cancel;
use crate::error::DriverError;

/// The savepoint around a statement that may end the transaction: it ends with it, also if the
/// statement begins another transaction.
const MARK: &str = "oxyde_raw";

/// Maximum number of characters of a statement in an error.
const SHOWN: usize = 80;

impl TransactionInner {
    /// Run raw SQL; refuse or report SQL that ends the transaction.
    pub(super) async fn run_raw(
        &self,
        state: &mut State,
        sql: &str,
        job: &Arc<Job>,
        cancel: &Cancel,
    ) -> Result<Outcome, DriverError> {
        match transaction_effect(&self.pool.features, sql) {
            TransactionEffect::Continues => self.run_locked(state, job, cancel).await,
            TransactionEffect::Ends(statement) => Err(DriverError::EndsTransaction { statement }),
            TransactionEffect::Unknown => {
                self.step(state, format!("SAVEPOINT {MARK}"), cancel)
                    .await?;
                let outcome = self.run_locked(state, job, cancel).await?;
                match self
                    .step(state, format!("RELEASE SAVEPOINT {MARK}"), cancel)
                    .await
                {
                    Ok(()) => Ok(outcome),
                    // The server no longer has the savepoint, or SQLite reports no transaction.
                    Err(DriverError::Database { .. } | DriverError::Closed { .. }) => {
                        let ended = DriverError::TransactionEnded {
                            sql: sql.trim().chars().take(SHOWN).collect(),
                        };
                        // The connection may be in another transaction: it is closed.
                        state.lease = None;
                        state.end = Some(ended.clone());
                        Err(ended)
                    }
                    Err(problem) => Err(problem),
                }
            }
        }
    }
}
