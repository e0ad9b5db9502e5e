"""A statement runs on one database: queries inside of it that name another are refused.

None of the tables is there, so SQL that was sent would end in another error.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from oxyde import F, Field, Model, Q, atomic, db
from oxyde.exceptions import OxydeError
from oxyde.queries import CTE, Exists, Prefetch, Subquery, prefetch_related


class Person(Model):
    class Meta:
        is_table = True
        table_name = "onebase_person"

    id: int | None = Field(default=None, db_pk=True)
    name: str
    visits: list[Visit] = Field(db_reverse_fk="person")


class Visit(Model):
    class Meta:
        is_table = True
        table_name = "onebase_visit"

    id: int | None = Field(default=None, db_pk=True)
    days: int
    person: Person


@pytest.fixture
async def both(url: str, tmp_path: Path) -> AsyncIterator[str]:
    """The tested database as `default`, a SQLite file as `archive`."""
    await db.init(default=url, archive=f"sqlite:///{tmp_path / 'archive.db'}")
    yield url
    await db.close()


people = Person.objects
there = Visit.objects.using("archive")
days = there.filter(days=1).values("days")[:1]
listed = people.using("archive").values("id", "name")
tree = CTE("tree", there.values("id"))
next_tree = CTE(
    "tree",
    Visit.objects.values("id"),
    recursive=lambda rows: there.join_cte(rows, person_id="id").values("id"),
)
row = Person(id=1, name="a")

ATTEMPTS: dict[str, tuple[str, Callable[[], Any]]] = {
    "in": ("Visit", lambda: people.filter(id__in=there.values("person_id")).all()),
    "not in": ("Visit", lambda: people.exclude(id__in=there.values("person_id")).count()),
    "in, deep": ("Visit", lambda: people.filter(
        id__in=Visit.objects.filter(days__in=there.values("days")).values("person_id")
    ).exists()),
    "exists": ("Visit", lambda: people.filter(Exists(there)).first()),
    "a Q tree": ("Visit", lambda: people.get(Q(id=1) | ~Exists(there.filter(days=3)))),
    "a subquery": ("Visit", lambda: people.annotate(days=Subquery(days)).all()),
    "an order": ("Visit", lambda: people.order_by(Subquery(days)).all()),
    "an aggregate": ("Visit", lambda: people.filter(id__in=there.values("person_id")).max("id")),
    "a union": ("Person", lambda: people.union(people.using("archive")).all()),
    "a count of a union": ("Person", lambda: people.union_all(people.using("archive")).count()),
    "a difference": ("Person", lambda: people.filter(id=1).except_(people.using("archive")).all()),
    "a CTE": ("Visit", lambda: people.join_cte(tree, id="id").all()),
    "a recursive part": ("Visit", lambda: people.join_cte(next_tree, id="id").all()),
    "insert from": ("Person", lambda: people.insert_from(listed, ["id", "name"])),
    "update": ("Visit", lambda: Visit.objects.update(days=Subquery(days))),
    "update where": ("Visit", lambda: people.filter(Exists(there)).update(name="b")),
    "delete": ("Visit", lambda: people.filter(Exists(there)).delete()),
    "bulk update": ("Visit", lambda: Visit.objects.bulk_update(
        [Visit(id=1, days=1, person_id=1)], days=F("days") + Subquery(days)
    )),
    "iterate": ("Visit", lambda: read(people.filter(Exists(there)))),
    "explain": ("Visit", lambda: people.filter(Exists(there)).explain()),
    "prefetch": ("Visit", lambda: people.prefetch(Prefetch("visits", there)).all()),
    "prefetch, deep": ("Person", lambda: people.prefetch(
        Prefetch("visits", Visit.objects.prefetch(Prefetch("person", people.using("archive"))))
    ).all()),
    "prefetch of rows": ("Visit", lambda: prefetch_related([row], Prefetch("visits", there))),
    "a client": ("Visit", lambda: people.filter(
        Exists(Visit.objects.client(db.get_connection("archive")))
    ).all()),
}  # fmt: skip


async def read(query: Any) -> None:
    async for _ in query.iterate():
        pass


@pytest.mark.parametrize("name", ATTEMPTS)
async def test_a_part_for_another_database_is_refused(both: str, name: str) -> None:
    inner, attempt = ATTEMPTS[name]
    with pytest.raises(OxydeError) as caught:
        await attempt()
    message = str(caught.value)
    assert "'archive'" in message
    assert "'default'" in message
    assert f"`{inner}`" in message
    assert "of `" in message.partition("runs on")[0].partition("archive")[2], message
    assert "using='archive'" in message


async def test_the_text_is_refused_too(both: str) -> None:
    query = people.filter(Exists(there))
    with pytest.raises(OxydeError, match="archive"):
        query.using("default").sql()
    with pytest.raises(OxydeError, match="archive"):
        query.sql(using="default")
    assert "EXISTS" in query.sql(using="archive")[0]


async def test_a_part_for_an_unknown_database(both: str) -> None:
    with pytest.raises(OxydeError, match="did you mean 'archive'"):
        await people.filter(Exists(Visit.objects.using("archiv"))).all()


async def test_parts_for_the_same_database(both: str) -> None:
    for name in ("default", "archive"):
        await db.create_tables(models=[Person, Visit], using=name)
        await people.bulk_create([{"id": 1, "name": name}, {"id": 2, "name": "b"}], using=name)
        await Visit.objects.create(days=1, person_id=1, using=name)
    found = people.filter(Exists(there)).order_by("id")
    assert [each.name for each in await found.all(using="archive")] == ["archive", "b"]
    assert [each.name for each in await found.using("archive")] == ["archive", "b"]
    # A plan that is kept is looked at anew on each run.
    with pytest.raises(OxydeError, match="archive"):
        await found.all()
    inside = people.using("default").filter(id__in=Visit.objects.values("person_id"))
    assert await inside.values_list("name", flat=True) == ["default"]
    async with atomic(using="archive") as block:
        assert await found.count(client=block) == 2
        one = Exists(Visit.objects.client(block).filter(days=1))
        assert await people.filter(one).count(client=block) == 2
    loaded = await people.using("archive").prefetch(Prefetch("visits", there)).get(id=1)
    assert len(loaded.visits) == 1


async def test_names_of_one_url(url: str) -> None:
    await db.init(default=url, again=url)
    try:
        await db.create_tables(models=[Person, Visit])
        assert await people.filter(Exists(Visit.objects.using("again"))).count() == 0
    finally:
        await db.close()
