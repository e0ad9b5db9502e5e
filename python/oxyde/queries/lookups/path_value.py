"""The value at the end of a path: ``F("author__age")``, and names in clauses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oxyde.exceptions import FieldError
from oxyde.queries.ir.nodes import Typed
from oxyde.queries.ir.scope import Scope
from oxyde.queries.lookups.composite import ResolvedKey
from oxyde.queries.lookups.json_path import ir_path
from oxyde.queries.lookups.lookup import part_of
from oxyde.queries.lookups.parse import resolve_value
from oxyde.queries.lookups.paths import head
from oxyde.queries.lookups.table import part_type

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde.queries.expressions.context import Context
    from oxyde.queries.lookups.lookup import Resolved
    from oxyde.queries.names import Names

__all__ = ["check_path", "key_paths", "path_value"]


def path_value(scope: Scope, name: str, want: _ir.ColumnType | None = None) -> Typed:
    """The value at the end of a path, or of an annotation; or part of it.

    Raises:
        FieldError: a name that is none, or a path to many rows.
    """
    first = head(name, scope.annotations) if scope.annotations else ""
    annotation = scope.annotations.get(first)
    if annotation is None:
        resolved = resolve_value(scope.names, name, scope.annotations)
        if isinstance(resolved, ResolvedKey):
            raise resolved.no_value()
        return _part(scope, name, resolved, scope.column(resolved.hops, resolved.field), want)
    if not annotation.of_rows and not scope.grouping:
        raise FieldError(
            f"`{first}` is an aggregate, which has no value for a single row of "
            f"`{scope.names.label}`",
            hint="use group_by() or values() before annotate(), and having() to filter",
        )
    typed = scope.annotation(first)
    if name == first:
        return typed
    return _part(scope, name, annotation.resolve(scope.names, name, value=True), typed.ir, want)


def _part(
    scope: Scope, name: str, resolved: Resolved, operand: _ir.Expr, want: _ir.ColumnType | None
) -> Typed:
    """What a path selects of its column: the value itself, or part of a date or document."""
    if resolved.spec.name != "exact":
        if resolved.spec.part is not None and resolved.part is None:
            part = resolved.spec.name
            whole = resolved.field.column_type
            return Typed(part_of(part, operand, whole), part_type(part, whole))
        raise FieldError(
            f"`{name}` is a lookup, not a value of `{scope.names.label}`",
            hint=f"leave out `__{resolved.spec.name}`",
        )
    if resolved.path:
        column_type: _ir.ColumnType = resolved.operand_type or want or "json"
        path = ir_path(resolved.path)
        ir: _ir.Expr = {"json_path": {"operand": operand, "path": path, "type": column_type}}
        return Typed(ir, column_type)
    return Typed(operand, resolved.field.column_type, resolved.field)


def check_path(context: Context, name: str) -> None:
    """Check that a path has one value per row; once per path.

    Raises:
        FieldError: a name that is none, or a path to many rows.
    """
    known = context.names.value_paths
    if not isinstance(name, str):
        raise FieldError(
            f"a field of `{context.names.label}` is named by a string, not by {name!r:.80}"
        )
    if head(name, context.annotations) in context.annotations:
        path_value(context.scope(), name)
    elif name not in known:
        path_value(context.scope(), name)
        known.add(name)


def key_paths(names: Names, path: str) -> tuple[str, ...] | None:
    """The paths of the columns of a composite key that a path ends with (``pk``, ``owner__pk``);
    None if it ends with something else."""
    if path != "pk" and not path.endswith("__pk"):
        return None
    resolved = resolve_value(names, path)
    if not isinstance(resolved, ResolvedKey):
        return None
    return tuple([each.key for each in resolved.columns])
