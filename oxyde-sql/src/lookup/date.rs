use super::{Lookup, Rendering, Takes, lookup};
use crate::types::Families;

const fn part(
    name: &'static str,
    function: &'static str,
    families: Families,
    takes: Takes,
) -> Lookup {
    Lookup {
        takes,
        part: Some(function),
        ..lookup(name, families, Rendering::Part)
    }
}

const DATES: Families = Families::DATES;
const CLOCKS: Families = Families::CLOCKS;
const MOMENTS: Families = Families::of(&[crate::types::Family::DateTime]);

pub(super) const LOOKUPS: &[Lookup] = &[
    part("year", "extract_year", DATES, Takes::Int),
    part("iso_year", "extract_iso_year", DATES, Takes::Int),
    part("quarter", "extract_quarter", DATES, Takes::Int),
    part("month", "extract_month", DATES, Takes::Int),
    part("week", "extract_week", DATES, Takes::Int),
    part("day", "extract_day", DATES, Takes::Int),
    // Sunday is 1, Saturday 7.
    part("week_day", "extract_week_day", DATES, Takes::Int),
    // Monday is 1, Sunday 7.
    part("iso_week_day", "extract_iso_week_day", DATES, Takes::Int),
    part("hour", "extract_hour", CLOCKS, Takes::Int),
    part("minute", "extract_minute", CLOCKS, Takes::Int),
    part("second", "extract_second", CLOCKS, Takes::Int),
    part("date", "extract_date", MOMENTS, Takes::Date),
    part("time", "extract_time", MOMENTS, Takes::Time),
];
