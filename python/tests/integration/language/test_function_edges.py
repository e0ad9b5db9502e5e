"""Functions at their edges: what Python (or the rule in the guide) says, on every database."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from oxyde import F, Field, Model, Q, db
from oxyde.db import AsyncDatabase
from oxyde.exceptions import FieldError, OxydeError
from oxyde.queries import (
    Abs,
    Cast,
    Ceil,
    Coalesce,
    Concat,
    Extract,
    Floor,
    Greatest,
    Least,
    Left,
    Length,
    Ln,
    Lower,
    LTrim,
    NthValue,
    NullIf,
    Position,
    Power,
    Rank,
    Repeat,
    Replace,
    Reverse,
    Right,
    Round,
    RowNumber,
    RTrim,
    Sign,
    Sqrt,
    Substr,
    Trim,
    Trunc,
    Upper,
    Value,
    Window,
)


class Edge(Model):
    class Meta:
        is_table = True
        table_name = "function_edge"

    id: int | None = Field(default=None, db_pk=True)
    text: str | None = None
    whole: int | None = None
    real: float | None = None
    money: Decimal | None = Field(default=None, max_digits=20, decimal_places=4)
    flag: bool | None = None
    day: dt.date | None = None
    moment: dt.datetime | None = None
    nothing: int | None = None


ROWS: list[dict[str, Any]] = [
    {
        "text": "ab😀c ",
        "whole": 7,
        "real": 2.5,
        "money": Decimal("2.5"),
        "flag": True,
        "day": dt.date(1, 1, 1),
        "moment": dt.datetime(1, 1, 1, 0, 0, 1),
    },
    {
        "text": "",
        "whole": -7,
        "real": -2.675,
        "money": Decimal("-2.5"),
        "flag": False,
        "day": dt.date(9999, 12, 31),
        "moment": dt.datetime(9999, 12, 31, 23, 59, 59, 999_999),
    },
    {
        "text": " 12 ",
        "whole": 0,
        "real": 0.0,
        "money": Decimal(0),
        "day": dt.date(2021, 1, 3),
        "moment": dt.datetime(2021, 1, 3, 4, 5, 6, 7),
    },
    {},
    {
        "text": " Åß ",
        "whole": 2**62,
        "real": 1e300,
        "money": Decimal("9999999999999999.9999"),
        "day": dt.date(2020, 12, 31),
        "moment": dt.datetime(2020, 12, 31, 12),
    },
]


def _half_up(value: Any, digits: int = 0) -> Any:
    step = Decimal(1).scaleb(-digits)
    rounded = (Decimal(repr(value)) if isinstance(value, float) else Decimal(value)) / step
    whole = int(abs(rounded) + Decimal("0.5")) * (1 if rounded >= 0 else -1)
    return type(value)(whole * step)


def _substr(text: str, start: int, length: int | None = None) -> str:
    stop = len(text) + 1 if length is None else start + max(length, 0)
    return "".join(each for place, each in enumerate(text, 1) if start <= place < stop)


def _number(made: Callable[[str], Any]) -> Callable[[str], Any]:
    def cast(text: str) -> Any:
        try:
            return made(text.strip(" ")) if text.isascii() else None
        except (ValueError, ArithmeticError):
            return None

    return cast


def _trunc(unit: str) -> Callable[[Any], Any]:
    kept = {"year": {"month": 1, "day": 1}, "month": {"day": 1}}[unit]

    def cut(value: Any) -> Any:
        if isinstance(value, dt.datetime):
            value = value.replace(hour=0, minute=0, second=0, microsecond=0)
        return value.replace(**kept)

    return cut


_COUNTS = (-5, -1, 0, 1, 2, 100, 2**40)
_PLACES = [(p, n) for p in (-3, -1, 0, 1, 2, 100) for n in (-1, 0, 1, 2, 100)]

# Function of the text, and Python's.
TEXTS: list[tuple[Any, Callable[[str], Any]]] = [
    (Lower("text"), str.lower),
    (Upper("text"), lambda text: "".join(c.upper() if len(c.upper()) == 1 else c for c in text)),
    (Trim("text"), lambda text: text.strip(" ")),
    (LTrim("text"), lambda text: text.lstrip(" ")),
    (RTrim("text"), lambda text: text.rstrip(" ")),
    (Reverse("text"), lambda text: text[::-1]),
    (Length("text"), len),
    (Replace("text", "b", ""), lambda text: text.replace("b", "")),
    (Position("text", "😀"), lambda text: text.find("😀") + 1),
    (Position("text", "A"), lambda text: text.find("A") + 1),
    (Left("text", F("nothing")), lambda text: None),
    (Right("text", F("nothing")), lambda text: None),
    (Right("text", Value(None)), lambda text: None),
    (Left("text", Value(None)), lambda text: None),
    (Substr("text", Value(None), 2), lambda text: None),
    (Repeat("text", F("nothing")), lambda text: None),
    (Cast("text", int), _number(int)),
    (Cast("text", float), _number(float)),
    (Cast("text", Decimal), _number(Decimal)),
    *[(Left("text", n), lambda text, n=n: text[: max(n, 0)]) for n in _COUNTS],
    *[(Right("text", n), lambda text, n=n: text[max(len(text) - max(n, 0), 0) :]) for n in _COUNTS],
    *[(Left("text", F("id") * 0 + n), lambda text, n=n: text[: max(n, 0)]) for n in _COUNTS],
    *[
        (
            Right("text", F("id") * 0 + n),
            lambda text, n=n: text[max(len(text) - max(n, 0), 0) :],
        )
        for n in _COUNTS
    ],
    *[(Repeat("text", n), lambda text, n=n: text * n) for n in (-1, 0, 1, 3)],
    *[(Substr("text", p), lambda text, p=p: _substr(text, p)) for p in (-3, -1, 0, 1, 2, 100)],
    *[(Substr("text", p, n), lambda text, p=p, n=n: _substr(text, p, n)) for p, n in _PLACES],
    *[
        (
            Substr("text", F("id") * 0 + p, F("id") * 0 + n),
            lambda text, p=p, n=n: _substr(text, p, n),
        )
        for p, n in _PLACES
    ],
]

_DIGITS = (-400, -2, -1, 0, 1, 2, 30)
NUMBERS: dict[str, list[tuple[Any, Callable[[Any], Any]]]] = {
    "whole": [
        (Abs("whole"), abs),
        (Sign("whole"), lambda n: (n > 0) - (n < 0)),
        (Round("whole"), lambda n: n),
        (F("whole") / 0, lambda n: None),
        (F("whole") // 0, lambda n: None),
        (F("whole") % 0, lambda n: None),
        (F("whole") // F("nothing"), lambda n: None),
        (F("whole") // 3, lambda n: n // 3),
        (F("whole") // -3, lambda n: n // -3),
        (F("whole") % 3, lambda n: n % 3),
        (F("whole") % -3, lambda n: n % -3),
        (Cast("whole", bool), bool),
        (Greatest("whole", "nothing"), lambda n: None),
        (Least("whole", 3), lambda n: min(n, 3)),
        (Coalesce("nothing", "whole"), lambda n: n),
        (NullIf("whole", 0), lambda n: n or None),
        (Sqrt("whole"), lambda n: None if n < 0 else pytest.approx(math.sqrt(n))),
        (Ln("whole"), lambda n: None if n <= 0 else pytest.approx(math.log(n))),
        *[(Round("whole", n), lambda v, n=n: _half_up(v, n)) for n in (-2, -1, 0, 1)],
        (Round("whole", F("nothing")), lambda n: None),
    ],
    "real": [
        (Round("real"), _half_up),
        *[(Round("real", n), lambda v, n=n: v if n > 2 else _half_up(v, n)) for n in _DIGITS[1:]],
        *[(Round("real", F("id") * 0 + n), lambda v, n=n: _half_up(v, n)) for n in (-2, -1, 2)],
        (Ceil("real"), lambda n: math.ceil(n)),
        (Floor("real"), lambda n: math.floor(n)),
        (F("real") / 0, lambda n: None),
        (F("real") // 0.0, lambda n: None),
        (F("real") % 0.0, lambda n: None),
        (Sqrt("real"), lambda n: None if n < 0 else pytest.approx(math.sqrt(n))),
        (Sign("real"), lambda n: (n > 0) - (n < 0)),
    ],
    "money": [
        (Round("money"), _half_up),
        *[(Round("money", n), lambda v, n=n: _half_up(v, n)) for n in (-2, -1, 0, 1)],
        (Ceil("money"), lambda n: math.ceil(n)),
        (Floor("money"), lambda n: math.floor(n)),
        (F("money") / 0, lambda n: None),
        (F("money") // 0, lambda n: None),
        (F("money") % 0, lambda n: None),
        (F("money") // 2, lambda n: n // 2),
        (F("money") % 2, lambda n: n % 2),
        (Cast("money", int), _half_up),
    ],
    "flag": [
        (Cast("flag", int), int),
        (Cast("flag", float), float),
        (Cast("flag", Decimal), Decimal),
        (Cast("flag", str), lambda flag: str(flag).lower()),
    ],
    "day": [
        (Extract("day", "year"), lambda day: day.year),
        (Extract("day", "iso_year"), lambda day: day.isocalendar()[0]),
        (Extract("day", "week"), lambda day: day.isocalendar()[1]),
        (Extract("day", "day_of_year"), lambda day: day.timetuple().tm_yday),
        (Extract("day", "iso_week_day"), lambda day: day.isoweekday()),
        (Trunc("day", "year"), _trunc("year")),
        (Trunc("day", "month"), _trunc("month")),
        (
            Trunc("day", "quarter"),
            lambda day: day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1),
        ),
    ],
    "moment": [
        (Extract("moment", "microsecond"), lambda moment: moment.microsecond),
        (Extract("moment", "second"), lambda moment: moment.second),
        (Trunc("moment", "year"), _trunc("year")),
        (Trunc("moment", "month"), _trunc("month")),
        (Cast("moment", dt.date), dt.datetime.date),
    ],
}


@pytest.fixture
async def edges(database: AsyncDatabase) -> AsyncDatabase:
    await db.create_tables(models=[Edge])
    await Edge.objects.bulk_create([Edge(**row) for row in ROWS])
    return database


@pytest.mark.parametrize("name", ["text", *NUMBERS])
async def test_python_says_the_same(edges: AsyncDatabase, name: str) -> None:
    for expression, python in TEXTS if name == "text" else NUMBERS[name]:
        found = await Edge.objects.annotate(x=expression).order_by("id").values_list("x", flat=True)
        expected = [None if row.get(name) is None else python(row[name]) for row in ROWS]
        assert found == expected, expression


async def test_in_conditions_and_updates(edges: AsyncDatabase) -> None:
    assert await Edge.objects.filter(Left("text", -1) == "").count() == 4
    assert (
        await Edge.objects.annotate(x=F("whole") / F("nothing")).filter(x__isnull=True).count() == 5
    )
    assert await Edge.objects.update(whole=F("whole") // 0, real=F("real") / 0) == 5
    assert await Edge.objects.filter(whole=None, real=None).count() == 5
    assert await Edge.objects.filter(id=1).update(text=Substr("text", 0, 3)) == 1
    assert (await Edge.objects.get(id=1)).text == "ab"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Lower(), "Lower() takes 1 argument, not 0"),
        (lambda: Lower("text", "text"), "Lower() takes 1 argument, not 2"),
        (lambda: Coalesce(), "Coalesce() takes at least 1 argument, not 0"),
        (lambda: Left("text"), "Left() takes 2 arguments, not 1"),
        (lambda: Substr("text"), "Substr() takes 2 to 3 arguments, not 1"),
        (lambda: Power("whole"), "Power() takes 2 arguments, not 1"),
        (lambda: NullIf("whole"), "NullIf() takes 2 arguments, not 1"),
        (lambda: RowNumber("whole"), "RowNumber() takes no argument, not 1"),
        (lambda: NthValue("whole", 1, 2), "NthValue() takes 2 arguments, not 3"),
    ],
)
def test_the_number_of_arguments(make: Callable[[], Any], words: str) -> None:
    with pytest.raises(FieldError) as caught:
        make()
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "expression",
    [
        Cast("day", int),
        Cast("moment", Decimal),
        Cast("text", bool),
        Cast("whole", dt.date),
        Cast("flag", dt.datetime),
        Length("whole"),
        Position("whole", "1"),
        Left("text", "text"),
        F("text") + F("whole"),
        F("flag") + 1,
    ],
)
async def test_types_without_that_meaning(edges: AsyncDatabase, expression: Any) -> None:
    for run in (
        lambda: Edge.objects.annotate(x=expression).all(),
        lambda: Edge.objects.order_by(expression).all(),
        lambda: Edge.objects.filter(expression == 1).all(),
    ):
        with pytest.raises(OxydeError, match="Edge"):
            await run()


async def test_constants_order_nothing(edges: AsyncDatabase) -> None:
    backwards = [5, 4, 3, 2, 1]
    for term in (Value(3), Value(99).desc(), Lower(Value("A")), Value(1) + 1, Value(None)):
        found = Edge.objects.order_by(term, "-id").values_list("id", flat=True)
        assert await found == backwards, term
    constant = Edge.objects.annotate(k=Value(4))
    assert await constant.order_by("k", "-id").values_list("id", flat=True) == backwards
    assert await constant.values("k").distinct().order_by("k") == [{"k": 4}]
    place = Window(RowNumber(), partition_by=[Value(1)], order_by=[Value(2), F("id").desc()])
    found = Edge.objects.annotate(x=place).order_by("id").values_list("x", flat=True)
    assert await found == backwards
    alike = Edge.objects.annotate(x=Window(Rank()), y=Window(Rank(), order_by=Value(1)))
    assert set(await alike.values_list("x", "y")) == {(1, 1)}


async def test_truth_as_a_number(edges: AsyncDatabase) -> None:
    told = Edge.objects.annotate(x=Concat("flag", Value("!"))).order_by("id")
    assert await told.values_list("x", flat=True) == ["true!", "false!", "!", "!", "!"]
    grown = Edge.objects.annotate(big=Q(whole__gt=0)).annotate(x=Cast("big", int))
    assert await grown.filter(whole__isnull=False).order_by("id").values_list("x", flat=True) == [
        1, 0, 0, 1,
    ]  # fmt: skip
