"""CASE: ``Case(When(Q(age__lt=18), then=Value("child")), default=Value("adult"))``."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

from oxyde.exceptions import FieldError
from oxyde.queries.expressions.conditions import Holds
from oxyde.queries.expressions.functions.choice import common_field, family_of
from oxyde.queries.expressions.operators import Computed, as_expression
from oxyde.queries.expressions.parts import parts_of
from oxyde.queries.expressions.q import Q
from oxyde.queries.ir.expression import Conditional, Expression
from oxyde.queries.ir.nodes import Typed
from oxyde.queries.ir.scope import Scope
from oxyde.queries.types.column_types import kind_of
from oxyde.queries.types.declared import output_type

if TYPE_CHECKING:
    from oxyde import _ir

__all__ = ["Case", "When"]


class When:
    """One branch of a `Case`.

    Args:
        condition: when it applies; lookups may be given instead, or in addition.
        then: its value: an expression or a plain value.
        lookups: ``field__lookup=value``.
    """

    __slots__ = ("condition", "then")

    def __init__(
        self, condition: Conditional | None = None, *, then: object, **lookups: object
    ) -> None:
        if condition is not None and not isinstance(condition, Conditional):
            raise FieldError(f"When() takes a condition (Q), not {condition!r:.80}")
        if condition is None and not lookups:
            raise FieldError("When() needs a condition", hint="When(age__lt=18, then=…)")
        if condition is None:
            condition = Q(**lookups)
        elif lookups:
            condition = condition & Q(**lookups)
        self.condition = Holds(condition)
        self.then = as_expression(then)


class Case(Computed):
    """The value of the first branch whose condition holds.

    Args:
        whens: the branches.
        default: the value where none holds; NULL when None.
        output: the type of the result, as for `Cast`, if the branches do not determine it.
    """

    __slots__ = ("default", "type", "whens")

    def __init__(self, *whens: When, default: object = None, output: object = None) -> None:
        if not whens or not all(isinstance(each, When) for each in whens):
            raise FieldError("Case() takes one or more When(…)")
        self.whens = whens
        self.default = None if default is None else as_expression(default)
        self.type: _ir.ColumnType | None = None if output is None else output_type(output)

    def key(self) -> Hashable:
        """The type of the result."""
        return ("case", self.type and repr(self.type))

    def parts(self) -> tuple[Expression, ...]:
        """The condition and the value of each branch, and the default."""
        parts = [part for when in self.whens for part in (when.condition, when.then)]
        return tuple(parts) if self.default is None else (*parts, self.default)

    def operands(self) -> tuple[Expression, ...]:
        """The values of the branches."""
        thens = tuple([when.then for when in self.whens])
        return thens if self.default is None else (*thens, self.default)

    def build(self, scope: Scope, want: _ir.ColumnType | None = None) -> Typed:
        """`CASE WHEN … END`."""
        told, first = self._look(scope)
        column_type = self.type or told or want or first
        parts = iter(parts_of(self.parts(), scope))
        whens: list[_ir.When] = []
        thens: list[Typed] = []
        for _ in self.whens:
            condition = next(parts).condition(scope)
            then = next(parts).build(scope, column_type)
            thens.append(then)
            whens.append({"condition": condition, "then": then.ir})
        otherwise = None if self.default is None else next(parts).build(scope, column_type)
        if otherwise is not None:
            thens.append(otherwise)
        types: list[_ir.ColumnType] = [each.type for each in thens if each.type is not None]
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
        return Typed(ir, result, common_field(thens))

    def __repr__(self) -> str:
        return f"Case(… {len(self.whens)} branches)"

    def _look(self, scope: Scope) -> tuple[_ir.ColumnType | None, _ir.ColumnType | None]:
        """The type of the first branch that is not a plain value, and that of the first of all."""
        first: _ir.ColumnType | None = None
        for each in self.operands():
            found, is_value = scope.look(each)
            if found is not None and not is_value:
                return found, first or found
            first = first or found
        return None, first
