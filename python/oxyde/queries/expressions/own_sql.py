"""SQL of the user's own, with slots for expressions: a template, or one for each database.

Only the template's text goes into the statement. Columns are quoted names, and values are bound.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from oxyde.exceptions import FieldError, UnsupportedFeatureError
from oxyde.hints import hint_for

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde.queries.ir.scope import Scope

__all__ = ["DIALECTS", "OwnSql", "check_own_sql", "for_dialect", "raw_parts"]

# SQL for all databases, or by the name of the database.
OwnSql: TypeAlias = "str | Mapping[str, str]"

DIALECTS = ("postgres", "sqlite", "mysql", "mariadb")
_SLOT = re.compile(r"\{(\d+|\*)\}")


def check_own_sql(sql: object, count: int, where: str) -> None:
    """Check a template, or one for each database.

    Args:
        count: the number of expressions.
        where: its place, for the errors.

    Raises:
        FieldError: it is not a template, or names an unknown database or a slot that has no
            expression.
    """
    given = sql if isinstance(sql, Mapping) else {"": sql}
    for dialect, text in given.items():
        if dialect and dialect not in DIALECTS:
            raise FieldError(
                f"{where}: unknown database {dialect!r:.80}",
                hint=hint_for(str(dialect), DIALECTS) or f"one of {', '.join(DIALECTS)}",
            )
        if not isinstance(text, str) or not text.strip() or "\0" in text:
            raise FieldError(
                f"{where} must be SQL as a string, or a dict of SQL by database, not {sql!r:.80}"
            )
        for slot in _SLOT.findall(text):
            if slot != "*" and int(slot) >= count:
                raise FieldError(f"{where}: there is no expression for {{{slot}}} in {text!r:.80}")


def for_dialect(scope: Scope, given: OwnSql, what: str) -> str:
    """The text for the database of a statement.

    Raises:
        UnsupportedFeatureError: there is none for that database.
    """
    if isinstance(given, str):
        return given
    features = scope.builder.features
    if features is None:
        # Only names and types are checked.
        return next(iter(given.values()), "")
    text = given.get(features.dialect)
    if text is None:
        raise UnsupportedFeatureError(
            f"{what} is not declared for {features.dialect}",
            hint=f"it is declared for: {', '.join(given)}",
        )
    return text


def raw_parts(template: str, arguments: Sequence[_ir.Expr]) -> list[_ir.RawPart]:
    """The template with the expressions in its slots: ``{0}``, ``{1}``, and ``{*}`` for all."""
    parts: list[_ir.RawPart] = []
    for position, text in enumerate(_SLOT.split(template)):
        if position % 2 == 0:
            if text:
                parts.append({"text": text})
        elif text == "*":
            for at, argument in enumerate(arguments):
                if at:
                    parts.append({"text": ", "})
                parts.append({"expr": argument})
        else:
            parts.append({"expr": arguments[int(text)]})
    return parts
