"""Functions of dates and times."""

from __future__ import annotations

import functools
import zoneinfo
from collections.abc import Hashable
from typing import TYPE_CHECKING

from oxyde.exceptions import FieldError
from oxyde.hints import hint_for
from oxyde.queries.expressions.functions.base import Func
from oxyde.queries.expressions.operators import as_expression
from oxyde.queries.expressions.parts import Part, parts_of
from oxyde.queries.ir.nodes import Typed
from oxyde.queries.ir.scope import Scope
from oxyde.queries.lookups.table import part_type
from oxyde.queries.types.column_types import kind_of

if TYPE_CHECKING:
    from oxyde import _ir

__all__ = [
    "EXTRACTS",
    "TRUNCS",
    "CurrentDate",
    "CurrentTime",
    "Extract",
    "Now",
    "Trunc",
]


class Now(Func):
    """The time at which the statement (on PostgreSQL the transaction) began.

    Args:
        aware: with a time zone; otherwise naive, in UTC.
    """

    __slots__ = ()
    name = "now"

    def __init__(self, *, aware: bool = True) -> None:
        super().__init__(output="timestamp_tz" if aware else "date_time")

    def build(self, scope: Scope, want: _ir.ColumnType | None = None) -> Typed:
        """With the type of the column beside it."""
        column_type = want if want in ("timestamp_tz", "date_time") else self.type
        assert column_type is not None
        ir: _ir.Expr = {"function": {"name": "now", "arguments": [], "type": column_type}}
        return Typed(ir, column_type)


class CurrentDate(Func):
    """Today, in UTC."""

    __slots__ = ()
    name = "current_date"
    output = "date"

    def __init__(self) -> None:
        super().__init__()


class CurrentTime(Func):
    """The time of day, in UTC."""

    __slots__ = ()
    name = "current_time"
    output = "time"

    def __init__(self) -> None:
        super().__init__()


EXTRACTS = (
    "year",
    "iso_year",
    "quarter",
    "month",
    "week",
    "day",
    "day_of_year",
    "week_day",
    "iso_week_day",
    "hour",
    "minute",
    "second",
    "microsecond",
    "epoch",
    "date",
    "time",
)
TRUNCS = ("year", "quarter", "month", "week", "day", "hour", "minute", "second")


class _Dated(Func):
    __slots__ = ("part",)

    def __init__(
        self, expression: object, part: str, known: tuple[str, ...], zone: str | None
    ) -> None:
        if part not in known:
            raise FieldError(
                f"{type(self).__name__}({expression!r:.80}, …): unknown part of a date {part!r}",
                hint=hint_for(str(part), known),
            )
        if zone is not None:
            _check_zone(f"{type(self).__name__}({expression!r:.80}, …)", zone)
        self.part = part
        zones = () if zone is None else (as_expression(zone),)
        super().__init__(expression, *zones)

    def key(self) -> Hashable:
        """The function and the part."""
        return (self.part, super().key())

    def build_arguments(
        self, scope: Scope, parts: list[Part], want: _ir.ColumnType | None
    ) -> list[Typed]:
        """The date, and the zone as text."""
        first, *rest = parts
        built = first.build(scope)
        if built.type is not None and kind_of(built.type) not in (
            "date",
            "time",
            "date_time",
            "timestamp_tz",
        ):
            raise scope.unfit(self, f"takes a date, not {kind_of(built.type)}")
        if rest and built.type is not None:
            if built.type != "timestamp_tz":
                raise scope.unfit(
                    self,
                    f"a zone is for moments that know theirs, not for {kind_of(built.type)}",
                    "leave out zone=",
                )
            scope.builder.zoned = True
        return [built, *[each.build(scope, "text") for each in rest]]

    def build(self, scope: Scope, want: _ir.ColumnType | None = None) -> Typed:
        """The call of the function for the part."""
        arguments = self.build_arguments(scope, parts_of(self.arguments, scope), want)
        column_type = self.result(arguments)
        ir: _ir.Expr = {
            "function": {
                "name": f"{self.name}_{self.part}",
                "arguments": [each.ir for each in arguments],
                "type": column_type,
            }
        }
        return Typed(ir, column_type)


def _check_zone(where: str, zone: object) -> None:
    known = _zones()
    if not isinstance(zone, str) or (known and zone not in known):
        raise FieldError(
            f"{where}: {zone!r:.80} is not the IANA name of a time zone",
            hint=hint_for(str(zone), known) or 'such as zone="Europe/Oslo"',
        )


@functools.cache
def _zones() -> frozenset[str]:
    """The time zones that this machine knows; empty if it has no database of them."""
    return frozenset(zoneinfo.available_timezones())


class Extract(_Dated):
    """A part of a date or time: ``Extract("created_at", "year")``.

    Args:
        expression: a date, time or datetime.
        part: year, iso_year, quarter, month, week, day, day_of_year, week_day (Sunday is 1),
            iso_week_day (Monday is 1), hour, minute, second, microsecond, epoch, date or time.
        zone: the time zone in which a moment is read, by its IANA name; UTC when None.
    """

    __slots__ = ()
    name = "extract"

    def __init__(self, expression: object, part: str, *, zone: str | None = None) -> None:
        super().__init__(expression, part, EXTRACTS, zone)

    def result(self, arguments: list[Typed]) -> _ir.ColumnType:
        """A number, a date or a time."""
        return "double" if self.part == "epoch" else part_type(self.part)


class Trunc(_Dated):
    """The start of the year, month …: ``Trunc("created_at", "month")``.

    Args:
        expression: a date or datetime.
        unit: year, quarter, month, week (from Monday), day, hour, minute or second.
        zone: the time zone in which a moment is read, by its IANA name; UTC when None.
    """

    __slots__ = ()
    name = "trunc"

    def __init__(self, expression: object, unit: str, *, zone: str | None = None) -> None:
        super().__init__(expression, unit, TRUNCS, zone)

    def result(self, arguments: list[Typed]) -> _ir.ColumnType:
        """That of the argument."""
        return arguments[0].type or "timestamp_tz"
