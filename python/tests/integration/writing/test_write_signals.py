"""Signals: functions that are called when rows are written."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from oxyde import F, Field, Model, OxydeError, SoftDelete, atomic, db, signals
from oxyde.db import AsyncDatabase
from oxyde.exceptions import NotFoundError, UniqueViolationError


class Stamped(Model):
    """An abstract base."""

    id: int | None = Field(default=None, db_pk=True)


class Bell(Stamped):
    class Meta:
        is_table = True
        table_name = "signalled_bell"

    name: str = Field(max_length=20, db_unique=True)
    rings: int = 0
    towers: list[Tower] = Field(db_m2m=True)

    async def pre_save(self, *, is_create: bool, update_fields: set[str] | None) -> None:
        HEARD.append(("hook", "pre_save", self.name))

    async def post_save(self, *, is_create: bool, update_fields: set[str] | None) -> None:
        HEARD.append(("hook", "post_save", self.name))


class Tower(SoftDelete):
    class Meta:
        is_table = True
        table_name = "signalled_tower"

    id: int | None = Field(default=None, db_pk=True)
    name: str = "x"
    bells: list[Bell] = Field(db_m2m=True)


HEARD: list[Any] = []


@pytest.fixture(autouse=True)
def silence() -> Iterator[None]:
    """Disconnect what a test connects."""
    kinds = [getattr(signals, name) for name in signals.__all__]
    kinds = [kind for kind in kinds if isinstance(kind, signals.Signal)]
    HEARD.clear()
    yield
    for kind in kinds:
        for receiver in kind.receivers:
            kind.disconnect(receiver.function)


@pytest.fixture
async def bells(database: AsyncDatabase) -> AsyncDatabase:
    await db.create_tables(models=[Bell, Tower])
    return database


def note(event: Any) -> None:
    HEARD.append(event)


async def note_later(event: Any) -> None:
    await asyncio.sleep(0)
    HEARD.append(event)


async def test_saves_and_deletes(bells: AsyncDatabase) -> None:
    @signals.pre_save.on(Bell)
    def rename(event: signals.SaveEvent[Bell]) -> None:
        HEARD.append(("signal", event.is_create, event.instance.name, event.update_fields))
        event.instance.name = event.instance.name.lower()

    signals.post_save.connect(note_later, model=Stamped)
    signals.pre_delete.connect(note)
    signals.post_delete.connect(note)
    bell = await Bell.objects.create(id=1, name="ANNA")
    assert HEARD[:3] == [
        ("hook", "pre_save", "ANNA"),
        ("signal", True, "ANNA", None),
        ("hook", "post_save", "anna"),
    ]
    assert isinstance(HEARD[3], signals.SaveEvent)
    assert (HEARD[3].model, HEARD[3].instance, HEARD[3].is_create) == (Bell, bell, True)
    assert (await Bell.objects.get(id=1)).name == "anna"
    bell.rings, bell.name = 3, "BETA"
    await bell.save(update_fields=["rings"])
    assert HEARD[5] == ("signal", False, "BETA", frozenset({"rings"}))
    # What a receiver changes is written too.
    stored = await Bell.objects.get(id=1)
    assert (stored.rings, stored.name) == (3, "beta")
    HEARD.clear()
    await bell.delete()
    assert [(each.soft, each.rows, each.instance) for each in HEARD] == [
        (False, None, bell),
        (False, 1, bell),
    ]
    HEARD.clear()
    # For one model only: no receiver of this signal hears of the other one.
    tower = await Tower.objects.create(id=1)
    assert HEARD == []
    signals.post_save.connect(note, model=Tower)
    await tower.delete()
    await tower.restore()
    assert [type(each).__name__ for each in HEARD] == ["DeleteEvent", "DeleteEvent", "SaveEvent"]
    assert (HEARD[0].soft, HEARD[2].update_fields) == (True, frozenset({"deleted_at"}))


async def test_writes_of_many_rows(bells: AsyncDatabase) -> None:
    for kind in ("bulk_create", "bulk_update", "query_update", "query_delete", "upsert"):
        for name in (f"pre_{kind}", f"post_{kind}"):
            getattr(signals, name).connect(note)

    @signals.pre_bulk_create.on(Bell)
    def count(event: signals.BulkCreateEvent[Bell]) -> None:
        for bell in event.instances:
            bell.rings += 1

    rows = [Bell(id=1, name="a"), {"id": 2, "name": "b"}]
    made = await Bell.objects.bulk_create(rows)
    before, after = HEARD
    assert (before.instances, after.instances, after.update_conflicts) == (made, made, False)
    assert await Bell.objects.order_by("id").values_list("rings", flat=True) == [1, 1]
    HEARD.clear()
    await Bell.objects.bulk_update(made, ["name"], rings=F("rings") + 1)
    assert [(each.fields, each.rows) for each in HEARD] == [
        (frozenset({"name", "rings"}), None),
        (frozenset({"name", "rings"}), 2),
    ]
    HEARD.clear()
    assert await Bell.objects.filter(id=1).update(rings=7) == 1
    assert await Bell.objects.filter(id=1).increment("rings") == 1
    assert [(dict(each.values).keys() == {"rings"}, each.rows) for each in HEARD] == [
        (True, None),
        (True, 1),
        (True, None),
        (True, 1),
    ]
    assert [bell.rings for bell in await HEARD[0].query] == [8]
    HEARD.clear()
    updated = await Bell.objects.filter(id=2).update(returning=True, rings=0)
    assert (HEARD[1].rows, len(updated)) == (1, 1)
    HEARD.clear()
    bell = await Bell.objects.upsert(id=1, name="c")
    assert [each.instance for each in HEARD] == [None, bell]
    HEARD.clear()
    assert await Bell.objects.delete() == 2
    assert [(each.model, each.soft, each.rows) for each in HEARD] == [
        (Bell, False, None),
        (Bell, False, 2),
    ]
    HEARD.clear()
    await Tower.objects.bulk_create([Tower(id=1)])
    await Tower.objects.delete()
    await Tower.deleted.restore()
    await Tower.objects.hard_delete()
    assert [getattr(each, "soft", None) for each in HEARD[2:]] == [
        *(True, True),
        *(None, None),
        *(False, False),
    ]


async def test_relations(bells: AsyncDatabase) -> None:
    signals.pre_relation.connect(note, model=Bell)
    signals.post_relation.connect(note_later, model=Bell)
    bell: Any = await Bell.objects.create(id=1, name="a")
    towers = [await Tower.objects.create(id=number) for number in (1, 2)]
    HEARD.clear()
    await bell.towers_set.add(*towers)
    await bell.towers_set.remove(1)
    await bell.towers_set.set([1])
    await bell.towers_set.clear()
    made = await bell.towers_set.create(id=9)
    found = [(each.action, each.keys) for each in HEARD]
    assert found[::2] == found[1::2]
    assert found[::2] == [
        ("add", (1, 2)),
        ("remove", (1,)),
        ("set", (1,)),
        ("clear", ()),
        ("create", (made.id,)),
    ]
    assert (HEARD[0].model, HEARD[0].instance, HEARD[0].relation) == (Bell, bell, "towers")


async def test_a_receiver_that_raises_before_prevents_the_write(bells: AsyncDatabase) -> None:
    @signals.pre_save.on(Bell)
    @signals.pre_bulk_create.on(Bell)
    @signals.pre_query_delete.on(Bell)
    async def refuse(event: signals.Event[Bell]) -> None:
        raise PermissionError("not today")

    with pytest.raises(PermissionError, match="not today") as caught:
        await Bell.objects.create(name="a")
    if sys.version_info >= (3, 11):
        (told,) = [text for text in caught.value.__notes__ if "receiver" in text]
        assert "refuse, a receiver of signals.pre_save for Bell" in told
    with pytest.raises(PermissionError):
        await Bell.objects.bulk_create([Bell(name="a")])
    with signals.muted():
        await Bell.objects.create(id=1, name="a")
    with pytest.raises(PermissionError):
        await Bell.objects.delete()
    assert await Bell.objects.count() == 1


async def test_in_and_after_the_transaction(
    bells: AsyncDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    signals.post_save.connect(note, model=Bell, when="commit")

    @signals.post_save.on(Bell)
    async def check(event: signals.SaveEvent[Bell]) -> None:
        assert await Bell.objects.client(event.executor).filter(id=event.instance.id).exists()
        if event.instance.name == "bad":
            raise ValueError("bad")

    async with atomic():
        bell = await Bell.objects.create(id=1, name="a")
        assert HEARD[2:] == []
    (heard,) = HEARD[2:]
    assert heard.instance is bell
    HEARD.clear()
    with pytest.raises(ValueError, match="bad"):
        async with atomic():
            await Bell.objects.create(id=2, name="bad")
    assert [each for each in HEARD if isinstance(each, signals.Event)] == []
    assert await Bell.objects.count() == 1
    await Bell.objects.create(id=3, name="b")
    assert isinstance(HEARD[-1], signals.SaveEvent)

    @signals.post_save.on(Bell, when="commit")
    def fail(event: signals.SaveEvent[Bell]) -> None:
        raise ZeroDivisionError

    with caplog.at_level(logging.ERROR, logger="oxyde"):
        await Bell.objects.create(id=4, name="c")
    assert "fail of signals.post_save failed for Bell, after the commit" in caplog.text
    with pytest.raises(UniqueViolationError):
        await Bell.objects.create(id=5, name="c")


async def test_a_failed_write_sends_nothing_after_it(bells: AsyncDatabase) -> None:
    signals.post_save.connect(note)
    bell = Bell(id=9, name="z")
    with pytest.raises(NotFoundError):
        await bell.save()
    assert [each for each in HEARD if isinstance(each, signals.Event)] == []


async def test_connecting_and_muting(bells: AsyncDatabase) -> None:
    signals.post_save.connect(note)
    signals.post_save.connect(note)
    signals.post_save.connect(note, model=Bell)
    await Bell.objects.create(id=1, name="a")
    assert len(HEARD[2:]) == 2
    assert signals.post_save.disconnect(note, model=Bell)
    assert not signals.post_save.disconnect(note_later)
    HEARD.clear()
    with signals.muted(signals.post_delete):
        await Bell.objects.create(id=2, name="b")
        with signals.muted(signals.post_save):
            await Bell.objects.create(id=3, name="c")
        with signals.muted():
            await Bell.objects.create(id=4, name="d")
            with signals.muted(signals.post_delete):
                await Bell.objects.create(id=5, name="e")
    assert [e.instance.id for e in HEARD if isinstance(e, signals.SaveEvent)] == [2]
    assert signals.post_save.disconnect(note)
    assert signals.post_save.receivers == ()


def test_refused_receivers() -> None:
    with pytest.raises(OxydeError, match=r"signals.post_save takes a function of one argument"):
        signals.post_save.connect("index")  # type: ignore[arg-type]
    with pytest.raises(OxydeError, match=r"calls .*two with one argument"):

        @signals.post_save.on()
        def two(event: Any, more: Any) -> None: ...

    with pytest.raises(OxydeError, match=r"post_save: model= is a model, not 'Bell'"):
        signals.post_save.connect(note, model="Bell")  # type: ignore[arg-type]
    with pytest.raises(OxydeError, match=r"sent before the write.*\nhint: .*signals.post_save"):
        signals.pre_save.connect(note, when="commit")
    with pytest.raises(OxydeError, match='when is "now" or "commit"'):
        signals.post_save.connect(note, when="later")  # type: ignore[arg-type]
