"""`scope` of `class Meta`: the condition of the rows that queries of a model read."""

from __future__ import annotations

from typing import Any

from oxyde.exceptions import FieldError
from oxyde.queries.expressions.conditions import Truth
from oxyde.queries.expressions.context import Context
from oxyde.queries.expressions.q import is_empty
from oxyde.queries.expressions.recorder import record
from oxyde.queries.ir.expression import Conditional, Expression
from oxyde.queries.ir.predicates import Node
from oxyde.queries.ir.related_row import by_itself
from oxyde.queries.ir.row_sets import is_of_row
from oxyde.queries.names import Names, resolve_scopes_by

__all__: list[str] = []


def _resolve(names: Names) -> Node:
    """The scope of a model.

    Raises:
        FieldError: it is not a condition on the model's own columns.
    """
    where = f"{names.label}.Meta.scope"
    context = Context(names, {})
    try:
        node = _condition(context, names.meta.scope)
        scope = context.scope()
        is_own = node is None or (is_of_row(by_itself(node, scope)) and not scope.joins)
    except FieldError as error:
        raise FieldError(f"{where}: {error.args[0]}", hint=error.hint) from error
    if node is None:
        raise FieldError(
            f"{where} is a condition on the model's columns, not {names.meta.scope!r:.80}",
            hint="scope = Q(deleted_at=None), or a function: scope = lambda post: ~post.is_hidden",
        )
    if not is_own:
        raise FieldError(
            f"{where} reads more than the columns of `{names.label}` itself",
            hint="a scope holds wherever rows are read, in joins too: filter by other tables in a "
            "method of a class of queries, or in a manager",
        )
    return node


def _condition(context: Context, item: Any) -> Node | None:
    if not isinstance(item, Expression | Conditional) and callable(item):
        item = record(context.names, item)
    if isinstance(item, Conditional) and not is_empty(item):
        return item.resolve(context)
    if isinstance(item, Expression) and context.check(item).type == "bool":
        return Truth(item, context)
    return None


resolve_scopes_by(_resolve)
