//! What the definition of a column has to repeat.

use oxyde_sql::ddl::{Redefinition, SchemaError, column_sql, enum_of, is_literal, set_native};
use oxyde_sql::dialect::DdlStyle;
use oxyde_sql::schema::{Column, Generated};
use oxyde_sql::types::{ColumnType, Family};

use super::parse::{Clause, ColumnDefinition, TableDefinition, read_column};
use super::without_width;

/// Add to the new column what the definition of its table in the database has and the old state
/// does not know; `None` if the table has no such column.
///
/// # Errors
/// As [`column_sql`], for the state before.
pub(crate) fn keep_in_column(
    style: &DdlStyle,
    definition: &str,
    redefinition: &Redefinition,
) -> Result<Option<Column>, SchemaError> {
    let table = TableDefinition::read(definition);
    let Some(real) = table.column(&redefinition.column) else {
        return Ok(None);
    };
    let known = column_sql(style, &redefinition.before, &redefinition.from)?;
    let known = read_column(&known);
    let (from, to) = (&redefinition.from, &redefinition.to);
    let mut column = to.clone();
    let mut raw: Vec<String> = column.raw.take().into_iter().collect();
    if let Some(ty) = kept_type(style, real, &known, redefinition) {
        set_native(style, &mut column, ty);
    }
    for clause in &real.clauses {
        let is_known = known.clauses.iter().any(|other| other.key == clause.key)
            || raw.iter().any(|sql| repeats(sql, clause));
        if is_known {
            continue;
        }
        match clause.kind.as_str() {
            "NOT" if from.nullable && to.nullable => column.nullable = false,
            "AUTO_INCREMENT" if !from.auto_increment => column.auto_increment = true,
            "DEFAULT"
                if from.default.is_none()
                    && to.default.is_none()
                    && !clause.value.eq_ignore_ascii_case("NULL") =>
            {
                column.default = Some(clause.value.clone());
            }
            "COMMENT" if from.comment == to.comment => {
                column.comment = Some(literal(&clause.value));
            }
            "GENERATED" | "AS" if from.generated.is_none() => {
                column.generated = generated(clause);
            }
            "ON" if is_moment(to) => raw.push(clause.sql.clone()),
            "CHECK" if from.ty == ColumnType::Json && clause.mentions("json_valid") => {}
            "CHECK"
            | "INVISIBLE"
            | "COLUMN_FORMAT"
            | "STORAGE"
            | "ENGINE_ATTRIBUTE"
            | "SECONDARY_ENGINE_ATTRIBUTE"
            | "WITHOUT" => raw.push(clause.sql.clone()),
            "SRID" | "REF_SYSTEM_ID" | "COMPRESSED" if from.ty == to.ty => {
                raw.push(clause.sql.clone());
            }
            _ => {}
        }
    }
    if column.generated.is_some() {
        column.default = None;
    }
    column.raw = Some(raw.join(" ")).filter(|raw| !raw.is_empty());
    Ok(Some(column))
}

/// The type with what belongs to it: its sign, character set and collation.
fn kept_type(
    style: &DdlStyle,
    real: &ColumnDefinition,
    known: &ColumnDefinition,
    redefinition: &Redefinition,
) -> Option<String> {
    let (from, to) = (&redefinition.from, &redefinition.to);
    if to.native != from.native {
        return None;
    }
    let new = oxyde_sql::ddl::type_sql(style, &redefinition.after, to);
    let old = oxyde_sql::ddl::type_sql(style, &redefinition.before, from);
    let charset = |column: &ColumnDefinition| -> Vec<String> {
        let clauses = column.clauses.iter();
        clauses
            .filter(|clause| ["CHARACTER", "CHARSET", "COLLATE"].contains(&clause.kind.as_str()))
            .map(|clause| clause.sql.clone())
            .collect()
    };
    let (real_charset, known_charset) = (charset(real), charset(known));
    let is_text =
        |column: &Column| column.ty.family() == Family::Text || enum_of(&column.ty).is_some();
    let declared = !known_charset.is_empty() || new.to_ascii_uppercase().contains("COLLATE");
    let charset = if is_text(from) && is_text(to) && !declared {
        real_charset
    } else {
        Vec::new()
    };
    let is_number = |column: &Column| {
        matches!(
            column.ty.family(),
            Family::Int | Family::Float | Family::Decimal
        )
    };
    let lower = real.ty.to_ascii_lowercase();
    let signs: Vec<&str> = ["unsigned", "zerofill"]
        .into_iter()
        .filter(|word| lower.split(' ').any(|part| part == *word) && is_number(to))
        .filter(|word| !new.to_ascii_lowercase().contains(word))
        .collect();
    if charset.is_empty() && signs.is_empty() && (new != old || same_type(&real.ty, &known.ty)) {
        return None;
    }
    let base = if new == old { real.ty.clone() } else { new };
    let mut ty = base;
    for word in signs {
        if !ty.to_ascii_lowercase().contains(word) {
            ty = format!("{ty} {word}");
        }
    }
    for clause in charset {
        ty = format!("{ty} {clause}");
    }
    Some(ty)
}

/// Whether two types are the same but for what servers leave out: `int(11)` is `INT`.
fn same_type(a: &str, b: &str) -> bool {
    let plain = |ty: &str| without_width(&ty.to_ascii_lowercase()).replace(' ', "");
    // MariaDB prints JSON as the type that stores it.
    let json = |ty: &str| matches!(plain(ty).as_str(), "json" | "longtext");
    plain(a) == plain(b) || (json(a) && json(b))
}

/// Whether the SQL contains the clause.
fn repeats(sql: &str, clause: &Clause) -> bool {
    let upper = |sql: &str| sql.to_ascii_uppercase();
    upper(sql).contains(&upper(&clause.sql))
}

fn is_moment(column: &Column) -> bool {
    column.ty.family() == Family::DateTime
}

fn generated(clause: &Clause) -> Option<Generated> {
    let sql = &clause.sql;
    let (open, close) = (sql.find('(')?, sql.rfind(')')?);
    let words = sql.get(close + 1..)?.to_ascii_uppercase();
    Some(Generated {
        expression: sql.get(open + 1..close)?.to_owned(),
        stored: words.contains("STORED") || words.contains("PERSISTENT"),
    })
}

/// The value of a string literal.
fn literal(sql: &str) -> String {
    if !is_literal(sql) {
        return sql.to_owned();
    }
    let inner = sql.trim_matches('\'');
    inner.replace("''", "'").replace("\\\\", "\\")
}
