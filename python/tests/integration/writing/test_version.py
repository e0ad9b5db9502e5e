"""Optimistic locking: `Meta.version` counts the updates of a row."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from oxyde import (
    F,
    Field,
    FieldError,
    ManagerError,
    Model,
    StaleObjectError,
    StaleRow,
    atomic,
    db,
    related,
)
from oxyde.db import AsyncDatabase
from oxyde.models.registry import separate_registry


class Shelf(Model):
    class Meta:
        is_table = True
        table_name = "version_shelves"

    id: int | None = Field(default=None, db_pk=True)
    name: str = ""
    boxes: list[Box] = Field(db_reverse_fk="shelf")


class Counted(Model):
    class Meta:
        version = "edition"

    edition: int = 1


class Box(Counted):
    class Meta:
        is_table = True
        table_name = "version_boxes"

    id: int | None = Field(default=None, db_pk=True)
    code: str = Field(max_length=20, db_unique=True)
    weight: int = 0
    data: dict[str, Any] = Field(default_factory=dict)
    shelf: Shelf | None = None


class Place(Model):
    class Meta:
        is_table = True
        table_name = "version_places"
        version = "number"

    row: int = Field(db_pk=True)
    seat: str = Field(db_pk=True, max_length=5)
    guest: str = ""
    number: int = Field(default=10, db_column="row_number")


@pytest.fixture
async def boxes(database: AsyncDatabase) -> AsyncDatabase:
    await db.create_tables(models=[Shelf, Box, Place])
    return database


async def edition(box: Box) -> int:
    return (await Box.objects.get(id=box.id)).edition


async def test_each_write_counts(boxes: AsyncDatabase) -> None:
    box = await Box.objects.create(code="a")
    assert box.edition == 1
    box.weight = 1
    await box.save()
    assert (box.edition, await edition(box)) == (2, 2)
    box.weight = 2
    await box.save(update_fields=["weight"])
    assert (box.edition, await edition(box)) == (3, 3)
    await box.save()  # nothing to write
    box.data["a"] = 1
    await box.save()
    assert (box.edition, await edition(box)) == (4, 4)
    query = Box.objects.filter(id=box.id)
    await query.update(weight=5)
    await query.increment("weight")
    await query.update(data__b=2)
    [row] = await query.update(weight=7, returning=True)
    assert row.edition == 8
    await query.update(edition=1)
    assert await edition(box) == 1


async def test_a_stale_save(boxes: AsyncDatabase) -> None:
    box = await Box.objects.create(code="a")
    other = await Box.objects.get(code="a")
    other.weight = 1
    await other.save()
    box.code = "b"
    with pytest.raises(StaleObjectError, match="at version 2, not 1") as caught:
        await box.save()
    error = caught.value
    assert error.rows == (StaleRow({"id": box.id}, 1, 2),)
    assert (error.model, error.key, error.expected, error.found) == (Box, {"id": box.id}, 1, 2)
    assert "refresh()" in str(error)
    assert box.edition == 1
    stored = await Box.objects.get(id=box.id)
    assert (stored.code, stored.weight) == ("a", 1)
    await box.refresh()
    box.code = "b"
    await box.save()
    assert box.edition == 3
    # What was read in part only is checked, too.
    part = await Box.objects.only("code").get(id=box.id)
    rest = await Box.objects.defer("edition").get(id=box.id)
    assert (part.edition, rest.edition) == (3, 3)
    box.weight = 4
    await box.save()
    part.code = "c"
    with pytest.raises(StaleObjectError):
        await part.save(update_fields=["code"])


async def test_a_row_that_is_gone(boxes: AsyncDatabase) -> None:
    box = await Box.objects.create(code="a")
    await Box.objects.delete()
    box.weight = 1
    with pytest.raises(StaleObjectError, match="is gone") as caught:
        await box.save()
    assert caught.value.found is None
    with pytest.raises(StaleObjectError, match="is gone"):
        await box.delete()


async def test_a_stale_delete(boxes: AsyncDatabase) -> None:
    box = await Box.objects.create(code="a")
    await Box.objects.update(weight=3)
    with pytest.raises(StaleObjectError, match=r"delete\(\) of a stale Box"):
        await box.delete()
    assert await Box.objects.count() == 1
    await box.refresh()
    assert await box.delete() == 1


async def test_bulk_update(boxes: AsyncDatabase) -> None:
    await Box.objects.bulk_create([Box(code=f"c{n}") for n in range(4)])
    rows = await Box.objects.order_by("id").all()
    for each in rows:
        each.weight = 5
    assert await Box.objects.bulk_update(rows, ["weight"], batch_size=3) == 4
    assert [row.edition for row in rows] == [2, 2, 2, 2]
    assert await Box.objects.bulk_update(rows, weight=F("weight") + 1) == 4
    assert [row.edition for row in rows] == [3, 3, 3, 3]
    await Box.objects.filter(code="c1").update(weight=0)
    await Box.objects.filter(code="c3").delete()
    for each in rows:
        each.weight = 50
    with pytest.raises(StaleObjectError) as caught:
        await Box.objects.bulk_update(rows, ["weight"])
    assert caught.value.rows == (
        StaleRow({"id": rows[1].id}, 3, 4),
        StaleRow({"id": rows[3].id}, 3, None),
    )
    assert [row.edition for row in rows] == [3, 3, 3, 3]
    found = await Box.objects.order_by("id").values_list("weight", flat=True).all()
    assert found == [6, 0, 6]
    with pytest.raises(ManagerError, match="appears twice"):
        await Box.objects.bulk_update([rows[0], rows[0]], ["weight"])


async def test_upserts(boxes: AsyncDatabase) -> None:
    first = await Box.objects.upsert(code="a")
    assert first.edition == 1
    assert (await Box.objects.upsert(code="a", weight=2)).edition == 2
    row = await Box.objects.upsert(code="a", update={"weight": F("weight") + 1})
    assert (row.edition, row.weight) == (3, 3)
    assert (await Box.objects.upsert(code="a")).edition == 3
    rows = [Box(code="a", weight=9), Box(code="b")]
    await Box.objects.bulk_create(rows, update_conflicts=True, unique_fields=["code"])
    assert [each.edition for each in rows] == [4, 1]
    rows[0].weight = 10
    await rows[0].save()
    row, created = await Box.objects.update_or_create({"weight": 1}, code="a")
    assert (row.edition, created) == (6, False)


async def test_a_given_version_is_the_expected_one(boxes: AsyncDatabase) -> None:
    """As for a form that was filled in from what a request had read."""
    box = await Box.objects.create(code="a")
    await Box.objects.update(weight=1)
    for late in (Box(id=box.id, code="b", edition=1), await Box.objects.get(id=box.id)):
        late.edition, late.code = 1, "b"
        with pytest.raises(StaleObjectError):
            await late.save()
    same = Box(id=box.id, code="b", weight=2, edition=2)
    await same.save()
    assert (same.edition, await edition(box)) == (3, 3)
    for change in (Box(id=box.id, code="c").save, Box(id=box.id, code="c").delete):
        with pytest.raises(ManagerError, match="`edition` is not known"):
            await change()
    with pytest.raises(ManagerError, match=r"bulk_update\(\).*`edition` is not known"):
        await Box.objects.bulk_update([Box(id=box.id, code="c")], ["code"])
    same.edition = cast("Any", None)
    with pytest.raises(Exception, match="edition"):
        await same.save(update_fields=["code"])


async def test_a_rollback_takes_the_number_back(boxes: AsyncDatabase) -> None:
    box = await Box.objects.create(code="a")
    with pytest.raises(RuntimeError):
        async with atomic():
            box.weight = 1
            await box.save()
            await Box.objects.bulk_update([box], ["weight"])
            assert box.edition == 3
            raise RuntimeError
    assert box.edition == 1
    await box.save()
    assert (box.edition, await edition(box)) == (2, 2)
    async with atomic():
        await Box.objects.update(weight=9)
        box.weight = 10
        with pytest.raises(StaleObjectError, match="at version 3, not 2"):
            await box.save()
        await box.refresh()
        box.weight = 10
        await box.save()
    assert (box.edition, await edition(box)) == (4, 4)


async def test_a_key_of_two_fields(boxes: AsyncDatabase) -> None:
    place = await Place.objects.create(row=1, seat="A")
    assert place.number == 10
    same = await Place.objects.get(row=1, seat="A")
    same.guest, same.seat = "Ann", "B"
    await same.save()
    assert (same.number, same.seat) == (11, "B")
    place.guest = "Bob"
    with pytest.raises(StaleObjectError, match="row=1, seat='A' is gone"):
        await place.save()
    await Place.objects.create(row=1, seat="A", number=3)
    rows = await Place.objects.order_by("seat").all()
    assert [row.number for row in rows] == [3, 11]
    await Place.objects.update(guest="")
    with pytest.raises(StaleObjectError) as caught:
        await Place.objects.bulk_update(rows, ["guest"])
    assert [row.key for row in caught.value.rows] == [
        {"row": 1, "seat": "A"},
        {"row": 1, "seat": "B"},
    ]


async def test_a_copy_begins_anew(boxes: AsyncDatabase) -> None:
    box = await Box.objects.create(code="a")
    box.weight = 1
    await box.save()
    box.id, box.code = None, "b"
    await box.save()
    assert (box.edition, await edition(box)) == (1, 1)


async def test_a_relation_counts_its_rows(boxes: AsyncDatabase) -> None:
    shelf = await Shelf.objects.create(name="s")
    box = await Box.objects.create(code="a")
    await related(shelf, "boxes").add(box)
    assert (box.edition, await edition(box)) == (2, 2)
    box.weight = 1
    await box.save()
    await related(shelf, "boxes").clear()
    assert (box.edition, await edition(box)) == (4, 4)
    box.weight = 2
    await box.save()


async def test_many_at_once_lose_nothing(boxes: AsyncDatabase) -> None:
    box = await Box.objects.create(code="a")

    async def add() -> None:
        while True:
            mine = await Box.objects.get(id=box.id)
            mine.weight += 1
            try:
                await mine.save()
            except StaleObjectError:
                continue
            return

    await asyncio.gather(*(add() for _ in range(10)))
    assert (await Box.objects.get(id=box.id)).weight == 10
    assert await edition(box) == 11


async def test_a_function_runs_again(boxes: AsyncDatabase) -> None:
    box = await Box.objects.create(code="a")
    runs = []

    @atomic(retries=2)
    async def change() -> None:
        mine = await Box.objects.get(id=box.id)
        runs.append(mine.edition)
        if len(runs) == 1:
            mine.edition = 0  # as if others had changed it
        mine.weight += 1
        await mine.save()

    await change()
    assert runs == [1, 1]
    assert await edition(box) == 2


def test_what_the_error_has() -> None:
    error = StaleObjectError("stale", rows=[StaleRow({"id": 1}, 2, None)], model=Box)
    assert (error.key, error.expected, error.found) == ({"id": 1}, 2, None)
    assert error.retryable


def test_what_is_refused() -> None:
    def model(annotation: Any, field: Any = ..., **options: Any) -> None:
        body: dict[str, Any] = {
            "__module__": __name__,
            "__annotations__": {"id": "int | None", "number": annotation},
            "Meta": type("Meta", (), {"is_table": True, "version": "number", **options}),
            "id": Field(default=None, db_pk=True),
        }
        if field is not ...:
            body["number"] = field
        with separate_registry():
            cast("Any", type(Model))("Wrong", (Model,), body)

    model(int)
    model(int, 0)
    model(int, Field(default=1, db_type="SMALLINT"))
    for arguments, options, message in [
        ((str, ""), {}, "is not an integer"),
        ((bool, False), {}, "is not an integer"),
        ((int | None, None), {}, "is not an integer"),
        ((Shelf,), {}, "Wrong.number"),
        ((int, Field(db_generated="1 + 1")), {}, "db_generated"),
        ((int, Field(default=1, db_unique=True)), {}, "db_unique"),
        ((int, Field(db_type="SERIAL")), {}, "counts up by itself"),
        ((int, Field(default_factory=int)), {}, "must begin with an integer"),
        ((int, -1), {}, "must begin with an integer"),
        ((int, 1), {"version": "numbr"}, "names `numbr`.*\n.*number"),
        ((int, 1), {"version": 1}, "the name of a field"),
        ((int, 1), {"read_only": True}, "version and read_only"),
    ]:
        with pytest.raises(FieldError, match=message):
            model(*arguments, **options)


def test_requests_do_not_have_it() -> None:
    assert "edition" not in Box.schema_for("create").model_fields
    assert "edition" not in Box.schema_for("update").model_fields
    assert "edition" in Box.schema_for("update", include=["code", "edition"]).model_fields
    assert "edition" in Box.schema_for("public").model_fields
