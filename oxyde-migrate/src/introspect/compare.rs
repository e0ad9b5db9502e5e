//! Compares a database with a schema of models.
//!
//! A database stores defaults and conditions in its own form. If possible, the expected schema
//! is created temporarily (in temporary tables that are rolled back, or in an in-memory database)
//! and introspected in the same way; then both are compared in the database's form.

use std::collections::BTreeSet;
use std::time::Duration;

use oxyde_driver::DriverError;
use oxyde_sql::ddl::{self, check_condition, column_default, type_sql};
use oxyde_sql::dialect::{CommentStyle, CounterStyle, DdlStyle, Dialect, SearchStyle};
use oxyde_sql::schema::{Column, ForeignKey, Index, IndexPart, Schema, Table};
use oxyde_sql::types::Families;

use super::{expression, introspect, literal, of, postgres, undeclared};
use crate::autodetect::{Knowledge, detect};
use crate::definition::without_width;
use crate::operation::Operation;
use crate::session::{Access, Session};
use crate::state;

/// Return the differences between a database and a schema of models. The `unmanaged` tables are not
/// compared.
///
/// # Errors
/// The database cannot be queried.
pub async fn drift(
    session: &Session,
    expected: &Schema,
    unmanaged: &BTreeSet<String>,
) -> Result<Drift, DriverError> {
    let found = introspect(session).await?;
    let twin = twin(session, expected).await.unwrap_or_default();
    let adopted = adopt(session.style(), expected, &twin, &found);
    let known = known(adopted, expected, unmanaged);
    let unknown = found
        .tables
        .iter()
        .map(|table| (state::label_of(table), table))
        .filter(|(name, table)| {
            unmanaged.contains(name)
                || state::position(expected, table.schema.as_deref(), &table.name).is_none()
        })
        .map(|(name, _)| name)
        .collect();
    let differences = match detect(&known, expected, &Knowledge::default()) {
        Ok(detection) => detection.operations,
        Err(_) => unexplained(expected),
    };
    Ok(Drift {
        differences,
        undeclared: undeclared::differences(&known, expected),
        unknown,
    })
}

/// What the database has of the expected schema; unmanaged tables are as expected.
fn known(mut found: Schema, expected: &Schema, unmanaged: &BTreeSet<String>) -> Schema {
    let is_expected =
        |schema: Option<&str>, name: &str| state::position(expected, schema, name).is_some();
    found.tables.retain(|table| {
        is_expected(table.schema.as_deref(), &table.name)
            && !unmanaged.contains(&state::label_of(table))
    });
    for table in &mut found.tables {
        let wanted = expected
            .tables
            .iter()
            .find(|t| t.name == table.name && t.schema == table.schema);
        // A key that points out of the schema is none of its business, unless it declares the key.
        table.foreign_keys.retain(|key| {
            is_expected(key.target_schema.as_deref(), &key.target_table)
                || wanted.is_some_and(|t| t.foreign_keys.iter().any(|k| k.name == key.name))
        });
    }
    let unmanaged = expected
        .tables
        .iter()
        .filter(|table| unmanaged.contains(&state::label_of(table)));
    found.tables.extend(unmanaged.cloned());
    found
}

/// A difference between a database and a schema of models.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drift {
    /// The operations that would change the database to match the models.
    pub differences: Vec<Operation>,
    /// What differs in parts that no model declares.
    pub undeclared: Vec<String>,
    /// Tables without a model.
    pub unknown: Vec<String>,
}

/// For states whose difference cannot be expressed by operations: report everything as different.
fn unexplained(expected: &Schema) -> Vec<Operation> {
    expected
        .tables
        .iter()
        .map(|table| crate::operation::CreateTable::of(table.clone(), None).into())
        .collect()
}

/// Return the expected schema in the database's form; `None` if it cannot be created.
async fn twin(session: &Session, expected: &Schema) -> Option<Schema> {
    let style = session.style();
    let mut flat = expected.clone();
    for table in &mut flat.tables {
        table.schema = None;
        // They are compared in the database's own form, and may name other tables.
        table.raw.clear();
        for key in &mut table.foreign_keys {
            key.target_schema = None;
        }
    }
    let statements = ddl::create_schema(&flat, style, &ddl::Present::default()).ok()?;
    match style.dialect {
        Dialect::Postgres => {
            let path = session
                .scalar("SELECT current_setting('search_path')")
                .await
                .ok()??;
            let transaction = session.begin().await.ok()?;
            let made = async {
                transaction
                    .run(&format!("SET LOCAL search_path = pg_temp, {path}"))
                    .await?;
                for sql in &statements {
                    transaction.run(sql).await?;
                }
                postgres::introspect(&transaction, true).await
            }
            .await;
            let _ = transaction.rollback().await;
            let mut made = made.ok()?;
            for table in &mut made.tables {
                let original = expected.tables.iter().find(|t| t.name == table.name)?;
                table.schema.clone_from(&original.schema);
                for key in &mut table.foreign_keys {
                    let declared = original.foreign_keys.iter().find(|k| k.name == key.name)?;
                    key.target_schema.clone_from(&declared.target_schema);
                }
            }
            Some(made)
        }
        Dialect::Sqlite => {
            let memory = Session::connect(&Access::new("sqlite::memory:"), Duration::from_secs(5))
                .await
                .ok()?;
            let made = async {
                for sql in &statements {
                    memory.run(sql).await?;
                }
                of(&memory, style).await
            }
            .await;
            memory.close().await;
            made.ok()
        }
        Dialect::Mysql | Dialect::Mariadb => None,
    }
}

/// Return the found schema, in which every part that equals an expected one has the form of the
/// expected schema.
#[must_use]
pub fn adopt(style: &DdlStyle, expected: &Schema, twin: &Schema, found: &Schema) -> Schema {
    let mut adopted = found.clone();
    for table in &mut adopted.tables {
        let same = |other: &&Table| other.name == table.name && other.schema == table.schema;
        let Some(wanted) = expected.tables.iter().find(same) else {
            continue;
        };
        let twin = twin.tables.iter().find(same);
        adopt_table(style, table, wanted, twin);
    }
    adopted
}

fn adopt_table(style: &DdlStyle, table: &mut Table, wanted: &Table, twin: Option<&Table>) {
    let original = table.clone();
    if !style.distribution {
        table.distribution.clone_from(&wanted.distribution);
    }
    if style.comments == CommentStyle::None {
        table.comment.clone_from(&wanted.comment);
    }
    for column in &mut table.columns {
        let Some(declared) = wanted.columns.iter().find(|c| c.name == column.name) else {
            continue;
        };
        let made = twin.and_then(|twin| twin.columns.iter().find(|c| c.name == column.name));
        adopt_column(style, (&original, column), (wanted, declared), made);
    }
    for check in &mut table.checks {
        let Some(declared) = wanted.checks.iter().find(|c| c.name == check.name) else {
            continue;
        };
        let made = twin.and_then(|twin| twin.checks.iter().find(|c| c.name == check.name));
        if made.is_some_and(|made| made.condition == check.condition)
            || same_expression(&check_condition(style, declared), &check.condition)
        {
            check.clone_from(declared);
        }
    }
    for index in &mut table.indexes {
        let Some(declared) = wanted.indexes.iter().find(|i| i.name == index.name) else {
            continue;
        };
        let made = twin.and_then(|twin| twin.indexes.iter().find(|i| i.name == index.name));
        if made == Some(index) || same_index(style, declared, index) {
            index.clone_from(declared);
        }
    }
    if style.index_in_table {
        adopt_unique_indexes(table, wanted);
    }
    for key in &mut table.foreign_keys {
        if let Some(declared) = wanted.foreign_keys.iter().find(|k| k.name == key.name) {
            adopt_actions(style, key, declared);
            key.kept_name = declared.kept_name;
            key.undeclared = declared.undeclared;
        }
    }
    for unique in &mut table.uniques {
        if let Some(declared) = wanted.uniques.iter().find(|u| u.name == unique.name) {
            unique.kept_name = declared.kept_name;
        }
    }
}

/// The database does not distinguish unique indexes from unique constraints: use the declared form.
fn adopt_unique_indexes(table: &mut Table, wanted: &Table) {
    let columns = |index: &Index| -> Vec<String> {
        let parts = index.parts.iter();
        parts
            .filter_map(|part| match part {
                IndexPart::Column(name) | IndexPart::ColumnDesc(name) => Some(name.clone()),
                IndexPart::Expression(_) => None,
            })
            .collect()
    };
    for index in wanted.indexes.iter().filter(|index| index.unique) {
        let at = table
            .uniques
            .iter()
            .position(|u| u.name == index.name && u.columns == columns(index));
        if let Some(at) = at {
            table.uniques.remove(at);
            table.indexes.push(index.clone());
        }
    }
}

fn adopt_actions(style: &DdlStyle, key: &mut ForeignKey, declared: &ForeignKey) {
    // InnoDB treats RESTRICT and NO ACTION alike.
    let refuse = |action| {
        use oxyde_sql::schema::ReferentialAction::{NoAction, Restrict};
        if style.foreign_key_index && action == Restrict {
            NoAction
        } else {
            action
        }
    };
    if refuse(key.on_delete) == refuse(declared.on_delete) {
        key.on_delete = declared.on_delete;
    }
    if refuse(key.on_update) == refuse(declared.on_update) {
        key.on_update = declared.on_update;
    }
}

/// A type in one spelling.
fn spelling(sql: &str) -> String {
    let upper = sql.to_ascii_uppercase();
    let words: Vec<&str> = upper.split_whitespace().collect();
    without_width(&words.join(" ")).replace("INTEGER", "INT")
}

fn adopt_column(
    style: &DdlStyle,
    (table, column): (&Table, &mut Column),
    (wanted, declared): (&Table, &Column),
    made: Option<&Column>,
) {
    let same_type = made.is_some_and(|made| made.ty == column.ty)
        || spelling(&type_sql(style, table, column))
            == spelling(&type_sql(style, wanted, declared));
    let labels = |ty| ddl::enum_of(ty).map(|(_, labels)| labels.to_vec());
    // A type in the user's words may name a collation, which a database reports apart.
    let same_rest = made.is_none_or(|made| made.raw == column.raw);
    let lacks_rest = !same_rest && column.raw.is_none();
    if made.is_some() && same_rest {
        column.raw.clone_from(&declared.raw);
    }
    if same_type && !lacks_rest && labels(&column.ty) == labels(&declared.ty) {
        column.ty = declared.ty.clone();
        column.native.clone_from(&declared.native);
    }
    if style.counter == CounterStyle::KeyInColumn && !declared.auto_increment {
        // Every integer key of SQLite may be left out.
        column.auto_increment &= column.counter.is_none();
        column.counter = None;
    }
    if style.comments == CommentStyle::None {
        column.comment.clone_from(&declared.comment);
    }
    adopt_generated(style, column, declared, made);
    let same_default = match (&column.default, &declared.default) {
        (Some(found), Some(text)) => {
            let sent = column_default(style, declared, text);
            made.is_some_and(|made| made.default.as_ref() == Some(found))
                || same_default_text(style, &sent, found, declared)
        }
        (None, Some(text)) => text.eq_ignore_ascii_case("null"),
        _ => false,
    };
    if same_default {
        column.default.clone_from(&declared.default);
    }
}

fn adopt_generated(
    style: &DdlStyle,
    column: &mut Column,
    declared: &Column,
    made: Option<&Column>,
) {
    let (Some(found), Some(wanted)) = (&column.generated, &declared.generated) else {
        return;
    };
    let same = found.stored == wanted.stored
        && (made.is_some_and(|made| made.generated == column.generated)
            || same_expression(&found.expression, &wanted.expression));
    if same {
        column.generated.clone_from(&declared.generated);
        if !style.generated_not_null {
            column.nullable = declared.nullable;
        }
    }
}

/// Whether a default that was sent is the one found.
fn same_default_text(style: &DdlStyle, sent: &str, found: &str, declared: &Column) -> bool {
    let value = |sql: &str| literal::value(sql, style.backslash);
    match (value(sent), value(found)) {
        (Some(a), Some(b)) if Families::TEXT.contains(declared.ty.family()) => a == b,
        (Some(a), Some(b)) => {
            let is_time = Families::DATES.contains(declared.ty.family())
                || Families::CLOCKS.contains(declared.ty.family());
            a == b || same_number(&a, &b) || (is_time && literal::same_moment(&a, &b))
        }
        _ => same_expression(sent, found) || same_number(sent, found),
    }
}

/// Whether two expressions are the same, as far as their text tells.
fn same_expression(a: &str, b: &str) -> bool {
    loosely(a) == loosely(b) && !expression::differ_in_structure(a, b)
}

/// A decimal column returns `0` as `0.00`.
fn same_number(a: &str, b: &str) -> bool {
    let number = |text: &str| text.trim_matches('\'').parse::<f64>().ok();
    number(a).is_some() && number(a) == number(b)
}

fn same_index(style: &DdlStyle, declared: &Index, found: &Index) -> bool {
    let usual = style.index_methods.first().copied().unwrap_or_default();
    let method = |index: &Index| {
        let method = index.method.clone().unwrap_or_else(|| usual.to_owned());
        // InnoDB reports BTREE for HASH; databases without a choice store nothing.
        let one = style.index_methods.is_empty() || (style.index_in_table && method == "hash");
        if one { usual.to_owned() } else { method }
    };
    let parts = declared.parts.len() == found.parts.len()
        && declared
            .parts
            .iter()
            .zip(&found.parts)
            .all(|(a, b)| match (a, b) {
                (IndexPart::Expression(a), IndexPart::Expression(b)) => same_expression(a, b),
                (a, b) => a == b,
            });
    // If the database stores no configuration, every configuration matches.
    let config = |index: &Index| {
        let config = index.config.clone().filter(|config| config != "simple");
        config.filter(|_| style.search != SearchStyle::WordsColumn)
    };
    let condition = match (&declared.condition, &found.condition) {
        (Some(a), Some(b)) => same_expression(a, b),
        (a, b) => a == b,
    };
    declared.unique == found.unique
        && declared.include == found.include
        && method(declared) == method(found)
        && config(declared) == config(found)
        && declared.opclass == found.opclass
        && declared.options == found.options
        && parts
        && condition
}

/// Normalize SQL by removing what databases change when they store it: whitespace, parentheses,
/// quotes around names, casts of literals, upper case. String literals stay unchanged.
fn loosely(sql: &str) -> String {
    let sql = sql
        .replace("_utf8mb4", "")
        .replace("_utf8mb3", "")
        .replace("\\\\\\'", "'")
        .replace("\\'", "'")
        .replace("''", "'")
        .replace("\\\\", "\\");
    let mut out = String::with_capacity(sql.len());
    let mut in_text = false;
    for c in sql.chars() {
        match c {
            '\'' => {
                in_text = !in_text;
                out.push(c);
            }
            c if in_text => out.push(c),
            '(' | ')' | '`' | '"' => {}
            c if c.is_whitespace() => {}
            c => out.extend(c.to_lowercase()),
        }
    }
    out
}
