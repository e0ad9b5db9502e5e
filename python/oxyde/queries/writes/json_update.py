"""Updates of parts of a JSON document: ``update(data__address__city="Oslo")``."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any, get_origin

from oxyde.exceptions import FieldError
from oxyde.queries.expressions.parts import parts_of
from oxyde.queries.ir.expression import Expression
from oxyde.queries.ir.nodes import Typed
from oxyde.queries.ir.scope import Scope
from oxyde.queries.lookups.json_path import Member, Path, ir_path
from oxyde.queries.lookups.parse import Resolved, resolve_value

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde._meta import FieldMeta
    from oxyde.queries.expressions.context import Context
    from oxyde.queries.names import Names

__all__ = ["JsonUpdate", "part_of_document"]


class JsonConstant(Expression):
    """A plain value to put into a document, encoded as part of it."""

    __slots__ = ("label", "value")

    def __init__(self, value: object, label: str) -> None:
        self.value = value
        self.label = label

    def shape(self, context: Context, values: list[Any]) -> Hashable:
        """Whether it is a null."""
        if self.value is None:
            return "json null"
        values.append(self.value)
        return "json"

    def build(self, scope: Scope, want: _ir.ColumnType | None = None) -> Typed:
        """A param, or the null of JSON."""
        if self.value is None:
            return Typed(_call("json_null"), "json")
        return Typed(scope.builder.param("json", self.label, lookup=False), "json")


class JsonUpdate(Expression):
    """An update of a document at some paths."""

    __slots__ = ("items", "lists", "resolved")

    def __init__(self, resolved: Resolved, parts: tuple[tuple[Path, Expression], ...]) -> None:
        self.resolved = resolved
        # Items of a new list are appended in order.
        self.items = tuple(sorted(parts, key=lambda part: [_rank(step) for step in part[0]]))
        # Paths where a missing container becomes a list: those that get a first item.
        self.lists = {
            path[:position]
            for path, _ in parts
            for position, step in enumerate(path)
            if step == Member(0)
        }
        self.lists.discard(())
        if _holds_list(resolved.field):
            self.lists.add(())

    def and_(self, other: JsonUpdate) -> JsonUpdate:
        """Both updates of one document.

        Raises:
            FieldError: one sets part of what the other sets.
        """
        for path, _ in self.items:
            for new, _ in other.items:
                shorter = min(len(path), len(new))
                if _names(path[:shorter]) == _names(new[:shorter]):
                    raise FieldError(
                        f"`{other.resolved.label}` is set twice in one update",
                        hint="set the outer part to a value that includes the inner one",
                    )
        return JsonUpdate(self.resolved, self.items + other.items)

    def key(self) -> Hashable:
        """The column and the paths."""
        return ("json set", self.resolved.field.name, tuple([path for path, _ in self.items]))

    def parts(self) -> tuple[Expression, ...]:
        """The new values."""
        return tuple([value for _, value in self.items])

    def build(self, scope: Scope, want: _ir.ColumnType | None = None) -> Typed:
        """The document, updated path by path; missing containers are created."""
        column = document = scope.column((), self.resolved.field)
        if self.resolved.field.nullable:
            column = document = _call("json_or", document, self._empty(()))
        for path in self._on_the_way():
            place = self._place(document, path)
            document = _call("json_insert", place, column, self._empty(path))
        for (path, _), value in zip(self.items, parts_of(self.parts(), scope), strict=True):
            place = self._place(document, path)
            document = _call("json_set", place, column, value.build(scope).ir)
        return Typed(document, "json")

    def _on_the_way(self) -> list[Path]:
        """The paths of the containers, outermost first."""
        found = {path[:length]: None for path, _ in self.items for length in range(1, len(path))}
        return sorted(found, key=len)

    def _place(self, document: _ir.Expr, path: Path) -> _ir.Expr:
        steps = ir_path(path, self.lists)
        return {"json_path": {"operand": document, "path": steps, "type": "json"}}

    def _empty(self, path: Path) -> _ir.Expr:
        """The empty container created at a path."""
        return _call("json_array" if path in self.lists else "json_object")


def _call(name: str, *arguments: _ir.Expr) -> _ir.Expr:
    return {"function": {"name": name, "arguments": list(arguments), "type": "json"}}


def _rank(step: object) -> tuple[bool, int, str]:
    return (False, step.number, "") if isinstance(step, Member) else (True, 0, str(step))


def _names(path: Path) -> list[str]:
    return [str(step.number) if isinstance(step, Member) else str(step) for step in path]


def _holds_list(field: FieldMeta) -> bool:
    python_type: Any = field.python_type
    return python_type is list or get_origin(python_type) is list


def part_of_document(names: Names, name: str, value: object) -> JsonUpdate:
    """The update for ``name=value``.

    Raises:
        FieldError: the name is not a path into a JSON column of the model itself.
    """
    resolved = resolve_value(names, name)
    if not resolved.path or resolved.hops or resolved.spec.name != "exact":
        raise FieldError(
            f"`{names.label}`: `{name}` cannot be set",
            hint="update() sets fields of the model, and parts of its JSON fields",
        )
    if resolved.operand_type is not None:
        raise FieldError(f"`{resolved.label}`: an item of an array column cannot be set on its own")
    path: list[Any] = []
    for step in resolved.path:
        if isinstance(step, int) and not isinstance(step, Member):
            if step < 0:
                raise FieldError(
                    f"`{resolved.label}`: an item cannot be set by a negative index",
                    hint="count its index from 0",
                )
            step = Member(step)
        path.append(step)
    if not isinstance(value, Expression):
        value = JsonConstant(value, resolved.label)
    return JsonUpdate(resolved, ((tuple(path), value),))
