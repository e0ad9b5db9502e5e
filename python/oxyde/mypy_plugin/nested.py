"""Names of fields inside the arguments of a call: `Q(…)`, `F("…")`, aggregates, `Prefetch("…")`."""

from __future__ import annotations

from collections.abc import Iterator

from mypy.nodes import (
    CallExpr,
    DictExpr,
    Expression,
    LambdaExpr,
    MemberExpr,
    OpExpr,
    RefExpr,
    ReturnStmt,
    StrExpr,
    UnaryExpr,
)

__all__ = ["lambda_pairs", "names_in"]

_EXPRESSIONS = "oxyde.queries.expressions."
_Q = f"{_EXPRESSIONS}q.Q"
_NAMES_A_FIELD = (f"{_EXPRESSIONS}operators.F", f"{_EXPRESSIONS}aggregates.")
_PREFETCH = "oxyde.queries.relations.prefetch.Prefetch"


def names_in(
    expression: Expression,
) -> Iterator[tuple[str, StrExpr | Expression, Expression | None]]:
    """(path, where it is, the value if it is a lookup) of each name in an argument. Queries in it
    have models of their own and are checked by themselves."""
    if isinstance(expression, OpExpr):
        yield from names_in(expression.left)
        yield from names_in(expression.right)
    elif isinstance(expression, UnaryExpr):
        yield from names_in(expression.expr)
    elif isinstance(expression, CallExpr):
        yield from _names_in_call(expression)


def _names_in_call(call: CallExpr) -> Iterator[tuple[str, Expression, Expression | None]]:
    callee = call.callee
    if not isinstance(callee, RefExpr):
        return
    if isinstance(callee, MemberExpr) and not callee.fullname:
        # `F("views").desc()`
        yield from names_in(callee.expr)
        return
    if callee.fullname == _Q:
        for name, value in zip(call.arg_names, call.args, strict=True):
            if name is not None:
                yield name, value, value
            else:
                yield from names_in(value)
        return
    if callee.fullname.startswith((*_NAMES_A_FIELD, _PREFETCH)):
        first = call.args[0] if call.args else None
        if isinstance(first, StrExpr) and first.value != "*":
            yield first.value, first, None
    if callee.fullname.startswith(_EXPRESSIONS):
        for value in call.args:
            yield from names_in(value)


def lambda_pairs(expression: Expression) -> Iterator[tuple[Expression, Expression]]:
    """The keys and values of the dict that a lambda returns."""
    if not isinstance(expression, LambdaExpr) or not expression.body.body:
        return
    returned = expression.body.body[0]
    if isinstance(returned, ReturnStmt) and isinstance(returned.expr, DictExpr):
        for key, value in returned.expr.items:
            if key is not None:
                yield key, value
