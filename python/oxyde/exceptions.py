"""Every error that Oxyde raises.

OxydeError
├── FieldError                       a field or model that is declared or named wrongly
│   └── FieldValueError              a value that does not fit its column
├── FieldLookupError                 an unknown or unfit lookup
│   └── FieldLookupValueError        a value that the lookup cannot take
├── ManagerError                     a query that did not do what was asked
│   ├── NotFoundError
│   ├── MultipleObjectsReturned
│   └── IntegrityError               the database refused a row
│       ├── UniqueViolationError
│       ├── ForeignKeyViolationError
│       ├── NotNullViolationError
│       └── CheckViolationError
├── DatabaseError                    the database answered with any other error
│   ├── DatabaseConnectionError      no connection, or it was lost
│   ├── SerializationError           another transaction was faster: try again
│   ├── DeadlockError                likewise
│   └── QueryTimeoutError            (also a TimeoutError)
├── PoolTimeoutError                 no free connection in time (also a TimeoutError)
├── TransactionError
│   ├── TransactionAbortedError      a swallowed SQL error: nothing was committed
│   └── TransactionTimeoutError      (also a TimeoutError)
└── UnsupportedFeatureError          what this database cannot do
"""

from __future__ import annotations

from typing import Any, ClassVar

__all__ = [
    "CheckViolationError",
    "DatabaseConnectionError",
    "DatabaseError",
    "DeadlockError",
    "FieldError",
    "FieldLookupError",
    "FieldLookupValueError",
    "FieldValueError",
    "ForeignKeyViolationError",
    "IntegrityError",
    "ManagerError",
    "MultipleObjectsReturned",
    "NotFoundError",
    "NotNullViolationError",
    "OxydeError",
    "PoolTimeoutError",
    "QueryTimeoutError",
    "SerializationError",
    "TransactionAbortedError",
    "TransactionError",
    "TransactionTimeoutError",
    "UniqueViolationError",
    "UnsupportedFeatureError",
]


class OxydeError(Exception):
    """The base of every error of Oxyde.

    Attributes:
        hint: what to do about it, or None. It is part of ``str(error)``, on a line of its own.
        retryable: whether the same call may succeed when it is made again.
    """

    retryable: ClassVar[bool] = False

    def __init__(self, message: str = "", *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint

    def __str__(self) -> str:
        message = super().__str__()
        return f"{message}\nhint: {self.hint}" if self.hint else message


class FieldError(OxydeError):
    """A field or model that is declared or named wrongly."""


class FieldValueError(FieldError):
    """A value that does not fit its column (too long, too large, wrong type, NaN, NUL …)."""


class FieldLookupError(OxydeError):
    """A lookup that does not exist, or that the field's type does not take."""


class FieldLookupValueError(FieldLookupError):
    """A value that the lookup cannot take."""


class ManagerError(OxydeError):
    """A query that did not do what was asked.

    Attributes:
        model: the model that was asked, or None for raw SQL.
    """

    def __init__(
        self, message: str = "", *, model: type[Any] | None = None, hint: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.model = model


class NotFoundError(ManagerError):
    """No row is there."""


class MultipleObjectsReturned(ManagerError):
    """More than one row is there, where one was asked for."""


class IntegrityError(ManagerError):
    """The database refused a row.

    Attributes:
        constraint: name of the violated constraint, where the database tells it.
        table: the table.
        columns: the columns, possibly empty.
        code: the database's own code (SQLSTATE, MySQL error number or SQLite extended code).
    """

    def __init__(
        self,
        message: str = "",
        *,
        model: type[Any] | None = None,
        constraint: str | None = None,
        table: str | None = None,
        columns: tuple[str, ...] = (),
        code: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, model=model, hint=hint)
        self.constraint = constraint
        self.table = table
        self.columns = tuple(columns)
        self.code = code


class UniqueViolationError(IntegrityError):
    """A row with this key is there already."""


class ForeignKeyViolationError(IntegrityError):
    """The row referred to is not there, or rows still refer to this one."""


class NotNullViolationError(IntegrityError):
    """A column that needs a value has none."""


class CheckViolationError(IntegrityError):
    """A check constraint does not hold."""


class DatabaseError(OxydeError):
    """The database answered with an error that has no class of its own.

    Attributes:
        code: the database's own code (SQLSTATE, MySQL error number or SQLite extended code).
    """

    def __init__(
        self, message: str = "", *, code: str | None = None, hint: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.code = code


class DatabaseConnectionError(DatabaseError):
    """There is no connection: a wrong address, a refused login, a lost connection."""

    retryable = True


class SerializationError(DatabaseError):
    """Another transaction changed the same rows (SQLSTATE 40001): run the transaction again."""

    retryable = True


class DeadlockError(DatabaseError):
    """Two transactions wait for each other and this one was chosen to end (SQLSTATE 40P01)."""

    retryable = True


class QueryTimeoutError(DatabaseError, TimeoutError):
    """A statement ran longer than ``PoolSettings.query_timeout``, or the server cancelled it."""


class PoolTimeoutError(OxydeError, TimeoutError):
    """No connection became free within ``PoolSettings.acquire_timeout``."""

    retryable = True


class TransactionError(OxydeError):
    """A transaction that cannot go on."""


class TransactionAbortedError(TransactionError):
    """The block swallowed an SQL error, so the transaction was rolled back, not committed."""


class TransactionTimeoutError(TransactionError, TimeoutError):
    """The transaction ran longer than its timeout and was rolled back."""


class UnsupportedFeatureError(OxydeError):
    """What this database cannot do; refused before anything is sent."""
