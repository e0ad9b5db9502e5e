"""Options of fields, of `class Meta` and of pools, from their docstrings and defaults."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Callable
from typing import Any

from oxyde import Field, PoolSettings
from oxyde.models.columns.field import ColumnOptions
from oxyde.models.tables.options import MetaOptions


def entries(documented: Callable[..., Any], section: str) -> dict[str, str]:
    """The names of a section of a docstring, and what it says about each."""
    text = inspect.getdoc(documented) or ""
    body = text.split(f"{section}:\n", 1)[1].split("\n\n", 1)[0]
    found = re.findall(r"^    (\w+): (.*(?:\n {5,}.*)*)", body, re.MULTILINE)
    return {name: re.sub(r"\s+", " ", about) for name, about in found}


def cell(text: str) -> str:
    """Text that stands in a table: Sphinx's double backticks are Markdown's single ones."""
    return text.replace("``", "`").replace("|", "\\|")


def sentence(text: str) -> str:
    """Text with a capital at its beginning, unless that is a name."""
    return text if text.startswith("`") else text[0].upper() + text[1:]


def rows(named: dict[str, str], defaults: dict[str, Any]) -> str:
    """A table of options with their defaults."""
    lines = ["| Option | Default | |", "|---|---|---|"]
    for name, about in named.items():
        default = f"`{defaults[name]!r}`" if name in defaults else ""
        lines.append(f"| `{name}` | {default} | {cell(sentence(about))} |")
    return "\n".join(lines)


def defaults_of(options: type[Any]) -> dict[str, Any]:
    """The defaults of a dataclass."""
    return {each.name: default_of(each) for each in dataclasses.fields(options)}


def default_of(option: dataclasses.Field[Any]) -> Any:
    """The default of a field."""
    factory = option.default_factory
    return option.default if factory is dataclasses.MISSING else factory()


def field() -> str:
    """What `Field` takes besides Pydantic's arguments."""
    named = entries(Field, "Args")
    return rows(
        {name: named[name] for name in named if name.startswith(("db_", "auto_"))},
        defaults_of(ColumnOptions),
    )


def meta() -> str:
    """The options of `class Meta`."""
    return rows(entries(MetaOptions, "Attributes"), defaults_of(MetaOptions))


def settings() -> str:
    """The settings of a pool."""
    return rows(entries(PoolSettings, "Attributes"), defaults_of(PoolSettings))
