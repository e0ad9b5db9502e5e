"""The plugin's options: what pytest.ini, the command line and the environment say."""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from oxyde.exceptions import OxydeError

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from oxyde.db import AsyncDatabase

__all__ = ["Hook", "Options", "expanded", "load_hook", "named"]

Hook = Callable[["AsyncDatabase"], "Awaitable[None]"]

_VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")
_NAMED = re.compile(r"([A-Za-z_]\w*)\s*=\s*(.+)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How the databases of a run are made.

    Attributes:
        urls: name → URL from which the test database's is derived, or the name of another one of
            these databases, of which it is a mirror.
        create: from what the tables are made.
        models: modules to import before.
        migrations: name → folder of migrations; None means the configured one.
        config: the configuration file for migrations; None searches upwards.
        prepare: called before the tables are made, with each database.
        seed: called after that; its rows are there in all tests.
        keep: whether the databases stay after the run, and are used again.
        worker: id of the xdist worker, or None.
    """

    urls: Mapping[str, str]
    create: Literal["models", "migrations"] = "models"
    models: Sequence[str] = ()
    migrations: Mapping[str, str] = field(default_factory=dict)
    config: Path | None = None
    prepare: Hook | None = None
    seed: Hook | None = None
    keep: bool = False
    worker: str | None = None


def named(lines: Sequence[str], option: str) -> dict[str, str]:
    """Lines of an option as a dict: `value` for the default database, `name = value` for others.

    Raises:
        OxydeError: a name stands there twice.
    """
    found: dict[str, str] = {}
    for line in lines:
        match = _NAMED.fullmatch(line.strip())
        name, value = match.groups() if match else ("default", line.strip())
        if name in found:
            raise OxydeError(
                f"{option} names the database {name!r} twice", hint="write one line for each"
            )
        found[name] = expanded(value, option)
    return found


def expanded(text: str, option: str) -> str:
    """Replace ``${NAME}`` and ``${NAME:-default}`` by environment variables.

    Raises:
        OxydeError: a variable is not set and has no default.
    """

    def value(match: re.Match[str]) -> str:
        name, default = match.groups()
        found = os.environ.get(name) or default
        if found is None:
            raise OxydeError(
                f"{option} needs the environment variable {name}, which is not set",
                hint=f"set it, or give a default: ${{{name}:-…}}",
            )
        return str(found)

    return _VARIABLE.sub(value, text)


def load_hook(path: str, option: str) -> Hook | None:
    """The function that `module:function` names; None if the text is empty.

    Raises:
        OxydeError: there is no such function.
    """
    if not path:
        return None
    module, _, name = path.partition(":")
    hint = f'write {option} = "package.module:function"'
    try:
        hook: Hook = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise OxydeError(f"{option} is {path!r}: {error}", hint=hint) from error
    if not callable(hook):
        raise OxydeError(f"{option} is {path!r}, which is no function", hint=hint)
    return hook
