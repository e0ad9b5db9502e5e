//! Versions of servers.

use std::fmt;

/// A server's version; parts that it does not have are 0.
///
/// ```
/// use oxyde_sql::dialect::Version;
///
/// let version = Version::parse("10.11.6-MariaDB-0+deb12u1");
/// assert_eq!(version, Some(Version::new(10, 11, 6)));
/// assert!(Version::parse("8.0.9") < Version::parse("8.0.17"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    major: u32,
    minor: u32,
    patch: u32,
}

impl Version {
    /// Newer than every server.
    pub const NEWEST: Self = Self::new(u32::MAX, 0, 0);

    /// Create a version from its parts.
    #[must_use]
    pub const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self {
            major,
            minor,
            patch,
        }
    }

    /// Parse the leading numbers of a server's version (`8.0.36-log`, `15.20 (Debian 15.20-0)`,
    /// `17beta1`); `None` if it does not begin with a number. MariaDB may prefix `5.5.5-` for old
    /// clients.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix("5.5.5-").unwrap_or(text);
        let end = text
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(text.len());
        let mut parts = text[..end].split('.').map(|part| part.parse::<u32>().ok());
        let major = parts.next()??;
        let minor = parts.next().flatten().unwrap_or(0);
        let patch = parts.next().flatten().unwrap_or(0);
        Some(Self::new(major, minor, patch))
    }

    /// Whether the version is `wanted` or newer.
    pub(super) const fn at_least(self, wanted: Self) -> bool {
        if self.major != wanted.major {
            return self.major > wanted.major;
        }
        if self.minor != wanted.minor {
            return self.minor > wanted.minor;
        }
        self.patch >= wanted.patch
    }
}

impl fmt::Display for Version {
    /// Without trailing zeros: `15`, `10.6`, `8.0.36`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            major,
            minor,
            patch,
        } = self;
        match (minor, patch) {
            (0, 0) => write!(f, "{major}"),
            (_, 0) => write!(f, "{major}.{minor}"),
            _ => write!(f, "{major}.{minor}.{patch}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn reads_what_servers_say() {
        let read = |text| Version::parse(text).map(|version| version.to_string());
        for (text, version) in [
            ("15.20 (Debian 15.20-0+deb12u1)", "15.20"),
            ("17beta1", "17"),
            ("10.11.19-MariaDB-0+deb12u1", "10.11.19"),
            ("5.5.5-10.6.1-MariaDB", "10.6.1"),
            ("8.0.36", "8.0.36"),
            ("9.1.0", "9.1"),
        ] {
            assert_eq!(read(text).as_deref(), Some(version), "{text}");
        }
        assert_eq!(read("devel"), None);
        assert_eq!(read("99999999999.1"), None);
    }
}
