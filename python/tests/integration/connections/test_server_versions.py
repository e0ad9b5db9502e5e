"""Plans use what the server can do in its version; what an older one cannot do is refused.

The servers of a run are new. `server_version` sets the version of an old one, as behind a proxy.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from oxyde import Field, Model, PoolSettings, _core, atomic, db
from oxyde.db import AsyncDatabase
from oxyde.exceptions import OxydeError, UnsupportedFeatureError


class Paper(Model):
    class Meta:
        is_table = True
        table_name = "versions_paper"

    id: int | None = Field(default=None, db_pk=True)
    title: str = Field(max_length=50, db_unique=True)
    notes: dict[str, Any] = Field(default_factory=dict)


@pytest.fixture
async def papers(database: AsyncDatabase) -> AsyncDatabase:
    await db.create_tables(models=[Paper])
    await Paper.objects.bulk_create([{"title": title} for title in "abc"])
    return database


@pytest.fixture
async def old(papers: AsyncDatabase, request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """The same database under a second name, with the version that the test names."""
    settings = PoolSettings(server_version=request.param)
    await AsyncDatabase(papers.url, name="old", settings=settings).connect()
    yield "old"
    await db.get_connection("old").disconnect()


def version(text: str) -> Any:
    """Run a test with `old` as a server of this version."""
    return pytest.mark.parametrize("old", [text], indirect=True)


async def test_the_features_are_those_of_the_server(papers: AsyncDatabase) -> None:
    features = papers.features
    assert features.dialect == papers.backend
    assert features.version is not None
    assert papers.server_version.startswith(features.version)
    assert features is _core.features(papers.backend, papers.server_version)
    assert features is not _core.features(papers.backend)
    async with atomic() as block:
        assert block.features is features


async def test_databases_of_one_version_share_their_plans(papers: AsyncDatabase) -> None:
    again = AsyncDatabase(papers.url, name="again")
    await again.connect()
    assert again.features is papers.features
    await again.disconnect()
    with pytest.raises(OxydeError, match="not connected"):
        assert again.features


@pytest.mark.databases("mysql")
@version("8.0.18")
async def test_each_version_has_its_own_plan(papers: AsyncDatabase, old: str) -> None:
    members = Paper.objects.filter(title="a").values("title")
    query = members.union_all(Paper.objects.order_by("-title").values("title").limit(1))
    for name, wraps in (("default", False), (old, True), ("default", False)):
        sql, _ = query.sql(using=name)
        assert ("_member" in sql) is wraps
        assert sorted(row["title"] for row in await query.all(using=name)) == ["a", "c"]


@pytest.mark.databases("mysql")
@version("8.0.18")
async def test_the_older_form_of_an_upsert_runs(old: str) -> None:
    for notes in ({"n": 1}, {"n": 2}):
        row, created = await Paper.objects.update_or_create(
            title="a", defaults={"notes": notes}, using=old
        )
        assert (row.notes, created) == (notes, False)
    await Paper.objects.bulk_create(
        [{"title": "b", "notes": {"n": 3}}, {"title": "d", "notes": {"n": 4}}],
        update_conflicts=True,
        unique_fields=["title"],
        update_fields=["notes"],
        using=old,
    )
    rows = await Paper.objects.order_by("title").all(using=old)
    assert [row.notes for row in rows] == [{"n": 2}, {"n": 3}, {}, {"n": 4}]


@pytest.mark.databases("mysql")
@version("8.0.30")
async def test_intersect_is_refused(papers: AsyncDatabase, old: str) -> None:
    query = Paper.objects.filter(title__in=["a", "b"]).intersect(Paper.objects.exclude(title="b"))
    assert [row.title for row in await query.all()] == ["a"]
    with pytest.raises(
        UnsupportedFeatureError,
        match=r"`Paper`: INTERSECT and EXCEPT need MySQL 8\.0\.31 or newer, and the server is "
        r"MySQL 8\.0\.30",
    ):
        await query.all(using=old)


@pytest.mark.databases("mysql")
@version("8.0.17")
async def test_explain_analyze_is_refused(papers: AsyncDatabase, old: str) -> None:
    assert "actual time" in await Paper.objects.explain(analyze=True)
    assert "Table scan" in await Paper.objects.explain(using=old)
    with pytest.raises(UnsupportedFeatureError, match=r"EXPLAIN ANALYZE needs MySQL 8\.0\.18"):
        await Paper.objects.explain(analyze=True, using=old)


@pytest.mark.databases("mariadb")
@version("10.6.12-MariaDB")
async def test_json_equality_is_refused(papers: AsyncDatabase, old: str) -> None:
    equal = Paper.objects.filter(notes={})
    assert await equal.count() == 3
    for query in (
        equal,
        Paper.objects.filter(notes__in=[{}]),
        Paper.objects.values("notes").distinct(),
    ):
        with pytest.raises(
            UnsupportedFeatureError,
            match=r"equality of JSON values needs MariaDB 10\.7 or newer, and the server is "
            r"MariaDB 10\.6\.12",
        ):
            await query.all(using=old)


@pytest.mark.databases("mariadb")
@version("10.8")
async def test_json_overlap_is_refused(papers: AsyncDatabase, old: str) -> None:
    assert await Paper.objects.filter(notes={}).count(using=old) == 3
    keys = Paper.objects.filter(notes__has_any_keys=["a"])
    assert await keys.count() == 0
    with pytest.raises(UnsupportedFeatureError, match=r"need MariaDB 10\.9 or newer"):
        await keys.count(using=old)


OLDEST = {
    "postgres": ("12.19", r"gen_random_uuid\(\), needs PostgreSQL 13 or newer.* PostgreSQL 12\.19"),
    "mysql": ("8.0.16", r"utf8mb4_0900_bin, needs MySQL 8\.0\.17 or newer.* MySQL 8\.0\.16"),
    "mariadb": ("10.5.9", r"JSON_TABLE, needs MariaDB 10\.6 or newer.* MariaDB 10\.5\.9"),
}


@pytest.mark.databases("postgres", "mysql", "mariadb")
async def test_servers_that_are_too_old(url: str, flavour: str) -> None:
    reported, message = OLDEST[flavour]
    with pytest.raises(
        UnsupportedFeatureError, match=f"database 'default' at .*{message}"
    ) as caught:
        await db.init(with_version(url, reported))
    assert caught.value.hint is not None
    assert "server_version" in caught.value.hint
    with pytest.raises(OxydeError):
        db.get_connection()


@pytest.mark.databases("postgres", "mysql", "mariadb")
async def test_the_url_can_set_the_version(url: str) -> None:
    await db.init(with_version(url, "99.1"))
    database = db.get_connection()
    assert database.server_version == "99.1"
    assert database.features.version == "99.1"
    await db.close()


async def test_versions_that_are_none(url: str, flavour: str) -> None:
    with pytest.raises(ValueError, match=r"server_version is a version such as '8\.0\.36', not 8"):
        PoolSettings(server_version=8)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="not 'new'"):
        PoolSettings(server_version="new")
    wrong = "does not apply to SQLite" if flavour == "sqlite" else "`new` is not a version"
    reported = "3.45" if flavour == "sqlite" else "new"
    with pytest.raises(OxydeError, match=f"`server_version`: {wrong}"):
        await db.init(with_version(url, reported))


def with_version(url: str, version: str) -> str:
    """The address with the setting `server_version`."""
    return f"{url}{'&' if '?' in url else '?'}server_version={version}"
