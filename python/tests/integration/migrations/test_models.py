"""From models to a database and back: nothing is lost on the way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.oxyde_command import Command, write_models
from support.servers import Server

EVERYTHING = '''
"""Every kind of column, key, index and constraint that all four databases have."""
from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from ipaddress import IPv4Address
from typing import Any, Literal
from uuid import UUID, uuid4

from pydantic import AwareDatetime

from oxyde import Check, Field, Index, Model


class Mood(Enum):
    SAD = "sad"
    ITS_OK = "it's ok"


class Level(IntEnum):
    LOW = 1


class Person(Model):
    id: int | None = Field(default=None, db_pk=True)
    email: str = Field(max_length=120, db_unique=True)
    name: str = Field(db_comment="As they say it's written")
    nick: str = Field(default="x", db_default="'it''s'")
    tall: float | None = None
    rich: Decimal = Field(default=Decimal(0), max_digits=12, decimal_places=2, db_default="0")
    any_number: Decimal | None = None
    active: bool = Field(default=True, db_default="true")
    born: date | None = Field(default=None, db_index=True)
    wakes: time | None = None
    seen: datetime | None = Field(default=None, db_default="CURRENT_TIMESTAMP")
    made: AwareDatetime = Field(db_default="now()")
    patience: timedelta | None = None
    token: UUID = Field(default_factory=uuid4, db_default="gen_random_uuid()")
    photo: bytes | None = None
    settings: dict[str, Any] = Field(default_factory=dict)
    numbers: list[int] = Field(default_factory=list)
    address: IPv4Address | None = None
    mood: Mood = Field(default=Mood.SAD, db_default="'sad'")
    size: Literal["s", "m"] | None = None
    level: Level = Level.LOW
    small: int = Field(default=0, db_type="SMALLINT")
    boss: Person | None = Field(default=None, db_on_delete="SET NULL", db_index=True)

    class Meta:
        is_table = True
        table_name = "people"
        indexes = [
            Index("name", "-made", name="people_by_name"),
            Index("email", "active", unique=True),
        ]
        constraints = [Check("small >= 0", name="people_small_check")]
        unique_together = [("nick", "born")]


class Club(Model):
    id: UUID = Field(default_factory=uuid4, db_pk=True)
    title: str = Field(max_length=80, db_column="club_title")
    owner: Person = Field(db_on_delete="CASCADE", db_on_update="CASCADE")

    class Meta:
        is_table = True
        table_name = "clubs"


class Membership(Model):
    club: Club = Field(db_pk=True, db_on_delete="CASCADE")
    person: Person = Field(db_pk=True, db_on_delete="CASCADE")
    since: date

    class Meta:
        is_table = True
        table_name = "order"
'''

TREE = """
from __future__ import annotations

from oxyde import Field, Model


class Author(Model):
    id: int | None = Field(default=None, db_pk=True)
    best: Book | None = Field(default=None, db_on_delete="SET NULL")

    class Meta:
        is_table = True
        table_name = "authors"


class Book(Model):
    id: int | None = Field(default=None, db_pk=True)
    author: Author = Field(db_on_delete="CASCADE")

    class Meta:
        is_table = True
        table_name = "books"
"""


def test_the_database_is_as_the_models(server: Server, project: Path, host: str) -> None:
    oxyde = Command(host, project, server.url)
    write_models(project, EVERYTHING)
    oxyde.ok("makemigrations")
    oxyde.ok("migrate")
    assert oxyde.ok("check") == "Models, migrations and database agree.\n"
    assert oxyde.ok("makemigrations", "--check").startswith("No changes")


def test_a_cycle_of_tables(server: Server, project: Path, host: str) -> None:
    oxyde = Command(host, project, server.url)
    write_models(project, TREE)
    said = oxyde.ok("makemigrations")
    assert "add foreign key authors_best_id_fkey to authors" in said
    oxyde.ok("migrate")
    assert oxyde.ok("check") == "Models, migrations and database agree.\n"
    oxyde.ok("migrate", "zero")


def test_inspected_models_are_the_database(server: Server, project: Path, host: str) -> None:
    """What inspectdb writes describes the database that it was read from."""
    oxyde = Command(host, project, server.url)
    write_models(project, EVERYTHING)
    oxyde.ok("makemigrations")
    oxyde.ok("migrate")
    before = json.loads(oxyde.ok("inspectdb", "--json"))
    write_models(project, oxyde.ok("inspectdb"))
    for file in (project / "migrations").glob("*.toml"):
        file.unlink()
    oxyde.ok("makemigrations")
    server.execute("DELETE FROM oxyde_migrations")
    oxyde.ok("migrate", "--fake")
    answer = oxyde.run("check")
    assert answer.code == 0, answer.out
    assert json.loads(oxyde.ok("inspectdb", "--json")) == before


def test_baseline_takes_over_a_database(server: Server, project: Path, host: str) -> None:
    oxyde = Command(host, project, server.url)
    write_models(project, TREE)
    oxyde.ok("makemigrations")
    oxyde.ok("migrate")
    server.execute("DROP TABLE oxyde_migrations")
    (project / "migrations" / "0001_initial.toml").unlink()
    assert "2 tables, recorded as applied" in oxyde.ok("baseline")
    assert oxyde.ok("check") == "Models, migrations and database agree.\n"
    assert oxyde.ok("migrate") == "Nothing to do: the database is up to date.\n"


def test_check_finds_what_was_done_by_hand(server: Server, project: Path, host: str) -> None:
    oxyde = Command(host, project, server.url)
    write_models(project, TREE)
    oxyde.ok("makemigrations")
    oxyde.ok("migrate")
    server.execute("ALTER TABLE books ADD COLUMN title VARCHAR(20)")
    server.execute("CREATE TABLE stray (id INTEGER)")
    answer = oxyde.run("check", "--json")
    assert answer.code == 3
    found = json.loads(answer.out)
    assert found["database_differs"] == ["drop column books.title"]
    assert found["unknown_tables"] == ["stray"]
    assert found["models_without_migration"] == found["pending"] == []


POSTGRES = """
from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pydantic import AwareDatetime

from oxyde import Field, Index, Model, Range


class Event(Model):
    id: int | None = Field(default=None, db_pk=True)
    tags: list[str] = Field(default_factory=list, db_default="'{}'")
    body: dict[str, Any] = Field(default_factory=dict, db_default="'{}'", db_index_method="gin")
    country: str = Field(db_type="CHAR(2)", db_default="'de'")
    title: str = Field(db_comment="Shown first")
    weight: float = Field(default=1.5, db_default="1.5")
    days: Range[date] = Field(db_default="'[2024-05-01,2024-05-03)'")
    seats: Range[int] = Field(default=Range(0, 10), db_default="int8range(0, 10)")
    few: Range[int] | None = Field(default=None, db_type="INT4RANGE")
    price: Range[Decimal] | None = None
    slot: Range[datetime] | None = Field(default=None, db_unique=True)
    valid: Range[AwareDatetime] | None = None

    class Meta:
        is_table = True
        table_name = "events"
        schema = "stats"
        indexes = [
            Index("lower(title)", name="events_lower_title"),
            Index("country", unique=True, condition="weight > 1", name="events_heavy"),
            Index("country", "-weight", include=["title"], name="events_covering"),
            Index("tags", method="gin", name="events_tags"),
        ]


class Visit(Model):
    id: int | None = Field(default=None, db_pk=True)
    event: Event = Field(db_on_delete="CASCADE")

    class Meta:
        is_table = True
        table_name = "visits"
"""

MYSQL = """
from oxyde import Field, Index, Model


class Page(Model):
    id: int | None = Field(default=None, db_pk=True)
    title: str
    body: str | None = None
    country: str = Field(db_type="CHAR(2)", db_default="'de'")

    class Meta:
        is_table = True
        table_name = "pages"
        indexes = [
            Index("body", method="fulltext", name="pages_search"),
            Index("title", "-country", name="pages_by_title"),
            Index("country", unique=True, name="pages_country"),
        ]
"""


REGISTERED = """
from decimal import Decimal
from typing import Annotated

from oxyde import Field, Model, register_type


class Key:
    raw: bytes


class Money:
    amount: Decimal


class Branch:
    path: str


def never(value):
    raise NotImplementedError


for kind, storage, db_type in (
    (Key, bytes, None),
    (Money, Annotated[Decimal, Field(max_digits=12, decimal_places=2)], None),
    (Branch, Annotated[str, Field(max_length=80)], SPELLED),
):
    register_type(kind, storage=storage, encode=never, decode=never, db_type=db_type)


class Owner(Model):
    key: Key = Field(db_pk=True)
    purse: Money | None = None

    class Meta:
        is_table = True


class Item(Model):
    id: int | None = Field(default=None, db_pk=True)
    owner: Owner | None = None
    branch: Branch

    class Meta:
        is_table = True
"""


def test_registered_types(server: Server, project: Path, host: str) -> None:
    oxyde = Command(host, project, server.url)
    spelled = None
    if server.flavour == "postgres":
        server.execute("CREATE EXTENSION ltree")
        spelled = "ltree"
    write_models(project, REGISTERED.replace("SPELLED", repr(spelled)))
    oxyde.ok("makemigrations")
    oxyde.ok("migrate")
    assert oxyde.ok("check") == "Models, migrations and database agree.\n"
    (migration,) = (project / "migrations").glob("*.toml")
    assert ('"ltree"' in migration.read_text()) is (spelled is not None)


@pytest.mark.databases("postgres")
def test_what_postgres_alone_has(server: Server, project: Path, host: str) -> None:
    oxyde = Command(host, project, server.url)
    write_models(project, POSTGRES)
    oxyde.ok("makemigrations")
    oxyde.ok("migrate")
    assert oxyde.ok("check") == "Models, migrations and database agree.\n"
    oxyde.ok("migrate", "zero")


@pytest.mark.databases("mysql", "mariadb")
def test_what_mysql_alone_has(server: Server, project: Path, host: str) -> None:
    oxyde = Command(host, project, server.url)
    write_models(project, MYSQL)
    oxyde.ok("makemigrations")
    oxyde.ok("migrate")
    assert oxyde.ok("check") == "Models, migrations and database agree.\n"
    # A text that leaves its index is long again, and the other way round.
    write_models(project, MYSQL.replace('Index("title", "-country", name="pages_by_title"),', ""))
    oxyde.ok("makemigrations")
    oxyde.ok("migrate")
    assert oxyde.ok("check") == "Models, migrations and database agree.\n"
    kind = (
        "SELECT data_type FROM information_schema.columns WHERE table_schema = database()"
        " AND table_name = 'pages' AND column_name = 'title'"
    )
    assert server.execute(kind)[0][0] == "longtext"
    oxyde.ok("migrate", "0001")
    assert server.execute(kind)[0][0] == "varchar"
