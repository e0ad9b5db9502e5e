"""Rows by composite keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from oxyde import _ir
from oxyde.queries.insert import encoded
from oxyde.queries.names import Names
from oxyde.queries.predicates import Node
from oxyde.queries.scope import Scope, column

__all__ = ["among"]


class _Among(Node):
    __slots__ = ("fields", "label")

    def __init__(self, names: Names, rows: Sequence[Sequence[Any]]) -> None:
        self.fields = [names.meta.field_metadata[name] for name in names.primary_key]
        self.label = names.label
        self.shape = "keys"
        self.values = tuple(
            [
                [encoded(field, row[position]) for row in rows]
                for position, field in enumerate(self.fields)
            ]
        )

    def build(self, scope: Scope, skip: int = 0) -> _ir.Predicate:
        """The columns of the key equal one of the rows of the lists."""
        return {
            "in_rows": {
                "operands": [column(scope.alias, field) for field in self.fields],
                "lists": [
                    scope.builder.param(field.column_type, f"{self.label}.{field.name}", many=True)
                    for field in self.fields
                ],
            }
        }


def among(names: Names, rows: Sequence[Sequence[Any]]) -> Node:
    """The row's key is one of these."""
    return _Among(names, rows)
