"""Every error that Oxyde raises.

OxydeError
├── FieldError                       a field or model that is declared or named wrongly
│   └── FieldValueError              a value that does not fit its column
├── FieldLookupError                 an unknown or unfit lookup
│   └── FieldLookupValueError        a value that the lookup cannot take
│       └── CursorError              a cursor of a page that does not fit the query
├── ManagerError                     a query that did not do what was asked
│   ├── NotFoundError
│   ├── MultipleObjectsReturned
│   ├── StaleObjectError             a row that others changed since it was read (Meta.version)
│   └── IntegrityError               the database refused a row
│       ├── UniqueViolationError
│       ├── ForeignKeyViolationError
│       ├── NotNullViolationError
│       └── CheckViolationError
├── DatabaseError                    the database answered with any other error
│   ├── DatabaseConnectionError      no connection, or it was lost
│   │   ├── OutcomeUnknownError      … after a write was sent: it may be stored
│   │   ├── TooManyConnectionsError  the server accepts no further one
│   │   └── NodeNotReadyError        a node of a cluster that has lost the majority
│   ├── SerializationError           another transaction was faster: try again
│   ├── DeadlockError                likewise
│   ├── LockTimeoutError             another transaction holds the lock
│   ├── ReadOnlyError                the database or transaction is read-only
│   └── QueryTimeoutError            (also a TimeoutError)
├── PoolTimeoutError                 no free connection in time (also a TimeoutError)
├── TenantNotFoundError              a tenant without a schema or database of its own
├── TransactionError
│   ├── TransactionAbortedError      a swallowed SQL error: nothing was committed
│   └── TransactionTimeoutError      (also a TimeoutError)
├── NPlusOneError                a statement that is repeated for each row (db.detect_n_plus_one)
├── RowValidationError               a stored row that its model refuses (also a ValueError)
└── UnsupportedFeatureError          what this database cannot do
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

    from oxyde.observe.place import Place

__all__ = [
    "CheckViolationError",
    "CursorError",
    "DatabaseConnectionError",
    "DatabaseError",
    "DeadlockError",
    "FieldError",
    "FieldLookupError",
    "FieldLookupValueError",
    "FieldValueError",
    "ForeignKeyViolationError",
    "IntegrityError",
    "LockTimeoutError",
    "ManagerError",
    "MultipleObjectsReturned",
    "NPlusOneError",
    "NodeNotReadyError",
    "NotFoundError",
    "NotNullViolationError",
    "OutcomeUnknownError",
    "OxydeError",
    "PoolTimeoutError",
    "QueryTimeoutError",
    "ReadOnlyError",
    "RowValidationError",
    "SerializationError",
    "StaleObjectError",
    "StaleRow",
    "TenantNotFoundError",
    "TooManyConnectionsError",
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
        retryable: whether nothing was done and the same call, or the same transaction, may succeed
            when it is made again.
        sqlstate: the SQLSTATE that the database reported, or None.
        host: the host of the database that it is about, or None.
        statement: the SQL of the statement that failed, or None. User values are not in it, except
            in raw SQL that contains them.
        place: the line of the code outside of Oxyde that asked for it, or None. Tracebacks show
            both below the error (Python 3.11).
    """

    retryable: bool = False
    sqlstate: str | None = None
    host: str | None = None
    statement: str | None = None
    place: Place | None = None

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


class CursorError(FieldLookupValueError):
    """A cursor of a page that is damaged, or of another model or order than the query's."""


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


class StaleRow(NamedTuple):
    """A row whose version (`Meta.version`) is not the expected one.

    Attributes:
        key: its primary key by field.
        expected: the version that it was read with.
        found: the version that it has now; None if the row is gone.
    """

    key: dict[str, Any]
    expected: int
    found: int | None


class StaleObjectError(ManagerError):
    """A row was changed, or deleted, since it was read, so that writing it would undo what others
    did. Nothing was written. A block that reads the row again may run again: see
    ``@atomic(retries=…)``.

    Attributes:
        rows: the stale rows; several for `bulk_update`.
    """

    retryable = True

    def __init__(
        self,
        message: str = "",
        *,
        rows: Iterable[StaleRow],
        model: type[Any] | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, model=model, hint=hint)
        self.rows = tuple(rows)

    @property
    def key(self) -> dict[str, Any]:
        """The primary key of the (first) row, by field."""
        return self.rows[0].key

    @property
    def expected(self) -> int:
        """The version that it was read with."""
        return self.rows[0].expected

    @property
    def found(self) -> int | None:
        """The version that it has now; None if the row is gone."""
        return self.rows[0].found


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
        model: the model of the query, or None for raw SQL.
    """

    model: type[Any] | None = None

    def __init__(
        self, message: str = "", *, code: str | None = None, hint: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.code = code


class DatabaseConnectionError(DatabaseError):
    """There is no connection: a wrong address, a refused login, a lost connection."""

    retryable = True


class OutcomeUnknownError(DatabaseConnectionError):
    """The connection was lost, or the task was cancelled, after a COMMIT, or a write outside a
    transaction, was sent and before the server answered: the changes may be stored or not.

    Attributes:
        ask_server: what `outcome()` calls, or None.
    """

    retryable = False

    def __init__(
        self, message: str = "", *, code: str | None = None, hint: str | None = None
    ) -> None:
        super().__init__(message, code=code, hint=hint)
        self.ask_server: (
            Callable[[], Awaitable[Literal["committed", "aborted", "in progress"] | None]] | None
        ) = None

    async def outcome(self) -> Literal["committed", "aborted", "in progress"] | None:
        """What the server says about the block whose COMMIT was not answered, over another
        connection; None if it cannot be known: without ``PoolSettings.pg_commit_outcome``, on
        other databases than PostgreSQL, for a write outside a block, or much later.

        Raises:
            DatabaseConnectionError: the server cannot be reached.
        """
        return None if self.ask_server is None else await self.ask_server()


class TooManyConnectionsError(DatabaseConnectionError):
    """The server, the database or the user has as many connections as it may have."""


class NodeNotReadyError(DatabaseConnectionError):
    """The node does not belong to the majority of its Galera cluster, and refuses all work."""


class SerializationError(DatabaseError):
    """Another transaction changed the same rows (SQLSTATE 40001): run the transaction again."""

    retryable = True


class DeadlockError(DatabaseError):
    """Two transactions wait for each other and this one was chosen to end (SQLSTATE 40P01)."""

    retryable = True


class LockTimeoutError(DatabaseError):
    """A lock was not available in time, or at once with ``nowait``."""

    retryable = True


class ReadOnlyError(DatabaseError):
    """The database, file or transaction is read-only.

    It is retryable if the server was, or others of its pool were, the primary before: the pool
    closes connections to it, and another attempt finds the new primary.
    """


class QueryTimeoutError(DatabaseError, TimeoutError):
    """A statement ran longer than ``PoolSettings.query_timeout``, or the server cancelled it."""


class PoolTimeoutError(OxydeError, TimeoutError):
    """No connection became free within ``PoolSettings.acquire_timeout``."""

    retryable = True


class TenantNotFoundError(OxydeError):
    """A tenant that has no schema (`db.tenant`) or no database (`db.Pools`).

    Attributes:
        tenant: the name of the tenant.
    """

    def __init__(self, message: str = "", *, tenant: str = "", hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.tenant = tenant


class TransactionError(OxydeError):
    """A transaction that cannot go on."""


class TransactionAbortedError(TransactionError):
    """The block swallowed an SQL error, so the transaction was rolled back, not committed."""


class TransactionTimeoutError(TransactionError, TimeoutError):
    """The transaction ran longer than its timeout and was rolled back."""


class NPlusOneError(OxydeError):
    """A statement ran again and again, with another key each time (see `detect_n_plus_one`)."""


class RowValidationError(OxydeError, ValueError):
    """A row that is stored, and that its model refuses while it is read.

    Attributes:
        model: the model.
        key: the primary key of the row by field; empty where it was not loaded.
        validation_error: what Pydantic says, which is also the ``__cause__``.
    """

    def __init__(
        self,
        message: str = "",
        *,
        model: type[Any],
        key: Mapping[str, Any],
        validation_error: ValidationError,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.model = model
        self.key = dict(key)
        self.validation_error = validation_error

    def errors(self) -> list[ErrorDetails]:
        """What is wrong, value by value, as ``ValidationError.errors()`` has it."""
        return self.validation_error.errors()


class UnsupportedFeatureError(OxydeError):
    """What this database cannot do; refused before anything is sent."""
