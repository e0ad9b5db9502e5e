"""INSERT … SELECT."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from oxyde.exceptions import FieldError
from oxyde.queries.compile.plans import entry_for
from oxyde.queries.compile.row_kind import RowKind
from oxyde.queries.compile.select import Built, build_part
from oxyde.queries.compile.shape import part_shape
from oxyde.queries.ir.nodes import Typed, empty_select
from oxyde.queries.ir.scope import Builder, Scope
from oxyde.queries.names import Names
from oxyde.queries.types.column_types import kind_of
from oxyde.queries.writes.bounds import bounds_of, guarded, limits_of
from oxyde.queries.writes.insert import insert_statement

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde.db.executor import Executor
    from oxyde.queries.compile.state import QueryState

__all__ = ["insert_from"]


async def insert_from(
    names: Names, query: QueryState[Any, Any], fields: Iterable[str], executor: Executor
) -> int:
    """Insert the rows of a query; the number of rows."""
    given = tuple([names.field(name).name for name in fields])
    names.meta.check_not_computed(given, "insert_from()")
    source = query._copy()
    source._joins, source._prefetches, source._lock = (), (), None
    if source._row is RowKind.MODEL:
        raise FieldError(
            "insert_from() needs named columns", hint='select them: .values("name", …)'
        )

    def make() -> tuple[_ir.Statement, Builder, None]:
        builder = Builder(executor.features)
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
        select = _guarded(names, given, built, builder) if limits else built.select
        statement = insert_statement(names, given, (), source={"select": select})
        return {"insert": statement}, builder, None

    values: list[Any] = []
    shape = ("insert from", names.model, given, part_shape(source, values))
    bounds = bounds_of(names.model)
    limits = [name for name in given if name in bounds]
    for name in limits:
        values += limits_of(names.meta.field_metadata[name], bounds[name])
    entry = entry_for(executor.features, shape, make, names.model)
    affected, _ = await entry.execute(executor, values)
    return affected


def _guarded(names: Names, given: tuple[str, ...], built: Built, builder: Builder) -> _ir.Select:
    """The query, with checks that its values are within the bounds of the target fields."""
    bounds = bounds_of(names.model)
    scope = Scope(builder, names)
    select = built.select
    if select["compounds"] or select["distinct"] != "all":
        # Duplicates must be removed before the checks.
        alias = builder.alias("selected")
        inner, select = select, empty_select()
        select["from"] = {"subquery": {"select": inner, "alias": alias}}
        select["outputs"] = [
            {
                "expr": {
                    "column": {"table": alias, "name": output["name"], "type": typed.type or "text"}
                },
                "name": output["name"],
            }
            for output, (_, typed) in zip(inner["outputs"], built.cells.list, strict=True)
        ]
    for name, output, (_, typed) in zip(given, select["outputs"], built.cells.list, strict=True):
        if name in bounds:
            value = Typed(output["expr"], typed.type)
            field = names.meta.field_metadata[name]
            output["expr"] = guarded(scope, field, bounds[name], value, keyed=False)
    return select


def _family(column_type: _ir.ColumnType) -> str:
    kind = kind_of(column_type)
    if kind in ("small_int", "integer", "big_int"):
        return "integer"
    return "text" if kind == "varchar" else kind
