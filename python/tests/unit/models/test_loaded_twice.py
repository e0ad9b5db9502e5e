"""One source file under two names is one model; two models of one table say so."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from oxyde import Field, Model
from oxyde.exceptions import FieldError
from oxyde.models.registry import same_model, separate_registry, tables_by_name
from oxyde.models.tables.schema import schema_of

CLUB = """
from typing import Optional

from oxyde import Field, Model


class Player(Model):
    class Meta:
        is_table = True

    id: int | None = Field(default=None, db_pk=True)
    club: Optional["Club"] = None
    mentor: Optional["Player"] = None


class Club(Model):
    class Meta:
        is_table = True

    id: int | None = Field(default=None, db_pk=True)
    players: list["Player"] = Field(db_reverse_fk="club")
    badges: list["Badge"] = Field(db_m2m=True)


class Badge(Model):
    class Meta:
        is_table = True

    id: int | None = Field(default=None, db_pk=True)
"""


@pytest.fixture(autouse=True)
def separate() -> Iterator[None]:
    with separate_registry():
        yield


def load(file: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def twice(tmp_path: Path) -> Iterator[tuple[ModuleType, ModuleType]]:
    file = tmp_path / "club.py"
    file.write_text(CLUB)
    yield load(file, "club_one"), load(file, "club_two")
    for name in ("club_one", "club_two"):
        del sys.modules[name]


def test_the_newer_one_is_registered(twice: tuple[ModuleType, ModuleType]) -> None:
    one, two = twice
    assert tables_by_name()["player"] is two.Player
    assert tables_by_name()["club"] is two.Club
    assert same_model(one.Club, two.Club)
    assert not same_model(one.Club, one.Player)


def test_each_table_is_made_once(twice: tuple[ModuleType, ModuleType]) -> None:
    one, two = twice
    tables = ["badge", "club", "club_badges", "player"]
    for module in (one, two, one):
        through = module.Club._db_meta.relations["badges"].through_model
        assert through.__module__ == module.__name__
        assert sorted(table["name"] for table in schema_of()["tables"]) == tables


def test_relations_stay_within_their_file(twice: tuple[ModuleType, ModuleType]) -> None:
    for module in twice:
        meta = module.Player._db_meta
        assert meta.relations["club"].model is module.Club
        assert meta.relations["mentor"].model is module.Player
        assert module.Club._db_meta.relations["players"].model is module.Player


def test_rows_of_one_are_rows_of_the_other(twice: tuple[ModuleType, ModuleType]) -> None:
    one, two = twice
    for here, there in ((one, two), (two, one)):
        player = here.Player(club=there.Club(id=3))
        assert player.club_id == 3
        player.club = there.Club(id=4)
        assert player.club_id == 4
        assert isinstance(there.Club(id=1), here.Club)
        assert not isinstance(there.Badge(id=1), here.Club)


def test_other_files_are_other_models(tmp_path: Path) -> None:
    for name in ("first", "second"):
        (tmp_path / f"{name}.py").write_text(CLUB)
    load(tmp_path / "first.py", "club_first")
    with pytest.raises(FieldError, match=r"club_second\.Player uses the table name 'player'"):
        load(tmp_path / "second.py", "club_second")
    del sys.modules["club_first"], sys.modules["club_second"]


RUN = """
if __name__ == "__main__":
    import {module}
    from oxyde.models.registry import tables_by_name
    from oxyde.models.tables.schema import schema_of

    assert tables_by_name()["player"] is {module}.Player
    assert len(schema_of()["tables"]) == 4
    assert Player(club={module}.Club(id=1)).club_id == 1
    print("done")
"""

SPAWN = """
def work(number):
    return Player(id=number).id

if __name__ == "__main__":
    import multiprocessing

    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.map(work, [1, 2]) == [1, 2]
    print("done")
"""


@pytest.mark.parametrize(
    ("file", "arguments", "text"),
    [
        ("app.py", ["app.py"], RUN.format(module="app")),
        ("package/app.py", ["-m", "package.app"], RUN.format(module="package.app")),
        ("package/app.py", ["package/app.py"], SPAWN),
    ],
)
def test_a_program_that_is_imported_too(
    tmp_path: Path, file: str, arguments: list[str], text: str
) -> None:
    path = tmp_path / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(CLUB + text)
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=tmp_path,
        env={"PYTHONPATH": f"{Path(__file__).parents[3]}:{tmp_path}"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout == "done\n", done.stderr


def test_a_slim_model_of_a_wide_table() -> None:
    class Account(Model):
        class Meta:
            is_table = True

        id: int | None = Field(default=None, db_pk=True)
        name: str = ""
        biography: str = ""

    class AccountName(Model):
        class Meta:
            is_table = True
            table_name = "account"
            shares_table = True

        id: int | None = Field(default=None, db_pk=True)
        name: str = ""

    assert tables_by_name() == {"account": Account}
    (table,) = schema_of()["tables"]
    assert [column["name"] for column in table["columns"]] == ["id", "name", "biography"]
    sql, _ = AccountName.objects.filter(name="a").sql()
    assert '"account"' in sql
    assert "biography" not in sql
    with pytest.raises(FieldError, match="AccountName has the table of another model"):
        schema_of([AccountName])


def test_the_error_says_the_ways_out() -> None:
    class Row(Model):
        class Meta:
            is_table = True

        id: int | None = Field(default=None, db_pk=True)

    def other() -> None:
        class Other(Model):
            class Meta:
                is_table = True
                table_name = "row"

            id: int | None = Field(default=None, db_pk=True)

    with pytest.raises(FieldError) as caught:
        other()
    for way in ("table_name", "shares_table = True", "separate_registry()"):
        assert way in str(caught.value.hint)
    with separate_registry():
        other()
        assert tables_by_name()["row"].__name__ == "Other"
    assert tables_by_name() == {"row": Row}
