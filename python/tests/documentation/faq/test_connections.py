"""FAQ, "Connections": every snippet as it is written there, with the test's own address."""

from types import SimpleNamespace

from support.servers import Server

from oxyde.exceptions import OxydeError


async def test_connect(url: str) -> None:
    from oxyde import db, execute_raw

    await db.init(url)

    assert await execute_raw("SELECT 1 AS one") == [{"one": 1}]
    await db.close()


async def test_pool_settings(url: str) -> None:
    from oxyde import PoolSettings, db

    await db.init(
        url,
        settings=PoolSettings(
            max_connections=20,
            min_connections=5,
            acquire_timeout=30,
        ),
    )

    assert db.get_connection().settings.max_connections == 20
    assert db.get_connection().status()["size"] <= 20
    await db.close()


async def test_several_databases(faq: SimpleNamespace, url: str, server: Server) -> None:
    Event = faq.Event
    from oxyde import db

    await db.init(
        default=url,
        analytics=url,
    )
    await db.create_tables(using="analytics")
    await Event.objects.create(kind="click", using="analytics")

    # Use specific database
    events = await Event.objects.all(using="analytics")

    assert [event.kind for event in events] == ["click"]
    await db.close()


async def test_using_picks_the_database(faq: SimpleNamespace, url: str, tmp_path: object) -> None:
    from oxyde import db

    await db.init(default=url, analytics=f"sqlite:///{tmp_path}/analytics.db")
    await db.create_tables(using="analytics")
    await db.create_tables(using="default")
    await faq.Event.objects.create(kind="click", using="analytics")
    assert await faq.Event.objects.count() == 0
    assert await faq.Event.objects.count(using="analytics") == 1
    await db.close()


async def test_close(url: str) -> None:
    from oxyde import db, execute_raw

    await db.init(url)

    # In application shutdown
    await db.close()

    try:
        await execute_raw("SELECT 1")
    except OxydeError as error:
        assert error.hint
    else:
        raise AssertionError("a closed database answered")


async def test_fastapi_lifespan(url: str) -> None:
    from fastapi import FastAPI
    from httpx import ASGITransport, AsyncClient

    from oxyde import db, execute_raw

    # With FastAPI lifespan
    app = FastAPI(lifespan=db.lifespan(url))

    @app.get("/one")
    async def one() -> list[dict[str, int]]:
        return await execute_raw("SELECT 1 AS one")

    async with app.router.lifespan_context(app):
        async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
            answer = await client.get("/one")
        assert answer.json() == [{"one": 1}]
    try:
        db.get_connection()
    except OxydeError:
        pass
    else:
        raise AssertionError("the lifespan left the database open")
