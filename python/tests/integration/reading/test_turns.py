"""The event loop has its turns while many rows are read or written."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import Awaitable, Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import ValidationError, field_validator
from support.watched import watched

from oxyde import F, Field, Model, atomic, db, execute_raw
from oxyde.db import AsyncDatabase
from oxyde.db.slices import in_slices
from oxyde.exceptions import FieldValueError

pytestmark = pytest.mark.alone

ROWS = 30_000
# Keys given by hand, far above those that the database counts out.
ASIDE = 1_000_000_000
# Thread seconds that no callback may take: ten times what a slice has, for slow machines.
MOST = 0.025
# What validators see and do, by a test.
SEEN: ContextVar[str] = ContextVar("SEEN", default="nothing")
seen: set[str] = set()
FORBIDDEN: set[int] = set()


class Owner(Model):
    class Meta:
        is_table = True
        table_name = "owner_in_turn"

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(max_length=40)
    items: list[Item] = Field(db_reverse_fk="owner")


class Item(Model):
    class Meta:
        is_table = True
        table_name = "item_in_turn"

    id: int | None = Field(default=None, db_pk=True)
    owner: Owner | None = Field(default=None, db_on_delete="CASCADE")
    name: str = Field(max_length=40)
    score: int

    @field_validator("score")
    @classmethod
    def _allowed(cls, score: int) -> int:
        seen.add(SEEN.get())
        if score in FORBIDDEN:
            raise ValueError("a forbidden score")
        return score


class Document(Model):
    """Its instances are asked one by one."""

    class Meta:
        is_table = True
        table_name = "document_in_turn"

    id: int | None = Field(default=None, db_pk=True)
    data: dict[str, Any]


@dataclass
class Pair:
    id: int
    score: int


@pytest.fixture(autouse=True)
async def tables(database: AsyncDatabase) -> None:
    await db.create_tables(models=[Owner, Item, Document])


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    yield
    FORBIDDEN.clear()
    seen.clear()
    assert gc.isenabled()


def dicts(count: int = ROWS) -> list[dict[str, Any]]:
    return [{"name": f"item {number}", "score": number} for number in range(count)]


def instances(count: int = ROWS) -> list[Item]:
    return [Item(**each) for each in dicts(count)]


async def filled(count: int = ROWS) -> list[Item]:
    owners = await Owner.objects.bulk_create([{"name": str(each)} for each in range(count // 4)])
    return await Item.objects.bulk_create(
        [
            Item(name=f"item {number}", score=number, owner=owners[number % len(owners)])
            for number in range(count)
        ]
    )


Call = Callable[[], Awaitable[Any]]


async def _writes() -> dict[str, Call]:
    rows, entries, owners = dicts(), instances(), await Owner.objects.bulk_create([{"name": "a"}])
    mixed = [*dicts(ROWS // 2), *({"id": ASIDE + each["score"], **each} for each in dicts(10))]
    mixed += dicts(ROWS // 2)
    linked = [Item(owner=owners[0], **each) for each in dicts()]
    documents = [Document(data={"number": number}) for number in range(ROWS // 3)]
    known = [Item(id=2 * ASIDE + number, **each) for number, each in enumerate(dicts())]
    return {
        "dicts": lambda: Item.objects.bulk_create(rows),
        "instances": lambda: Item.objects.bulk_create(entries),
        "an iterator": lambda: Item.objects.bulk_create(iter(rows)),
        "with owners": lambda: Item.objects.bulk_create(linked),
        "different columns": lambda: Item.objects.bulk_create(mixed),
        "documents": lambda: Document.objects.bulk_create(documents),
        "batches": lambda: Item.objects.bulk_create(rows, batch_size=5_000),
        "upsert": lambda: Item.objects.bulk_create(known, ignore_conflicts=True),
        "bulk_update": lambda: Item.objects.bulk_update(entries, ["name"], score=F("score") + 1),
        "delete": lambda: Owner.objects.filter(id__gte=0).delete(),
    }


async def _reads() -> dict[str, Call]:
    keys = [item.id for item in await filled()]
    query = Item.objects.filter(id__gte=0)

    async def iterated() -> None:
        async for _ in query.iterate(chunk_size=ROWS):
            pass

    async def counted() -> None:
        assert await Item.objects.filter(id__in=keys).count() == ROWS

    return {
        "all": query.all,
        "strict": query.strict().all,
        "join": query.join("owner").all,
        "prefetched lists": Owner.objects.prefetch("items").all,
        "prefetched rows": query.prefetch("owner").all,
        "values": query.values().all,
        "values_list": query.values_list("id", "score").all,
        "named": query.values_list("id", "score", named=True).all,
        "flat": query.values_list("id", flat=True).all,
        "in_bulk": query.in_bulk,
        "iterate": iterated,
        "in": counted,
        "into": query.into(Pair).all,
        "execute_raw": lambda: execute_raw("SELECT * FROM item_in_turn"),
        "raw": lambda: Item.objects.raw("SELECT * FROM item_in_turn").all(),
    }


@pytest.mark.parametrize("cases", [_writes, _reads])
async def test_no_callback_takes_long(
    cases: Callable[[], Awaitable[dict[str, Call]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    found: dict[str, float] = {}
    # The best of several: now and then the system charges a thread for the work of others.
    for _ in range(3):
        for model in (Item, Owner, Document):
            await model.objects.delete()
        for name, call in (await cases()).items():
            async with watched(monkeypatch) as watch:
                answer = await call()
            found[name] = min(found.get(name, watch.longest), watch.longest)
            assert watch.turns > 2, name
            del answer
        late = {name: took for name, took in found.items() if took > MOST}
        if not late:
            break
    assert late == {}


async def test_columns_are_made_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyarrow")
    await Item.objects.bulk_create(dicts())
    await Item.objects.filter(score__lt=0).to_arrow()
    longest = []
    for _ in range(3):
        async with watched(monkeypatch) as watch:
            table = await Item.objects.filter(score__gte=0).to_arrow()
        assert table.num_rows == ROWS
        longest.append(watch.longest)
    assert min(longest) < MOST


async def test_what_is_written_is_what_was_given_when_the_call_began() -> None:
    items: list[Any] = dicts()
    writing = asyncio.ensure_future(Item.objects.bulk_create(items))
    await asyncio.sleep(0)
    items.clear()
    written = await writing
    assert [item.score for item in written] == list(range(ROWS))
    assert await Item.objects.count() == ROWS


async def test_an_invalid_row_far_behind_and_nothing_is_written() -> None:
    rows = dicts()
    FORBIDDEN.add(ROWS - 5)
    with pytest.raises(ValidationError):
        await Item.objects.bulk_create(rows)
    FORBIDDEN.clear()
    # This one is found out when the values are bound.
    late = instances()
    late[-5].__dict__["score"] = "no number"
    with pytest.raises(FieldValueError):
        await Item.objects.bulk_create(late)
    assert await Item.objects.count() == 0
    assert late[0].id is None


@pytest.mark.parametrize("turns", [1, 4, 12])
async def test_cancelled_in_between_nothing_is_written(turns: int) -> None:
    writing = asyncio.ensure_future(Item.objects.bulk_create(dicts()))
    for _ in range(turns):
        await asyncio.sleep(0)
        assert gc.isenabled()
    assert not writing.done()
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert gc.isenabled()
    assert await Item.objects.count() == 0


async def test_cancelled_when_it_is_written_all_of_it_is_noted() -> None:
    rows = instances()
    writing = asyncio.ensure_future(Item.objects.bulk_create(rows))
    while rows[0]._oxyde_state is None:  # type: ignore[attr-defined]  # noqa: ASYNC110
        await asyncio.sleep(0)
    cancelled = rows[-1].id is None and writing.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await writing
    assert writing.cancelled() == cancelled
    assert all(row.id is not None for row in rows)
    assert await Item.objects.count() == ROWS
    rows[-1].name = "changed"
    await rows[-1].save()
    assert (await Item.objects.get(id=rows[-1].id)).name == "changed"


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], None]:
    """Has something done when rows are on their way into the database."""

    def arrange(work: Callable[[], None]) -> None:
        send = AsyncDatabase.bulk

        async def bulk(*arguments: Any) -> Any:
            work()
            return await send(*arguments)

        monkeypatch.setattr(AsyncDatabase, "bulk", bulk)

    return arrange


@pytest.mark.parametrize("count", [3, 3_000])
async def test_what_is_assigned_while_it_is_written_is_not_saved_yet(
    count: int, meanwhile: Callable[[Callable[[], None]], None]
) -> None:
    rows = instances(count)
    rows[1].name = "earlier"
    meanwhile(lambda: setattr(rows[0], "name", "too late"))
    await Item.objects.bulk_create(rows)
    assert (await Item.objects.get(id=rows[1].id)).name == "earlier"
    assert (await Item.objects.get(id=rows[0].id)).name == "item 0"
    await rows[0].save()
    assert (await Item.objects.get(id=rows[0].id)).name == "too late"


@pytest.mark.parametrize("count", [3, 3_000])
async def test_an_update_of_many_likewise(
    count: int, meanwhile: Callable[[Callable[[], None]], None]
) -> None:
    rows = await Item.objects.bulk_create(dicts(count))
    for row in rows:
        row.name = "new"
    meanwhile(lambda: setattr(rows[0], "name", "newer"))
    await Item.objects.bulk_update(rows, ["name"])
    assert (await Item.objects.get(id=rows[0].id)).name == "new"
    await rows[0].save()
    assert (await Item.objects.get(id=rows[0].id)).name == "newer"
    await rows[1].save()


async def test_validators_see_the_context_of_their_task() -> None:
    async def write(word: str) -> None:
        SEEN.set(word)
        await Item.objects.bulk_create(dicts(3_000))

    await asyncio.gather(write("one"), write("two"))
    assert seen == {"one", "two"}
    assert await Item.objects.count() == 6_000


async def test_short_queries_do_not_wait_for_long_ones() -> None:
    (row, *_) = await Item.objects.bulk_create(dicts())
    short = 0
    long = asyncio.gather(*[Item.objects.filter(score__gte=0).all() for _ in range(3)])
    while not long.done():
        await Item.objects.get(id=row.id)
        short += 1
    assert [len(rows) for rows in await long] == [ROWS] * 3
    assert short > 3


async def test_a_cancelled_read_leaves_nothing_behind() -> None:
    await Item.objects.bulk_create(dicts())
    for turns in (1, 3, 9, 27):
        reading = asyncio.ensure_future(Item.objects.filter(score__gte=0).all())
        for _ in range(turns):
            await asyncio.sleep(0.0005)
        reading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reading
        assert gc.isenabled()
        assert await Item.objects.filter(score__lt=10).count() == 10
    assert len(await Item.objects.filter(score__gte=0).all()) == ROWS


async def test_a_rolled_back_block_takes_many_rows_with_it() -> None:
    rows = instances()
    with pytest.raises(RuntimeError, match="enough"):
        async with atomic():
            await Item.objects.bulk_create(rows)
            raise RuntimeError("enough")
    assert await Item.objects.count() == 0


def _steps(count: int) -> Iterator[None]:
    for _ in range(count):
        yield


@pytest.mark.databases("sqlite")
def test_work_on_few_rows_takes_no_turn() -> None:
    working: Any = in_slices(_steps(100), 100)  # type: ignore[arg-type]
    with pytest.raises(StopIteration):
        working.send(None)
