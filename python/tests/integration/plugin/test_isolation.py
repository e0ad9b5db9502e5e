"""What a test of a project writes is gone in the next one, however it runs."""

from __future__ import annotations

from support.plugin_project.projects import Project

pytest_plugins = ["pytester"]

ROLLBACK = 22
COMMITS = 8


def test_under_pytest_asyncio(project: Project) -> None:
    project.write("rollback")
    project.run().assert_outcomes(passed=ROLLBACK)
    assert project.databases() == []


def test_without_await(project: Project) -> None:
    project.write("plain")
    project.run().assert_outcomes(passed=6)
    assert project.databases() == []


def test_under_anyio(project: Project) -> None:
    project.write("rollback", runner="anyio")
    project.run().assert_outcomes(passed=ROLLBACK)


def test_with_workers(project: Project) -> None:
    project.write("rollback")
    project.add(
        "test_names.py",
        """\
import pytest
from oxyde import AsyncDatabase
from oxyde.testing import unmanaged

@pytest.mark.parametrize("number", range(8))
async def test_name(number, oxyde_database, worker_id, request):
    with open(f"{request.config.rootpath}/{worker_id}.name", "w") as file:
        file.write(oxyde_database.backend)
""",
    )
    project.run("-n", "2").assert_outcomes(passed=ROLLBACK + 8)
    assert [path.name for path in sorted(project.folder.glob("*.name"))] == ["gw0.name", "gw1.name"]
    assert project.databases() == []


def test_real_transactions(project: Project) -> None:
    project.write("commits", ini="oxyde_seed = test_commits:seed\n")
    project.run().assert_outcomes(passed=COMMITS)
    assert project.databases() == []
