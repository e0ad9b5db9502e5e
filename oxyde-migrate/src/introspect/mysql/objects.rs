//! What MySQL and MariaDB have beside tables: views, triggers, functions, procedures, events.

use oxyde_driver::DriverError;
use oxyde_sql::schema::{Object, Schema};

use super::{Cells, Queries, quoted};
use crate::introspect::in_order_of_use;
use crate::session::Row;

/// Read the objects, in an order in which they can be created.
pub(super) async fn introspect(
    queries: &dyn Queries,
    schema: &mut Schema,
) -> Result<(), DriverError> {
    let database = queries.rows("SELECT DATABASE()").await?;
    let Some(database) = first(database, 0) else {
        return Ok(());
    };
    routines(queries, schema).await?;
    views(queries, &database, schema).await?;
    triggers(queries, schema).await?;
    events(queries, schema).await
}

fn first(rows: Vec<Row>, column: usize) -> Option<String> {
    rows.into_iter().next()?.into_iter().nth(column).flatten()
}

fn object(kind: &str, name: String, owner: &str, sql: String) -> Object {
    Object {
        kind: kind.to_owned(),
        drop: format!("DROP {} IF EXISTS {owner}", kind.to_ascii_uppercase()),
        name,
        create: vec![sql],
        needs_tables: true,
    }
}

/// A definition without the user who made it: another server may not have that user.
fn without_definer(sql: &str) -> String {
    let Some(at) = sql.find("DEFINER=") else {
        return sql.to_owned();
    };
    let rest = &sql[at..];
    // `user`@`host`
    let end = rest
        .match_indices('`')
        .nth(3)
        .map_or(rest.len(), |(at, _)| at + 1);
    let end = if rest["DEFINER=".len()..].starts_with('`') {
        end
    } else {
        rest.find(' ').unwrap_or(rest.len())
    };
    format!("{}{}", &sql[..at], rest[end..].trim_start())
}

async fn routines(queries: &dyn Queries, schema: &mut Schema) -> Result<(), DriverError> {
    let rows = queries
        .rows(
            "SELECT LOWER(routine_type), routine_name FROM information_schema.routines \
             WHERE routine_schema = DATABASE() AND routine_type IN ('FUNCTION', 'PROCEDURE') \
             ORDER BY 1, 2",
        )
        .await?;
    for row in rows {
        let mut cells = Cells::of(row);
        let (kind, name) = (cells.text(), cells.text());
        let owner = quoted(&name);
        let show = format!("SHOW CREATE {kind} {owner}");
        if let Some(sql) = first(queries.rows(&show).await?, 2) {
            let sql = without_definer(&sql);
            schema.objects.push(object(&kind, name, &owner, sql));
        }
    }
    Ok(())
}

async fn views(
    queries: &dyn Queries,
    database: &str,
    schema: &mut Schema,
) -> Result<(), DriverError> {
    let rows = queries
        .rows(
            "SELECT table_name, security_type FROM information_schema.views \
             WHERE table_schema = DATABASE() ORDER BY table_name",
        )
        .await?;
    let mut views = Vec::new();
    for row in rows {
        let mut cells = Cells::of(row);
        let name = cells.text();
        let owner = quoted(&name);
        let show = format!("SHOW CREATE VIEW {owner}");
        if let Some(sql) = first(queries.rows(&show).await?, 1) {
            let sql = without_definer(&sql).replace(&format!("{}.", quoted(database)), "");
            views.push(object("view", name, &owner, sql));
        }
    }
    schema.objects.extend(in_order_of_use(views));
    Ok(())
}

async fn triggers(queries: &dyn Queries, schema: &mut Schema) -> Result<(), DriverError> {
    let rows = queries
        .rows(
            "SELECT trigger_name, event_object_table, action_timing, event_manipulation, \
             action_statement FROM information_schema.triggers WHERE trigger_schema = DATABASE() \
             ORDER BY event_object_table, action_timing, event_manipulation, action_order",
        )
        .await?;
    for row in rows {
        let mut cells = Cells::of(row);
        let (name, table) = (cells.text(), cells.text());
        let (timing, event, body) = (cells.text(), cells.text(), cells.text());
        let owner = quoted(&name);
        let sql = format!(
            "CREATE TRIGGER {owner} {timing} {event} ON {} FOR EACH ROW {body}",
            quoted(&table)
        );
        schema.objects.push(object("trigger", name, &owner, sql));
    }
    Ok(())
}

async fn events(queries: &dyn Queries, schema: &mut Schema) -> Result<(), DriverError> {
    let rows = queries
        .rows(
            "SELECT event_name FROM information_schema.events \
             WHERE event_schema = DATABASE() ORDER BY event_name",
        )
        .await?;
    for row in rows {
        let name = Cells::of(row).text();
        let owner = quoted(&name);
        let show = format!("SHOW CREATE EVENT {owner}");
        if let Some(sql) = first(queries.rows(&show).await?, 3) {
            let sql = without_definer(&sql);
            schema.objects.push(object("event", name, &owner, sql));
        }
    }
    Ok(())
}
