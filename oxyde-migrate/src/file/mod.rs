//! Migration files: TOML for people to read and edit.

mod error;
mod read;
mod write;

pub use error::FileError;
pub use read::parse;
use sha2::{Digest, Sha256};
pub use write::{quoted, render};

use crate::operation::Operation;

/// A migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    /// Its name: the file name without `.toml`.
    pub name: String,
    /// Names of the migrations that it depends on.
    pub depends_on: Vec<String>,
    /// Whether it runs in one transaction, if the database supports that; otherwise each
    /// operation runs in its own.
    pub atomic: bool,
    /// The migrations that it replaces (a squash): if they are applied, so is this one.
    pub replaces: Vec<String>,
    /// Its operations, in order.
    pub operations: Vec<Operation>,
    /// SHA-256 of the file's text (line ends as `\n`), in hexadecimal.
    pub checksum: String,
}

impl Migration {
    /// A migration that is not written to a file yet.
    #[must_use]
    pub fn new(name: String, depends_on: Vec<String>, operations: Vec<Operation>) -> Self {
        let mut migration = Migration {
            name,
            depends_on,
            atomic: true,
            replaces: Vec::new(),
            operations,
            checksum: String::new(),
        };
        migration.seal();
        migration
    }

    /// Set the checksum of the file that the migration would be written to.
    pub fn seal(&mut self) {
        self.checksum = checksum(&render(self));
    }
}

/// Return the checksum of a file's text.
#[must_use]
pub fn checksum(text: &str) -> String {
    hex::encode(Sha256::digest(text.replace("\r\n", "\n").as_bytes()))
}
