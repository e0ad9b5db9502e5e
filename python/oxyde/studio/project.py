"""The project that the studio shows: its database and its modules of models, as the other commands
find them: flags, `oxyde.toml` or `[tool.oxyde]` in `pyproject.toml`, `.env`, variables.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from oxyde.exceptions import OxydeError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # pyright: ignore[reportMissingImports]

__all__ = ["Project", "find_project"]

_VARIABLE = re.compile(r"\$\{([^}:]+)(?::-([^}]*))?\}")
_DOTENV = re.compile(r"\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Project:
    """What a project's configuration says.

    Attributes:
        root: the project's folder, in which its modules are.
        modules: the modules with models.
        url: the database.
    """

    root: Path
    modules: tuple[str, ...]
    url: str


def find_project(
    *,
    config: str | None = None,
    database: str = "default",
    url: str | None = None,
    models: tuple[str, ...] = (),
) -> Project:
    """Find the project of the current folder.

    Args:
        config: the configuration file; None searches from the current folder upwards.
        database: the database's name in the configuration.
        url: the database, instead of the configured one.
        models: modules, instead of the configured ones.

    Raises:
        OxydeError: there is no database or no module, or the configuration is not valid.
    """
    file, settings = _configuration(config)
    root = Path.cwd() if file is None else file.resolve().parent
    variables = _Variables(root)
    entry = _table(settings.get("databases", {}), "databases").get(database)
    own = entry if isinstance(entry, dict) else {}
    named = models or _names(own.get("models", settings.get("models", [])))
    if not named:
        raise OxydeError(
            "no module with models is named",
            hint="pass --models shop.models, or write `models` in oxyde.toml (`oxyde init`)",
        )
    if url is None:
        text = entry if isinstance(entry, str) else own.get("url")
        url = _url(text, database, settings, variables)
        if isinstance(text, str):
            url = _beside(url, root)
    return Project(root, named, url)


def _configuration(given: str | None) -> tuple[Path | None, Mapping[str, Any]]:
    if given is not None:
        file = Path(given)
        settings = _read(file)
        if settings is None:
            raise OxydeError(f"{file} has no [tool.oxyde]", hint="pass another file with --config")
        return file, settings
    here = Path.cwd()
    for folder in (here, *here.parents):
        for name in ("oxyde.toml", "pyproject.toml"):
            file = folder / name
            if file.is_file() and (settings := _read(file)) is not None:
                return file, settings
    return None, {}


def _read(file: Path) -> Mapping[str, Any] | None:
    try:
        settings: Mapping[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise OxydeError(
            f"cannot read {file}: {error}", hint="check the path, or run `oxyde init`"
        ) from None
    if file.name != "pyproject.toml":
        return settings
    own = _table(settings.get("tool", {}), "tool").get("oxyde")
    return None if own is None else _table(own, "tool.oxyde")


def _table(value: object, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise OxydeError(f"the configuration's `{name}` must be a table, not {value!r:.80}")
    return value


def _names(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise OxydeError(
            f"the configuration's `models` must be a list of modules, not {value!r:.80}"
        )
    return tuple(value)


def _url(text: object, database: str, settings: Mapping[str, Any], variables: _Variables) -> str:
    if isinstance(text, str):
        return variables.expand(text)
    found = variables.get("DATABASE_URL") if database == "default" else None
    if found is not None:
        return found
    known = ", ".join(settings.get("databases", {}))
    raise OxydeError(
        f"database `{database}` is not configured",
        hint=f"the configured databases are {known}"
        if known
        else "pass --url, set DATABASE_URL, or write [databases] in the configuration",
    )


def _beside(url: str, root: Path) -> str:
    """The URL with a relative path of SQLite taken as relative to the configuration."""
    address, mark, query = url.partition("?")
    path = address.removeprefix("sqlite:///")
    if path in (address, "", ":memory:") or path.startswith("/"):
        return url
    return f"sqlite:///{quote(str(root))}/{path}{mark}{query}"


class _Variables:
    """The variables of the process, and those of the file `.env` beside the configuration."""

    def __init__(self, root: Path) -> None:
        file = root / ".env"
        self._file = dict(_pairs(file)) if file.is_file() else {}

    def get(self, name: str) -> str | None:
        """A variable, or the content of the file that the variable `NAME_FILE` names."""
        plain = os.environ.get(name, self._file.get(name))
        if plain is not None:
            return plain
        file = os.environ.get(f"{name}_FILE", self._file.get(f"{name}_FILE"))
        if file is None:
            return None
        try:
            return Path(file).read_text(encoding="utf-8").rstrip("\r\n")
        except OSError as error:
            raise OxydeError(
                f"cannot read {file}: {error}",
                hint=f"{name}_FILE names it: check the path, or set {name}",
            ) from None

    def expand(self, text: str) -> str:
        """Replace `${NAME}` and `${NAME:-default}`."""

        def value(found: re.Match[str]) -> str:
            name, default = found.groups()
            known = self.get(name)
            if known is None:
                known = default
            if known is None:
                raise OxydeError(
                    f"the environment variable {name} is not set",
                    hint=f"set {name} or {name}_FILE, also in .env, or pass --url",
                )
            return known

        return _VARIABLE.sub(value, text)


def _pairs(file: Path) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = _DOTENV.fullmatch(line)
        if found is None:
            raise OxydeError(
                f"{file}:{number}: not a variable", hint="write lines of the form NAME=value"
            )
        name, text = found.groups()
        if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
            yield name, text[1:-1]
        else:
            yield name, text.partition(" #")[0].rstrip()
