"""The Rust core. Private: `oxyde.db`, `oxyde.queries` and `oxyde.models` are its only callers."""

from asyncio import Future
from collections.abc import Sequence
from typing import Any, Generic, TypeVar

T = TypeVar("T")

__version__: str
IR_VERSION: int
LOOKUPS: list[dict[str, Any]]
FUNCTIONS: list[dict[str, Any]]
AGGREGATES: list[dict[str, Any]]

def features(flavour: str) -> dict[str, bool]: ...
def compile(ir: bytes, flavour: str, labels: Sequence[tuple[str, bool]]) -> Plan:
    """Compile an IR message to a plan.

    `labels` names each param for errors ("User.age") and says whether it belongs to a lookup
    (its error is then a FieldLookupValueError, else a FieldValueError).
    """

def create_tables_sql(schema: bytes, flavour: str) -> list[str]: ...
def drop_tables_sql(schema: bytes, flavour: str) -> list[str]: ...
def models_source(schema: bytes, flavour: str) -> str:
    """Python source with a model for each table."""

def run_cli(arguments: Sequence[str], host: Any) -> int: ...
def after_fork_in_child() -> None: ...

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

class Recipe:
    """How rows become Python values; built by `oxyde.models.recipe` only."""

class Operation(Generic[T]):
    """Work under way in Rust, for the event loop that was running when it was started."""

    @property
    def future(self) -> Future[T]: ...
    def cancel(self) -> Future[None]:
        """Stop the work on the server; the future is done when nothing more can happen."""

class RawRows:
    @property
    def columns(self) -> list[str]: ...
    def dicts(self) -> list[dict[str, Any]]: ...
    def hydrate(self, recipe: Recipe) -> list[Any]: ...

class _Executor:
    @property
    def flavour(self) -> str: ...
    def fetch(self, plan: Plan, values: Sequence[Any], recipe: Recipe) -> Operation[Any]: ...
    def execute(self, plan: Plan, values: Sequence[Any]) -> Operation[tuple[int, int | None]]:
        """(rows affected, last insert id)."""

    def bulk(
        self, plan: Plan, rows: Sequence[Sequence[Any]], recipe: Recipe | None, batch_size: int | None
    ) -> Operation[tuple[int, list[Any] | None, list[int] | None]]:
        """(rows affected, hydrated RETURNING rows, generated ids). All rows or none."""

    def fetch_raw(
        self, sql: str, values: Sequence[Any], types: Sequence[tuple[str, Any]]
    ) -> Operation[RawRows]: ...
    def explain(self, plan: Plan, values: Sequence[Any], analyze: bool) -> Operation[str]: ...
    def script(self, statements: Sequence[str]) -> Operation[None]: ...

class Pool(_Executor):
    @staticmethod
    def open(url: str, name: str, settings: dict[str, Any]) -> Operation[Pool]: ...
    @property
    def server_version(self) -> str: ...
    def begin(self, isolation: str | None, read_only: bool) -> Operation[Transaction]: ...
    def close(self) -> Operation[None]: ...
    def status(self) -> dict[str, int]: ...

class Transaction(_Executor):
    def savepoint(self, name: str) -> Operation[None]: ...
    def release(self, name: str) -> Operation[None]: ...
    def rollback_to(self, name: str) -> Operation[None]: ...
    def commit(self) -> Operation[None]: ...
    def rollback(self) -> Operation[None]: ...
    def abandon(self) -> None:
        """Close the connection without waiting (an abandoned block); the server rolls back."""
