use super::{Dialect, mysql, postgres, sqlite, version};

macro_rules! features {
    ($($(#[$doc:meta])+ $name:ident),+ $(,)?) => {
        /// What a dialect, in a version, can do. Everything outside `dialect/`, `types/` and
        /// `lookup/` asks here instead of comparing dialects.
        #[allow(clippy::struct_excessive_bools, reason = "a table of independent yes/no facts")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct Features {
            /// Whose features these are.
            pub dialect: Dialect,
            $($(#[$doc])+ pub $name: bool,)+
        }

        impl Features {
            /// Nothing beyond what every dialect does: where the tables of the dialects start.
            pub(super) const fn none(dialect: Dialect) -> Self {
                Self { dialect, $($name: false,)+ }
            }

            /// All of them by name, in the order of declaration.
            #[must_use]
            pub fn as_pairs(&self) -> Vec<(&'static str, bool)> {
                vec![$((stringify!($name), self.$name),)+]
            }
        }
    };
}

features! {
    /// `INSERT … RETURNING`.
    insert_returning,
    /// `UPDATE … RETURNING`.
    update_returning,
    /// `DELETE … RETURNING`.
    delete_returning,
    /// Keys that inserts count are told without RETURNING, which is not there or costs more.
    counted_keys,
    /// The upsert clause names the key that must clash.
    conflict_target,
    /// The upsert clause takes a condition.
    conflict_filter,
    /// `DO UPDATE` needs a named key.
    conflict_update_needs_target,
    /// `FOR UPDATE` and `FOR SHARE` exist as clauses. Where not, a write transaction excludes others.
    row_locks,
    /// `NOWAIT`.
    nowait,
    /// `SKIP LOCKED`.
    skip_locked,
    /// `FOR UPDATE OF table`.
    lock_of,
    /// `DISTINCT ON`.
    distinct_on,
    /// Array columns of the database's own.
    native_arrays,
    /// Enum types of the database's own, made by a statement of their own.
    native_enum_types,
    /// Tables live in named schemas.
    schemas,
    /// `INTERSECT` and `EXCEPT`.
    intersect_except,
    /// `INTERSECT` binds tighter than `UNION` in a row of set operators.
    intersect_first,
    /// A query inside a compound may stand in parentheses.
    compound_parentheses,
    /// Window frames in `GROUPS`.
    frame_groups,
    /// Window frames in `RANGE` with an offset.
    frame_range_offset,
    /// `FILTER (WHERE …)` of an aggregate.
    aggregate_filter,
    /// `NULLS FIRST` and `NULLS LAST`.
    nulls_order,
    /// `LIMIT` inside a query that `IN` looks at.
    limit_in_subquery,
    /// A statement may read the table that it changes.
    reads_changed_table,
    /// A scalar in a JSON document answers to the index 0 as if it were a list.
    json_scalar_is_list,
    /// Assignments of one `UPDATE` see the values of the assignments before them.
    sequential_assignments,
    /// A `LEFT JOIN` in `UPDATE`.
    update_left_join,
    /// Tables in `UPDATE … FROM` (else `UPDATE … JOIN`).
    update_from,
    /// An alias in a plain `DELETE`.
    delete_alias,
    /// The word `DEFAULT` as a value.
    default_keyword,
    /// Row alias of an insert (`AS excluded`), for the upsert clause.
    insert_row_alias,
    /// `COPY … FROM STDIN`.
    copy_in,
    /// Lists travel as arrays and unfold by `UNNEST`.
    unnest,
    /// Decimals are texts, with functions and a collation that the driver registers.
    decimal_as_text,
    /// IP addresses are texts, with a collation that the driver registers.
    inet_collation,
    /// Native type for exact decimals with NaN and infinity.
    decimal_nan,
    /// NaN and infinity in floating-point columns.
    double_nan,
    /// Infinity, if not NaN, in floating-point columns.
    double_infinity,
    /// The character U+0000 in text and JSON.
    nul_in_text,
    /// JSON keeps whole numbers of any size (else those of 64 bits).
    exact_json_numbers,
    /// Moments know their zone (`AT TIME ZONE`).
    time_zones,
    /// Schema changes are part of a transaction.
    transactional_ddl,
    /// `LISTEN` and `NOTIFY`.
    listen_notify,
    /// Server-side cursors.
    cursors,
    /// Advisory locks.
    advisory_locks,
    /// Full-text search without an index made for it.
    full_text,
    /// `array_agg`.
    array_agg,
    /// Aggregates take `ORDER BY` inside.
    aggregate_order,
    /// `LATERAL` joins.
    lateral,
    /// Vectors and their distances, by the extension pgvector.
    vectors,
}

impl Features {
    /// Of the newest server that we know.
    #[must_use]
    pub const fn of(dialect: Dialect) -> Self {
        match dialect {
            Dialect::Postgres => postgres::features(),
            Dialect::Sqlite => sqlite::features(version::NEWEST),
            Dialect::Mysql => mysql::mysql(version::NEWEST),
            Dialect::Mariadb => mysql::mariadb(version::NEWEST),
        }
    }

    /// Of a server by the version that it tells (`SELECT version()`); a text that holds no
    /// version gives the newest.
    ///
    /// ```
    /// use oxyde_sql::dialect::{Dialect, Features};
    /// assert!(!Features::of_server(Dialect::Mysql, "8.0.18").insert_row_alias);
    /// assert!(Features::of_server(Dialect::Mysql, "9.1.0").insert_row_alias);
    /// ```
    #[must_use]
    pub fn of_server(dialect: Dialect, version: &str) -> Self {
        match (dialect, version::parse(version)) {
            (Dialect::Sqlite, Some(version)) => sqlite::features(version),
            (Dialect::Mysql, Some(version)) => mysql::mysql(version),
            (Dialect::Mariadb, Some(version)) => mysql::mariadb(version),
            _ => Self::of(dialect),
        }
    }
}
