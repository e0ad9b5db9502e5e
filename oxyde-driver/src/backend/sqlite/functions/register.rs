//! Registers the functions, aggregates and collations on a connection.

use std::ffi::{CStr, c_int, c_void};
use std::ptr::{self, NonNull};

use libsqlite3_sys as ffi;

use super::collation::{self, COLLATIONS};
use super::{AGGREGATES, SCALARS, on_call, on_final, on_inverse, on_step, on_value};
use crate::backend::sqlite::error::reported;
use crate::backend::sqlite::raw::FfiError;
use crate::error::DriverError;

/// Register the functions and collations that statements of `oxyde-sql` need
/// ([`SqliteNeeds`](oxyde_sql::dialect::SqliteNeeds)) on a connection that another driver has opened. A
/// [`Pool`](crate::Pool) does so itself.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use sqlx::Connection as _;
/// use sqlx_sqlite::SqliteConnection;
///
/// let mut connection = SqliteConnection::connect("sqlite://app.db").await?;
/// let mut handle = connection.lock_handle().await?;
/// // SAFETY: the handle locks the open connection.
/// unsafe { oxyde_driver::register_sqlite_functions(handle.as_raw_handle())? };
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`DriverError::Database`] with SQLite's code, for example if a statement is running.
///
/// # Safety
/// `db` is an open connection, and nothing else uses it during the call.
pub unsafe fn register_sqlite_functions(db: NonNull<ffi::sqlite3>) -> Result<(), DriverError> {
    register(db).map_err(|fault| reported(&fault))
}

/// Register everything on an open connection with exclusive access.
pub(in crate::backend::sqlite) fn register(db: NonNull<ffi::sqlite3>) -> Result<(), FfiError> {
    let flags = ffi::SQLITE_UTF8 | ffi::SQLITE_DETERMINISTIC | ffi::SQLITE_INNOCUOUS;
    for entry in SCALARS {
        let context = ptr::from_ref(entry).cast_mut().cast::<c_void>();
        // SAFETY: the connection is open and ours; name and entry are static.
        let code = unsafe {
            ffi::sqlite3_create_function_v2(
                db.as_ptr(),
                entry.name.as_ptr(),
                entry.arguments,
                flags,
                context,
                Some(on_call),
                None,
                None,
                None,
            )
        };
        check(db, code)?;
    }
    for entry in AGGREGATES {
        let context = ptr::from_ref(entry).cast_mut().cast::<c_void>();
        // SAFETY: the connection is open and ours; name and entry are static. Without the last
        // two callbacks it is an aggregate that no window takes.
        let code = unsafe {
            ffi::sqlite3_create_window_function(
                db.as_ptr(),
                entry.name.as_ptr(),
                1,
                flags,
                context,
                Some(on_step),
                Some(on_final),
                entry.slides.then_some(on_value),
                entry.slides.then_some(on_inverse),
                None,
            )
        };
        check(db, code)?;
    }
    for entry in &COLLATIONS {
        let context = ptr::from_ref(entry).cast_mut().cast::<c_void>();
        // SAFETY: the connection is open and ours; name and entry are static.
        let code = unsafe {
            ffi::sqlite3_create_collation_v2(
                db.as_ptr(),
                entry.name.as_ptr(),
                ffi::SQLITE_UTF8,
                context,
                Some(collation::on_compare),
                None,
            )
        };
        check(db, code)?;
    }
    Ok(())
}

fn check(db: NonNull<ffi::sqlite3>, code: c_int) -> Result<(), FfiError> {
    if code == ffi::SQLITE_OK {
        return Ok(());
    }
    // SAFETY: the connection is open and ours; the message is copied immediately.
    let message = unsafe { CStr::from_ptr(ffi::sqlite3_errmsg(db.as_ptr())) };
    let message = message.to_string_lossy().into_owned();
    Err(FfiError { code, message })
}
