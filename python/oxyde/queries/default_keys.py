"""Keys that the database makes other than by counting, where no RETURNING tells them.

Without them nothing would say which row was written, so they are asked for first.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from oxyde import _ir
from oxyde.queries.columns import kind_of
from oxyde.queries.names import Names
from oxyde.queries.plans import entry_for
from oxyde.queries.rows import recipes
from oxyde.queries.scope import Builder

if TYPE_CHECKING:
    from oxyde.db.executor import Executor
    from oxyde.db.meta import FieldMeta

__all__ = ["default_keys"]

# How many values one statement asks for: few numbers, so that few plans are made of them.
_AT_ONCE = (100, 10, 1)


async def default_keys(
    names: Names, left: Sequence[str], count: int, executor: Executor
) -> list[dict[str, Any]]:
    """For each of `count` rows the parts of its key that are `left` to the database."""
    made: list[dict[str, Any]] = [{} for _ in range(count)]
    for name in names.primary_key:
        field = names.meta.field_metadata[name]
        if name in left and field.db_default is not None and not field.auto_increment:
            values = await _defaults(names, field, count, executor)
            for keys, value in zip(made, values, strict=True):
                keys[name] = value
    return made


async def _defaults(names: Names, field: FieldMeta, count: int, executor: Executor) -> list[Any]:
    if kind_of(field.column_type) == "uuid" and _is_random_uuid(field.db_default or ""):
        return [uuid.uuid4() for _ in range(count)]
    values: list[Any] = []
    for size in _AT_ONCE:
        shape = ("default", names.model, field.name, size)
        while count - len(values) >= size:
            entry = entry_for(executor.flavour, shape, partial(_select, field, size))
            values += await entry.fetch(executor, [])
    return values


def _select(field: FieldMeta, size: int) -> tuple[_ir.Statement, Builder, Any]:
    """The default expression as many times, each computed anew."""
    first, *others = [_one(field) for _ in range(size)]
    first["compounds"] = [{"operator": "union_all", "select": other} for other in others]
    return {"select": first}, Builder(), recipes().flat_recipe(recipes().cell_for(field))


def _one(field: FieldMeta) -> _ir.Select:
    from oxyde.queries.build_ir import empty_select

    select = empty_select()
    raw: _ir.Expr = {"raw": {"parts": [{"text": field.db_default}], "type": field.column_type}}
    select["outputs"] = [{"expr": raw, "name": field.db_column}]
    return select


def _is_random_uuid(default: str) -> bool:
    word = default.strip().strip("()").strip().lower()
    return word in ("gen_random_uuid", "uuid_generate_v4", "uuid", "uuid_v4", "random_uuid")
