"""Fixtures of all tests: which databases a test runs on, and a clean one for each test.

A test that asks for `server`, `url`, `flavour` or `database` runs once on each of the four
databases. `--db sqlite` (or `--db postgres,mysql`) picks some; the marker
`@pytest.mark.databases("postgres")` says that a test is about these only.

With `-n 2` (pytest-xdist) the tests of one database run in one process, so that no two tests use
one server at a time, and the other tests of a file in one, so that what they share is made once.
Tests that measure time have the marker `alone`, and run after the others.
"""

from __future__ import annotations

import re
import sys
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from support.servers import FLAVOURS, Server, make_server, unreachable
from xdist.scheduler import LoadScopeScheduling

if TYPE_CHECKING:
    from oxyde.db import AsyncDatabase


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--db", help=f"databases to test, commas between: {', '.join(FLAVOURS)}")
    parser.addoption(
        "--scale", choices=("quick", "all"), default="quick", help="which clusters to test"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "databases(*flavours): the test is about these only")
    config.addinivalue_line("markers", "cluster: it starts many servers; run with --scale all")
    for name in _chosen(config):
        if name not in FLAVOURS:
            raise pytest.UsageError(f"--db {name}: there are {', '.join(FLAVOURS)}")


def _chosen(config: pytest.Config) -> list[str]:
    option = config.getoption("--db")
    return option.split(",") if option else list(FLAVOURS)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "run_server" not in metafunc.fixturenames:
        return
    marker = metafunc.definition.get_closest_marker("databases")
    about = marker.args if marker else FLAVOURS
    flavours = [name for name in _chosen(metafunc.config) if name in about]
    metafunc.parametrize("run_server", flavours, indirect=True, scope="session")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out, not skip, tests about databases that `--db` did not choose, and of clusters that
    `--scale` did not."""
    chosen = set(_chosen(config))
    every_cluster = config.getoption("--scale") == "all"
    kept, left_out = [], []
    for item in items:
        marker = item.get_closest_marker("databases")
        wanted = not marker or chosen & set(marker.args)
        wanted = wanted and (every_cluster or not item.get_closest_marker("cluster"))
        (kept if wanted else left_out).append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
    # With several processes the longest work begins first.
    items[:] = sorted(kept, key=lambda item: _database_of(item.nodeid) is None)


def _database_of(nodeid: str) -> str | None:
    parameters = re.split(r"[\[\]-]", nodeid)
    return next((name for name in FLAVOURS if name in parameters), None)


class ByDatabase(LoadScopeScheduling):
    """The tests of a database go to one process, one after another, and so do the others of a
    file."""

    def _split_scope(self, nodeid: str) -> str:
        return _database_of(nodeid) or nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByDatabase:
    """How pytest-xdist hands out the tests: in their order."""
    config.option.loadscopereorder = False
    return ByDatabase(config, log)


@pytest.fixture(scope="session")
def run_server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """The run's own database on one server."""
    flavour: str = request.param
    reason = unreachable(flavour)
    if reason:
        pytest.exit(reason, returncode=1)
    server = make_server(flavour, tmp_path_factory.mktemp(flavour))
    server.create()
    yield server
    server.drop()


@pytest.fixture
def server(run_server: Server) -> Iterator[Server]:
    """The run's database, empty; another client to it."""
    yield run_server
    run_server.empty()


@pytest.fixture
def url(server: Server) -> str:
    """The address of an empty database."""
    return server.url


@pytest.fixture
def flavour(server: Server) -> str:
    """Its flavour: postgres, mysql, mariadb or sqlite."""
    return server.flavour


@pytest.fixture
async def database(url: str) -> AsyncIterator[AsyncDatabase]:
    """An empty database, open as the default one."""
    from oxyde import db

    await db.init(url)
    yield db.get_connection()
    await db.close()


@pytest.fixture(autouse=True)
def own_models() -> Iterator[None]:
    """Forget the models that a test made inside itself."""
    registry = sys.modules.get("oxyde.models.registry")
    if registry is None:  # a test that uses no models
        yield
        return
    before = list(registry.iter_tables())
    yield
    registry.clear_registry()
    for model in before:
        registry.register_table(model, overwrite=True)
