//! Finds the difference between two schemas and applies it to a database, without Python.
//!
//! ```text
//! cargo run -p oxyde-migrate --example diff_and_apply -- sqlite:///example.db
//! ```

use std::error::Error;
use std::io::Write as _;

use oxyde_migrate::autodetect::{Knowledge, detect};
use oxyde_migrate::executor::{Context, Event, Options, migrate};
use oxyde_migrate::file::Migration;
use oxyde_migrate::history::History;
use oxyde_migrate::session::Access;
use oxyde_sql::schema::{Column, Schema, Table};
use oxyde_sql::types::ColumnType;

fn users() -> Table {
    Table::new("users")
        .column(Column::new("id", ColumnType::BigInt).auto_increment())
        .column(Column::new("email", ColumnType::Varchar { length: 200 }))
        .primary_key(["id"])
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "sqlite::memory:".to_owned());
    let before = Schema::of([users()]);
    let bio = Column::new("bio", ColumnType::Text).nullable();
    let after = Schema::of([users().column(bio).unique(["email"])]);

    let known = Knowledge::default();
    let first = detect(&Schema::default(), &before, &known)?.operations;
    let second = detect(&before, &after, &known)?.operations;
    let history = History::new(vec![
        Migration::new("0001_users".into(), vec![], first),
        Migration::new("0002_bio".into(), vec!["0001_users".into()], second),
    ])?;

    let say = |event: Event<'_>| {
        if let Event::Finished { item, .. } = event {
            let text = format!("{}: {}\n", item.name, item.descriptions.join(", "));
            let _ = std::io::stdout().write_all(text.as_bytes());
        }
    };
    let context = Context {
        progress: &say,
        ..Context::default()
    };
    migrate(&Access::new(url), &history, &Options::default(), &context).await?;
    Ok(())
}
