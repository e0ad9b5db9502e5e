//! Plans written by hand, as the compiler would make them.

use std::sync::Arc;

use oxyde_sql::plan::{Bind, Bulk, Form, OutputColumn, Plan};
use oxyde_sql::types::ColumnType;

use crate::server::Server;

/// A plan of SQL with `?`, which become the server's own placeholders.
pub fn plan(
    server: Server,
    sql: &str,
    types: &[ColumnType],
    outputs: &[(&str, ColumnType)],
    writes: bool,
) -> Arc<Plan> {
    Arc::new(Plan {
        sql: placed(server, sql),
        binds: types
            .iter()
            .enumerate()
            .map(|(at, ty)| Bind {
                param: at as u32,
                ty: ty.clone(),
                form: Form::Scalar,
            })
            .collect(),
        outputs: outputs
            .iter()
            .map(|(name, ty)| OutputColumn {
                name: (*name).to_owned(),
                ty: ty.clone(),
            })
            .collect(),
        writes,
        plain_insert: sql.starts_with("INSERT INTO"),
        bulk: None,
    })
}

/// SQL with the server's own placeholders.
pub fn placed(server: Server, sql: &str) -> String {
    if server != Server::Postgres {
        return sql.to_owned();
    }
    let mut out = String::new();
    let mut count = 0;
    for letter in sql.chars() {
        if letter == '?' {
            count += 1;
            out.push('$');
            out.push_str(&count.to_string());
        } else {
            out.push(letter);
        }
    }
    out
}

/// An insert of any number of rows.
pub fn bulk_insert(
    server: Server,
    table: &str,
    columns: &[(&str, ColumnType)],
    returning: Option<&str>,
) -> Arc<Plan> {
    let names = columns
        .iter()
        .map(|(name, _)| *name)
        .collect::<Vec<_>>()
        .join(", ");
    let marks = vec!["?"; columns.len()].join(", ");
    let head = format!("INSERT INTO {table} ({names})");
    let tail = returning.map_or(String::new(), |name| format!(" RETURNING {name}"));
    let bulk = match server {
        Server::Postgres => Bulk::Arrays {
            sql: placed(
                server,
                &format!("{head} SELECT * FROM UNNEST({marks}){tail}"),
            ),
            copy: None,
        },
        Server::Sqlite => Bulk::PerRow,
        Server::Mysql | Server::Mariadb => Bulk::Text {
            prefix: format!("{head} VALUES "),
            first: format!("({marks})"),
            next: format!(", ({marks})"),
            suffix: tail.clone(),
            numbered: false,
        },
    };
    let types: Vec<ColumnType> = columns.iter().map(|(_, ty)| ty.clone()).collect();
    let outputs: Vec<(&str, ColumnType)> = returning
        .map(|name| (name, ColumnType::BigInt))
        .into_iter()
        .collect();
    let sql = format!("{head} VALUES ({marks}){tail}");
    let mut plan = (*plan(server, &sql, &types, &outputs, true)).clone();
    plan.bulk = Some(bulk);
    Arc::new(plan)
}
