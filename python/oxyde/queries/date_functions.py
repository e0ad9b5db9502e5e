"""Functions of dates and times."""

from __future__ import annotations

import functools
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

from oxyde import _ir
from oxyde.exceptions import FieldError
from oxyde.queries.columns import hint_for, kind_of
from oxyde.queries.expressions import as_expression
from oxyde.queries.function import Func
from oxyde.queries.scope import Scope, Typed

if TYPE_CHECKING:
    from oxyde.queries.annotation import Context

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
    """The moment at which the statement (on PostgreSQL the transaction) began.

    Args:
        aware: with a time zone; else a naive moment in UTC.
    """

    __slots__ = ()
    name = "now"

    def __init__(self, *, aware: bool = True) -> None:
        super().__init__(output="timestamp_tz" if aware else "date_time")

    def build(self, scope: Scope, want: _ir.ColumnType | None = None) -> Typed:
        """As the column beside it takes it."""
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
        self, expression: Any, part: str, known: tuple[str, ...], zone: str | None
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

    def shape(self, context: Context, values: list[Any]) -> Hashable:
        """The part, and what it is taken of."""
        return (self.part, super().shape(context, values))

    def build_arguments(self, scope: Scope, want: _ir.ColumnType | None) -> list[Typed]:
        """The date, and the zone as text."""
        first, *rest = self.arguments
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
        arguments = self.build_arguments(scope, want)
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
            f"{where}: {zone!r:.80} is no time zone by its IANA name",
            hint=hint_for(str(zone), known) or 'such as zone="Europe/Oslo"',
        )


@functools.cache
def _zones() -> frozenset[str]:
    """The names that this machine knows; none where it has no time zones."""
    import zoneinfo

    return frozenset(zoneinfo.available_timezones())


class Extract(_Dated):
    """A part of a date or time: ``Extract("created_at", "year")``.

    Args:
        expression: a date, time or moment.
        part: year, iso_year, quarter, month, week, day, day_of_year, week_day (Sunday is 1),
            iso_week_day (Monday is 1), hour, minute, second, microsecond, epoch, date or time.
        zone: the time zone in which a moment is read, by its IANA name; UTC when None.
    """

    __slots__ = ()
    name = "extract"

    def __init__(self, expression: Any, part: str, *, zone: str | None = None) -> None:
        super().__init__(expression, part, EXTRACTS, zone)

    def result(self, arguments: list[Typed]) -> _ir.ColumnType:
        """A number, a date or a time."""
        if self.part in ("date", "time"):
            return self.part
        return "double" if self.part == "epoch" else "big_int"


class Trunc(_Dated):
    """The first moment of the year, month …: ``Trunc("created_at", "month")``.

    Args:
        expression: a date or moment.
        unit: year, quarter, month, week (from Monday), day, hour, minute or second.
        zone: the time zone in which a moment is read, by its IANA name; UTC when None.
    """

    __slots__ = ()
    name = "trunc"

    def __init__(self, expression: Any, unit: str, *, zone: str | None = None) -> None:
        super().__init__(expression, unit, TRUNCS, zone)

    def result(self, arguments: list[Typed]) -> _ir.ColumnType:
        """That of the argument."""
        return arguments[0].type or "timestamp_tz"
