//! Creates Python objects of the standard library as cheaply as the C API allows.

use oxyde_driver::calendar::{DAY_MICROS, civil};
use oxyde_sql::value::Included;
use pyo3::exceptions::PyRecursionError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDate, PyDateTime, PyDelta, PyDict, PyString, PyTime, PyTzInfo};

use crate::error::{Class, error};

const SECOND: i64 = 1_000_000;

/// Functions and classes without a C API, imported once.
pub(super) struct Imports {
    decimal: Py<PyAny>,
    range: Py<PyAny>,
    pub(super) uuid: Py<PyAny>,
    uuid_safe: Py<PyAny>,
    object_setattr: Py<PyAny>,
    from_json: Py<PyAny>,
    loads: Py<PyAny>,
    pub(super) deepcopy: Py<PyAny>,
    utc: Py<PyTzInfo>,
}

static IMPORTS: PyOnceLock<Imports> = PyOnceLock::new();

impl Imports {
    pub(super) fn get(py: Python<'_>) -> PyResult<&'static Imports> {
        IMPORTS.get_or_try_init(py, || {
            let uuid = py.import("uuid")?;
            Ok(Imports {
                decimal: py.import("decimal")?.getattr("Decimal")?.unbind(),
                range: py
                    .import("oxyde.hydration.range")?
                    .getattr("Range")?
                    .unbind(),
                uuid: uuid.getattr("UUID")?.unbind(),
                uuid_safe: uuid.getattr("SafeUUID")?.getattr("unknown")?.unbind(),
                object_setattr: py
                    .import("builtins")?
                    .getattr("object")?
                    .getattr("__setattr__")?
                    .unbind(),
                from_json: py.import("pydantic_core")?.getattr("from_json")?.unbind(),
                loads: py.import("json")?.getattr("loads")?.unbind(),
                deepcopy: py.import("copy")?.getattr("deepcopy")?.unbind(),
                utc: PyTzInfo::utc(py)?.to_owned().unbind(),
            })
        })
    }

    pub(super) fn decimal<'py>(&self, py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyAny>> {
        self.decimal.bind(py).call1((text,))
    }

    /// A `Range`; `included` says which bounds are, and is `None` for the empty one.
    pub(super) fn range<'py>(
        &self,
        py: Python<'py>,
        lower: &Bound<'py, PyAny>,
        upper: &Bound<'py, PyAny>,
        included: Option<Included>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let class = self.range.bind(py);
        let Some(included) = included else {
            let empty = PyDict::new(py);
            empty.set_item(pyo3::intern!(py, "empty"), true)?;
            return class.call((), Some(&empty));
        };
        let bounds = PyString::intern(py, included.brackets());
        class.call1((lower, upper, bounds))
    }

    /// `UUID(int=…)` without its argument checks, as Pydantic creates it.
    pub(super) fn uuid<'py>(
        &self,
        py: Python<'py>,
        bytes: &[u8; 16],
    ) -> PyResult<Bound<'py, PyAny>> {
        let class = self.uuid.bind(py);
        let uuid = class.call_method1(pyo3::intern!(py, "__new__"), (class,))?;
        let set = self.object_setattr.bind(py);
        set.call1((&uuid, pyo3::intern!(py, "int"), u128::from_be_bytes(*bytes)))?;
        set.call1((&uuid, pyo3::intern!(py, "is_safe"), &self.uuid_safe))?;
        Ok(uuid)
    }

    /// Parse the document as `json.loads` does.
    pub(super) fn json<'py>(&self, py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyAny>> {
        let text = PyString::new(py, text);
        // Pydantic's parser is fast, but stops at 200 levels and refuses lone surrogates.
        match self.from_json.bind(py).call1((&text,)) {
            Ok(value) => Ok(value),
            Err(_) => self
                .loads
                .bind(py)
                .call1((text,))
                .map_err(|problem| readable(py, problem)),
        }
    }
}

/// Name the limit, where Python says that the document is nested deeper than it can read.
fn readable(py: Python<'_>, problem: PyErr) -> PyErr {
    if !problem.is_instance_of::<PyRecursionError>(py) {
        return problem;
    }
    let limit = py
        .import("sys")
        .and_then(|sys| sys.call_method0("getrecursionlimit"))
        .and_then(|limit| limit.extract::<usize>());
    let limit = match limit {
        Ok(limit) => limit,
        Err(problem) => return problem,
    };
    error(
        py,
        Class::Database,
        &format!(
            "a JSON document of the answer is nested deeper than Python can read: its recursion \
             limit is {limit} levels"
        ),
        Some("raise it with sys.setrecursionlimit(), or read the column as text"),
    )
}

pub(super) fn date(py: Python<'_>, days: i32) -> PyResult<Bound<'_, PyAny>> {
    let (year, month, day) = civil(days.into());
    Ok(PyDate::new(py, year, month, day)?.into_any())
}

/// `micros` since 1970-01-01T00:00:00; an aware datetime in UTC if `aware`.
pub(super) fn date_time<'py>(
    py: Python<'py>,
    imports: &Imports,
    micros: i64,
    aware: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let (year, month, day) = civil(micros.div_euclid(DAY_MICROS));
    let (hour, minute, second, micro) = clock(micros.rem_euclid(DAY_MICROS));
    let zone = aware.then(|| imports.utc.bind(py));
    let stamp = PyDateTime::new(py, year, month, day, hour, minute, second, micro, zone)?;
    Ok(stamp.into_any())
}

pub(super) fn time(py: Python<'_>, micros: i64) -> PyResult<Bound<'_, PyAny>> {
    let (hour, minute, second, micro) = clock(micros.rem_euclid(DAY_MICROS));
    Ok(PyTime::new(py, hour, minute, second, micro, None)?.into_any())
}

pub(super) fn interval(py: Python<'_>, micros: i64) -> PyResult<Bound<'_, PyAny>> {
    let rest = micros.rem_euclid(DAY_MICROS);
    let days = i32::try_from(micros.div_euclid(DAY_MICROS)).unwrap_or(i32::MAX);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "below a day and below a second"
    )]
    let (seconds, micros) = ((rest / SECOND) as i32, (rest % SECOND) as i32);
    Ok(PyDelta::new(py, days, seconds, micros, false)?.into_any())
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the parts of a time of day"
)]
fn clock(micros: i64) -> (u8, u8, u8, u32) {
    let seconds = micros / SECOND;
    (
        (seconds / 3_600) as u8,
        (seconds / 60 % 60) as u8,
        (seconds % 60) as u8,
        (micros % SECOND) as u32,
    )
}
