use super::part::add;
use super::{Condition, List, Output, Table};
use crate::error::SqlError;
use crate::ir::{self, Predicate, Scope};
use crate::value::Value;

/// The rows that an update or a delete changes, what it returns of them, and the statement's values.
#[derive(Clone, Debug)]
pub(super) struct Changed {
    pub(super) table: ir::Table,
    scope: Option<Scope>,
    pub(super) returning: Vec<ir::Output>,
    pub(super) values: Vec<Value>,
}

impl Changed {
    pub(super) fn of(table: &impl Table) -> Self {
        Self {
            table: table.source(),
            scope: None,
            returning: Vec::new(),
            values: Vec::new(),
        }
    }

    pub(super) fn filter(&mut self, condition: impl Into<Condition>) {
        let condition = add(&mut self.values, condition.into().0);
        let mut filter = match self.scope.take() {
            Some(Scope::Where(filter)) => Some(filter),
            Some(Scope::All) | None => None,
        };
        Predicate::narrow(&mut filter, condition);
        self.scope = filter.map(Scope::Where);
    }

    pub(super) fn all(&mut self) {
        self.scope.get_or_insert(Scope::All);
    }

    pub(super) fn returning(&mut self, outputs: impl List<Output>) {
        let outputs = add(&mut self.values, Output::all(outputs));
        self.returning.extend(outputs);
    }

    /// Which rows: a forgotten filter must not change every row.
    pub(super) fn scope(&self) -> Result<Scope, SqlError> {
        self.scope.clone().ok_or(SqlError::Invalid {
            what: "an update or a delete that does not say which rows",
            hint: "call filter(…), or all() for every row of the table",
        })
    }
}
