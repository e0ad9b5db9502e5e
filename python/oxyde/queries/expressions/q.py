"""Q: conditions, combined with `&`, `|`, `~` and `^`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oxyde.queries.ir.expression import Conditional
from oxyde.queries.ir.predicates import Junction, Negation, Node, Operator

if TYPE_CHECKING:
    from oxyde.queries.expressions.context import Context

__all__ = ["Q"]

_NO_LOOKUPS: dict[str, Any] = {}
# Maximum depth of repr(): a loop may nest a condition arbitrarily deep.
_SHOWN = 20


class Q(Conditional):
    """A condition made of lookups: ``Q(status="active") | ~Q(age__lt=18)``.

    An empty one has no effect, so it can start a chain of ``&=``, ``|=`` or ``^=``.

    Args:
        conditions: further conditions.
        lookups: ``field__lookup=value``. All of them must hold.
    """

    # A loop nests conditions as deep as its number of iterations, so walking through them must be
    # iterative (`_parts`), not recursive.
    __slots__ = ("children", "lookups", "negated", "operator")

    def __init__(self, *conditions: Conditional, **lookups: object) -> None:
        said: list[Conditional] = []
        for condition in conditions:
            if not isinstance(condition, Conditional):
                raise TypeError(
                    f"Q() takes conditions and lookup=value, not {type(condition).__name__}"
                )
            if not is_empty(condition):
                said.append(condition)
        self.lookups: dict[str, Any] = lookups
        self.operator: Operator = "and"
        self.negated = False
        self.children: tuple[Conditional, ...] = tuple(said)
        if len(said) == 1 and not lookups and isinstance(said[0], Q):
            self._become(said[0])

    def _become(self, other: Q) -> None:
        self.children, self.lookups = other.children, other.lookups
        self.operator, self.negated = other.operator, other.negated

    @classmethod
    def _of(cls, operator: Operator, children: tuple[Conditional, ...]) -> Q:
        made = cls.__new__(cls)
        said = children
        if any(map(is_empty, children)):
            said = tuple([each for each in children if not is_empty(each)])
        if len(said) == 1 and isinstance(said[0], Q):
            made._become(said[0])
            return made
        made.children, made.lookups = said, _NO_LOOKUPS
        made.operator, made.negated = operator if said else "and", False
        return made

    def __invert__(self) -> Q:
        if is_empty(self):
            return self
        made = Q.__new__(Q)
        if self.negated:
            # A third negation cancels the second. The second is kept: a negated condition matches
            # related rows of its own.
            if len(self.children) == 1 and not self.lookups:
                only = self.children[0]
                if isinstance(only, Q) and only.negated:
                    return only
            made.children, made.lookups, made.operator = (self,), _NO_LOOKUPS, "and"
        else:
            made._become(self)
        made.negated = True
        return made

    def _parts(self) -> list[Conditional | tuple[str, Any]]:
        """The operands, with nested conditions of the same operator flattened."""
        parts: list[Conditional | tuple[str, Any]] = []
        left: list[Conditional | tuple[str, Any]] = []
        item: Conditional | tuple[str, Any] = self
        while True:
            if isinstance(item, Q) and (item is self or item._joins(self.operator)):
                left += reversed(item.lookups.items())
                left += reversed(item.children)
            else:
                parts.append(item)
            if not left:
                return parts
            item = left.pop()

    def _joins(self, operator: Operator) -> bool:
        """Whether it can be flattened into a condition with this operator."""
        if self.negated:
            return False
        return self.operator == operator or len(self.children) + len(self.lookups) == 1

    def resolve(self, context: Context) -> Node:
        """Resolve the names and check the values."""
        nodes = [
            context.lookup(*part) if isinstance(part, tuple) else part.resolve(context)
            for part in self._parts()
        ]
        node = nodes[0] if len(nodes) == 1 else Junction(self.operator, nodes)
        return Negation(node) if self.negated else node

    def __reduce__(self) -> tuple[Any, ...]:
        # Flat, so that pickle does not recurse.
        return _remade, (self.operator, tuple(self._parts()), self.negated)

    def _text(self, depth: int) -> str:
        if not depth:
            return "Q(…)"
        parts: list[str] = []
        for part in self._parts():
            if isinstance(part, tuple):
                parts.append(f"{part[0]}={part[1]!r}")
            else:
                parts.append(part._text(depth - 1) if isinstance(part, Q) else repr(part))
        if self.operator == "and":
            text = f"Q({', '.join(parts)})"
        else:
            text = "({})".format(f" {'|' if self.operator == 'or' else '^'} ".join(parts))
        return f"~{text}" if self.negated else text

    def __repr__(self) -> str:
        return self._text(_SHOWN)


Conditional._q = Q


def _remade(
    operator: Operator, parts: tuple[Conditional | tuple[str, Any], ...], negated: bool
) -> Q:
    made = Q.__new__(Q)
    made.operator, made.negated = operator, negated
    made.lookups = _NO_LOOKUPS
    made.children = tuple([Q(**dict([p])) if isinstance(p, tuple) else p for p in parts])
    return made


def is_empty(condition: object) -> bool:
    """Whether it is an empty `Q`."""
    return isinstance(condition, Q) and not condition.children and not condition.lookups
