"""`oxyde migrate` at several nodes of a cluster at once, where each node accepts writes."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.clusters.mysql import Galera, GroupReplication, MysqlNode
from support.clusters.processes import wait_until
from support.oxyde_command import Command

ROWS = 500
# What a lease that is not renewed takes to be taken over, and some more.
TAKEN_OVER = 40

MIGRATIONS = {
    "0001_things": f'''
[[operations]]
op = "create_table"
name = "things"
primary_key = ["id"]
columns = [
    {{ name = "id", type = "big_int", nullable = false, auto_increment = true }},
    {{ name = "n", type = "big_int", nullable = false }},
]

[[operations]]
op = "run_sql"
up = """
INSERT INTO things (n) WITH RECURSIVE t AS
(SELECT 0 AS n UNION ALL SELECT n + 1 FROM t WHERE n < {ROWS - 1}) SELECT n FROM t"""
down = ""
''',
    "0002_runs": """
depends_on = ["0001_things"]

[[operations]]
op = "add_column"
table = "things"
column = { name = "runs", type = "big_int", nullable = false, default = "0" }

[[operations]]
op = "run_python"
up = "steps:count_runs"
down = "steps:count_runs"
""",
    "0003_ranges": """
depends_on = ["0002_runs"]

[[operations]]
op = "run_python"
up = "steps:count_by_range"
down = "steps:count_by_range"
table = "things"
rows = 200

[[operations]]
op = "add_index"
table = "things"
index = { name = "things_n_idx", parts = [{ column = "n" }] }
""",
}
STEPS = """
import asyncio
from pathlib import Path

from oxyde import F

async def count_runs(models, db):
    await models.Things.objects.update(runs=F("runs") + 1, client=db)
    while Path("hold").exists():
        Path("began").touch()
        await asyncio.sleep(0.05)

async def count_by_range(models, db, keys):
    await models.Things.objects.filter(keys).update(runs=F("runs") + 1, client=db)
"""


class Round:
    """A new database in the cluster, that is migrated at several nodes."""

    def __init__(self, cluster: Galera | GroupReplication, folder: Path, name: str) -> None:
        self.nodes = cluster.nodes
        self.folder = folder
        self.name = name
        self.nodes[0].execute(f"CREATE DATABASE {name}", database=None)
        for node in self.nodes[1:]:
            node.wait(until=f"SHOW DATABASES LIKE '{name}'", is_=name)

    def begin(self, node: MysqlNode, host: str = "python") -> subprocess.Popen[str]:
        """Start a migrator at a node."""
        command = Command(host, self.folder, f"mysql://root@{node.address}/{self.name}")
        return subprocess.Popen(
            [*command.program(), "migrate"],
            cwd=self.folder,
            env=command.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def check(self) -> None:
        """Each step ran once, on each node."""
        for node in self.nodes:
            sql = "SELECT count(*), count(DISTINCT n), min(runs), max(runs) FROM things"
            node.wait(until=f"SELECT count(*) FROM {self.name}.oxyde_migrations", is_="3")
            assert node.execute(sql, database=self.name) == [(ROWS, ROWS, 2, 2)]
            states = node.execute("SELECT state FROM oxyde_migrations", database=self.name)
            assert states == [("applied",)] * 3
            assert (
                node.execute("SHOW INDEX FROM things", database=self.name)[-1][2] == "things_n_idx"
            )


@pytest.fixture(
    params=[
        pytest.param("galera", marks=pytest.mark.databases("mariadb")),
        pytest.param("group", marks=[pytest.mark.databases("mysql"), pytest.mark.cluster]),
    ],
    scope="module",
)
def cluster(request: pytest.FixtureRequest) -> Galera | GroupReplication:
    found: Galera | GroupReplication = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with three migrations."""
    (tmp_path / "migrations").mkdir()
    for name, text in MIGRATIONS.items():
        (tmp_path / "migrations" / f"{name}.toml").write_text(text)
    (tmp_path / "steps.py").write_text(STEPS)
    return tmp_path


@pytest.mark.timeout(600)
def test_one_migrates_and_the_others_wait(cluster: Galera | GroupReplication, folder: Path) -> None:
    rounds = int(os.environ.get("OXYDE_TEST_ROUNDS", "10"))
    for number in range(rounds):
        turn = Round(cluster, folder, f"round_{number}")
        hosts = ("python", "native") if number % 3 == 0 else ("python",)
        running = [
            turn.begin(node, hosts[at % len(hosts)]) for at, node in enumerate([*turn.nodes] * 2)
        ]
        answers = [process.communicate(timeout=120) for process in running]
        codes = [process.returncode for process in running]
        assert codes == [0] * len(running), answers
        applied = "".join(out for out, _ in answers).count("applied ")
        assert applied == len(MIGRATIONS), answers
        turn.check()


@pytest.fixture
def held(
    cluster: Galera | GroupReplication, folder: Path
) -> Iterator[tuple[Round, list[subprocess.Popen[str]]]]:
    """Two migrators: the first one is in the middle of a data step, the second one waits."""
    (folder / "hold").touch()
    turn = Round(cluster, folder, f"held_{folder.name[-30:]}".replace("-", "_"))
    running = [turn.begin(turn.nodes[0])]
    try:
        wait_until((folder / "began").exists, "the data step")
        running.append(turn.begin(turn.nodes[1], "native"))
        yield turn, running
    finally:
        for process in running:
            process.kill()
            process.communicate()


def test_a_killed_owner_is_followed(
    held: tuple[Round, list[subprocess.Popen[str]]], folder: Path
) -> None:
    turn, (owner, other) = held
    owner.kill()
    (folder / "hold").unlink()
    out, err = other.communicate(timeout=TAKEN_OVER)
    assert (other.returncode, err) == (0, "")
    assert "Waiting for another migrator" in out
    assert "Another migrator has ended without finishing" in out
    turn.check()


def test_an_owner_that_wakes_up_is_refused(
    held: tuple[Round, list[subprocess.Popen[str]]], folder: Path
) -> None:
    """It was stopped for so long that another migrator did its work."""
    turn, (owner, other) = held
    owner.send_signal(signal.SIGSTOP)
    (folder / "hold").unlink()
    try:
        out, err = other.communicate(timeout=TAKEN_OVER)
        assert (other.returncode, err) == (0, "")
        assert "Another migrator has ended without finishing" in out
    finally:
        owner.send_signal(signal.SIGCONT)
    _, err = owner.communicate(timeout=30)
    assert owner.returncode == 1
    assert "error: the migrator's lock was lost before `0002_runs`" in err
    turn.check()


@pytest.mark.cluster
def test_a_long_step_keeps_its_lease(
    held: tuple[Round, list[subprocess.Popen[str]]], folder: Path
) -> None:
    turn, running = held
    time.sleep(30)
    (folder / "hold").unlink()
    answers = [process.communicate(timeout=60) for process in running]
    assert [process.returncode for process in running] == [0, 0], answers
    assert "Another migrator has ended" not in answers[1][0]
    turn.check()
