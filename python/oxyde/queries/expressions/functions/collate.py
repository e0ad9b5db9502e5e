"""Text compared and sorted by another collation."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING

from oxyde.exceptions import FieldError
from oxyde.queries.expressions.functions.text import TextFunction
from oxyde.queries.expressions.own_sql import for_dialect
from oxyde.queries.expressions.parts import parts_of
from oxyde.queries.ir.nodes import Typed
from oxyde.queries.ir.scope import Scope

if TYPE_CHECKING:
    from oxyde import _ir

__all__ = ["Collate"]


class Collate(TextFunction):
    """``Collate("name", "NOCASE")``: the string, compared and sorted by another collation.

    Args:
        expression: a field's name, or an expression: a string.
        collation: the name of the collation, or a dict of names by database: ``{"sqlite":
            "NOCASE", "postgres": "de-x-icu"}``.

    Raises:
        FieldError: it is not the name of a collation.
        UnsupportedFeatureError: there is none for the database of the query.
    """

    __slots__ = ("collation",)

    def __init__(self, expression: object, collation: str | Mapping[str, str]) -> None:
        names: list[object] = [collation]
        if not isinstance(collation, str):
            names = [*collation.values()]
        for given in names:
            if not isinstance(given, str) or not given or "\0" in given:
                raise FieldError(f"Collate() takes the name of a collation, not {given!r:.80}")
        self.collation = collation if isinstance(collation, str) else dict(collation)
        self.arguments = (self.argument(expression),)
        self.type = "text"

    def key(self) -> Hashable:
        """The collation."""
        given = self.collation
        return ("collate", given if isinstance(given, str) else tuple(sorted(given.items())))

    def build(self, scope: Scope, want: _ir.ColumnType | None = None) -> Typed:
        """`COLLATE`."""
        (part,) = parts_of(self.arguments, scope)
        text = self.build_text(scope, part)
        name = for_dialect(scope, self.collation, f"a collation for {self!r:.80}")
        parts: list[_ir.RawPart] = [{"expr": text.ir}, {"text": " COLLATE "}, {"name": name}]
        return Typed({"raw": {"parts": parts, "type": "text"}}, "text", text.field)
