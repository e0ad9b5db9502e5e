"""The rules for JSON of docs/queries.md on each database: keys, comparison, order, updates."""

from __future__ import annotations

import datetime as dt
import operator
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel

from oxyde import Count, F, Field, Max, Min, Model, Q, Sum, db
from oxyde.db import AsyncDatabase
from oxyde.exceptions import OxydeError, UnsupportedFeatureError
from oxyde.queries import Cast, RowNumber, Window, asc, desc


class Spec(BaseModel):
    price: float = 0
    cost: Decimal = Decimal(0)


class Thing(Model):
    class Meta:
        is_table = True
        table_name = "json_thing"

    id: int | None = Field(default=None, db_pk=True)
    number: int = 0
    ratio: float = 0
    title: str = ""
    data: dict[str, Any] = Field(default_factory=dict)
    items: list[Any] | None = Field(default=None, db_type="JSON")
    spec: Spec = Spec()


@pytest.fixture
async def things(database: AsyncDatabase) -> AsyncDatabase:
    await db.create_tables(models=[Thing])
    return database


async def store(*documents: dict[str, Any]) -> None:
    await Thing.objects.delete()
    await Thing.objects.bulk_create(
        [{"id": number, "data": data} for number, data in enumerate(documents, 1)]
    )


async def ids(query: Any) -> list[int]:
    return sorted(await query.values_list("id", flat=True))


COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "exact": operator.eq,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}


async def test_numbers_are_compared_as_numbers(things: AsyncDatabase) -> None:
    stored = [9, 10, 10.0, 10.5, 11, 9.99, -1.5, 0.25]
    await Thing.objects.bulk_create(
        [
            {"id": at + 1, "data": {"v": value}, "spec": {"price": value}, "number": 10}
            for at, value in enumerate(stored)
        ]
    )
    for path in ("data__v", "spec__price"):
        for lookup, compare in COMPARISONS.items():
            for bound in (10, 9, 0, -1, 10.5, 9.0):
                wanted = [at + 1 for at, value in enumerate(stored) if compare(value, bound)]
                query = Thing.objects.filter(**{f"{path}__{lookup}": bound})
                assert await ids(query) == wanted, (path, lookup, bound)
    assert await ids(Thing.objects.filter(data__v__between=(10, 11))) == [2, 3, 4, 5]
    assert await ids(Thing.objects.exclude(data__v__gt=9)) == [1, 7, 8]
    assert await ids(Thing.objects.filter(lambda t: t.data["v"] >= 10)) == [2, 3, 4, 5]
    assert await ids(Thing.objects.filter(number__lt=F("data__v"))) == [4, 5]
    assert await ids(Thing.objects.filter(data__v__gt=F("number"))) == [4, 5]
    assert await ids(Thing.objects.annotate(v=F("data__v")).filter(v__gt=10)) == [4, 5]
    assert await Thing.objects.filter(data__v__gt=10).update(title="x") == 2
    assert await Thing.objects.filter(data__v__lt=0.5).delete() == 2


@pytest.mark.parametrize("huge", [12345678901234567890, 1e30, 1.5e308])
async def test_one_huge_number_spoils_nothing(things: AsyncDatabase, huge: float) -> None:
    await store({"v": 1}, {"v": 20}, {"v": huge}, {"v": "text"}, {"v": 2**63 - 1})
    assert await ids(Thing.objects.filter(data__v=1)) == [1]
    assert await ids(Thing.objects.filter(data__v__lt=10)) == [1]
    assert await ids(Thing.objects.filter(data__v__gt=10)) == [2, 3, 5]
    assert await ids(Thing.objects.filter(data__v=huge)) == [3]
    assert await ids(Thing.objects.filter(data__v__gt=2**63 - 1)) == [3]
    assert await ids(Thing.objects.filter(data__v__gt=Decimal("10.5"))) == [2, 3, 5]
    whole = Thing.objects.annotate(n=Cast("data__v", int)).filter(n__gt=10)
    assert await ids(whole) == [2, 5]
    assert await Thing.objects.filter(data__v__gte=10).update(number=1) == 3
    assert await Thing.objects.filter(data__v__gte=Decimal(10)).delete() == 3


async def test_whole_numbers_of_64_bits_are_exact(things: AsyncDatabase) -> None:
    await store({"v": 2**53}, {"v": 2**53 + 1}, {"v": float(2**53)}, {"v": 2**63 - 1})
    assert await ids(Thing.objects.filter(data__v=2**53)) == [1, 3]
    assert await ids(Thing.objects.filter(data__v=2**53 + 1)) == [2]
    assert await ids(Thing.objects.filter(data__v__gt=2**53)) == [2, 4]
    assert await ids(Thing.objects.filter(data__v__in=[2**53 + 1, 5])) == [2]
    ordered = await Thing.objects.order_by("-data__v", "id").values_list("id", flat=True)
    assert ordered == [4, 2, 1, 3]


async def test_kinds_are_kept_apart(things: AsyncDatabase) -> None:
    values = [1, True, "1", None, [1], {"a": 1}, 0, False, ""]
    await store(*({"v": value} for value in values), {})
    for at, value in enumerate(values, 1):
        assert await ids(Thing.objects.filter(data__v=value)) == [at], value
        assert await ids(Thing.objects.filter(data__v__in=[value])) == [at], value
        others = [other for other in range(1, 11) if other != at]
        assert await ids(Thing.objects.exclude(data__v=value)) == others, value
    mixed = Thing.objects.filter(data__v__in=[1, "1", None, [1.0], {"a": 1.0}])
    assert await ids(mixed) == [1, 3, 4, 5, 6]
    assert await ids(Thing.objects.filter(data__v__gte=0)) == [1, 7]
    assert await ids(Thing.objects.filter(data__v__gte="")) == [3, 9]
    assert await ids(Thing.objects.filter(data__v__gt=False)) == [2]
    assert await ids(Thing.objects.filter(data__v=F("data__v"))) == list(range(1, 10))
    assert await ids(Thing.objects.filter(data__v__gte=F("data__v"))) == [1, 2, 3, 7, 8, 9]
    assert await ids(Thing.objects.filter(data__v=Decimal("1.0"))) == [1, 3]


async def test_null_is_a_value_and_absence_is_none(things: AsyncDatabase) -> None:
    await store({"a": None}, {}, {"a": 1}, {"a": {"b": None}}, {"a": {}})
    assert await ids(Thing.objects.filter(data__a=None)) == [1]
    assert await ids(Thing.objects.exclude(data__a=None)) == [2, 3, 4, 5]
    assert await ids(Thing.objects.filter(~Q(data__a=1))) == [1, 2, 4, 5]
    assert await ids(Thing.objects.filter(data__a__isnull=True)) == [2]
    assert await ids(Thing.objects.filter(data__a__isnull=False)) == [1, 3, 4, 5]
    assert await ids(Thing.objects.filter(data__a__b=None)) == [4]
    assert await ids(Thing.objects.filter(data__has_key="a")) == [1, 3, 4, 5]
    assert await ids(Thing.objects.filter(data__a__in=[None, 1])) == [1, 3]
    assert await ids(Thing.objects.filter(data__nowhere=F("data__a"))) == []
    assert await ids(Thing.objects.exclude(data__a=F("data__nowhere"))) == [1, 2, 3, 4, 5]
    assert await ids(Thing.objects.filter(lambda t: t.data["a"] == None)) == [1]  # noqa: E711


async def test_the_container_says_what_a_number_is(things: AsyncDatabase) -> None:
    await store(
        {"m": {"10": "ten", "007": "bond", "0": "zero"}, "list": ["x", "y"]},
        {"m": ["a", "b"], "list": {"1": "y"}},
        {"m": "text", "list": 5},
        {"m": [["a", "b"], {"1": "c"}]},
    )
    assert await ids(Thing.objects.filter(data__m__10="ten")) == [1]
    assert await ids(Thing.objects.filter(data__m__007="bond")) == [1]
    assert await ids(Thing.objects.filter(data__list__1="y")) == [1, 2]
    assert await ids(Thing.objects.filter(data__m__0__isnull=False)) == [1, 2, 4]
    assert await ids(Thing.objects.filter(data__m__0__1="b")) == [4]
    assert await ids(Thing.objects.filter(data__m__1__1="c")) == [4]
    assert await ids(Thing.objects.filter(data__list__0=5)) == []
    # The typed form says which.
    assert await ids(Thing.objects.filter(lambda t: t.data["list"][1] == "y")) == [1]
    assert await ids(Thing.objects.filter(lambda t: t.data["list"]["1"] == "y")) == [2]
    assert await ids(Thing.objects.filter(lambda t: t.data["m"]["007"] == "bond")) == [1]
    row = await Thing.objects.order_by("id").values_list("data__m__10", "data__list__1").first()
    assert row == ("ten", "y")


@pytest.mark.databases("sqlite", "postgres", "mysql")
async def test_items_from_the_end(things: AsyncDatabase) -> None:
    await store({"list": [1, 2]}, {"list": {"-1": 2}}, {"list": 2})
    assert await ids(Thing.objects.filter(lambda t: t.data["list"][-1] == 2)) == [1]


@pytest.mark.databases("mariadb")
async def test_items_from_the_end_are_refused(things: AsyncDatabase) -> None:
    with pytest.raises(UnsupportedFeatureError):
        await ids(Thing.objects.filter(lambda t: t.data["list"][-1] == 2))


@pytest.mark.databases("mariadb")
async def test_keys_that_begin_with_a_dash_are_refused(things: AsyncDatabase) -> None:
    for query in (
        Thing.objects.filter(lambda t: t.data["-1"] == 2),
        Thing.objects.filter(**{"data__-a": 2}),
        Thing.objects.order_by("data__x__-"),
    ):
        with pytest.raises(UnsupportedFeatureError, match="begin with `-`"):
            await ids(query)
    with pytest.raises(UnsupportedFeatureError, match="begin with `-`"):
        await Thing.objects.update(**{"data__x__-1": 2})


NAMES = ["year", "date", "week", "time", "gt", "in", "isnull", "exact", "contains", "length",
         "len", "has_key", "range", "pk", "id", "a__b", "", "quo\"te", "dot.ted", "$", "$.x",
         "back\\slash", "😀", "it's", "[0]", "*", "last", "new\nline", "tab\t", "10", "-1", " 1",
         "+1", "1e1", "null", "true", "%", "?", "{}", "a b", "ÅØ"]  # fmt: skip


async def test_every_key_can_be_named(things: AsyncDatabase) -> None:
    # No path of MariaDB's leads to a key that begins with `-`.
    names = [name for name in NAMES if things.backend != "mariadb" or not name.startswith("-")]
    await store(*({name: at} for at, name in enumerate(names)), {"x": dict.fromkeys(names, "y")})
    for at, name in enumerate(names):
        found = Thing.objects.filter(lambda t, at=at, name=name: t.data[name] == at)  # type: ignore[misc]
        assert await ids(found) == [at + 1], name
        inner = Thing.objects.filter(lambda t, name=name: t.data["x"][name] == "y")  # type: ignore[misc]
        assert await ids(inner) == [len(names) + 1], name
        if "__" not in name and name not in ("", "[0]"):
            assert await ids(Thing.objects.filter(**{f"data__{name}__exact": at})) == [at + 1], name
            there = Thing.objects.exclude(**{f"data__{name}__isnull": True})
            assert await ids(there.order_by(f"data__{name}")) == [at + 1], name
    assert await ids(Thing.objects.filter(data__year__gte=0)) == [1]
    assert await Thing.objects.filter(id=1).update(data__gt=1, data__year=5) == 1
    assert (await Thing.objects.get(id=1)).data == {"gt": 1, "year": 5}


async def test_rows_are_ordered_by_kind_then_by_value(things: AsyncDatabase) -> None:
    values = [False, True, -1, 0, 2, 9, 9.5, 10, 100, 1e30, "", "10", "9", "B", "a", "Ä", "😀"]
    documents = [{"v": value} for value in values]
    await store(*reversed(documents), {"v": None}, {})
    known = Thing.objects.exclude(data__v=None).filter(data__has_key="v")
    assert await known.order_by("data__v").values_list("data__v", flat=True) == values
    assert await known.order_by("-data__v").values_list("data__v", flat=True) == values[::-1]
    assert await known.order_by("-data__v").values_list("data__v", flat=True).first() == "😀"
    rows = Thing.objects.order_by(asc("data__v", nulls_last=True), "id")
    assert await rows.values_list("data__v", flat=True) == [*values, None, None]
    rows = Thing.objects.order_by(desc("data__v", nulls_first=True), "id")
    assert await rows.values_list("data__v", flat=True) == [None, None, *values[::-1]]
    placed = known.annotate(place=Window(RowNumber(), order_by="data__v"))
    places = await placed.order_by("-id").values_list("place", flat=True)
    assert places == list(range(1, len(values) + 1))
    assert await known.distinct().order_by("data__v").values_list("data__v", flat=True) == values
    last = await known.aggregate(low=Min("data__v"), high=Max("data__v"))
    assert last == {"low": False, "high": "😀"}


async def test_equal_values_are_one(things: AsyncDatabase) -> None:
    await store(
        *({"v": value} for value in (1, 1.0, 1, "1", {"a": 1, "b": 2}, {"b": 2.0, "a": 1}, 10**15))
    )
    groups = await Thing.objects.values("data__v").annotate(n=Count("id"))
    assert sorted(row["n"] for row in groups) == [1, 1, 2, 3]
    assert len(await Thing.objects.distinct().values_list("data__v", flat=True)) == 4
    assert await Thing.objects.aggregate(n=Count("data__v", distinct=True)) == {"n": 4}
    per_group = Window(RowNumber(), partition_by="data__v", order_by="id")
    places = await Thing.objects.annotate(n=per_group).order_by("id").values_list("n", flat=True)
    assert places == [1, 2, 3, 1, 1, 2, 1]
    lowest = await Thing.objects.values("number").annotate(low=Min("data__v", filter=Q(id__gt=2)))
    assert [row["low"] for row in lowest] == [1]


async def test_sums_of_numbers_take_a_type(things: AsyncDatabase) -> None:
    await store({"v": 1}, {"v": 2.5}, {"v": "3"}, {})
    total = await Thing.objects.aggregate(total=Sum(Cast("data__v", float)))
    assert total == {"total": 3.5}
    with pytest.raises(OxydeError):
        await Thing.objects.aggregate(total=Sum("data__v"))
    with pytest.raises(OxydeError):
        await Thing.objects.update(data__v=F("data__v") + 1)
    assert await Thing.objects.filter(id=1).update(data__v=Cast("data__v", int) + 1) == 1
    assert (await Thing.objects.get(id=1)).data == {"v": 2}


async def test_decimals_and_other_values(things: AsyncDatabase) -> None:
    await store({"v": 1.5}, {"v": "1.50"}, {"v": 1}, {"v": "x"}, {"v": True}, {"v": 2})
    assert await ids(Thing.objects.filter(data__v=Decimal("1.5"))) == [1, 2]
    assert await ids(Thing.objects.filter(data__v__gt=Decimal("1.2"))) == [1, 2, 6]
    assert await ids(Thing.objects.filter(data__v__in=[Decimal("1.5"), 2])) == [1, 2, 6]
    assert await ids(Thing.objects.filter(data__v__between=(1, Decimal("1.5")))) == [1, 2, 3]
    day, key = dt.date(2024, 5, 1), uuid.UUID(int=5)
    moment = dt.datetime(2024, 5, 1, 12, 30)
    values = {"day": day, "key": key, "moment": moment, "cost": Decimal("9.90")}
    await store(dict.fromkeys(values), {}, {"day": "soon"})
    assert (
        await Thing.objects.filter(id=1).update(
            **{f"data__{name}": value for name, value in values.items()}
        )
        == 1
    )
    for name, value in values.items():
        assert await ids(Thing.objects.filter(**{f"data__{name}": value})) == [1], name
        assert await ids(Thing.objects.filter(**{f"data__{name}__in": [value]})) == [1], name
    assert await ids(Thing.objects.filter(data__day__lt=dt.date(2024, 6, 1))) == [1]
    stored = await Thing.objects.create(id=9, data={}, spec=Spec(price=1, cost=Decimal("9.90")))
    assert await ids(Thing.objects.filter(spec__cost=Decimal("9.9"))) == [stored.id]


async def test_texts_in_json(things: AsyncDatabase) -> None:
    await store({"v": "Ärger"}, {"v": "ärger%"}, {"v": ["Ärger"]}, {"v": 5}, {"v": "5"}, {})
    for lookup, given, wanted in (
        ("contains", "rger", [1, 2]),
        ("icontains", "ÄRGER", [1, 2]),
        ("startswith", "Ä", [1]),
        ("endswith", "%", [2]),
        ("iexact", "ärger", [1]),
        ("regex", "^[0-9]$", [5]),
    ):
        assert await ids(Thing.objects.filter(**{f"data__v__{lookup}": given})) == wanted, lookup
        others = [number for number in range(1, 7) if number not in wanted]
        assert await ids(Thing.objects.exclude(**{f"data__v__{lookup}": given})) == others, lookup
    assert await ids(Thing.objects.filter(data__v__has_key="Ärger")) == []


START: dict[str, Any] = {"m": {"10": "ten", "007": "bond"}, "list": ["x", "y"], "n": 1.5, "z": None}

UPDATES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"data__m__10": "new"}, {**START, "m": {"10": "new", "007": "bond"}}),
    ({"data__m__007": "new"}, {**START, "m": {"10": "ten", "007": "new"}}),
    ({"data__m__3": 1}, {**START, "m": {"10": "ten", "007": "bond", "3": 1}}),
    ({"data__list__1": "new"}, {**START, "list": ["x", "new"]}),
    ({"data__list__2": "new"}, {**START, "list": ["x", "y", "new"]}),
    ({"data__list__9": "new"}, {**START, "list": ["x", "y", "new"]}),
    ({"data__list__2__a": 1}, {**START, "list": ["x", "y", {"a": 1}]}),
    ({"data__list__9__a": 1}, START),
    ({"data__list__007": 1}, START),
    ({"data__list__name": 1}, START),
    ({"data__list__name__a": 1}, START),
    ({"data__n__0": 1}, START),
    ({"data__n__a": 1}, START),
    ({"data__z__a": 1}, START),
    ({"data__0": 5}, {**START, "0": 5}),
    ({"data__5": 5, "data__new__0": 1, "data__new__1": 2}, {**START, "5": 5, "new": [1, 2]}),
    ({"data__new__7__a": 1}, {**START, "new": {"7": {"a": 1}}}),
    ({"data__n": Decimal("2.50")}, {**START, "n": "2.50"}),
    ({"data__n": 12345678901234567890}, {**START, "n": 12345678901234567890}),
    ({"data__n": None}, {**START, "n": None}),
    ({"data__n": F("data__m__10")}, {**START, "n": "ten"}),
    ({"data__n": F("data__nowhere")}, {**START, "n": None}),
    ({"data__n": F("data__list")}, {**START, "n": ["x", "y"]}),
    ({"data__n": F("number"), "data__z": F("title")}, {**START, "n": 7, "z": "10"}),
    ({"data__n": {"a": [1, {"b": None}]}}, {**START, "n": {"a": [1, {"b": None}]}}),
    ({"number": 8, "data__m__10": F("number")}, {**START, "m": {"10": 7, "007": "bond"}}),
]


async def test_an_update_changes_one_place(things: AsyncDatabase) -> None:
    for values, after in UPDATES:
        await Thing.objects.delete()
        await Thing.objects.create(id=1, data=START, number=7, title="10")
        assert await Thing.objects.update(**values) == 1
        assert (await Thing.objects.get(id=1)).data == after, values


async def test_an_update_by_typed_paths(things: AsyncDatabase) -> None:
    await store(START)
    await Thing.objects.update(lambda t: {t.data["m"]["10"]: 1, t.data["list"][0]: 2})
    expected = {**START, "m": {"10": 1, "007": "bond"}, "list": [2, "y"]}
    assert (await Thing.objects.get(id=1)).data == expected
    await Thing.objects.update(lambda t: {t.data["list"]["0"]: 3, t.data["in"]: 4})
    assert (await Thing.objects.get(id=1)).data == {**expected, "in": 4}


async def test_a_missing_document_is_made(things: AsyncDatabase) -> None:
    await Thing.objects.create(id=1)
    assert await Thing.objects.update(items__0="a") == 1
    assert (await Thing.objects.get(id=1)).items == ["a"]
    assert await Thing.objects.update(items__1="b", items__0=["c"]) == 1
    assert (await Thing.objects.get(id=1)).items == [["c"], "b"]
    assert await Thing.objects.filter(items__0__0="c", items__1="b").count() == 1


async def test_the_string_null_is_a_value(things: AsyncDatabase) -> None:
    await store({"v": "null"}, {"v": None}, {})
    found = await Thing.objects.aggregate(low=Min("data__v"), high=Max("data__v"))
    assert found == {"low": "null", "high": "null"}
    assert await ids(Thing.objects.filter(data__v="null")) == [1]
