"""Functions of lists and documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oxyde.queries.expressions.functions.base import Func
from oxyde.queries.expressions.operators import as_expression
from oxyde.queries.expressions.parts import Part
from oxyde.queries.ir.nodes import Typed
from oxyde.queries.ir.scope import Scope
from oxyde.queries.types.column_types import kind_of

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde.queries.ir.expression import Expression

__all__ = ["ArrayAppend", "JsonRemove", "JsonText"]


class ArrayAppend(Func):
    """``ArrayAppend("tags", "new")``: append an item to a list; NULL stays NULL."""

    __slots__ = ()
    name = "array_append"

    def __init__(self, array: object, item: object) -> None:
        super().__init__(array, as_expression(item))

    def build_arguments(
        self, scope: Scope, parts: list[Part], want: _ir.ColumnType | None
    ) -> list[Typed]:
        """The list, and the item with the list's item type."""
        array, item = parts
        first = array.build(scope)
        if not isinstance(first.type, dict) or "array" not in first.type:
            kind = "NULL" if first.type is None else kind_of(first.type)
            raise scope.unfit(self, f"appends to a list, not to {kind}")
        return [first, item.build(scope, first.type["array"]["item"])]


class JsonRemove(Func):
    """``update(data=JsonRemove("data__address__zip"))``: a document without the member at a path;
    unchanged if there is none. The path may contain object keys, but no list indexes."""

    __slots__ = ()
    name = "json_remove"
    output = dict

    def __init__(self, path: str) -> None:
        super().__init__(path)

    def build_arguments(
        self, scope: Scope, parts: list[Part], want: _ir.ColumnType | None
    ) -> list[Typed]:
        """The path in the document."""
        built = parts[0].build(scope)
        if "json_path" not in built.ir:
            raise scope.unfit(
                self, "takes a path in a JSON document", 'name what to remove: "data__key"'
            )
        if not all("key" in item for item in built.ir["json_path"]["path"]):
            raise scope.unfit(
                self,
                "removes members of objects, and a number may be an item of a list",
                "set the changed list: update(data__items=[…])",
            )
        return [built]


class JsonText(Func):
    """``JsonText("data__name")``: part of a document as text: a string as it is, NULL for null and
    for a missing part, any other value as JSON (``10``, ``true``)."""

    __slots__ = ()
    name = "json_text"
    output = str

    def __init__(self, document: str | Expression) -> None:
        super().__init__(document)

    def build_arguments(
        self, scope: Scope, parts: list[Part], want: _ir.ColumnType | None
    ) -> list[Typed]:
        """The document, or part of one."""
        built = parts[0].build(scope)
        if built.type != "json":
            raise scope.unfit(self, "takes a JSON field, or a path in one", '"data__key"')
        return [built]
