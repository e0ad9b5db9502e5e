//! Passes on the rows of a result while they arrive.

use std::sync::Arc;

use crate::rows::RowSet;

/// Rows in the first chunk of an answer.
pub(crate) const FIRST: usize = 256;
const LONGEST: usize = 2_048;

/// Size of the next chunk; doubles up to [`LONGEST`], so that a long answer wakes its receiver
/// rarely.
pub(crate) fn after(size: usize) -> usize {
    (size * 2).min(LONGEST)
}

/// What a [`ChunkSink`] receives while an answer arrives.
#[derive(Debug)]
pub enum Chunk {
    /// The next rows.
    Rows(RowSet),
    /// The answer starts again: discard all rows received so far.
    Restart,
}

/// Receives the rows of an answer in chunks while it still arrives, in order, on the thread that
/// reads them. The last rows, or all rows of a short answer, are in the answer itself.
#[derive(Clone)]
pub struct ChunkSink(Arc<dyn Fn(Chunk) + Send + Sync>);

impl ChunkSink {
    /// Passes each chunk to `take`, which must not block.
    pub fn new(take: impl Fn(Chunk) + Send + Sync + 'static) -> Self {
        Self(Arc::new(take))
    }

    pub(crate) fn give(&self, rows: RowSet) {
        (self.0)(Chunk::Rows(rows));
    }

    pub(crate) fn restart(&self) {
        (self.0)(Chunk::Restart);
    }
}

impl std::fmt::Debug for ChunkSink {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("ChunkSink")
    }
}
