//! The collations that statements for SQLite use.

use std::cmp::Ordering;
use std::ffi::{CStr, c_int, c_void};
use std::panic::catch_unwind;

use super::{decimal, inet, json, moment, utf8};

pub(super) struct Collation {
    pub name: &'static CStr,
    compare: fn(&str, &str) -> Ordering,
}

pub(super) static COLLATIONS: [Collation; 4] = [
    Collation {
        name: c"oxyde_decimal",
        compare: decimal::compare,
    },
    Collation {
        name: c"oxyde_moment",
        compare: moment::compare,
    },
    Collation {
        name: c"oxyde_inet",
        compare: inet::compare,
    },
    Collation {
        name: c"oxyde_json",
        compare: json::collate,
    },
];

/// Compares two texts by the collation that is its context.
pub(super) unsafe extern "C" fn on_compare(
    context: *mut c_void,
    len_a: c_int,
    a: *const c_void,
    len_b: c_int,
    b: *const c_void,
) -> c_int {
    // SAFETY: SQLite gives the context that was registered (a static `Collation`) and two texts
    // with their lengths, alive during this call.
    let (collation, a, b) = unsafe {
        (
            &*context.cast::<Collation>(),
            utf8(a, len_a),
            utf8(b, len_b),
        )
    };
    let compare = || (collation.compare)(a.unwrap_or_default(), b.unwrap_or_default());
    // A panic must not unwind into C.
    catch_unwind(compare).map_or(0, |order| order as c_int)
}
