"""`erd`, and completions."""

from __future__ import annotations

import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from support.oxyde_command import Command, write_models

pytestmark = pytest.mark.databases("sqlite")

MODELS = """
from __future__ import annotations

from oxyde import Field, Model


class Shelf(Model):
    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(db_unique=True)

    class Meta:
        is_table = True


class Volume(Model):
    id: int | None = Field(default=None, db_pk=True)
    title: str
    shelf: Shelf
    sequel: Volume | None = Field(default=None)

    class Meta:
        is_table = True
"""


@pytest.fixture
def shelves(project: Path, host: str, url: str) -> Command:
    write_models(project, MODELS)
    return Command(host, project, url)


def test_a_diagram_for_markdown(shelves: Command) -> None:
    assert shelves.ok("erd") == (
        "erDiagram\n"
        '    "shelf" {\n'
        "        bigint id PK\n"
        "        text name UK\n"
        "    }\n"
        '    "volume" {\n'
        "        bigint id PK\n"
        "        text title\n"
        "        bigint shelf_id FK\n"
        "        bigint sequel_id FK\n"
        "    }\n"
        '    "shelf" ||--o{ "volume" : "shelf_id"\n'
        '    "volume" |o--o{ "volume" : "sequel_id"\n'
    )


def test_a_picture(shelves: Command, project: Path) -> None:
    shelves.ok("erd", "--format", "svg", "--output", "schema.svg")
    picture = ElementTree.parse(project / "schema.svg")
    text = "".join(picture.getroot().itertext())
    for word in ("shelf", "volume", "title", "sequel_id"):
        assert word in text


def test_one_table(shelves: Command) -> None:
    assert "volume" not in shelves.ok("erd", "shelf")
    answer = shelves.run("erd", "shelve")
    assert answer.code == 1
    assert "there is no table `shelve`" in answer.err
    assert "shelf" in answer.err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_completions(shelves: Command, shell: str) -> None:
    assert "_OXYDE_COMPLETE" in shelves.ok("completions", shell)


def test_names_are_completed(shelves: Command) -> None:
    shelves.ok("makemigrations")

    def candidates(*words: str) -> list[str]:
        done = subprocess.run(
            [*shelves.program(), "--", "oxyde", *words],
            cwd=shelves.folder,
            env={
                **shelves.environment(),
                "_OXYDE_COMPLETE": "bash",
                "_CLAP_COMPLETE_INDEX": str(len(words)),
                "_CLAP_COMPLETE_COMP_TYPE": "9",
                "_CLAP_COMPLETE_SPACE": "true",
                "_CLAP_IFS": "\n",
            },
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.splitlines()

    assert candidates("migrate", "00") == ["0001_initial"]
    assert candidates("showmigrations", "--database", "") == ["default"]
    assert "migrate" in candidates("mi")
