//! The rows as typed values, and the answers in the form that all contenders are compared in.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use serde_json::{Value, json};

use crate::Error;

pub struct User {
    pub id: i64,
    pub name: String,
    pub email: String,
    pub age: i32,
    pub active: bool,
    pub created_at: NaiveDateTime,
    pub posts: Vec<Post>,
}

pub struct Post {
    pub id: i64,
    pub author_id: i64,
    pub title: String,
    pub body: String,
    pub views: i32,
    pub created_at: NaiveDateTime,
    pub tags: Vec<Tag>,
}

pub struct Tag {
    pub id: i64,
    pub name: String,
}

pub struct Aggregates {
    pub count: i64,
    pub total: i64,
    pub mean: f64,
    pub least: i32,
    pub most: i32,
}

pub enum Answer {
    User(User),
    Users(Vec<User>),
    Posts(Vec<Post>),
    Joined(Vec<(Post, User)>),
    /// Users with their posts.
    WithPosts(Vec<User>),
    /// Users with their posts and their tags.
    WithTags(Vec<User>),
    /// The users of concurrent queries, in the order of these.
    Each(Vec<User>),
    Key(i64),
    Count(i64),
    Aggregates(Aggregates),
}

impl Answer {
    /// Plain values as `Adapter.plain` in `bench/adapters/protocol.py` makes them.
    pub fn plain(&self) -> Value {
        match self {
            Self::User(user) => Value::Array(user.plain()),
            Self::Users(users) => sorted(users, |user| user.id, User::plain),
            Self::Posts(posts) => sorted(posts, |post| post.id, Post::plain),
            Self::Joined(rows) => sorted(
                rows,
                |(post, _)| post.id,
                |(post, user)| [post.plain(), user.plain()].concat(),
            ),
            Self::WithPosts(users) => sorted(
                users,
                |user| user.id,
                |user| {
                    let posts = sorted(&user.posts, |post| post.id, Post::plain);
                    [user.plain(), vec![posts]].concat()
                },
            ),
            Self::WithTags(users) => sorted(
                users,
                |user| user.id,
                |user| {
                    let posts = sorted(&user.posts, |post| post.id, Post::plain_with_tags);
                    [user.plain(), vec![posts]].concat()
                },
            ),
            Self::Each(users) => users.iter().map(User::plain).collect(),
            Self::Key(key) => json!(i32::from(*key > 0)),
            Self::Count(count) => json!(count),
            Self::Aggregates(found) => {
                let mean = (found.mean * 1_000.0).round() / 1_000.0;
                json!([found.count, found.total, mean, found.least, found.most])
            }
        }
    }
}

fn sorted<T>(rows: &[T], key: impl Fn(&T) -> i64, plain: impl Fn(&T) -> Vec<Value>) -> Value {
    let mut rows: Vec<&T> = rows.iter().collect();
    rows.sort_by_key(|row| key(row));
    rows.into_iter().map(plain).collect()
}

fn moment(value: NaiveDateTime) -> String {
    value.format("%Y-%m-%d %H:%M:%S%.6f").to_string()
}

impl User {
    fn plain(&self) -> Vec<Value> {
        vec![
            json!(self.id),
            json!(self.name),
            json!(self.email),
            json!(self.age),
            json!(i32::from(self.active)),
            json!(moment(self.created_at)),
        ]
    }
}

impl Post {
    fn plain(&self) -> Vec<Value> {
        vec![
            json!(self.id),
            json!(self.author_id),
            json!(self.title),
            json!(self.body),
            json!(self.views),
            json!(moment(self.created_at)),
        ]
    }

    fn plain_with_tags(&self) -> Vec<Value> {
        let tags = sorted(
            &self.tags,
            |tag| tag.id,
            |tag| vec![json!(tag.id), json!(tag.name)],
        );
        [self.plain(), vec![tags]].concat()
    }
}

/// Puts the posts into their authors.
pub fn attach_posts(users: &mut [User], posts: Vec<Post>) -> Result<(), Error> {
    let places = places(users.iter().map(|user| user.id));
    for post in posts {
        let place = places
            .get(&post.author_id)
            .ok_or(Error::Parent(post.author_id))?;
        users[*place].posts.push(post);
    }
    Ok(())
}

/// Puts the tags into their posts, which are named by their keys.
pub fn attach_tags(posts: &mut [Post], tags: Vec<(i64, Tag)>) -> Result<(), Error> {
    let places = places(posts.iter().map(|post| post.id));
    for (key, tag) in tags {
        let place = places.get(&key).ok_or(Error::Parent(key))?;
        posts[*place].tags.push(tag);
    }
    Ok(())
}

fn places(keys: impl Iterator<Item = i64>) -> HashMap<i64, usize> {
    keys.enumerate().map(|(place, key)| (key, place)).collect()
}
