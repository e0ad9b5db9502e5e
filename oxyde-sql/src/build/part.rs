//! Parts of a statement together with their values.

use crate::ir::Params;
use crate::value::Value;

/// A part of a statement. Its params count from 0, in the order of `values`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Part<N> {
    pub(super) node: N,
    pub(super) values: Vec<Value>,
}

impl<N> Part<N> {
    /// A part without values.
    pub(super) const fn plain(node: N) -> Self {
        Self {
            node,
            values: Vec::new(),
        }
    }

    pub(super) fn map<M>(self, change: impl FnOnce(N) -> M) -> Part<M> {
        Part {
            node: change(self.node),
            values: self.values,
        }
    }

    /// Both parts, with the values of the first one before those of the other.
    pub(super) fn zip<M: Params>(self, other: Part<M>) -> Part<(N, M)> {
        let mut values = self.values;
        let other = add(&mut values, other);
        Part {
            node: (self.node, other),
            values,
        }
    }
}

impl<N: Params> Part<N> {
    /// The parts in order.
    pub(super) fn all(parts: impl IntoIterator<Item = Self>) -> Part<Vec<N>> {
        let mut values = Vec::new();
        let node = parts
            .into_iter()
            .map(|part| add(&mut values, part))
            .collect();
        Part { node, values }
    }
}

/// Add the values of a part behind those of a statement, and return the part for that statement.
pub(super) fn add<N: Params>(values: &mut Vec<Value>, part: Part<N>) -> N {
    let mut node = part.node;
    if !part.values.is_empty() {
        // More values than that do not fit into memory.
        let by = u32::try_from(values.len()).unwrap_or(u32::MAX);
        if by > 0 {
            node.shift(by);
        }
        values.extend(part.values);
    }
    node
}
