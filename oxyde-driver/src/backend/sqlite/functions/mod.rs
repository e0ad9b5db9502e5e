//! The functions, aggregates and the collation that statements for SQLite call.
//!
//! What each does is said in `oxyde_sql::dialect`; a test holds this table against that one.

#![expect(unsafe_code, reason = "SQLite's C interface")]

mod decimal;
mod inet;
mod json;
mod moment;
mod number;
mod text;

use std::ffi::{c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{self, NonNull};

use libsqlite3_sys as ffi;

pub(super) use decimal::canonical;

/// An argument of a function; never NULL.
#[derive(Clone, Copy, Debug)]
enum Argument<'a> {
    Integer(i64),
    Real(f64),
    Text(&'a str),
    Other,
}

/// What a function gives.
#[derive(Clone, Debug, PartialEq)]
enum Answer {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
}

impl From<bool> for Answer {
    fn from(truth: bool) -> Self {
        Self::Integer(i64::from(truth))
    }
}

/// Why a function has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Trouble {
    /// The result does not fit.
    Range(String),
    /// The arguments make no sense.
    Wrong(String),
}

type Result<T> = std::result::Result<T, Trouble>;

fn wrong(message: impl Into<String>) -> Trouble {
    Trouble::Wrong(message.into())
}

fn range(message: impl Into<String>) -> Trouble {
    Trouble::Range(message.into())
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
        reason = "functions of real numbers round as SQLite's own do"
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
    call: fn(&[Argument<'_>]) -> Result<Answer>,
}

/// A function of many rows.
struct Aggregate {
    name: &'static std::ffi::CStr,
    make: fn() -> Box<dyn Gather>,
    /// Whether it can take a value back, so that it may stand before a window.
    slides: bool,
}

/// The state of an aggregate.
trait Gather {
    /// Takes one value; NULLs are left out.
    fn step(&mut self, argument: Argument<'_>) -> Result<()>;
    /// Takes one value back that left the window.
    fn undo(&mut self, _argument: Argument<'_>) -> Result<()> {
        Err(wrong("the aggregate cannot stand before a window"))
    }
    /// Gives the result so far.
    fn value(&self) -> Result<Answer>;
}

/// A line of the table of scalar functions.
const fn scalar(
    name: &'static std::ffi::CStr,
    arguments: c_int,
    call: fn(&[Argument<'_>]) -> Result<Answer>,
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
    scalar(c"regexp", 2, text::regexp),
    scalar(c"oxyde_iregexp", 2, text::iregexp),
    scalar(c"oxyde_md5", 1, text::md5),
    scalar(c"oxyde_reverse", 1, text::reverse),
    scalar(c"oxyde_repeat", 2, text::repeat),
    scalar(c"oxyde_lpad", 3, text::lpad),
    scalar(c"oxyde_rpad", 3, text::rpad),
    scalar(c"oxyde_double", 1, number::double),
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
    scalar(c"oxyde_decimal_neg", 1, decimal::neg),
    scalar(c"oxyde_decimal_abs", 1, decimal::abs),
    scalar(c"oxyde_decimal_round", 2, decimal::round),
    scalar(c"oxyde_decimal_floor", 1, decimal::floor),
    scalar(c"oxyde_decimal_ceil", 1, decimal::ceil),
    scalar(c"oxyde_decimal_cast", 1, decimal::cast),
    scalar(c"oxyde_datetime_add", 2, moment::datetime_add),
    scalar(c"oxyde_datetime_diff", 2, moment::datetime_diff),
    scalar(c"oxyde_time_add", 2, moment::time_add),
    scalar(c"oxyde_trunc", 2, moment::trunc),
    scalar(c"oxyde_json_contains", 2, json::contains),
    scalar(c"oxyde_json_equal", 2, json::equal),
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
        name: c"oxyde_decimal_min",
        make: decimal::min,
        slides: false,
    },
    Aggregate {
        name: c"oxyde_decimal_max",
        make: decimal::max,
        slides: false,
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
];

/// Registers everything on a connection that is open and used by nobody else.
pub(super) fn register(db: NonNull<ffi::sqlite3>) {
    let flags = ffi::SQLITE_UTF8 | ffi::SQLITE_DETERMINISTIC | ffi::SQLITE_INNOCUOUS;
    for entry in SCALARS {
        let context = ptr::from_ref(entry).cast_mut().cast::<c_void>();
        // SAFETY: the connection is open and ours; name and entry are static.
        unsafe {
            ffi::sqlite3_create_function_v2(
                db.as_ptr(),
                entry.name.as_ptr(),
                entry.arguments,
                flags,
                context,
                Some(on_call),
                None,
                None,
                None,
            );
        }
    }
    for entry in AGGREGATES.iter().filter(|entry| entry.slides) {
        let context = ptr::from_ref(entry).cast_mut().cast::<c_void>();
        // SAFETY: the connection is open and ours; name and entry are static.
        unsafe {
            ffi::sqlite3_create_window_function(
                db.as_ptr(),
                entry.name.as_ptr(),
                1,
                flags,
                context,
                Some(on_step),
                Some(on_final),
                Some(on_value),
                Some(on_inverse),
                None,
            );
        }
    }
    for entry in AGGREGATES.iter().filter(|entry| !entry.slides) {
        let context = ptr::from_ref(entry).cast_mut().cast::<c_void>();
        // SAFETY: the connection is open and ours; name and entry are static.
        unsafe {
            ffi::sqlite3_create_function_v2(
                db.as_ptr(),
                entry.name.as_ptr(),
                1,
                flags,
                context,
                None,
                Some(on_step),
                Some(on_final),
                None,
            );
        }
    }
    // SAFETY: the connection is open and ours; the collations have no context.
    unsafe {
        ffi::sqlite3_create_collation_v2(
            db.as_ptr(),
            c"oxyde_decimal".as_ptr(),
            ffi::SQLITE_UTF8,
            ptr::null_mut(),
            Some(on_compare),
            None,
        );
        ffi::sqlite3_create_collation_v2(
            db.as_ptr(),
            c"oxyde_inet".as_ptr(),
            ffi::SQLITE_UTF8,
            ptr::null_mut(),
            Some(on_compare_inet),
            None,
        );
        // A double-quoted name that is none is an error, not a text.
        ffi::sqlite3_db_config(
            db.as_ptr(),
            ffi::SQLITE_DBCONFIG_DQS_DML,
            0 as c_int,
            ptr::null_mut::<c_int>(),
        );
    }
}

/// # Safety
/// `start` is NULL, or `len` bytes there live as long as `'a`.
unsafe fn utf8<'a>(start: *const c_void, len: c_int) -> Option<&'a str> {
    let len = usize::try_from(len).ok()?;
    if start.is_null() {
        return Some("");
    }
    // SAFETY: as the caller says.
    let bytes = unsafe { std::slice::from_raw_parts(start.cast::<u8>(), len) };
    std::str::from_utf8(bytes).ok()
}

extern "C" fn on_compare(
    _context: *mut c_void,
    len_a: c_int,
    a: *const c_void,
    len_b: c_int,
    b: *const c_void,
) -> c_int {
    // SAFETY: SQLite gives two texts with their lengths, alive during this call.
    let (a, b) = unsafe { (utf8(a, len_a), utf8(b, len_b)) };
    decimal::compare(a.unwrap_or_default(), b.unwrap_or_default()) as c_int
}

extern "C" fn on_compare_inet(
    _context: *mut c_void,
    len_a: c_int,
    a: *const c_void,
    len_b: c_int,
    b: *const c_void,
) -> c_int {
    // SAFETY: as for decimals.
    let (a, b) = unsafe { (utf8(a, len_a), utf8(b, len_b)) };
    inet::compare(a.unwrap_or_default(), b.unwrap_or_default()) as c_int
}

/// The arguments of a call; `None` when one of them is NULL.
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
        // SAFETY: as the caller says; the type is asked first, so that nothing is converted.
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
unsafe fn answer(context: *mut ffi::sqlite3_context, result: std::thread::Result<Result<Answer>>) {
    let result = result.unwrap_or_else(|_| Err(wrong("the function failed")));
    // SAFETY: as the caller says; texts are copied by SQLite.
    unsafe {
        match result {
            Ok(Answer::Null) => ffi::sqlite3_result_null(context),
            Ok(Answer::Integer(int)) => ffi::sqlite3_result_int64(context, int),
            Ok(Answer::Real(real)) => ffi::sqlite3_result_double(context, real),
            Ok(Answer::Text(text)) => ffi::sqlite3_result_text64(
                context,
                text.as_ptr().cast(),
                text.len() as u64,
                ffi::SQLITE_TRANSIENT(),
                1,
            ),
            Err(Trouble::Wrong(message) | Trouble::Range(message)) if message.is_empty() => {
                ffi::sqlite3_result_error_code(context, ffi::SQLITE_ERROR);
            }
            Err(Trouble::Wrong(message)) => error(context, &message),
            Err(Trouble::Range(message)) => {
                error(context, &message);
                ffi::sqlite3_result_error_code(context, ffi::SQLITE_RANGE);
            }
        }
    }
}

/// # Safety
/// `context` is the one of the running call.
unsafe fn error(context: *mut ffi::sqlite3_context, message: &str) {
    let len = c_int::try_from(message.len()).unwrap_or(0);
    // SAFETY: as the caller says; SQLite copies the message.
    unsafe { ffi::sqlite3_result_error(context, message.as_ptr().cast(), len) };
}

extern "C" fn on_call(
    context: *mut ffi::sqlite3_context,
    count: c_int,
    values: *mut *mut ffi::sqlite3_value,
) {
    // SAFETY: SQLite calls with the context that was registered (a static `Scalar`) and with
    // values that live during this call.
    unsafe {
        let entry = &*ffi::sqlite3_user_data(context).cast::<Scalar>();
        let result = catch_unwind(|| match arguments(count, values) {
            None => Ok(Answer::Null),
            Some(arguments) => (entry.call)(&arguments),
        });
        answer(context, result);
    }
}

/// What SQLite keeps for one group: NULL until the first step.
type State = *mut Running;

struct Running {
    gather: Box<dyn Gather>,
    trouble: Option<Trouble>,
}

extern "C" fn on_step(
    context: *mut ffi::sqlite3_context,
    count: c_int,
    values: *mut *mut ffi::sqlite3_value,
) {
    // SAFETY: SQLite calls with the context that was registered and with values that live now.
    unsafe { move_window(context, count, values, |gather, value| gather.step(value)) }
}

extern "C" fn on_inverse(
    context: *mut ffi::sqlite3_context,
    count: c_int,
    values: *mut *mut ffi::sqlite3_value,
) {
    // SAFETY: SQLite calls with the context that was registered and with values that live now.
    unsafe { move_window(context, count, values, |gather, value| gather.undo(value)) }
}

/// Takes a value in or back.
///
/// # Safety
/// `context` is the one of the running call, and the values live during it.
unsafe fn move_window(
    context: *mut ffi::sqlite3_context,
    count: c_int,
    values: *mut *mut ffi::sqlite3_value,
    take: impl FnOnce(&mut dyn Gather, Argument<'_>) -> Result<()>,
) {
    let size = c_int::try_from(size_of::<State>()).unwrap_or(8);
    // SAFETY: SQLite calls with the context that was registered (a static `Aggregate`), with
    // values that live during this call, and gives room for one pointer, zero at first, that it
    // keeps until `on_final`.
    unsafe {
        let entry = &*ffi::sqlite3_user_data(context).cast::<Aggregate>();
        let room = ffi::sqlite3_aggregate_context(context, size).cast::<State>();
        if room.is_null() {
            ffi::sqlite3_result_error_nomem(context);
            return;
        }
        if (*room).is_null() {
            *room = Box::into_raw(Box::new(Running {
                gather: (entry.make)(),
                trouble: None,
            }));
        }
        let running = &mut **room;
        let Some(arguments) = arguments(count, values) else {
            return;
        };
        if running.trouble.is_some() {
            return;
        }
        let step = catch_unwind(AssertUnwindSafe(|| match arguments.first() {
            Some(argument) => take(running.gather.as_mut(), *argument),
            None => Ok(()),
        }));
        match step {
            Ok(Ok(())) => (),
            Ok(Err(trouble)) => running.trouble = Some(trouble),
            Err(_) => running.trouble = Some(wrong("the function failed")),
        }
    }
}

extern "C" fn on_final(context: *mut ffi::sqlite3_context) {
    // SAFETY: as in `on_step`; with size 0 the room is NULL when there was no step. The box is
    // taken back exactly once, since SQLite calls this once per group.
    unsafe {
        let room = ffi::sqlite3_aggregate_context(context, 0).cast::<State>();
        let gather = if room.is_null() || (*room).is_null() {
            let entry = &*ffi::sqlite3_user_data(context).cast::<Aggregate>();
            (entry.make)()
        } else {
            let running = Box::from_raw(std::mem::replace(&mut *room, ptr::null_mut()));
            if let Some(trouble) = running.trouble {
                answer(context, Ok(Err(trouble)));
                return;
            }
            running.gather
        };
        let result = catch_unwind(AssertUnwindSafe(|| gather.value()));
        answer(context, result);
    }
}

extern "C" fn on_value(context: *mut ffi::sqlite3_context) {
    // SAFETY: as in `on_final`, but the state stays where it is.
    unsafe {
        let room = ffi::sqlite3_aggregate_context(context, 0).cast::<State>();
        if room.is_null() || (*room).is_null() {
            let entry = &*ffi::sqlite3_user_data(context).cast::<Aggregate>();
            let result = catch_unwind(|| (entry.make)().value());
            answer(context, result);
            return;
        }
        let running = &mut **room;
        if let Some(trouble) = running.trouble.take() {
            answer(context, Ok(Err(trouble)));
            return;
        }
        let result = catch_unwind(AssertUnwindSafe(|| running.gather.value()));
        answer(context, result);
    }
}

#[cfg(test)]
mod tests {
    use oxyde_sql::dialect::SQLITE_FUNCTIONS;

    use super::*;

    #[test]
    fn every_function_of_the_statements_is_here() {
        for wanted in SQLITE_FUNCTIONS {
            let found = if wanted.aggregate {
                AGGREGATES
                    .iter()
                    .any(|entry| entry.name.to_str() == Ok(wanted.name))
            } else {
                SCALARS.iter().any(|entry| {
                    entry.name.to_str() == Ok(wanted.name) && entry.arguments == wanted.arguments
                })
            };
            assert!(found, "{}", wanted.name);
        }
    }
}
