"""The pytest plugin, which pytest loads in every project where Oxyde is installed.

It imports the rest of `oxyde.testing` only if the project has set `oxyde_database_url`, or a test
uses one of the fixtures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from oxyde.testing.queries import CapturedQueries

__all__ = [
    "assert_num_queries",
    "capture_queries",
    "pytest_addoption",
    "pytest_configure",
]

_MARK = (
    "oxyde(transaction=False, databases=None, reset_sequences=False): databases of the test; with "
    "transaction=True it runs real transactions, and the tables are emptied after it"
)
_URL = (
    "URL of a database, as `URL` or `name = URL`; tests get one named test_… beside it; `name = "
    "other` is a mirror; `fixture` asks the session fixture `oxyde_database_urls`"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    parser.addini("oxyde_database_url", _URL, type="linelist", default=[])
    parser.addini("oxyde_create", "make tables from `models` or `migrations`", default="models")
    parser.addini("oxyde_models", "modules to import before tables are made", type="args")
    parser.addini("oxyde_migrations", "folder of migrations (`name = folder`)", type="linelist")
    parser.addini("oxyde_config", "configuration file for migrations", default="")
    parser.addini("oxyde_prepare", "module:function, called before tables are made", default="")
    parser.addini("oxyde_seed", "module:function that writes rows for all tests", default="")
    group = parser.getgroup("oxyde")
    group.addoption(
        "--oxyde-database-url", action="append", metavar="URL", help=f"{_URL} (instead of the ini)"
    )
    group.addoption("--oxyde-create", choices=["models", "migrations"], help="from what: see ini")
    group.addoption(
        "--oxyde-keep-db",
        action="store_true",
        help="keep the test databases after the run, and use kept ones",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Manage the databases of the project, if it says which."""
    config.addinivalue_line("markers", _MARK)
    if config.getoption("oxyde_database_url") or config.getini("oxyde_database_url"):
        from oxyde.testing import fixtures  # here, since it loads the databases

        fixtures.check_options(config)
        config.pluginmanager.register(fixtures, "oxyde-databases")


@pytest.fixture
def capture_queries() -> Callable[..., CapturedQueries]:
    """`oxyde.testing.capture_queries`."""
    from oxyde.testing.queries import capture_queries as found  # only for tests that use it

    return found


@pytest.fixture
def assert_num_queries() -> Callable[..., AbstractContextManager[CapturedQueries]]:
    """`oxyde.testing.assert_num_queries`."""
    from oxyde.testing.queries import assert_num_queries as found  # only for tests that use it

    return found
