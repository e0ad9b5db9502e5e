"""`oxyde studio` as a process: the project that it finds, what it refuses, how it ends."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from support.oxyde_command import Command

from oxyde.exceptions import OxydeError
from oxyde.studio.project import find_project


def started(command: Command, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*command.program(), "studio", "--port", "0", *arguments],
        cwd=command.folder,
        env=command.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(running: subprocess.Popen[str], number: signal.Signals) -> tuple[int, str]:
    running.send_signal(number)
    _, errors = running.communicate(timeout=30)
    return running.returncode, errors


@pytest.mark.parametrize("write", [False, True])
async def test_the_page_of_a_project(shop: Path, url: str, write: bool) -> None:
    command = Command("python", shop, url)
    command.ok("migrate")
    running = started(command, *(["--write"] if write else []))
    try:
        assert running.stdout is not None
        first = running.stdout.readline()
        address = running.stdout.readline().strip()
        assert ("changes are possible" if write else "read-only") in first
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\?token=[\w-]{40,}", address)
        async with httpx.AsyncClient(follow_redirects=True, trust_env=False) as client:
            page = await client.get(address)
            assert page.status_code == 200
            assert "shop.models.Product" in page.text
            root = address.partition("/?")[0]
            listed = await client.get(f"{root}/rows/products")
            assert ("New row" in listed.text) is write
    finally:
        code, errors = ended(running, signal.SIGINT)
    assert (code, errors) == (0, "")


@pytest.mark.databases("sqlite")
async def test_reading_does_not_change_the_file(shop: Path, tmp_path: Path) -> None:
    command = Command("python", shop, f"sqlite:///{tmp_path}/shop.db")
    command.ok("migrate")
    file = tmp_path / "shop.db"
    before = file.read_bytes()
    running = started(command)
    assert running.stdout is not None
    running.stdout.readline()
    address = running.stdout.readline().strip()
    async with httpx.AsyncClient(follow_redirects=True, trust_env=False) as client:
        assert (await client.get(address)).status_code == 200
    assert ended(running, signal.SIGTERM)[1] == ""
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--host", "0.0.0.0"], "can be reached from other machines"),
        (["--url", "sqlite:///missing.db"], "unable to open database file"),
        (["--url", "sqlite://"], "a database in memory has no rows to show"),
        (["--models", "shop.nothing"], "cannot import 'shop.nothing'"),
        (["--database", "reports"], "database `reports` is not configured"),
        (["--config", "missing.toml"], "cannot read missing.toml"),
        (["--port", "70000"], "cannot listen on 127.0.0.1:70000"),
    ],
)
def test_what_it_refuses(shop: Path, arguments: list[str], says: str) -> None:
    answer = Command("python", shop, None).run("studio", *arguments)
    assert answer.code == 1
    assert says in answer.err
    assert "hint: " in answer.err
    assert not (shop / "missing.db").exists()


def test_a_port_that_is_taken(shop: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        answer = Command("python", shop, "sqlite:///x.db").run("studio", "--port", port)
    assert answer.code == 1
    assert "pass another --port" in answer.err


@pytest.mark.parametrize("package", ["starlette", "uvicorn", "jinja2"])
def test_without_the_extra_it_says_what_to_install(shop: Path, package: str) -> None:
    program = (
        f"import sys; sys.modules[{package!r}] = None\n"
        "from oxyde.migrations.cli import main\nsys.exit(main(['studio']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=shop, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr == (
        f"error: `oxyde studio` needs the package {package}\nhint: pip install 'oxyde[studio]'\n"
    )


@pytest.mark.parametrize("command", ["studio", "stubs"])
def test_the_native_binary_names_the_package(shop: Path, command: str) -> None:
    answer = Command("native", shop, None).run(command, "shop.models")
    assert answer.code == 1
    assert f"`oxyde {command}` needs the Python package" in answer.err


# -- the project ----------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, which the process is in."""
    for name in ("DATABASE_URL", "OXYDE_URL", "OXYDE_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    inner = tmp_path / "app" / "deep"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    return tmp_path


def test_a_configuration_above(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "oxyde.toml").write_text(
        'models = ["a.models", "b.models"]\n'
        "[databases]\n"
        'default = "sqlite:///${NAME:-shop}.db?max_connections=2"\n'
        'absolute = "sqlite:////srv/x.db"\n'
        'reports = { url = "${REPORTS}", models = ["c.models"] }\n'
    )
    found = find_project()
    assert found.root == folder
    assert found.modules == ("a.models", "b.models")
    assert found.url == f"sqlite:///{folder}/shop.db?max_connections=2"
    assert find_project(database="absolute").url == "sqlite:////srv/x.db"
    assert find_project(url="sqlite:///other.db").url == "sqlite:///other.db"
    assert find_project(models=("d.models",)).modules == ("d.models",)
    with pytest.raises(OxydeError, match="variable REPORTS is not set"):
        find_project(database="reports")
    (folder / ".env").write_text("# local\nexport REPORTS='mysql://db/reports'\nNAME=env # x\n")
    assert find_project(database="reports").url == "mysql://db/reports"
    assert find_project(database="reports").modules == ("c.models",)
    assert find_project().url == f"sqlite:///{folder}/env.db?max_connections=2"
    monkeypatch.setenv("NAME", "process")
    assert find_project().url == f"sqlite:///{folder}/process.db?max_connections=2"


def test_pyproject_and_variables(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "app" / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    (folder / "pyproject.toml").write_text('[tool.oxyde]\nmodels = ["a.models"]\n')
    with pytest.raises(OxydeError, match="database `default` is not configured"):
        find_project()
    secret = folder / "secret"
    secret.write_text("postgresql://app@db/app\n")
    monkeypatch.setenv("DATABASE_URL_FILE", str(secret))
    assert find_project().url == "postgresql://app@db/app"
    monkeypatch.setenv("DATABASE_URL", "sqlite:///here.db")
    assert find_project().url == "sqlite:///here.db"
    assert find_project().root == folder
    secret.unlink()
    monkeypatch.delenv("DATABASE_URL")
    with pytest.raises(OxydeError, match="DATABASE_URL_FILE names it"):
        find_project()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("models = 3", "`models` must be a list of modules, not 3"),
        ("models = [", "cannot read"),
        ('models = ["a"]\ndatabases = 3', "`databases` must be a table, not 3"),
        ("", "no module with models is named"),
    ],
)
def test_a_wrong_configuration(folder: Path, text: str, says: str) -> None:
    (folder / "oxyde.toml").write_text(text)
    with pytest.raises(OxydeError, match=re.escape(says)):
        find_project(url="sqlite:///x.db")


def test_a_line_of_dotenv_that_is_not_a_variable(folder: Path) -> None:
    (folder / "oxyde.toml").write_text('models = ["a"]\n')
    (folder / ".env").write_text("A=1\nnot a variable\n")
    with pytest.raises(OxydeError, match=r"\.env:2: not a variable"):
        find_project(url="sqlite:///x.db")


def test_outside_of_a_project(folder: Path) -> None:
    found = find_project(url="sqlite:///x.db", models=("a.models",))
    assert (found.root, found.url) == (Path(os.getcwd()), "sqlite:///x.db")
