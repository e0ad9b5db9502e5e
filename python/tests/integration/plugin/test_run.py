"""The databases of a run: how they are made, named, kept and dropped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from support.plugin_project.projects import Project
from support.servers import Server

pytest_plugins = ["pytester"]

ONE = """\
from journal import Writer

async def test_one():
    assert await Writer.objects.count() == 0
    await Writer.objects.create(name="Ann")
"""
# Says that it runs, and waits for an end from outside.
WAITING = """\
import asyncio, pathlib
from journal import Writer

async def test_wait():
    await Writer.objects.create(name="Ann")
    pathlib.Path("started").touch()
    await asyncio.sleep(60)
"""
MIGRATION = """\
[[operations]]
op = "create_table"
name = "plugin_writers"
primary_key = ["id"]
columns = [
    { name = "id", type = "big_int", nullable = false, auto_increment = true },
    { name = "name", type = { varchar = { length = 50 } }, nullable = false },
]

[[operations]]
op = "run_sql"
up = "INSERT INTO plugin_writers (name) VALUES ('by a migration')"
down = "DELETE FROM plugin_writers"
"""


def started(project: Project) -> subprocess.Popen[bytes]:
    """A run of tests that waits in one of them."""
    command = [sys.executable, "-m", "pytest", "-p", "no:anyio", "test_wait.py"]
    process = subprocess.Popen(
        command,
        cwd=project.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    until = time.monotonic() + 120
    while not (project.folder / "started").exists():
        assert process.poll() is None, process.communicate()[0].decode()
        assert time.monotonic() < until
        time.sleep(0.05)
    (project.folder / "started").unlink()
    return process


def test_databases_go_whatever_ends_the_run(project: Project) -> None:
    project.write()
    project.add("test_one.py", ONE)
    project.add("test_wait.py", WAITING)
    interrupted = started(project)
    (name,) = project.databases()
    interrupted.send_signal(signal.SIGINT)
    assert b"KeyboardInterrupt" in interrupted.communicate(timeout=60)[0]
    assert project.databases() == []

    killed = started(project)
    killed.kill()
    killed.communicate(timeout=60)
    assert project.databases() == [name]
    project.run("test_one.py").assert_outcomes(passed=1)
    assert project.databases() == []


def test_two_runs_at_the_same_time(project: Project) -> None:
    project.write()
    project.add("test_one.py", ONE)
    project.add("test_wait.py", WAITING)
    first = started(project)
    try:
        (name,) = project.databases()
        project.run("test_one.py").assert_outcomes(passed=1)
        assert project.databases() == [name]
    finally:
        first.send_signal(signal.SIGINT)
        first.communicate(timeout=60)
    assert project.databases() == []


def test_tables_from_migrations_in_a_kept_database(project: Project) -> None:
    project.write(ini="oxyde_create = migrations\noxyde_migrations = steps\n")
    (project.folder / "steps").mkdir()
    project.add("steps/0001_writers.toml", MIGRATION)
    project.add(
        "test_one.py",
        """\
import pytest
from journal import Writer

async def test_one():
    assert [writer.name for writer in await Writer.objects.all()] == ["by a migration"]

@pytest.mark.oxyde(transaction=True)
async def test_two():
    await Writer.objects.filter(name="by a migration").delete()

async def test_three():
    assert await Writer.objects.count() == 1
""",
    )
    for _ in range(2):
        project.run("--oxyde-keep-db").assert_outcomes(passed=3)
        assert len(project.databases()) == 1
    project.run().assert_outcomes(passed=3)
    assert project.databases() == []


def test_several_databases(project: Project, server: Server, tmp_path: Path) -> None:
    lines = f"\n    {project.url}\n    archive = sqlite:///{tmp_path}/archive.db\n"
    project.write(url=f"{lines}    replica = default")
    project.add(
        "test_several.py",
        """\
import pytest
from journal import Writer
from oxyde import OxydeError, atomic, db, get_connection

@pytest.mark.parametrize("time", [1, 2])
async def test_each_is_rolled_back(time):
    for name in ("default", "archive"):
        assert await Writer.objects.count(using=name) == 0
        await Writer.objects.create(name="Ann", using=name)
        async with atomic(name):
            await Writer.objects.create(name="Bo", using=name)
    await Writer.objects.create(name="Cy", using="archive")
    assert await Writer.objects.count(using="replica") == 2
    assert await Writer.objects.count(using="archive") == 3

async def test_a_router():
    router = db.Router(reads=["replica"], sticky=0.000001)
    await db.init(default="postgresql://production.invalid/a",
                  replica="postgresql://production.invalid/b", router=router)
    await Writer.objects.create(name="Ann")
    assert await Writer.objects.count() == 1

@pytest.mark.oxyde(databases=["archive"])
async def test_only_one():
    assert await Writer.objects.count(using="archive") == 0
    with pytest.raises(OxydeError, match="'default', which its mark does not name"):
        await Writer.objects.count()

@pytest.mark.oxyde(databases=["archive", "default"], transaction=True)
async def test_commits_to_both():
    await Writer.objects.create(name="Ann", using="archive")
    await Writer.objects.create(name="Ann")

async def test_both_are_empty():
    assert await Writer.objects.count(using="archive") == 0
    assert await Writer.objects.count() == 0
""",
    )
    project.run().assert_outcomes(passed=6)
    assert project.databases() == []


def test_what_the_plugin_does_is_not_counted(project: Project) -> None:
    project.write(ini="oxyde_prepare = hooks:prepare\noxyde_seed = hooks:seed\n")
    project.add(
        "hooks.py",
        """\
from journal import Writer
from oxyde import execute_raw

async def prepare(database):
    await execute_raw("CREATE TABLE prepared (id INT PRIMARY KEY)", client=database)

async def seed(database):
    await execute_raw("INSERT INTO prepared VALUES (1)")
    await Writer.objects.create(name="Eve")
""",
    )
    project.add(
        "test_counts.py",
        """\
from journal import Writer
from oxyde import atomic, execute_raw

async def test_first(assert_num_queries, capture_queries):
    with assert_num_queries(3):
        assert await Writer.objects.count() == 1
        async with atomic():
            await Writer.objects.create(name="Ann")
        assert len(await execute_raw("SELECT id FROM prepared")) == 1
    with capture_queries(transactions=True) as queries:
        async with atomic():
            async with atomic():
                await Writer.objects.create(name="Bo")
    kinds = [query.kind for query in queries]
    assert kinds == ["begin", "savepoint", "insert", "release", "commit"]
    assert {query.place.function for query in queries} == {"test_first"}
""",
    )
    project.run().assert_outcomes(passed=1)
