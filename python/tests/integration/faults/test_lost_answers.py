"""Answers that are lost: nothing is done twice, and an error tells whether it may be repeated."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from support.proxy import Proxy
from support.servers import Server

from oxyde import Field, Model, PoolSettings, atomic, create_tables, db, execute_raw
from oxyde.exceptions import (
    DatabaseConnectionError,
    OutcomeUnknownError,
    PoolTimeoutError,
    UniqueViolationError,
)

pytestmark = pytest.mark.databases("postgres", "mysql", "mariadb")

# Contained in whatever the client sends next.
EVERYTHING = b""


class Payment(Model):
    class Meta:
        is_table = True
        table_name = "lost_payment"

    id: int | None = Field(default=None, db_pk=True)
    note: str = Field(max_length=20)


@pytest.fixture
async def proxy(url: str) -> AsyncIterator[Proxy]:
    with Proxy(url) as proxy:
        await db.init(proxy.url, settings=PoolSettings(max_connections=2))
        await create_tables(models=[Payment])
        yield proxy
        await db.drop_tables(models=[Payment])
        await db.close()


async def notes() -> list[str]:
    return sorted([payment.note for payment in await Payment.objects.all()])


async def test_the_answer_to_commit_is_lost(proxy: Proxy) -> None:
    with pytest.raises(OutcomeUnknownError, match="COMMIT") as caught:
        async with atomic():
            await Payment.objects.create(note="paid")
            proxy.lose = b"COMMIT"
    assert proxy.lost == 1
    assert caught.value.retryable is False
    assert caught.value.hint is not None
    assert isinstance(caught.value, DatabaseConnectionError)
    assert await notes() == ["paid"]


async def pay_without_an_answer(proxy: Proxy) -> OutcomeUnknownError:
    with pytest.raises(OutcomeUnknownError) as caught:
        async with atomic():
            async with atomic():
                await Payment.objects.create(note="paid")
            proxy.lose = b"COMMIT"
    return caught.value


async def test_what_has_become_of_a_commit(proxy: Proxy, url: str, server: Server) -> None:
    assert await (await pay_without_an_answer(proxy)).outcome() is None  # it was not asked for
    asking = f"{proxy.url}{'&' if '?' in proxy.url else '?'}pg_commit_outcome=true"
    await db.init(asking, settings=PoolSettings(max_connections=2))
    error = await pay_without_an_answer(proxy)
    if server.flavour != "postgres":
        assert await error.outcome() is None
        return
    assert await error.outcome() == "committed"
    async with atomic():  # also inside another block
        assert await error.outcome() == "committed"
    proxy.lose = EVERYTHING
    with pytest.raises(OutcomeUnknownError) as single:
        await Payment.objects.create(note="paid")
    assert await single.value.outcome() is None


@pytest.mark.databases("postgres")
async def test_a_commit_that_did_not_arrive(proxy: Proxy, server: Server) -> None:
    """The block is rolled back by the server while the client waits for the answer."""
    await db.init(proxy.url, settings=PoolSettings(max_connections=2, pg_commit_outcome=True))
    server.execute(
        "CREATE FUNCTION lost_end() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$"
    )
    server.execute(
        "CREATE CONSTRAINT TRIGGER lost_end AFTER INSERT ON lost_payment "
        "INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION lost_end()"
    )
    try:
        with pytest.raises(DatabaseConnectionError) as caught:
            async with atomic():
                await Payment.objects.create(note="paid")
        if isinstance(caught.value, OutcomeUnknownError):
            assert await caught.value.outcome() == "aborted"
        assert await notes() == []
    finally:
        server.execute("DROP FUNCTION lost_end CASCADE")


async def test_the_answer_to_a_single_write_is_lost(proxy: Proxy) -> None:
    writes: list[Callable[[], Awaitable[object]]] = [
        lambda: Payment.objects.create(note="paid"),
        lambda: Payment.objects.bulk_create([Payment(note="paid")]),
        lambda: execute_raw("INSERT INTO lost_payment (note) VALUES ('paid')"),
        lambda: Payment.objects.filter(note="none").update(note="some"),
    ]
    for write in writes:
        await write()  # the statement is prepared now
        before = len(await notes())
        proxy.lose = EVERYTHING
        with pytest.raises(OutcomeUnknownError) as caught:
            await write()
        assert caught.value.retryable is False
        assert len(await notes()) <= before + 1
    assert proxy.lost == len(writes)


async def test_a_lost_transaction_without_a_commit_may_be_repeated(proxy: Proxy) -> None:
    with pytest.raises(DatabaseConnectionError) as caught:
        async with atomic():
            await Payment.objects.create(note="first")
            proxy.lose = EVERYTHING
            await Payment.objects.create(note="second")
    assert not isinstance(caught.value, OutcomeUnknownError)
    assert caught.value.retryable is True
    assert await notes() == []


async def test_a_read_only_transaction_may_be_repeated(proxy: Proxy) -> None:
    with pytest.raises(DatabaseConnectionError) as caught:
        async with atomic():
            assert await Payment.objects.count() == 0
            proxy.lose = b"COMMIT"
    assert caught.value.retryable is True


async def test_own_reads_are_repeated(proxy: Proxy) -> None:
    await Payment.objects.create(note="there")
    for _ in range(2):
        proxy.lose = EVERYTHING
        assert await notes() == ["there"]
    assert proxy.lost == 2


async def test_raw_functions_are_not_repeated(proxy: Proxy, server: Server) -> None:
    if server.flavour == "postgres":
        server.execute(
            "CREATE FUNCTION lost_pays() RETURNS int LANGUAGE sql AS "
            "$$ INSERT INTO lost_payment (note) VALUES ('raw') RETURNING 1 $$"
        )
    else:
        server.execute(
            "CREATE FUNCTION lost_pays() RETURNS int MODIFIES SQL DATA "
            "BEGIN INSERT INTO lost_payment (note) VALUES ('raw'); RETURN 1; END"
        )
    try:
        assert await notes() == []  # over a connection that stays
        proxy.lose = EVERYTHING
        with pytest.raises(OutcomeUnknownError) as caught:
            await execute_raw("SELECT lost_pays() AS n")
        assert caught.value.retryable is False
        assert len(await notes()) <= 1
        # In a transaction, the lost commit counts too.
        await Payment.objects.filter(id__gt=0).delete()
        with pytest.raises(OutcomeUnknownError):
            async with atomic():
                await execute_raw("SELECT lost_pays() AS n")
                proxy.lose = b"COMMIT"
        assert await notes() == ["raw"]
    finally:
        server.execute("DROP FUNCTION lost_pays")


async def test_raw_reads_without_unknown_functions_are_repeated(proxy: Proxy) -> None:
    await Payment.objects.create(note="there")
    proxy.lose = EVERYTHING
    assert await execute_raw("SELECT count(*) AS n FROM lost_payment") == [{"n": 1}]
    assert proxy.lost == 1


async def test_retryable_belongs_to_the_error(proxy: Proxy, url: str) -> None:
    with pytest.raises(DatabaseConnectionError) as refused:
        await db.init(later=url.rpartition("/")[0] + "/no_such_database")
    assert refused.value.retryable is False
    await Payment.objects.create(id=1, note="a")
    with pytest.raises(UniqueViolationError) as twice:
        await Payment.objects.create(id=1, note="b")
    assert twice.value.retryable is False
    await db.init(small=url, settings=PoolSettings(max_connections=1, acquire_timeout=0.1))
    async with atomic("small"):
        with pytest.raises(PoolTimeoutError) as waited, db.detached():
            await execute_raw("SELECT 1 AS n", using="small")
    assert waited.value.retryable is True
