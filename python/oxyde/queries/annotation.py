"""Names in a query: those of its model, and those that annotate() added."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import TYPE_CHECKING, Any

from oxyde import _ir
from oxyde.exceptions import FieldError
from oxyde.queries.base import Expression
from oxyde.queries.lookups import Resolved, resolve, resolve_field
from oxyde.queries.names import Names
from oxyde.queries.predicates import Leaf
from oxyde.queries.scope import Builder, Scope, Typed

if TYPE_CHECKING:
    from oxyde.db.meta import FieldMeta
    from oxyde.queries.predicates import Node

__all__ = ["Annotation", "AnnotationLeaf", "Context"]


# Conditions that were looked at: (model, whether aggregates may stand there, shape).
_checked: set[Hashable] = set()
# Annotations that were looked at, without their expressions and values.
_seen: dict[Hashable, Annotation] = {}
_CHECKED = 1024


class Annotation:
    """An expression under a name, with what is known of it.

    Attributes:
        type: the type of its values; None where only the database knows.
        field: the column whose values it has (`Max("status")`), which says how they are read.
        grouped: whether it computes over the rows of a group.
        lookups: what keys that begin with its name mean.
    """

    __slots__ = ("expression", "field", "grouped", "lookups", "name", "shape", "type", "values")

    def __init__(
        self,
        name: str,
        expression: Expression,
        shape: Hashable,
        values: tuple[Any, ...],
        typed: Typed | Annotation,
        *,
        grouped: bool,
        lookups: dict[str, Resolved] | None = None,
    ) -> None:
        self.name = name
        self.expression = expression
        self.shape = shape
        self.values = values
        self.type: _ir.ColumnType | None = typed.type
        self.field: FieldMeta | None = typed.field
        self.grouped = grouped
        self.lookups: dict[str, Resolved] = {} if lookups is None else lookups


# Stands for the expression of an annotation of which only the types are kept.
_UNKNOWN = Expression()


class Context:
    """What a name can refer to while a clause of a query is read.

    Attributes:
        grouping: whether aggregates may stand here (`having`, `annotate`).
        objects: whether values of objects may (`Each` in `bulk_update`).
    """

    __slots__ = ("annotations", "grouping", "names", "objects")

    def __init__(
        self,
        names: Names,
        annotations: Mapping[str, Annotation],
        *,
        grouping: bool = False,
        objects: bool = False,
    ) -> None:
        self.names = names
        self.annotations = annotations
        self.grouping = grouping
        self.objects = objects

    def lookup(self, key: str, value: Any) -> Node:
        """A condition by its key.

        Raises:
            FieldError: an unknown name.
            FieldLookupError: an unknown or unfit lookup, or a value that it cannot take.
        """
        if self.annotations:
            name, _, rest = key.partition("__")
            annotation = self.annotations.get(name)
            if annotation is not None:
                return self._annotation(annotation, key, rest.split("__") if rest else [], value)
        return resolve(self.names, key, self.annotations).leaf(value, self)

    def annotation(
        self,
        name: str,
        expression: Expression,
        is_grouped: Callable[[Context, Expression], bool],
    ) -> Annotation:
        """An expression under a name; its names and types are looked at once per shape.

        Raises:
            FieldError: an unknown name, or types that do not go together.
        """
        values: list[Any] = []
        shape = expression.shape(self, values)
        others = tuple([(each.name, each.shape) for each in self.annotations.values()])
        key = (self.names.model, self.grouping, is_grouped, name, shape, others)
        seen = _seen.get(key)
        if seen is None:
            typed = self.check(expression)
            grouped = is_grouped(self, expression)
            seen = Annotation(name, _UNKNOWN, shape, (), typed, grouped=grouped)
            if len(_seen) >= _CHECKED:
                _seen.clear()
            _seen[key] = seen
        return Annotation(
            name,
            expression,
            shape,
            tuple(values),
            seen,
            grouped=seen.grouped,
            lookups=seen.lookups,
        )

    def _annotation(
        self, annotation: Annotation, key: str, rest: list[str], value: Any
    ) -> AnnotationLeaf:
        resolved = annotation.lookups.get(key)
        if resolved is None:
            resolved = _resolve_annotation(self.names, annotation, key, rest)
            annotation.lookups[key] = resolved
        leaf = resolved.leaf(value, self)
        return AnnotationLeaf(leaf, annotation.name, grouped=annotation.grouped)

    def check(self, expression: Expression) -> Typed:
        """Look at an expression's names and types, outside of any statement.

        Raises:
            FieldError: an unknown name, or types that do not go together.
        """
        return expression.build(self.scope())

    def check_node(self, node: Node) -> None:
        """Look at a condition's names and types, outside of any statement; once per shape.

        Raises:
            FieldError: an unknown name, or types that do not go together.
        """
        key = (self.names.model, self.grouping, node.shape)
        if self.annotations:
            node.build(self.scope())
        elif key not in _checked:
            node.build(self.scope())
            if len(_checked) >= _CHECKED:
                _checked.clear()
            _checked.add(key)

    def scope(self) -> Scope:
        """A scope with these names, for a look only."""
        builder = Builder(checking=True)
        scope = Scope(builder, self.names)
        scope.annotations = dict(self.annotations)
        scope.starts = dict.fromkeys(self.annotations, 0)
        scope.grouping = self.grouping
        return scope


class AnnotationLeaf(Leaf):
    """A lookup on an annotation."""

    __slots__ = ("grouped", "name")

    def __init__(self, leaf: Leaf, name: str, *, grouped: bool) -> None:
        super().__init__(
            leaf.resolved, ("annotation", leaf.shape), leaf.values, leaf.form, leaf.detail
        )
        self.name = name
        self.grouped = grouped

    def build(self, scope: Scope, skip: int = 0) -> _ir.Predicate:
        """The lookup over the annotation's expression."""
        return self.resolved.render(self, scope.annotation(self.name).ir, scope)


def _resolve_annotation(
    names: Names, annotation: Annotation, key: str, rest: list[str]
) -> Resolved:
    from oxyde.db.meta import FieldMeta

    field = annotation.field
    if field is None:
        if annotation.type is None:
            raise FieldError(
                f"the type of `{annotation.name}` is not known",
                hint="say it: RawSQL(…, output=int), or Cast(…, int)",
            )
        field = FieldMeta(annotation.name, "", _python_name(annotation.type), annotation.type)
    label = f"{names.label}.{annotation.name}"
    return resolve_field(names, key, label, (), field, rest)


def _python_name(column_type: _ir.ColumnType) -> str:
    return column_type if isinstance(column_type, str) else next(iter(column_type))
