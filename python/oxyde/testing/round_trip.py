"""`migration_round_trip`: each migration applied, reversed and applied again."""

from __future__ import annotations

import asyncio
import contextlib
import difflib
import itertools
import json
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from oxyde import db
from oxyde._core import run_cli
from oxyde.exceptions import OxydeError
from oxyde.migrations.run import Recorder, migrate, raise_failed
from oxyde.models.manager import manager_of
from oxyde.models.registry import separate_registry
from oxyde.testing.outside import unmanaged

if TYPE_CHECKING:
    from oxyde.db import AsyncDatabase

__all__ = ["migration_round_trip"]

Fill = Callable[["AsyncDatabase", str], Awaitable[None]]
# Table → its rows, each as the texts of its columns' values.
Rows = dict[str, list[dict[str, str]]]

_numbers = itertools.count()


async def migration_round_trip(
    url: str,
    *,
    migrations: str | Path | None = None,
    config: str | Path | None = None,
    fill: Fill | None = None,
    one_way: Iterable[str] = (),
) -> list[str]:
    """Apply each migration to a scratch database, reverse it and apply it again, and check that
    the schema is as before each time, and that rows are kept.

    ::

        async def fill(database, name):
            if name == "0001_initial":
                await execute_raw("INSERT INTO users (name) VALUES ('Ada')", client=database)


        async def test_migrations(scratch_url):
            await migration_round_trip(scratch_url, fill=fill)

    Args:
        url: an empty database.
        migrations: the folder; None means the configured one.
        config: the configuration file; None searches from the current folder upwards.
        fill: called with the database and each migration's name when it stays applied, to add rows
            for the migrations that follow.
        one_way: the names of migrations that cannot be reversed: they are only applied.

    Returns:
        The names of the migrations, in order.

    Raises:
        OxydeError: the database has tables, a schema differs, or rows were lost or changed.
        MigrationError: a migration failed, or cannot be reversed.
    """
    with unmanaged():
        return await _round_trip(url, {"migrations": migrations, "config": config}, fill, one_way)


async def _round_trip(
    url: str, places: dict[str, Any], fill: Fill | None, one_way: Iterable[str]
) -> list[str]:
    before = await _source(url, places)
    if "class " in before:
        raise OxydeError(
            "migration_round_trip() needs an empty database, and this one has tables",
            hint="create a database for it, and drop it afterwards",
        )
    listed = await _run("showmigrations", url, places, "--json")
    names = [each["name"] for each in json.loads(listed)["migrations"]]
    only_up = set(one_way)
    for name in only_up.difference(names):
        raise OxydeError(f"there is no migration `{name}`", hint=", ".join(names))
    previous = "zero"
    for name in names:
        await migrate(url, target=name, **places)
        after = await _source(url, places)
        if name not in only_up:
            rows = await _rows(url, after)
            await migrate(url, target=previous, **places)
            _check_schema(f"`{name}` was reversed", before, await _source(url, places))
            await migrate(url, target=name, **places)
            _check_schema(f"`{name}` was applied again", after, await _source(url, places))
            _check_rows(name, _columns(before), rows, await _rows(url, after))
        if fill is not None:
            async with db.connect(round_trip=url) as database:
                await fill(database, name)
        before, previous = after, name
    return names


async def _run(command: str, url: str, places: dict[str, Any], *flags: str) -> str:
    arguments = [command, "--url", url, *flags]
    for flag, value in places.items():
        if value is not None:
            arguments += [f"--{flag}", str(value)]
    recorder = Recorder()
    if await asyncio.to_thread(run_cli, arguments, recorder) != 0:
        raise_failed(recorder)
    return "".join(recorder.lines)


async def _source(url: str, places: dict[str, Any]) -> str:
    """The database's schema, as the source of its models."""
    config = {name: value for name, value in places.items() if name == "config"}
    return await _run("inspectdb", url, config)


@contextlib.contextmanager
def _models(source: str) -> Iterator[list[Any]]:
    module = ModuleType(f"oxyde_round_trip_{next(_numbers)}")
    sys.modules[module.__name__] = module
    try:
        with separate_registry():
            exec(compile(source, module.__name__, "exec"), vars(module))
            made = [each for each in vars(module).values() if hasattr(each, "_db_meta")]
            yield [each for each in made if each._db_meta.is_table]
    finally:
        del sys.modules[module.__name__]


def _columns(source: str) -> dict[str, set[str]]:
    with _models(source) as models:
        return {model._db_meta.qualified_name: set(model._db_meta.columns) for model in models}


async def _rows(url: str, source: str) -> Rows:
    found: Rows = {}
    async with db.connect(round_trip=url) as database:
        with _models(source) as models:
            for model in models:
                meta = model._db_meta
                query = manager_of(model).values_list(*meta.columns.values())
                read = await query.all(client=database)
                rows = [dict(zip(meta.columns, map(repr, row), strict=True)) for row in read]
                found[meta.qualified_name] = rows
    return found


def _check_schema(when: str, expected: str, found: str) -> None:
    wanted, there = _unordered(expected), _unordered(found)
    if wanted == there:
        return
    lines = difflib.unified_diff(wanted, there, "expected", "found", lineterm="", n=1)
    raise OxydeError(f"after {when}, the schema differs:\n" + "\n".join(lines))


def _unordered(source: str) -> list[str]:
    """The lines of the models, whatever the order of tables and columns: a column that returns is
    the last one."""
    blocks = [block.splitlines() for block in source.split("\n\n\n")]
    ordered = sorted([block[0], *sorted(block[1:])] for block in blocks if block)
    return [line for block in ordered for line in block]


def _check_rows(name: str, columns: dict[str, set[str]], before: Rows, after: Rows) -> None:
    """Compare the columns that the migration does not add."""
    for table, rows in before.items():
        kept = columns.get(table, set())
        if not kept:
            continue
        old, new = (
            sorted(sorted((c, v) for c, v in row.items() if c in kept) for row in part)
            for part in (rows, after[table])
        )
        if old != new:
            lost = [dict(row) for row in old if row not in new]
            raise OxydeError(
                f"`{name}` was reversed and applied again, and {len(lost) or 'some'} of "
                f"{len(old)} rows of `{table}` changed: {lost[:3]!r:.300}"
            )
