//! The parameters of the cases: those of `bench/work.py`.

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};

pub const POOL_SIZE: usize = 10;
pub const CONCURRENT: usize = 200;
const USERS: usize = 1_000;
const POSTS: usize = 20_000;

/// A row to insert.
pub struct Entry {
    pub name: String,
    pub email: String,
    pub age: i32,
    pub active: bool,
    pub created_at: NaiveDateTime,
}

impl Entry {
    fn new(number: i32) -> Self {
        let start = NaiveDate::from_ymd_opt(2024, 1, 1)
            .unwrap_or_default()
            .and_time(chrono::NaiveTime::default());
        Self {
            name: format!("User {number}"),
            email: format!("user{number}@example.com"),
            age: 18 + number % 60,
            active: number % 3 != 0,
            created_at: start
                + TimeDelta::seconds(i64::from(number) * 977)
                + TimeDelta::microseconds(i64::from(number)),
        }
    }
}

/// The rows of the insert cases. Made once, so that making them is not measured.
pub fn entries() -> Vec<Entry> {
    (0..10_000).map(Entry::new).collect()
}

pub fn user_key(step: usize) -> i64 {
    key(step * 617, USERS)
}

pub fn hundred_keys(step: usize) -> Vec<i64> {
    (0..100)
        .map(|each| key(step * 101 + each * 197, POSTS))
        .collect()
}

/// A post's key and a new number of views.
pub fn new_views(step: usize) -> (i64, i32) {
    let views = (step * 31 + std::process::id() as usize) % 10_000;
    (key(step, POSTS), i32::try_from(views).unwrap_or_default())
}

fn key(number: usize, rows: usize) -> i64 {
    i64::try_from(1 + number % rows).unwrap_or_default()
}
