//! Migrations inside the program with `oxyde-migrate`: the folder `migrations` is part of the
//! executable, which brings its database up to date.
//!
//! `cargo run --bin migrate -- 'sqlite:///notes.db?mode=rwc'`

use std::error::Error;

use include_dir::{Dir, include_dir};
use oxyde_migrate::executor::{Context, Options, migrate};
use oxyde_migrate::history::History;
use oxyde_migrate::session::Access;

static MIGRATIONS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/migrations");

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args()
        .nth(1)
        .ok_or("give the URL of a database")?;
    let files = MIGRATIONS
        .files()
        .filter_map(|file| Some((file.path(), file.contents_utf8()?)));
    let history = History::from_files(files)?;

    let access = Access::new(url);
    let done = migrate(&access, &history, &Options::default(), &Context::default()).await?;
    for migration in &done {
        println!("{}: {}", migration.name, migration.descriptions.join(", "));
    }
    println!("{} migrations applied", done.len());
    Ok(())
}
