/// A version as `(major, minor, patch)`.
pub(super) type Version = (u32, u32, u32);

/// Newer than all that there are.
pub(super) const NEWEST: Version = (u32::MAX, 0, 0);

/// Whether the version is `wanted` or newer.
pub(super) const fn at_least(version: Version, wanted: Version) -> bool {
    if version.0 != wanted.0 {
        return version.0 > wanted.0;
    }
    if version.1 != wanted.1 {
        return version.1 > wanted.1;
    }
    version.2 >= wanted.2
}

/// The leading `major.minor.patch` of what a server says about itself (`8.0.36-log`,
/// `15.20 (Debian 15.20-0)`); missing parts are 0. MariaDB may lead with `5.5.5-` for old clients.
pub(super) fn parse(text: &str) -> Option<Version> {
    let text = text.strip_prefix("5.5.5-").unwrap_or(text);
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let mut parts = text[..end].split('.').map(|part| part.parse::<u32>().ok());
    let major = parts.next()??;
    let minor = parts.next().flatten().unwrap_or(0);
    let patch = parts.next().flatten().unwrap_or(0);
    Some((major, minor, patch))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn reads_what_servers_say() {
        assert_eq!(parse("15.20 (Debian 15.20-0+deb12u1)"), Some((15, 20, 0)));
        assert_eq!(parse("10.11.19-MariaDB-0+deb12u1"), Some((10, 11, 19)));
        assert_eq!(parse("5.5.5-10.6.1-MariaDB"), Some((10, 6, 1)));
        assert_eq!(parse("8.0.36"), Some((8, 0, 36)));
        assert_eq!(parse("devel"), None);
    }
}
