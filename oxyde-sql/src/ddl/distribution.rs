//! Tables whose rows are divided over the nodes of a cluster, by the functions of Citus.

use super::SchemaError;
use crate::dialect::DdlStyle;
use crate::schema::{Distribution, Table};

/// Parallel work of an earlier statement of the transaction would make Citus refuse the next one.
const ONE_AFTER_THE_OTHER: &str = "SET LOCAL citus.multi_shard_modify_mode = 'sequential'";

/// Return the statements that divide the rows of a table in this way.
///
/// # Errors
/// The dialect has no such tables.
pub fn distribute_table(
    style: &DdlStyle,
    table: &Table,
    distribution: &Distribution,
) -> Result<Vec<String>, SchemaError> {
    let name = regclass(style, table)?;
    let call = match distribution {
        Distribution::By(column) => format!(
            "SELECT create_distributed_table({name}, {})",
            style.literal(column)
        ),
        Distribution::Reference => format!("SELECT create_reference_table({name})"),
    };
    Ok(vec![ONE_AFTER_THE_OTHER.to_owned(), call])
}

/// Return the statements that give all rows back to one node.
///
/// # Errors
/// As [`distribute_table`].
pub fn undistribute_table(style: &DdlStyle, table: &Table) -> Result<Vec<String>, SchemaError> {
    let name = regclass(style, table)?;
    Ok(vec![
        ONE_AFTER_THE_OTHER.to_owned(),
        format!("SELECT undistribute_table({name})"),
    ])
}

/// The table's name as a literal that is cast to `regclass`.
fn regclass(style: &DdlStyle, table: &Table) -> Result<String, SchemaError> {
    if !style.distribution {
        return Err(SchemaError::Unsupported {
            feature: "tables that are divided over nodes, which need PostgreSQL with Citus"
                .to_owned(),
            table: table.name.clone(),
            dialect: style.name,
        });
    }
    let name = style.qualified(table.schema.as_deref(), &table.name);
    Ok(style.literal(&name))
}
