"""Names in a query: the model's fields and the annotations."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from oxyde._meta import FieldMeta
from oxyde.exceptions import FieldError
from oxyde.queries.ir.beside import rows_beside
from oxyde.queries.ir.depth import bounded
from oxyde.queries.ir.expression import Expression
from oxyde.queries.ir.nodes import Typed
from oxyde.queries.ir.predicates import Node
from oxyde.queries.ir.related_row import by_itself
from oxyde.queries.ir.scope import Builder, Scope
from oxyde.queries.lookups.json_path import split_parts
from oxyde.queries.lookups.leaf import Leaf
from oxyde.queries.lookups.parse import Resolved, resolve, resolve_field
from oxyde.queries.lookups.paths import head
from oxyde.queries.names import Names

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde.queries.names import Hop

__all__ = ["Annotation", "AnnotationLeaf", "Context", "Over", "context_of"]

# The query's own rows, rows that are already grouped, or any rows.
Over: TypeAlias = Literal["rows", "groups", "any"]

# Conditions already checked: (model, whether aggregates are allowed, path of the rows beside,
# shape).
_checked: set[Hashable] = set()
# Annotations already checked, without their expressions and values.
_seen: dict[Hashable, Annotation] = {}
_CHECKED = 1024


class Annotation:
    """A named expression with its properties.

    Attributes:
        type: the type of its values; None where only the database knows.
        field: the field whose values it has (`Max("status")`), which determines how they are read.
        grouped: whether it aggregates the rows of a group.
        of_rows: whether each row of a group also has a value, over its own related rows.
        path: the to-many path that it aggregates in one pass.
        windows: whether it contains a window function.
        lookups: resolved keys that begin with its name.
    """

    __slots__ = (
        "expression",
        "field",
        "grouped",
        "lookups",
        "name",
        "of_rows",
        "path",
        "shape",
        "type",
        "values",
        "windows",
    )

    def __init__(
        self,
        name: str,
        expression: Expression,
        shape: Hashable,
        values: tuple[Any, ...],
        typed: Typed | Annotation,
        *,
        grouped: bool,
        windows: bool = False,
        path: tuple[str, ...] | None = None,
        lookups: dict[str, Resolved] | None = None,
    ) -> None:
        self.name = name
        self.expression = expression
        self.shape = shape
        self.values = values
        self.type: _ir.ColumnType | None = typed.type
        self.field: FieldMeta | None = typed.field
        self.grouped = grouped
        self.of_rows = not grouped
        self.path = path
        self.windows = windows
        self.lookups: dict[str, Resolved] = {} if lookups is None else lookups

    def resolve(self, names: Names, key: str, *, value: bool = False) -> Resolved:
        """Resolve a key that begins with its name.

        Args:
            value: whether the key names a value, and has no lookup.

        Raises:
            FieldError: its type is not known.
            FieldLookupError: a lookup that its type does not support.
        """
        # A leading equals sign keeps values apart from lookup keys in the cache.
        known = f"={key}" if value else key
        resolved = self.lookups.get(known)
        if resolved is None:
            rest = key[len(self.name) + 2 :]
            parts = split_parts(rest) if rest else []
            resolved = _resolve_annotation(names, self, key, parts, value=value)
            self.lookups[known] = resolved
        return resolved


# Placeholder expression of annotations that are cached for their types only.
_UNKNOWN = Expression()


class Context:
    """The names that a clause of a query can use.

    Attributes:
        grouping: whether aggregates are allowed (`having`, `annotate`).
        objects: whether values of objects are allowed (`Each` in `bulk_update`).
        beside: the to-many path whose rows are joined beside those of the model, for a condition on
            what an aggregate counts.
    """

    __slots__ = ("annotations", "beside", "grouping", "names", "objects")

    def __init__(
        self,
        names: Names,
        annotations: Mapping[str, Annotation],
        *,
        grouping: bool = False,
        objects: bool = False,
        beside: tuple[Hop, ...] | None = None,
    ) -> None:
        self.names = names
        self.annotations = annotations
        self.grouping = grouping
        self.objects = objects
        self.beside = beside

    def lookup(self, key: str, value: object) -> Node:
        """A condition by its key.

        Raises:
            FieldError: an unknown name.
            FieldLookupError: an unknown or unfit lookup, or a value that it cannot take.
        """
        if self.annotations:
            annotation = self.annotations.get(head(key, self.annotations))
            if annotation is not None:
                leaf: Node = annotation.resolve(self.names, key).leaf(value, self)
                # A lookup of the user's own is a condition by itself.
                return AnnotationLeaf(leaf, annotation) if isinstance(leaf, Leaf) else leaf
        return resolve(self.names, key, self.annotations).leaf(value, self)

    @bounded
    def annotation(
        self,
        name: str,
        expression: Expression,
        over: Over,
    ) -> Annotation:
        """A named expression; its names and types are checked once per shape.

        Args:
            over: which rows an aggregate in it must aggregate to make it grouped.

        Raises:
            FieldError: an unknown name, or types that do not go together.
        """
        values: list[Any] = []
        shape = expression.shape(self, values)
        others = tuple([(each.name, each.shape) for each in self.annotations.values()])
        key = (self.names.model, self.grouping, over, name, shape, others)
        seen = _seen.get(key)
        if seen is None:
            typed = self.check(expression)
            grouped = self._is_grouped(expression, over)
            seen = Annotation(
                name,
                _UNKNOWN,
                shape,
                (),
                typed,
                grouped=grouped,
                path=expression.aggregated_path(self),
                windows=expression.windows(),
            )
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
            path=seen.path,
            windows=seen.windows,
            lookups=seen.lookups,
        )

    def check(self, expression: Expression) -> Typed:
        """Check an expression's names and types, outside any statement.

        Raises:
            FieldError: an unknown name, or types that do not go together.
        """
        return expression.build(self.scope())

    def check_node(self, node: Node) -> None:
        """Check a condition's names and types, outside any statement; once per shape.

        Raises:
            FieldError: an unknown name, or types that do not go together.
        """
        key = (self.names.model, self.grouping, self.beside, node.shape)
        if self.annotations:
            by_itself(node, self.scope())
        elif key not in _checked:
            by_itself(node, self.scope())
            if len(_checked) >= _CHECKED:
                _checked.clear()
            _checked.add(key)

    def scope(self) -> Scope:
        """A scope with these names, for checks only."""
        builder = Builder(checking=True)
        scope = Scope(builder, self.names)
        scope.annotations = dict(self.annotations)
        scope.starts = dict.fromkeys(self.annotations, 0)
        scope.grouping = self.grouping
        if self.beside is None:
            return scope
        return rows_beside(scope, self.beside)[0]

    def _is_grouped(self, expression: Expression, over: Over) -> bool:
        if over == "rows":
            return expression.groups_rows(self)
        return expression.aggregates_groups(self) if over == "groups" else expression.aggregates()


def context_of(scope: Scope) -> Context:
    """The names that a scope knows."""
    # Whether values of objects are allowed was checked when the shape was made.
    return Context(scope.names, scope.annotations, grouping=scope.grouping, objects=True)


class AnnotationLeaf(Node):
    """A lookup on an annotation.

    Attributes:
        needs: the to-many path that the annotation aggregates, if the lookup holds for no row
            without related ones.
    """

    __slots__ = ("annotation", "grouped", "leaf", "needs")

    def __init__(self, leaf: Leaf, annotation: Annotation) -> None:
        self.leaf = leaf
        self.values = leaf.values
        self.annotation = annotation
        self.grouped = annotation.grouped
        holds = None
        if annotation.path is not None:
            holds = annotation.expression.holds_without_rows(leaf)
        self.needs = annotation.path if holds is False else None
        self.shape = ("annotation", leaf.shape, self.needs is not None)

    def build(self, scope: Scope) -> _ir.Predicate:
        """The lookup over the annotation's expression."""
        return self.leaf.over(scope.annotation(self.annotation.name).ir, scope)


def _resolve_annotation(
    names: Names, annotation: Annotation, key: str, rest: list[str], *, value: bool
) -> Resolved:
    field = annotation.field
    if field is None:
        if annotation.type is None:
            raise FieldError(
                f"the type of `{annotation.name}` is not known",
                hint="declare it: RawSQL(…, output=int), or Cast(…, int)",
            )
        field = FieldMeta(annotation.name, "", _python_name(annotation.type), annotation.type)
    label = f"{names.label}.{annotation.name}"
    return resolve_field(names, key, label, (), field, rest, value=value)


def _python_name(column_type: _ir.ColumnType) -> str:
    return column_type if isinstance(column_type, str) else next(iter(column_type))
