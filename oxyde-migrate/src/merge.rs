//! Merges branches: two heads become one if their operations commute.

use std::collections::BTreeSet;

use crate::file::Migration;
use crate::history::{self, History, HistoryError};
use crate::operation::Operation;
use crate::state::canonical;

/// Branches that cannot be merged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MergeError {
    /// The migrations do not form a history.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// One branch affects the result of the other.
    #[error("the branches {names} cannot be merged: {why}", names = names.join(" and "))]
    Conflict {
        /// Their heads.
        names: Vec<String>,
        /// The reason.
        why: String,
    },
}

impl MergeError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::History(error) => error.hint(),
            Self::Conflict { .. } => {
                "decide which branch comes first, name its head in `depends_on` of the other \
                 branch's first migration, and correct the other branch's operations"
                    .to_owned()
            }
        }
    }
}

/// Check that the branches can be applied in any order.
///
/// # Errors
/// They cannot, or it is unknown (more than one runs the user's SQL or Python).
pub fn check(history: &History) -> Result<(), MergeError> {
    let heads: Vec<String> = history.heads().iter().map(|m| m.name.clone()).collect();
    let branches: Vec<BTreeSet<String>> =
        heads.iter().map(|head| history.ancestors(head)).collect();
    let shared: BTreeSet<String> = branches.iter().skip(1).fold(
        branches.first().cloned().unwrap_or_default(),
        |all, branch| all.intersection(branch).cloned().collect(),
    );
    let own = |branch: &BTreeSet<String>| -> Vec<&Migration> {
        history
            .migrations()
            .iter()
            .filter(|m| branch.contains(&m.name) && !shared.contains(&m.name))
            .collect()
    };
    let conflict = |why: String| MergeError::Conflict {
        names: heads.clone(),
        why,
    };
    let with_data = branches
        .iter()
        .filter(|branch| {
            own(branch)
                .iter()
                .flat_map(|m| &m.operations)
                .any(Operation::is_data)
        })
        .count();
    if with_data > 1 {
        return Err(conflict(
            "more than one branch runs custom SQL or Python".to_owned(),
        ));
    }
    let start = history.state(&|migration| shared.contains(&migration.name))?;
    let run = |order: &mut dyn Iterator<Item = &BTreeSet<String>>| {
        let mut state = start.clone();
        let mut done = shared.clone();
        for branch in order {
            for migration in own(branch) {
                if done.insert(migration.name.clone()) {
                    history::apply(migration, &mut state)
                        .map_err(|error| conflict(error.to_string()))?;
                }
            }
        }
        Ok::<_, MergeError>(canonical(&state))
    };
    let (forwards, backwards) = (run(&mut branches.iter())?, run(&mut branches.iter().rev())?);
    if forwards == backwards {
        Ok(())
    } else {
        Err(conflict("the result depends on the order".to_owned()))
    }
}
