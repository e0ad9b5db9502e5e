//! Reads the rows of a plan in chunks.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use oxyde_sql::plan::Plan;
use oxyde_sql::value::Value;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;

use crate::backend::Job;
use crate::cancel::{Cancel, Cancellable};
use crate::error::DriverError;
use crate::executor::{On, Target};
use crate::pool::{Deadline, PoolInner};
use crate::rows::RowSet;
use crate::transaction::{BeginOptions, Transaction, TransactionInner};

static COUNT: AtomicU64 = AtomicU64::new(1);

/// The rows of a plan in chunks, in constant memory if the database allows it:
///
/// | | in a transaction | outside |
/// |---|---|---|
/// | `PostgreSQL` | a server-side cursor | the same, in a read-only transaction of its own |
/// | `SQLite` | stepped on the connection | the same; an in-memory database is read at once |
/// | `MySQL`, `MariaDB` | read at once | streamed over a connection of its own |
///
/// Read at once means that all rows are in memory as a [`RowSet`], and no connection is kept.
/// Otherwise a cursor opened on a pool holds a connection until it is closed, dropped or exhausted.
/// Inside a transaction, other statements may run between two chunks; on `SQLite` it is undefined
/// whether the cursor sees changes to later rows. It ends with its transaction, with the savepoint
/// in which it was opened, and on `SQLite` if a statement of its transaction is cancelled.
///
/// ```no_run
/// # use std::sync::Arc;
/// # async fn example(pool: oxyde_driver::Pool, plan: Arc<oxyde_sql::plan::Plan>)
/// # -> Result<(), oxyde_driver::DriverError> {
/// use oxyde_driver::Executor;
///
/// let cursor = pool.open_cursor(&plan, vec![], 1_000).await?;
/// loop {
///     let rows = cursor.next().await?;
///     if rows.is_empty() {
///         break;
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Cursor {
    plan: Arc<Plan>,
    chunk: usize,
    source: Mutex<Source>,
}

#[derive(Debug)]
enum Source {
    Placed {
        on: CursorTransaction,
        id: u64,
    },
    Streamed {
        chunks: mpsc::Receiver<RowSet>,
        stop: Cancel,
        work: JoinHandle<Result<(), DriverError>>,
        pool: Arc<PoolInner>,
    },
    Buffered {
        rows: RowSet,
        at: usize,
    },
    Closed,
}

/// The transaction that a cursor belongs to.
#[derive(Debug)]
enum CursorTransaction {
    /// Its own, which ends with the cursor.
    Owned(Transaction),
    /// The caller's.
    Borrowed(Weak<TransactionInner>),
}

impl CursorTransaction {
    async fn close(self, id: u64) -> Result<(), DriverError> {
        match self {
            Self::Owned(transaction) => transaction.rollback().await,
            Self::Borrowed(lent) => match Transaction::upgrade(&lent) {
                Some(transaction) => transaction.close_cursor(id).await,
                None => Ok(()),
            },
        }
    }
}

/// Open a cursor that returns `chunk` rows at a time.
pub(crate) async fn open(
    target: Target<'_>,
    plan: &Arc<Plan>,
    values: Vec<Value>,
    chunk: usize,
) -> Result<Cursor, DriverError> {
    let Target { on, cancel } = target;
    let has_cursors = target.features().cursors;
    let source = match on {
        // Its only connection must not be held for long, and the rows are in memory anyway.
        On::Pool(pool) if pool.0.is_memory() => read_at_once(target, plan, values).await?,
        On::Pool(pool) if !has_cursors => {
            stream(&pool.0, plan, values, chunk.max(1), cancel).await?
        }
        On::Pool(pool) => {
            let options = BeginOptions {
                read_only: !plan.writes,
                ..BeginOptions::default()
            };
            let transaction = Transaction::begin(&pool.0, options, cancel).await?;
            let id = COUNT.fetch_add(1, Ordering::Relaxed);
            if let Err(problem) = transaction.place_cursor(id, plan, values, cancel).await {
                // Report the first error; if this fails too, the connection is closed.
                let _ = transaction.rollback().await;
                return Err(problem);
            }
            let on = CursorTransaction::Owned(transaction);
            Source::Placed { on, id }
        }
        On::Transaction(transaction) if has_cursors => {
            let id = COUNT.fetch_add(1, Ordering::Relaxed);
            transaction.place_cursor(id, plan, values, cancel).await?;
            let on = CursorTransaction::Borrowed(transaction.downgrade());
            Source::Placed { on, id }
        }
        On::Transaction(_) => read_at_once(target, plan, values).await?,
    };
    Ok(Cursor {
        plan: Arc::clone(plan),
        chunk: chunk.max(1),
        source: Mutex::new(source),
    })
}

async fn read_at_once(
    on: Target<'_>,
    plan: &Arc<Plan>,
    values: Vec<Value>,
) -> Result<Source, DriverError> {
    let job = Job::Plan {
        plan: Arc::clone(plan),
        values,
        sink: None,
    };
    let rows = on.run(job).await?.rows;
    Ok(Source::Buffered { rows, at: 0 })
}

/// Start a task that reads over its own connection, one chunk ahead.
async fn stream(
    pool: &Arc<PoolInner>,
    plan: &Arc<Plan>,
    values: Vec<Value>,
    count: usize,
    cancel: &Cancel,
) -> Result<Source, DriverError> {
    let mut lease = pool.acquire(plan.writes, cancel).await?;
    let (to, chunks) = mpsc::channel(1);
    let stop = Cancel::new();
    let job = Arc::new(Job::Stream {
        plan: Arc::clone(plan),
        values,
        count,
        to,
    });
    let asked = stop.clone();
    let work = tokio::spawn(async move {
        let ended = lease.run(&job, true, &asked, None).await;
        lease.set_clean(ended.ready_for_query);
        ended.result.map(|_| ())
    });
    Ok(Source::Streamed {
        chunks,
        stop,
        work,
        pool: Arc::clone(pool),
    })
}

/// Wait for the reading task; afterwards the connection is back in the pool.
async fn joined(work: JoinHandle<Result<(), DriverError>>) -> Result<(), DriverError> {
    work.await.unwrap_or_else(|_| {
        Err(DriverError::ConnectionLost {
            message: "the task of the cursor ended".to_owned(),
            refused: false,
        })
    })
}

impl Cursor {
    /// Return the next rows. If there are fewer than a chunk, these were the last and the cursor is
    /// closed; a closed cursor returns none.
    ///
    /// # Errors
    /// Any [`DriverError`]; then the cursor is closed.
    pub async fn next(&self) -> Result<RowSet, DriverError> {
        self.cancelled_by(Cancel::NEVER).next().await
    }

    async fn next_of(&self, source: &mut Source, cancel: &Cancel) -> Result<RowSet, DriverError> {
        match source {
            Source::Placed { on, id } => {
                let job = Job::FetchCursor {
                    id: *id,
                    plan: Arc::clone(&self.plan),
                    count: self.chunk,
                };
                match on {
                    CursorTransaction::Owned(transaction) => {
                        transaction.next_rows(job, cancel).await
                    }
                    CursorTransaction::Borrowed(lent) => match Transaction::upgrade(lent) {
                        Some(transaction) => transaction.next_rows(job, cancel).await,
                        None => Err(DriverError::Closed {
                            what: "the transaction",
                        }),
                    },
                }
            }
            Source::Streamed { chunks, pool, .. } => {
                let deadline = Deadline::of_query(pool.settings.query_timeout);
                tokio::select! {
                    biased;
                    chunk = chunks.recv() => {
                        Ok(chunk.unwrap_or_else(|| RowSet::of_plan(&self.plan)))
                    }
                    () = cancel.fired() => Err(DriverError::Cancelled),
                    reason = Deadline::passed(deadline) => Err(reason),
                }
            }
            Source::Buffered { rows, at } => {
                let part = rows.part(*at, self.chunk);
                *at += part.len();
                Ok(part)
            }
            Source::Closed => Ok(RowSet::of_plan(&self.plan)),
        }
    }

    /// Release the connection. No effect if the cursor is already closed.
    ///
    /// # Errors
    /// The connection broke and was discarded.
    pub async fn close(&self) -> Result<(), DriverError> {
        shut(&mut *self.source.lock().await, true).await
    }

    /// Abandon everything without touching a socket, for the child of a fork.
    pub fn forget(self) {
        std::mem::forget(self);
    }
}

impl Cancellable<'_, Cursor> {
    /// As [`Cursor::next`].
    ///
    /// # Errors
    /// Any [`DriverError`]; then the cursor is closed.
    pub async fn next(self) -> Result<RowSet, DriverError> {
        let mut source = self.on.source.lock().await;
        let result = self.on.next_of(&mut source, self.cancel).await;
        match &result {
            Ok(rows) if rows.len() == self.on.chunk => return result,
            Ok(_) => shut(&mut source, false).await?,
            // Report the first error.
            Err(_) => drop(shut(&mut source, true).await),
        }
        result
    }
}

/// Close the cursor; `early` means that rows are left.
async fn shut(source: &mut Source, early: bool) -> Result<(), DriverError> {
    match std::mem::replace(source, Source::Closed) {
        Source::Placed { on, id } => on.close(id).await,
        Source::Streamed {
            chunks, stop, work, ..
        } => {
            if early {
                stop.fire();
                drop(chunks);
                // Ignore that it was cancelled; a lost connection is not reused.
                let _ = joined(work).await;
                return Ok(());
            }
            joined(work).await
        }
        Source::Buffered { .. } | Source::Closed => Ok(()),
    }
}

impl Drop for Cursor {
    fn drop(&mut self) {
        match std::mem::replace(self.source.get_mut(), Source::Closed) {
            Source::Placed { on, id } => {
                if let Ok(runtime) = tokio::runtime::Handle::try_current() {
                    runtime.spawn(on.close(id));
                }
            }
            // The task releases the connection when it ends.
            Source::Streamed { stop, .. } => stop.fire(),
            Source::Buffered { .. } | Source::Closed => (),
        }
    }
}
