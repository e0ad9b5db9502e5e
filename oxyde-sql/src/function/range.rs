use super::{Function, template};
use crate::dialect::Templates;
use crate::types::{Families, Family};

const RANGES: Families = Families::of(&[Family::Range]);

const fn bound(name: &'static str, sql: &'static str) -> Function {
    // No other database has a column of the type.
    template(name, (1, 1), RANGES, "the bounds'", Templates::same(sql))
}

pub(super) const FUNCTIONS: &[Function] = &[
    bound("range_lower", "LOWER({0})"),
    bound("range_upper", "UPPER({0})"),
];
