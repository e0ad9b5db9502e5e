//! The order of renames whose names change places.

use oxyde_sql::ddl::shorten;

/// A rename of a table, or of a part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rename {
    /// The table's schema.
    pub(super) schema: Option<String>,
    /// The table.
    pub(super) table: String,
    /// The old name.
    pub(super) from: String,
    /// The new name.
    pub(super) to: String,
}

/// Put renames in an order in which each new name is free. Names that change places go over a
/// temporary name. `shares` says whether the names of two renames have to be different.
pub(super) fn in_order(
    mut waiting: Vec<Rename>,
    shares: impl Fn(&Rename, &Rename) -> bool,
) -> Vec<Rename> {
    let mut ordered = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let is_free = |each: &Rename| {
            let mut others = waiting.iter();
            !others.any(|other| other.from == each.to && shares(other, each))
        };
        if let Some(at) = waiting.iter().position(is_free) {
            ordered.push(waiting.remove(at));
            continue;
        }
        let first = &mut waiting[0];
        let aside = shorten(&format!("_oxyde_{}", first.from));
        ordered.push(Rename {
            to: aside.clone(),
            ..first.clone()
        });
        first.from = aside;
    }
    ordered
}
