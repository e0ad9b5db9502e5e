"""Data steps that run for ranges of keys: once for each row, also after an interruption."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.oxyde_command import Command, write_models
from support.servers import Server

STEPS = """
import pathlib

from oxyde import F


async def count(models, db, keys):
    rows = await models.Counted.objects.filter(keys).update(seen=F("seen") + 1, client=db)
    if pathlib.Path("stop").exists() and await models.Counted.objects.filter(
        keys, number__gt=25
    ).exists(client=db):
        raise RuntimeError("stopped here")
"""

KEYS = {
    "int": ("int | None = Field(default=None, db_pk=True)", "{n}"),
    "text": ("str = Field(db_pk=True, max_length=40)", "'k{n:03}'"),
    "uuid": ("uuid.UUID = Field(db_pk=True)", None),
}


@pytest.fixture(params=list(KEYS))
def counted(project: Path, server: Server, request: pytest.FixtureRequest) -> Command:
    """Sixty rows with a key of this kind, and a step for ranges of twenty."""
    annotation, literal = KEYS[request.param]
    write_models(
        project,
        "from __future__ import annotations\n\nimport uuid\n\nfrom oxyde import Field, Model\n\n\n"
        f"class Counted(Model):\n    id: {annotation}\n    number: int\n    seen: int = 0\n\n"
        "    class Meta:\n        is_table = True\n",
    )
    command = Command("python", project, server.url)
    command.ok("makemigrations")
    command.ok("migrate")
    for n in range(1, 61):
        key = literal.format(n=n) if literal else f"'{n:08}-0000-4000-8000-000000000000'"
        server.execute(f"INSERT INTO counted (id, number, seen) VALUES ({key}, {n}, 0)")
    (project / "app" / "steps.py").write_text(STEPS)
    (project / "migrations" / "0002_count.toml").write_text(
        'depends_on = ["0001_initial"]\n[[operations]]\nop = "run_python"\n'
        'up = "app.steps:count"\ndown = ""\ntable = "counted"\nrows = 20\n'
    )
    return command


def seen(server: Server) -> list[tuple[int, int]]:
    rows = server.execute("SELECT seen, count(*) FROM counted GROUP BY seen ORDER BY seen")
    return [(row[0], row[1]) for row in rows]


def test_each_row_is_in_one_range(counted: Command, server: Server) -> None:
    assert "applied  0002_count" in counted.ok("migrate")
    assert seen(server) == [(1, 60)]


def test_an_interrupted_step_goes_on(counted: Command, server: Server) -> None:
    stop = counted.folder / "stop"
    stop.touch()
    answer = counted.run("migrate")
    assert answer.code == 1
    assert "stopped here, after 20 rows, which are kept" in answer.err
    assert seen(server) == [(0, 40), (1, 20)]
    stop.unlink()
    counted.ok("migrate")
    assert seen(server) == [(1, 60)]
    assert counted.run("migrate", "--check").code == 0


@pytest.mark.databases("sqlite")
def test_a_table_without_such_a_key_is_refused(project: Path, server: Server) -> None:
    folder = project / "migrations"
    folder.mkdir()
    (folder / "0001_step.toml").write_text(
        '[[operations]]\nop = "create_table"\nname = "pairs"\nprimary_key = ["a", "b"]\n'
        'columns = [{ name = "a", type = "big_int", nullable = false }, '
        '{ name = "b", type = "big_int", nullable = false }]\n'
        '[[operations]]\nop = "run_python"\nup = "app.steps:count"\ntable = "pairs"\n'
    )
    answer = Command("python", project, server.url).run("migrate")
    assert answer.code == 1
    assert "table `pairs` has no key of one integer, text or UUID column" in answer.err
