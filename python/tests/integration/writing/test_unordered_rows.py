"""bulk_create where the server returns rows in another order than that of the input, as Citus does.

A rule of PostgreSQL shuffles the rows; the database is made to look like one of Citus, which Debian
does not have.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from support.citus import EXTENSION
from support.servers import Server

from oxyde import Field, Model, db

pytestmark = pytest.mark.databases("postgres")


class Event(Model):
    class Meta:
        is_table = True
        table_name = "unordered_event"

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(db_unique=True)
    note: str | None = Field(default=None, db_default="'new'")


class Shuffled(Model):
    class Meta:
        is_table = True
        table_name = "unordered_view"

    id: int | None = Field(default=None, db_pk=True)
    name: str
    note: str | None = Field(default=None, db_default="'new'")


class Named(Model):
    class Meta:
        is_table = True
        shares_table = True
        table_name = "unordered_view"

    name: str = Field(db_pk=True)
    id: int | None = Field(default=None, db_default="0")


_SHUFFLES = (
    "CREATE RULE shuffle AS ON INSERT TO unordered_view DO INSTEAD INSERT INTO unordered_event "
    "(name) SELECT new.name ORDER BY md5(new.name) RETURNING unordered_event.*"
)


@pytest.fixture
async def events(server: Server) -> AsyncIterator[Server]:
    await db.init(server.url)
    await db.create_tables(models=[Event])
    await db.close()
    for sql in (
        "CREATE VIEW unordered_view AS SELECT * FROM unordered_event",
        _SHUFFLES,
        EXTENSION,
    ):
        server.execute(sql)
    await db.init(server.url)
    yield server
    await db.close()
    server.execute("DELETE FROM pg_extension WHERE extname = 'citus'")


async def stored() -> dict[str, int | None]:
    return {row.name: row.id for row in await Event.objects.all()}


@pytest.mark.parametrize("count", [1, 2, 50, 1_200])
async def test_counted_keys_are_drawn_before(events: Server, count: int) -> None:
    assert not db.get_connection().features.ordered_returning
    made = await Event.objects.bulk_create([Event(name=f"n{n}") for n in range(count)])
    rows = await stored()
    assert [row.id for row in made] == [rows[row.name] for row in made]
    assert {row.note for row in made} == {"new"}
    made[0].name = "changed"
    await made[0].save()
    assert (await stored())["changed"] == made[0].id
    assert (await Event.objects.create(name="one more")).id == count + 1


@pytest.mark.parametrize("count", [2, 50])
async def test_a_view_without_a_sequence_is_written_row_by_row(events: Server, count: int) -> None:
    made = await Shuffled.objects.bulk_create([Shuffled(name=f"n{n}") for n in range(count)])
    rows = await stored()
    assert [row.id for row in made] == [rows[row.name] for row in made]
    assert {row.note for row in made} == {"new"}


async def test_given_keys_find_their_rows(events: Server) -> None:
    made = await Named.objects.bulk_create([Named(name=f"n{n}") for n in range(50)])
    rows = await stored()
    assert [row.id for row in made] == [rows[row.name] for row in made]


async def test_upserts_find_their_rows(events: Server) -> None:
    old = await Event.objects.bulk_create([Event(name=f"n{n}") for n in range(0, 20, 2)])
    new = [Event(name=f"n{n}", note="again") for n in range(20)]
    pairs = await Event.objects.bulk_create(
        new, update_conflicts=True, unique_fields=["name"], returning_created=True
    )
    rows = await stored()
    assert [row.id for row, _ in pairs] == [rows[row.name] for row in new]
    assert [created for _, created in pairs] == [n % 2 == 1 for n in range(20)]
    assert {row.id for row in old} < set(rows.values())


async def test_other_servers_keep_the_order(server: Server) -> None:
    await db.init(server.url)
    assert db.get_connection().features.ordered_returning
    await db.close()
