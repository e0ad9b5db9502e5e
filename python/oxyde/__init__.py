"""Oxyde: an async ORM with Pydantic models and a Rust core.

Everything public is here or in `oxyde.db`, `oxyde.models`, `oxyde.queries` and
`oxyde.exceptions`. Names are imported when they are first used, so that `import oxyde` is cheap.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from oxyde import db
    from oxyde.db import (
        AsyncDatabase,
        PoolSettings,
        atomic,
        create_tables,
        disconnect_all,
        drop_tables,
        get_connection,
        register_connection,
    )
    from oxyde.exceptions import (
        CheckViolationError,
        DatabaseConnectionError,
        DatabaseError,
        DeadlockError,
        FieldError,
        FieldLookupError,
        FieldLookupValueError,
        FieldValueError,
        ForeignKeyViolationError,
        IntegrityError,
        ManagerError,
        MultipleObjectsReturned,
        NotFoundError,
        NotNullViolationError,
        OxydeError,
        PoolTimeoutError,
        QueryTimeoutError,
        SerializationError,
        TransactionAbortedError,
        TransactionError,
        TransactionTimeoutError,
        UniqueViolationError,
        UnsupportedFeatureError,
    )
    from oxyde.models import Check, Field, Index, Model, OxydeModel, Vector
    from oxyde.queries import (
        Avg,
        Coalesce,
        Concat,
        Count,
        F,
        Max,
        Min,
        Q,
        Query,
        QueryManager,
        RawSQL,
        Sum,
        execute_raw,
    )

__version__ = "0.9.0"

__all__ = [
    "AsyncDatabase",
    "Avg",
    "Check",
    "CheckViolationError",
    "Coalesce",
    "Concat",
    "Count",
    "DatabaseConnectionError",
    "DatabaseError",
    "DeadlockError",
    "F",
    "Field",
    "FieldError",
    "FieldLookupError",
    "FieldLookupValueError",
    "FieldValueError",
    "ForeignKeyViolationError",
    "Index",
    "IntegrityError",
    "ManagerError",
    "Max",
    "Min",
    "Model",
    "MultipleObjectsReturned",
    "NotFoundError",
    "NotNullViolationError",
    "OxydeError",
    "OxydeModel",
    "PoolSettings",
    "PoolTimeoutError",
    "Q",
    "Query",
    "QueryManager",
    "QueryTimeoutError",
    "RawSQL",
    "SerializationError",
    "Sum",
    "TransactionAbortedError",
    "TransactionError",
    "TransactionTimeoutError",
    "UniqueViolationError",
    "UnsupportedFeatureError",
    "Vector",
    "atomic",
    "create_tables",
    "db",
    "disconnect_all",
    "drop_tables",
    "execute_raw",
    "get_connection",
    "register_connection",
]

_HOMES = {
    "oxyde.db": (
        "AsyncDatabase",
        "PoolSettings",
        "atomic",
        "create_tables",
        "disconnect_all",
        "drop_tables",
        "get_connection",
        "register_connection",
    ),
    "oxyde.models": ("Check", "Field", "Index", "Model", "OxydeModel", "Vector"),
    "oxyde.queries": (
        "Avg",
        "Coalesce",
        "Concat",
        "Count",
        "F",
        "Max",
        "Min",
        "Q",
        "Query",
        "QueryManager",
        "RawSQL",
        "Sum",
        "execute_raw",
    ),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}
_MODULES = ("db", "exceptions", "models", "queries")


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"oxyde.{name}")
    home = _HOME_OF.get(name)
    if home is None:
        if name not in __all__:
            raise AttributeError(f"module 'oxyde' has no attribute {name!r}")
        home = "oxyde.exceptions"
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_MODULES})
