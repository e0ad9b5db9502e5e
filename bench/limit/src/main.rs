//! A contender of `make bench` without Python: `limit DATABASE URL`. It shows how far the limit is.
//!
//! It reads commands from stdin line by line and answers on stdout, both in JSON, as
//! `bench/worker.py` does.

mod memory;
mod postgres;
mod rows;
mod sqlite;
mod work;

use std::io::{BufRead, Write};
use std::time::Instant;

use cpu_time::ProcessTime;
use postgres::Postgres;
use rows::Answer;
use serde::Deserialize;
use serde_json::{Value, json};
use sqlite::Sqlite;

#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("does not run on {0}")]
    Database(String),
    #[error(transparent)]
    Postgres(#[from] tokio_postgres::Error),
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    #[error("no datetime: {0}")]
    Moment(String),
    #[error("a row of a parent that was not read: {0}")]
    Parent(i64),
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

#[derive(Deserialize)]
struct Command {
    r#do: String,
    case: String,
    loops: u32,
}

enum Contender {
    Postgres(Postgres),
    Sqlite(Sqlite),
}

impl Contender {
    async fn open(database: &str, url: &str) -> Result<Self, Error> {
        match database {
            "postgres" => Ok(Self::Postgres(Postgres::open(url).await?)),
            "sqlite" => Ok(Self::Sqlite(Sqlite::open(url)?)),
            _ => Err(Error::Database(database.to_owned())),
        }
    }

    /// The answer of a case, or `None` if it has no such case.
    async fn run(&self, case: &str, step: usize) -> Result<Option<Answer>, Error> {
        match self {
            Self::Postgres(database) => database.run(case, step).await,
            Self::Sqlite(database) => database.run(case, step),
        }
    }

    async fn check(&self, case: &str) -> Result<Value, Error> {
        Ok(match self.run(case, 0).await? {
            Some(answer) => json!({"plain": answer.plain()}),
            None => json!({"unfit": "not written for this contender"}),
        })
    }

    async fn measure(&self, case: &str, loops: u32, step: usize) -> Result<Value, Error> {
        let mut times = Vec::with_capacity(loops as usize);
        memory::forget_peak();
        let before = memory::resident();
        let cpu = ProcessTime::now();
        for each in 0..loops as usize {
            let start = Instant::now();
            let answer = self.run(case, step + each).await?;
            times.push(start.elapsed().as_secs_f64());
            drop(answer);
        }
        let cpu = cpu.elapsed().as_secs_f64() / f64::from(loops);
        Ok(json!({"times": times, "cpu": cpu, "peak": memory::peak() - before}))
    }
}

async fn serve(database: &str, url: &str) -> Result<(), Error> {
    let contender = Contender::open(database, url).await?;
    let mut answers = std::io::stdout().lock();
    let ready = json!({"kind": "limit", "memory": memory::resident()});
    writeln!(answers, "{ready}")?;
    let mut step = 0;
    for line in std::io::stdin().lock().lines() {
        let command: Command = serde_json::from_str(&line?)?;
        let answer = match command.r#do.as_str() {
            "check" => contender.check(&command.case).await,
            "measure" => {
                step += command.loops as usize;
                contender.measure(&command.case, command.loops, step).await
            }
            _ => Ok(json!({"unfit": "not written for this contender"})),
        };
        let answer = answer.unwrap_or_else(|error| json!({"error": error.to_string()}));
        writeln!(answers, "{answer}")?;
    }
    Ok(())
}

fn main() -> Result<(), String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [database, url] = arguments.as_slice() else {
        return Err("limit DATABASE URL".to_owned());
    };
    // One thread: another one would only have to be woken.
    tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .map_err(Error::from)
        .and_then(|runtime| runtime.block_on(serve(database, url)))
        .map_err(|error| error.to_string())
}
