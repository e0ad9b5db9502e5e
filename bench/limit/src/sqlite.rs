//! rusqlite, with the pragmas of the other contenders.

use std::rc::Rc;

use chrono::{DateTime, NaiveDateTime};
use rusqlite::types::Value;
use rusqlite::{Connection, Row, params};

use crate::Error;
use crate::rows::{Aggregates, Answer, Post, Tag, User, attach_posts, attach_tags};
use crate::work::{self, Entry};

const USER: &str = "SELECT id, name, email, age, active, created_at FROM users";
const POST: &str = "SELECT id, author_id, title, body, views, created_at FROM posts";
const INSERT: &str =
    "INSERT INTO entries (name, email, age, active, created_at) VALUES (?, ?, ?, ?, ?)";
const PRAGMAS: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;\
    PRAGMA cache_size = -10240; PRAGMA foreign_keys = ON;";

pub struct Sqlite {
    connection: Connection,
    entries: Vec<Entry>,
}

impl Sqlite {
    pub fn open(url: &str) -> Result<Self, Error> {
        let connection = Connection::open(url.trim_start_matches("sqlite:///"))?;
        connection.execute_batch(PRAGMAS)?;
        rusqlite::vtab::array::load_module(&connection)?;
        Ok(Self {
            connection,
            entries: work::entries(),
        })
    }

    pub fn run(&self, case: &str, step: usize) -> Result<Option<Answer>, Error> {
        Ok(Some(match case {
            "select_by_pk" => Answer::User(self.user(step)?),
            "rows_1000" => Answer::Users(self.users()?),
            "rows_20000" => Answer::Posts(self.all(POST, [], post)?),
            "in_100" => self
                .all(
                    &format!("{POST} WHERE id IN rarray(?)"),
                    [keys(work::hundred_keys(step))],
                    post,
                )
                .map(Answer::Posts)?,
            "join_author" => Answer::Joined(self.all(
                "SELECT p.id, p.author_id, p.title, p.body, p.views, p.created_at,\
                 u.id, u.name, u.email, u.age, u.active, u.created_at \
                 FROM posts p JOIN users u ON u.id = p.author_id",
                [],
                |row| Ok((post(row)?, user(row, 6)?)),
            )?),
            "prefetch_posts" => {
                let mut users = self.users()?;
                let posts = self.posts_of(&users)?;
                attach_posts(&mut users, posts)?;
                Answer::WithPosts(users)
            }
            "prefetch_tags" => {
                let mut users = self.users()?;
                let mut posts = self.posts_of(&users)?;
                let tags = self.tags_of(&posts)?;
                attach_tags(&mut posts, tags)?;
                attach_posts(&mut users, posts)?;
                Answer::WithTags(users)
            }
            "concurrent_200" => {
                let first = step * work::CONCURRENT;
                let steps = first..first + work::CONCURRENT;
                Answer::Each(
                    steps
                        .map(|step| self.user(step))
                        .collect::<Result<_, _>>()?,
                )
            }
            "insert_one" => {
                self.insert(&self.entries[step % self.entries.len()])?;
                Answer::Key(self.connection.last_insert_rowid())
            }
            "update_one" => {
                let (key, views) = work::new_views(step);
                let mut statement = self
                    .connection
                    .prepare_cached("UPDATE posts SET views = ? WHERE id = ?")?;
                count(statement.execute(params![views, key])?)
            }
            "bulk_100" => self.bulk(100)?,
            "bulk_10000" => self.bulk(10_000)?,
            "count" => Answer::Count(self.one(
                "SELECT count(*) FROM posts WHERE views > ?",
                [5_000],
                |row| Ok(row.get(0)?),
            )?),
            "aggregates" => Answer::Aggregates(self.one(
                "SELECT count(*), sum(views), avg(views), min(views), max(views) FROM posts",
                [],
                |row| {
                    Ok(Aggregates {
                        count: row.get(0)?,
                        total: row.get(1)?,
                        mean: row.get(2)?,
                        least: row.get(3)?,
                        most: row.get(4)?,
                    })
                },
            )?),
            _ => return Ok(None),
        }))
    }

    fn all<T>(
        &self,
        sql: &str,
        parameters: impl rusqlite::Params,
        read: impl Fn(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(parameters)?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(read(row)?);
        }
        Ok(found)
    }

    fn one<T>(
        &self,
        sql: &str,
        parameters: impl rusqlite::Params,
        read: impl Fn(&Row<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(parameters)?;
        let row = rows.next()?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        read(row)
    }

    fn user(&self, step: usize) -> Result<User, Error> {
        let sql = "SELECT id, name, email, age, active, created_at FROM users WHERE id = ?";
        self.one(sql, [work::user_key(step)], |row| user(row, 0))
    }

    fn users(&self) -> Result<Vec<User>, Error> {
        self.all(USER, [], |row| user(row, 0))
    }

    fn posts_of(&self, users: &[User]) -> Result<Vec<Post>, Error> {
        let authors = keys(users.iter().map(|user| user.id));
        self.all(
            &format!("{POST} WHERE author_id IN rarray(?)"),
            [authors],
            post,
        )
    }

    fn tags_of(&self, posts: &[Post]) -> Result<Vec<(i64, Tag)>, Error> {
        self.all(
            "SELECT pt.post_id, t.id, t.name FROM post_tags pt \
             JOIN tags t ON t.id = pt.tag_id WHERE pt.post_id IN rarray(?)",
            [keys(posts.iter().map(|post| post.id))],
            |row| {
                Ok((
                    row.get(0)?,
                    Tag {
                        id: row.get(1)?,
                        name: row.get(2)?,
                    },
                ))
            },
        )
    }

    fn insert(&self, entry: &Entry) -> Result<(), Error> {
        let Entry {
            name,
            email,
            age,
            active,
            created_at,
        } = entry;
        let created = created_at.format("%Y-%m-%d %H:%M:%S%.6f").to_string();
        let mut statement = self.connection.prepare_cached(INSERT)?;
        statement.execute(params![name, email, age, active, created])?;
        Ok(())
    }

    fn bulk(&self, rows: usize) -> Result<Answer, Error> {
        let transaction = self.connection.unchecked_transaction()?;
        let mut keys = Vec::with_capacity(rows);
        for entry in &self.entries[..rows] {
            self.insert(entry)?;
            keys.push(self.connection.last_insert_rowid());
        }
        transaction.commit()?;
        Ok(count(keys.len()))
    }
}

fn count(rows: usize) -> Answer {
    Answer::Count(i64::try_from(rows).unwrap_or(i64::MAX))
}

/// A parameter of `rarray`.
fn keys(keys: impl IntoIterator<Item = i64>) -> Rc<Vec<Value>> {
    Rc::new(keys.into_iter().map(Value::Integer).collect())
}

/// The user in a row, from this column on.
fn user(row: &Row<'_>, first: usize) -> Result<User, Error> {
    Ok(User {
        id: row.get(first)?,
        name: row.get(first + 1)?,
        email: row.get(first + 2)?,
        age: row.get(first + 3)?,
        active: row.get(first + 4)?,
        created_at: moment(row, first + 5)?,
        posts: Vec::new(),
    })
}

fn post(row: &Row<'_>) -> Result<Post, Error> {
    Ok(Post {
        id: row.get(0)?,
        author_id: row.get(1)?,
        title: row.get(2)?,
        body: row.get(3)?,
        views: row.get(4)?,
        created_at: moment(row, 5)?,
        tags: Vec::new(),
    })
}

/// A datetime that is stored as text.
fn moment(row: &Row<'_>, column: usize) -> Result<NaiveDateTime, Error> {
    let text = row
        .get_ref(column)?
        .as_str()
        .map_err(rusqlite::Error::from)?;
    speedate::DateTime::parse_str(text)
        .ok()
        .and_then(|found| {
            DateTime::from_timestamp(found.timestamp(), found.time.microsecond * 1_000)
        })
        .map(|found| found.naive_utc())
        .ok_or_else(|| Error::Moment(text.to_owned()))
}
