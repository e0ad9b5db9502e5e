//! The functions, aggregates and collations that statements for SQLite use.
//!
//! `oxyde_sql::dialect` documents them; a test compares this table with that one.

#![expect(unsafe_code, reason = "SQLite's C interface")]

mod angle;
mod bits;
mod collation;
mod decimal;
mod fit;
mod hash;
mod inet;
mod json;
mod moment;
mod number;
mod parse;
mod regexp;
mod register;
mod text;

use std::ffi::{c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use libsqlite3_sys as ffi;

pub(super) use decimal::canonical;
pub(super) use regexp::watched;
pub(super) use register::register;
pub use register::register_sqlite_functions;

/// An argument of a function; never NULL.
#[derive(Clone, Copy, Debug)]
enum Argument<'a> {
    Integer(i64),
    Real(f64),
    Text(&'a str),
    Other,
}

/// The result of a function.
#[derive(Clone, Debug, PartialEq)]
enum Output {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
}

impl From<bool> for Output {
    fn from(truth: bool) -> Self {
        Self::Integer(i64::from(truth))
    }
}

/// The error of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
enum FunctionError {
    /// The result is out of range.
    Range(String),
    /// The arguments are invalid.
    Invalid(String),
    /// A string is longer than its column.
    TooLong(String),
    /// A value violates a rule of the statement.
    Constraint(String),
    /// The statement was stopped.
    Interrupted,
}

type Result<T> = std::result::Result<T, FunctionError>;

fn wrong(message: impl Into<String>) -> FunctionError {
    FunctionError::Invalid(message.into())
}

fn range(message: impl Into<String>) -> FunctionError {
    FunctionError::Range(message.into())
}

impl<'a> Argument<'a> {
    fn text(self) -> Result<&'a str> {
        match self {
            Self::Text(text) => Ok(text),
            _ => Err(wrong("expected text")),
        }
    }

    fn integer(self) -> Result<i64> {
        match self {
            Self::Integer(int) => Ok(int),
            _ => Err(wrong("expected an integer")),
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "functions of real numbers round like SQLite's own"
    )]
    fn real(self) -> Result<f64> {
        match self {
            Self::Integer(int) => Ok(int as f64),
            Self::Real(real) => Ok(real),
            Self::Text(text) => text.trim().parse().map_err(|_| wrong("expected a number")),
            Self::Other => Err(wrong("expected a number")),
        }
    }
}

/// A function of one row.
struct Scalar {
    name: &'static std::ffi::CStr,
    arguments: c_int,
    call: fn(&[Argument<'_>]) -> Result<Output>,
}

/// A function of many rows.
struct Aggregate {
    name: &'static std::ffi::CStr,
    make: fn() -> Box<dyn AggregateState>,
    /// Whether it can remove a value, so that it can be used with a window.
    slides: bool,
}

/// The state of an aggregate.
trait AggregateState {
    /// Add a value; NULLs are ignored.
    fn step(&mut self, argument: Argument<'_>) -> Result<()>;
    /// Remove a value that left the window.
    fn undo(&mut self, _argument: Argument<'_>) -> Result<()> {
        Err(wrong("the aggregate cannot be used with a window"))
    }
    /// Return the result so far.
    fn value(&self) -> Result<Output>;
}

/// An entry of the table of scalar functions.
const fn scalar(
    name: &'static std::ffi::CStr,
    arguments: c_int,
    call: fn(&[Argument<'_>]) -> Result<Output>,
) -> Scalar {
    Scalar {
        name,
        arguments,
        call,
    }
}

static SCALARS: &[Scalar] = &[
    scalar(c"oxyde_casefold", 1, text::casefold),
    scalar(c"oxyde_upper", 1, text::upper),
    scalar(c"oxyde_starts_with", 2, text::starts_with),
    scalar(c"oxyde_ends_with", 2, text::ends_with),
    scalar(c"regexp", 2, regexp::regexp),
    scalar(c"oxyde_iregexp", 2, regexp::iregexp),
    scalar(c"oxyde_md5", 1, hash::md5),
    scalar(c"oxyde_sha1", 1, hash::sha1),
    scalar(c"oxyde_sha224", 1, hash::sha224),
    scalar(c"oxyde_sha256", 1, hash::sha256),
    scalar(c"oxyde_sha384", 1, hash::sha384),
    scalar(c"oxyde_sha512", 1, hash::sha512),
    scalar(c"oxyde_sin", 1, angle::sin),
    scalar(c"oxyde_cos", 1, angle::cos),
    scalar(c"oxyde_tan", 1, angle::tan),
    scalar(c"oxyde_cot", 1, angle::cot),
    scalar(c"oxyde_asin", 1, angle::asin),
    scalar(c"oxyde_acos", 1, angle::acos),
    scalar(c"oxyde_atan", 1, angle::atan),
    scalar(c"oxyde_atan2", 2, angle::atan2),
    scalar(c"oxyde_degrees", 1, angle::degrees),
    scalar(c"oxyde_radians", 1, angle::radians),
    scalar(c"oxyde_log", 2, number::log),
    scalar(c"oxyde_reverse", 1, text::reverse),
    scalar(c"oxyde_repeat", 2, text::repeat),
    scalar(c"oxyde_lpad", 3, text::lpad),
    scalar(c"oxyde_rpad", 3, text::rpad),
    scalar(c"oxyde_double", 1, number::double),
    scalar(c"oxyde_text_join", 2, text::join),
    scalar(c"oxyde_to_int", 1, number::to_int),
    scalar(c"oxyde_to_real", 1, number::to_real),
    scalar(c"oxyde_to_decimal", 1, decimal::to_decimal),
    scalar(c"oxyde_round", 2, decimal::round_number),
    scalar(c"oxyde_int_add", 2, number::int_add),
    scalar(c"oxyde_int_sub", 2, number::int_sub),
    scalar(c"oxyde_int_mul", 2, number::int_mul),
    scalar(c"oxyde_int_pow", 2, number::int_pow),
    scalar(c"oxyde_floor", 1, number::floor),
    scalar(c"oxyde_ceil", 1, number::ceil),
    scalar(c"oxyde_power", 2, number::power),
    scalar(c"oxyde_sqrt", 1, number::sqrt),
    scalar(c"oxyde_exp", 1, number::exp),
    scalar(c"oxyde_ln", 1, number::ln),
    scalar(c"oxyde_decimal_add", 2, decimal::add),
    scalar(c"oxyde_decimal_sub", 2, decimal::sub),
    scalar(c"oxyde_decimal_mul", 2, decimal::mul),
    scalar(c"oxyde_decimal_div", 2, decimal::div),
    scalar(c"oxyde_decimal_mod", 2, decimal::modulo),
    scalar(c"oxyde_decimal_pow", 2, decimal::pow),
    scalar(c"oxyde_decimal_abs", 1, decimal::abs),
    scalar(c"oxyde_decimal_round", 2, decimal::round),
    scalar(c"oxyde_decimal_floor", 1, decimal::floor),
    scalar(c"oxyde_decimal_ceil", 1, decimal::ceil),
    scalar(c"oxyde_decimal_cast", 1, decimal::cast),
    scalar(c"oxyde_fit_decimal", 4, fit::decimal),
    scalar(c"oxyde_fit_int", 3, fit::int),
    scalar(c"oxyde_fit_text", 3, fit::text),
    scalar(c"oxyde_refuse", 1, fit::refuse),
    scalar(c"oxyde_whole", 1, decimal::whole),
    scalar(c"oxyde_parse", 2, parse::parse),
    scalar(c"oxyde_moment", 1, moment::moment),
    scalar(c"oxyde_clock", 1, moment::clock),
    scalar(c"oxyde_date_add", 2, moment::date_add),
    scalar(c"oxyde_datetime_add", 2, moment::datetime_add),
    scalar(c"oxyde_datetime_diff", 2, moment::datetime_diff),
    scalar(c"oxyde_time_add", 2, moment::time_add),
    scalar(c"oxyde_trunc", 2, moment::trunc),
    scalar(c"oxyde_json_contains", 2, json::contains),
    scalar(c"oxyde_json_equal", 2, json::equal),
    scalar(c"oxyde_json_compare", 2, json::compare),
    scalar(c"oxyde_json_decimal", 1, json::decimal),
    scalar(c"oxyde_json_at", 2, json::at),
    scalar(c"oxyde_json_put", 3, json::put),
];

static AGGREGATES: &[Aggregate] = &[
    Aggregate {
        name: c"oxyde_decimal_sum",
        make: decimal::sum,
        slides: true,
    },
    Aggregate {
        name: c"oxyde_decimal_avg",
        make: decimal::avg,
        slides: true,
    },
    Aggregate {
        name: c"oxyde_stddev_pop",
        make: number::stddev_pop,
        slides: false,
    },
    Aggregate {
        name: c"oxyde_stddev_samp",
        make: number::stddev_samp,
        slides: false,
    },
    Aggregate {
        name: c"oxyde_var_pop",
        make: number::var_pop,
        slides: false,
    },
    Aggregate {
        name: c"oxyde_var_samp",
        make: number::var_samp,
        slides: false,
    },
    Aggregate {
        name: c"oxyde_bit_and",
        make: bits::and,
        slides: false,
    },
    Aggregate {
        name: c"oxyde_bit_or",
        make: bits::or,
        slides: false,
    },
    Aggregate {
        name: c"oxyde_bit_xor",
        make: bits::xor,
        slides: false,
    },
];

/// # Safety
/// `start` is NULL, or `len` bytes there live as long as `'a`.
unsafe fn utf8<'a>(start: *const c_void, len: c_int) -> Option<&'a str> {
    let len = usize::try_from(len).ok()?;
    if start.is_null() {
        return Some("");
    }
    // SAFETY: guaranteed by the caller.
    let bytes = unsafe { std::slice::from_raw_parts(start.cast::<u8>(), len) };
    std::str::from_utf8(bytes).ok()
}

/// Return the arguments of a call; `None` if one of them is NULL.
///
/// # Safety
/// `values` points to `count` values that live as long as `'a`.
unsafe fn arguments<'a>(
    count: c_int,
    values: *mut *mut ffi::sqlite3_value,
) -> Option<Vec<Argument<'a>>> {
    let count = usize::try_from(count).unwrap_or(0);
    let mut arguments = Vec::with_capacity(count);
    for at in 0..count {
        // SAFETY: guaranteed by the caller; the type is queried first, so that nothing is
        // converted.
        let argument = unsafe {
            let value = *values.add(at);
            match ffi::sqlite3_value_type(value) {
                ffi::SQLITE_NULL => return None,
                ffi::SQLITE_INTEGER => Argument::Integer(ffi::sqlite3_value_int64(value)),
                ffi::SQLITE_FLOAT => Argument::Real(ffi::sqlite3_value_double(value)),
                ffi::SQLITE_TEXT => {
                    let start = ffi::sqlite3_value_text(value).cast();
                    utf8(start, ffi::sqlite3_value_bytes(value))
                        .map_or(Argument::Other, Argument::Text)
                }
                _ => Argument::Other,
            }
        };
        arguments.push(argument);
    }
    Some(arguments)
}

/// # Safety
/// `context` is the one of the running call.
unsafe fn answer(context: *mut ffi::sqlite3_context, result: std::thread::Result<Result<Output>>) {
    let result = result.unwrap_or_else(|_| Err(wrong("the function failed")));
    // SAFETY: guaranteed by the caller; SQLite copies strings.
    unsafe {
        match result {
            Ok(Output::Null) => ffi::sqlite3_result_null(context),
            Ok(Output::Integer(int)) => ffi::sqlite3_result_int64(context, int),
            Ok(Output::Real(real)) => ffi::sqlite3_result_double(context, real),
            Ok(Output::Text(text)) => ffi::sqlite3_result_text64(
                context,
                text.as_ptr().cast(),
                text.len() as u64,
                ffi::SQLITE_TRANSIENT(),
                1,
            ),
            Err(
                FunctionError::Invalid(message)
                | FunctionError::Range(message)
                | FunctionError::TooLong(message)
                | FunctionError::Constraint(message),
            ) if message.is_empty() => {
                ffi::sqlite3_result_error_code(context, ffi::SQLITE_ERROR);
            }
            Err(FunctionError::Interrupted) => {
                coded(context, "interrupted", ffi::SQLITE_INTERRUPT);
            }
            Err(FunctionError::Invalid(message)) => error(context, &message),
            Err(FunctionError::Range(message)) => coded(context, &message, ffi::SQLITE_RANGE),
            Err(FunctionError::TooLong(message)) => coded(context, &message, ffi::SQLITE_TOOBIG),
            Err(FunctionError::Constraint(message)) => {
                coded(context, &message, ffi::SQLITE_CONSTRAINT_CHECK);
            }
        }
    }
}

/// # Safety
/// `context` is the one of the running call.
unsafe fn error(context: *mut ffi::sqlite3_context, message: &str) {
    let len = c_int::try_from(message.len()).unwrap_or(0);
    // SAFETY: guaranteed by the caller; SQLite copies the message.
    unsafe { ffi::sqlite3_result_error(context, message.as_ptr().cast(), len) };
}

/// # Safety
/// `context` is the one of the running call.
unsafe fn coded(context: *mut ffi::sqlite3_context, message: &str, code: c_int) {
    // SAFETY: guaranteed by the caller. The code is set last, because setting the message resets
    // it.
    unsafe {
        error(context, message);
        ffi::sqlite3_result_error_code(context, code);
    }
}

extern "C" fn on_call(
    context: *mut ffi::sqlite3_context,
    count: c_int,
    values: *mut *mut ffi::sqlite3_value,
) {
    // SAFETY: SQLite passes the registered context (a static `Scalar`) and
    // values that live during this call.
    unsafe {
        let entry = &*ffi::sqlite3_user_data(context).cast::<Scalar>();
        let result = catch_unwind(|| match arguments(count, values) {
            None => Ok(Output::Null),
            Some(arguments) => (entry.call)(&arguments),
        });
        answer(context, result);
    }
}

/// The state that SQLite keeps per group: NULL until the first step.
type State = *mut RunningAggregate;

struct RunningAggregate {
    state: Box<dyn AggregateState>,
    error: Option<FunctionError>,
}

extern "C" fn on_step(
    context: *mut ffi::sqlite3_context,
    count: c_int,
    values: *mut *mut ffi::sqlite3_value,
) {
    // SAFETY: SQLite passes the registered context and valid values.
    unsafe { move_window(context, count, values, |state, value| state.step(value)) }
}

extern "C" fn on_inverse(
    context: *mut ffi::sqlite3_context,
    count: c_int,
    values: *mut *mut ffi::sqlite3_value,
) {
    // SAFETY: SQLite passes the registered context and valid values.
    unsafe { move_window(context, count, values, |state, value| state.undo(value)) }
}

/// Add or remove a value.
///
/// # Safety
/// `context` is the one of the running call, and the values live during it.
unsafe fn move_window(
    context: *mut ffi::sqlite3_context,
    count: c_int,
    values: *mut *mut ffi::sqlite3_value,
    take: impl FnOnce(&mut dyn AggregateState, Argument<'_>) -> Result<()>,
) {
    let size = c_int::try_from(size_of::<State>()).unwrap_or(8);
    // SAFETY: SQLite passes the registered context (a static `Aggregate`),
    // values that live during this call, and memory for one pointer, initially zero, that it
    // keeps until `on_final`.
    unsafe {
        let entry = &*ffi::sqlite3_user_data(context).cast::<Aggregate>();
        let room = ffi::sqlite3_aggregate_context(context, size).cast::<State>();
        if room.is_null() {
            ffi::sqlite3_result_error_nomem(context);
            return;
        }
        if (*room).is_null() {
            *room = Box::into_raw(Box::new(RunningAggregate {
                state: (entry.make)(),
                error: None,
            }));
        }
        let running = &mut **room;
        let Some(arguments) = arguments(count, values) else {
            return;
        };
        if running.error.is_some() {
            return;
        }
        let step = catch_unwind(AssertUnwindSafe(|| match arguments.first() {
            Some(argument) => take(running.state.as_mut(), *argument),
            None => Ok(()),
        }));
        match step {
            Ok(Ok(())) => (),
            Ok(Err(error)) => running.error = Some(error),
            Err(_) => running.error = Some(wrong("the function failed")),
        }
    }
}

extern "C" fn on_final(context: *mut ffi::sqlite3_context) {
    // SAFETY: as in `on_step`; with size 0 the memory is NULL if there was no step. The box is
    // reclaimed exactly once, because SQLite calls this once per group.
    unsafe {
        let room = ffi::sqlite3_aggregate_context(context, 0).cast::<State>();
        let state = if room.is_null() || (*room).is_null() {
            let entry = &*ffi::sqlite3_user_data(context).cast::<Aggregate>();
            (entry.make)()
        } else {
            let running = Box::from_raw(std::mem::replace(&mut *room, ptr::null_mut()));
            if let Some(error) = running.error {
                answer(context, Ok(Err(error)));
                return;
            }
            running.state
        };
        let result = catch_unwind(AssertUnwindSafe(|| state.value()));
        answer(context, result);
    }
}

extern "C" fn on_value(context: *mut ffi::sqlite3_context) {
    // SAFETY: as in `on_final`, but the state is not reclaimed.
    unsafe {
        let room = ffi::sqlite3_aggregate_context(context, 0).cast::<State>();
        if room.is_null() || (*room).is_null() {
            let entry = &*ffi::sqlite3_user_data(context).cast::<Aggregate>();
            let result = catch_unwind(|| (entry.make)().value());
            answer(context, result);
            return;
        }
        let running = &mut **room;
        if let Some(error) = running.error.take() {
            answer(context, Ok(Err(error)));
            return;
        }
        let result = catch_unwind(AssertUnwindSafe(|| running.state.value()));
        answer(context, result);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::ffi::CStr;

    use oxyde_sql::dialect::{SQLITE_COLLATIONS, SQLITE_FUNCTIONS};

    use super::*;

    #[test]
    fn the_functions_are_those_of_the_statements() {
        let wanted: BTreeSet<_> = SQLITE_FUNCTIONS
            .iter()
            .map(|wanted| (wanted.name, wanted.arguments, wanted.aggregate))
            .collect();
        let name = |name: &'static CStr| name.to_str().unwrap();
        let scalars = SCALARS
            .iter()
            .map(|entry| (name(entry.name), entry.arguments, false));
        let aggregates = AGGREGATES.iter().map(|entry| (name(entry.name), 1, true));
        assert_eq!(scalars.chain(aggregates).collect::<BTreeSet<_>>(), wanted);
    }

    #[test]
    fn the_collations_are_those_of_the_statements() {
        let wanted: BTreeSet<_> = SQLITE_COLLATIONS.iter().map(|wanted| wanted.name).collect();
        let registered = collation::COLLATIONS.iter();
        let registered: BTreeSet<_> = registered
            .map(|entry| entry.name.to_str().unwrap())
            .collect();
        assert_eq!(registered, wanted);
    }
}
