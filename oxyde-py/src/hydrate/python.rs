//! Python objects of the standard library, made as cheaply as the C API allows.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDate, PyDateTime, PyDelta, PyString, PyTime, PyTzInfo};

use crate::bind::civil_from_days;

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

/// Functions and classes that have no C API, imported once.
pub(super) struct Imports {
    decimal: Py<PyAny>,
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

    /// `UUID(int=…)` without its argument checks, as Pydantic makes them.
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

    /// The document as `json.loads` reads it.
    pub(super) fn json<'py>(&self, py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyAny>> {
        let text = PyString::new(py, text);
        // Pydantic's reader is fast, but stops at 200 levels and refuses lone surrogates.
        match self.from_json.bind(py).call1((&text,)) {
            Ok(value) => Ok(value),
            Err(_) => self.loads.bind(py).call1((text,)),
        }
    }
}

pub(super) fn date(py: Python<'_>, days: i32) -> PyResult<Bound<'_, PyAny>> {
    let (year, month, day) = civil_from_days(days.into());
    Ok(PyDate::new(py, year_of(year)?, month, day)?.into_any())
}

/// `micros` since 1970-01-01T00:00:00; an aware datetime in UTC if `aware`.
pub(super) fn date_time<'py>(
    py: Python<'py>,
    imports: &Imports,
    micros: i64,
    aware: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let (year, month, day) = civil_from_days(micros.div_euclid(DAY));
    let (hour, minute, second, micro) = clock(micros.rem_euclid(DAY));
    let zone = aware.then(|| imports.utc.bind(py));
    let stamp = PyDateTime::new(
        py,
        year_of(year)?,
        month,
        day,
        hour,
        minute,
        second,
        micro,
        zone,
    )?;
    Ok(stamp.into_any())
}

pub(super) fn time(py: Python<'_>, micros: i64) -> PyResult<Bound<'_, PyAny>> {
    let (hour, minute, second, micro) = clock(micros.rem_euclid(DAY));
    Ok(PyTime::new(py, hour, minute, second, micro, None)?.into_any())
}

pub(super) fn interval(py: Python<'_>, micros: i64) -> PyResult<Bound<'_, PyAny>> {
    let rest = micros.rem_euclid(DAY);
    let days = i32::try_from(micros.div_euclid(DAY)).unwrap_or(i32::MAX);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "below a day and below a second"
    )]
    let (seconds, micros) = ((rest / SECOND) as i32, (rest % SECOND) as i32);
    Ok(PyDelta::new(py, days, seconds, micros, false)?.into_any())
}

fn year_of(year: i64) -> PyResult<i32> {
    i32::try_from(year).map_err(Into::into)
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
