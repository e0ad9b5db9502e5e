//! SQL for three dialects with `oxyde-sql`: no connection, no runtime.
//!
//! `cargo run --bin dialects`

use oxyde_sql::SqlError;
use oxyde_sql::build::*;
use oxyde_sql::ddl::{Present, create_tables};
use oxyde_sql::dialect::{Dialect, Features};
use oxyde_sql::schema::{ForeignKey, ReferentialAction, Schema};
use oxyde_sql::types::ColumnType;

oxyde_sql::table! {
    struct Authors("authors") {
        id: i64,
        name: String = ColumnType::Varchar { length: 100 },
    }
}

oxyde_sql::table! {
    struct Posts("posts") {
        id: i64,
        author_id: i64,
        title: String,
        views: i64,
    }
}

fn main() -> Result<(), SqlError> {
    let (authors, posts) = (Authors::table(), Posts::table());
    let schema = Schema::of([
        authors
            .definition()
            .primary_key(["id"])
            .auto_increment("id")
            .unique(["name"]),
        posts
            .definition()
            .primary_key(["id"])
            .auto_increment("id")
            .foreign_key(
                ForeignKey::to(["author_id"], "authors", ["id"])
                    .on_delete(ReferentialAction::Cascade),
            ),
    ]);

    let popular = authors
        .select()
        .columns((authors.name, posts.views.sum().named("views")))
        .join(&posts, posts.author_id.eq(authors.id))
        .filter(posts.title.icontains("rust"))
        .group_by((authors.id, authors.name))
        .having(posts.views.sum().gt(1000))
        .order_by(posts.views.sum().desc())
        .limit(10);
    let upsert = authors
        .insert()
        .set(authors.name, "Ann")
        .on_conflict(authors.name, OnConflict::update(authors.name));

    for dialect in [Dialect::Postgres, Dialect::Sqlite, Dialect::Mysql] {
        let features = Features::of(dialect);
        println!("-- {}", dialect.name());
        for statement in create_tables(&schema, &features, &Present::default())? {
            println!("{statement};");
        }
        let (plan, values) = popular.compile(&features)?;
        println!("{};  -- {values:?}", plan.sql);
        let (plan, values) = upsert.compile(&features)?;
        println!("{};  -- {values:?}", plan.sql);
    }
    Ok(())
}
