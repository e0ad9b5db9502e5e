//! The rows of an answer while it arrives.

use std::sync::Arc;

use crate::rows::RowSet;

/// How many rows make the first part of an answer.
pub(crate) const FIRST: usize = 256;
const LONGEST: usize = 2_048;

/// How many rows make the part after one of so many: a long answer wakes nobody too often.
pub(crate) fn after(size: usize) -> usize {
    (size * 2).min(LONGEST)
}

/// What is told while an answer arrives.
#[derive(Debug)]
pub enum Part {
    /// The next rows.
    Rows(RowSet),
    /// The answer begins anew: what was given so far is void.
    Again,
}

/// Takes the rows of an answer while others are still on their way, in order, on the thread
/// that reads them. The last ones, or all of a short answer, are in the answer itself.
#[derive(Clone)]
pub struct Parts(Arc<dyn Fn(Part) + Send + Sync>);

impl Parts {
    /// Gives them to `take`, which must not block.
    pub fn new(take: impl Fn(Part) + Send + Sync + 'static) -> Self {
        Self(Arc::new(take))
    }

    pub(crate) fn give(&self, rows: RowSet) {
        (self.0)(Part::Rows(rows));
    }

    pub(crate) fn again(&self) {
        (self.0)(Part::Again);
    }
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Parts")
    }
}
