//! The `oxyde` command.
