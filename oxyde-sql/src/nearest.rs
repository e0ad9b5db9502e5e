//! "Did you mean": the nearest of a list of names.

/// The candidate with the smallest edit distance, when it is near enough to be a misspelling
/// (a third of its length, at least one change).
pub(crate) fn nearest<'a>(
    name: &str,
    candidates: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    // A name that long is no misspelling, and the cost is its square.
    if name.len() > 100 {
        return None;
    }
    candidates
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= (candidate.len() / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Levenshtein distance in characters.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, right) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(left != *right);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn finds_misspellings_only() {
        let names = ["contains", "icontains", "exact", "gt"];
        assert_eq!(nearest("icontain", names.into_iter()), Some("icontains"));
        assert_eq!(nearest("exat", names.into_iter()), Some("exact"));
        assert_eq!(nearest("something", names.into_iter()), None);
        assert_eq!(nearest("gt_", names.into_iter()), Some("gt"));
    }
}
