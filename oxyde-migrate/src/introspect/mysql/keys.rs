//! The keys and checks of the tables of MySQL and MariaDB.

use oxyde_driver::DriverError;
use oxyde_sql::schema::ReferentialAction::{self, NoAction, Restrict};
use oxyde_sql::schema::{Check, ForeignKey, RawPart, RawPlace, Schema, Unique};
use oxyde_sql::types::ColumnType;

use super::super::action;
use super::{Cells, Queries, place, quoted, unescaped};

/// Read primary keys, unique keys, foreign keys and checks.
pub(super) async fn introspect(
    queries: &dyn Queries,
    is_mariadb: bool,
    schema: &mut Schema,
) -> Result<(), DriverError> {
    keys(queries, schema).await?;
    checks(queries, is_mariadb, schema).await
}

async fn keys(queries: &dyn Queries, schema: &mut Schema) -> Result<(), DriverError> {
    let rows = queries
        .rows(
            "SELECT k.table_name, k.constraint_name, c.constraint_type, k.column_name, \
             NULLIF(k.referenced_table_schema, DATABASE()), k.referenced_table_name, \
             k.referenced_column_name, r.delete_rule, r.update_rule \
             FROM information_schema.key_column_usage k \
             JOIN information_schema.table_constraints c \
             ON c.constraint_schema = k.constraint_schema AND c.table_name = k.table_name \
             AND c.constraint_name = k.constraint_name \
             LEFT JOIN information_schema.referential_constraints r \
             ON r.constraint_schema = k.constraint_schema AND r.table_name = k.table_name \
             AND r.constraint_name = k.constraint_name \
             WHERE k.table_schema = DATABASE() \
             ORDER BY k.table_name, k.constraint_name, k.ordinal_position",
        )
        .await?;
    for row in rows {
        let mut cells = Cells::of(row);
        let Some(table) = place(schema, &mut cells) else {
            continue;
        };
        let (name, kind, column) = (cells.text(), cells.text(), cells.text());
        match kind.as_str() {
            "PRIMARY KEY" => table.primary_key.push(column),
            "UNIQUE" => match table.uniques.iter_mut().find(|unique| unique.name == name) {
                Some(unique) => unique.columns.push(column),
                None => table.uniques.push(Unique::on(name, vec![column])),
            },
            "FOREIGN KEY" => {
                let (target_schema, target_table) = (cells.optional(), cells.text());
                let target_column = cells.text();
                match table.foreign_keys.iter_mut().find(|key| key.name == name) {
                    Some(key) => {
                        key.columns.push(column);
                        key.target_columns.push(target_column);
                    }
                    None => table.foreign_keys.push(ForeignKey {
                        name,
                        kept_name: false,
                        undeclared: false,
                        columns: vec![column],
                        target_schema,
                        target_table,
                        target_columns: vec![target_column],
                        // InnoDB treats both actions alike, and MariaDB reports one as the other:
                        // use the form that models use.
                        on_delete: instead(&cells.text(), NoAction, Restrict),
                        on_update: instead(&cells.text(), Restrict, NoAction),
                        raw: None,
                    }),
                }
            }
            _ => {}
        }
    }
    Ok(())
}

async fn checks(
    queries: &dyn Queries,
    is_mariadb: bool,
    schema: &mut Schema,
) -> Result<(), DriverError> {
    // MariaDB's names are local to their table; only MySQL knows checks that are not enforced.
    let (by_table, enforced) = if is_mariadb {
        ("AND c.table_name = t.table_name", "'YES'")
    } else {
        ("", "t.enforced")
    };
    let rows = queries
        .rows(&format!(
            "SELECT t.table_name, t.constraint_name, c.check_clause, {enforced} \
             FROM information_schema.table_constraints t \
             JOIN information_schema.check_constraints c \
             ON c.constraint_schema = t.constraint_schema \
             AND c.constraint_name = t.constraint_name {by_table} \
             WHERE t.table_schema = DATABASE() AND t.constraint_type = 'CHECK' \
             ORDER BY t.table_name, t.constraint_name"
        ))
        .await?;
    for row in rows {
        let mut cells = Cells::of(row);
        let Some(table) = place(schema, &mut cells) else {
            continue;
        };
        let (name, condition, enforced) = (cells.text(), cells.text(), cells.flag());
        // MariaDB's JSON is LONGTEXT with a check that has the column's name.
        let json = format!("json_valid(`{name}`)");
        let document = table.columns.iter_mut().find(|column| column.name == name);
        if let Some(column) = document.filter(|_| condition == json) {
            column.ty = ColumnType::Json;
            column.native = None;
            continue;
        }
        // MySQL prints the text of a string literal.
        let condition = if is_mariadb {
            condition
        } else {
            unescaped(&condition)
        };
        if enforced {
            table.checks.push(Check {
                name,
                condition,
                portable: false,
            });
        } else {
            let sql = format!(
                "CONSTRAINT {} CHECK {condition} NOT ENFORCED",
                quoted(&name)
            );
            table.raw.push(RawPart {
                place: RawPlace::Definition,
                name,
                sql,
            });
        }
    }
    Ok(())
}

/// Parse an action; `usual` replaces `same`, which is equivalent.
fn instead(word: &str, same: ReferentialAction, usual: ReferentialAction) -> ReferentialAction {
    let found = action(word);
    if found == same { usual } else { found }
}
