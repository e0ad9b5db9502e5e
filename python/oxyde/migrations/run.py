"""Migrate from Python code, for example when an application starts."""

from __future__ import annotations

import asyncio
import contextlib
import json
from pathlib import Path
from typing import Any, NoReturn

from oxyde._core import run_cli
from oxyde.exceptions import OxydeError
from oxyde.migrations.host import Host

__all__ = ["MigrationError", "Recorder", "create_tenant", "migrate", "raise_failed"]


class MigrationError(OxydeError):
    """A migration failed; the message says which steps were applied."""


class Recorder(Host):
    """A host that records the output and answers no questions.

    Attributes:
        lines: what was written to standard output.
        errors: what was written to standard error.
    """

    __slots__ = ("errors", "lines")

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.errors: list[str] = []

    def out(self, text: str) -> None:
        """Record output."""
        self.lines.append(text)

    def err(self, text: str) -> None:
        """Record an error."""
        self.errors.append(text)

    def is_terminal(self) -> bool:
        """It is not."""
        return False

    def ask(self, question: str) -> str | None:
        """Answer nothing."""
        return None


async def migrate(
    url: str | None = None,
    *,
    target: str | None = None,
    migrations: str | Path | None = None,
    config: str | Path | None = None,
    database: str = "default",
    schema: str | None = None,
    lock_timeout: float = 60.0,
) -> list[str]:
    """Migrate a database to its last migration; several processes may do so at the same time.

    Runs in a thread, so that the event loop continues.

        Args:
            url: the database; None means the configured one.
            target: a migration, or "zero"; None means the last migration.
            migrations: the folder; None means the configured one.
            config: the configuration file; None searches from the current folder upwards.
            database: name of the database in the configuration.
            schema: the schema of a tenant (on MySQL and MariaDB its database), or its name, if the
                URL has ``{tenant}``; None means the database itself.
            lock_timeout: seconds to wait for another migrator.

        Returns:
            The names of the migrations that were run, in order.

        Raises:
            MigrationError: the migration failed; the hint says what to do.
    """
    arguments = ["migrate", "--lock-timeout", str(lock_timeout), "--database", database]
    arguments += _flags(url=url, migrations=migrations, config=config, schema=schema)
    if target is not None:
        arguments.append(target)
    answer = await _run(arguments)
    return [item["name"] for item in answer["migrations"]]


async def create_tenant(
    name: str,
    *,
    url: str | None = None,
    migrations: str | Path | None = None,
    config: str | Path | None = None,
    database: str = "default",
    lock_timeout: float = 60.0,
) -> list[str]:
    """Create the schema of a tenant (on MySQL and MariaDB its database), or if the URL has
    ``{tenant}``, its database or file, and migrate it; what is there already stays.

        Args:
            name: the tenant.
            url: the database; None means the configured one.
            migrations: the folder; None means the configured one.
            config: the configuration file; None searches from the current folder upwards.
            database: name of the database in the configuration.
            lock_timeout: seconds to wait for another migrator.

        Returns:
            The names of the migrations that were run, in order.

        Raises:
            MigrationError: it cannot be created, or a migration failed.
    """
    flags = _flags(url=url, config=config, schema=name)
    await _run(["create-database", "--database", database, *flags])
    return await migrate(
        url,
        migrations=migrations,
        config=config,
        database=database,
        schema=name,
        lock_timeout=lock_timeout,
    )


def _flags(**values: str | Path | None) -> list[str]:
    given = ((name, value) for name, value in values.items() if value is not None)
    # In one word, so that no value is taken for a flag.
    return [f"--{name}={value}" for name, value in given]


async def _run(arguments: list[str]) -> Any:
    """Run a command in a thread; its answer."""
    recorder = Recorder()
    code = await asyncio.to_thread(run_cli, [*arguments, "--json"], recorder)
    if code != 0:
        raise_failed(recorder)
    return json.loads("".join(recorder.lines))


def raise_failed(recorder: Recorder) -> NoReturn:
    """Raise the error that a command wrote, as its answer with ``--json`` or as text.

    Raises:
        MigrationError: always.
    """
    with contextlib.suppress(ValueError, KeyError):
        error = json.loads("".join(recorder.lines))["error"]
        raise MigrationError(error["message"], hint=error["hint"])
    message, _, hint = "".join(recorder.errors).partition("\nhint: ")
    raise MigrationError(message.removeprefix("error: ").strip(), hint=hint.strip() or None)
