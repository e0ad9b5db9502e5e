//! Definitions of tables as a server prints them, and what of them a state does not know.
//!
//! A statement that defines a table or a column again, such as a rebuild of SQLite or MODIFY of
//! MySQL, drops what it does not repeat. So the definition is read just before, and what only the
//! database has is repeated.

mod column_again;
mod parse;
mod table_again;
pub(crate) mod tokens;
mod width;

pub(crate) use column_again::keep_in_column;
pub(crate) use table_again::keep_in_table;
pub(crate) use width::without_width;
