//! A service on `oxyde-driver`, with axum: notes are written and read as JSON.
//!
//! `cargo run --bin service -- sqlite:///notes.db 127.0.0.1:8000`, after `migrate` has made the
//! database.

use std::error::Error;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use oxyde_driver::{DriverError, FromRow, Pool, PoolSettings, Queries};
use oxyde_sql::build::*;
use serde::{Deserialize, Serialize};

oxyde_sql::table! {
    struct Notes("notes") {
        id: i64,
        text: String,
        stars: i64,
    }
}

const NOTES: Notes = Notes::table();

#[derive(FromRow, Serialize)]
struct Note {
    id: i64,
    text: String,
    stars: i64,
}

#[derive(Deserialize)]
struct NewNote {
    text: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().ok_or("give the URL of a database")?;
    let address = arguments
        .next()
        .unwrap_or_else(|| "127.0.0.1:8000".to_owned());

    let pool = Pool::connect(&url, PoolSettings::default()).await?;
    let routes = Router::new()
        .route("/notes", get(popular).post(create))
        .route("/notes/{id}/stars", post(star))
        .with_state(pool);
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, routes).await?;
    Ok(())
}

async fn popular(State(pool): State<Pool>) -> Result<Json<Vec<Note>>, Failed> {
    let order = (NOTES.stars.desc(), NOTES.id);
    let notes = pool.all(&NOTES.select().order_by(order).limit(20)).await?;
    Ok(Json(notes))
}

async fn create(
    State(pool): State<Pool>,
    Json(new): Json<NewNote>,
) -> Result<(StatusCode, Json<Note>), Failed> {
    let insert = NOTES
        .insert()
        .set(NOTES.text, new.text)
        .returning(NOTES.columns());
    Ok((StatusCode::CREATED, Json(pool.one(&insert).await?)))
}

/// The update and the answer are one transaction, which ends without an effect if the note does not
/// exist.
async fn star(State(pool): State<Pool>, Path(id): Path<i64>) -> Result<Json<Note>, Failed> {
    let transaction = pool.begin().await?;
    let more = NOTES
        .update()
        .set(NOTES.stars, NOTES.stars + 1)
        .filter(NOTES.id.eq(id));
    transaction.run(&more).await?;
    let note = transaction
        .optional(&NOTES.select().filter(NOTES.id.eq(id)))
        .await?;
    transaction.commit().await?;
    note.map(Json).ok_or(Failed::NoSuchNote)
}

/// Why a request has no answer.
enum Failed {
    NoSuchNote,
    Database(DriverError),
}

impl From<DriverError> for Failed {
    fn from(error: DriverError) -> Self {
        Self::Database(error)
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        match self {
            Self::NoSuchNote => StatusCode::NOT_FOUND.into_response(),
            Self::Database(error) => {
                eprintln!("{error}");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}
