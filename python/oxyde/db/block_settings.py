"""Settings of the server for the duration of a transaction (PostgreSQL's ``SET LOCAL``)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from oxyde.exceptions import TransactionError

__all__ = ["SettingValue", "statements", "texts"]

SettingValue = str | int | float

_NAME = re.compile(r"[A-Za-z_][\w$]*(\.[A-Za-z_][\w$]*)*", re.ASCII)


def statements(settings: Mapping[str, SettingValue]) -> tuple[str, ...]:
    """The SQL that makes the settings, one statement each.

    Raises:
        TransactionError: as for `texts`.
    """
    return tuple([_statement(name, text) for name, text in texts(settings).items()])


def texts(settings: Mapping[str, SettingValue]) -> dict[str, str]:
    """The values of settings as the server takes them.

    Raises:
        TransactionError: a name is not that of a setting, or a value is not one for a setting.
    """
    if not isinstance(settings, Mapping):
        raise TransactionError(
            f"settings must be a mapping, not {type(settings).__name__}",
            hint='write them as settings={"app.tenant": "7"}',
        )
    return {name: _text(name, value) for name, value in settings.items()}


def _text(name: object, value: object) -> str:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise TransactionError(
            f"{name!r} is not the name of a setting",
            hint='names are words with dots between them, such as "app.tenant"',
        )
    if not isinstance(value, SettingValue):
        raise TransactionError(
            f"the setting {name!r} must be a string, a number or a bool, not {value!r}",
            hint="convert it to a string first",
        )
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if "\0" in text:
        raise TransactionError(
            f"the value of the setting {name!r} contains a NUL character", hint="remove it"
        )
    return text


def _statement(name: str, text: str) -> str:
    quoted = text.replace("\\", "\\\\").replace("'", "''")
    # E'' means the same whatever standard_conforming_strings is.
    return f"SET LOCAL \"{name}\" = E'{quoted}'"
