//! The jobs of a connection, and their results.

use std::ops::Range;
use std::sync::Arc;

use oxyde_sql::dialect::Features;
use oxyde_sql::plan::{Bind, Copy, Plan};
use oxyde_sql::types::ColumnType;
use oxyde_sql::value::Value;
use tokio::sync::mpsc;

use super::raw_session::{SessionEffect, session_effect};
use super::raw_tokens::first_word;
use crate::rows::{ChunkSink, RowSet};

/// A unit of work for a connection.
#[derive(Debug)]
pub(crate) enum Job {
    /// Run a plan once.
    Plan {
        plan: Arc<Plan>,
        values: Vec<Value>,
        /// The receiver of the rows while they arrive, if there is one.
        sink: Option<ChunkSink>,
    },
    /// A multi-row statement, as text; its result is the plan's.
    Text {
        plan: Arc<Plan>,
        sql: String,
        binds: Vec<Bind>,
        values: Vec<Value>,
    },
    /// Many rows, as one array per column.
    Arrays {
        plan: Arc<Plan>,
        sql: String,
        /// How to copy them, if there are very many.
        copy: Option<Copy>,
        rows: Arc<Vec<Vec<Value>>>,
        range: Range<usize>,
    },
    /// Many rows, one by one, with one prepared statement.
    PerRow {
        plan: Arc<Plan>,
        rows: Arc<Vec<Vec<Value>>>,
        range: Range<usize>,
    },
    /// SQL of the user.
    Raw {
        sql: String,
        values: Vec<Value>,
        types: Vec<(String, ColumnType)>,
    },
    /// SQL without values and without rows.
    Simple(String),
    /// Ends the transaction.
    End(TransactionEnd),
    /// Open a cursor.
    OpenCursor {
        id: u64,
        plan: Arc<Plan>,
        values: Vec<Value>,
    },
    /// Read at most `count` further rows of a cursor.
    FetchCursor {
        id: u64,
        plan: Arc<Plan>,
        count: usize,
    },
    /// Close a cursor.
    CloseCursor { id: u64 },
    /// Run a plan whose rows are passed on in chunks while they arrive.
    Stream {
        plan: Arc<Plan>,
        values: Vec<Value>,
        count: usize,
        to: mpsc::Sender<RowSet>,
    },
}

/// How a transaction ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TransactionEnd {
    Commit,
    Rollback,
}

impl TransactionEnd {
    pub(crate) fn sql(self) -> &'static str {
        match self {
            Self::Commit => "COMMIT",
            Self::Rollback => "ROLLBACK",
        }
    }
}

impl Job {
    /// The SQL of a single statement with values.
    pub(crate) fn sql(&self) -> Option<&str> {
        match self {
            Self::Plan { plan, .. } => Some(&plan.sql),
            Self::Raw { sql, .. } => Some(sql),
            _ => None,
        }
    }

    /// The SQL of a statement that is certain to be read-only.
    pub(crate) fn read_only_sql(&self) -> Option<&str> {
        self.sql().filter(|_| self.is_read_only())
    }

    /// The receiver of its rows while they arrive.
    pub(crate) fn sink(&self) -> Option<&ChunkSink> {
        match self {
            Self::Plan { sink, .. } => sink.as_ref(),
            _ => None,
        }
    }

    /// Tell the receiver to discard rows already delivered, because they are sent again.
    pub(crate) fn restart(&self) {
        if let Some(sink) = self.sink() {
            sink.restart();
        }
    }

    /// Whether it is a read without an effect, so that it may be repeated.
    pub(crate) fn may_repeat(&self, features: &Features) -> bool {
        self.is_read_only() && !self.may_write(features)
    }

    /// Whether it may have an effect: raw SQL may call a function that writes.
    pub(crate) fn may_write(&self, features: &Features) -> bool {
        match self {
            Self::Plan { plan, .. }
            | Self::Text { plan, .. }
            | Self::OpenCursor { plan, .. }
            | Self::Stream { plan, .. } => plan.writes,
            Self::Raw { sql, .. } => {
                !self.is_read_only() || session_effect(features, sql) != SessionEffect::None
            }
            Self::FetchCursor { .. } | Self::CloseCursor { .. } => false,
            Self::Arrays { .. } | Self::PerRow { .. } | Self::Simple(_) | Self::End(_) => true,
        }
    }

    /// Whether it is read-only by its first word or its plan.
    pub(crate) fn is_read_only(&self) -> bool {
        match self {
            Self::Plan { plan, .. } => !plan.writes,
            Self::Raw { sql, .. } => first_word(sql).is_some_and(|word| {
                ["select", "values", "explain", "show", "table"]
                    .iter()
                    .any(|known| word.eq_ignore_ascii_case(known))
            }),
            // The next rows of a cursor cannot be read again.
            _ => false,
        }
    }
}

/// The result of a job.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub rows: RowSet,
    pub affected: u64,
    pub last_insert_id: Option<i64>,
    /// The key of each inserted row, if rows were sent one by one and returned none.
    pub ids: Vec<i64>,
}

impl Default for Outcome {
    fn default() -> Self {
        Self {
            rows: RowSet::of_columns(Vec::new()),
            affected: 0,
            last_insert_id: None,
            ids: Vec::new(),
        }
    }
}

/// The limits of a multi-row statement.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Maximum length of a statement with its values, in bytes.
    pub bytes: usize,
    /// Increment between the ids of one statement's rows.
    pub id_step: Option<i64>,
}
