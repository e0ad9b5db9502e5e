//! Defines a column again, with what only the database has.

use oxyde_driver::DriverError;
use oxyde_sql::ddl::Redefinition;
use oxyde_sql::dialect::DdlStyle;
use oxyde_sql::schema::Column;

use crate::definition::keep_in_column;
use crate::introspect::Queries;

/// Return the statements that repeat the definition in the database.
pub(super) async fn statements(
    queries: &dyn Queries,
    style: &DdlStyle,
    redefinition: &Redefinition,
) -> Result<Vec<String>, DriverError> {
    let show = format!("SHOW CREATE TABLE {}", redefinition.owner);
    let rows = queries.rows(&show).await?;
    let definition = rows
        .into_iter()
        .next()
        .and_then(|row| row.into_iter().nth(1));
    let kept = definition.flatten().and_then(|text| {
        let column = keep_in_column(style, &text, redefinition).ok().flatten()?;
        let sql = redefinition.statement(style, &column).ok()?;
        Some((sql, column))
    });
    // A column that the database does not have is the server's to refuse.
    let (sql, column) = kept.unwrap_or_else(|| (redefinition.sql.clone(), redefinition.to.clone()));
    let mut statements = vec![sql];
    if gets_a_default(&column) {
        statements.push(format!(
            "ALTER TABLE {} ALTER COLUMN {} DROP DEFAULT",
            redefinition.owner,
            style.quoted(&column.name)
        ));
    }
    if becomes_counted(redefinition) {
        // The type stays, so that foreign keys to the column stay valid.
        statements.insert(0, "SET SESSION foreign_key_checks = 0".to_owned());
        statements.push("SET SESSION foreign_key_checks = 1".to_owned());
    }
    Ok(statements)
}

/// Whether MariaDB gives the column the default '0000-00-00', which it then refuses itself.
fn gets_a_default(column: &Column) -> bool {
    let has_update = column
        .raw
        .as_deref()
        .is_some_and(|raw| raw.to_ascii_uppercase().contains("ON UPDATE"));
    has_update && !column.nullable && column.default.is_none()
}

/// Whether only the counter of a key changes: servers refuse that while foreign keys refer to it.
fn becomes_counted(redefinition: &Redefinition) -> bool {
    let (from, to) = (&redefinition.from, &redefinition.to);
    from.ty == to.ty && from.native == to.native && from.auto_increment != to.auto_increment
}
