"""Parts of a date that say the same as a range of dates, which an index of the column serves."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from oxyde.queries.ir.scope import Scope
from oxyde.queries.lookups.leaf import Leaf
from oxyde.queries.lookups.periods import Period, moment, period, year, year_of_weeks
from oxyde.queries.types.column_types import MOMENTS, kind_of

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde.queries.lookups.lookup import Resolved

__all__ = ["among", "between", "of_period", "within"]


def _day(value: dt.date) -> Period:
    return period((value.year, value.month, value.day))


# The parts of which a value is a period, and what gives its bounds.
_PERIODS: Final[dict[str, Callable[[Any], Period]]] = {
    "year": year,
    "iso_year": year_of_weeks,
    "date": _day,
}
# How a part is compared, and how its column is: with the begin of the period, with the end.
_COMPARED: Final = {
    "exact": ("gte", "lt"),
    "gte": ("gte", None),
    "gt": (None, "gte"),
    "lt": ("lt", None),
    "lte": (None, "lt"),
}


# The most ranges that a list becomes.
_MOST = 32
# A bound: the lookup that compares the column with it, and its value.
_Bound: TypeAlias = "tuple[str, Any]"


class Within(Leaf):
    """The column of a date or time itself, compared with the bounds of ranges: from the start,
    before the end.

    Attributes:
        names: for each range, the lookup of each bound.
    """

    __slots__ = ("names",)

    def __init__(self, resolved: Resolved, ranges: list[list[_Bound]]) -> None:
        self.names = tuple([tuple([name for name, _ in bounds]) for bounds in ranges])
        values = tuple([value for bounds in ranges for _, value in bounds])
        super().__init__(resolved, (resolved.key, self.names), values)

    @property
    def sent_as(self) -> _ir.ColumnType:
        """As the column is."""
        return _compared(self.resolved)

    def over(self, column: _ir.Expr, scope: Scope) -> _ir.Predicate:
        """Over the column, not the part of it."""
        if self.resolved.part is not None:
            return self.condition(column, scope)
        return super().over(column, scope)

    def condition(self, operand: _ir.Expr, scope: Scope) -> _ir.Predicate:
        """All bounds of one of the ranges."""
        ranges: list[_ir.Predicate] = []
        for names in self.names:
            bounds: list[_ir.Predicate] = []
            for name in names:
                arguments = [self.param(scope)]
                lookup: _ir.Predicate = {
                    "lookup": {"name": name, "operand": operand, "arguments": arguments}
                }
                bounds.append(lookup)
            ranges.append(bounds[0] if len(bounds) == 1 else {"and": bounds})
        return ranges[0] if len(ranges) == 1 else {"or": ranges}


def _compared(resolved: Resolved) -> _ir.ColumnType:
    """The type of the date or time of which a part is asked."""
    if resolved.part is not None:
        return resolved.field.column_type
    return resolved.operand_type or resolved.field.column_type


def within(resolved: Resolved, part: str, value: Any) -> Within | None:
    """The part's comparison with a value as a range; None where no range says the same, as in the
    last year that Python knows: databases know later ones.

    Args:
        resolved: the lookup, whose name says how the part is compared.
        part: a part of a date.
        value: what it is compared with.
    """
    compared = _COMPARED.get("exact" if resolved.part is None else resolved.spec.name)
    days = None if compared is None else _period(resolved, part, value)
    if compared is None or days is None:
        return None
    bounds: list[_Bound] = []
    for name, day in zip(compared, days, strict=True):
        if name is not None:
            if day is None:
                return None
            bounds.append(_bound(resolved, name, day))
    return Within(resolved, [bounds])


def between(resolved: Resolved, part: str, low: Any, high: Any) -> Within | None:
    """The part between two values, as a range; None where no range says the same."""
    first, last = _period(resolved, part, low), _period(resolved, part, high)
    if first is None or last is None or last[1] is None:
        return None
    start, end = _bound(resolved, "gte", first[0]), _bound(resolved, "lt", last[1])
    return Within(resolved, [[start, end]])


def among(resolved: Resolved, part: str, values: Iterable[Any]) -> Within | None:
    """The part in a list of values, as ranges: one where the values follow each other. None where
    they are too many, or no range says the same.

    Their number is rounded up, by repeating the last one, so that there are few plans.
    """
    periods: list[tuple[dt.date, dt.date]] = []
    for value in sorted(set(values)):
        days = _period(resolved, part, value)
        if days is None or days[1] is None:
            return None
        if periods and periods[-1][1] == days[0]:
            periods[-1] = periods[-1][0], days[1]
        else:
            periods.append((days[0], days[1]))
    if not 0 < len(periods) <= _MOST:
        return None
    size = 1 << (len(periods) - 1).bit_length()
    periods += [periods[-1]] * (size - len(periods))
    return Within(
        resolved,
        [[_bound(resolved, "gte", start), _bound(resolved, "lt", end)] for start, end in periods],
    )


def _period(resolved: Resolved, part: str, value: Any) -> Period | None:
    """The days of a part's value; None if a range of the column does not say the same."""
    kind = kind_of(_compared(resolved))
    if part not in _PERIODS or (kind != "date" and kind not in MOMENTS):
        return None
    try:
        return _PERIODS[part](value)
    except ValueError:
        return None


def _bound(resolved: Resolved, name: str, day: dt.date) -> _Bound:
    return name, moment(kind_of(_compared(resolved)), day)


def of_period(resolved: Resolved, numbers: tuple[Any, ...]) -> Within:
    """Within a month or a day: `created__month=(2024, 5)`.

    Raises:
        FieldLookupValueError: there is no such month or day.
    """
    length = 2 if resolved.spec.name == "month" else 3
    example = "(2024, 5)" if length == 2 else "(2024, 5, 17)"
    if len(numbers) != length or not all(
        isinstance(item, int) and not isinstance(item, bool) for item in numbers
    ):
        raise resolved.refuse(numbers, f"give a number, or a tuple like {example}")
    try:
        start, end = period(numbers)
    except ValueError as error:
        raise resolved.refuse(numbers, str(error)) from None
    kind = kind_of(_compared(resolved))
    bounds = [("gte", moment(kind, start))]
    if end is not None:
        bounds.append(("lt", moment(kind, end)))
    return Within(resolved, [bounds])
