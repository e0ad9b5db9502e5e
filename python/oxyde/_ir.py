"""The mirror of the typed statements in `oxyde-sql/src/ir`: shapes of dicts, no logic.

An enum without data is a string, one with data is a dict of one entry; every field of a struct
is there, also when it is None. The shared cases in `oxyde-sql/tests/ir` hold both sides to it.
"""

from __future__ import annotations

from typing import Any, Final, Literal, TypeAlias, TypedDict

IR_VERSION: Final = 1

# "big_int", {"varchar": {"length": 20}}, {"decimal": {"precision": 10, "scale": 2}} …
ColumnType: TypeAlias = str | dict[str, Any]
# One entry: column, param, literal, binary, function, aggregate, case, cast, json_path,
# subquery, predicate, window or raw.
Expr: TypeAlias = dict[str, Any]
# One entry: and, or, xor, not, lookup, exists, in_select, in_rows or expr.
Predicate: TypeAlias = dict[str, Any]
# "all", or {"where": Predicate}.
Scope: TypeAlias = str | dict[str, Predicate]
# "all", "rows", or {"on": [Expr]}.
Distinct: TypeAlias = str | dict[str, list[Expr]]
# {"table": Table}, or {"subquery": {"select": Select, "alias": str}}.
Source: TypeAlias = dict[str, Any]
# One entry: select, insert, update, bulk_update or delete.
Statement: TypeAlias = dict[str, Any]
# "row", "rows", or {"select": Select}.
InsertSource: TypeAlias = str | dict[str, Any]
# "any", or {"columns": [str]}.
ConflictTarget: TypeAlias = str | dict[str, list[str]]
# "nothing", or {"update": {...}}.
ConflictAction: TypeAlias = str | dict[str, Any]

BinaryOp: TypeAlias = Literal[
    "add",
    "subtract",
    "multiply",
    "divide",
    "floor_divide",
    "modulo",
    "power",
    "concat",
    "bit_and",
    "bit_or",
]
SetOperator: TypeAlias = Literal["union", "union_all", "intersect", "except"]


class Message(TypedDict):
    """What crosses the border."""

    version: int
    statement: Statement


class Table(TypedDict):
    """A table under an alias."""

    schema: str | None
    name: str
    alias: str


class Output(TypedDict):
    """One column of the answer."""

    expr: Expr
    name: str


class Order(TypedDict):
    """One term of an order."""

    expr: Expr
    direction: Literal["asc", "desc"]
    nulls: Literal["first", "last"] | None


class Join(TypedDict):
    """A joined table."""

    kind: Literal["inner", "left"]
    source: Source
    on: Predicate


class Lock(TypedDict):
    """Row locks."""

    strength: Literal["update", "share"]
    wait: Literal["wait", "no_wait", "skip_locked"]
    of: list[str]


class Compound(TypedDict):
    """A further query of a compound."""

    operator: SetOperator
    select: Select


class Cte(TypedDict):
    """A common table expression."""

    name: str
    columns: list[str]
    recursive: bool
    select: Select


# `from` is a keyword of Python.
_From = TypedDict("_From", {"from": Source | None})


class Select(_From):
    """`SELECT`."""

    ctes: list[Cte]
    joins: list[Join]
    outputs: list[Output]
    distinct: Distinct
    filter: Predicate | None
    group_by: list[Expr]
    having: Predicate | None
    compounds: list[Compound]
    order_by: list[Order]
    limit: Expr | None
    offset: Expr | None
    lock: Lock | None


class SearchIndex(TypedDict):
    """The full-text index that a search goes by."""

    name: str
    table: str
    key: str | None


class Search(TypedDict):
    """A full-text search; `gives` is "found" or {"rank": [weight, …]}."""

    columns: list[Expr]
    query: Expr
    form: str
    config: str
    index: SearchIndex | None
    gives: str | dict[str, list[float]]


class InsertColumn(TypedDict):
    """A column that is written."""

    name: str
    type: ColumnType


class Assignment(TypedDict):
    """One item of `SET`."""

    column: InsertColumn
    value: Expr


class Conflict(TypedDict):
    """The upsert clause."""

    target: ConflictTarget
    action: ConflictAction


class Insert(TypedDict):
    """`INSERT`."""

    table: Table
    columns: list[InsertColumn]
    source: InsertSource
    conflict: Conflict | None
    returning: list[Output]


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
