"""Bulk calls: any number of rows, all or none, the right keys also under concurrency."""

from __future__ import annotations

import asyncio
import uuid
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError
from support.servers import Server

from oxyde import Field, Model, atomic, db
from oxyde.db import AsyncDatabase
from oxyde.exceptions import (
    FieldError,
    ManagerError,
    OxydeError,
    UniqueViolationError,
)


class Part(Model):
    class Meta:
        is_table = True
        table_name = "bulk_part"

    id: int | None = Field(default=None, db_pk=True)
    code: str = Field(max_length=40, db_unique=True)
    weight: Decimal | None = Field(default=None, max_digits=10, decimal_places=3)
    stock: int = Field(default=0, ge=0)
    state: str = Field(default="new", db_default="'new'", max_length=10)


class Token(Model):
    class Meta:
        is_table = True
        table_name = "bulk_token"

    id: uuid.UUID = Field(default_factory=uuid.uuid4, db_pk=True)
    owner: str


class Seat(Model):
    class Meta:
        is_table = True
        table_name = "bulk_seat"

    room: int = Field(db_pk=True)
    number: int = Field(db_pk=True)
    taken: bool = False


class Ticket(Model):
    class Meta:
        is_table = True
        table_name = "bulk_ticket"

    show: int = Field(db_pk=True)
    row: str = Field(db_pk=True, max_length=5)
    price: Decimal | None = Field(
        default=None, max_digits=6, decimal_places=2, db_default="12.50", db_nullable=False
    )


class Badge(Model):
    class Meta:
        is_table = True
        table_name = "bulk_badge"

    code: str | None = Field(default=None, max_length=10, db_pk=True, db_default="'first'")
    owner: str | None = None


@pytest.fixture
async def tables(database: AsyncDatabase) -> AsyncDatabase:
    await db.create_tables(models=[Part, Token, Seat, Ticket, Badge])
    return database


async def test_no_rows_are_no_query(tables: AsyncDatabase) -> None:
    assert await Part.objects.bulk_create([]) == []
    assert await Part.objects.bulk_update([], ["stock"]) == 0
    assert await Part.objects.count() == 0


async def test_instances_and_dicts_mixed(tables: AsyncDatabase) -> None:
    instance = Part(code="a", stock=1)
    rows = await Part.objects.bulk_create(
        [
            instance,
            {"code": "b", "weight": Decimal("0.125")},
            Part(code="c"),
            {"code": "d", "stock": "4"},
        ]
    )
    assert rows[0] is instance
    assert all(isinstance(row, Part) for row in rows)
    assert [row.code for row in rows] == ["a", "b", "c", "d"]
    stored = await Part.objects.order_by("id").all()
    assert stored == rows
    assert [row.stock for row in stored] == [1, 0, 0, 4]
    rows[0].stock = 9
    await rows[0].save()
    assert (await Part.objects.get(code="a")).stock == 9


async def test_keys_given_and_left_out(tables: AsyncDatabase) -> None:
    rows = await Part.objects.bulk_create(
        [{"id": 100, "code": "a"}, {"id": 7, "code": "b"}, {"id": 55, "code": "c"}]
    )
    assert [row.id for row in rows] == [100, 7, 55]
    try:
        mixed = await Part.objects.bulk_create(
            [{"id": 300, "code": "d"}, {"code": "e"}, {"code": "f"}]
        )
    except OxydeError:
        assert await Part.objects.count() == 3
    else:
        for row in mixed:
            assert (await Part.objects.get(code=row.code)).id == row.id


async def test_other_keys(tables: AsyncDatabase) -> None:
    tokens = await Token.objects.bulk_create([{"owner": "a"}, Token(owner="b")])
    assert {token.id: token.owner for token in await Token.objects.all()} == {
        token.id: token.owner for token in tokens
    }
    seats = [{"room": room, "number": number} for room in range(3) for number in range(4)]
    assert len(await Seat.objects.bulk_create(seats)) == 12
    assert await Seat.objects.filter(room=2, number=3).exists()


async def test_what_the_database_fills_in_comes_back(tables: AsyncDatabase) -> None:
    tickets = await Ticket.objects.bulk_create(
        [{"show": show, "row": row} for show in range(30) for row in "abc"]
    )
    assert {ticket.price for ticket in tickets} == {Decimal("12.50")}
    assert [(ticket.show, ticket.row) for ticket in tickets[-2:]] == [(29, "b"), (29, "c")]
    (badge,) = await Badge.objects.bulk_create([Badge(owner="a")])
    assert badge.code == "first"
    badge.owner = "b"
    await badge.save()
    assert await Badge.objects.all() == [badge]


async def test_instances_that_are_not_alike(tables: AsyncDatabase) -> None:
    """Those that were assigned to are asked one by one."""
    touched = Part(code="a")
    touched.stock = 5
    unknown = Part(code="b", stock=1)
    unknown.weight = Decimal("0.5")
    rows = [touched, unknown, Part(code="c"), Part(code="d")]
    assert await Part.objects.bulk_create(rows) == rows
    assert [row.id is not None for row in rows] == [True] * 4
    assert await Part.objects.order_by("code").values_list("code", "stock") == [
        ("a", 5),
        ("b", 1),
        ("c", 0),
        ("d", 0),
    ]
    invalid = Part(code="e")
    invalid.stock = -1
    with pytest.raises(ValidationError):
        await Part.objects.bulk_create([Part(code="f"), invalid])
    assert await Part.objects.count() == 4


async def test_a_hundred_thousand_rows(tables: AsyncDatabase) -> None:
    rows = await Part.objects.bulk_create(
        [{"code": f"part {number}", "stock": number} for number in range(100_000)]
    )
    assert len(rows) == 100_000
    assert await Part.objects.count() == 100_000
    assert await Part.objects.sum("stock") == sum(range(100_000))
    for index in (0, 1, 999, 65_535, 65_536, 99_999):
        assert (await Part.objects.get(code=f"part {index}")).id == rows[index].id
    for row in rows:
        row.stock += 1
    assert await Part.objects.bulk_update(rows, ["stock"]) == 100_000
    assert await Part.objects.sum("stock") == sum(range(100_000)) + 100_000


@pytest.mark.parametrize("batch_size", [1, 3, 1000])
async def test_batches(tables: AsyncDatabase, batch_size: int) -> None:
    rows = await Part.objects.bulk_create(
        [{"code": str(n)} for n in range(10)], batch_size=batch_size
    )
    stored = {row.code: row.id for row in await Part.objects.all()}
    assert stored == {row.code: row.id for row in rows}
    for row in rows:
        row.stock = int(row.code)
    assert await Part.objects.bulk_update(rows, ["stock"], batch_size=batch_size) == 10
    assert all(row.stock == int(row.code) for row in await Part.objects.all())


async def test_keys_are_right_under_concurrent_inserts(
    tables: AsyncDatabase, server: Server
) -> None:
    async def many(task: int) -> list[Part]:
        rows: list[Part] = []
        for batch in range(5):
            rows += await Part.objects.bulk_create(
                [{"code": f"{task}/{batch}/{number}"} for number in range(40)]
            )
            rows.append(await Part.objects.create(code=f"{task}/{batch}/one"))
        return rows

    rows = [
        row for some in await asyncio.gather(*(many(task) for task in range(8))) for row in some
    ]
    assert len({row.id for row in rows}) == 8 * 5 * 41
    stored = dict(server.execute("SELECT code, id FROM bulk_part"))
    assert stored == {row.code: row.id for row in rows}


async def test_all_or_nothing(tables: AsyncDatabase) -> None:
    await Part.objects.create(code="7")
    codes = [{"code": str(number)} for number in range(10)]
    for batch_size in (None, 2):
        with pytest.raises(UniqueViolationError):
            await Part.objects.bulk_create(codes, batch_size=batch_size)
        assert await Part.objects.values_list("code", flat=True).all() == ["7"]
    with pytest.raises((ValidationError, OxydeError)):
        await Part.objects.bulk_create([{"code": "a"}, {"code": "b", "stock": -1}])
    with pytest.raises((ValidationError, OxydeError)):
        await Part.objects.bulk_create([{"code": "a"}, {"nothing": "b"}])
    assert await Part.objects.count() == 1
    one, other = await Part.objects.bulk_create([{"code": "x"}, {"code": "y"}])
    one.code, other.code = "z", "7"
    with pytest.raises(UniqueViolationError):
        await Part.objects.bulk_update([one, other], ["code"])
    assert await Part.objects.order_by("id").values_list("code", flat=True).all() == ["7", "x", "y"]


async def test_inside_a_transaction(tables: AsyncDatabase) -> None:
    with pytest.raises(ValueError, match="no"):
        async with atomic():
            await Part.objects.bulk_create([{"code": str(number)} for number in range(5000)])
            assert await Part.objects.count() == 5000
            raise ValueError("no")
    assert await Part.objects.count() == 0


async def test_clashes_ignored(tables: AsyncDatabase) -> None:
    await Part.objects.create(code="b", stock=5)
    await Part.objects.bulk_create(
        [{"code": "a", "stock": 1}, {"code": "b", "stock": 2}, {"code": "c", "stock": 3}],
        ignore_conflicts=True,
    )
    assert await Part.objects.order_by("code").values_list("code", "stock").all() == [
        ("a", 1), ("b", 5), ("c", 3),
    ]  # fmt: skip


async def test_ignoring_clashes_ignores_nothing_else(tables: AsyncDatabase) -> None:
    """MySQL's INSERT IGNORE would cut texts and turn NULL into a default."""
    with pytest.raises((OxydeError, ValidationError)):
        await Part.objects.bulk_create([{"code": "x" * 41}], ignore_conflicts=True)
    with pytest.raises((OxydeError, ValidationError)):
        await Part.objects.bulk_create(
            [{"code": "y", "weight": Decimal(99999999999)}], ignore_conflicts=True
        )
    assert await Part.objects.count() == 0


async def test_clashes_updated(tables: AsyncDatabase) -> None:
    old = await Part.objects.create(code="b", stock=5, state="old")
    rows = await Part.objects.bulk_create(
        [{"code": "a", "stock": 1}, {"code": "b", "stock": 2, "state": "fresh"}],
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=["stock"],
    )
    assert [row.code for row in rows] == ["a", "b"]
    assert await Part.objects.order_by("code").values_list("code", "stock", "state").all() == [
        ("a", 1, "new"), ("b", 2, "old"),
    ]  # fmt: skip
    assert (await Part.objects.get(code="b")).id == old.id


async def test_bulk_update(tables: AsyncDatabase) -> None:
    rows = await Part.objects.bulk_create([{"code": str(number)} for number in range(5)])
    for number, row in enumerate(rows):
        row.stock = number
        row.weight = None if number % 2 else Decimal(number)
        row.state = "changed"
    assert await Part.objects.bulk_update(rows, ["stock", "weight"]) == 5
    stored = await Part.objects.order_by("id").all()
    assert [row.stock for row in stored] == [0, 1, 2, 3, 4]
    assert [row.weight for row in stored] == [Decimal(0), None, Decimal(2), None, Decimal(4)]
    assert {row.state for row in stored} == {"new"}


async def test_bulk_update_of_bad_input(tables: AsyncDatabase) -> None:
    (row,) = await Part.objects.bulk_create([{"code": "a"}])
    for fields in (["nothing"], [], ["id"]):
        with pytest.raises((FieldError, ManagerError, ValueError)):
            await Part.objects.bulk_update([row], fields)
    with pytest.raises(OxydeError):
        await Part.objects.bulk_update([Part(code="never stored")], ["stock"])
    row.stock = -5
    with pytest.raises((ValidationError, OxydeError)):
        await Part.objects.bulk_update([row], ["stock"])
    assert (await Part.objects.get(code="a")).stock == 0


async def test_bulk_update_by_several_keys(tables: AsyncDatabase) -> None:
    seats = await Seat.objects.bulk_create([{"room": 1, "number": n} for n in range(6)])
    for seat in seats[::2]:
        seat.taken = True
    assert await Seat.objects.bulk_update(seats[:4], ["taken"]) == 4
    assert await Seat.objects.order_by("number").values_list("taken", flat=True).all() == [
        True, False, True, False, False, False,
    ]  # fmt: skip


class Blob(Model):
    class Meta:
        is_table = True
        table_name = "bulk_blob"

    id: int | None = Field(default=None, db_pk=True)
    data: bytes = b""


async def test_bulk_update_of_bytes_stores_them_alone(database: AsyncDatabase) -> None:
    """Of every length: a cast may fill up short ones with zeros, or cut long ones."""
    await db.create_tables(models=[Blob])
    values = [b"", b"\x00", b"ab", bytes(range(256)) * 1000, b"\xff" * 60]
    rows = await Blob.objects.bulk_create([{"data": value} for value in values])
    for shift in range(1, len(values)):
        turned = values[shift:] + values[:shift]
        for row, value in zip(rows, turned, strict=True):
            row.data = value
        await Blob.objects.bulk_update(rows, ["data"])
        assert await Blob.objects.order_by("id").values_list("data", flat=True) == turned


class TestCreated:
    """bulk_create(returning_created=True): which rows of an upsert are new."""

    async def test_new_and_changed_rows_are_told_apart(self, tables: AsyncDatabase) -> None:
        await Part.objects.bulk_create([{"code": "a", "stock": 1}, {"code": "b", "stock": 1}])
        pairs = await Part.objects.bulk_create(
            [{"code": code, "stock": 5} for code in "xaybz"],
            update_conflicts=True,
            unique_fields=["code"],
            returning_created=True,
        )
        assert [(part.code, created) for part, created in pairs] == [
            ("x", True), ("a", False), ("y", True), ("b", False), ("z", True),
        ]  # fmt: skip
        stored = {part.code: part for part in await Part.objects.all()}
        assert {code: part.stock for code, part in stored.items()} == dict.fromkeys("abxyz", 5)
        assert [part.id for part, _ in pairs] == [stored[code].id for code in "xaybz"]
        again = await Part.objects.bulk_create(
            [{"code": "a"}, {"code": "x"}],
            update_fields=["stock"],
            unique_fields=["code"],
            returning_created=True,
        )
        assert [created for _, created in again] == [False, False]
        assert await Part.objects.bulk_create(
            [], update_conflicts=True, returning_created=True
        ) == []  # fmt: skip

    async def test_keys_of_several_parts(self, tables: AsyncDatabase) -> None:
        await Seat.objects.bulk_create([{"room": 1, "number": n} for n in range(3)])
        pairs = await Seat.objects.bulk_create(
            [{"room": 1, "number": n, "taken": True} for n in range(1, 5)],
            update_conflicts=True,
            returning_created=True,
        )
        assert [created for _, created in pairs] == [False, False, True, True]
        assert await Seat.objects.filter(taken=True).count() == 4
        # Nothing but the key: it is written again, so that the row comes back.
        keys_only = await Seat.objects.bulk_create(
            [{"room": 1, "number": n} for n in (0, 9)],
            update_fields=[],
            unique_fields=["room", "number"],
            returning_created=True,
        )
        assert [created for _, created in keys_only] == [False, True]

    async def test_rows_of_different_columns(self, tables: AsyncDatabase) -> None:
        await Part.objects.create(code="a")
        items: list[Any] = [{"code": "b"}, {"code": "a", "id": 1}, Part(code="c", stock=2)]
        with_state = [{**item, "state": "x"} if isinstance(item, dict) else item for item in items]
        pairs = await Part.objects.bulk_create(
            with_state, update_conflicts=True, unique_fields=["code"], returning_created=True
        )
        assert [(part.code, created) for part, created in pairs] == [
            ("b", True), ("a", False), ("c", True),
        ]  # fmt: skip

    @pytest.mark.databases("postgres", "mysql", "mariadb")
    async def test_many_writers_at_once(self, tables: AsyncDatabase) -> None:
        """Each row is created by exactly one of them."""

        async def write(start: int) -> list[bool]:
            pairs = await Part.objects.bulk_create(
                [{"code": f"{n:04}"} for n in range(start, start + 50)],
                update_conflicts=True,
                unique_fields=["code"],
                returning_created=True,
            )
            return [created for _, created in pairs]

        told = await asyncio.gather(*(write(10 * n) for n in range(8)))
        assert sum(map(sum, told)) == await Part.objects.count() == 120

    async def test_a_key_twice_and_keys_of_null(self, tables: AsyncDatabase) -> None:
        """The first of two equal keys creates the row; another unique key is never overwritten."""
        await Part.objects.create(code="a")
        pairs = await Part.objects.bulk_create(
            [{"code": code, "stock": at} for at, code in enumerate("abba")],
            update_conflicts=True,
            unique_fields=["code"],
            returning_created=True,
        )
        assert [created for _, created in pairs] == [False, True, False, False]
        stored = await Part.objects.order_by("code").values_list("code", "stock")
        assert stored == [("a", 3), ("b", 2)]
        (taken,) = await Part.objects.filter(code="a").values_list("id", flat=True)
        with pytest.raises(UniqueViolationError):
            await Part.objects.bulk_create(
                [{"id": taken, "code": "new"}],
                update_conflicts=True,
                unique_fields=["code"],
                returning_created=True,
            )
        assert await Part.objects.count() == 2

    async def test_in_a_block(self, tables: AsyncDatabase) -> None:
        async with atomic():
            await Part.objects.create(code="a")
            pairs = await Part.objects.bulk_create(
                [{"code": "a", "stock": 1}, {"code": "b", "stock": 1}],
                update_conflicts=True,
                unique_fields=["code"],
                returning_created=True,
            )
            assert [created for _, created in pairs] == [False, True]
        assert await Part.objects.filter(stock=1).count() == 2

    async def test_it_is_about_upserts(self, tables: AsyncDatabase) -> None:
        for options in ({}, {"ignore_conflicts": True}):
            with pytest.raises(OxydeError, match="applies to upserts only"):
                await Part.objects.bulk_create([{"code": "a"}], returning_created=True, **options)
        assert await Part.objects.count() == 0
