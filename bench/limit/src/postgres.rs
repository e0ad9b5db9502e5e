//! tokio-postgres.

use futures_util::future::try_join_all;
use tokio_postgres::{Client, NoTls, Row, Statement};

use crate::Error;
use crate::rows::{Aggregates, Answer, Post, Tag, User, attach_posts, attach_tags};
use crate::work::{self, Entry};

const USER: &str = "SELECT id, name, email, age, active, created_at FROM users";
const POST: &str = "SELECT id, author_id, title, body, views, created_at FROM posts";

struct Statements {
    users: Statement,
    posts: Statement,
    posts_by_key: Statement,
    posts_by_author: Statement,
    joined: Statement,
    tags: Statement,
    insert: Statement,
    bulk: Statement,
    update: Statement,
    count: Statement,
    aggregates: Statement,
}

impl Statements {
    async fn prepare(client: &Client) -> Result<Self, Error> {
        Ok(Self {
            users: client.prepare(USER).await?,
            posts: client.prepare(POST).await?,
            posts_by_key: client
                .prepare(&format!("{POST} WHERE id = ANY($1)"))
                .await?,
            posts_by_author: client
                .prepare(&format!("{POST} WHERE author_id = ANY($1)"))
                .await?,
            joined: client
                .prepare(
                    "SELECT p.id, p.author_id, p.title, p.body, p.views, p.created_at,\
                     u.id, u.name, u.email, u.age, u.active, u.created_at \
                     FROM posts p JOIN users u ON u.id = p.author_id",
                )
                .await?,
            tags: client
                .prepare(
                    "SELECT pt.post_id, t.id, t.name FROM post_tags pt \
                     JOIN tags t ON t.id = pt.tag_id WHERE pt.post_id = ANY($1)",
                )
                .await?,
            insert: client
                .prepare(
                    "INSERT INTO entries (name, email, age, active, created_at) \
                     VALUES ($1, $2, $3, $4, $5) RETURNING id",
                )
                .await?,
            bulk: client
                .prepare(
                    "INSERT INTO entries (name, email, age, active, created_at) \
                     SELECT * FROM unnest(\
                     $1::text[], $2::text[], $3::int4[], $4::bool[], $5::timestamp[]) \
                     RETURNING id",
                )
                .await?,
            update: client
                .prepare("UPDATE posts SET views = $1 WHERE id = $2")
                .await?,
            count: client
                .prepare("SELECT count(*) FROM posts WHERE views > $1")
                .await?,
            aggregates: client
                .prepare(
                    "SELECT count(*), sum(views), avg(views)::float8, min(views), max(views) \
                     FROM posts",
                )
                .await?,
        })
    }
}

pub struct Postgres {
    /// Each with its statement for a user by key. Only concurrent queries use more than the first.
    clients: Vec<(Client, Statement)>,
    statements: Statements,
    entries: Vec<Entry>,
}

impl Postgres {
    pub async fn open(url: &str) -> Result<Self, Error> {
        let mut clients = Vec::new();
        for _ in 0..work::POOL_SIZE {
            let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
            // An error of the connection reaches the queries.
            tokio::spawn(connection);
            let by_key = client.prepare(&format!("{USER} WHERE id = $1")).await?;
            clients.push((client, by_key));
        }
        let statements = Statements::prepare(&clients[0].0).await?;
        Ok(Self {
            clients,
            statements,
            entries: work::entries(),
        })
    }

    pub async fn run(&self, case: &str, step: usize) -> Result<Option<Answer>, Error> {
        let client = &self.clients[0].0;
        let statements = &self.statements;
        Ok(Some(match case {
            "select_by_pk" => Answer::User(self.user(step).await?),
            "rows_1000" => Answer::Users(self.users().await?),
            "rows_20000" => Answer::Posts(posts(&client.query(&statements.posts, &[]).await?)?),
            "in_100" => {
                let keys = work::hundred_keys(step);
                Answer::Posts(posts(
                    &client.query(&statements.posts_by_key, &[&keys]).await?,
                )?)
            }
            "join_author" => {
                let rows = client.query(&statements.joined, &[]).await?;
                Answer::Joined(
                    rows.iter()
                        .map(|row| Ok((post(row)?, user(row, 6)?)))
                        .collect::<Result<_, Error>>()?,
                )
            }
            "prefetch_posts" => {
                let mut users = self.users().await?;
                let posts = self.posts_of(&users).await?;
                attach_posts(&mut users, posts)?;
                Answer::WithPosts(users)
            }
            "prefetch_tags" => {
                let mut users = self.users().await?;
                let mut posts = self.posts_of(&users).await?;
                let tags = self.tags_of(&posts).await?;
                attach_tags(&mut posts, tags)?;
                attach_posts(&mut users, posts)?;
                Answer::WithTags(users)
            }
            "concurrent_200" => {
                let first = step * work::CONCURRENT;
                let steps = first..first + work::CONCURRENT;
                Answer::Each(try_join_all(steps.map(|step| self.user(step))).await?)
            }
            "insert_one" => {
                let entry = &self.entries[step % self.entries.len()];
                let Entry {
                    name,
                    email,
                    age,
                    active,
                    created_at,
                } = entry;
                let row = client
                    .query_one(&statements.insert, &[name, email, age, active, created_at])
                    .await?;
                Answer::Key(row.try_get(0)?)
            }
            "update_one" => {
                let (key, views) = work::new_views(step);
                let count = client.execute(&statements.update, &[&views, &key]).await?;
                Answer::Count(i64::try_from(count).unwrap_or(i64::MAX))
            }
            "bulk_100" => self.bulk(100).await?,
            "bulk_10000" => self.bulk(10_000).await?,
            "count" => {
                let row = client.query_one(&statements.count, &[&5_000]).await?;
                Answer::Count(row.try_get(0)?)
            }
            "aggregates" => {
                let row = client.query_one(&statements.aggregates, &[]).await?;
                Answer::Aggregates(Aggregates {
                    count: row.try_get(0)?,
                    total: row.try_get(1)?,
                    mean: row.try_get(2)?,
                    least: row.try_get(3)?,
                    most: row.try_get(4)?,
                })
            }
            _ => return Ok(None),
        }))
    }

    async fn user(&self, step: usize) -> Result<User, Error> {
        let (client, by_key) = &self.clients[step % self.clients.len()];
        user(
            &client.query_one(by_key, &[&work::user_key(step)]).await?,
            0,
        )
    }

    async fn users(&self) -> Result<Vec<User>, Error> {
        let rows = self.clients[0].0.query(&self.statements.users, &[]).await?;
        rows.iter().map(|row| user(row, 0)).collect()
    }

    async fn posts_of(&self, users: &[User]) -> Result<Vec<Post>, Error> {
        let keys: Vec<i64> = users.iter().map(|user| user.id).collect();
        posts(
            &self.clients[0]
                .0
                .query(&self.statements.posts_by_author, &[&keys])
                .await?,
        )
    }

    async fn tags_of(&self, posts: &[Post]) -> Result<Vec<(i64, Tag)>, Error> {
        let keys: Vec<i64> = posts.iter().map(|post| post.id).collect();
        let rows = self.clients[0]
            .0
            .query(&self.statements.tags, &[&keys])
            .await?;
        rows.iter()
            .map(|row| {
                let tag = Tag {
                    id: row.try_get(1)?,
                    name: row.try_get(2)?,
                };
                Ok((row.try_get(0)?, tag))
            })
            .collect()
    }

    async fn bulk(&self, count: usize) -> Result<Answer, Error> {
        let entries = &self.entries[..count];
        let names: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
        let emails: Vec<&str> = entries.iter().map(|entry| entry.email.as_str()).collect();
        let ages: Vec<i32> = entries.iter().map(|entry| entry.age).collect();
        let active: Vec<bool> = entries.iter().map(|entry| entry.active).collect();
        let created: Vec<_> = entries.iter().map(|entry| entry.created_at).collect();
        let rows = self.clients[0]
            .0
            .query(
                &self.statements.bulk,
                &[&names, &emails, &ages, &active, &created],
            )
            .await?;
        let keys = rows
            .iter()
            .map(|row| row.try_get(0))
            .collect::<Result<Vec<i64>, tokio_postgres::Error>>()?;
        Ok(Answer::Count(i64::try_from(keys.len()).unwrap_or(i64::MAX)))
    }
}

/// The user in a row, from this column on.
fn user(row: &Row, first: usize) -> Result<User, Error> {
    Ok(User {
        id: row.try_get(first)?,
        name: row.try_get(first + 1)?,
        email: row.try_get(first + 2)?,
        age: row.try_get(first + 3)?,
        active: row.try_get(first + 4)?,
        created_at: row.try_get(first + 5)?,
        posts: Vec::new(),
    })
}

fn post(row: &Row) -> Result<Post, Error> {
    Ok(Post {
        id: row.try_get(0)?,
        author_id: row.try_get(1)?,
        title: row.try_get(2)?,
        body: row.try_get(3)?,
        views: row.try_get(4)?,
        created_at: row.try_get(5)?,
        tags: Vec::new(),
    })
}

fn posts(rows: &[Row]) -> Result<Vec<Post>, Error> {
    rows.iter().map(post).collect()
}
