"""A query's rows as Arrow columns, and the libraries that use them."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from oxyde._core import Features, Recipe
from oxyde.exceptions import OxydeError
from oxyde.queries.compile.recipe import Cells, JoinTree
from oxyde.queries.compile.row_kind import RowKind
from oxyde.queries.compile.select import build_select
from oxyde.queries.compile.state import QueryState
from oxyde.queries.ir.scope import Builder
from oxyde.queries.types.column_types import DECIMAL, INTEGERS

if TYPE_CHECKING:
    from oxyde import _ir

__all__ = ["build_arrow", "library", "scale_of"]

# Functions that return one of their arguments, or a value without more digits.
_KEEP_SCALE = {"coalesce", "greatest", "least", "abs", "null_if"}


def library(name: str, verb: str, extra: str) -> Any:
    """Import an optional library for a method; `extra` installs it.

    Raises:
        OxydeError: it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise OxydeError(
            f"{verb} needs {name}, which is not installed",
            hint=f"pip install 'oxyde[{extra}]'",
        ) from error


def build_arrow(
    query: QueryState[Any, Any], features: Features
) -> tuple[_ir.Statement, Builder, Recipe | None]:
    """The statement for a query's own rows, with the recipe for columns."""
    builder = Builder(features)
    built = build_select(query, builder)
    return {"select": built.select}, builder, Recipe.arrow(_named(built.cells))


def _named(cells: Cells) -> list[tuple[str, _ir.ColumnType | None]]:
    named: list[tuple[str, _ir.ColumnType | None]] = []
    if cells.kind is RowKind.MODEL:
        named += [(name, None) for name in cells.fields]
        for join in cells.joins:
            named += _joined(join, "")
    for name, typed in cells.list:
        scale = scale_of(typed.ir) if typed.type == DECIMAL else None
        exact: _ir.ColumnType | None = None
        if scale is not None:
            exact = {"decimal": {"precision": None, "scale": scale}}
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
    """The maximum number of decimal places of a decimal expression; None if unknown. A sum has as
    many as its terms; a product as many as its factors together.
    """
    if "literal" in expression:
        literal = expression["literal"]
        return 0 if not isinstance(literal, str) and "int" in literal else None
    if "aggregate" in expression:
        call = expression["aggregate"]
        return scale_of(call["arguments"][0]) if call["name"] in ("sum", "min", "max") else None
    if "function" in expression:
        function = expression["function"]
        if function["name"] not in _KEEP_SCALE:
            return None
        return _most([scale_of(argument) for argument in function["arguments"]])
    if "case" in expression:
        case = expression["case"]
        branches = [when["then"] for when in case["whens"]]
        branches += [] if case["otherwise"] is None else [case["otherwise"]]
        return _most([scale_of(branch) for branch in branches])
    if "binary" in expression:
        return _of_operator(expression["binary"])
    if "param" in expression:
        # A value compared with a column may have more digits than the column.
        column_type = expression["param"]["type"]
        return 0 if isinstance(column_type, str) and column_type in INTEGERS else None
    if "column" in expression:
        return _of_type(expression["column"]["type"])
    return _of_type(expression["cast"]["type"]) if "cast" in expression else None


def _of_operator(binary: _ir.Binary) -> int | None:
    scales = [scale_of(binary["left"]), scale_of(binary["right"])]
    if binary["op"] in ("add", "subtract"):
        return _most(scales)
    known = [scale for scale in scales if scale is not None]
    return sum(known) if binary["op"] == "multiply" and len(known) == 2 else None


def _of_type(column_type: _ir.ColumnType) -> int | None:
    if isinstance(column_type, str):
        return 0 if column_type in INTEGERS else None
    return column_type["decimal"]["scale"] if "decimal" in column_type else None


def _most(scales: list[int | None]) -> int | None:
    known = [scale for scale in scales if scale is not None]
    return max(known) if known and len(known) == len(scales) else None
