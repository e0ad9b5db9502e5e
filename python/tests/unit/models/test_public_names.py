"""`import oxyde`: its names, and that it costs little."""

import importlib
import subprocess
import sys

import pytest

import oxyde


def test_names_are_sorted_and_listed() -> None:
    assert oxyde.__all__ == sorted(oxyde.__all__)
    assert set(oxyde.__all__) <= set(dir(oxyde))


@pytest.mark.parametrize("name", oxyde.__all__)
def test_each_name_is_there(name: str) -> None:
    assert getattr(oxyde, name) is not None


def test_every_exception_is_exported() -> None:
    exceptions = importlib.import_module("oxyde.exceptions")
    assert set(exceptions.__all__) <= set(oxyde.__all__)


def test_the_query_language_is_exported() -> None:
    queries = importlib.import_module("oxyde.queries")
    assert set(queries.__all__) <= set(oxyde.__all__)
    assert all(getattr(oxyde, name) is getattr(queries, name) for name in queries.__all__)


def test_unknown_names() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Modell'"):
        _ = oxyde.Modell  # type: ignore[attr-defined]


def test_import_loads_nothing_that_is_not_used() -> None:
    program = (
        "import sys\n"
        "before = set(sys.modules)\n"
        "import oxyde\n"
        "assert 'typing' not in sys.modules.keys() - before\n"
        "loaded = {name for name in sys.modules if name.split('.')[0] in ('oxyde', 'pydantic')}\n"
        "assert loaded == {'oxyde'}, loaded\n"
        "from oxyde import Field, Model\n"
        "assert Model is oxyde.OxydeModel\n"
        "assert 'oxyde._core' not in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
