//! The ledger: the migrations that are applied to this database.

mod table;

pub use table::{LEDGER_TABLE, Ledger, read, records};

/// The state of a migration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordState {
    /// Applied.
    Applied,
    /// A forward run is unfinished.
    Applying,
    /// A backward run is unfinished.
    Reverting,
}

impl RecordState {
    /// Its name in the table.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Applying => "applying",
            Self::Reverting => "reverting",
        }
    }

    /// Parse a name.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Applied, Self::Applying, Self::Reverting]
            .into_iter()
            .find(|state| state.word() == word)
    }
}

/// A row of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The migration.
    pub name: String,
    /// Checksum of its file at the time it was applied.
    pub checksum: String,
    /// Its state.
    pub state: RecordState,
    /// Completed steps of an unfinished run.
    pub step: usize,
    /// Whether the next step was started.
    pub begun: bool,
    /// Time of application, in UTC: `YYYY-MM-DD HH:MM:SS`.
    pub applied_at: String,
    /// Duration in milliseconds.
    pub duration_ms: i64,
}
