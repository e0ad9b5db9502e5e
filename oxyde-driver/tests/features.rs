//! A build without a driver or without TLS says so; one with them tries to connect.

#![expect(clippy::unwrap_used, reason = "a test may fail in this way")]

use oxyde_driver::{DriverError, Pool, PoolSettings};

async fn refused(url: &str) -> DriverError {
    Pool::connect(url, PoolSettings::default())
        .await
        .unwrap_err()
}

#[tokio::test]
async fn a_missing_driver_is_named() {
    // Nothing listens to the first port, and no file is in a missing folder.
    for (has_driver, feature, servers, url) in [
        (
            cfg!(feature = "postgres"),
            "`postgres`",
            "PostgreSQL",
            "postgresql://u:secret@127.0.0.1:1/d",
        ),
        (
            cfg!(feature = "mysql"),
            "`mysql`",
            "MySQL and MariaDB",
            "mysql://u:secret@127.0.0.1:1/d",
        ),
        (
            cfg!(feature = "mysql"),
            "`mysql`",
            "MySQL and MariaDB",
            "mariadb://u:secret@127.0.0.1:1/d",
        ),
        (
            cfg!(feature = "sqlite"),
            "`sqlite`",
            "SQLite",
            "sqlite:////missing/folder/d.db",
        ),
    ] {
        let problem = refused(url).await;
        let message = problem.to_string();
        assert!(!message.contains("secret"), "{message}");
        let hint = match &problem {
            DriverError::Unsupported { hint, .. } => *hint,
            _ => "",
        };
        assert_eq!(hint.contains(feature), !has_driver, "{url}: {problem:?}");
        assert_eq!(
            message.ends_with(&format!("driver for {servers}")),
            !has_driver,
            "{message}"
        );
    }
}

#[tokio::test]
async fn missing_tls_is_refused_before_connecting() {
    let has_tls = cfg!(any(
        feature = "native-roots",
        feature = "tls-rustls",
        feature = "tls-native"
    ));
    for mode in ["require", "verify-ca", "verify-full"] {
        let problem = refused(&format!("postgresql://u@127.0.0.1:1/d?sslmode={mode}")).await;
        let is_setting = matches!(&problem, DriverError::InvalidSetting { name, message }
            if name == "ssl_mode" && message.contains("`native-roots`"));
        assert_eq!(is_setting, !has_tls, "{mode}: {problem:?}");
    }
    let lax = refused("postgresql://u@127.0.0.1:1/d?sslmode=prefer").await;
    assert!(
        !matches!(lax, DriverError::InvalidSetting { .. }),
        "{lax:?}"
    );
}
