"""Each method of `oxyde.sync` gives what its async form gives."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

from oxyde import AsyncDatabase, Count, Field, Max, Model, sync


class Leaf(Model):
    class Meta:
        is_table = True
        table_name = "sync_leaf"

    id: int | None = Field(default=None, db_pk=True)
    name: str
    size: int = 0


# Calls of each method that runs a statement, on either form of a query.
CALLS: dict[str, list[Callable[[Any], Any]]] = {
    "aggregate": [lambda q: q.aggregate(most=Max("size"), all=Count("id"))],
    "aggregate_one": [lambda q: q.aggregate_one(Max("size"))],
    "all": [lambda q: q.all(), lambda q: q.filter(size__gt=1).order_by("-id").all()],
    "avg": [lambda q: q.avg("size"), lambda q: q.avg(lambda leaf: leaf.size)],
    "bulk_create": [
        lambda q: q.bulk_create([{"name": f"{n}"} for n in range(600)]),
        lambda q: q.bulk_create([Leaf(name="x")]),
    ],
    "bulk_update": [lambda q: q.bulk_update([Leaf(id=1, name="one", size=9)], ["size"])],
    "count": [lambda q: q.count(), lambda q: q.exclude(name="2").count()],
    "create": [lambda q: q.create(name="new", size=3)],
    "decrement": [lambda q: q.decrement("size"), lambda q: q.decrement(size=2)],
    "delete": [lambda q: q.filter(size=2).delete()],
    "earliest": [lambda q: q.earliest("size"), lambda q: q.filter(id=-1).earliest("id")],
    "exists": [lambda q: q.exists(), lambda q: q.filter(id=-1).exists()],
    "explain": [lambda q: q.filter(id=1).explain()],
    "first": [lambda q: q.first(), lambda q: q.filter(id=-1).first()],
    "get": [lambda q: q.get(id=1), lambda q: q.get(id=-1), lambda q: q.get()],
    "get_or_create": [lambda q: q.get_or_create(name="1"), lambda q: q.get_or_create(name="9")],
    "get_or_none": [lambda q: q.get_or_none(id=1), lambda q: q.get_or_none(id=-1)],
    "hard_delete": [lambda q: q.filter(size=2).hard_delete()],
    "in_bulk": [lambda q: q.in_bulk([1, 2]), lambda q: q.in_bulk()],
    "increment": [lambda q: q.increment("size", 2), lambda q: q.increment(nothing=1)],
    "insert_from": [
        lambda q: q.insert_from(Leaf.objects.filter(id=1).values("name", "size"), ["name", "size"])
    ],
    "last": [lambda q: q.last()],
    "latest": [lambda q: q.latest("size")],
    "max": [lambda q: q.max("size")],
    "min": [lambda q: q.min(lambda leaf: leaf.size)],
    "numbered_page": [lambda q: q.order_by("id").numbered_page(1, size=2)],
    "page": [lambda q: q.order_by("id").page(size=2)],
    "restore": [lambda q: q.restore()],
    "sum": [lambda q: q.sum("size")],
    "to_arrow": [lambda q: q.order_by("id").to_arrow()],
    "to_polars": [lambda q: q.order_by("id").to_polars()],
    "update": [
        lambda q: q.filter(id=1).update(size=8),
        lambda q: q.filter(id=1).update(size=4, returning=True),
    ],
    "update_or_create": [lambda q: q.update_or_create({"size": 5}, name="1")],
    "upsert": [lambda q: q.upsert(id=1, name="again")],
}


WRITING = (
    *("create", "update", "delete", "upsert", "bulk", "insert"),
    *("increment", "decrement", "get_or", "hard_delete"),
)


def methods_that_run() -> set[str]:
    found = inspect.getmembers(type(Leaf.objects), inspect.iscoroutinefunction)
    return {name for name, _ in found if not name.startswith("_")}


def test_every_method_is_called() -> None:
    """A new one is added above by calls of both forms."""
    assert methods_that_run() == set(CALLS)


def outcome(call: Callable[[], Any]) -> Any:
    try:
        return shown(call())
    except Exception as error:
        return type(error), error.args


def shown(value: Any) -> Any:
    if type(value).__module__.startswith(("pyarrow", "polars")):
        return value.to_pydict() if hasattr(value, "to_pydict") else value.to_dicts()
    return value


def test_both_forms_give_the_same(opened: AsyncDatabase) -> None:
    rows = sync.objects(Leaf)
    for name, calls in CALLS.items():
        for call in calls:
            results = []
            for form in ("sync", "async"):
                if not results or name.startswith(WRITING):
                    sync.drop_tables(models=[Leaf])
                    sync.create_tables(models=[Leaf])
                    rows.bulk_create([Leaf(name=f"{n}", size=n) for n in range(4)])
                made = outcome(partial(call, rows) if form == "sync" else partial(awaited, call))
                results.append((made, rows.order_by("id").values().all()))
            assert results[0] == results[1], name


def awaited(call: Callable[[Any], Any]) -> Any:
    async def run() -> Any:
        return await call(Leaf.objects)

    return asyncio.run(run())
