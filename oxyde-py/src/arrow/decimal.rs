//! Converts decimal text to Arrow's scaled integers.

/// `-12.5` with two digits after the point is `-1250`; `None` if that is not exact, the number
/// has more than `precision` digits, or the text is not a number.
pub(super) fn scaled(text: &str, precision: u8, scale: i8) -> Option<i128> {
    digits(text, precision, scale)?.parse().ok()
}

fn digits(text: &str, precision: u8, scale: i8) -> Option<String> {
    let (sign, number) = match text.strip_prefix('-') {
        Some(number) => ("-", number),
        None => ("", text),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let fraction = fraction.trim_end_matches('0');
    let missing = usize::try_from(scale).ok()?.checked_sub(fraction.len())?;
    let whole = whole.trim_start_matches('0');
    if !(whole.bytes().chain(fraction.bytes())).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let mut all = String::with_capacity(1 + whole.len() + fraction.len() + missing);
    all.push_str(sign);
    all.push_str(whole);
    all.push_str(fraction);
    all.extend(std::iter::repeat_n('0', missing));
    let counted = all[sign.len()..].trim_start_matches('0').len();
    if counted > usize::from(precision) {
        return None;
    }
    if all.len() == sign.len() {
        all.push('0');
    }
    Some(all)
}
