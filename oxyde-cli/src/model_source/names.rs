//! Converts names of a database to Python names: valid, free and unique.

use std::collections::{BTreeMap, BTreeSet};

use oxyde_sql::ddl::EnumType;
use oxyde_sql::schema::{ForeignKey, ReferentialAction, Schema, Table};
use unicode_ident::{is_xid_continue, is_xid_start};
use unicode_normalization::UnicodeNormalization as _;

const KEYWORDS: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import",
    "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
    "with", "yield",
];

/// Names that the module uses itself. A field with such a name would hide it from later fields.
const USED: &[&str] = &[
    "Annotated",
    "Any",
    "AwareDatetime",
    "Check",
    "Decimal",
    "Enum",
    "Field",
    "IPvAnyAddress",
    "Index",
    "Meta",
    "Model",
    "UUID",
    "Vector",
    "annotations",
    "bool",
    "bytes",
    "date",
    "datetime",
    "dict",
    "float",
    "int",
    "list",
    "str",
    "time",
    "timedelta",
];

/// Attributes that every model has.
const ATTRIBUTES: &[&str] = &[
    "construct",
    "copy",
    "delete",
    "dict",
    "factory",
    "from_orm",
    "get_table_name",
    "json",
    "model_computed_fields",
    "model_config",
    "model_construct",
    "model_copy",
    "model_dump",
    "model_dump_json",
    "model_extra",
    "model_fields",
    "model_fields_set",
    "model_json_schema",
    "model_parametrized_name",
    "model_post_init",
    "model_rebuild",
    "model_validate",
    "model_validate_json",
    "model_validate_strings",
    "mro",
    "objects",
    "parse_file",
    "parse_obj",
    "parse_raw",
    "pk",
    "post_delete",
    "post_save",
    "pre_delete",
    "pre_save",
    "refresh",
    "register",
    "save",
    "schema",
    "schema_for",
    "schema_json",
    "unscoped",
    "update_forward_refs",
    "validate",
];

/// The names of one column.
#[derive(Clone, Debug)]
pub(super) struct FieldName {
    /// The field that holds the value.
    pub field: String,
    /// The related row, if the column is a foreign key that a model can declare.
    pub attribute: Option<String>,
}

/// The names of a module.
pub(super) struct Names<'a> {
    schema: &'a Schema,
    classes: BTreeMap<(Option<&'a str>, &'a str), String>,
    enums: BTreeMap<String, String>,
    fields: BTreeMap<(Option<&'a str>, &'a str), BTreeMap<&'a str, FieldName>>,
}

fn place(table: &Table) -> (Option<&str>, &str) {
    (table.schema.as_deref(), &table.name)
}

impl<'a> Names<'a> {
    pub(super) fn new(schema: &'a Schema, enums: &[EnumType]) -> Self {
        let mut taken: BTreeSet<String> = USED.iter().map(|&word| word.to_owned()).collect();
        let enums = enums
            .iter()
            .map(|ty| (ty.name.clone(), class_name(&ty.name, &mut taken)))
            .collect();
        let classes: BTreeMap<_, _> = schema
            .tables
            .iter()
            .map(|table| (place(table), class_name(&table.name, &mut taken)))
            .collect();
        let mut names = Names {
            schema,
            classes,
            enums,
            fields: BTreeMap::new(),
        };
        names.fields = schema
            .tables
            .iter()
            .map(|table| (place(table), names.fields_of(table, &taken)))
            .collect();
        names
    }

    pub(super) fn class(&self, table: &'a Table) -> &str {
        self.classes
            .get(&place(table))
            .map_or("Model", String::as_str)
    }

    pub(super) fn enum_class(&self, name: &str) -> &str {
        self.enums.get(name).map_or("str", String::as_str)
    }

    /// Return the names of a column.
    pub(super) fn column(&self, table: &Table, column: &str) -> FieldName {
        let known = self
            .fields
            .get(&place(table))
            .and_then(|all| all.get(column));
        known.cloned().unwrap_or_else(|| FieldName {
            field: identifier(column),
            attribute: None,
        })
    }

    /// Return the table that a column's foreign key refers to, if a field can declare that.
    pub(super) fn target(
        &self,
        table: &'a Table,
        column: &str,
    ) -> Option<(&'a ForeignKey, &'a Table)> {
        let own = || {
            table
                .foreign_keys
                .iter()
                .filter(|key| key.columns == [column])
        };
        let usual = oxyde_sql::ddl::foreign_key_name(&table.name, &[column.to_owned()]);
        // Of several, the one that has the name which a model derives.
        let key = own()
            .find(|key| key.name == usual)
            .or_else(|| own().next())?;
        let target = self
            .schema
            .tables
            .iter()
            .find(|target| oxyde_sql::ddl::points_at(key, target))?;
        let [wanted] = key.target_columns.as_slice() else {
            return None;
        };
        let alone = |columns: &[String]| columns == [wanted.clone()];
        let unique = !target.primary_key.is_empty()
            && (alone(&target.primary_key)
                || target.uniques.iter().any(|unique| alone(&unique.columns)));
        (unique && can_act(table, key) && same_values(table, key, target)).then_some((key, target))
    }

    fn fields_of(
        &self,
        table: &'a Table,
        classes: &BTreeSet<String>,
    ) -> BTreeMap<&'a str, FieldName> {
        let mut taken = classes.clone();
        taken.extend(ATTRIBUTES.iter().map(|&word| word.to_owned()));
        let mut found = BTreeMap::new();
        let (keys, plain): (Vec<_>, Vec<_>) = table
            .columns
            .iter()
            .partition(|column| self.target(table, &column.name).is_some());
        for column in plain {
            let field = free(&identifier(&column.name), &mut taken);
            let attribute = None;
            found.insert(column.name.as_str(), FieldName { field, attribute });
        }
        for column in keys {
            let attribute = attribute(&identifier(&column.name), &mut taken);
            let name = FieldName {
                field: format!("{attribute}_id"),
                attribute: Some(attribute),
            };
            found.insert(column.name.as_str(), name);
        }
        found
    }
}

/// Whether a model accepts the actions of a foreign key.
fn can_act(table: &Table, key: &ForeignKey) -> bool {
    let fits = |action| match action {
        ReferentialAction::SetNull => key.columns.iter().all(|name| {
            let column = table.columns.iter().find(|column| column.name == *name);
            !table.primary_key.contains(name) && column.is_some_and(|column| column.nullable)
        }),
        ReferentialAction::SetDefault => key.columns.iter().all(|name| {
            let column = table.columns.iter().find(|column| column.name == *name);
            column.is_some_and(|column| column.nullable || column.default.is_some())
        }),
        _ => true,
    };
    fits(key.on_delete) && fits(key.on_update)
}

/// Whether the column of a foreign key has the kind of values that its target has.
fn same_values(table: &Table, key: &ForeignKey, target: &Table) -> bool {
    let family = |table: &Table, name: &str| {
        let column = table.columns.iter().find(|column| column.name == name);
        column.map(|column| column.ty.family())
    };
    key.columns
        .iter()
        .zip(&key.target_columns)
        .all(|(own, other)| family(table, own) == family(target, other))
}

/// Return the member names of an enum, one for each value.
pub(super) fn members(values: &[String]) -> Vec<String> {
    let mut taken = BTreeSet::new();
    values
        .iter()
        .map(|value| free(&identifier(&identifier(value).to_uppercase()), &mut taken))
        .collect()
}

/// Return the name itself if it is free, otherwise one with a number.
fn free(name: &str, taken: &mut BTreeSet<String>) -> String {
    let base = if taken.contains(name) && !name.ends_with('_') {
        format!("{name}_")
    } else {
        name.to_owned()
    };
    let mut found = base.clone();
    let mut number = 1;
    while !taken.insert(found.clone()) {
        number += 1;
        let between = if base.ends_with('_') { "" } else { "_" };
        found = format!("{base}{between}{number}");
    }
    found
}

/// Return the attribute of a foreign key. Its column is the field `…_id`, which must be free as
/// well.
fn attribute(column: &str, taken: &mut BTreeSet<String>) -> String {
    let plain = column.strip_suffix("_id").unwrap_or("");
    let first = plain.trim_end_matches('_');
    let second = format!("{}_ref", column.trim_end_matches('_'));
    let others = (2..).map(|number| format!("{second}{number}"));
    let mut wanted = [first.to_owned(), second.clone()].into_iter().chain(others);
    let fits = |name: &String| {
        !name.is_empty()
            && !KEYWORDS.contains(&name.as_str())
            && !taken.contains(name)
            && !taken.contains(&format!("{name}_id"))
    };
    let found = wanted.find(fits).unwrap_or(second);
    taken.extend([found.clone(), format!("{found}_id")]);
    found
}

fn class_name(table: &str, taken: &mut BTreeSet<String>) -> String {
    let mut out = String::new();
    let mut upper = true;
    for c in identifier(table).chars() {
        if c == '_' {
            upper = true;
        } else if upper {
            out.extend(c.to_uppercase());
            upper = false;
        } else {
            out.push(c);
        }
    }
    let mut out = identifier(&out);
    if taken.contains(&out) || KEYWORDS.contains(&out.as_str()) {
        out.push_str("Model");
    }
    let mut found = out.clone();
    let mut number = 1;
    while !taken.insert(found.clone()) {
        number += 1;
        found = format!("{out}{number}");
    }
    found
}

/// Return a name that Python and Pydantic accept for a field, as close to the database's as
/// possible.
fn identifier(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    // Python normalizes names to this form, so two names may become equal.
    for c in name.nfkc() {
        if c != '_' && is_xid_continue(c) && is_known(c) {
            out.push(c);
        } else if !out.is_empty() && !out.ends_with('_') {
            // For Pydantic a name that begins with an underscore is a private attribute, and two
            // underscores separate the parts of a lookup.
            out.push('_');
        }
    }
    if !out.starts_with(is_xid_start) {
        out.insert_str(0, "field_");
    }
    // Pydantic warns about these.
    if out.starts_with("model_validate") || out.starts_with("model_dump") {
        out.insert_str(0, "field_");
    }
    if KEYWORDS.contains(&out.as_str()) {
        out.push('_');
    }
    out
}

/// Whether every supported Python knows the letter: complete blocks, to which Unicode has added no
/// letter since version 13, which is Python 3.10's.
const fn is_known(c: char) -> bool {
    matches!(c,
        '\0'..='\u{6ff}'
        | '\u{900}'..='\u{bff}'
        | '\u{e00}'..='\u{e7f}'
        | '\u{10a0}'..='\u{10ff}'
        | '\u{1e00}'..='\u{1fff}'
        | '\u{3040}'..='\u{30ff}'
        | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9ffc}'
        | '\u{ac00}'..='\u{d7a3}')
}

#[cfg(test)]
mod tests {
    use super::{identifier, members};

    #[test]
    fn identifiers() {
        for (name, expected) in [
            ("plain", "plain"),
            ("class", "class_"),
            ("_private", "private"),
            ("a__b", "a_b"),
            ("1st", "field_1st"),
            ("", "field_"),
            ("a-b c", "a_b_c"),
            ("x\r\nimport os", "x_import_os"),
            ("ﬁle", "file"),
            ("Größe", "Größe"),
            ("²", "field_2"),
        ] {
            assert_eq!(identifier(name), expected, "{name:?}");
        }
    }

    #[test]
    fn members_are_different() {
        let values = ["a", "A", "a b", "a-b", ""].map(str::to_owned);
        assert_eq!(members(&values), ["A", "A_", "A_B", "A_B_", "FIELD_"]);
    }
}
