"""The part of the plugin that manages the databases of a project: registered where
`oxyde_database_url` is set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from oxyde.db.registry import get_connection
from oxyde.exceptions import OxydeError
from oxyde.testing.options import Options, load_hook, named
from oxyde.testing.run import ManagedRun

if TYPE_CHECKING:
    from oxyde.db import AsyncDatabase

__all__ = ["check_options", "oxyde_database", "oxyde_database_urls"]

_PARTS = ("transaction", "databases", "reset_sequences")
_FIXTURE = ["fixture"]


def check_options(config: pytest.Config) -> None:
    """Refuse options that are wrong, before any test runs.

    Raises:
        pytest.UsageError: one is.
    """
    create = _create(config)
    if create not in ("models", "migrations"):
        raise pytest.UsageError(f"oxyde_create is `models` or `migrations`, not {create!r}")
    try:
        if _lines(config) != _FIXTURE:
            named(_lines(config), "oxyde_database_url")
        named(config.getini("oxyde_migrations"), "oxyde_migrations")
    except OxydeError as error:
        raise pytest.UsageError(str(error)) from error


@pytest.fixture(scope="session")
def oxyde_database_urls(pytestconfig: pytest.Config) -> Mapping[str, str]:
    """The URLs from which those of the test databases are derived, by name. A project may override
    it, with `oxyde_database_url = fixture`."""
    lines = _lines(pytestconfig)
    if lines == _FIXTURE:
        pytest.exit(
            "oxyde_database_url is `fixture`, so a conftest.py has to define the session fixture "
            "`oxyde_database_urls`, which returns {name: URL}",
            returncode=4,
        )
    return named(lines, "oxyde_database_url")


@pytest.fixture(scope="session", autouse=True)
def _oxyde_run(
    pytestconfig: pytest.Config, oxyde_database_urls: Mapping[str, str]
) -> Iterator[ManagedRun]:
    """The databases of this run; each is made when it is first used."""
    run = ManagedRun(_options(pytestconfig, oxyde_database_urls))
    run.start()
    # A second interrupt may prevent the end of a fixture, and xdist waits for nothing else.
    pytestconfig.add_cleanup(run.stop)
    yield run
    run.stop()


@pytest.fixture(autouse=True)
def _oxyde_isolation(request: pytest.FixtureRequest, _oxyde_run: ManagedRun) -> Iterator[None]:
    """Take back what the test writes."""
    marked = _marked(request.node)
    unknown = _oxyde_run.unknown(marked["databases"])
    if unknown is not None:
        pytest.fail(unknown, pytrace=False)
    with _oxyde_run.test(**marked):
        yield


@pytest.fixture
def oxyde_database(_oxyde_isolation: None) -> AsyncDatabase:
    """The database `default`, for `client=` and raw SQL."""
    return get_connection()


def _lines(config: pytest.Config) -> list[str]:
    """What `oxyde_database_url` says."""
    found: list[str] = config.getoption("oxyde_database_url") or config.getini("oxyde_database_url")
    return found


def _create(config: pytest.Config) -> Any:
    return config.getoption("oxyde_create") or config.getini("oxyde_create")


def _options(config: pytest.Config, urls: Mapping[str, str]) -> Options:
    root, file = config.rootpath, config.getini("oxyde_config")
    migrations = named(config.getini("oxyde_migrations"), "oxyde_migrations")
    return Options(
        urls=urls,
        create=_create(config),
        models=config.getini("oxyde_models"),
        migrations={name: str(root / folder) for name, folder in migrations.items()},
        config=root / file if file else _configuration(root),
        prepare=load_hook(config.getini("oxyde_prepare"), "oxyde_prepare"),
        seed=load_hook(config.getini("oxyde_seed"), "oxyde_seed"),
        keep=bool(config.getoption("oxyde_keep_db")),
        worker=getattr(config, "workerinput", {}).get("workerid"),
    )


def _configuration(root: Path) -> Path | None:
    """The configuration at the root of the project, wherever pytest was started."""
    file = root / "oxyde.toml"
    return file if file.exists() else None


def _marked(item: pytest.Item) -> dict[str, Any]:
    """What the mark `oxyde` says, the nearest one for each of its parts."""
    found: dict[str, Any] = {"transaction": False, "databases": None, "reset_sequences": False}
    for mark in reversed(list(item.iter_markers("oxyde"))):
        unknown = [*mark.args, *(name for name in mark.kwargs if name not in _PARTS)]
        if unknown:
            pytest.fail(
                f"the mark `oxyde` takes {', '.join(_PARTS)}, not {unknown[0]!r}", pytrace=False
            )
        found.update(mark.kwargs)
    return found
