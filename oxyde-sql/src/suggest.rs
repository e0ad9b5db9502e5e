//! "Did you mean": finds the known name that is most similar to a misspelled one.

use strsim::levenshtein;

/// Maximum length of a compared name: the cost is quadratic, and a longer name
/// is not a misspelling.
const LONGEST: usize = 100;

/// Return the candidate with the smallest edit distance to `name`, if it is close enough for a
/// misspelling: at most a third of its letters differ, or one.
#[must_use]
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if name.len() > LONGEST {
        return None;
    }
    candidates
        .into_iter()
        .map(|candidate| (levenshtein(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= (candidate.chars().count() / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The hint that names a candidate.
#[must_use]
pub fn did_you_mean(candidate: &str) -> String {
    format!("did you mean `{candidate}`?")
}

/// The hint for an unknown name: the nearest candidate, or else what `otherwise` says.
///
/// ```
/// use oxyde_sql::suggest::hint;
/// let known = ["contains", "icontains", "exact"];
/// assert_eq!(hint("icontain", known, String::new), "did you mean `icontains`?");
/// assert_eq!(hint("something", known, || "see the list".to_owned()), "see the list");
/// ```
#[must_use]
pub fn hint<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
    otherwise: impl FnOnce() -> String,
) -> String {
    nearest(name, candidates).map_or_else(otherwise, did_you_mean)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn finds_misspellings_only() {
        let names = ["contains", "icontains", "exact", "gt"];
        assert_eq!(nearest("icontain", names), Some("icontains"));
        assert_eq!(nearest("exat", names), Some("exact"));
        assert_eq!(nearest("something", names), None);
        assert_eq!(nearest("gt_", names), Some("gt"));
    }
}
