//! Schemas and their changes as DDL.
//!
//! [`DdlStyle`] determines what a dialect supports and its syntax.

mod alter;
mod alter_column;
mod alter_rebuild;
mod change;
mod column;
mod comment;
mod constraint;
mod default;
mod distribution;
mod enum_type;
mod error;
mod full_text;
mod generated;
mod index;
mod name;
mod present;
mod rebuild;
mod redefinition;
mod schema;
mod table;
mod value_check;
mod vector;

pub use alter::alter_table;
pub use change::{Change, Step};
pub use column::{column_sql, enum_of, has_key_inside, is_keyed, type_sql};
pub use comment::comment_sql;
pub use constraint::{
    check_condition, check_sql, foreign_key_sql, key_name, primary_key_sql, unique_sql,
};
pub use default::{column_default, default_sql, is_literal, set_native};
pub use distribution::{distribute_table, undistribute_table};
pub use enum_type::{EnumType, create_enum, drop_enum, enum_types};
pub use error::SchemaError;
pub use full_text::is_full_text;
pub use index::{create_index, drop_index, foreign_key_indexes, index_lines};
pub use name::{
    DERIVED_LIMIT, check_name, enum_check_name, foreign_key_name, index_name, primary_key_name,
    shorten, unique_name,
};
pub use present::{Present, PresentRow, present_sql};
pub use rebuild::Rebuild;
pub use redefinition::Redefinition;
pub use schema::{create_schema, creation_order, drop_schema, points_at};
pub use table::{add_foreign_key, check_table, drop_table, rename_table, table_extras, table_sql};
pub use value_check::ValueCheck;
pub use vector::create_vectors;

pub use crate::dialect::words_column;
use crate::dialect::{DdlStyle, Features};
use crate::error::SqlError;
use crate::schema::Schema;

/// Return the statements that create the missing tables of the schema.
///
/// # Errors
/// The schema is inconsistent, a name is too long, or the dialect does not support a feature.
pub fn create_tables(
    schema: &Schema,
    features: &Features,
    present: &Present,
) -> Result<Vec<String>, SqlError> {
    Ok(create_schema(
        schema,
        DdlStyle::of(features.dialect),
        present,
    )?)
}

/// Return the statements that drop the existing tables of the schema, and their enum types.
///
/// # Errors
/// The schema is inconsistent, or another table refers to one of its tables.
pub fn drop_tables(
    schema: &Schema,
    features: &Features,
    present: &Present,
) -> Result<Vec<String>, SqlError> {
    Ok(drop_schema(
        schema,
        DdlStyle::of(features.dialect),
        present,
    )?)
}
