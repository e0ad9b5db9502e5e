//! Bitwise aggregates.

use super::{AggregateState, Argument, Output, Result};

struct Bits {
    found: Option<i64>,
    join: fn(i64, i64) -> i64,
}

impl AggregateState for Bits {
    fn step(&mut self, argument: Argument<'_>) -> Result<()> {
        let bits = argument.integer()?;
        self.found = Some(self.found.map_or(bits, |found| (self.join)(found, bits)));
        Ok(())
    }

    fn value(&self) -> Result<Output> {
        Ok(self.found.map_or(Output::Null, Output::Integer))
    }
}

fn bits(join: fn(i64, i64) -> i64) -> Box<dyn AggregateState> {
    Box::new(Bits { found: None, join })
}

pub(super) fn and() -> Box<dyn AggregateState> {
    bits(|a, b| a & b)
}

pub(super) fn or() -> Box<dyn AggregateState> {
    bits(|a, b| a | b)
}

pub(super) fn xor() -> Box<dyn AggregateState> {
    bits(|a, b| a ^ b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_of_several_numbers() {
        for (make, expected) in [(and as fn() -> _, 1), (or, 7), (xor, 7)] {
            let mut state: Box<dyn AggregateState> = make();
            assert_eq!(state.value(), Ok(Output::Null));
            for int in [3, 1, 5] {
                state.step(Argument::Integer(int)).unwrap();
            }
            assert_eq!(state.value(), Ok(Output::Integer(expected)));
        }
    }
}
