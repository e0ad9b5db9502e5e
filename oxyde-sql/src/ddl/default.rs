//! Defaults: translates the few portable expressions, and sends all others unchanged.

use crate::dialect::DdlStyle;
use crate::schema::Column;
use crate::types::ColumnType;

/// Return the default of a column in the form used after `DEFAULT`. With a native type, it is the
/// database's own form.
#[must_use]
pub fn column_default(style: &DdlStyle, column: &Column, text: &str) -> String {
    if column.native.is_some() {
        text.to_owned()
    } else {
        default_sql(style, text, &column.ty)
    }
}

/// Give a column a native type, and its default the database's own form, which belongs to it.
pub fn set_native(style: &DdlStyle, column: &mut Column, native: String) {
    let default = column.default.take();
    column.default = default.map(|text| column_default(style, column, &text));
    column.native = Some(native);
}

/// Return the default in the form used after `DEFAULT`.
#[must_use]
pub fn default_sql(style: &DdlStyle, text: &str, ty: &ColumnType) -> String {
    let text = text.trim();
    let word = text.to_ascii_lowercase();
    match word.as_str() {
        "now()"
        | "current_timestamp"
        | "current_timestamp()"
        | "current_timestamp(6)"
        | "now(6)"
        | "localtimestamp" => return moment(style, ty).to_owned(),
        "current_date" | "current_date()" => return style.now.date.to_owned(),
        "current_time" | "current_time()" => return style.now.time.to_owned(),
        "gen_random_uuid()" | "uuid()" | "uuid_generate_v4()" => return style.uuid.to_owned(),
        "true" => return style.booleans[0].to_owned(),
        "false" => return style.booleans[1].to_owned(),
        "null" => return "NULL".to_owned(),
        _ => {}
    }
    let literal = is_literal(text);
    if style.decimal_collation.is_some()
        && matches!(ty, ColumnType::Decimal { .. })
        && literal
        && !text.starts_with('\'')
    {
        // SQLite stores decimals as text; a bare number would be rounded to a double first.
        return style.literal(text.trim_start_matches('+'));
    }
    let large = style.bracketed_defaults && is_large(ty);
    // Only PostgreSQL accepts any expression without parentheses.
    let brackets = !text.starts_with('(') && (large || (!literal && needs_brackets(style)));
    if brackets {
        format!("({text})")
    } else {
        text.to_owned()
    }
}

fn moment(style: &DdlStyle, ty: &ColumnType) -> &'static str {
    match ty.base() {
        ColumnType::Date => style.now.date,
        ColumnType::Time => style.now.time,
        ColumnType::DateTime => style.now.date_time,
        _ => style.now.timestamp_tz,
    }
}

fn needs_brackets(style: &DdlStyle) -> bool {
    !matches!(style.counter, crate::dialect::CounterStyle::Identity)
}

fn is_large(ty: &ColumnType) -> bool {
    matches!(
        ty.base(),
        ColumnType::Text | ColumnType::Bytes | ColumnType::Json | ColumnType::Array { .. }
    )
}

/// Whether the text is one constant: a number, a quoted string, or a keyword such as TRUE.
#[must_use]
pub fn is_literal(text: &str) -> bool {
    let text = text.trim();
    if ["null", "true", "false"].contains(&text.to_ascii_lowercase().as_str()) {
        return true;
    }
    // Bits and bytes have a letter before the quotes.
    let unmarked = text.strip_prefix(['b', 'B', 'x', 'X']).unwrap_or(text);
    if let Some(inner) = unmarked
        .strip_prefix('\'')
        .and_then(|rest| rest.strip_suffix('\''))
    {
        return !inner.replace("''", "").contains('\'');
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    !digits.is_empty()
        && digits.chars().any(|c| c.is_ascii_digit())
        && digits.chars().all(|c| c.is_ascii_digit() || c == '.')
}
