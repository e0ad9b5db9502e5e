"""none, reverse, latest, earliest, alias, defaults of aggregates, and `|`, `&`, `^` of queries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from oxyde import (
    ArrayAgg,
    Avg,
    Count,
    F,
    Field,
    Max,
    Model,
    Q,
    StringAgg,
    Sum,
    Value,
    Window,
    create_tables,
)
from oxyde.db import AsyncDatabase
from oxyde.exceptions import FieldError, NotFoundError, OxydeError
from oxyde.testing import capture_queries


class Keeper(Model):
    class Meta:
        is_table = True
        table_name = "combine_keeper"

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(max_length=20)
    animals: list[Animal] = Field(db_reverse_fk="keeper")


class Animal(Model):
    class Meta:
        is_table = True
        table_name = "combine_animal"

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(max_length=20)
    legs: int = 4
    price: Decimal = Field(default=Decimal(1), max_digits=8, decimal_places=2)
    born: date | None = None
    keeper: Keeper | None = Field(default=None)


ANIMALS = Animal.objects


@pytest.fixture
async def zoo(database: AsyncDatabase) -> None:
    await create_tables(models=[Keeper, Animal])
    await Keeper.objects.bulk_create([Keeper(id=1, name="Ann"), Keeper(id=2, name="Bob")])
    rows: list[tuple[str, int, date | None, int | None]] = [
        ("ant", 6, date(2024, 1, 5), 1),
        ("bee", 6, None, 1),
        ("cat", 4, date(2023, 1, 1), 1),
        ("dog", 4, date(2024, 3, 1), None),
    ]
    await ANIMALS.bulk_create(
        [
            Animal(id=at, name=name, legs=legs, born=born, keeper_id=keeper, price=Decimal(at))
            for at, (name, legs, born, keeper) in enumerate(rows, 1)
        ]
    )


def names(query: Any) -> Any:
    return query.order_by("id").values_list("name", flat=True)


async def test_either_both_or_one_of_two_queries(zoo: None) -> None:
    six, born = ANIMALS.filter(legs=6), ANIMALS.filter(born__isnull=False)
    assert await names(six | born) == ["ant", "bee", "cat", "dog"]
    assert await names(six & born) == ["ant"]
    assert await names(six ^ born) == ["bee", "cat", "dog"]
    assert await names(six | born.exclude(name="cat")) == ["ant", "bee", "dog"]
    assert await names(ANIMALS & six) == ["ant", "bee"]
    assert await names(ANIMALS.all_rows() | six) == ["ant", "bee", "cat", "dog"]
    assert await (six | ANIMALS.none()).count() == 2
    assert await (six & ANIMALS.none()).count() == 0
    assert await (six | ANIMALS.filter(name="dog")).update(legs=3) == 3
    assert await names(ANIMALS.filter(id__in=ANIMALS.filter(id=1) | ANIMALS.filter(id=3))) == [
        "ant",
        "cat",
    ]


async def test_each_query_has_related_rows_of_its_own(zoo: None) -> None:
    ants = Keeper.objects.filter(animals__name="ant")
    cats = Keeper.objects.filter(animals__legs=4)
    assert await names(ants & cats) == ["Ann"]
    assert await names(ants | cats) == ["Ann"]
    assert await names(ants ^ cats) == []
    assert await names(Keeper.objects.filter(animals=None) | ants) == ["Ann", "Bob"]
    ordered = ants.order_by("-name").alias(n=Count("animals")).filter(n__gt=2)
    assert await names(ordered | ants.alias(n=Count("animals")).filter(n=0)) == ["Ann"]


async def test_no_rows_and_no_statement(zoo: None) -> None:
    none = ANIMALS.none()
    with capture_queries() as queries:
        assert await none == []
        assert await none.filter(legs=4).order_by("name").values("name") == []
        assert await none.count() == 0
        assert await none.exists() is False
        assert await none.first() is None
        assert await none.last() is None
        assert await none.get_or_none(id=1) is None
        assert await none.in_bulk() == {}
        assert await none.update(legs=1) == 0
        assert await none.update(legs=1, returning=True) == []
        assert await none.increment("legs") == 0
        assert await none.delete() == 0
        assert await none.sum("legs") is None
        assert await none.aggregate(
            n=Count("*"), s=Sum("legs"), d=Sum("price", default=0), a=Avg("legs", default=1)
        ) == {"n": 0, "s": None, "d": Decimal(0), "a": 1.0}
        assert [row async for row in none.iterate()] == []
        assert (await none.order_by("id").page(size=3)).items == []
        assert (await none.numbered_page(1, size=3)).total == 0
        assert await none.values("legs").annotate(n=Count("*")) == []
        with pytest.raises(NotFoundError):
            await none.get(id=1)
        with pytest.raises(NotFoundError):
            await none.latest("born")
    assert len(queries) == 0
    # Only the database computes with aggregates.
    assert await none.aggregate(s=Sum("legs", default=1) + 2) == {"s": 3}


async def test_no_rows_as_a_part(zoo: None) -> None:
    none = ANIMALS.none()
    assert await Keeper.objects.filter(animals__in=none).count() == 0
    assert await Keeper.objects.exclude(animals__in=none).count() == 2
    assert len(await none.union(ANIMALS.filter(legs=6))) == 2
    assert len(await ANIMALS.filter(legs=6).union(none)) == 2
    assert await ANIMALS.filter(legs=6).intersect(none) == []
    assert [animal.name for animal in await ANIMALS.filter(id=1)] == ["ant"]


async def test_reverse(zoo: None) -> None:
    listed = ANIMALS.order_by("legs", "-name").values_list("name", flat=True)
    assert await listed == ["dog", "cat", "bee", "ant"]
    assert await listed.reverse() == ["ant", "bee", "cat", "dog"]
    assert await listed.reverse().reverse() == await listed
    assert await ANIMALS.reverse().values_list("id", flat=True) == [4, 3, 2, 1]
    last = await ANIMALS.last()
    assert last == await ANIMALS.reverse().first()
    assert await listed.reverse()[:1] == ["ant"]


async def test_latest_and_earliest(zoo: None) -> None:
    assert (await ANIMALS.latest("born")).name == "dog"
    assert (await ANIMALS.earliest("born")).name == "cat"
    assert (await ANIMALS.latest(lambda animal: animal.id)).name == "dog"
    assert (await ANIMALS.latest("legs", "-id")).name == "ant"
    assert (await ANIMALS.order_by("name").latest()).name == "dog"
    assert (await ANIMALS.order_by("name").earliest()).name == "ant"
    assert (await ANIMALS.filter(keeper=1).latest("keeper__name", "id")).name == "cat"
    assert await ANIMALS.values_list("name", flat=True).latest("id") == "dog"


async def test_alias(zoo: None) -> None:
    counted = Keeper.objects.alias(n=Count("animals"))
    [ann] = await counted.filter(n__gt=1)
    assert not hasattr(ann, "n")
    assert await counted.order_by("-n").values() == [
        {"id": 1, "name": "Ann"},
        {"id": 2, "name": "Bob"},
    ]
    assert await counted.annotate(twice=F("n") * 2).order_by("id").values_list("twice") == [
        (6,),
        (0,),
    ]
    assert [row.n for row in await counted.annotate(n=F("n")).order_by("id")] == [3, 0]  # type: ignore[attr-defined]
    assert await counted.values_list("n", flat=True).order_by("n") == [0, 3]
    assert await counted.filter(n=3).count() == 1
    assert await counted.aggregate(most=Max("n")) == {"most": 3}
    groups = ANIMALS.values("legs").alias(n=Count("*")).filter(n__gt=1).order_by("legs")
    assert await groups == [{"legs": 4}, {"legs": 6}]
    short = ANIMALS.alias(half=F("legs") / 2).filter(half=3)
    assert len(await short.union(ANIMALS.filter(id=3))) == 3
    assert await short.distinct().count() == 2


async def test_defaults_of_aggregates(zoo: None) -> None:
    nothing = Q(legs__gt=99)
    found = await ANIMALS.aggregate(
        s=Sum("legs", filter=nothing, default=0),
        d=Sum("price", filter=nothing, default=0),
        a=Avg("legs", filter=nothing, default=0),
        m=Max("born", filter=nothing, default=date(2000, 1, 1)),
        t=StringAgg("name", filter=nothing, default="-"),
        kept=Sum("legs", default=0),
    )
    assert found == {
        "s": 0,
        "d": Decimal(0),
        "a": 0.0,
        "m": date(2000, 1, 1),
        "t": "-",
        "kept": 20,
    }
    assert isinstance(found["d"], Decimal)
    per_row = Keeper.objects.annotate(
        legs=Sum("animals__legs", default=0),
        cats=Sum("animals__price", filter=Q(animals__name="cat"), default=Value(7)),
        last=Max("animals__name", default="none"),
    ).order_by("id")
    assert await per_row.values_list("legs", "cats", "last") == [
        (16, Decimal(3), "cat"),
        (0, Decimal(7), "none"),
    ]
    assert await per_row.filter(legs=0).values_list("name", flat=True) == ["Bob"]
    assert await per_row.filter(last="none").count() == 1
    groups = Keeper.objects.values("name").annotate(s=Sum("animals__legs", default=0))
    assert await groups.order_by("name").values_list("s", flat=True) == [16, 0]
    grouped = ANIMALS.values("legs").annotate(s=Sum("price", filter=nothing, default=0))
    assert await grouped.order_by("legs").values_list("s", flat=True) == [0, 0]
    sliced = ANIMALS.order_by("id")[:2]
    assert await sliced.aggregate(s=Sum("legs", filter=nothing, default=5)) == {"s": 5}


@pytest.mark.databases("sqlite", "postgres")
async def test_the_default_of_a_list(zoo: None) -> None:
    assert await ANIMALS.filter(legs=99).aggregate(x=ArrayAgg("name", default=[])) == {"x": []}


SLICE = ANIMALS.filter(id=1)[:1]
GROUPS: Any = ANIMALS.values("legs").annotate(n=Count("*"))
REFUSED: dict[str, tuple[Callable[[], object], type[Exception], str]] = {
    "a slice": (lambda: ANIMALS.filter(id=1) | SLICE, OxydeError, "of a slice"),
    "groups": (lambda: GROUPS & GROUPS, FieldError, "grouped or combined"),
    "another model": (lambda: ANIMALS | Keeper.objects, FieldError, "of one model"),  # type: ignore[operator]
    "a condition": (lambda: ANIMALS | Q(id=1), FieldError, "takes another query"),  # type: ignore[operator]
    "an order": (lambda: ANIMALS | ANIMALS.order_by("id"), FieldError, r"differs in order_by\(\)"),
    "joins": (lambda: ANIMALS & ANIMALS.join("keeper"), FieldError, r"differs in join\(\)"),
    "distinct": (lambda: ANIMALS ^ ANIMALS.distinct(), FieldError, r"differs in distinct\(\)"),
    "annotations": (
        lambda: ANIMALS | ANIMALS.annotate(n=F("legs") + 1).filter(n=1),
        FieldError,
        r"differs in annotate\(\)",
    ),
    "a reversed slice": (lambda: SLICE.reverse(), OxydeError, "of a slice"),
    "a taken name": (lambda: ANIMALS.alias(legs=Count("*")), FieldError, "has a field `legs`"),
    "a default of another type": (
        lambda: ANIMALS.values("legs").annotate(n=Sum("price", default="none")),
        FieldError,
        "its default",
    ),
    "a default of a window": (
        lambda: ANIMALS.annotate(n=Window(Sum("legs", default=0))),
        FieldError,
        "takes no default=",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case: str) -> None:
    attempt, error, message = REFUSED[case]
    with pytest.raises(error, match=message):
        attempt()


@pytest.mark.databases("sqlite")
async def test_latest_needs_an_order(zoo: None) -> None:
    with pytest.raises(FieldError, match=r"latest\(\) of `Animal` needs a field"):
        await ANIMALS.latest()
    with pytest.raises(FieldError, match="no field `borne`"):
        await ANIMALS.latest("borne")
    with pytest.raises(NotFoundError, match="no Animal matches, so there is no earliest one"):
        await ANIMALS.filter(legs=99).earliest("id")
    with pytest.raises(OxydeError, match="of a slice"):
        await SLICE.latest("id")
