"""IR nodes used everywhere: columns, params, tables, an empty SELECT."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde._meta import FieldMeta, ModelMeta

__all__ = ["Typed", "all_of", "column", "empty_select", "exact", "param", "table_of"]


class Typed(NamedTuple):
    """An IR expression with its type; `field` if it is the plain value of a column."""

    ir: _ir.Expr
    type: _ir.ColumnType | None
    field: FieldMeta | None = None


def column(alias: str, field: FieldMeta) -> _ir.Expr:
    """A column of a table in scope."""
    return {"column": {"table": alias, "name": field.db_column, "type": field.column_type}}


def param(index: int, column_type: _ir.ColumnType, *, many: bool = False) -> _ir.Expr:
    """A param, by its position in the list of values."""
    return {"param": {"index": index, "type": column_type, "list": many}}


def exact(left: _ir.Expr, right: _ir.Expr) -> _ir.Predicate:
    """`left = right`."""
    return {"lookup": {"name": "exact", "operand": left, "arguments": [right]}}


def all_of(predicates: list[_ir.Predicate]) -> _ir.Predicate:
    """All of these, without a junction around a single one."""
    return predicates[0] if len(predicates) == 1 else {"and": predicates}


def table_of(meta: ModelMeta, alias: str) -> _ir.Table:
    """A model's table under an alias."""
    return {"schema": meta.schema, "name": meta.table_name, "alias": alias}


def empty_select() -> _ir.Select:
    """A SELECT without any clause."""
    return {
        "ctes": [],
        "from": None,
        "joins": [],
        "outputs": [],
        "distinct": "all",
        "filter": None,
        "group_by": [],
        "having": None,
        "compounds": [],
        "order_by": [],
        "limit": None,
        "offset": None,
        "lock": None,
    }
