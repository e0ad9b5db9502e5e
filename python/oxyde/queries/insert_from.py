"""INSERT … SELECT."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from oxyde import _ir
from oxyde.exceptions import FieldError
from oxyde.queries.build_ir import build_part
from oxyde.queries.columns import kind_of
from oxyde.queries.insert import insert_statement
from oxyde.queries.names import Names
from oxyde.queries.plans import entry_for
from oxyde.queries.scope import Builder
from oxyde.queries.shape import part_shape

if TYPE_CHECKING:
    from oxyde.db.executor import Executor
    from oxyde.queries.state import QueryState

__all__ = ["insert_from"]


async def insert_from(
    names: Names, query: QueryState[Any, Any], fields: Iterable[str], executor: Executor
) -> int:
    """Insert the rows of a query; the number of rows."""
    given = tuple([names.field(name).name for name in fields])
    source = query._copy()
    source._joins, source._prefetches, source._lock = (), (), None
    if source._row == "model":
        raise FieldError("insert_from() needs named columns", hint='say which: .values("name", …)')

    def make() -> tuple[_ir.Statement, Builder, None]:
        builder = Builder(executor.flavour)
        built = build_part(source, builder)
        if len(built.cells.list) != len(given):
            raise FieldError(
                f"insert_from(): {len(built.cells.list)} columns for {len(given)} fields"
            )
        for name, (shown, typed) in zip(given, built.cells.list, strict=True):
            column = names.meta.field_metadata[name].column_type
            if typed.type is not None and _family(typed.type) != _family(column):
                raise FieldError(
                    f"insert_from(): `{names.label}.{name}` ({kind_of(column)}) cannot take "
                    f"`{shown}` ({kind_of(typed.type)})",
                    hint="convert it with Cast(…)",
                )
        statement = insert_statement(names, given, (), source={"select": built.select})
        return {"insert": statement}, builder, None

    values: list[Any] = []
    shape = ("insert from", names.model, given, part_shape(source, values))
    entry = entry_for(executor.flavour, shape, make, names.model)
    affected, _ = await entry.execute(executor, values)
    return affected


def _family(column_type: _ir.ColumnType) -> str:
    kind = kind_of(column_type)
    if kind in ("small_int", "integer", "big_int"):
        return "integer"
    return "text" if kind == "varchar" else kind
