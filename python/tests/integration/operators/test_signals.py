"""SIGINT and SIGTERM stop a migration: on the server, at once, with the lock released."""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest
from support.oxyde_command import Answer, Command, write_models
from support.proxy import Proxy
from support.servers import Server

SLOW = {
    "postgres": "SELECT pg_sleep(60)",
    "mysql": "DO SLEEP(60)",
    "mariadb": "DO SLEEP(60)",
    "sqlite": "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
    "SELECT count(*) FROM n",
}

RUNS = {
    "postgres": "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(60)%' "
    "AND state = 'active'",
    "mysql": "SELECT count(*) FROM information_schema.processlist WHERE info LIKE 'DO SLEEP%'",
    "mariadb": "SELECT count(*) FROM information_schema.processlist WHERE info LIKE 'DO SLEEP%'",
}


def write(project: Path, name: str, operations: str) -> None:
    folder = project / "migrations"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.toml").write_text(operations)


def begun(command: Command, *arguments: str) -> subprocess.Popen[str]:
    """Start the command with the usual handling of signals, whatever that of the tests is."""
    return subprocess.Popen(
        [*command.program(), *arguments],
        cwd=command.folder,
        env=command.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


def stopped(process: subprocess.Popen[str], number: signal.Signals) -> Answer:
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    return Answer(process.returncode, out, err)


def wait_until_it_runs(server: Server) -> None:
    deadline = time.monotonic() + 60
    if server.flavour == "sqlite":  # no other client sees what it runs
        time.sleep(3)
        return
    while server.execute(RUNS[server.flavour])[0][0] == 0:
        assert time.monotonic() < deadline, "the statement never ran"
        time.sleep(0.05)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_the_statement_and_says_what_was_rolled_back(
    project: Path, host: str, server: Server, number: signal.Signals, code: int
) -> None:
    sql = SLOW[server.flavour]
    write(project, "0001_quick", '[[operations]]\nop = "run_sql"\nup = "SELECT 1"\ndown = ""\n')
    write(
        project,
        "0002_slow",
        f'depends_on = ["0001_quick"]\n[[operations]]\nop = "run_sql"\nup = "{sql}"\ndown = ""\n',
    )
    command = Command(host, project, server.url)
    process = begun(command, "migrate")
    wait_until_it_runs(server)
    answer = stopped(process, number)
    assert answer.code == code
    assert "applied  0001_quick" in answer.out
    assert f"interrupted by {number.name}: migration `0002_slow`" in answer.err
    assert "nothing of this migration was applied" in answer.err
    if server.flavour != "sqlite":
        assert server.execute(RUNS[server.flavour]) == [(0,)]
    assert "[ ] 0002_slow" in command.ok("showmigrations")
    # The lock is free.
    write(
        project,
        "0002_slow",
        'depends_on = ["0001_quick"]\n[[operations]]\nop = "run_sql"\nup = "SELECT 2"\ndown = ""\n',
    )
    assert "applied  0002_slow" in command.ok("migrate", "--lock-timeout", "2s")


def test_a_signal_stops_a_data_step(project: Path, server: Server) -> None:
    write_models(project, "")
    (project / "app" / "steps.py").write_text(
        "import asyncio\n\n\n"
        "async def slow(models, db):\n"
        "    print('running', flush=True)\n"
        "    await asyncio.sleep(60)\n"
    )
    write(project, "0001_slow", '[[operations]]\nop = "run_python"\nup = "app.steps:slow"\n')
    command = Command("python", project, server.url)
    process = begun(command, "migrate")
    assert process.stdout is not None
    assert process.stdout.readline() == "running\n"
    answer = stopped(process, signal.SIGTERM)
    assert answer.code == 143
    assert "interrupted by SIGTERM: migration `0001_slow`" in answer.err
    assert "the step was stopped" in answer.err


@pytest.mark.databases("postgres")
def test_a_signal_ends_the_wait_for_another_migrator(project: Path, server: Server) -> None:
    write(
        project,
        "0001_slow",
        f'[[operations]]\nop = "run_sql"\nup = "{SLOW[server.flavour]}"\ndown = ""\n',
    )
    command = Command("native", project, server.url)
    first = begun(command, "migrate")
    wait_until_it_runs(server)
    second = begun(command, "migrate")
    assert second.stdout is not None
    assert second.stdout.readline().startswith("Waiting for another migrator")
    assert stopped(second, signal.SIGINT).code == 130
    assert stopped(first, signal.SIGINT).code == 130


@pytest.mark.databases("postgres")
def test_wait_lets_a_server_start(project: Path, host: str, server: Server) -> None:
    write(project, "0001_quick", '[[operations]]\nop = "run_sql"\nup = "SELECT 1"\ndown = ""\n')
    with Proxy(server.url) as proxy:
        proxy.welcome = "reset"
        command = Command(host, project, proxy.url)
        answer = command.run("migrate", "--wait", "500ms")
        assert answer.code == 1
        assert "lost" in answer.err or "cannot connect" in answer.err

        def start() -> None:
            proxy.welcome = None

        starting = threading.Timer(1.5, start)
        starting.start()
        assert "applied  0001_quick" in command.ok("migrate", "--wait", "60s")
        starting.join()
