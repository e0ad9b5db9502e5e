//! The ledger: which migrations this database has.

mod table;

pub use table::{LEDGER_TABLE, create, finish, progress, read, records, select};

/// How far a migration is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordState {
    /// It is there.
    Applied,
    /// A run forwards did not come to its end.
    Applying,
    /// A run backwards did not come to its end.
    Reverting,
}

impl RecordState {
    /// The word in the table.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Applying => "applying",
            Self::Reverting => "reverting",
        }
    }

    /// The state of that word.
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
    /// Checksum of its file when it was applied.
    pub checksum: String,
    /// How far it is.
    pub state: RecordState,
    /// Steps done, of a run that did not come to its end.
    pub step: usize,
    /// Whether the step after those was begun.
    pub begun: bool,
    /// When it was applied, in UTC: `YYYY-MM-DD HH:MM:SS`.
    pub applied_at: String,
    /// How long it took, in milliseconds.
    pub duration_ms: i64,
}
