//! Migration files: TOML that people read and edit.

mod error;
mod read;
mod write;

pub use error::FileError;
pub use read::parse;
use sha2::{Digest, Sha256};
pub use write::render;

use crate::operation::Operation;

/// A migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    /// Its name: the file's without `.toml`.
    pub name: String,
    /// Names of the migrations that come before it.
    pub depends_on: Vec<String>,
    /// Whether it is one transaction, where the database can do that; else each operation is
    /// one.
    pub atomic: bool,
    /// The migrations that it stands for (a squash): where they are applied, so is this one.
    pub replaces: Vec<String>,
    /// What it does, in order.
    pub operations: Vec<Operation>,
    /// SHA-256 of the file's text (line ends as `\n`), in hexadecimal.
    pub checksum: String,
}

impl Migration {
    /// A migration that is not in a file yet.
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

    /// Take the checksum of the file that the migration would be written to.
    pub fn seal(&mut self) {
        self.checksum = checksum(&render(self));
    }
}

/// The checksum of a file's text.
#[must_use]
pub fn checksum(text: &str) -> String {
    let digest = Sha256::digest(text.replace("\r\n", "\n").as_bytes());
    hexadecimal(&digest)
}

/// Bytes in hexadecimal.
#[must_use]
pub fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS[usize::from(value)]);
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}
