"""What changes rows, and the statements as a whole."""

from __future__ import annotations

from typing import Literal, TypeAlias, final

from typing_extensions import TypedDict

from oxyde._ir.column_types import ColumnType
from oxyde._ir.select import Expr, Join, Output, Predicate, Select, Table


class InsertColumn(TypedDict):
    """A column that is written."""

    name: str
    type: ColumnType


class Assignment(TypedDict):
    """One item of `SET`."""

    column: InsertColumn
    value: Expr


@final
class ConflictColumns(TypedDict):
    """The unique key over these columns."""

    columns: list[str]


ConflictTarget: TypeAlias = Literal["any"] | ConflictColumns


class Change(TypedDict):
    """Columns that take the new row's values, further assignments, and where."""

    columns: list[str]
    assignments: list[Assignment]
    filter: Predicate | None


@final
class ConflictUpdate(TypedDict):
    """The row that is there changes."""

    update: Change


ConflictAction: TypeAlias = Literal["nothing"] | ConflictUpdate


class Conflict(TypedDict):
    """The upsert clause."""

    target: ConflictTarget
    action: ConflictAction


@final
class InsertSelect(TypedDict):
    """The rows of a query."""

    select: Select


InsertSource: TypeAlias = Literal["row", "rows"] | InsertSelect


class Insert(TypedDict):
    """`INSERT`."""

    table: Table
    columns: list[InsertColumn]
    source: InsertSource
    conflict: Conflict | None
    returning: list[Output]


@final
class Where(TypedDict):
    """The rows for which this holds."""

    where: Predicate


Scope: TypeAlias = Literal["all"] | Where


class Update(TypedDict):
    """`UPDATE`."""

    table: Table
    joins: list[Join]
    assignments: list[Assignment]
    scope: Scope
    returning: list[Output]


class BulkUpdate(TypedDict):
    """Many rows, each with values of its own."""

    table: Table
    keys: list[InsertColumn]
    columns: list[InsertColumn]
    assignments: list[Assignment]


class Delete(TypedDict):
    """`DELETE`."""

    table: Table
    scope: Scope
    returning: list[Output]


@final
class SelectStatement(TypedDict):
    """Read rows."""

    select: Select


@final
class InsertStatement(TypedDict):
    """Add rows."""

    insert: Insert


@final
class UpdateStatement(TypedDict):
    """Change rows."""

    update: Update


@final
class BulkUpdateStatement(TypedDict):
    """Change many rows, each to values of its own."""

    bulk_update: BulkUpdate


@final
class DeleteStatement(TypedDict):
    """Remove rows."""

    delete: Delete


Statement: TypeAlias = (
    SelectStatement | InsertStatement | UpdateStatement | BulkUpdateStatement | DeleteStatement
)


class Message(TypedDict):
    """What crosses the border."""

    version: int
    statement: Statement
