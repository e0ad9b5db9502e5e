"""Arguments of the wrong kind: an error of Oxyde that names the method, before any SQL."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from oxyde import (
    CTE,
    Exists,
    Field,
    Index,
    Model,
    Prefetch,
    RowNumber,
    Subquery,
    Window,
    db,
    execute_raw,
    load,
    prefetch_related,
)
from oxyde.exceptions import OxydeError


class Parasol(Model):
    class Meta:
        is_table = True
        table_name = "parasol"

    id: int | None = Field(default=None, db_pk=True)
    name: str


rows = Parasol.objects
one = Parasol(id=1, name="x")


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: rows[-1], "cannot be indexed by a number"),
        (lambda: rows["a"], "cannot be indexed by a number"),
        (lambda: rows.join(5), "named by a string, not by 5"),
        (lambda: rows.only(None), "named by a string, not by None"),
        (lambda: rows.group_by(5), "named by a string, not by 5"),
        (lambda: rows.distinct(5), "named by a string, not by 5"),
        (lambda: rows.prefetch(Prefetch(5)), "takes a relation by its name, not 5"),
        (lambda: rows.prefetch(Prefetch("x", 5)), r"Prefetch\(\) takes a query, not 5"),
        (lambda: Exists(5), r"Exists\(\) takes a query, not 5"),
        (lambda: Subquery(5), r"Subquery\(\) takes a query, not 5"),
        (lambda: CTE("x", 5), r"CTE\(\) takes a query, not 5"),
        (lambda: Window(RowNumber(), order_by=5), "order_by takes a list"),
        (lambda: Window(RowNumber(), partition_by=5), "partition_by takes a list"),
        (lambda: rows.for_update(of=5), "of= takes a list"),
        (lambda: rows.sql(5), "unknown dialect 5"),
        (lambda: Index(5), "an Index takes a list"),
        (lambda: db.atomic(timeout="x"), "timeout is above zero seconds"),
        (lambda: db.get_connection(5), "named by a string, not by 5"),
        (lambda: db.register_connection(5), "takes an AsyncDatabase, not 5"),
        (lambda: db.detect_n_plus_one(threshold="x"), "threshold is a whole number"),
        (lambda: rows.raw(None), r"raw\(\) takes SQL as a string, not None"),
    ],
)
def test_builders(call: Callable[[], object], text: str) -> None:
    with pytest.raises(OxydeError, match=text):
        call()


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: rows.bulk_create(None), r"bulk_create\(\) takes a list"),
        (lambda: rows.bulk_create(5), r"bulk_create\(\) takes a list"),
        (lambda: rows.bulk_create([one], batch_size="x"), "batch_size must be a whole number"),
        (lambda: rows.bulk_create([one], batch_size=True), "batch_size must be a whole number"),
        (lambda: rows.bulk_update(None, ["name"]), r"bulk_update\(\) takes a list"),
        (lambda: rows.bulk_update([one], None), r"bulk_update\(\) takes a list"),
        (lambda: rows.in_bulk(5), r"in_bulk\(\) takes a list"),
        (lambda: rows.get_or_create(name="x", defaults=5), "defaults is a dict of values"),
        (lambda: rows.update_or_create(name="x", defaults=5), "defaults is a dict of values"),
        (
            lambda: rows.update_or_create(name="x", create_defaults=5),
            "create_defaults is a dict of values",
        ),
        (lambda: execute_raw(None), r"execute_raw\(\) takes SQL as a string"),
        (lambda: execute_raw(rows.filter(id=1)), r"execute_raw\(\) takes SQL as a string"),
        (lambda: rows.using(5).all(), "named by a string, not by 5"),
        (lambda: db.atomic(5).__aenter__(), "named by a string, not by 5"),
        (lambda: rows.all(client=5), "client= takes a database or a transaction, not 5"),
        (lambda: one.save(client=5), "client= takes a database or a transaction, not 5"),
        (lambda: one.refresh(5), r"refresh\(fields=…\) of Parasol takes a list"),
        (lambda: prefetch_related(5, "x"), r"prefetch_related\(\) takes a list"),
        (lambda: prefetch_related([5], "x"), "takes instances of models, not 5"),
        (lambda: load(5, "x"), "takes an instance of a model, not 5"),
        (lambda: db.init("sqlite://", settings=5), "settings= takes a PoolSettings"),
        (lambda: db.init("sqlite://", router=5), "router= takes a Router, not 5"),
        (lambda: db.create_tables(models=5), "models is a list of models, not 5"),
    ],
)
async def test_calls(
    database: db.AsyncDatabase, call: Callable[[], Awaitable[object]], text: str
) -> None:
    with pytest.raises(OxydeError, match=text):
        await call()


def test_slices() -> None:
    assert rows[2:5].sql("postgres")[1] == [3, 2]
