"""Keys that the database generates, where they identify the written rows: without RETURNING, or if
it does not keep the order of the rows. They are computed first.
"""

from __future__ import annotations

import uuid
from collections.abc import Generator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from oxyde.db.slices import BETWEEN, in_slices
from oxyde.hydration.recipe import cell_for, flat_recipe
from oxyde.queries.compile.plans import entry_for
from oxyde.queries.ir.nodes import empty_select
from oxyde.queries.ir.scope import Builder
from oxyde.queries.names import Names
from oxyde.queries.types.column_types import kind_of

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde._meta import FieldMeta
    from oxyde.db.executor import Executor

__all__ = ["default_keys"]

# Values per statement: only a few sizes, so that few plans are compiled.
_AT_ONCE = (100, 10, 1)


async def default_keys(
    names: Names, left: Sequence[str], count: int, executor: Executor
) -> dict[str, list[Any]]:
    """The parts of keys that the database generates (`left`), but not those that it counts and
    reports: the values for `count` rows. A value that is not known before the insert is None."""
    made: dict[str, list[Any]] = {}
    for name in names.primary_key:
        field = names.meta.field_metadata[name]
        if name not in left:
            continue
        if field.auto_increment:
            if executor.features.counted_keys:
                continue
            default = _next_of_sequence(names, field)
        elif field.db_default is not None:
            default = field.db_default
        else:
            continue
        made[name] = await _defaults(names, field, default, count, executor)
    return made


def _next_of_sequence(names: Names, field: FieldMeta) -> str:
    """The next key of a counted column, from the sequence that belongs to it; NULL if none does."""
    table = ".".join([_quoted(name) for name in (names.meta.schema, names.meta.table_name) if name])
    arguments = f"{_literal(table)}, {_literal(field.db_column)}"
    return f"nextval(pg_get_serial_sequence({arguments})::regclass)"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


async def _defaults(
    names: Names, field: FieldMeta, default: str, count: int, executor: Executor
) -> list[Any]:
    if kind_of(field.column_type) == "uuid" and _is_random_uuid(default):
        return await in_slices(_random_uuids(count), count)
    values: list[Any] = []
    for size in _AT_ONCE:
        shape = ("default", names.model, field.name, size)
        while count - len(values) >= size:
            entry = entry_for(executor.features, shape, partial(_select, field, default, size))
            values += await entry.fetch(executor, [])
    return values


def _random_uuids(count: int) -> Generator[None, None, list[Any]]:
    made = []
    for at in range(count):
        made.append(uuid.uuid4())
        if at % BETWEEN == 0:
            yield
    return made


def _select(field: FieldMeta, default: str, size: int) -> tuple[_ir.Statement, Builder, Any]:
    """A SELECT of the default expression, `size` times."""
    first, *others = [_one(field, default) for _ in range(size)]
    first["compounds"] = [{"operator": "union_all", "select": other} for other in others]
    return {"select": first}, Builder(), flat_recipe(cell_for(field))


def _one(field: FieldMeta, default: str) -> _ir.Select:
    select = empty_select()
    raw: _ir.Expr = {"raw": {"parts": [{"text": default}], "type": field.column_type}}
    select["outputs"] = [{"expr": raw, "name": field.db_column}]
    return select


def _is_random_uuid(default: str) -> bool:
    word = default.strip().strip("()").strip().lower()
    return word in ("gen_random_uuid", "uuid_generate_v4", "uuid", "uuid_v4", "random_uuid")
