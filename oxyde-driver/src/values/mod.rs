//! Values: checks whether they fit their types, and the forms in which they are sent and read.

pub mod calendar;
pub(crate) mod fit;
pub(crate) mod given;
pub(crate) mod json_list;
pub(crate) mod kind;
pub(crate) mod placeholder;
pub(crate) mod raw_lists;
