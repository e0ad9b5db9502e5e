"""Q: conditions that are put together with `&`, `|`, `~` and `^`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from oxyde.queries.base import Conditional
from oxyde.queries.predicates import Junction, Negation, Node, Operator

if TYPE_CHECKING:
    from oxyde.queries.annotation import Context

__all__ = ["Q"]


class Q(Conditional):
    """Lookups as a value: ``Q(status="active") | ~Q(age__lt=18)``.

    Args:
        conditions: further conditions.
        lookups: ``field__lookup=value``. All of them must hold.
    """

    __slots__ = ("children", "lookups", "negated", "operator")

    def __init__(self, *conditions: Conditional, **lookups: Any) -> None:
        for condition in conditions:
            if not isinstance(condition, Conditional):
                raise TypeError(
                    f"Q() takes conditions and lookup=value, not {type(condition).__name__}"
                )
        self.children: tuple[Conditional, ...] = conditions
        self.lookups: Mapping[str, Any] = lookups
        self.operator: Operator = "and"
        self.negated = False

    @classmethod
    def _of(
        cls, operator: Operator, children: tuple[Conditional, ...], *, negated: bool = False
    ) -> Q:
        if not negated:
            # An empty Q says nothing, so that Q() is a start for `|=` as well as for `&=`.
            children = tuple([each for each in children if not _is_empty(each)])
        made = cls.__new__(cls)
        flat: list[Conditional] = []
        for child in children:
            if (
                isinstance(child, Q)
                and child.operator == operator
                and not child.negated
                and not child.lookups
            ):
                flat.extend(child.children)
            else:
                flat.append(child)
        made.children = tuple(flat)
        made.lookups = {}
        made.operator = operator if flat else "and"
        made.negated = negated
        return made

    def resolve(self, context: Context) -> Node:
        """The condition with its names looked up and its values checked."""
        nodes = [child.resolve(context) for child in self.children]
        nodes += [context.lookup(key, value) for key, value in self.lookups.items()]
        node = nodes[0] if len(nodes) == 1 else Junction(self.operator, nodes)
        return Negation(node) if self.negated else node

    def __repr__(self) -> str:
        parts = [repr(child) for child in self.children]
        parts += [f"{key}={value!r}" for key, value in self.lookups.items()]
        if self.operator == "and":
            text = f"Q({', '.join(parts)})"
        else:
            text = "({})".format(f" {'|' if self.operator == 'or' else '^'} ".join(parts))
        return f"~{text}" if self.negated else text


Conditional._q = Q


def _is_empty(condition: Conditional) -> bool:
    return (
        isinstance(condition, Q)
        and not condition.children
        and not condition.lookups
        and not condition.negated
    )
