"""Input that is nested very deep is an error that names the limit, and never ends the process."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from support.servers import Server

from oxyde import Field, Model, db, execute_raw
from oxyde.db import AsyncDatabase
from oxyde.exceptions import OxydeError
from oxyde.queries import Case, Exists, F, Lower, Q, Sum, Value, When

DEPTHS = [3_000, 100_000]
LIMIT = r"nested (more|deeper) than"


class Well(Model):
    class Meta:
        is_table = True
        table_name = "fault_well"

    id: int | None = Field(default=None, db_pk=True)
    n: int = 0
    text: str = ""
    data: Any = Field(default=None, db_type="JSON")
    doc: dict[str, Any] = Field(default_factory=dict)
    items: list[Any] = Field(default_factory=list, db_type="JSON")


@pytest.fixture
async def wells(database: AsyncDatabase) -> AsyncDatabase:
    await db.create_tables(models=[Well])
    await Well.objects.create(id=1, data={})
    return database


def repeated(depth: int, start: Any, step: Callable[[Any], Any]) -> Any:
    for _ in range(depth):
        start = step(start)
    return start


def conditions(depth: int) -> Q:
    return repeated(depth, Q(n=0), lambda q: (q | Q(n=1)) & Q(text="a"))


def conditions_on_the_right(depth: int) -> Q:
    return repeated(depth, Q(n=0), lambda q: ~(Q(n=1) | (Q(n=2) & q)))


def sums(depth: int) -> Any:
    return repeated(depth, F("n"), lambda sum_: sum_ * 2 + 1)


def functions(depth: int) -> Any:
    return repeated(depth, F("text"), Lower)


def cases(depth: int) -> Any:
    return repeated(depth, Value(1), lambda case: Case(When(Q(n=1), then=case), default=Value(0)))


def lists(depth: int) -> Any:
    return repeated(depth, None, lambda inner: [inner])


def dicts(depth: int) -> Any:
    return repeated(depth, None, lambda inner: {"a": inner})


STATEMENTS: dict[str, Callable[[int], Awaitable[object]]] = {
    "q": lambda depth: Well.objects.filter(conditions(depth)).all(),
    "q on the right": lambda depth: Well.objects.filter(conditions_on_the_right(depth)).all(),
    "sum": lambda depth: Well.objects.annotate(x=sums(depth)).all(),
    "sum in a filter": lambda depth: Well.objects.filter(n=sums(depth)).count(),
    "sum in an update": lambda depth: Well.objects.filter(id=1).update(n=sums(depth)),
    "sum in an order": lambda depth: Well.objects.order_by(sums(depth)).all(),
    "sum in an aggregate": lambda depth: Well.objects.aggregate(x=Sum(sums(depth))),
    "functions": lambda depth: Well.objects.annotate(x=functions(depth)).all(),
    "case": lambda depth: Well.objects.annotate(x=cases(depth)).all(),
    "path": lambda depth: Well.objects.filter(**{"data" + "__a" * depth: 1}).all(),
    "path in an update": lambda depth: Well.objects.filter(id=1).update(
        **{"data" + "__a" * depth: 1}
    ),
    "create": lambda depth: Well.objects.create(data=lists(depth)),
    "create a dict": lambda depth: Well.objects.create(data={}, doc={"a": dicts(depth)}),
    "create a list": lambda depth: Well.objects.create(data={}, items=lists(depth)),
    "create many": lambda depth: Well.objects.bulk_create([{"data": lists(depth)}]),
    "update": lambda depth: Well.objects.filter(id=1).update(data=dicts(depth)),
    "filter": lambda depth: Well.objects.filter(data=dicts(depth)).all(),
    "raw dict": lambda depth: execute_raw("SELECT 1", [dicts(depth)]),
}


@pytest.mark.parametrize("what", STATEMENTS)
async def test_a_deep_statement(wells: AsyncDatabase, what: str) -> None:
    for depth in DEPTHS:
        with pytest.raises(OxydeError, match=LIMIT):
            await STATEMENTS[what](depth)
    assert await Well.objects.count() == 1


async def test_a_deep_subquery(wells: AsyncDatabase) -> None:
    wraps: list[Callable[[Any], Any]] = [
        lambda inner: Well.objects.filter(Exists(inner)),
        lambda inner: Well.objects.filter(id__in=inner.values_list("id", flat=True)),
    ]
    for wrap in wraps:
        with pytest.raises(OxydeError, match=LIMIT):
            await repeated(1_000, Well.objects.filter(n=1), wrap).all()


def test_a_deep_expression_has_a_text() -> None:
    for expression in (sums(5_000), functions(5_000), cases(5_000), conditions(5_000)):
        assert repr(expression)


READS: list[Callable[[], Awaitable[object]]] = [
    lambda: Well.objects.get(id=1),
    lambda: Well.objects.values("data"),
    lambda: execute_raw("SELECT data FROM fault_well"),
]


@pytest.mark.databases("postgres", "sqlite")  # the other ones store at most 100 levels
async def test_a_document_of_another_client(wells: AsyncDatabase, server: Server) -> None:
    for depth in (500, 3_000):
        text = "[" * depth + "]" * depth
        mark = "?" if server.flavour == "sqlite" else "%s"
        server.execute(f"UPDATE fault_well SET data = {mark} WHERE id = 1", (text,))
        for read in READS:
            if depth == 500:
                await read()
                continue
            with pytest.raises(OxydeError, match=r"nested deeper .* limit is \d+ levels"):
                await read()
    await Well.objects.filter(id=1).update(data={})
    assert (await Well.objects.get(id=1)).data == {}


@pytest.mark.databases("mysql", "mariadb")
async def test_the_servers_own_limit(wells: AsyncDatabase, server: Server) -> None:
    """MariaDB stores documents of 31 levels, MySQL of 100."""
    least = {"mariadb": 31, "mysql": 100}[server.flavour]
    await Well.objects.filter(id=1).update(data=lists(least))
    assert (await Well.objects.get(id=1)).data == lists(least)
    for _ in range(2):
        with pytest.raises(OxydeError, match=r"deeper than|depth|levels"):
            await Well.objects.filter(id=1).update(data=lists(least + 2))
        with pytest.raises(OxydeError, match=r"deeper than|depth|levels"):
            await Well.objects.bulk_create([{"data": lists(least + 2)}])
