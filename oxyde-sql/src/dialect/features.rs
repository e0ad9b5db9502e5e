use super::{Dialect, Version, mysql, postgres, sqlite};

macro_rules! features {
    ($($(#[$doc:meta])+ $name:ident),+ $(,)?) => {
        /// The features of a dialect, in a version. Everything outside `dialect/`, `types/` and
        /// `lookup/` checks these instead of comparing dialects.
        #[allow(clippy::struct_excessive_bools, reason = "a table of independent yes/no facts")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct Features {
            /// The dialect.
            pub dialect: Dialect,
            /// The server's version.
            pub version: Version,
            $($(#[$doc])+ pub $name: bool,)+
        }

        impl Features {
            /// No optional features: the base of the dialects' tables.
            pub(super) const fn none(dialect: Dialect) -> Self {
                Self { dialect, version: Version::NEWEST, $($name: false,)+ }
            }

            /// All features by name, in the order of declaration.
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
    /// Many inserted rows are returned in the order of the input. PostgreSQL promises no order, but
    /// keeps that of the input; Citus returns the rows shard by shard.
    ordered_returning,
    /// A statement can wait until its node has applied what its cluster has committed: `SET STATEMENT
    /// wsrep_sync_wait = 1 FOR …`.
    causal_statements,
    /// A transaction can, as a member of Group Replication.
    causal_transactions,
    /// `UPDATE … RETURNING`.
    update_returning,
    /// `DELETE … RETURNING`.
    delete_returning,
    /// Inserts report generated keys without RETURNING, which is not supported or costs more.
    counted_keys,
    /// The upsert clause names the conflict target.
    conflict_target,
    /// `DO UPDATE` needs a named key.
    conflict_update_needs_target,
    /// `FOR UPDATE` and `FOR SHARE` exist as clauses. Otherwise a write transaction excludes
    /// others.
    row_locks,
    /// `NOWAIT`.
    nowait,
    /// `SKIP LOCKED`.
    skip_locked,
    /// `FOR UPDATE OF table`.
    lock_of,
    /// `DISTINCT ON`.
    distinct_on,
    /// Native array columns.
    native_arrays,
    /// Native enum types, created by a separate statement.
    native_enum_types,
    /// Tables belong to named schemas.
    schemas,
    /// `INTERSECT` binds tighter than `UNION` in a chain of set operators.
    intersect_first,
    /// A query inside a compound may be in parentheses.
    compound_parentheses,
    /// Window frames in `GROUPS`.
    frame_groups,
    /// Window frames in `RANGE` with an offset.
    frame_range_offset,
    /// `FILTER (WHERE …)` of an aggregate.
    aggregate_filter,
    /// A derived table that reads the tables before it (`LATERAL`), whose order and limit an index
    /// serves.
    lateral,
    /// `NULLS FIRST` and `NULLS LAST`.
    nulls_order,
    /// `LIMIT` inside a subquery of `IN`.
    limit_in_subquery,
    /// A statement may read the table that it changes.
    reads_changed_table,
    /// Queries in the condition of a statement see the rows that it has changed already.
    reads_while_changing,
    /// Queries in the new values of an `UPDATE` do.
    computes_while_changing,
    /// `EXISTS` runs for each row, and a query of `IN` once; otherwise both become joins.
    exists_per_row,
    /// They become joins in an `UPDATE` or `DELETE` of several tables only.
    semi_join_of_several,
    /// The planner may begin with the table of an inner join although an index of the first table
    /// has the rows of a limit in their order.
    inner_joins_lead,
    /// Assignments of an `UPDATE` see the values of earlier assignments.
    sequential_assignments,
    /// Tables in `UPDATE … FROM` (otherwise `UPDATE … JOIN`).
    update_from,
    /// An alias in a plain `DELETE`.
    delete_alias,
    /// The keyword `DEFAULT` as a value.
    default_keyword,
    /// Row alias of an insert (`AS excluded`), for the upsert clause.
    insert_row_alias,
    /// `COPY … FROM STDIN`.
    copy_in,
    /// Lists are sent as arrays and unnested by `UNNEST`.
    unnest,
    /// Decimals are stored as text, with functions and a collation that the driver registers.
    decimal_as_text,
    /// Columns accept values that exceed the declared length or precision.
    loose_columns,
    /// Dates and times are stored as text, in which other programs use other formats; the driver
    /// registers functions and a collation.
    moment_as_text,
    /// JSON documents are stored as text, with functions and a collation that the driver registers.
    json_collation,
    /// `DISTINCT` compares JSON documents as text.
    distinct_json_by_text,
    /// IP addresses are stored as text, with a collation that the driver registers.
    inet_collation,
    /// Native type for exact decimals with NaN and infinity.
    decimal_nan,
    /// NaN and infinity in floating-point columns.
    double_nan,
    /// Infinity, if not NaN, in floating-point columns.
    double_infinity,
    /// The character U+0000 in text and JSON.
    nul_in_text,
    /// JSON preserves integers of any size (otherwise those of 64 bits).
    exact_json_numbers,
    /// Timestamps with time zone (`AT TIME ZONE`).
    time_zones,
    /// Schema changes are transactional.
    transactional_ddl,
    /// `LISTEN` and `NOTIFY`.
    listen_notify,
    /// Settings that end with their transaction (`SET LOCAL`).
    transaction_settings,
    /// A connection that delivers rows in parts can run other statements meanwhile.
    cursors,
    /// Full-text search without a full-text index.
    full_text,
    /// Vectors and their distances, with the extension pgvector.
    vectors,
    /// Ranges.
    ranges,
}

impl Features {
    /// The features of the newest server.
    #[must_use]
    pub const fn of(dialect: Dialect) -> Self {
        Self::of_server(dialect, Version::NEWEST)
    }

    /// The features of a server.
    ///
    /// ```
    /// use oxyde_sql::dialect::{Dialect, Features, Version};
    ///
    /// let old = Features::of_server(Dialect::Mysql, Version::new(8, 0, 18));
    /// assert!(!old.insert_row_alias);
    /// assert!(Features::of(Dialect::Mysql).insert_row_alias);
    /// ```
    #[must_use]
    pub const fn of_server(dialect: Dialect, version: Version) -> Self {
        let features = match dialect {
            Dialect::Postgres => postgres::FEATURES,
            Dialect::Sqlite => sqlite::FEATURES,
            Dialect::Mysql => mysql::mysql(version),
            Dialect::Mariadb => mysql::mariadb(version),
        };
        Self {
            version,
            ..features
        }
    }

    /// Whether both are of the same dialect and version and keep the same order, and thus equal.
    #[must_use]
    pub fn is_same_server(&self, other: &Self) -> bool {
        self.dialect == other.dialect
            && self.version == other.version
            && self.ordered_returning == other.ordered_returning
    }
}
