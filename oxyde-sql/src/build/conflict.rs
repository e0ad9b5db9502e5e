use super::part::{Part, add};
use super::update::assignment;
use super::{Column, Condition, Expr, Field, IntoOperand, List, Target};
use crate::ir::{self, ConflictAction, Predicate};
use crate::value::Value;

/// What an insert does where a row with the same key exists.
#[derive(Clone, Debug)]
pub struct OnConflict(pub(super) Part<ConflictAction>);

impl OnConflict {
    /// Leave the existing row, and do not insert the new one.
    #[must_use]
    pub const fn nothing() -> Self {
        Self(Part::plain(ConflictAction::Nothing))
    }

    /// Set these columns of the existing row to the new row's values; `()` for none.
    #[must_use]
    pub fn update(columns: impl List<Target>) -> ConflictUpdate {
        let columns = columns.into_items().into_iter();
        ConflictUpdate {
            columns: columns.map(|column| column.0.name).collect(),
            assignments: Vec::new(),
            filter: None,
            values: Vec::new(),
        }
    }
}

/// The update of an existing row, from [`OnConflict::update`].
#[derive(Clone, Debug)]
pub struct ConflictUpdate {
    columns: Vec<String>,
    assignments: Vec<ir::Assignment>,
    filter: Option<ir::Predicate>,
    values: Vec<Value>,
}

impl ConflictUpdate {
    /// Set a column to a value, in which columns are those of the existing row, and
    /// [`Column::excluded`] gives those of the new one.
    #[must_use]
    pub fn set<F: Field>(mut self, column: Column<F>, value: impl IntoOperand<F>) -> Self {
        let assignment = assignment(&mut self.values, column, value);
        self.assignments.push(assignment);
        self
    }

    /// Only if the condition is true, where the database can do that.
    #[must_use]
    pub fn filter(mut self, condition: impl Into<Condition>) -> Self {
        let condition = add(&mut self.values, condition.into().0);
        Predicate::narrow(&mut self.filter, condition);
        self
    }
}

impl From<ConflictUpdate> for OnConflict {
    fn from(update: ConflictUpdate) -> Self {
        Self(Part {
            node: ConflictAction::Update {
                columns: update.columns,
                assignments: update.assignments,
                filter: update.filter,
            },
            values: update.values,
        })
    }
}

impl<F: Field> Column<F> {
    /// The value of the row that was to be inserted, in [`ConflictUpdate::set`].
    #[must_use]
    pub fn excluded(self) -> Expr<F::Of> {
        let column = ir::Table::new("excluded").col(self.name(), self.column_type());
        Expr::new(Part::plain(column))
    }
}
