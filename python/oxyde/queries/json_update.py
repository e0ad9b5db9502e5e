"""Parts of a JSON document that update() sets: ``update(data__address__city="Oslo")``."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

from oxyde import _ir
from oxyde.exceptions import FieldError
from oxyde.queries.base import Expression
from oxyde.queries.expressions import as_expression
from oxyde.queries.lookups import Resolved, resolve
from oxyde.queries.scope import Scope, Typed

if TYPE_CHECKING:
    from oxyde.queries.annotation import Context
    from oxyde.queries.names import Names

__all__ = ["JsonUpdate", "part_of_document"]


class JsonUpdate(Expression):
    """A column's document with new values at some paths."""

    __slots__ = ("parts", "resolved")

    def __init__(
        self, resolved: Resolved, parts: tuple[tuple[tuple[str | int, ...], Expression], ...]
    ) -> None:
        self.resolved = resolved
        self.parts = parts

    def and_(self, other: JsonUpdate) -> JsonUpdate:
        """Both updates of one document."""
        return JsonUpdate(self.resolved, self.parts + other.parts)

    def shape(self, context: Context, values: list[Any]) -> Hashable:
        """The paths and what is put there."""
        parts = [(path, value.shape(context, values)) for path, value in self.parts]
        return ("json set", self.resolved.field.name, tuple(parts))

    def operands(self) -> tuple[Expression, ...]:
        """What is put there."""
        return tuple([value for _, value in self.parts])

    def build(self, scope: Scope, want: _ir.ColumnType | None = None) -> Typed:
        """The document, set part by part; what is missing on the way is made."""
        column = document = scope.column((), self.resolved.field)
        if self.resolved.field.nullable:
            document = _call("json_or", document, _empty(self.parts[0][0][0]))
        for path, step in self._on_the_way():
            document = _call("json_insert", _place(document, path), column, _empty(step))
        for path, value in self.parts:
            document = _call("json_set", _place(document, path), value.build(scope).ir)
        return Typed(document, "json")

    def _on_the_way(self) -> list[tuple[tuple[str | int, ...], str | int]]:
        """The paths to what is set, from the outermost, and the step that follows each."""
        found: dict[tuple[str | int, ...], str | int] = {}
        for path, _ in self.parts:
            for length in range(1, len(path)):
                found.setdefault(path[:length], path[length])
        return sorted(found.items(), key=lambda item: len(item[0]))


def _call(name: str, *arguments: _ir.Expr) -> _ir.Expr:
    return {"function": {"name": name, "arguments": list(arguments), "type": "json"}}


def _place(document: _ir.Expr, path: tuple[str | int, ...]) -> _ir.Expr:
    steps = [{"index": i} if isinstance(i, int) else {"key": i} for i in path]
    return {"json_path": {"operand": document, "path": steps, "type": "json"}}


def _empty(step: str | int) -> _ir.Expr:
    """What a step goes into."""
    return _call("json_array" if isinstance(step, int) else "json_object")


def part_of_document(names: Names, name: str, value: Any) -> JsonUpdate:
    """What ``name=value`` sets in a document.

    Raises:
        FieldError: the name is no path into a JSON column of the model itself.
    """
    resolved = resolve(names, name)
    if not resolved.path or resolved.hops or resolved.spec.name != "exact":
        raise FieldError(
            f"`{names.label}`: `{name}` cannot be set",
            hint="update() sets fields of the model, and parts of its JSON fields",
        )
    if resolved.operand_type is not None:
        raise FieldError(f"`{resolved.label}`: an item of an array cannot be set by itself")
    return JsonUpdate(resolved, ((resolved.path, as_expression(value)),))
