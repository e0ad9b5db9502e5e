"""`Range`: the values of PostgreSQL's range types."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Generic, Literal, TypeAlias, TypeVar, final, get_args

from pydantic import GetCoreSchemaHandler, SerializationInfo
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from oxyde._annotations import unwrap

__all__ = ["Bounds", "Range"]

T = TypeVar("T", bound=int | Decimal | dt.date)

Bounds: TypeAlias = Literal["[)", "[]", "(]", "()"]

_BOUNDS = get_args(Bounds)
# Where a bound is among the values: before all (-1), at one (0), after all (1); the value; and
# whether the values begin just after it (1) or end just before it (-1).
_Place: TypeAlias = "tuple[int, Any, int]"


@final
class Range(Generic[T]):
    """The values from a lower to an upper bound, a column of PostgreSQL's range types::

        class Booking(Model):
            room: int
            nights: Range[date]

    The values are `int` (int8range), `Decimal` (numrange), `date` (daterange), `datetime`
    (tsrange) or `AwareDatetime` (tstzrange). Two ranges are equal if they contain the same values:
    `Range(1, 4, "[]") == Range(1, 5)` for integers, and any two empty ranges. A model stores ranges
    of integers and dates with the bounds `[)`, as PostgreSQL does.

    Args:
        lower: the lower bound; None for none.
        upper: the upper bound; None for none.
        bounds: whether each bound is included (`[`, `]`) or excluded (`(`, `)`).
        empty: True for the range without values, which has no bounds.

    Raises:
        ValueError: the lower bound is greater than the upper one, or `bounds` is unknown.
        TypeError: the bounds cannot be compared with each other.
    """

    __slots__ = ("_bounds", "_empty", "_lower", "_upper")

    def __init__(
        self,
        lower: T | None = None,
        upper: T | None = None,
        bounds: Bounds = "[)",
        *,
        empty: bool = False,
    ) -> None:
        if bounds not in _BOUNDS:
            raise ValueError(f"bounds must be one of {', '.join(_BOUNDS)}, got {bounds!r}")
        if empty and not (lower is None and upper is None):
            raise ValueError("an empty range has no bounds: leave out lower and upper")
        if lower is not None and upper is not None:
            self._check(lower, upper)
        self._lower, self._upper, self._empty = lower, upper, empty
        # An infinite bound is never included.
        left = "(" if lower is None else bounds[0]
        self._bounds = left + (")" if upper is None else bounds[1])
        if empty or self._begin() > self._end():
            self._lower = self._upper = None
            self._bounds, self._empty = "()", True

    @property
    def lower(self) -> T | None:
        """The lower bound; None for none, and of an empty range."""
        return self._lower

    @property
    def upper(self) -> T | None:
        """The upper bound; None for none, and of an empty range."""
        return self._upper

    @property
    def bounds(self) -> Bounds:
        """Which bounds are included; an infinite one is not."""
        return self._bounds  # type: ignore[return-value]

    @property
    def empty(self) -> bool:
        """Whether it contains no value."""
        return self._empty

    @staticmethod
    def _check(lower: Any, upper: Any) -> None:
        try:
            ordered = lower <= upper
        except TypeError:
            raise TypeError(
                f"the bounds must be of one type, got {lower!r} and {upper!r}"
            ) from None
        if not ordered:
            raise ValueError(f"the lower bound {lower} is greater than the upper bound {upper}")

    def _begin(self) -> _Place:
        if self.lower is None:
            return -1, None, 0
        included = self.bounds[0] == "["
        number = _number(self.lower)
        if number is not None:
            return 0, number if included else number + 1, 0
        return 0, self.lower, 0 if included else 1

    def _end(self) -> _Place:
        if self.upper is None:
            return 1, None, 0
        included = self.bounds[1] == "]"
        number = _number(self.upper)
        if number is not None:
            return 0, number if included else number - 1, 0
        return 0, self.upper, 0 if included else -1

    def contains(self, value: T | Range[T]) -> bool:
        """Whether the value, or each value of the other range, is in this one."""
        if isinstance(value, Range):
            if value.empty or self.empty:
                return value.empty
            return self._begin() <= value._begin() and value._end() <= self._end()
        number = _number(value)
        place = (0, value if number is None else number, 0)
        return not self.empty and self._begin() <= place <= self._end()

    def contained_by(self, other: Range[T]) -> bool:
        """Whether each value of this range is in the other one."""
        return other.contains(self)

    def overlap(self, other: Range[T]) -> bool:
        """Whether the ranges have a value in common."""
        if self.empty or other.empty:
            return False
        return self._begin() <= other._end() and other._begin() <= self._end()

    def strictly_left(self, other: Range[T]) -> bool:
        """Whether each value of this range is less than each of the other one."""
        return not self.empty and not other.empty and self._end() < other._begin()

    def strictly_right(self, other: Range[T]) -> bool:
        """Whether each value of this range is greater than each of the other one."""
        return other.strictly_left(self)

    def adjacent(self, other: Range[T]) -> bool:
        """Whether one range begins where the other one ends, without a value in common."""
        if self.empty or other.empty:
            return False
        return _touch(self._end(), other._begin()) or _touch(other._end(), self._begin())

    def __contains__(self, value: object) -> bool:
        return value is not None and self.contains(value)  # type: ignore[arg-type]

    def _key(self) -> object:
        if self.empty:
            return "empty"
        # A number that stands for a date is not an integer.
        bound = self.upper if self.lower is None else self.lower
        return self._begin(), self._end(), _number(bound) is None or isinstance(bound, int)

    def __eq__(self, other: object) -> bool:
        return self._key() == other._key() if isinstance(other, Range) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        if self.empty:
            return "Range(empty=True)"
        usual = ("(" if self.lower is None else "[") + ")"
        bounds = "" if self.bounds == usual else f", {self.bounds!r}"
        return f"Range({self.lower!r}, {self.upper!r}{bounds})"

    def __reduce__(self) -> tuple[Any, ...]:
        if self.empty:
            return _empty_range, ()
        return Range, (self.lower, self.upper, self.bounds)

    def _parts(self) -> dict[str, Any]:
        if self.empty:
            return {"empty": True}
        return {"lower": self.lower, "upper": self.upper, "bounds": self.bounds}

    def _canonical(self) -> Range[T]:
        """The same values, with the bounds `[)`, of integers or dates."""
        lower: Any = self.lower
        upper: Any = self.upper
        day = dt.timedelta(days=1)
        try:
            if lower is not None and self.bounds[0] == "(":
                lower = lower + (1 if isinstance(lower, int) else day)
            if upper is not None and self.bounds[1] == "]":
                upper = upper + (1 if isinstance(upper, int) else day)
        except OverflowError:
            raise ValueError(
                f"the day after {dt.date.max} cannot be a bound: leave out the upper bound"
            ) from None
        return Range(lower, upper)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """A Range, or a mapping with its arguments, whose bounds are validated."""
        (item,) = get_args(source) or (Any,)
        bound = core_schema.nullable_schema(handler.generate_schema(item))
        parts = core_schema.typed_dict_schema(
            {
                "lower": core_schema.typed_dict_field(bound, required=False),
                "upper": core_schema.typed_dict_field(bound, required=False),
                "bounds": core_schema.typed_dict_field(
                    core_schema.literal_schema(list(_BOUNDS)), required=False
                ),
                "empty": core_schema.typed_dict_field(core_schema.bool_schema(), required=False),
            },
            extra_behavior="forbid",
        )
        return core_schema.no_info_wrap_validator_function(
            _Validator(discrete=unwrap(item).core in (int, dt.date)),
            parts,
            serialization=core_schema.plain_serializer_function_ser_schema(
                _serialized, info_arg=True
            ),
        )


def _empty_range() -> Range[Any]:
    return Range(empty=True)


@dataclass(frozen=True, slots=True)
class _Validator:
    """Makes a range of its validated parts."""

    discrete: bool

    def __call__(self, value: object, validate: Callable[[Any], dict[str, Any]]) -> Range[Any]:
        if isinstance(value, Range):
            value = value._parts()
        elif not isinstance(value, Mapping):
            raise PydanticCustomError("range_type", "Input should be a Range")
        try:
            made: Range[Any] = Range(**validate(value))
        except TypeError as error:
            raise ValueError(str(error)) from None
        return made._canonical() if self.discrete and not made.empty else made


def _serialized(value: Range[Any], info: SerializationInfo) -> object:
    """A range is a value in Python, and the mapping of its parts in JSON."""
    return value._parts() if info.mode == "json" else value


def _number(value: object) -> int | None:
    """The position of a value that has a next one: an integer or a date."""
    if isinstance(value, int):
        return value
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value.toordinal()
    return None


def _touch(end: _Place, begin: _Place) -> bool:
    """Whether no value lies between the end of one range and the beginning of another one."""
    if end[0] != 0 or begin[0] != 0:
        return False
    if isinstance(end[1], int):
        return bool(end[1] + 1 == begin[1])
    return bool(end[1] == begin[1] and (end[2] == 0) != (begin[2] == 0))
