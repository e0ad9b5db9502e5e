//! Trigonometry, in radians. Outside of a function's domain the result is NULL.

use super::{Function, template};
use crate::dialect::Templates;
use crate::types::Families;

const fn angle(
    name: &'static str,
    postgres: &'static str,
    sqlite: &'static str,
    mysql: &'static str,
) -> Function {
    template(
        name,
        (1, 1),
        Families::NUMBERS,
        "double",
        Templates::of(postgres, sqlite, mysql),
    )
}

pub(super) const FUNCTIONS: &[Function] = &[
    angle(
        "sin",
        "SIN(CAST({0} AS DOUBLE PRECISION))",
        "oxyde_sin({0})",
        "SIN({0})",
    ),
    angle(
        "cos",
        "COS(CAST({0} AS DOUBLE PRECISION))",
        "oxyde_cos({0})",
        "COS({0})",
    ),
    angle(
        "tan",
        "TAN(CAST({0} AS DOUBLE PRECISION))",
        "oxyde_tan({0})",
        "TAN({0})",
    ),
    angle(
        "cot",
        "COT(CASE WHEN {0!} <> 0 THEN CAST({0} AS DOUBLE PRECISION) END)",
        "oxyde_cot({0})",
        "COT(NULLIF({0}, 0))",
    ),
    angle(
        "asin",
        "ASIN(CASE WHEN {0!} BETWEEN -1 AND 1 THEN CAST({0} AS DOUBLE PRECISION) END)",
        "oxyde_asin({0})",
        "ASIN({0})",
    ),
    angle(
        "acos",
        "ACOS(CASE WHEN {0!} BETWEEN -1 AND 1 THEN CAST({0} AS DOUBLE PRECISION) END)",
        "oxyde_acos({0})",
        "ACOS({0})",
    ),
    angle(
        "atan",
        "ATAN(CAST({0} AS DOUBLE PRECISION))",
        "oxyde_atan({0})",
        "ATAN({0})",
    ),
    template(
        "atan2",
        (2, 2),
        Families::NUMBERS,
        "double: (y, x)",
        Templates::of(
            "ATAN2(CAST({0} AS DOUBLE PRECISION), CAST({1} AS DOUBLE PRECISION))",
            "oxyde_atan2({0}, {1})",
            "ATAN2({0}, {1})",
        ),
    ),
    angle(
        "degrees",
        "DEGREES(CAST({0} AS DOUBLE PRECISION))",
        "oxyde_degrees({0})",
        "DEGREES({0})",
    ),
    angle(
        "radians",
        "RADIANS(CAST({0} AS DOUBLE PRECISION))",
        "oxyde_radians({0})",
        "RADIANS({0})",
    ),
    template(
        "pi",
        (0, 0),
        Families::ANY,
        "double",
        Templates::of(
            "PI()",
            "3.141592653589793",
            // PI() itself is shown with six digits.
            "3.141592653589793E0",
        ),
    ),
];
