"""`Meta.ordering`: the order of queries that have none."""

from __future__ import annotations

import pytest

from oxyde import Count, Field, Model, OuterRef, Subquery, db
from oxyde.db import AsyncDatabase
from oxyde.exceptions import FieldError


class Singer(Model):
    class Meta:
        is_table = True
        table_name = "ordered_singer"
        ordering = "name"

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(max_length=50)
    hits: list[Hit] = Field(db_reverse_fk="singer")


class Hit(Model):
    class Meta:
        is_table = True
        table_name = "ordered_hit"
        ordering = ["-year", "title"]

    id: int | None = Field(default=None, db_pk=True)
    title: str = Field(max_length=50)
    year: int
    singer: Singer


class BySinger(Model):
    class Meta:
        is_table = True
        table_name = "ordered_hit"
        shares_table = True
        ordering = ["singer__name", "-id"]

    id: int | None = Field(default=None, db_pk=True)
    title: str
    singer: Singer


@pytest.fixture
async def hits(database: AsyncDatabase) -> AsyncDatabase:
    """Three singers and six hits, in no order."""
    await db.create_tables(models=[Singer, Hit])
    singers = [await Singer.objects.create(name=name) for name in ("Cher", "Abba", "Björk")]
    for number, (title, year) in enumerate(
        [("e", 1), ("b", 3), ("d", 2), ("a", 3), ("f", 1), ("c", 2)]
    ):
        await Hit.objects.create(title=title, year=year, singer=singers[number % 3])
    return database


async def titles(query: object) -> str:
    """The titles of a query, as one text."""
    return "".join([hit.title for hit in await query])  # type: ignore[attr-defined]


async def test_rows_of_every_kind(hits: AsyncDatabase) -> None:
    assert await titles(Hit.objects.all()) == "abcdef"
    assert await titles(Hit.objects.filter(year__gt=1)) == "abcd"
    assert await titles(Hit.objects.limit(2)) == "ab"
    assert await titles(Hit.objects.filter(year__gt=1)[1:3].all()) == "bc"
    assert await Hit.objects.values_list("title", flat=True) == list("abcdef")
    assert [row["title"] for row in await Hit.objects.values("title")] == list("abcdef")
    assert [hit.title async for hit in Hit.objects.iterate(chunk_size=2)] == list("abcdef")
    assert "ORDER BY" in str(Hit.objects.filter(year=1))


async def test_the_order_of_the_query_goes_first(hits: AsyncDatabase) -> None:
    assert await titles(Hit.objects.order_by("title")) == "abcdef"
    assert await titles(Hit.objects.order_by("-title")) == "fedcba"


async def test_first_and_last(hits: AsyncDatabase) -> None:
    first, last = await Hit.objects.first(), await Hit.objects.last()
    assert first is not None
    assert last is not None
    assert (first.title, last.title) == ("a", "f")


async def test_over_a_relation(hits: AsyncDatabase) -> None:
    found = await BySinger.objects.all()
    names = [(await Singer.objects.get(id=hit.singer_id)).name for hit in found]  # type: ignore[attr-defined]
    assert names == sorted(names)
    assert len(found) == 6


async def test_prefetched_rows(hits: AsyncDatabase) -> None:
    singers = await Singer.objects.prefetch("hits")
    assert [singer.name for singer in singers] == ["Abba", "Björk", "Cher"]
    for singer in singers:
        keys = [(-hit.year, hit.title) for hit in singer.hits]
        assert keys == sorted(keys)


async def test_sliced_subqueries(hits: AsyncDatabase) -> None:
    newest = Hit.objects.filter(singer=OuterRef("id")).values("title")[:1]
    found = await Singer.objects.annotate(newest=Subquery(newest)).values_list("name", "newest")
    assert found == [("Abba", "b"), ("Björk", "c"), ("Cher", "a")]
    assert await Hit.objects.filter(id__in=Hit.objects.values("id")[:2]).count() == 2
    best = await Hit.objects.filter(id__in=Hit.objects.values("id")[:2])
    assert [hit.title for hit in best] == ["a", "b"]


async def test_pages(hits: AsyncDatabase) -> None:
    page = await Hit.objects.page(size=4)
    rest = await Hit.objects.page(size=4, cursor=page.next_cursor)
    assert "".join(hit.title for hit in [*page.items, *rest.items]) == "abcdef"


async def test_what_is_not_ordered(hits: AsyncDatabase) -> None:
    grouped = Hit.objects.values("year").annotate(n=Count("id"))
    assert "ORDER BY" not in str(grouped)
    assert sorted(await grouped.values_list("n", flat=True)) == [2, 2, 2]
    assert "ORDER BY" not in str(Hit.objects.values("year").distinct())
    assert await Hit.objects.count() == 6
    assert await Hit.objects.exists()
    assert await Hit.objects.sum("year") == 12
    assert await Hit.objects.filter(year=1).update(year=0) == 2
    assert await Hit.objects.filter(year=0).delete() == 2


def test_refused() -> None:
    with pytest.raises(FieldError, match=r"Wrong\.Meta\.ordering is a list of names"):

        class Wrong(Model):
            class Meta:
                is_table = True
                table_name = "ordered_wrong"
                ordering = [3]

            id: int | None = Field(default=None, db_pk=True)

    class Unknown(Model):
        class Meta:
            is_table = True
            table_name = "ordered_unknown"
            ordering = ["-nmae"]

        id: int | None = Field(default=None, db_pk=True)
        name: str

    with pytest.raises(FieldError, match=r"`Unknown\.Meta\.ordering`: .*nmae"):
        Unknown.objects.sql("sqlite")
