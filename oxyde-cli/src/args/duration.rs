//! Durations on the command line: `60s`, `2m`, `500ms`, or a number of seconds.

use std::time::Duration;

/// Parse a duration.
///
/// # Errors
/// The text is not a duration, or it is too long.
pub(super) fn parse(text: &str) -> Result<Duration, String> {
    let end = text
        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let seconds = match unit.trim() {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => return Err("write a number with ms, s, m or h, for example 60s".to_owned()),
    };
    let wrong = || "write a number with ms, s, m or h, for example 2.5s".to_owned();
    let number: f64 = number.parse().map_err(|_| wrong())?;
    Duration::try_from_secs_f64(number * seconds).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::parse;

    #[test]
    fn numbers_with_units() {
        assert_eq!(parse("60"), Ok(Duration::from_mins(1)));
        assert_eq!(parse("2.5"), Ok(Duration::from_millis(2500)));
        assert_eq!(parse("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(parse("2m"), Ok(Duration::from_mins(2)));
        assert!(parse("soon").is_err() && parse("").is_err() && parse("-1s").is_err());
        assert!(parse("99999999999999999999999h").is_err());
    }
}
