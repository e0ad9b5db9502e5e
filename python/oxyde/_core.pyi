"""The Rust core. Private: `oxyde.db`, `oxyde.queries` and `oxyde.models` are its only callers."""

from asyncio import Future
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar, final, type_check_only

from typing_extensions import CapsuleType, disjoint_base

T = TypeVar("T")

ColumnType = str | Mapping[str, Any]
"""A column type as it stands in the IR: `"big_int"`, `{"varchar": {"length": 20}}`."""

__version__: str
IR_VERSION: int
LOOKUPS: list[dict[str, Any]]
FUNCTIONS: list[dict[str, Any]]
AGGREGATES: list[dict[str, Any]]

def features(flavour: str) -> dict[str, bool]: ...
def grouped(rows: list[Any], field: str) -> dict[Any, list[Any]]:
    """Instances by the value of one of their fields."""

def attach(
    owners: list[Any], local: str, attribute: str, groups: dict[Any, list[Any]], many: bool
) -> None:
    """Put the group of each owner's key under an attribute of it."""

def compile(ir: bytes, flavour: str, labels: Sequence[tuple[str, bool]]) -> Plan:
    """Compile an IR message to a plan.

    `labels` names each param for errors ("User.age") and says whether it belongs to a lookup
    (its error is then a FieldLookupValueError, else a FieldValueError).
    """

def create_tables_sql(schema: bytes, flavour: str) -> list[str]: ...
def drop_tables_sql(schema: bytes, flavour: str) -> list[str]: ...
def models_source(schema: bytes, flavour: str) -> str:
    """Python source with a model for each table."""

@type_check_only
class _Host(Protocol):
    """What `run_cli` asks of Python. Called on a thread of the command."""

    def out(self, text: str) -> None: ...
    def err(self, text: str) -> None: ...
    def is_terminal(self) -> bool: ...
    def ask(self, question: str) -> str | None: ...
    def models(self, modules: list[str], root: Path) -> str:
        """The models' schema as a JSON document."""

    def run_step(self, function: str, schema: bytes, transaction: Transaction, root: Path) -> None:
        """Run `module:function` inside the migration's transaction."""

def run_cli(arguments: Sequence[str], host: _Host) -> int:
    """Run the `oxyde` command and give its exit code; 130 when Ctrl-C ended it."""

def setting_names() -> list[str]:
    """The names of all pool settings that the driver knows."""

def record_stages() -> None:
    """Sum up the time of each stage of a query, from now on until the process ends."""

def take_stages() -> dict[str, tuple[float, int]]:
    """For each stage, seconds and how often it was gone through since the last call."""

def after_fork_in_child() -> None:
    """Called by Python in a forked child: the parent's threads and sockets are left alone."""

@final
class Plan:
    @property
    def sql(self) -> str: ...
    @property
    def flavour(self) -> str: ...
    @property
    def writes(self) -> bool: ...
    @property
    def returns_rows(self) -> bool: ...
    def parameters(self, values: Sequence[Any]) -> list[Any]:
        """The values as they are bound, in the order of the placeholders (for `Query.sql()`)."""

@final
class Recipe:
    """How rows become Python values; built by `oxyde.models.recipe` only.

    A cell is `(step, argument, check, nullable, mutable)`, see `oxyde.models.cells`.
    """

    @staticmethod
    def models(description: Mapping[str, Any]) -> Recipe: ...
    @staticmethod
    def related(description: Mapping[str, Any], source: Any) -> Recipe: ...
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
        """Arrow columns: the name of each, and its type where the plan's is not exact enough."""

    def hydrate(
        self,
        types: Sequence[ColumnType],
        rows: Sequence[Sequence[Any]],
        database: str | None = None,
    ) -> Any:
        """Rows of Python values, hydrated as if a database had answered with them."""

@final
class Rows:
    """The values of many rows, read from instances."""

    def __len__(self) -> int: ...

@final
class Inserting:
    """How instances of a model become rows of the same columns; built by `oxyde.models` only.

    `given` are the fields that are written: name, what makes the bound value, and whether None
    would leave it to the database; `links` are the relations and their columns.
    """

    def __new__(
        cls,
        model: type[Any],
        given: list[tuple[str, Callable[[Any], Any] | None, bool]],
        absent: list[str],
        links: list[tuple[str, str]],
    ) -> Inserting: ...
    def rows(self, instances: list[Any]) -> Rows | None:
        """The rows of all instances; None when one of them is not like the others."""

    def stored(
        self,
        instances: list[Any],
        names: tuple[str, ...],
        rows: list[Any],
        state: object,
        untouched: object,
    ) -> None:
        """Note that instances, which `rows` took, were written."""

@final
class Operation(Generic[T]):
    """Work under way in Rust, for the event loop that was running when it was started."""

    @property
    def future(self) -> Future[T]: ...
    def cancel(self) -> Future[None]:
        """Stop the work on the server; the future is done when nothing more can happen."""

@final
class RawRows:
    @property
    def columns(self) -> list[str]: ...
    def __len__(self) -> int: ...
    def dicts(self) -> list[dict[str, Any]]: ...
    def hydrate(self, recipe: Recipe) -> Any: ...

@final
class ArrowRows:
    """Columns by the Arrow PyCapsule protocol."""

    def __len__(self) -> int: ...
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> CapsuleType: ...

@final
class Cursor:
    def next(self) -> Operation[Any]:
        """The next rows; fewer than a chunk are the last."""

    def close(self) -> Operation[None]:
        """Give the connection back. Released without it, the same happens in the background."""

@final
class Listener:
    def next(self) -> Operation[tuple[str, str, int] | None]:
        """The next notification: channel, payload, the sender's process. None after a gap."""

    def close(self) -> Operation[None]:
        """Close the connection; whoever waits gets an error."""

@disjoint_base
class Executor:
    """The verbs that a pool and a transaction share."""

    @property
    def flavour(self) -> str: ...
    def fetch(self, plan: Plan, values: Sequence[Any], recipe: Recipe) -> Operation[Any]: ...
    def open_cursor(
        self, plan: Plan, values: Sequence[Any], recipe: Recipe, chunk: int
    ) -> Operation[Cursor]: ...
    def execute(self, plan: Plan, values: Sequence[Any]) -> Operation[tuple[int, int | None]]:
        """(rows affected, last insert id)."""

    def bulk(
        self,
        plan: Plan,
        rows: Rows | Sequence[Sequence[Any]],
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
    def listen(self, channels: Sequence[str]) -> Operation[Listener]: ...
    def begin(self, isolation: str | None, read_only: bool) -> Operation[Transaction]: ...
    def close(self) -> Operation[None]: ...
    def status(self) -> dict[str, int]: ...

@final
class Transaction(Executor):
    def savepoint(self, name: str) -> Operation[None]: ...
    def release(self, name: str) -> Operation[None]: ...
    def rollback_to(self, name: str) -> Operation[None]: ...
    def commit(self) -> Operation[None]: ...
    def rollback(self) -> Operation[None]: ...
    def abandon(self) -> None:
        """Close the connection without waiting (an abandoned block); the server rolls back."""
