"""The Rust core. Private: `oxyde.db`, `oxyde.queries` and `oxyde.models` are its only callers."""

from asyncio import Future
from collections.abc import Callable, Coroutine, Generator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Generic, Protocol, TypeVar, final, type_check_only
from weakref import ReferenceType

from typing_extensions import CapsuleType, disjoint_base

from oxyde.exceptions import OutcomeUnknownError

T = TypeVar("T")

ColumnType = str | Mapping[str, Any]
"""A column type in the form of the IR: `"big_int"`, `{"varchar": {"length": 20}}`."""

__version__: str
IR_VERSION: int
MAX_DEPTH: int
COLUMN_TYPES: list[dict[str, Any]]
LOOKUPS: list[dict[str, Any]]
FUNCTIONS: list[dict[str, Any]]
AGGREGATES: list[dict[str, Any]]

@final
class Features:
    """What a server can do, in its version. A dialect and version have one object."""

    dialect: Final[str]
    """`postgres`, `sqlite`, `mysql` or `mariadb`."""
    version: Final[str | None]
    """The server's version (`8.0.36`); None for the newest."""
    aggregate_filter: Final[bool]
    computes_while_changing: Final[bool]
    conflict_target: Final[bool]
    counted_keys: Final[bool]
    decimal_nan: Final[bool]
    double_infinity: Final[bool]
    double_nan: Final[bool]
    exact_json_numbers: Final[bool]
    exists_per_row: Final[bool]
    full_text: Final[bool]
    inner_joins_lead: Final[bool]
    insert_returning: Final[bool]
    lateral: Final[bool]
    listen_notify: Final[bool]
    lock_of: Final[bool]
    nul_in_text: Final[bool]
    causal_statements: Final[bool]
    causal_transactions: Final[bool]
    ordered_returning: Final[bool]
    reads_while_changing: Final[bool]
    row_locks: Final[bool]
    sequential_assignments: Final[bool]
    transaction_settings: Final[bool]
    update_returning: Final[bool]

def features(dialect: str, version: str | None = None) -> Features:
    """Return the features of a server: of the newest if no version is given."""

@final
class Slices(Generic[T]):
    """Work on many rows, on the event loop's thread. `oxyde.db.slices` runs it.

    Work written in Python is a generator that yields where it can stop.
    """

    def __new__(cls, generator: Generator[None, None, T]) -> Slices[T]: ...
    def go(self) -> bool:
        """Continue as long as the loop can wait; return whether it is finished. If not, the loop
        needs a turn first."""

    def value(self) -> T:
        """Return the result, once; complete the remaining work first."""

def grouped(
    rows: list[Any], field: str, list: type[list[Any]] | None
) -> Slices[dict[Any, list[Any]]]:
    """Group instances by the value of one of their fields."""

def attach(
    owners: list[Any],
    local: str,
    attribute: str,
    groups: dict[Any, list[Any]],
    many: bool,
    list: type[list[Any]] | None,
) -> Slices[None]:
    """Assign the group of each owner's key to an attribute of the owner: a list of the class
    `list`, or the row itself."""

def compile(
    ir: bytes,
    features: Features,
    labels: Sequence[tuple[str, bool, bool]],
    subject: tuple[str, str] | None = None,
) -> Plan:
    """Compile an IR message to a plan for a server.

    `labels` contains each param's name in errors ("User.age"), whether it belongs to a lookup
    (its error is then a FieldLookupValueError, otherwise a FieldValueError), and whether its values
    are not shown in logs; `subject` the names of the model and its table.
    """

def present_tables_sql(schema: bytes, features: Features) -> tuple[str, str | None]:
    """Return the query for the existing objects of a schema, and the statement that locks out
    others who create tables."""

def create_tables_sql(
    schema: bytes, features: Features, present: Sequence[Sequence[str | None]]
) -> list[str]: ...
def drop_tables_sql(
    schema: bytes, features: Features, present: Sequence[Sequence[str | None]]
) -> list[str]: ...
def models_source(schema: bytes, dialect: str) -> str:
    """Return Python source with a model for each table."""

@type_check_only
class _Host(Protocol):
    """The methods that `run_cli` calls, on a thread of the command."""

    def out(self, text: str) -> None: ...
    def err(self, text: str) -> None: ...
    def is_terminal(self) -> bool: ...
    def ask(self, question: str) -> str | None: ...
    def models(self, modules: list[str], root: Path) -> str:
        """Return the models' schema as a JSON document."""

    def run_step(
        self,
        function: str,
        schema: bytes,
        transaction: Transaction,
        root: Path,
        keys: tuple[str, str, str, str] | None,
    ) -> None:
        """Run `module:function` inside the migration's transaction."""

    def stop_step(self) -> None:
        """Cancel the running steps."""

def run_cli(arguments: Sequence[str], host: _Host) -> int:
    """Run the `oxyde` command and return its exit code.

    A KeyboardInterrupt stops the running statement on the server; the exit code is then 128 and the
    signal's number, which is the exception's argument (SIGINT without one).
    """

def setting_names() -> list[str]:
    """Return the names of all pool settings of the driver."""

def record_stages() -> None:
    """Measure the stages of queries from now on, until the process ends."""

def take_stages() -> dict[str, tuple[float, int]]:
    """Return, for each stage, the seconds and the number of passes since the last call."""

def drive(coroutine: Coroutine[Any, Any, T], name: str | None = None) -> T:
    """Run a coroutine of Oxyde to its end in this thread, without an event loop: operations wait in
    place, without the GIL. `name` is the call's in errors.

    Raises:
        OxydeError: an event loop is running in this thread, or the coroutine awaits something that
            only an event loop can complete.
    """

def is_driven() -> bool:
    """Whether this thread runs a coroutine by `drive`."""

def block_running_loops(allowed: bool) -> None:
    """Whether `drive` may also run where an event loop is running, which it blocks."""

def after_fork_in_child() -> None:
    """Called by Python in a forked child, to abandon the parent's threads and sockets."""

@final
class Plan:
    @property
    def sql(self) -> str: ...
    def commented(self, text: str) -> Plan:
        """Return the plan with a comment at the end of its SQL."""

    def causal(self) -> Plan:
        """Return the plan that waits until its node has applied what the cluster has committed, for
        a server with `causal_statements`."""

    def bulk_sql(self, rows: int) -> str:
        """Return the text with which so many rows are sent at once, for logs."""

    @property
    def writes(self) -> bool: ...
    @property
    def returns_rows(self) -> bool: ...
    @property
    def subject(self) -> tuple[str, str] | None:
        """The names of the model and its table; None for statements that are about none."""

    @property
    def labels(self) -> list[str]:
        """The names of the params that the statement uses: ``User.age``."""

    def parameters(self, values: Sequence[Any], redacted: bool = False) -> list[Any]:
        """Return the bound values, in the order of the placeholders; if `redacted`, without those
        that are secret."""

    def bind_rows(self, rows: Rows | list[list[Any]], once: bool) -> Slices[BoundRows]:
        """Bind many rows, for `Executor.bulk`. Rows that are used `once` are released."""

@final
class BoundRows:
    """The bound values of many rows, to write once."""

    def __len__(self) -> int: ...

@final
class Recipe:
    """How to convert rows to Python values; built only by `oxyde.hydration.recipe`.

    A cell is `(step, argument, check, nullable, mutable)`, see `oxyde.hydration.cells`.
    """

    @staticmethod
    def models(description: Mapping[str, Any]) -> Recipe: ...
    @staticmethod
    def related(description: Mapping[str, Any], source: Any, list: type[list[Any]]) -> Recipe: ...
    @staticmethod
    def tuples(cells: list[Any]) -> Recipe: ...
    @staticmethod
    def dicts(entries: list[tuple[str, Any]]) -> Recipe: ...
    @staticmethod
    def objects(make: Callable[..., Any], cells: list[Any], names: list[str] | None) -> Recipe: ...
    @staticmethod
    def flat(cell: Any) -> Recipe: ...
    @staticmethod
    def scalar(cell: Any) -> Recipe: ...
    @staticmethod
    def arrow(columns: Sequence[tuple[str, ColumnType | None]]) -> Recipe:
        """Arrow columns: the name of each, and its type if the plan's is not exact enough."""

    @property
    def certain(self) -> bool:
        """Whether every row that the database can store is valid."""

    def hydrate(
        self,
        types: Sequence[ColumnType],
        rows: Sequence[Sequence[Any]],
        database: str | None = None,
    ) -> Any:
        """Hydrate rows of Python values, as if a database had returned them."""

@final
class Rows:
    """The values of many rows, read from instances."""

    def __len__(self) -> int: ...
    def part(self, chosen: list[int]) -> Rows:
        """Return some of the rows, by their positions."""

@final
class Inserting:
    """Converts instances of a model to rows with the same columns; built only by `oxyde.models`.

    `given` are the written fields: name, a function that returns the bound value, and whether None
    means the database's default; `links` are the relations, their columns, and the referenced
    fields of the other models, `far` the relations without a column.
    """

    def __new__(
        cls,
        model: type[Any],
        given: list[tuple[str, Callable[[Any], Any] | None, bool]],
        absent: list[str],
        links: list[tuple[str, str, str]],
        far: list[str],
    ) -> Inserting: ...
    def before(self, instances: list[Any]) -> tuple[list[ReferenceType[Any]], dict[int, Any]]:
        """Return weak references to instances, and the states of some of them, by position."""

    def rows(self, instances: list[Any]) -> Slices[Rows | None]:
        """Read the rows of all instances; None if one of them does not match the uniform case.
        The values of an instance are read together."""

    def stored(
        self,
        instances: list[Any],
        names: tuple[str, ...],
        rows: list[Any],
        state: object,
        untouched: object,
        assigned: Callable[[Any, set[str]], None],
    ) -> Slices[None]:
        """Record that the instances read by `rows` were written; call `assigned` for those that
        were assigned to meanwhile. Empties the list of rows."""

@final
class Operation(Generic[T]):
    """Running work in Rust, for the event loop that was running when it was started, or for a
    thread that runs a coroutine by `drive`."""

    @property
    def future(self) -> Future[T]:
        """What to await. In a thread without an event loop it can only be awaited, once."""

    @property
    def interrupted(self) -> bool:
        """Whether the exception of a signal handler ended the wait of a thread without a loop."""

    @property
    def waited(self) -> float:
        """How long it has waited for a connection of its pool, in seconds."""

    @property
    def host(self) -> str | None:
        """Which of several hosts has reported its error, or None."""

    def cancel(self) -> Future[OutcomeUnknownError | None]:
        """Cancel the work on the server; the future is done when nothing more can happen. Its
        result is the error, if it is not known whether the work took effect."""

    def stop(self) -> None:
        """Cancel the work on the server, without a future."""

    def __await__(self) -> Generator[Any, None, T]: ...
    def __next__(self) -> Any: ...

@final
class RawRows:
    @property
    def columns(self) -> list[str]: ...
    def __len__(self) -> int: ...
    def values(self, recipe: Recipe | None) -> Slices[list[Any]]:
        """Return the values of the rows: by a recipe, otherwise as dicts."""

@final
class ArrowRows:
    """Columns by the Arrow PyCapsule protocol."""

    def __len__(self) -> int: ...
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> CapsuleType: ...

@final
class Cursor:
    def next(self) -> Operation[Any]:
        """Return the next rows; if there are fewer than a chunk, they are the last."""

    def close(self) -> Operation[None]:
        """Release the connection. Without this call, it is released in the background."""

@final
class Listener:
    def next(self) -> Operation[tuple[str, str, int] | None]:
        """Return the next notification: channel, payload, sender's process. None after a gap."""

    def close(self) -> Operation[None]:
        """Close the connection; waiting calls get an error."""

@disjoint_base
class Executor:
    """The methods that pools and transactions share."""

    @property
    def features(self) -> Features: ...
    def fetch(self, plan: Plan, values: Sequence[Any], recipe: Recipe) -> Operation[Any]: ...
    def open_cursor(
        self, plan: Plan, values: Sequence[Any], recipe: Recipe, chunk: int
    ) -> Operation[Cursor]: ...
    def execute(self, plan: Plan, values: Sequence[Any]) -> Operation[tuple[int, int | None]]:
        """(rows affected, last insert id)."""

    def bulk(
        self,
        plan: Plan,
        rows: BoundRows | Rows | Sequence[Sequence[Any]],
        recipe: Recipe | None,
        batch_size: int | None,
    ) -> Operation[tuple[int, list[Any] | None, list[int] | None]]:
        """(rows affected, hydrated RETURNING rows, generated ids). All rows or none."""

    def fetch_raw(
        self, sql: str, values: Sequence[Any], types: Sequence[tuple[str, ColumnType]]
    ) -> Operation[RawRows]: ...
    def explain(self, plan: Plan, values: Sequence[Any], analyze: bool) -> Operation[str]: ...
    def script(self, statements: Sequence[str]) -> Operation[None]: ...

@final
class Pool(Executor):
    @staticmethod
    def open(url: str, name: str, settings: dict[str, Any]) -> Operation[Pool]: ...
    @property
    def server_version(self) -> str: ...
    @property
    def commit_outcome(self) -> bool:
        """Whether the ids of transactions are asked for before their COMMIT."""

    def listen(self, channels: Sequence[str]) -> Operation[Listener]: ...
    def begin(
        self, isolation: str | None, read_only: bool, causal: bool
    ) -> Operation[Transaction]: ...
    def close(self) -> Operation[None]: ...
    def status(self) -> dict[str, int]: ...
    def server(self) -> tuple[str, str] | None:
        """Return the host and the role of the server of the newest or last tested connection; None
        for a file, or before the first one."""

    def counters(self) -> dict[str, float]:
        """Return the maximum number of connections, and what the pool has done since it was
        opened."""

    def retried(self) -> dict[str, int]:
        """Return the statements that were repeated on another connection, by the error's code."""

    def watch(self, wanted: bool) -> None:
        """Keep events for `next_events` from now on, or no longer."""

    def next_events(self) -> Operation[list[tuple[str, float | None, str | None]] | None]:
        """Return the events since the last call (kind, seconds, message); wait until there is one.
        None when the pool is closed."""

@final
class Transaction(Executor):
    @property
    def committed(self) -> bool:
        """Whether the server confirmed the commit, even if the committing task was cancelled."""

    def savepoint(self, name: str) -> Operation[None]: ...
    def release(self, name: str) -> Operation[None]: ...
    def rollback_to(self, name: str) -> Operation[None]: ...
    def commit(self) -> Operation[None]: ...
    def rollback(self) -> Operation[None]: ...
    def abandon(self) -> None:
        """Close the connection without waiting (an abandoned block); the server rolls back."""
