"""Functions of numbers, text and documents: what Python computes, on every database."""

from __future__ import annotations

import datetime as dt
import hashlib
import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from oxyde import F, Field, Model, Q, db
from oxyde.db import AsyncDatabase
from oxyde.exceptions import DatabaseError, FieldError, UnsupportedFeatureError
from oxyde.queries import (
    MD5,
    SHA1,
    SHA224,
    SHA256,
    SHA384,
    SHA512,
    ACos,
    ASin,
    ATan,
    ATan2,
    Cast,
    Chr,
    Collate,
    Concat,
    Cos,
    Cot,
    Degrees,
    Func,
    JsonArray,
    JsonObject,
    Log,
    Mod,
    Ord,
    Pi,
    Radians,
    Sin,
    Tan,
    Upper,
    Value,
)


class Sample(Model):
    class Meta:
        is_table = True
        table_name = "math_sample"

    id: int | None = Field(default=None, db_pk=True)
    real: float | None = None
    whole: int | None = None
    money: Decimal | None = Field(default=None, max_digits=12, decimal_places=3)
    text: str | None = None
    flag: bool | None = None
    moment: dt.datetime | None = None
    data: dict[str, Any] | None = None


REALS = [-3.5, -1.0, -0.25, 0.0, 0.5, 1.0, 2.0, 1000.0, 1e-9]
TEXTS = ["", "a", "Zürich", "😀!", "ä"]


@pytest.fixture
async def samples(database: AsyncDatabase) -> AsyncDatabase:
    await db.create_tables(models=[Sample])
    rows: list[dict[str, Any]] = [
        {"real": real, "whole": n - 3, "money": Decimal(n) / 8, "text": TEXTS[n % len(TEXTS)]}
        for n, real in enumerate(REALS)
    ]
    await Sample.objects.bulk_create([*rows, {}])
    return database


async def _values(expression: Any, *names: str) -> list[Any]:
    query = Sample.objects.annotate(value=expression).order_by("id")
    return await query.values_list(*names, "value")  # type: ignore[no-any-return]


def _or_none(function: Callable[..., float]) -> Callable[..., float | None]:
    def call(*numbers: float) -> float | None:
        try:
            return function(*numbers)
        except (ValueError, ZeroDivisionError):
            return None

    return call


@pytest.mark.parametrize(
    ("make", "python"),
    [
        (Sin, math.sin),
        (Cos, math.cos),
        (Tan, math.tan),
        (Cot, lambda x: 1 / math.tan(x)),
        (ASin, math.asin),
        (ACos, math.acos),
        (ATan, math.atan),
        (Degrees, math.degrees),
        (Radians, math.radians),
        (lambda name: ATan2(name, 2), lambda x: math.atan2(x, 2)),
        (lambda name: Log(name, base=2), math.log2),
        (lambda name: Log(2, base=name), lambda x: math.log(2) / math.log(x)),
        (lambda name: Pi() + F(name), lambda x: math.pi + x),
    ],
)
async def test_floats_are_those_of_python(
    samples: AsyncDatabase, make: Callable[[str], Any], python: Callable[[float], float]
) -> None:
    expected = [
        _or_none(python)(real) if real or python is not math.log2 else None for real in REALS
    ]
    found = [value for (value,) in await _values(make("real"))]
    assert found[-1] is None
    for value, wanted in zip(found, expected, strict=False):
        assert value is wanted if wanted is None else value == pytest.approx(wanted, abs=1e-12)


async def test_decimals_and_whole_numbers_have_angles_too(samples: AsyncDatabase) -> None:
    for whole, value in await _values(Sin("whole"), "whole"):
        assert value == (None if whole is None else pytest.approx(math.sin(whole)))
    for money, value in await _values(Cos("money"), "money"):
        assert value == (None if money is None else pytest.approx(math.cos(money)))
    for whole, value in await _values(Mod("whole", 3), "whole"):
        assert value == (None if whole is None else whole % 3)
    assert {value for (value,) in await _values(Mod("whole", 0))} == {None}


async def test_characters_and_code_points(samples: AsyncDatabase) -> None:
    for text, value in await _values(Ord("text"), "text"):
        assert value == (ord(text[0]) if text else None)
    for text, value in await _values(Chr(Ord("text")), "text"):
        assert value == (text[0] if text else None)
    for point in (0, -1, 0xD800, 0x110000):
        assert (await _values(Chr(Value(point))))[0] == (None,)
    query = Sample.objects.filter(Chr(Value(65)) == "a")
    assert await query.count() == 0
    assert await Sample.objects.filter(Chr(Value(65)) == "A").count() == len(REALS) + 1
    with pytest.raises(FieldError, match="whole numbers"):
        Sample.objects.annotate(value=Chr("text"))


@pytest.mark.parametrize("make", [MD5, SHA1, SHA224, SHA256, SHA384, SHA512])
async def test_checksums(samples: AsyncDatabase, make: type[Func]) -> None:
    name = make.__name__.lower()
    if name in {"postgres": ["sha1"], "mysql": ["md5", "sha1"]}.get(samples.backend, []):
        with pytest.raises(UnsupportedFeatureError, match=name):
            await _values(make("text"))
        return
    for text, value in await _values(make("text"), "text"):
        wanted = None if text is None else hashlib.new(name, text.encode()).hexdigest()
        assert value == wanted


async def test_documents_of_values(samples: AsyncDatabase) -> None:
    await Sample.objects.filter(id=1).update(
        flag=True, moment=dt.datetime(2024, 5, 1, 12, 30), data={"a": [1, None]}, text="x"
    )
    made = JsonObject(
        {"a key": "text"},
        whole="whole",
        real="real",
        money="money",
        flag="flag",
        moment="moment",
        data="data",
        none=Value(None),
        list=JsonArray("whole", Value("y"), "flag"),
        inner=JsonObject(upper=Upper("text")),
    )
    (first,), *_, (last,) = await _values(made)
    assert Decimal(first.pop("money")) == 0
    assert first == {
        "a key": "x",
        "whole": -3,
        "real": -3.5,
        "flag": True,
        "moment": "2024-05-01T12:30:00",
        "data": {"a": [1, None]},
        "none": None,
        "list": [-3, "y", True],
        "inner": {"upper": "X"},
    }
    assert isinstance(first["flag"], bool)
    assert (last["whole"], last["list"]) == (None, [None, "y", None])
    assert last["inner"] == {"upper": None}
    await Sample.objects.filter(id=1).update(moment=dt.datetime(2024, 5, 1, 12, 30, 1, 250))
    assert (await _values(JsonArray("moment")))[0] == (["2024-05-01T12:30:01.000250"],)
    assert (await _values(JsonObject()))[0] == ({},)


async def test_a_collation_of_the_database(samples: AsyncDatabase) -> None:
    await Sample.objects.filter(id__in=[1, 2, 3]).update(text=Concat(Value("B"), Value("")))
    ignoring_case = Collate(
        "text",
        {
            "sqlite": "NOCASE",
            "mysql": "utf8mb4_0900_ai_ci",
            "mariadb": "utf8mb4_general_ci",
            "postgres": "C",
        },
    )
    equal = 0 if samples.backend == "postgres" else 3
    assert await Sample.objects.filter(ignoring_case == "b").count() == equal
    with pytest.raises(UnsupportedFeatureError, match="is not declared for"):
        await _values(Collate("text", {"oracle": "BINARY"}))
    with pytest.raises(DatabaseError):
        await Sample.objects.filter(Collate("text", 'no"such') == "x").count()
    with pytest.raises(FieldError, match="takes text"):
        Sample.objects.annotate(value=Collate("whole", "C"))


async def test_casts_with_digits_and_lengths(samples: AsyncDatabase) -> None:
    for given in (
        Cast("real", Decimal, max_digits=6, decimal_places=1),
        Cast("real", "decimal(6, 1)"),
        Cast(Cast("real", str), Decimal, max_digits=6, decimal_places=1),
    ):
        found = [value for (value,) in await _values(given)]
        wanted = ["-3.5", "-1", "-0.3", "0", "0.5", "1", "2", "1000", "0"]
        if given.operand.__class__ is Cast:
            # The string of the least number is in scientific notation.
            found, wanted = found[:-2], wanted[:-1]
            assert found == list(map(Decimal, wanted))
        else:
            assert found == [*map(Decimal, wanted), None]
    with pytest.raises(DatabaseError, match="out of range"):
        await _values(Cast("real", Decimal, max_digits=3, decimal_places=1))
    with pytest.raises(DatabaseError, match="out of range"):
        await _values(Cast(F("whole") * 100, "decimal(3,1)"))
    assert (await _values(Cast(Value("Zürich"), str, max_length=2)))[0] == ("Zü",)
    assert (await _values(Cast("whole", "varchar(1)")))[0] == ("-",)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Cast("text", int, max_digits=3), "for Decimal"),
        (lambda: Cast("text", Decimal, decimal_places=3), "max_digits"),
        (lambda: Cast("text", Decimal, max_digits=3, decimal_places=4), "after the point"),
        (lambda: Cast("text", "decimal(70, 2)"), "digits"),
        (lambda: Cast("text", int, max_length=3), "for str"),
        (lambda: Cast("text", str, max_length=0), "at least 1"),
        (lambda: Cast("text", "varchar(3, 4)"), "one length"),
        (lambda: Collate("text", ""), "collation"),
        (lambda: JsonObject({1: "text"}), "string"),  # type: ignore[dict-item]
    ],
)
def test_what_is_refused_before_the_query(make: Callable[[], Any], words: str) -> None:
    with pytest.raises(FieldError, match=words):
        make()


class Thrice(Func):
    sql = {
        "postgres": "concat({0}, {0}, {0})",
        "sqlite": "{0} || {0} || {0}",
        "mysql": "concat({0}, {0}, {0})",
        "mariadb": "concat({0}, {0}, {0})",
    }
    output = str


class Between(Func):
    sql = "coalesce({*})"
    output = str


class OnlyOracle(Func):
    sql = {"sqlite": "upper({0})"}
    output = str


async def test_functions_in_sql_of_ones_own(samples: AsyncDatabase) -> None:
    rows = await _values(Thrice(Upper("text")), "text")
    assert [value for _, value in rows[:-1]] == [text.upper() * 3 for text, _ in rows[:-1]]
    # A value is bound, whatever it holds.
    nasty = "'; DROP TABLE math_sample; -- {0} ? $1 %s"
    assert (await _values(Between(Value(None), Value(nasty))))[0] == (nasty,)
    assert await Sample.objects.filter(Thrice("text") == "aaa").count() == 2
    with pytest.raises(FieldError, match=r"no expression for \{1\}"):
        type("Wrong", (Func,), {"sql": "f({0}, {1})", "output": str})("text")
    with pytest.raises(FieldError, match="`postgres`"):
        type("Wrong", (Func,), {"sql": {"postgre": "f({0})"}, "output": str})("text")
    with pytest.raises(FieldError, match="neither sql_name nor sql"):
        Func("text")


@pytest.mark.databases("postgres", "mysql", "mariadb")
async def test_a_function_that_is_not_declared_for_the_database(samples: AsyncDatabase) -> None:
    with pytest.raises(UnsupportedFeatureError, match="OnlyOracle"):
        await Sample.objects.filter(Q(OnlyOracle("text") == "A")).count()
