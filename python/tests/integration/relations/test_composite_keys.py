"""Composite keys: `pk`, `in_bulk`, orders and values by them, relations to models that have one."""

from __future__ import annotations

from typing import Any

import pytest

from oxyde import Count, F, Field, Max, Model, OuterRef, create_tables
from oxyde.db import AsyncDatabase
from oxyde.exceptions import FieldError, FieldLookupError, FieldLookupValueError, FieldValueError
from oxyde.testing import capture_queries


class Ward(Model):
    class Meta:
        is_table = True
        table_name = "ck_ward"

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(max_length=20)
    beds: list[Bed] = Field(db_reverse_fk="ward")


class Bed(Model):
    class Meta:
        is_table = True
        table_name = "ck_bed"

    ward: Ward = Field(db_pk=True)
    number: int = Field(db_pk=True)
    label: str = Field(default="", max_length=20)


@pytest.fixture
async def wards(database: AsyncDatabase) -> list[Bed]:
    await create_tables(models=[Ward, Bed])
    await Ward.objects.bulk_create([Ward(id=each, name=f"w{each}") for each in (1, 2, 3)])
    pairs = [(1, 1), (1, 2), (1, 3), (2, 1)]
    return await Bed.objects.bulk_create(
        [Bed(ward_id=ward, number=number, label=f"{ward}{number}") for ward, number in pairs]
    )


def labels(query: Any) -> Any:
    return query.order_by("pk").values_list("label", flat=True)


async def test_rows_by_their_keys(wards: list[Bed]) -> None:
    assert (await Bed.objects.get(pk=(1, 2))).label == "12"
    assert (await Bed.objects.get(pk=wards[3])).label == "21"
    assert await labels(Bed.objects.filter(pk__in=[(1, 1), wards[3], (9, 9)])) == ["11", "21"]
    assert await labels(Bed.objects.filter(pk__in=[])) == []
    assert await labels(Bed.objects.exclude(pk__in=[(1, 1), (2, 1)])) == ["12", "13"]
    assert await labels(Bed.objects.exclude(pk=(1, 1))) == ["12", "13", "21"]
    assert await labels(Bed.objects.filter(pk=None)) == []
    found = await Bed.objects.in_bulk([(1, 1), (2, 1), (7, 7)])
    assert {key: bed.label for key, bed in found.items()} == {(1, 1): "11", (2, 1): "21"}
    assert list(await Bed.objects.filter(ward=2).in_bulk()) == [(2, 1)]
    assert wards[1].pk == (1, 2)


async def test_keys_of_a_query(wards: list[Bed]) -> None:
    last = Bed.objects.order_by("-label")[:2]
    assert await labels(Bed.objects.filter(pk__in=last)) == ["13", "21"]
    assert await labels(Bed.objects.exclude(pk__in=last)) == ["11", "12"]
    either = Bed.objects.filter(label="11").union(Bed.objects.filter(label="12"))
    assert await labels(Bed.objects.filter(pk__in=either)) == ["11", "12"]
    assert await labels(Bed.objects.filter(pk__in=Bed.objects.filter(number=3).values("pk"))) == [
        "13"
    ]
    assert await Bed.objects.filter(pk__in=Bed.objects.filter(number=1)).update(label="x") == 2
    assert await Bed.objects.filter(pk__in=last).delete() == 2


async def test_order_and_values(wards: list[Bed]) -> None:
    assert await Bed.objects.order_by("-pk").values_list("pk", flat=True) == [
        (2, 1),
        (1, 3),
        (1, 2),
        (1, 1),
    ]
    assert await Bed.objects.order_by("pk").values("pk", "label")[:1] == [
        {"pk": (1, 1), "label": "11"}
    ]
    assert await Bed.objects.order_by("pk").values_list("label", "pk")[:1] == [("11", (1, 1))]
    [row] = await Bed.objects.order_by("pk").values_list("pk", named=True)[:1]
    assert row.pk == (1, 1)
    assert (await Bed.objects.latest("pk")).pk == (2, 1)
    page = await Bed.objects.order_by("pk").values_list("pk", flat=True).page(size=3)
    rest = await Bed.objects.order_by("pk").values_list("pk").after(page.next_cursor or "").all()
    assert rest == [((2, 1),)]


async def test_relations_to_models_with_such_keys(wards: list[Bed]) -> None:
    names = Ward.objects.order_by("id").values_list("name", flat=True)
    assert await names.filter(beds=wards[1]) == ["w1"]
    assert await names.filter(beds=(2, 1), beds__label="21") == ["w2"]
    # One bed for both conditions.
    assert await names.filter(beds=(1, 1), beds__label="12") == []
    assert await names.filter(beds__in=[wards[0], (2, 1)]) == ["w1", "w2"]
    assert await names.filter(beds__in=Bed.objects.filter(number=3)) == ["w1"]
    assert await names.exclude(beds=(1, 1)) == ["w2", "w3"]
    assert await names.filter(beds=None) == ["w3"]
    assert await names.filter(beds__isnull=False) == ["w1", "w2"]
    assert await labels(Bed.objects.filter(ward__beds__pk=(1, 1))) == ["11", "12", "13"]
    [first, *_] = await Ward.objects.prefetch("beds").order_by("id")
    assert len(first.beds) == 3
    assert await first.beds_set.count() == 3  # type: ignore[attr-defined]


async def test_counts_of_rows_with_such_keys(wards: list[Bed]) -> None:
    counted = Ward.objects.annotate(n=Count("beds")).order_by("id")
    assert await counted.values_list("n", flat=True) == [3, 1, 0]
    assert await counted.filter(n__gt=1).count() == 1
    assert await Ward.objects.aggregate(n=Count("beds")) == {"n": 4}
    groups = Ward.objects.values("name").annotate(n=Count("beds")).order_by("name")
    assert [row["n"] for row in await groups] == [3, 1, 0]
    with pytest.raises(FieldError, match="keys of 2 columns"):
        Ward.objects.annotate(n=Count("beds", distinct=True))


async def test_new_rows_by_their_keys(wards: list[Bed]) -> None:
    bed, new = await Bed.objects.get_or_create({"label": "31"}, pk=(3, 1))
    assert (bed.pk, bed.label, new) == ((3, 1), "31", True)
    with capture_queries() as queries:
        again, new = await Bed.objects.get_or_create({"label": "?"}, pk=(3, 1))
    assert (again, new, len(queries)) == (bed, False, 1)
    bed.pk = (3, 2)
    await bed.save()
    assert await labels(Bed.objects.filter(ward=3)) == ["31"]
    assert (await Bed.objects.get(pk=(3, 2))).label == "31"


@pytest.mark.databases("sqlite")
async def test_what_is_not_such_a_key(wards: list[Bed]) -> None:
    for wrong in (1, (1,), (1, 2, 3), "12", Ward(id=1, name="")):
        with pytest.raises(FieldLookupValueError, match=r"`Bed\.pk` \(a key of 2 columns\)"):
            Bed.objects.filter(pk=wrong)
    with pytest.raises(FieldLookupValueError, match="ward_id"):
        Bed.objects.filter(pk=("x", 2))
    with pytest.raises(FieldLookupError, match="`gt` does not fit"):
        Bed.objects.filter(pk__gt=(1, 2))
    for computed in (F("number"), OuterRef("pk")):
        with pytest.raises(FieldLookupValueError, match="compare its columns: ward_id, number"):
            Bed.objects.filter(pk=computed)
    with pytest.raises(FieldLookupValueError, match="give a list of keys"):
        Bed.objects.filter(pk__in=3)
    with pytest.raises(FieldLookupValueError, match="give a Bed"):
        Ward.objects.filter(beds=Ward(id=1, name=""))
    with pytest.raises(FieldError, match="2 columns"):
        Bed.objects.filter(pk__in=Bed.objects.values("label"))
    with pytest.raises(FieldError, match="not one value"):
        Ward.objects.annotate(most=Max("beds"))
    with pytest.raises(FieldError, match="not one value"):
        await Bed.objects.values("pk").annotate(n=Count("*"))
    with pytest.raises(FieldValueError, match="tuple of 2 values"):
        wards[0].pk = 3
