//! Converts rows to Python values, by a recipe that `oxyde.hydration.recipe` compiles once per
//! model.
//!
//! Model instances are built directly. The result equals
//! `Model.model_validate(row, by_name=True)`: any row for which the direct path cannot prove that
//! (a failing constraint, a validator that needs the whole row) goes through the model's own
//! validator, which also creates the errors.

pub(crate) mod attach;
mod build;
mod cell;
mod check;
mod defaults;
mod instance;
mod node;
mod python;
mod recipe;
mod state;
mod values;

pub(crate) use build::{HydratedRows, SlicedRows, hydrate};
pub(crate) use cell::value_object;
pub(crate) use instance::SlotAt;
pub(crate) use recipe::Recipe;
