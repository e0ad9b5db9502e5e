use super::version::{Version, at_least};
use super::{Dialect, Features};

const fn shared(dialect: Dialect) -> Features {
    Features {
        row_locks: true,
        nowait: true,
        skip_locked: true,
        schemas: true,
        intersect_first: true,
        compound_parentheses: true,
        sequential_assignments: true,
        json_scalar_is_list: true,
        update_left_join: true,
        default_keyword: true,
        advisory_locks: true,
        nul_in_text: true,
        ..Features::none(dialect)
    }
}

pub(super) const fn mysql(version: Version) -> Features {
    Features {
        counted_keys: true,
        lock_of: true,
        intersect_except: at_least(version, (8, 0, 31)),
        insert_row_alias: at_least(version, (8, 0, 19)),
        frame_range_offset: true,
        lateral: true,
        ..shared(Dialect::Mysql)
    }
}

pub(super) const fn mariadb(version: Version) -> Features {
    Features {
        insert_returning: true,
        delete_returning: true,
        intersect_except: true,
        reads_changed_table: at_least(version, (11, 1, 0)),
        ..shared(Dialect::Mariadb)
    }
}
