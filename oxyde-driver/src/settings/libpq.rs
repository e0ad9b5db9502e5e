//! URL parameters of PostgreSQL's own clients: supported, or refused with the reason.

use std::time::Duration;

use super::url::invalid;
use super::{PoolSettings, number};
use crate::error::DriverError;

/// Whether a value means the same as omitting the parameter.
fn is_off(value: &str) -> bool {
    matches!(value, "" | "0" | "off" | "false" | "no")
}

/// Why a parameter is refused, and what to write instead, unless it should just be removed.
fn refusal(key: &str, value: &str) -> Option<(&'static str, Option<&'static str>)> {
    Some(match (key, value) {
        ("channel_binding", "require") => (
            "but Oxyde does not support channel binding",
            Some(
                "write sslmode=verify-full, which prevents man-in-the-middle attacks as \
                 well, and channel_binding=prefer",
            ),
        ),
        ("client_encoding", _) => ("but Oxyde always uses UTF-8", None),
        ("gssencmode" | "krbsrvname" | "gsslib" | "gssdelegation", _) => (
            "but Oxyde does not support GSSAPI",
            Some("log in with a password or a certificate, and encrypt with sslmode=verify-full"),
        ),
        ("service" | "servicefile", _) => (
            "but Oxyde does not read service files",
            Some("write the host, port, user and database of the service in the URL"),
        ),
        ("passfile", _) => (
            "but Oxyde does not read password files",
            Some("write the password in the URL, or set PGPASSWORD"),
        ),
        ("keepalives_interval" | "keepalives_count", _) => (
            "but Oxyde has fixed pauses between the probes",
            Some("write keepalives_idle and tcp_user_timeout"),
        ),
        ("replication", _) => ("but Oxyde does not support the replication protocol", None),
        ("require_auth" | "requirepeer", _) => (
            "but Oxyde cannot enforce it",
            Some("write sslmode=verify-full, which verifies the server"),
        ),
        (
            "sslcompression"
            | "sslcrl"
            | "sslcrldir"
            | "sslpassword"
            | "sslcertmode"
            | "sslsni"
            | "sslnegotiation"
            | "ssl_min_protocol_version"
            | "ssl_max_protocol_version"
            | "sslkeylogfile",
            _,
        ) => (
            "which Oxyde's TLS does not support",
            Some(
                "supported are sslmode, sslrootcert, sslcert and sslkey (a file without a password)",
            ),
        ),
        ("min_protocol_version" | "max_protocol_version", _) => {
            ("which Oxyde does not support", None)
        }
        _ => return None,
    })
}

/// Apply one parameter; `Ok(false)` if it is not one of libpq's.
pub(super) fn parameter(
    key: &str,
    value: &str,
    settings: &mut PoolSettings,
) -> Result<bool, DriverError> {
    match (key, value) {
        ("options", _) => {
            session_options(value)?;
            settings.pg_options = Some(value.to_owned());
        }
        ("fallback_application_name", _) => {
            if settings.pg_application_name.is_none() {
                settings.pg_application_name = Some(value.to_owned());
            }
        }
        ("requiressl", "1") => settings.ssl_mode = Some("require".to_owned()),
        ("keepalives", off) if is_off(off) => settings.keepalive = None,
        ("keepalives_idle", _) => {
            settings.set("keepalive", value)?;
        }
        // In milliseconds, as in libpq.
        ("tcp_user_timeout", _) => {
            let limit: u64 = number(key, value)?;
            settings.tcp_user_timeout = (limit > 0).then(|| Duration::from_millis(limit));
        }
        // Oxyde does this anyway.
        ("requiressl" | "sslcompression" | "replication", off) if is_off(off) => {}
        ("client_encoding", name)
            if ["utf8", "utf-8", "unicode"]
                .iter()
                .any(|known| name.eq_ignore_ascii_case(known)) => {}
        ("channel_binding" | "gssencmode", "disable" | "prefer")
        | ("sslnegotiation", "postgres")
        | ("sslcertmode", "allow")
        | ("sslsni" | "keepalives", "1")
        | ("ssl_min_protocol_version", "TLSv1" | "TLSv1.1" | "TLSv1.2")
        | ("ssl_max_protocol_version", "" | "TLSv1.3")
        | ("min_protocol_version", "3.0") => {}
        _ => {
            let Some((why, instead)) = refusal(key, value) else {
                return Ok(false);
            };
            return Err(invalid(
                format!("the database URL has `{key}={value}`, {why}"),
                instead.map_or_else(|| format!("remove `{key}` from the URL"), str::to_owned),
            ));
        }
    }
    Ok(true)
}

/// `sslrootcert=system` trusts the authorities of the system's certificate store, and, as in libpq,
/// requires checking the server's name.
pub(super) fn trust_system(settings: &mut PoolSettings) -> Result<(), DriverError> {
    if settings.ssl_root_cert.as_deref() != Some("system".as_ref()) {
        return Ok(());
    }
    if let Some(mode) = settings.ssl_mode.as_deref()
        && mode != "verify-full"
    {
        return Err(invalid(
            format!("the database URL has sslrootcert=system with sslmode={mode}"),
            "write sslmode=verify-full, or omit sslmode",
        ));
    }
    settings.ssl_mode = Some("verify-full".to_owned());
    settings.ssl_root_cert = None;
    Ok(())
}

/// Parse settings like `-c search_path=app,public --work_mem=64MB`; a backslash escapes
/// a following space or backslash.
pub(crate) fn session_options(text: &str) -> Result<Vec<(String, String)>, DriverError> {
    let mut words = vec![String::new()];
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        let last = words.len() - 1;
        match letter {
            '\\' => words[last].extend(letters.next()),
            space if space.is_ascii_whitespace() => words.push(String::new()),
            letter => words[last].push(letter),
        }
    }
    let mut found = Vec::new();
    let mut words = words.into_iter().filter(|word| !word.is_empty());
    while let Some(word) = words.next() {
        let pair = if word == "-c" {
            words.next().unwrap_or_default()
        } else if let Some(pair) = word.strip_prefix("--").or_else(|| word.strip_prefix("-c")) {
            pair.to_owned()
        } else {
            String::new()
        };
        let Some((name, value)) = pair.split_once('=').filter(|(name, _)| !name.is_empty()) else {
            return Err(invalid(
                format!("cannot read `options={text}` in the database URL"),
                "write session settings as -c name=value, with %20 for the space: \
                 options=-c%20search_path=app",
            ));
        };
        // As the server does for names on its command line.
        found.push((name.replace('-', "_"), value.to_owned()));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::session_options;

    #[test]
    fn options_of_a_session() {
        let read = |text| session_options(text).unwrap();
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(read("-c search_path=a,b"), [pair("search_path", "a,b")]);
        assert_eq!(
            read(r"-csearch_path=a,\ b  --statement-timeout=5s"),
            [pair("search_path", "a, b"), pair("statement_timeout", "5s")]
        );
        assert_eq!(read(""), []);
        for wrong in ["-c", "search_path=a", "-c =x", "--", "-x a=b"] {
            assert!(session_options(wrong).is_err(), "{wrong}");
        }
    }
}
