use super::{Function, template};
use crate::dialect::Templates;
use crate::types::{Families, Family};

const JSON: Families = Families::of(&[Family::Json]);

pub(super) const FUNCTIONS: &[Function] = &[
    template(
        "json_type",
        (1, 1),
        JSON,
        "text: the database's own word for the kind of document",
        Templates::of("JSONB_TYPEOF({0})", "json_type({0})", "JSON_TYPE({0})"),
    ),
    template(
        "json_array_length",
        (1, 1),
        JSON,
        "big_int",
        Templates::of(
            "JSONB_ARRAY_LENGTH({0})",
            "json_array_length({0})",
            "JSON_LENGTH({0})",
        ),
    ),
    template(
        "json_merge",
        (2, 2),
        JSON,
        "json: the members of both, the second's win",
        Templates::of(
            "({0!} || {1!})",
            "json_patch({0}, {1})",
            "JSON_MERGE_PATCH({0}, {1})",
        ),
    ),
];
