"""`oxyde.sync` has what the async form has: nothing is missing, and nothing has drifted."""

from __future__ import annotations

import asyncio
import importlib.util
import inspect
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import oxyde
from oxyde import Model, Query, QueryManager, RelatedManager, db, sync
from oxyde.queries.results.raw import RawQuery

ROOT = Path(__file__).parents[4]

# What an event loop is needed for, or what has another name without one.
ELSEWHERE = {
    "lifespan",  # of ASGI applications
    "register_connection",  # opens nothing
    "factory",  # sync.run(Post.factory().create())
}


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_sync", ROOT / "scripts/make_sync.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Its dataclasses look their annotations up there.
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(__import__("sys").modules, "make_sync", module)
        spec.loader.exec_module(module)
        outdated: list[str] = module.outdated()
    module.found = outdated  # type: ignore[attr-defined]
    return module


def test_the_methods_are_up_to_date() -> None:
    assert script().found == [], "run `make sync-face`"


def parameters(function: Any) -> list[tuple[str, object, object]]:
    """Names, kinds and defaults."""
    found = inspect.signature(function).parameters.values()
    return [(each.name, each.kind, each.default) for each in found]


@pytest.mark.parametrize(
    ("form", "plain"),
    [
        (Query, sync.Query),
        (QueryManager, sync.QueryManager),
        (RelatedManager, sync.RelatedManager),
        (RawQuery, sync.RawQuery),
        (Model, sync.Model),
    ],
)
def test_no_public_method_is_async(form: type[Any], plain: type[Any]) -> None:
    for name in dir(form):
        method = inspect.getattr_static(form, name)
        if name.startswith("_") or not inspect.isfunction(method):
            continue
        own = getattr(plain, name)
        assert not inspect.iscoroutinefunction(own), name
        assert parameters(own) == parameters(method), name


def test_functions_have_the_same_parameters() -> None:
    for module, plain in ((oxyde, sync), (db, sync.db), (db.transaction, sync.db.transaction)):
        for name in module.__all__:
            value = getattr(module, name)
            if not callable(value) or inspect.isclass(value) or name in ELSEWHERE:
                continue
            if module is oxyde and not inspect.iscoroutinefunction(value):
                continue
            own = getattr(plain, name)
            assert not inspect.iscoroutinefunction(own), name
            assert parameters(own) == parameters(value), name


def test_databases_have_the_same_names() -> None:
    missing = set(db.__all__) - set(sync.db.__all__) - ELSEWHERE
    assert missing == set()


def test_only_coroutines_that_await_oxyde_are_run() -> None:
    with pytest.raises(oxyde.OxydeError, match="which only an event loop can complete"):
        sync.run(_waits())
    with pytest.raises(oxyde.OxydeError, match="needs an event loop"):
        sync.run(asyncio.sleep(1))
    assert sync.run(asyncio.sleep(0, "done")) == "done"
    with pytest.raises(ZeroDivisionError):
        sync.run(_fails())
    with pytest.raises(TypeError, match="takes a coroutine"):
        sync.run(7)  # type: ignore[arg-type]


class _Pending:
    def __await__(self) -> Any:
        yield self


async def _waits() -> None:
    await _Pending()


async def _fails() -> None:
    raise ZeroDivisionError
