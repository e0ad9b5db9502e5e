//! Lists of columns and expressions of different types.

use super::{Aggregate, AnyExpr, Column, Expr, Order, Output, Target};

/// One item or several: a column, an expression, a tuple of them, an array or a `Vec`.
pub trait List<I> {
    /// The items in order.
    fn into_items(self) -> Vec<I>;
}

impl<I, T: Into<I>, const N: usize> List<I> for [T; N] {
    fn into_items(self) -> Vec<I> {
        self.into_iter().map(Into::into).collect()
    }
}

impl<I, T: Into<I>> List<I> for Vec<T> {
    fn into_items(self) -> Vec<I> {
        self.into_iter().map(Into::into).collect()
    }
}

impl<I> List<I> for () {
    fn into_items(self) -> Vec<I> {
        Vec::new()
    }
}

macro_rules! single {
    ($([$($generic:ident)?] $item:ty;)+) => {
        $(impl<I, $($generic)?> List<I> for $item
        where
            $item: Into<I>,
        {
            fn into_items(self) -> Vec<I> {
                vec![self.into()]
            }
        })+
    };
}

single! {
    [F] Column<F>;
    [T] Expr<T>;
    [T] Aggregate<T>;
    [] AnyExpr;
    [] Output;
    [] Order;
    [] Target;
}

macro_rules! tuples {
    ($($($item:ident)+;)+) => {
        $(impl<I, $($item: Into<I>),+> List<I> for ($($item,)+) {
            #[expect(non_snake_case, reason = "a variable has the name of its type")]
            fn into_items(self) -> Vec<I> {
                let ($($item,)+) = self;
                vec![$($item.into()),+]
            }
        })+
    };
}

tuples! {
    A;
    A B;
    A B C;
    A B C D;
    A B C D E;
    A B C D E F;
    A B C D E F G;
    A B C D E F G H;
    A B C D E F G H J;
    A B C D E F G H J K;
    A B C D E F G H J K L;
    A B C D E F G H J K L M;
}
