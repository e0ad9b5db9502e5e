//! Rows → Python values, by a recipe that `oxyde.models.recipe` compiles once per model.
//!
//! Model instances are built directly. What the user sees equals
//! `Model.model_validate(row, by_name=True)`: whatever the direct way cannot prove to be equal
//! (a failing constraint, a validator that needs the whole row) goes through the model's own
//! validator, which also makes the errors.

pub(crate) mod attach;
mod cell;
mod check;
mod fresh;
mod instance;
mod node;
mod python;
mod recipe;
mod run;
mod state;
mod values;

pub(crate) use cell::value_object;
pub(crate) use instance::SlotAt;
pub(crate) use recipe::Recipe;
pub(crate) use run::{Built, dicts, hydrate};
