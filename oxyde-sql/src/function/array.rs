use super::{Function, template};
use crate::dialect::Templates;
use crate::types::{Families, Family};

const ARRAYS: Families = Families::of(&[Family::Array]);

pub(super) const FUNCTIONS: &[Function] = &[
    template(
        "array_length",
        (1, 1),
        ARRAYS,
        "big_int",
        Templates::of(
            "CARDINALITY({0})",
            "json_array_length({0})",
            "JSON_LENGTH({0})",
        ),
    ),
    template(
        "array_append",
        (2, 2),
        ARRAYS,
        "the array's: (array, item)",
        Templates::of(
            "ARRAY_APPEND({0}, {1})",
            "json_insert({0}, '$[#]', {1})",
            "JSON_ARRAY_APPEND({0}, '$', {1})",
        ),
    ),
];
