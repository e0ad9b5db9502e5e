//! Rows of a plan bit by bit.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use oxyde_sql::plan::Plan;
use oxyde_sql::value::Value;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;

use crate::backend::{Bits, Job, bits};
use crate::begin::BeginOptions;
use crate::cancel::Cancel;
use crate::error::DriverError;
use crate::lease::Shared;
use crate::pool::Pool;
use crate::rows::RowSet;
use crate::supervise::Deadline;
use crate::transaction::{Inner, Transaction};

static COUNT: AtomicU64 = AtomicU64::new(1);

/// The rows of a plan, so many at a time, in constant memory where the database allows it:
///
/// | | in a transaction | outside |
/// |---|---|---|
/// | `PostgreSQL` | a cursor of the server | the same, in a read-only transaction of its own |
/// | `SQLite` | stepped on the connection | the same; a memory database is read at once |
/// | `MySQL`, `MariaDB` | read at once | streamed over a connection of its own |
///
/// Read at once: all rows are in memory as [`RowSet`], and no connection is kept. Otherwise one
/// opened on a pool keeps a connection until it is closed, dropped or at its end. Inside a
/// transaction other statements may run between two chunks; on `SQLite` it is not defined
/// whether changes of the rows that come later are seen. It ends with its transaction, with the
/// savepoint in which it was opened, and on `SQLite` when a statement of its transaction is
/// stopped.
///
/// ```no_run
/// # use std::sync::Arc;
/// # async fn example(pool: oxyde_driver::Pool, plan: Arc<oxyde_sql::plan::Plan>)
/// # -> Result<(), oxyde_driver::DriverError> {
/// use oxyde_driver::Cancel;
///
/// let cursor = pool.open_cursor(&plan, vec![], 1_000, &Cancel::never()).await?;
/// loop {
///     let rows = cursor.next(&Cancel::never()).await?;
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
        on: On,
        id: u64,
    },
    Streamed {
        chunks: mpsc::Receiver<RowSet>,
        stop: Cancel,
        work: JoinHandle<Result<(), DriverError>>,
        shared: Arc<Shared>,
    },
    Kept {
        rows: RowSet,
        at: usize,
    },
    Closed,
}

/// The transaction that a cursor is in.
#[derive(Debug)]
enum On {
    /// Its own, which ends with it.
    Own(Transaction),
    /// Somebody else's.
    Lent(Weak<Inner>),
}

impl On {
    async fn close(self, id: u64) -> Result<(), DriverError> {
        match self {
            Self::Own(transaction) => transaction.rollback().await,
            Self::Lent(lent) => match Transaction::upgrade(&lent) {
                Some(transaction) => transaction.close_cursor(id).await,
                None => Ok(()),
            },
        }
    }
}

impl Pool {
    /// Opens a cursor that gives `chunk` rows at a time.
    ///
    /// # Errors
    /// Any [`DriverError`].
    pub async fn open_cursor(
        &self,
        plan: &Arc<Plan>,
        values: Vec<Value>,
        chunk: usize,
        cancel: &Cancel,
    ) -> Result<Cursor, DriverError> {
        let source = if self.0.is_memory() {
            // Its one connection must not be taken for long, and the rows are in memory anyway.
            let rows = self.fetch(plan, values, cancel).await?;
            Source::Kept { rows, at: 0 }
        } else if bits(self.features()) == Bits::Stream {
            stream(&self.0, plan, values, chunk.max(1), cancel).await?
        } else {
            let options = BeginOptions {
                read_only: !plan.writes,
                ..BeginOptions::default()
            };
            let transaction = self.begin(options, cancel).await?;
            let id = COUNT.fetch_add(1, Ordering::Relaxed);
            if let Err(problem) = transaction.place_cursor(id, plan, values, cancel).await {
                // The first error is the one to tell; if this fails the connection is closed.
                let _ = transaction.rollback().await;
                return Err(problem);
            }
            let on = On::Own(transaction);
            Source::Placed { on, id }
        };
        Ok(Cursor::new(plan, chunk, source))
    }
}

impl Transaction {
    /// Opens a cursor that gives `chunk` rows at a time.
    ///
    /// # Errors
    /// Any [`DriverError`].
    pub async fn open_cursor(
        &self,
        plan: &Arc<Plan>,
        values: Vec<Value>,
        chunk: usize,
        cancel: &Cancel,
    ) -> Result<Cursor, DriverError> {
        let source = if bits(self.features()) == Bits::Stream {
            let rows = self.fetch(plan, values, cancel).await?;
            Source::Kept { rows, at: 0 }
        } else {
            let id = COUNT.fetch_add(1, Ordering::Relaxed);
            self.place_cursor(id, plan, values, cancel).await?;
            let on = On::Lent(self.downgrade());
            Source::Placed { on, id }
        };
        Ok(Cursor::new(plan, chunk, source))
    }
}

/// Has a task of its own read over a connection of its own, one chunk ahead.
async fn stream(
    shared: &Arc<Shared>,
    plan: &Arc<Plan>,
    values: Vec<Value>,
    count: usize,
    cancel: &Cancel,
) -> Result<Source, DriverError> {
    let mut lease = shared.acquire(plan.writes, cancel).await?;
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
        let (result, in_step) = lease.run(&job, true, &asked, None).await;
        lease.set_clean(in_step);
        result.map(|_| ())
    });
    Ok(Source::Streamed {
        chunks,
        stop,
        work,
        shared: Arc::clone(shared),
    })
}

/// Waits for the task that reads; by then the connection is back.
async fn joined(work: JoinHandle<Result<(), DriverError>>) -> Result<(), DriverError> {
    work.await.unwrap_or_else(|_| {
        Err(DriverError::ConnectionLost {
            message: "the task of the cursor has ended".to_owned(),
        })
    })
}

impl Cursor {
    fn new(plan: &Arc<Plan>, chunk: usize, source: Source) -> Self {
        Self {
            plan: Arc::clone(plan),
            chunk: chunk.max(1),
            source: Mutex::new(source),
        }
    }

    /// The next rows. Fewer than a chunk: these were the last, and the cursor is closed; none
    /// when it was closed before.
    ///
    /// # Errors
    /// Any [`DriverError`]; then the cursor is closed.
    pub async fn next(&self, cancel: &Cancel) -> Result<RowSet, DriverError> {
        let mut source = self.source.lock().await;
        let result = self.next_of(&mut source, cancel).await;
        match &result {
            Ok(rows) if rows.len() == self.chunk => return result,
            Ok(_) => shut(&mut source, false).await?,
            // The first error is the one to tell.
            Err(_) => drop(shut(&mut source, true).await),
        }
        result
    }

    async fn next_of(&self, source: &mut Source, cancel: &Cancel) -> Result<RowSet, DriverError> {
        match source {
            Source::Placed { on, id } => {
                let job = Job::Next {
                    id: *id,
                    plan: Arc::clone(&self.plan),
                    count: self.chunk,
                };
                match on {
                    On::Own(transaction) => transaction.next_rows(job, cancel).await,
                    On::Lent(lent) => match Transaction::upgrade(lent) {
                        Some(transaction) => transaction.next_rows(job, cancel).await,
                        None => Err(DriverError::Closed {
                            what: "the transaction",
                        }),
                    },
                }
            }
            Source::Streamed { chunks, shared, .. } => {
                let deadline = Deadline::of_query(shared.settings.query_timeout);
                tokio::select! {
                    biased;
                    chunk = chunks.recv() => {
                        Ok(chunk.unwrap_or_else(|| RowSet::of_plan(&self.plan)))
                    }
                    () = cancel.fired() => Err(DriverError::Cancelled),
                    reason = Deadline::passed(deadline) => Err(reason),
                }
            }
            Source::Kept { rows, at } => {
                let part = rows.part(*at, self.chunk);
                *at += part.len();
                Ok(part)
            }
            Source::Closed => Ok(RowSet::of_plan(&self.plan)),
        }
    }

    /// Gives the connection back. Closed already: nothing.
    ///
    /// # Errors
    /// When the connection broke: it is gone then.
    pub async fn close(&self) -> Result<(), DriverError> {
        shut(&mut *self.source.lock().await, true).await
    }

    /// Lets go of everything without touching a socket: for the child of a fork.
    pub fn forget(self) {
        std::mem::forget(self);
    }
}

/// Closes; `early` when rows are left.
async fn shut(source: &mut Source, early: bool) -> Result<(), DriverError> {
    match std::mem::replace(source, Source::Closed) {
        Source::Placed { on, id } => on.close(id).await,
        Source::Streamed {
            chunks, stop, work, ..
        } => {
            if early {
                stop.fire();
                drop(chunks);
                // That it was stopped is no news, and a lost connection is not used again.
                let _ = joined(work).await;
                return Ok(());
            }
            joined(work).await
        }
        Source::Kept { .. } | Source::Closed => Ok(()),
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
            // The task gives the connection back when it has ended.
            Source::Streamed { stop, .. } => stop.fire(),
            Source::Kept { .. } | Source::Closed => (),
        }
    }
}
