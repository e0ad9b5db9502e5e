//! Whether raw SQL may change its session: settings, locks and temporary tables must not reach the
//! next user of the connection.

use oxyde_sql::dialect::{Dialect, Features};

use super::raw_tokens::{Token, Tokens, tokens};

/// What must be done with a connection after raw SQL, before its next user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SessionEffect {
    /// Nothing: the session is as it was.
    None,
    /// Reset the session, or close the connection if there is no reset.
    Reset,
    /// Close the connection.
    Close,
}

/// Statements that change no session, unless a function or a variable in them does.
const PLAIN: [&str; 14] = [
    "delete", "desc", "describe", "explain", "insert", "merge", "replace", "select", "show",
    "table", "truncate", "update", "values", "with",
];

/// Changes of a schema, which call no function.
const SCHEMA: [&str; 9] = [
    "alter", "analyze", "create", "drop", "grant", "reindex", "rename", "revoke", "vacuum",
];

/// Further statements whose effect on a session of PostgreSQL a reset undoes.
const RESETTABLE: [&str; 9] = [
    "call", "comment", "do", "listen", "notify", "refresh", "reset", "set", "unlisten",
];

/// Words of statements that create an object of the session, or run another statement.
const OF_SESSION: [&str; 5] = ["temp", "temporary", "create", "declare", "execute"];

/// Words between INSERT and INTO.
const BEFORE_INTO: [&str; 7] = [
    "delayed",
    "high_priority",
    "ignore",
    "insert",
    "low_priority",
    "merge",
    "replace",
];

/// Keywords that may precede a parenthesis.
const KEYWORDS: [&str; 56] = [
    "all",
    "and",
    "any",
    "array",
    "as",
    "between",
    "by",
    "case",
    "conflict",
    "cube",
    "distinct",
    "div",
    "else",
    "except",
    "exists",
    "explain",
    "filter",
    "from",
    "group",
    "grouping",
    "having",
    "ilike",
    "in",
    "intersect",
    "into",
    "is",
    "join",
    "key",
    "lateral",
    "like",
    "limit",
    "materialized",
    "mod",
    "not",
    "offset",
    "on",
    "or",
    "over",
    "partition",
    "recursive",
    "regexp",
    "returning",
    "rollup",
    "row",
    "select",
    "set",
    "sets",
    "some",
    "then",
    "union",
    "update",
    "using",
    "values",
    "when",
    "where",
    "within",
];

/// Functions of every server that change nothing; a function of the user cannot hide them.
const FUNCTIONS: [&str; 69] = [
    "abs",
    "avg",
    "bit_and",
    "bit_length",
    "bit_or",
    "cast",
    "ceil",
    "ceiling",
    "char",
    "char_length",
    "character_length",
    "coalesce",
    "concat",
    "concat_ws",
    "count",
    "cume_dist",
    "date",
    "dense_rank",
    "exp",
    "extract",
    "first_value",
    "floor",
    "format",
    "greatest",
    "lag",
    "last_value",
    "lead",
    "least",
    "left",
    "length",
    "ln",
    "log",
    "lower",
    "lpad",
    "ltrim",
    "max",
    "md5",
    "min",
    "mod",
    "now",
    "ntile",
    "nullif",
    "octet_length",
    "percent_rank",
    "position",
    "power",
    "rank",
    "repeat",
    "replace",
    "reverse",
    "right",
    "round",
    "row_number",
    "rpad",
    "rtrim",
    "sign",
    "sqrt",
    "stddev",
    "stddev_pop",
    "stddev_samp",
    "substr",
    "substring",
    "sum",
    "trim",
    "upper",
    "var_pop",
    "var_samp",
    "variance",
    "version",
];

/// Those of PostgreSQL.
const POSTGRES_FUNCTIONS: [&str; 78] = [
    "age",
    "array_agg",
    "array_length",
    "array_position",
    "array_to_string",
    "ascii",
    "bool_and",
    "bool_or",
    "btrim",
    "cardinality",
    "chr",
    "clock_timestamp",
    "col_description",
    "current_database",
    "current_schema",
    "current_schemas",
    "current_setting",
    "date_part",
    "date_trunc",
    "decode",
    "encode",
    "every",
    "format_type",
    "gen_random_uuid",
    "generate_series",
    "has_table_privilege",
    "initcap",
    "json_agg",
    "json_array_elements",
    "json_build_object",
    "jsonb_agg",
    "jsonb_array_elements",
    "jsonb_build_object",
    "jsonb_each",
    "jsonb_object_agg",
    "make_date",
    "make_interval",
    "numeric",
    "obj_description",
    "percentile_cont",
    "pg_advisory_xact_lock",
    "pg_backend_pid",
    "pg_current_wal_insert_lsn",
    "pg_current_xact_id_if_assigned",
    "pg_get_constraintdef",
    "pg_get_expr",
    "pg_get_indexdef",
    "pg_is_in_recovery",
    "pg_last_wal_receive_lsn",
    "pg_last_wal_replay_lsn",
    "pg_last_xact_replay_timestamp",
    "pg_sleep",
    "pg_total_relation_size",
    "pg_typeof",
    "pg_xact_status",
    "random",
    "regexp_replace",
    "row_to_json",
    "similarity",
    "split_part",
    "statement_timestamp",
    "string_agg",
    "string_to_array",
    "strpos",
    "to_char",
    "to_date",
    "to_json",
    "to_jsonb",
    "to_number",
    "to_regclass",
    "to_timestamp",
    "to_tsquery",
    "to_tsvector",
    "transaction_timestamp",
    "ts_rank",
    "txid_current",
    "unnest",
    "width_bucket",
];

/// Those of MySQL and MariaDB.
const MYSQL_FUNCTIONS: [&str; 64] = [
    "adddate",
    "against",
    "any_value",
    "connection_id",
    "convert",
    "curdate",
    "current_timestamp",
    "curtime",
    "database",
    "date_add",
    "date_format",
    "date_sub",
    "datediff",
    "day",
    "dayofweek",
    "dayofyear",
    "field",
    "find_in_set",
    "from_unixtime",
    "group_concat",
    "hex",
    "hour",
    "if",
    "ifnull",
    "instr",
    "json_array",
    "json_arrayagg",
    "json_contains",
    "json_extract",
    "json_keys",
    "json_length",
    "json_object",
    "json_objectagg",
    "json_search",
    "json_set",
    "json_table",
    "json_unquote",
    "json_valid",
    "locate",
    "make_date",
    "match",
    "minute",
    "month",
    "quarter",
    "rand",
    "regexp_like",
    "second",
    "sha2",
    "sleep",
    "str_to_date",
    "substring_index",
    "sysdate",
    "time",
    "timestamp",
    "timestampadd",
    "timestampdiff",
    "truncate",
    "unhex",
    "unix_timestamp",
    "utc_timestamp",
    "uuid",
    "week",
    "weekday",
    "year",
];

/// Return what a statement may do to its session.
pub(crate) fn session_effect(features: &Features, sql: &str) -> SessionEffect {
    let dialect = features.dialect;
    let mysql = matches!(dialect, Dialect::Mysql | Dialect::Mariadb);
    let mut words = tokens(sql, mysql).skip_while(|token| *token == Token::Symbol('('));
    let first = match words.next() {
        Some(Token::Word(first)) => first.to_ascii_lowercase(),
        _ => return SessionEffect::Close,
    };
    let of_transaction = match first.as_str() {
        "savepoint" | "release" => true,
        "rollback" => words.clone().take(2).any(|word| word.is("to")),
        // What they set ends with the transaction.
        "set" if dialect == Dialect::Postgres => words
            .clone()
            .next()
            .is_some_and(|word| word.is_any(&["local", "constraints", "transaction"])),
        _ => false,
    };
    if of_transaction {
        return SessionEffect::None;
    }
    let plain = PLAIN.contains(&first.as_str());
    let schema = SCHEMA.contains(&first.as_str());
    let keeps = match dialect {
        // No function of SQLite changes the session.
        Dialect::Sqlite => plain || (schema && !makes_temporary(words)),
        Dialect::Mysql | Dialect::Mariadb if schema => !makes_temporary(words),
        _ => plain && !calls(sql, mysql),
    };
    if keeps {
        SessionEffect::None
    } else if plain || schema || RESETTABLE.contains(&first.as_str()) {
        SessionEffect::Reset
    } else {
        SessionEffect::Close
    }
}

/// Whether a change of the schema creates something in the session, or runs a query.
fn makes_temporary<'a>(words: impl Iterator<Item = Token<'a>>) -> bool {
    let mut quoted = false;
    for token in words {
        // `"temp"."name"`
        let qualified = quoted && token == Token::Symbol('.');
        quoted = token == Token::Quoted;
        if qualified || token == Token::Unclear || token.is_any(&["temp", "temporary", "select"]) {
            return true;
        }
    }
    false
}

/// Whether a statement calls a function that is not known, or uses a variable.
fn calls(sql: &str, mysql: bool) -> bool {
    let known: &[&str] = if mysql {
        &MYSQL_FUNCTIONS
    } else {
        &POSTGRES_FUNCTIONS
    };
    // The two tokens before, and whether they are the name after INTO.
    let (mut before, mut earlier) = (Token::Symbol('('), Token::Symbol('('));
    let mut target = false;
    let mut rest = tokens(sql, mysql);
    let mut at_start = true;
    while let Some(token) = rest.next() {
        let forbidden = match token {
            Token::Unclear => true,
            // @@name is a setting, which only SET can change.
            Token::Symbol('@') => mysql && before != token && rest.clone().next() != Some(token),
            Token::Symbol('(') if target => false,
            Token::Symbol('(') => match before {
                Token::Quoted => true,
                // A type: CAST(a AS DECIMAL(10, 2)), a::numeric(10, 2).
                Token::Word(_) if earlier.is("as") || earlier == Token::Symbol(':') => false,
                Token::Word(_) if before.is_any(&KEYWORDS) => earlier == Token::Symbol('.'),
                Token::Word(_) => {
                    let local = !mysql && before.is("set_config") && ends_with_true(&rest);
                    earlier == Token::Symbol('.')
                        || !(local || before.is_any(&FUNCTIONS) || before.is_any(known))
                }
                _ => false,
            },
            // SELECT … INTO creates a table or sets a variable.
            Token::Word(_) if token.is("into") => !before.is_any(&BEFORE_INTO),
            Token::Word(_) => !at_start && token.is_any(&OF_SESSION),
            _ => false,
        };
        if forbidden {
            return true;
        }
        target = token.is("into")
            || (target && matches!(token, Token::Word(_) | Token::Quoted | Token::Symbol('.')));
        (earlier, before) = (before, token);
        at_start = false;
    }
    false
}

/// Whether a statement of PostgreSQL calls `set_config` for more than its transaction.
pub(super) fn sets_session(sql: &str) -> bool {
    let mut rest = tokens(sql, false);
    let mut before = Token::Symbol('(');
    while let Some(token) = rest.next() {
        let called = token == Token::Symbol('(') && before.is("set_config");
        if called && !ends_with_true(&rest) {
            return true;
        }
        before = token;
    }
    false
}

/// Whether the last of the arguments, which begin here, is `true`: for `set_config`, that what it
/// sets ends with the transaction.
fn ends_with_true(arguments: &Tokens<'_>) -> bool {
    let (mut before, mut earlier) = (Token::Symbol('('), Token::Symbol('('));
    let mut depth = 0_usize;
    for token in arguments.clone() {
        match token {
            Token::Unclear => return false,
            Token::Symbol('(' | '[') => depth += 1,
            Token::Symbol(')' | ']') if depth == 0 => {
                return before.is("true") && earlier == Token::Symbol(',');
            }
            Token::Symbol(')' | ']') => depth -= 1,
            _ => {}
        }
        (earlier, before) = (before, token);
    }
    false
}

#[cfg(test)]
mod tests {
    use oxyde_sql::dialect::{Dialect, Features, Version};

    use super::{SessionEffect, session_effect};

    fn effect(dialect: Dialect, sql: &str) -> SessionEffect {
        session_effect(&Features::of_server(dialect, Version::NEWEST), sql)
    }

    #[test]
    fn what_keeps_the_session() {
        for dialect in [
            Dialect::Postgres,
            Dialect::Mysql,
            Dialect::Mariadb,
            Dialect::Sqlite,
        ] {
            for sql in [
                "SELECT 1 AS n",
                "(select a, count(*) from t where a in (1, 2) and (b or c) group by a)",
                "SELECT CAST(a AS DECIMAL(10, 2)) FROM t WHERE EXISTS (SELECT 1)",
                "INSERT INTO t (a, b) VALUES (1, 'x'), (2, 'set_config(')",
                "insert into \"s\".\"t\" (a) select max(a) from u",
                "WITH a AS (SELECT 1) SELECT * FROM a -- f(\n",
                "UPDATE t SET a = 1 WHERE b = 'f(x)' /* f(y) */",
            ] {
                assert_eq!(effect(dialect, sql), SessionEffect::None, "{sql}");
            }
        }
        assert_eq!(
            effect(Dialect::Postgres, "select a::numeric(9, 2)"),
            SessionEffect::None
        );
        for sql in [
            "SET LOCAL a = 1",
            "SELECT set_config('a', $1, true) AS a, current_schemas(false)::text[]",
            "SELECT current_setting('a', true), set_config('a', concat('(', 'x'), true)",
        ] {
            assert_eq!(effect(Dialect::Postgres, sql), SessionEffect::None, "{sql}");
        }
        assert_eq!(effect(Dialect::Mysql, "rollback to a"), SessionEffect::None);
        assert_eq!(
            effect(Dialect::Mysql, "SELECT @@sql_mode AS m"),
            SessionEffect::None
        );
        assert_eq!(
            effect(Dialect::Mysql, "CREATE TABLE t (a varchar(9))"),
            SessionEffect::None
        );
        assert_eq!(effect(Dialect::Sqlite, "SELECT f(1)"), SessionEffect::None);
    }

    #[test]
    fn what_needs_a_reset() {
        for sql in [
            "SELECT set_config('a', 'b', false)",
            "SELECT set_config('a', 'b', true), set_config('a', 'b', false)",
            "SELECT set_config('a', 'b', false or true)",
            "SELECT set_config('a', 'b', $1)",
            "SELECT set_config('a', f(true), true)",
            "SELECT s.set_config('a', 'b', true)",
            "select \"set_config\"('a', 'b', false)",
            "select pg_catalog . set_config('a', 'b', false)",
            "select s.count(1)",
            "WITH a AS (SELECT set_config('a', 'b', false)) SELECT * FROM a",
            "EXPLAIN ANALYZE SELECT f()",
            "INSERT INTO t VALUES (f())",
            "INSERT INTO t (a) SELECT f (1)",
            "SELECT 1 INTO TEMP t",
            "SELECT f/* a */(1)",
            "SET a = 1",
            "CREATE TEMP TABLE t (id int)",
            "DO $$ begin end $$",
        ] {
            assert_eq!(
                effect(Dialect::Postgres, sql),
                SessionEffect::Reset,
                "{sql}"
            );
        }
        for sql in [
            "BEGIN",
            "PREPARE a AS SELECT 1",
            "LOAD 'a'",
            "DISCARD ALL",
            "",
        ] {
            assert_eq!(
                effect(Dialect::Postgres, sql),
                SessionEffect::Close,
                "{sql}"
            );
        }
        for sql in [
            "SELECT @a := 5",
            "SELECT 7 INTO @a",
            "SELECT GET_LOCK('a', 1)",
            r"SELECT '\', GET_LOCK('a', 1), '\''",
            "SELECT 1--GET_LOCK('a', 1)",
            "SELECT /*! GET_LOCK('a', 1) */",
            "CREATE TEMPORARY TABLE t (id int)",
            "CALL p()",
            "USE mysql",
            "LOCK TABLES t READ",
        ] {
            assert_ne!(effect(Dialect::Mysql, sql), SessionEffect::None, "{sql}");
        }
        for sql in [
            "PRAGMA foreign_keys = OFF",
            "ATTACH ':memory:' AS a",
            "CREATE TEMP TABLE t (id int)",
            "CREATE TABLE temp.t (id int)",
            "CREATE TABLE \"temp\".t (id int)",
        ] {
            assert_ne!(effect(Dialect::Sqlite, sql), SessionEffect::None, "{sql}");
        }
    }
}
