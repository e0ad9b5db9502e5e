use super::{Lookup, Rendering, Takes, lookup};
use crate::dialect::{Requirement, Templates};
use crate::types::{Families, Family};

pub(super) const FAMILIES: Families = Families::of(&[Family::Array]);

const fn array(name: &'static str, templates: Templates) -> Lookup {
    lookup(name, FAMILIES, Rendering::Template(templates))
}

pub(super) const LOOKUPS: &[Lookup] = &[
    array(
        "contains",
        Templates::of(
            "{0!} @> {1!}",
            "({0!} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM json_each({1}) AS w WHERE w.value \
             NOT IN (SELECT i.value FROM json_each({0}) AS i)))",
            "JSON_CONTAINS({0}, {1})",
        ),
    ),
    array(
        "contained_by",
        Templates::of(
            "{0!} <@ {1!}",
            "({0!} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM json_each({0}) AS i WHERE i.value \
             NOT IN (SELECT w.value FROM json_each({1}) AS w)))",
            "JSON_CONTAINS({1}, {0})",
        ),
    ),
    array(
        "overlap",
        Templates::of(
            "{0!} && {1!}",
            "EXISTS (SELECT 1 FROM json_each({0}) AS i WHERE i.value IN \
             (SELECT w.value FROM json_each({1}) AS w))",
            "JSON_OVERLAPS({0}, {1})",
        )
        .needs(Requirement::JsonOverlap),
    ),
    Lookup {
        takes: Takes::Int,
        part: Some("array_length"),
        ..lookup("len", FAMILIES, Rendering::Part)
    },
];
