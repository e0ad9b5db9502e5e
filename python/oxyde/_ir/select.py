"""Expressions, conditions and queries, each of which may hold the others."""

from __future__ import annotations

from typing import Literal, TypeAlias, final

from typing_extensions import TypedDict

from oxyde._ir.column_types import ColumnType

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
JoinKind: TypeAlias = Literal["inner", "left", "lateral"]
Direction: TypeAlias = Literal["asc", "desc"]
Nulls: TypeAlias = Literal["first", "last"]
LockStrength: TypeAlias = Literal["update", "share"]
LockWait: TypeAlias = Literal["wait", "no_wait", "skip_locked"]
FrameUnit: TypeAlias = Literal["rows", "range", "groups"]
SearchForm: TypeAlias = Literal["plain", "any", "phrase", "websearch", "raw"]


class Column(TypedDict):
    """A column of a table in scope, by the table's alias."""

    table: str
    name: str
    type: ColumnType


@final
class ColumnExpr(TypedDict):
    """A column."""

    column: Column


class Param(TypedDict):
    """A position in the list of values; the type of a list is that of its items."""

    index: int
    type: ColumnType
    list: bool


@final
class ParamExpr(TypedDict):
    """A value that comes with each run."""

    param: Param


# Named by the types that they hold.
class BoolLiteral(TypedDict):
    bool: bool


class IntLiteral(TypedDict):
    int: int


@final
class LiteralExpr(TypedDict):
    """A constant that is part of the shape."""

    literal: Literal["null", "default"] | BoolLiteral | IntLiteral


class Binary(TypedDict):
    """An operator between two values."""

    op: BinaryOp
    left: Expr
    right: Expr
    type: ColumnType


@final
class BinaryExpr(TypedDict):
    """`left op right`."""

    binary: Binary


class Function(TypedDict):
    """A function by its name in the table of functions."""

    name: str
    arguments: list[Expr]
    type: ColumnType


@final
class FunctionExpr(TypedDict):
    """A call of a function."""

    function: Function


class Aggregate(TypedDict):
    """An aggregate by its name in the table of aggregates."""

    name: str
    arguments: list[Expr]
    distinct: bool
    filter: Predicate | None
    order_by: list[Order]
    type: ColumnType


@final
class AggregateExpr(TypedDict):
    """A value of a group of rows."""

    aggregate: Aggregate


class When(TypedDict):
    """One branch of a `CASE`."""

    condition: Predicate
    then: Expr


class Case(TypedDict):
    """The branches in order."""

    whens: list[When]
    otherwise: Expr | None
    type: ColumnType


@final
class CaseExpr(TypedDict):
    """`CASE WHEN … END`."""

    case: Case


class Cast(TypedDict):
    """What is converted, and to what."""

    operand: Expr
    type: ColumnType


@final
class CastExpr(TypedDict):
    """`CAST(… AS …)`."""

    cast: Cast


@final
class PathKey(TypedDict):
    """A member of a JSON object."""

    key: str


@final
class PathIndex(TypedDict):
    """An item of a JSON array, from 0."""

    index: int


class Member(TypedDict):
    """A number that the container decides about: a key or an index."""

    number: int
    list: bool


@final
class PathMember(TypedDict):
    """A step that the container decides about."""

    member: Member


PathItem: TypeAlias = PathKey | PathIndex | PathMember


class JsonPath(TypedDict):
    """The document, the way into it, and what the part is read as."""

    operand: Expr
    path: list[PathItem]
    type: ColumnType


@final
class JsonPathExpr(TypedDict):
    """A part of a JSON document."""

    json_path: JsonPath


class Subquery(TypedDict):
    """A query with one output."""

    select: Select
    type: ColumnType


@final
class SubqueryExpr(TypedDict):
    """A scalar subquery."""

    subquery: Subquery


@final
class PredicateExpr(TypedDict):
    """A predicate as a value."""

    predicate: Predicate


@final
class Preceding(TypedDict):
    """That many before the current row."""

    preceding: int


@final
class Following(TypedDict):
    """That many after the current row."""

    following: int


FrameBound: TypeAlias = (
    Literal["unbounded_preceding", "current_row", "unbounded_following"] | Preceding | Following
)


class Frame(TypedDict):
    """The rows of a window that a function sees."""

    unit: FrameUnit
    start: FrameBound
    end: FrameBound


class Window(TypedDict):
    """A window function or an aggregate, and what it runs over."""

    function: Expr
    partition_by: list[Expr]
    order_by: list[Order]
    frame: Frame | None


@final
class WindowExpr(TypedDict):
    """`function OVER (…)`."""

    window: Window


class SearchIndex(TypedDict):
    """The full-text index that a search goes by."""

    name: str
    table: str
    key: str | None


@final
class Rank(TypedDict):
    """How well a row fits, with a weight per column, or none."""

    rank: list[float]


class Search(TypedDict):
    """Columns, and what is searched for in them."""

    columns: list[Expr]
    query: Expr
    form: SearchForm
    config: str
    index: SearchIndex | None
    gives: Literal["found"] | Rank


@final
class SearchExpr(TypedDict):
    """A full-text search."""

    search: Search


@final
class RawText(TypedDict):
    """SQL that is sent as it is."""

    text: str


@final
class RawExpr(TypedDict):
    """An expression in the user's SQL."""

    expr: Expr


@final
class RawName(TypedDict):
    """A name that is quoted as an identifier."""

    name: str


RawPart: TypeAlias = RawText | RawName | RawExpr


class Raw(TypedDict):
    """SQL and expressions in order."""

    parts: list[RawPart]
    type: ColumnType


@final
class RawSqlExpr(TypedDict):
    """SQL that the user wrote."""

    raw: Raw


Expr: TypeAlias = (
    ColumnExpr
    | ParamExpr
    | LiteralExpr
    | BinaryExpr
    | FunctionExpr
    | AggregateExpr
    | CaseExpr
    | CastExpr
    | JsonPathExpr
    | SubqueryExpr
    | PredicateExpr
    | WindowExpr
    | SearchExpr
    | RawSqlExpr
)


# `and`, `or` and `not` are keywords of Python.
_And = TypedDict("_And", {"and": "list[Predicate]"})
_Or = TypedDict("_Or", {"or": "list[Predicate]"})
_Not = TypedDict("_Not", {"not": "Predicate"})


class _Unless(TypedDict):
    unless: Predicate


@final
class And(_And):
    """All hold; true when empty."""


@final
class Or(_Or):
    """At least one holds; false when empty."""


@final
class Xor(TypedDict):
    """An odd number of them holds."""

    xor: list[Predicate]


@final
class Not(_Not):
    """It does not hold; NULL counts as "does not hold"."""


@final
class Unless(_Unless):
    """The negation of a condition that is never NULL."""


class Lookup(TypedDict):
    """A lookup by its name, what is looked at, and what it is compared with."""

    name: str
    operand: Expr
    arguments: list[Expr]


@final
class LookupPredicate(TypedDict):
    """A comparison."""

    lookup: Lookup


@final
class Exists(TypedDict):
    """Rows exist."""

    exists: Select


class InSelect(TypedDict):
    """What is looked for, and a query with one output."""

    operand: Expr
    select: Select


@final
class InSelectPredicate(TypedDict):
    """The operand is one of the rows of a query."""

    in_select: InSelect


class InRows(TypedDict):
    """Columns, and a list param for each."""

    operands: list[Expr]
    lists: list[Expr]


@final
class InRowsPredicate(TypedDict):
    """Several columns equal one of the rows of a list."""

    in_rows: InRows


@final
class ExprPredicate(TypedDict):
    """A boolean expression by itself."""

    expr: Expr


Predicate: TypeAlias = (
    And
    | Or
    | Xor
    | Not
    | Unless
    | LookupPredicate
    | Exists
    | InSelectPredicate
    | InRowsPredicate
    | ExprPredicate
)


class Table(TypedDict):
    """A table under an alias."""

    schema: str | None
    name: str
    alias: str


@final
class TableSource(TypedDict):
    """A table, or a CTE by name."""

    table: Table


class Derived(TypedDict):
    """A query under an alias."""

    select: Select
    alias: str


@final
class DerivedSource(TypedDict):
    """A derived table."""

    subquery: Derived


Source: TypeAlias = TableSource | DerivedSource


class Output(TypedDict):
    """One column of the answer."""

    expr: Expr
    name: str


class Order(TypedDict):
    """One term of an order."""

    expr: Expr
    direction: Direction
    nulls: Nulls | None
    indexed: bool


class Join(TypedDict):
    """A joined table."""

    kind: JoinKind
    source: Source
    on: Predicate


class Lock(TypedDict):
    """Row locks."""

    strength: LockStrength
    wait: LockWait
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


@final
class DistinctOn(TypedDict):
    """The first row for each value of these."""

    on: list[Expr]


Distinct: TypeAlias = Literal["all", "rows"] | DistinctOn

# `from` is a keyword of Python.
_From = TypedDict("_From", {"from": "Source | None"})


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
