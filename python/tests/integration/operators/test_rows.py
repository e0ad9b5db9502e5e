"""`dump` and `load`: rows as JSON lines, exactly."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.oxyde_command import Command, write_models
from support.servers import Server

MODELS = """
from __future__ import annotations

import datetime
import enum
import uuid
from decimal import Decimal
from typing import Any

from oxyde import Field, Model


class Mood(str, enum.Enum):
    GOOD = "good"
    BAD = "bad"


class Person(Model):
    id: int | None = Field(default=None, db_pk=True)
    name: str
    boss: Person | None = Field(default=None)
    born: datetime.date | None = None
    wakes: datetime.time | None = None
    seen: datetime.datetime | None = None
    fee: Decimal = Field(default=Decimal(0), max_digits=12, decimal_places=3)
    height: float | None = None
    photo: bytes = b""
    facts: dict[str, Any] | None = None
    code: uuid.UUID | None = None
    mood: Mood = Mood.GOOD
    tags: list[str] = []
    rest: datetime.timedelta | None = None

    class Meta:
        is_table = True


class Pair(Model):
    left: int = Field(db_pk=True)
    right: str = Field(db_pk=True, max_length=20)
    person: Person

    class Meta:
        is_table = True
"""


def row(number: int, **values: object) -> dict[str, object]:
    usual: dict[str, object] = {
        "id": number,
        "name": f"Nr. {number}",
        "boss_id": None,
        "born": None,
        "wakes": None,
        "seen": None,
        "fee": "0.000",
        "height": None,
        "photo": "",
        "facts": None,
        "code": None,
        "mood": "good",
        "tags": [],
        "rest": None,
    }
    return {**usual, **values}


def lines(*rows: tuple[str, dict[str, object]]) -> str:
    return "".join(json.dumps({"table": table, "row": row}) + "\n" for table, row in rows)


FULL = lines(
    # A boss comes after those who have one.
    ("person", row(1, boss_id=3, name='"quoted"\n\\ Ünï 🦀', mood="bad", tags=["a", "b,c"])),
    (
        "person",
        row(
            2,
            boss_id=1,
            born="0990-12-31",
            wakes="23:59:59.5",
            seen="2026-11-30T01:02:03.000004",
            fee="-123456789.125",
            height=0.1,
            photo="AP8=",
            facts={"deep": [1, None, {"x": "ü"}]},
            code="00112233-4455-6677-8899-aabbccddeeff",
            rest="-PT93784.000005S",
        ),
    ),
    ("person", row(3)),
    ("pair", {"left": 1, "right": "a", "person_id": 1}),
    ("pair", {"left": 1, "right": "b", "person_id": 2}),
)


@pytest.fixture
def people(project: Path, server: Server) -> Command:
    write_models(project, MODELS)
    command = Command("native", project, server.url)
    command.ok("makemigrations")
    command.ok("migrate")
    return command


def same(text: str, other: str) -> None:
    assert [json.loads(line) for line in text.splitlines()] == [
        json.loads(line) for line in other.splitlines()
    ]


def test_rows_come_back_as_they_were(people: Command, project: Path) -> None:
    (project / "rows.jsonl").write_text(FULL)
    assert people.ok("load", "rows.jsonl") == "loaded 5 rows\n"
    same(people.ok("dump"), FULL)
    assert people.ok("dump", "--output", "again.jsonl").startswith("wrote again.jsonl: 5 rows")
    same((project / "again.jsonl").read_text(), FULL)
    same(people.ok("dump", "Pair"), "".join(FULL.splitlines(keepends=True)[3:]))


def test_rows_of_many_pages(people: Command, project: Path, server: Server) -> None:
    people.run("load", "-", stdin=FULL)
    rows = [("pair", {"left": n // 7, "right": f"r{n % 7}", "person_id": 3}) for n in range(12_000)]
    (project / "many.jsonl").write_text(lines(*rows))
    people.ok("load", "many.jsonl")
    out = people.ok("dump", "pair")
    assert len(out.splitlines()) == 12_002
    assert len(set(out.splitlines())) == 12_002


def test_the_counter_goes_on_after_the_keys(people: Command, server: Server) -> None:
    people.run("load", "-", stdin=lines(("person", row(41))))
    people.run(
        "load",
        "-",
        stdin=lines(
            ("person", {"name": "next", "fee": "1", "photo": "", "mood": "good", "tags": []})
        ),
    )
    assert server.execute("SELECT id FROM person ORDER BY id") == [(41,), (42,)]


def test_rows_whose_keys_exist(people: Command, server: Server) -> None:
    people.run("load", "-", stdin=lines(("person", row(1)), ("person", row(2))))
    change = lines(("person", row(2, name="new")), ("person", row(3)))
    answer = people.run("load", "-", stdin=change)
    assert answer.code == 1
    assert "standard input:1: table `person`" in answer.err
    assert "nothing was loaded" in answer.err
    names = "SELECT name FROM person ORDER BY id"
    assert server.execute(names) == [("Nr. 1",), ("Nr. 2",)]
    assert people.run("load", "-", "--on-conflict", "skip", stdin=change).code == 0
    assert server.execute(names) == [("Nr. 1",), ("Nr. 2",), ("Nr. 3",)]
    assert people.run("load", "-", "--on-conflict", "update", stdin=change).code == 0
    assert server.execute(names) == [("Nr. 1",), ("new",), ("Nr. 3",)]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "standard input:2: EOF"),
        ('{"table": "persons", "row": {}}', "no model has the table `persons`"),
        ('{"table": "person", "row": {"nmae": 1}}', "has no column `nmae`"),
        ('{"table": "person", "row": {"born": "soon"}}', 'person.born: "soon" is not a date'),
        ('{"table": "person", "row": {"id": 1.5}}', "person.id: 1.5 is not an integer"),
        ('{"table": "person", "row": {"id": 99999999999999999999}}', "is not an integer"),
        ('{"table": "person", "row": {"photo": "%"}}', "is not a string in Base64"),
        ('{"table": "person", "row": {"fee": "1e5"}}', "is not a decimal number"),
        ('{"table": "pair", "row": {"left": 1, "right": "x", "person_id": 77}}', "pair"),
        ('{"table": "person", "row": {"name": null, "fee": "1"}}', "person"),
    ],
)
def test_a_bad_line_is_named_and_nothing_is_loaded(
    people: Command, server: Server, line: str, message: str
) -> None:
    answer = people.run("load", "-", stdin=lines(("person", row(1))) + line + "\n")
    assert answer.code == 1
    assert message in answer.err, answer.err
    assert "nothing was loaded" in answer.err
    assert server.execute("SELECT count(*) FROM person") == [(0,)]


def test_a_row_that_refers_to_none(people: Command, server: Server) -> None:
    answer = people.run("load", "-", stdin=lines(("person", row(1, boss_id=9))))
    assert answer.code == 1
    if server.flavour == "sqlite":
        assert "row 1 of table `person` refers to a row of `person`" in answer.err, answer.err
    else:
        assert "person_boss_id_fkey" in answer.err, answer.err
    assert server.execute("SELECT count(*) FROM person") == [(0,)]
    # The checks are on again; the test's own client of SQLite has none.
    people.run("load", "-", stdin=lines(("person", row(1))))
    if server.flavour != "sqlite":
        with pytest.raises(Exception, match=r"(?i)foreign key"):
            server.execute("UPDATE person SET boss_id = 99")
