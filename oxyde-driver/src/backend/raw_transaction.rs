//! Whether raw SQL ends the transaction that it runs in.

use oxyde_sql::dialect::{Dialect, Features};

use super::raw_tokens::{Token, tokens};

/// What a statement does to the transaction that it runs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TransactionEffect {
    /// The transaction continues.
    Continues,
    /// The statement, named by its first words, ends it or begins another.
    Ends(String),
    /// Only the server knows: a procedure, or text that is not understood.
    Unknown,
}

/// MySQL commits before these statements (<https://dev.mysql.com/doc/refman/en/implicit-commit.html>).
const COMMITTING: [&str; 21] = [
    "alter",
    "analyze table",
    "cache",
    "change",
    "check",
    "create",
    "drop",
    "flush",
    "grant",
    "import",
    "install",
    "load index",
    "lock",
    "optimize",
    "rename",
    "repair",
    "reset",
    "revoke",
    "set password",
    "truncate",
    "uninstall",
];

/// MySQL's statements that keep the transaction. Functions and triggers cannot end it.
const KEEPING: [&str; 19] = [
    "analyze",
    "delete",
    "desc",
    "describe",
    "do",
    "explain",
    "handler",
    "insert",
    "load",
    "release",
    "replace",
    "rollback",
    "savepoint",
    "select",
    "show",
    "table",
    "update",
    "values",
    "with",
];

/// Return what a statement does to the transaction that it runs in.
pub(crate) fn transaction_effect(features: &Features, sql: &str) -> TransactionEffect {
    let mysql = matches!(features.dialect, Dialect::Mysql | Dialect::Mariadb);
    let mut words =
        tokens(sql, mysql).skip_while(|token| matches!(token, Token::Symbol('(' | ';')));
    let Some(Token::Word(first)) = words.next() else {
        return TransactionEffect::Unknown;
    };
    let first = first.to_ascii_lowercase();
    let both = match words.clone().next() {
        Some(Token::Word(second)) => format!("{first} {}", second.to_ascii_lowercase()),
        _ => first.clone(),
    };
    let is_of = |known: &[&str]| known.contains(&first.as_str()) || known.contains(&both.as_str());
    let ends = |name: &str| TransactionEffect::Ends(name.to_ascii_uppercase());
    match first.as_str() {
        "commit" | "end" | "abort" | "begin" | "start" | "xa" => return ends(&first),
        // ROLLBACK [WORK | TRANSACTION] TO [SAVEPOINT] name
        "rollback" if !words.clone().take(2).any(|word| word.is("to")) => return ends(&first),
        "prepare" if both == "prepare transaction" => return ends(&both),
        _ => (),
    }
    // Elsewhere functions, procedures and DO cannot end a transaction that was open before.
    if !mysql {
        return TransactionEffect::Continues;
    }
    if is_of(&COMMITTING) {
        let temporary = matches!(first.as_str(), "create" | "drop")
            && words.take(3).any(|word| word.is("temporary"));
        return if temporary {
            TransactionEffect::Continues
        } else {
            let object = matches!(first.as_str(), "alter" | "create" | "drop" | "lock");
            ends(if object { &both } else { &first })
        };
    }
    let sets = first == "set" && !words.any(|word| word.is("autocommit") || word == Token::Unclear);
    if sets || is_of(&KEEPING) {
        TransactionEffect::Continues
    } else {
        TransactionEffect::Unknown
    }
}

#[cfg(test)]
mod tests {
    use oxyde_sql::dialect::{Dialect, Features, Version};

    use super::{TransactionEffect, transaction_effect};

    fn effect(dialect: Dialect, sql: &str) -> TransactionEffect {
        transaction_effect(&Features::of_server(dialect, Version::NEWEST), sql)
    }

    #[test]
    fn what_ends_a_transaction() {
        let all = [
            Dialect::Postgres,
            Dialect::Mysql,
            Dialect::Mariadb,
            Dialect::Sqlite,
        ];
        for dialect in all {
            for sql in [
                "COMMIT",
                " -- x\n rollback",
                "begin",
                "END",
                "START TRANSACTION",
                "; /* a */ commit",
            ] {
                assert!(
                    matches!(effect(dialect, sql), TransactionEffect::Ends(_)),
                    "{sql}"
                );
            }
            for sql in [
                "SELECT 1",
                "(SELECT 1)",
                "rollback to a",
                "ROLLBACK TRANSACTION TO SAVEPOINT a",
                "SAVEPOINT commit",
                "INSERT INTO begin VALUES (1)",
            ] {
                assert_eq!(effect(dialect, sql), TransactionEffect::Continues, "{sql}");
            }
        }
        let ends = TransactionEffect::Ends("PREPARE TRANSACTION".to_owned());
        assert_eq!(effect(Dialect::Postgres, "prepare transaction 'a'"), ends);
        assert_eq!(
            effect(Dialect::Postgres, "CREATE TABLE t (id int)"),
            TransactionEffect::Continues
        );
    }

    #[test]
    fn what_mysql_commits() {
        for (sql, expected) in [
            (
                "CREATE TABLE t (id int)",
                TransactionEffect::Ends("CREATE TABLE".to_owned()),
            ),
            (
                "create or replace temporary table t (id int)",
                TransactionEffect::Continues,
            ),
            ("DROP TEMPORARY TABLE t", TransactionEffect::Continues),
            ("TRUNCATE t", TransactionEffect::Ends("TRUNCATE".to_owned())),
            ("ANALYZE SELECT 1", TransactionEffect::Continues),
            ("SET @a = 1", TransactionEffect::Continues),
            ("SET autocommit = 1", TransactionEffect::Unknown),
            ("CALL p()", TransactionEffect::Unknown),
            ("/*! COMMIT */", TransactionEffect::Unknown),
        ] {
            assert_eq!(effect(Dialect::Mysql, sql), expected, "{sql}");
        }
    }
}
