"""Rows as a table of columns, for pyarrow and polars: no Python object is made for a cell.

Both libraries are optional, and imported only where they are asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from oxyde import _ir
from oxyde.exceptions import FieldError, OxydeError
from oxyde.queries.build_ir import build_select
from oxyde.queries.columns import DECIMAL, INTEGERS
from oxyde.queries.plans import entry_for
from oxyde.queries.reading import Reading
from oxyde.queries.rows import Cells, JoinTree
from oxyde.queries.scope import Builder
from oxyde.queries.shape import shape_of
from oxyde.queries.state import M, R

if TYPE_CHECKING:
    import polars
    import pyarrow

    from oxyde._core import ArrowRows, Recipe
    from oxyde.db.executor import Executor
    from oxyde.queries.state import QueryState

__all__ = ["Tabular"]

# Functions whose value is one of their arguments, or has no more digits than these.
_KEEP_SCALE = {"coalesce", "greatest", "least", "abs", "null_if"}


class Tabular(Reading[M, R]):
    """to_arrow and to_polars."""

    async def to_arrow(
        self, *, using: str | None = None, client: Executor | None = None
    ) -> pyarrow.Table:
        """The rows as a table of pyarrow (``pip install 'oxyde[arrow]'``).

        A column for each field and annotation, or for what values(), values_list() or select()
        name; of joined models as ``author__name``. Columns hold what the database does, not what
        the model's validators make of it. Their types come from the query, also for no rows:

        ========================  ==========================================================
        column                    Arrow
        ========================  ==========================================================
        integers                  int16, int32, int64 by the column's size
        float, bool               float64, bool
        Decimal                   decimal128 with the column's digits; utf8 where these are more
                                  than 38, or not known (a mean, a quotient, a field without
                                  ``decimal_places``)
        text, enums, IP, JSON     utf8: the label, the address, the document
        bytes                     binary
        date, time, timedelta     date32, time64[us], duration[us]
        datetime                  timestamp[us]; aware ones in UTC
        UUID                      fixed_size_binary(16), marked as ``arrow.uuid``
        arrays                    list
        ========================  ==========================================================

        Args:
            using: the database's name.
            client: a database or transaction, instead of a name.

        Raises:
            OxydeError: pyarrow is not installed.
            FieldValueError: a value does not fit its column's type (a decimal that is not a
                number, an integer that is too large).
        """
        arrow: Any = _library("pyarrow", "to_arrow()", "arrow")
        table: pyarrow.Table = arrow.table(await self._columns(self._executor(using, client)))
        return table

    async def to_polars(
        self, *, using: str | None = None, client: Executor | None = None
    ) -> polars.DataFrame:
        """The rows as a data frame of polars (``pip install 'oxyde[polars]'``); pyarrow is not
        needed. The columns are those of `to_arrow`; a UUID is its sixteen bytes.

        Args:
            using: the database's name.
            client: a database or transaction, instead of a name.

        Raises:
            OxydeError: polars is not installed.
            FieldValueError: as for `to_arrow`.
        """
        library: Any = _library("polars", "to_polars()", "polars")
        frame: polars.DataFrame = library.DataFrame(
            await self._columns(self._executor(using, client))
        )
        return frame

    async def _columns(self, executor: Executor) -> ArrowRows:
        self._check_run(executor)
        if self._prefetches:
            raise FieldError(
                "prefetch() loads relations of models, which a table has no place for",
                hint="leave it out, or name columns by their paths: values('author__name')",
            )
        values: list[Any] = []
        shape = ("arrow", shape_of(self, values))
        flavour = executor.flavour
        entry = entry_for(flavour, shape, lambda: _build(self, flavour), self._model)
        rows: ArrowRows = await entry.fetch(executor, values)
        return rows


def _library(name: str, verb: str, extra: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise OxydeError(
            f"{verb} needs {name}, which is not installed",
            hint=f"pip install 'oxyde[{extra}]'",
        ) from error


def _build(
    query: QueryState[Any, Any], flavour: str
) -> tuple[_ir.Statement, Builder, Recipe | None]:
    from oxyde._core import Recipe

    builder = Builder(flavour)
    built = build_select(query, builder)
    return {"select": built.select}, builder, Recipe.arrow(_named(built.cells))


def _named(cells: Cells) -> list[tuple[str, _ir.ColumnType | None]]:
    named: list[tuple[str, _ir.ColumnType | None]] = []
    if cells.kind == "model":
        named += [(name, None) for name in cells.fields]
        for join in cells.joins:
            named += _joined(join, "")
    for name, typed in cells.list:
        scale = scale_of(typed.ir) if typed.type == DECIMAL else None
        exact = None if scale is None else {"decimal": {"precision": None, "scale": scale}}
        named.append((name, exact))
    return named


def _joined(join: JoinTree, prefix: str) -> list[tuple[str, _ir.ColumnType | None]]:
    path = f"{prefix}{join.attribute}__"
    named: list[tuple[str, _ir.ColumnType | None]] = [
        (f"{path}{name}", None) for name in join.fields
    ]
    for child in join.children:
        named += _joined(child, path)
    return named


def scale_of(expression: _ir.Expr) -> int | None:
    """The most digits that a decimal expression has after the point, where that is certain.

    A sum has as many as what is summed; a product as many as its factors together.
    """
    if isinstance(expression, str):
        return None
    kind, parts = next(iter(expression.items()))
    if kind == "literal":
        return 0 if isinstance(parts, dict) and "int" in parts else None
    if kind == "aggregate" and parts["name"] in ("sum", "min", "max"):
        return scale_of(parts["arguments"][0])
    if kind == "function" and parts["name"] in _KEEP_SCALE:
        return _most([scale_of(argument) for argument in parts["arguments"]])
    if kind == "case":
        branches = [when["then"] for when in parts["whens"]]
        branches += [] if parts["otherwise"] is None else [parts["otherwise"]]
        return _most([scale_of(branch) for branch in branches])
    if kind == "binary":
        scales = [scale_of(parts["left"]), scale_of(parts["right"])]
        if parts["op"] in ("add", "subtract"):
            return _most(scales)
        known = [scale for scale in scales if scale is not None]
        return sum(known) if parts["op"] == "multiply" and len(known) == 2 else None
    if kind in ("column", "param", "cast"):
        column_type: _ir.ColumnType = parts["type"]
        if isinstance(column_type, str):
            return 0 if column_type in INTEGERS else None
        # A value beside a column may have more digits than it.
        scale: int | None = column_type.get("decimal", {}).get("scale")
        return None if kind == "param" else scale
    return None


def _most(scales: list[int | None]) -> int | None:
    known = [scale for scale in scales if scale is not None]
    return max(known) if known and len(known) == len(scales) else None
