//! The file of a database: whether it still is the one that was opened.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Maximum time between two checks of a connection in use, and minimum time that a connection is
/// idle before a check: reads that follow one another would spend a tenth of their time in it.
const BUSY: Duration = Duration::from_millis(10);
const IDLE: Duration = Duration::from_micros(100);

/// An open file.
#[derive(Debug)]
pub(super) struct OpenFile {
    /// The full path: the working directory may change.
    path: PathBuf,
    identity: Identity,
    checked: Instant,
}

impl OpenFile {
    /// The file that was just opened; `None` if it has no path.
    pub(super) fn opened(path: &Path) -> Option<Self> {
        let path = path.canonicalize().ok()?;
        Some(Self {
            identity: identity(&path)?,
            path,
            checked: Instant::now(),
        })
    }

    /// Whether the path no longer leads to this file. Not every call looks.
    pub(super) fn is_gone(&mut self, idle_since: Instant) -> bool {
        let now = Instant::now();
        if now - idle_since < IDLE && now - self.checked < BUSY {
            return false;
        }
        self.checked = now;
        identity(&self.path).is_none_or(|found| found != self.identity)
    }
}

#[cfg(unix)]
type Identity = (u64, u64);

/// Return what distinguishes the file at the path from others.
#[cfg(unix)]
fn identity(path: &Path) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt as _;
    let found = path.metadata().ok()?;
    Some((found.dev(), found.ino()))
}

#[cfg(not(unix))]
type Identity = ();

/// An open file cannot be deleted or replaced here.
#[cfg(not(unix))]
fn identity(path: &Path) -> Option<Identity> {
    path.exists().then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_deleted_or_replaced_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let long_ago = Instant::now();
        assert!(OpenFile::opened(&path).is_none());
        std::fs::write(&path, "one").unwrap();
        let mut file = OpenFile::opened(&path).unwrap();
        std::thread::sleep(2 * IDLE);
        assert!(!file.is_gone(long_ago));
        std::fs::write(folder.path().join("b.db"), "two").unwrap();
        std::fs::rename(folder.path().join("b.db"), &path).unwrap();
        assert!(file.is_gone(long_ago));
        let mut file = OpenFile::opened(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert!(file.is_gone(long_ago));
    }
}
