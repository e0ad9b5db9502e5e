//! The display width of integer types.

/// Return the type without the width of an integer, which only concerns how clients print it: `int(11)`
/// is `int`. `tinyint(1)` is a type of its own, and ZEROFILL pads values to the width.
pub(crate) fn without_width(ty: &str) -> String {
    let parts = ty.split_once('(').and_then(|(word, rest)| {
        let (width, after) = rest.split_once(')')?;
        Some((word.trim_end(), width.trim(), after))
    });
    let Some((word, width, after)) = parts else {
        return ty.to_owned();
    };
    let lower = word.to_ascii_lowercase();
    let is_integer = lower.ends_with("int") || lower == "integer" || lower == "year";
    let is_bool = lower == "tinyint" && width == "1" && after.trim().is_empty();
    if !is_integer || is_bool || after.to_ascii_lowercase().contains("zerofill") {
        return ty.to_owned();
    }
    format!("{word}{after}")
}

#[cfg(test)]
mod tests {
    use super::without_width;

    #[test]
    fn widths_of_integers() {
        for (ty, wanted) in [
            ("int(11)", "int"),
            ("BIGINT (20) UNSIGNED", "BIGINT UNSIGNED"),
            ("year(4)", "year"),
            ("tinyint(4)", "tinyint"),
            ("tinyint(1)", "tinyint(1)"),
            ("tinyint(1) unsigned", "tinyint unsigned"),
            ("int(5) unsigned ZEROFILL", "int(5) unsigned ZEROFILL"),
            ("varchar(20)", "varchar(20)"),
            ("point", "point"),
            ("bit(3)", "bit(3)"),
        ] {
            assert_eq!(without_width(ty), wanted);
        }
    }
}
