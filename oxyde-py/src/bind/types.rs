//! The Python classes that values are checked against, imported once.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

/// Classes without a C API.
pub(super) struct Types {
    pub(super) decimal: Py<PyType>,
    pub(super) uuid: Py<PyType>,
    pub(super) enumeration: Py<PyType>,
    /// `oxyde.Range`.
    pub(super) range: Py<PyType>,
    pub(super) addresses: Vec<Py<PyType>>,
    /// `ipaddress.ip_interface`, which parses addresses and networks.
    pub(super) ip_interface: Py<PyAny>,
    pub(super) ip_network: Py<PyAny>,
    /// `pydantic_core.to_jsonable_python`.
    pub(super) to_jsonable: Py<PyAny>,
}

static TYPES: PyOnceLock<Types> = PyOnceLock::new();

impl Types {
    #[expect(
        clippy::expect_used,
        reason = "the standard library, Pydantic and Oxyde are always available"
    )]
    pub(super) fn get(py: Python<'_>) -> &'static Types {
        TYPES
            .get_or_try_init(py, || Types::import(py))
            .expect("decimal, uuid, enum, ipaddress, pydantic_core and oxyde can be imported")
    }

    fn import(py: Python<'_>) -> PyResult<Types> {
        let class = |module: &str, name: &str| -> PyResult<Py<PyType>> {
            Ok(py
                .import(module)?
                .getattr(name)?
                .cast_into::<PyType>()?
                .unbind())
        };
        let ipaddress = py.import("ipaddress")?;
        Ok(Types {
            decimal: class("decimal", "Decimal")?,
            uuid: class("uuid", "UUID")?,
            enumeration: class("enum", "Enum")?,
            range: class("oxyde.hydration.range", "Range")?,
            addresses: [
                "IPv4Address",
                "IPv6Address",
                "IPv4Network",
                "IPv6Network",
                "IPv4Interface",
                "IPv6Interface",
            ]
            .into_iter()
            .map(|name| class("ipaddress", name))
            .collect::<PyResult<_>>()?,
            ip_interface: ipaddress.getattr("ip_interface")?.unbind(),
            ip_network: ipaddress.getattr("ip_network")?.unbind(),
            to_jsonable: py
                .import("pydantic_core")?
                .getattr("to_jsonable_python")?
                .unbind(),
        })
    }
}
