use super::{Aggregate, Form, INTS, OVER, Pick, form_of, or_listed, then};
use crate::dialect::{Requirement, Templates};
use crate::types::{Families, Family};

const ANY: Families = Families::ANY;
// PostgreSQL orders ranges, but has no least one.
const EXTREMES: Families = Families::ORDERED.without(Family::Range);
const DECIMALS: Families = Families::of(&[Family::Decimal]);
const FLOATS: Families = Families::of(&[Family::Float]);
const INTERVALS: Families = Families::of(&[Family::Interval]);
const BOOLS: Families = Families::of(&[Family::Bool]);
const UUIDS: Families = Families::of(&[Family::Uuid]);
const ARRAYS: Families = Families::of(&[Family::Array]);
const JSONS: Families = Families::of(&[Family::Json]);
const TEXTS: Families = Families::of(&[Family::Text]);
const ADDABLE: Families = Families::of(&[
    Family::Int,
    Family::Float,
    Family::Decimal,
    Family::Interval,
]);

const fn aggregate(
    name: &'static str,
    families: Families,
    result: &'static str,
    forms: &'static [Form],
) -> Aggregate {
    Aggregate {
        name,
        least: 1,
        most: 1,
        families,
        result,
        keeps_nulls: false,
        picks: None,
        documents: false,
        forms,
    }
}

/// Cast the server's own type to the requested one. A sum on MySQL is a decimal:
/// `DIV 1` returns the integer, or an error where CAST would truncate silently.
const AS_INT: Templates = Templates::of("CAST({0} AS BIGINT)", "{0}", "({0} DIV 1)");
const AS_DOUBLE: Templates = Templates::of(
    "CAST({0} AS DOUBLE PRECISION)",
    "{0}",
    "CAST({0} AS DOUBLE)",
);
const AS_DECIMAL: Templates = Templates::of("CAST({0} AS NUMERIC)", "{0}", "{0}");
const AS_INTERVAL: Templates =
    Templates::of("{0}", "CAST(round({0}) AS INTEGER)", "(ROUND({0}) DIV 1)");

const AS_UUID: Templates = Templates::of("CAST({0} AS UUID)", "{0}", "{0}");
/// On MySQL the separator precedes each item, because SEPARATOR accepts no placeholder.
/// SQLite accepts no separator together with DISTINCT.
const WITHOUT_FIRST: Templates = Templates::of(
    "{0}",
    "oxyde_text_join({0}, {1})",
    "SUBSTRING({0}, CHAR_LENGTH({1}) + 1)",
);

const SUM: Templates = Templates::same("SUM({2}{0})");
const DECIMAL_SUM: Templates =
    Templates::of("SUM({2}{0})", "oxyde_decimal_sum({2}{0})", "SUM({2}{0})");
const AVG: Templates = Templates::same("AVG({2}{0})");
const FLOAT_AVG: Templates =
    Templates::of("AVG({2}{0})", "AVG({2}{0})", "AVG({2}CAST({0} AS DOUBLE))");
const DECIMAL_AVG: Templates = Templates::of(
    "AVG({2}{0})",
    "oxyde_decimal_avg({2}{0})",
    "AVG({2}CAST({0} AS DECIMAL(65,30)))",
);

const MIN: Templates = Templates::same("MIN({2}{0})");
const MAX: Templates = Templates::same("MAX({2}{0})");

const fn deviation(name: &'static str, forms: &'static [Form]) -> Aggregate {
    aggregate(name, Families::NUMBERS, "double", forms)
}

/// The driver's functions for SQLite cannot take a value back, as a window needs.
const fn deviations(sql: Templates) -> [Form; 1] {
    [Form {
        over: OVER.not_sqlite(),
        ..then(form_of(Families::NUMBERS, FLOATS, sql), AS_DOUBLE)
    }]
}

/// A list of JSON texts; NULL without any.
const LISTED: Templates = Templates::of(
    "",
    "",
    "CAST(CONCAT('[', GROUP_CONCAT({2}{0}{3} SEPARATOR ','), ']') AS JSON)",
)
.mariadb("CONCAT('[', GROUP_CONCAT({2}{0}{3} SEPARATOR ','), ']')")
.not_postgres()
.not_sqlite();

/// A list over no rows is NULL, as on the other databases.
const NONE_IS_NULL: Templates = Templates::of("{0}", "NULLIF({0}, '[]')", "{0}");

const fn bits(name: &'static str, forms: &'static [Form]) -> Aggregate {
    aggregate(name, INTS, "big_int", forms)
}

/// Only PostgreSQL's functions are NULL over no rows and take a window.
const fn bit_form(sql: Templates) -> Form {
    Form {
        over: OVER.not_sqlite().not_mysql(),
        ..form_of(INTS, INTS, sql)
    }
}

pub(super) const AGGREGATES: &[Aggregate] = &[
    Aggregate {
        least: 0,
        ..aggregate(
            "count",
            ANY,
            "big_int",
            &[form_of(ANY, INTS, Templates::same("COUNT({2}{0})"))],
        )
    },
    aggregate(
        "sum",
        ADDABLE,
        "big_int for integers, else the argument's",
        &[
            then(form_of(INTS, INTS, SUM), AS_INT),
            form_of(FLOATS, FLOATS, SUM),
            form_of(DECIMALS, DECIMALS, DECIMAL_SUM),
            then(form_of(INTERVALS, INTERVALS, SUM), AS_INTERVAL),
            then(form_of(INTS, DECIMALS, DECIMAL_SUM), AS_DECIMAL),
            then(form_of(Families::NUMBERS, FLOATS, SUM), AS_DOUBLE),
        ],
    ),
    aggregate(
        "avg",
        ADDABLE,
        "double or decimal",
        &[
            then(form_of(Families::NUMBERS, FLOATS, FLOAT_AVG), AS_DOUBLE),
            then(
                form_of(Families::NUMBERS, DECIMALS, DECIMAL_AVG),
                AS_DECIMAL,
            ),
            then(form_of(INTERVALS, INTERVALS, AVG), AS_INTERVAL),
        ],
    ),
    Aggregate {
        picks: Some(Pick::Smallest),
        ..aggregate("min", EXTREMES, "the argument's", EXTREMES_MIN)
    },
    Aggregate {
        picks: Some(Pick::Largest),
        ..aggregate("max", EXTREMES, "the argument's", EXTREMES_MAX)
    },
    deviation(
        "stddev_pop",
        &deviations(Templates::of(
            "STDDEV_POP({2}{0})",
            "oxyde_stddev_pop({2}{0})",
            "STDDEV_POP({0})",
        )),
    ),
    deviation(
        "stddev_samp",
        &deviations(Templates::of(
            "STDDEV_SAMP({2}{0})",
            "oxyde_stddev_samp({2}{0})",
            "STDDEV_SAMP({0})",
        )),
    ),
    deviation(
        "var_pop",
        &deviations(Templates::of(
            "VAR_POP({2}{0})",
            "oxyde_var_pop({2}{0})",
            "VAR_POP({0})",
        )),
    ),
    deviation(
        "var_samp",
        &deviations(Templates::of(
            "VAR_SAMP({2}{0})",
            "oxyde_var_samp({2}{0})",
            "VAR_SAMP({0})",
        )),
    ),
    aggregate(
        "bool_and",
        BOOLS,
        "bool",
        &[form_of(
            BOOLS,
            BOOLS,
            Templates::of("BOOL_AND({2}{0})", "MIN({2}{0})", "MIN({2}{0})"),
        )],
    ),
    aggregate(
        "bool_or",
        BOOLS,
        "bool",
        &[form_of(
            BOOLS,
            BOOLS,
            Templates::of("BOOL_OR({2}{0})", "MAX({2}{0})", "MAX({2}{0})"),
        )],
    ),
    bits(
        "bit_and",
        &[bit_form(Templates::of(
            "BIT_AND({0})",
            "oxyde_bit_and({0})",
            "CASE WHEN COUNT({0}) > 0 THEN CAST(BIT_AND({0}) AS SIGNED) END",
        ))],
    ),
    bits(
        "bit_or",
        &[bit_form(Templates::of(
            "BIT_OR({0})",
            "oxyde_bit_or({0})",
            "CASE WHEN COUNT({0}) > 0 THEN CAST(BIT_OR({0}) AS SIGNED) END",
        ))],
    ),
    bits(
        "bit_xor",
        &[bit_form(
            Templates::of(
                "BIT_XOR({0})",
                "oxyde_bit_xor({0})",
                "CASE WHEN COUNT({0}) > 0 THEN CAST(BIT_XOR({0}) AS SIGNED) END",
            )
            .needs(Requirement::BitXor),
        )],
    ),
    Aggregate {
        least: 2,
        most: 2,
        ..aggregate(
            "string_agg",
            Families::TEXTUAL,
            "text",
            &[
                // PostgreSQL orders distinct values only by themselves.
                then(
                    form_of(
                        TEXTS,
                        TEXTS,
                        Templates::of(
                            "STRING_AGG({2}{0}, {1}{3})",
                            "json_group_array({2}{0}{3})",
                            "GROUP_CONCAT({2}CONCAT({1}, {0}){3} SEPARATOR '')",
                        ),
                    ),
                    WITHOUT_FIRST,
                ),
                then(
                    form_of(
                        ANY,
                        TEXTS,
                        Templates::of(
                            "STRING_AGG({2}CAST({0} AS TEXT), {1}{3})",
                            "json_group_array({2}{0}{3})",
                            "GROUP_CONCAT({2}CONCAT({1}, {0}){3} SEPARATOR '')",
                        ),
                    ),
                    WITHOUT_FIRST,
                ),
            ],
        )
    },
    Aggregate {
        keeps_nulls: true,
        ..aggregate(
            "array_agg",
            ANY,
            "array of the argument's",
            &[then(
                or_listed(
                    form_of(
                        ANY,
                        ARRAYS,
                        Templates::of(
                            "ARRAY_AGG({2}{0}{3})",
                            "json_group_array({2}{0}{3})",
                            "JSON_ARRAYAGG({0})",
                        )
                        .mariadb("JSON_ARRAYAGG({2}{0}{3})"),
                    ),
                    LISTED,
                ),
                NONE_IS_NULL,
            )],
        )
    },
    Aggregate {
        keeps_nulls: true,
        documents: true,
        ..aggregate(
            "json_agg",
            ANY,
            "json",
            &[then(
                or_listed(
                    form_of(
                        ANY,
                        JSONS,
                        Templates::of(
                            "JSONB_AGG({2}{0}{3})",
                            "json_group_array({2}{0}{3})",
                            "JSON_ARRAYAGG({0})",
                        )
                        .mariadb("JSON_ARRAYAGG({2}{0}{3})"),
                    ),
                    LISTED,
                ),
                NONE_IS_NULL,
            )],
        )
    },
    Aggregate {
        least: 2,
        most: 2,
        keeps_nulls: true,
        documents: true,
        ..aggregate(
            "json_object_agg",
            Families::TEXTUAL,
            "json",
            &[then(
                form_of(
                    ANY,
                    JSONS,
                    Templates::of(
                        "JSONB_OBJECT_AGG({0}, {1})",
                        "json_group_object({0}, {1})",
                        "JSON_OBJECTAGG({0}, {1})",
                    ),
                ),
                Templates::of("{0}", "NULLIF({0}, json_object())", "{0}"),
            )],
        )
    },
];

const EXTREMES_MIN: &[Form] = &[
    form_of(
        BOOLS,
        BOOLS,
        Templates::of("BOOL_AND({2}{0})", "MIN({2}{0})", "MIN({2}{0})"),
    ),
    then(
        form_of(
            UUIDS,
            UUIDS,
            Templates::of("MIN({2}CAST({0} AS TEXT))", "MIN({2}{0})", "MIN({2}{0})"),
        ),
        AS_UUID,
    ),
    form_of(ANY, ANY, MIN),
];

const EXTREMES_MAX: &[Form] = &[
    form_of(
        BOOLS,
        BOOLS,
        Templates::of("BOOL_OR({2}{0})", "MAX({2}{0})", "MAX({2}{0})"),
    ),
    then(
        form_of(
            UUIDS,
            UUIDS,
            Templates::of("MAX({2}CAST({0} AS TEXT))", "MAX({2}{0})", "MAX({2}{0})"),
        ),
        AS_UUID,
    ),
    form_of(ANY, ANY, MAX),
];
