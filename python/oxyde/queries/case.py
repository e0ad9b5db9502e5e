"""CASE: ``Case(When(Q(age__lt=18), then=Value("child")), default=Value("adult"))``."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

from oxyde import _ir
from oxyde.exceptions import FieldError
from oxyde.queries.base import Conditional, Expression
from oxyde.queries.choice_functions import family_of
from oxyde.queries.columns import kind_of
from oxyde.queries.expressions import Computed, as_expression, context_of
from oxyde.queries.outputs import output_type
from oxyde.queries.q import Q
from oxyde.queries.scope import Scope, Typed

if TYPE_CHECKING:
    from oxyde.queries.annotation import Context

__all__ = ["Case", "When"]


class When:
    """One branch of a `Case`.

    Args:
        condition: when it applies; lookups may be given instead, or in addition.
        then: its value: an expression or a plain value.
        lookups: ``field__lookup=value``.
    """

    __slots__ = ("condition", "then")

    def __init__(self, condition: Conditional | None = None, *, then: Any, **lookups: Any) -> None:
        if condition is not None and not isinstance(condition, Conditional):
            raise FieldError(f"When() takes a condition (Q), not {condition!r:.80}")
        if condition is None and not lookups:
            raise FieldError("When() needs a condition", hint="When(age__lt=18, then=…)")
        if condition is None:
            condition = Q(**lookups)
        elif lookups:
            condition = condition & Q(**lookups)
        self.condition: Conditional = condition
        self.then = as_expression(then)


class Case(Computed):
    """The value of the first branch whose condition holds.

    Args:
        whens: the branches.
        default: the value where none holds; NULL when None.
        output: the type of the result, as for `Cast`, where the branches do not tell.
    """

    __slots__ = ("default", "type", "whens")

    def __init__(self, *whens: When, default: Any = None, output: Any = None) -> None:
        if not whens or not all(isinstance(each, When) for each in whens):
            raise FieldError("Case() takes When(…), one or more")
        self.whens = whens
        self.default = None if default is None else as_expression(default)
        self.type = None if output is None else output_type(output)

    def shape(self, context: Context, values: list[Any]) -> Hashable:
        """The branches."""
        shapes: list[Hashable] = []
        for when in self.whens:
            node = when.condition.resolve(context)
            values.extend(node.values)
            shapes.append((node.shape, when.then.shape(context, values)))
        otherwise = None if self.default is None else self.default.shape(context, values)
        return ("case", tuple(shapes), otherwise, repr(self.type))

    def operands(self) -> tuple[Expression, ...]:
        """The values of the branches."""
        thens = tuple([when.then for when in self.whens])
        return thens if self.default is None else (*thens, self.default)

    def build(self, scope: Scope, want: _ir.ColumnType | None = None) -> Typed:
        """`CASE WHEN … END`."""
        column_type = self.type or self._look(scope) or want
        context = context_of(scope)
        whens = []
        types: list[_ir.ColumnType] = []
        for when in self.whens:
            condition = when.condition.resolve(context).build(scope)
            then = when.then.build(scope, column_type)
            types += [] if then.type is None else [then.type]
            whens.append({"condition": condition, "then": then.ir})
        otherwise = None if self.default is None else self.default.build(scope, column_type)
        if otherwise is not None and otherwise.type is not None:
            types.append(otherwise.type)
        if len({family_of(each) for each in types}) > 1:
            kinds = ", ".join(sorted({kind_of(each) for each in types}))
            raise scope.unfit(
                self, f"the branches have different types: {kinds}", "convert them with Cast(…)"
            )
        result = column_type or (types[0] if types else "text")
        ir: _ir.Expr = {
            "case": {
                "whens": whens,
                "otherwise": None if otherwise is None else otherwise.ir,
                "type": result,
            }
        }
        return Typed(ir, result)

    def __repr__(self) -> str:
        return f"Case(… {len(self.whens)} branches)"

    def _look(self, scope: Scope) -> _ir.ColumnType | None:
        """The type of a branch that is no lone value, or else of the first."""
        builder = scope.builder
        index, labels = builder.index, len(builder.labels)
        first: _ir.ColumnType | None = None
        found: _ir.ColumnType | None = None
        for each in self.operands():
            typed = each.build(scope)
            if typed.type is None:
                continue
            first = first or typed.type
            if "param" not in typed.ir:
                found = typed.type
                break
        builder.index = index
        del builder.labels[labels:]
        return found or first
