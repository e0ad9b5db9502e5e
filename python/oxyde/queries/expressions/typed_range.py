"""A field of ranges in a typed query: it has the methods of its values."""

from __future__ import annotations

from oxyde.queries.expressions.operators import Condition, F

__all__ = ["TypedRange"]


class TypedRange(F):
    """A field of a stand-in whose values are ranges: ``lambda b: b.nights.contains(day)``."""

    __slots__ = ()

    @property
    def lower(self) -> F:
        """The lower bound."""
        return F(f"{self.name}__lower")

    @property
    def upper(self) -> F:
        """The upper bound."""
        return F(f"{self.name}__upper")

    @property
    def empty(self) -> Condition:
        """The lookup `empty`."""
        return Condition(self, "empty", True)

    def contains(self, value: object) -> Condition:
        """The lookup `contains`."""
        return Condition(self, "contains", value)

    def contained_by(self, other: object) -> Condition:
        """The lookup `contained_by`."""
        return Condition(self, "contained_by", other)

    def overlap(self, other: object) -> Condition:
        """The lookup `overlap`."""
        return Condition(self, "overlap", other)

    def strictly_left(self, other: object) -> Condition:
        """The lookup `strictly_left`."""
        return Condition(self, "strictly_left", other)

    def strictly_right(self, other: object) -> Condition:
        """The lookup `strictly_right`."""
        return Condition(self, "strictly_right", other)

    def adjacent(self, other: object) -> Condition:
        """The lookup `adjacent`."""
        return Condition(self, "adjacent", other)
