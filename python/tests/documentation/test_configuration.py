"""The configuration, containers and makefiles of the pages are accepted by what reads them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.fences import Fence, fences
from support.oxyde_command import Command
from support.project_page import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
MIGRATION = 'depends_on = []\n\n[[operations]]\nop = "run_sql"\nup = ""\ndown = ""\n'
INSTRUCTIONS = {"CMD", "COPY", "ENTRYPOINT", "FROM", "RUN", "USER", "WORKDIR"}


def found(language: str) -> list[Any]:
    """The blocks in a language, as parameters that name page and line."""
    return [
        pytest.param(fence, id=f"{page.relative_to(ROOT)}:{fence.line}")
        for page in PAGES
        for fence in fences(page)
        if fence.language == language
    ]


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command in a project with a migration."""
    monkeypatch.setenv("REPORTS_URL", "sqlite:///reports.db")
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations/0001_nothing.toml").write_text(MIGRATION)
    return Command("python", tmp_path, "sqlite:///shop.db")


@pytest.mark.parametrize(
    "fence", [each for each in found("toml") if each.values[0].title in (None, "oxyde.toml")]
)
def test_a_configuration(fence: Fence, command: Command) -> None:
    name = "pyproject.toml" if "[tool." in fence.text else "oxyde.toml"
    file = command.folder / name
    file.write_text(fence.text)
    command.ok("migrate")
    file.write_text(fence.text + "nothing = 1\n")
    assert command.run("migrate").code == 1


def lists(value: object) -> Iterator[list[str]]:
    """The lists of strings in a document."""
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from lists(each)


def accepts(command: Command, arguments: list[str]) -> bool:
    """Whether the command succeeds with the arguments of a container; others are not asked."""
    words = arguments[1:] if arguments[0] == "oxyde" else arguments
    return words[0] != "migrate" or command.run(*words).code == 0


@pytest.mark.parametrize("fence", found("yaml"))
def test_a_yaml_file(fence: Fence, command: Command) -> None:
    document = yaml.safe_load(fence.text)
    assert isinstance(document, dict)
    assert any("migrate" in each for each in lists(document))
    assert all(accepts(command, each) for each in lists(document))


@pytest.mark.parametrize("fence", found("dockerfile"))
def test_a_dockerfile(fence: Fence, command: Command) -> None:
    for line in fence.text.splitlines():
        instruction, _, rest = line.partition(" ")
        assert not line or instruction in INSTRUCTIONS
        if instruction in ("CMD", "ENTRYPOINT"):
            assert accepts(command, json.loads(rest))


def test_targets_of_make() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([\w-]+):(?!=)", makefile, re.MULTILINE))
    variables = set(re.findall(r"\$\((?:if |or )?\$?\(?(\w+)", makefile))
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    used = re.findall(r"(?:^|`)make ([a-z-]+)((?: [A-Z]+=\S+)*)", text, re.MULTILINE)
    assert len(used) > 20
    assert {target for target, _ in used} <= targets
    assert {name for _, given in used for name in re.findall(r"([A-Z]+)=", given)} <= variables
