use super::{Column, Field, IntoValue, Target};
use crate::value::Value;

/// A tuple of columns that rows of `R` have values for: a tuple of as many values, each of its
/// column's type.
pub trait RowOf<R> {
    /// The columns in order.
    fn targets(&self) -> Vec<Target>;

    /// The values in the columns' order.
    fn values(row: R) -> Vec<Value>;
}

macro_rules! rows {
    ($($($column:ident $value:ident $at:tt),+;)+) => {
        $(impl<$($column: Field, $value: IntoValue<$column>),+> RowOf<($($value,)+)>
            for ($(Column<$column>,)+)
        {
            fn targets(&self) -> Vec<Target> {
                vec![$(self.$at.into()),+]
            }

            fn values(row: ($($value,)+)) -> Vec<Value> {
                vec![$(row.$at.into_value()),+]
            }
        })+
    };
}

rows! {
    A Q 0;
    A Q 0, B R 1;
    A Q 0, B R 1, C S 2;
    A Q 0, B R 1, C S 2, D T 3;
    A Q 0, B R 1, C S 2, D T 3, E U 4;
    A Q 0, B R 1, C S 2, D T 3, E U 4, F V 5;
    A Q 0, B R 1, C S 2, D T 3, E U 4, F V 5, G W 6;
    A Q 0, B R 1, C S 2, D T 3, E U 4, F V 5, G W 6, H X 7;
    A Q 0, B R 1, C S 2, D T 3, E U 4, F V 5, G W 6, H X 7, I Y 8;
    A Q 0, B R 1, C S 2, D T 3, E U 4, F V 5, G W 6, H X 7, I Y 8, J Z 9;
}
