//! Finds the difference between two schemas and applies it to a database, without Python.
//!
//! ```text
//! cargo run -p oxyde-migrate --example diff_and_apply -- sqlite:///example.db
//! ```

use std::error::Error;
use std::io::Write as _;
use std::path::Path;

use oxyde_migrate::autodetect::{Knowledge, detect};
use oxyde_migrate::executor::{Context, Event, Options, migrate};
use oxyde_migrate::file::Migration;
use oxyde_migrate::history::History;
use oxyde_migrate::session::Access;
use oxyde_sql::schema::Schema;

const BEFORE: &str = r#"{"tables": [
    {"name": "users", "primary_key": ["id"], "columns": [
        {"name": "id", "type": "big_int", "nullable": false, "auto_increment": true},
        {"name": "email", "type": {"varchar": {"length": 200}}, "nullable": false}
    ]}
]}"#;

const AFTER: &str = r#"{"tables": [
    {"name": "users", "primary_key": ["id"], "columns": [
        {"name": "id", "type": "big_int", "nullable": false, "auto_increment": true},
        {"name": "email", "type": {"varchar": {"length": 200}}, "nullable": false},
        {"name": "bio", "type": "text", "nullable": true}
    ], "uniques": [{"name": "users_email_key", "columns": ["email"]}]}
]}"#;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "sqlite::memory:".to_owned());
    let (before, after): (Schema, Schema) =
        (serde_json::from_str(BEFORE)?, serde_json::from_str(AFTER)?);

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
        data_steps: None,
        root: Path::new("."),
    };
    migrate(&Access::new(url), &history, &Options::default(), &context).await?;
    Ok(())
}
