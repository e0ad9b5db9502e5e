"""What the plugin refuses, and what it leaves alone. Needs no server."""

from __future__ import annotations

import pytest
from support.plugin_project.projects import Project

pytest_plugins = ["pytester"]

pytestmark = pytest.mark.databases("sqlite")


@pytest.mark.parametrize(
    ("ini", "message"),
    [
        ("oxyde_create = tables\n", "oxyde_create is `models` or `migrations`, not 'tables'"),
        ("oxyde_migrations = ${NOWHERE}\n", "needs the environment variable NOWHERE"),
        ("oxyde_seed = nowhere:seed\n", "oxyde_seed is 'nowhere:seed'"),
    ],
)
def test_a_wrong_option(project: Project, ini: str, message: str) -> None:
    project.write(ini=ini)
    project.add("test_one.py", "def test_one():\n    pass\n")
    result = project.run()
    assert result.ret != 0
    assert message in "".join([*result.errlines, *result.outlines])


def test_wrong_uses(project: Project) -> None:
    lines = f"\n    {project.url}\n    odd = oracle://host/name"
    project.write(url=lines)
    project.add(
        "test_wrong.py",
        """\
import pytest
from journal import Writer
from oxyde import OxydeError, db
from oxyde.testing import unmanaged

@pytest.mark.oxyde(transactions=True)
def test_a_misspelled_mark():
    pass

@pytest.mark.oxyde(databases=["archive"])
def test_an_unknown_database():
    pass

async def test_an_unknown_scheme():
    with pytest.raises(OxydeError, match="begins with none of"):
        await Writer.objects.count(using="odd")

async def test_another_database(tmp_path):
    with pytest.raises(OxydeError, match="for which there is no test database"):
        async with db.connect(scratch=f"sqlite:///{tmp_path}/scratch.db"):
            pass
    with unmanaged():
        async with db.connect(scratch=f"sqlite:///{tmp_path}/scratch.db") as scratch:
            assert await db.create_tables(scratch) is None
    assert (tmp_path / "scratch.db").exists()
""",
    )
    result = project.run()
    result.assert_outcomes(passed=2, errors=2)
    result.stdout.fnmatch_lines(
        [
            "*the mark `oxyde` takes transaction, databases, reset_sequences, not 'transactions'*",
            "*the mark `oxyde` names the database 'archive', which oxyde_database_url does not*",
        ]
    )


def test_a_database_that_cannot_be_made(project: Project) -> None:
    project.write(ini="oxyde_seed = hooks:seed\n")
    project.add(
        "hooks.py",
        """\
async def seed(database):
    raise RuntimeError("no seed today")
""",
    )
    project.add(
        "test_one.py",
        """\
import pytest
from journal import Writer
from oxyde import OxydeError

async def test_first():
    with pytest.raises(RuntimeError, match="no seed today"):
        await Writer.objects.count()

async def test_second():
    with pytest.raises(OxydeError, match="could not be made: no seed today"):
        await Writer.objects.count()
""",
    )
    project.run().assert_outcomes(passed=2)
    assert project.databases() == []


def test_urls_of_a_fixture(project: Project) -> None:
    project.write(url="fixture")
    project.add("test_one.py", "async def test_one(oxyde_database):\n    pass\n")
    result = project.run()
    assert "has to define the session fixture `oxyde_database_urls`" in str(result.outlines)
    project.add(
        "conftest.py",
        f"""\
import pytest

@pytest.fixture(scope="session")
def oxyde_database_urls():
    return {{"default": {project.url!r}}}
""",
    )
    project.run().assert_outcomes(passed=1)


def test_the_command_line_wins(project: Project) -> None:
    project.write(url="postgresql://production.invalid/shop")
    project.add(
        "test_one.py",
        """\
from journal import Writer

async def test_one(oxyde_database):
    assert oxyde_database.backend == "sqlite"
    assert await Writer.objects.count() == 0
""",
    )
    project.run(f"--oxyde-database-url={project.url}").assert_outcomes(passed=1)


def test_a_run_without_a_database_needs_no_server(project: Project) -> None:
    project.write(url="postgresql://nobody@127.0.0.1:1/shop")
    project.add("test_one.py", "def test_one():\n    pass\n")
    project.run().assert_outcomes(passed=1)


def test_a_project_that_does_not_use_it(project: Project) -> None:
    project.write(url="")
    project.add(
        "test_one.py",
        """\
import sys

def test_one(request):
    loaded = [name for name in sys.modules if name.split(".")[0] in ("oxyde", "pydantic")]
    assert sorted(loaded) == ["oxyde", "oxyde.testing", "oxyde.testing.pytest_plugin"]
    assert [name for name in request.fixturenames if "oxyde" in name] == []
""",
    )
    project.run().assert_outcomes(passed=1)
    assert project.databases() == []
