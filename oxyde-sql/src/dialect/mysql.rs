use super::{Dialect, Features, Version};

const fn shared(dialect: Dialect) -> Features {
    Features {
        row_locks: true,
        nowait: true,
        skip_locked: true,
        schemas: true,
        intersect_first: true,
        reads_while_changing: true,
        computes_while_changing: true,
        sequential_assignments: true,
        default_keyword: true,
        nul_in_text: true,
        ..Features::none(dialect)
    }
}

pub(super) const fn mysql(version: Version) -> Features {
    Features {
        causal_transactions: true,
        counted_keys: true,
        lock_of: true,
        compound_parentheses: version.at_least(Version::new(8, 0, 22)),
        insert_row_alias: version.at_least(Version::new(8, 0, 19)),
        frame_range_offset: true,
        ..shared(Dialect::Mysql)
    }
}

pub(super) const fn mariadb(version: Version) -> Features {
    Features {
        causal_statements: true,
        insert_returning: true,
        ordered_returning: true,
        delete_returning: true,
        compound_parentheses: true,
        distinct_json_by_text: true,
        reads_changed_table: version.at_least(Version::new(11, 1, 0)),
        semi_join_of_several: true,
        inner_joins_lead: true,
        ..shared(Dialect::Mariadb)
    }
}
