"""Bad input: a named error that says what, where and what to do, without secrets; nothing is
half written."""

from __future__ import annotations

import math
import socket
import traceback
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from pydantic import ValidationError

from oxyde import Field, Model, PoolSettings, db
from oxyde.db import AsyncDatabase
from oxyde.exceptions import DatabaseConnectionError, FieldError, FieldValueError, OxydeError

PASSWORD = "s3cr3t-hunter2"


class Narrow(Model):
    class Meta:
        is_table = True
        table_name = "bad_narrow"

    id: int | None = Field(default=None, db_pk=True)
    short: str | None = Field(default=None, max_length=5)
    text: str | None = None
    small: int | None = Field(default=None, db_type="SMALLINT")
    whole: int | None = None
    money: Decimal | None = Field(default=None, max_digits=5, decimal_places=2)
    real: float | None = None
    blob: bytes | None = None
    data: dict[str, Any] | None = None


def with_password(url: str, **parts: str) -> str:
    """The address with a user and a password, and other parts changed."""
    split = urlsplit(url)
    netloc = f"nobody:{PASSWORD}@{split.hostname}:{parts.pop('port', split.port)}"
    return urlunsplit(split._replace(netloc=netloc, **parts))


async def refused(url: str, **settings: Any) -> str:
    """Opening it fails; everything that the user may see of the error."""
    with pytest.raises(OxydeError) as caught:
        await db.init(url, settings=PoolSettings(acquire_timeout=5, **settings))
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert PASSWORD not in shown
    with pytest.raises(OxydeError):
        db.get_connection()
    return str(caught.value)


@pytest.mark.databases("postgres", "mysql", "mariadb")
async def test_a_refused_login(url: str) -> None:
    with pytest.raises(DatabaseConnectionError):
        await db.init(with_password(url))
    message = await refused(with_password(url))
    assert "nobody" in message


@pytest.mark.databases("postgres", "mysql", "mariadb")
async def test_no_server(url: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    message = await refused(with_password(url, port=str(port)))
    assert str(port) in message
    await refused(with_password(url).replace("127.0.0.1", "no-such-host.invalid"))


@pytest.mark.databases("postgres", "mysql", "mariadb")
async def test_no_such_database(url: str) -> None:
    message = await refused(urlunsplit(urlsplit(url)._replace(path="/no_such_database")))
    assert "no_such_database" in message


@pytest.mark.databases("sqlite")
async def test_files_that_cannot_be_opened(tmp_path: Path, flavour: str) -> None:
    assert "missing" in await refused(f"sqlite:///{tmp_path}/missing/folder/file.db")
    noise = tmp_path / "noise.db"
    noise.write_bytes(b"this is no database at all, only some text in a file" * 100)
    await refused(f"sqlite:///{noise}")
    assert noise.read_bytes().startswith(b"this is no database")
    await refused(f"sqlite:///{tmp_path}")


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("url", [
    "", "nonsense", f"oracle://user:{PASSWORD}@host/db", f"postgresql//user:{PASSWORD}@host",
    f"postgresql://user:{PASSWORD}@host:notaport/db", "://", f"postgresql://user:{PASSWORD}@[::1/db",
    f"postgresql://user:{PASSWORD}@127.0.0.1:1/db?max_connections=many",
    f"postgresql://user:{PASSWORD}@127.0.0.1:1/db?sslmode=perhaps",
    f"mysql://user:{PASSWORD}@127.0.0.1:1/db?nonsense=1",
])  # fmt: skip
async def test_wrong_addresses(url: str) -> None:
    message = await refused(url)
    assert message


def test_the_password_is_in_no_repr() -> None:
    database = AsyncDatabase(f"postgresql://user:{PASSWORD}@host/db?password={PASSWORD}")
    assert PASSWORD not in repr(database)
    assert PASSWORD not in str(database)


async def test_a_query_before_init() -> None:
    for attempt in (
        lambda: Narrow.objects.all(),
        lambda: Narrow.objects.create(short="a"),
        lambda: Narrow(short="a").save(),
        lambda: db.create_tables(models=[Narrow]),
    ):
        with pytest.raises(OxydeError) as caught:
            await attempt()
        assert "db.init" in str(caught.value)


@pytest.mark.databases("sqlite")
def test_models_that_cannot_be_tables(flavour: str) -> None:
    class NoMeta(Model):
        id: int | None = Field(default=None, db_pk=True)

    with pytest.raises(OxydeError) as caught:
        NoMeta.objects.filter(id=1)
    assert "is_table" in str(caught.value)

    class Taken(Model):
        class Meta:
            is_table = True
            table_name = "bad_taken"

        id: int | None = Field(default=None, db_pk=True)

    with pytest.raises(OxydeError, match="bad_taken"):

        class AlsoTaken(Model):
            class Meta:
                is_table = True
                table_name = "bad_taken"

            id: int | None = Field(default=None, db_pk=True)

    with pytest.raises(FieldError, match="db_primary"):
        Field(db_primary=True)  # type: ignore[call-overload]

    with pytest.raises(FieldError, match="tabel_name"):

        class Misspelt(Model):
            class Meta:
                is_table = True
                tabel_name = "x"

            id: int | None = Field(default=None, db_pk=True)


WRONG: list[tuple[str, Any]] = [
    ("short", "abcdef"),
    ("short", "😀" * 6),
    ("small", 2**15),
    ("small", -(2**15) - 1),
    ("whole", 2**63),
    ("whole", "a"),
    ("whole", [1]),
    ("whole", 0.5),
    ("money", Decimal("1000.00")),
    ("money", Decimal("0.001")),
    ("money", Decimal("NaN")),
    ("money", Decimal("Infinity")),
    ("money", "a lot"),
    ("text", b"\xff\xfe"),
    ("text", 5),
    ("text", "\ud800"),
    ("real", "fast"),
    ("data", {"x": math.nan}),
    ("data", {"x": object()}),
    ("data", [1]),
    ("data", "text"),
]


@pytest.mark.parametrize(("field", "value"), WRONG)
async def test_values_that_do_not_fit(database: AsyncDatabase, field: str, value: Any) -> None:
    await db.create_tables(models=[Narrow])
    row = await Narrow.objects.create(text="before", whole=1)

    async def assign() -> None:
        loaded = await Narrow.objects.get(id=row.id)
        setattr(loaded, field, value)
        await loaded.save()

    async def assign_in_bulk() -> None:
        loaded = await Narrow.objects.get(id=row.id)
        setattr(loaded, field, value)
        await Narrow.objects.bulk_update([loaded], [field])

    attempts: list[Callable[[], Any]] = [
        lambda: Narrow.objects.create(**{field: value}),
        lambda: Narrow.objects.filter(id=row.id).update(**{field: value}),
        lambda: Narrow.objects.bulk_create([{"text": "also"}, {field: value}]),
        lambda: Narrow.objects.get_or_create(
            whole=7 if field != "whole" else 1, text="x", defaults={field: value}
        ),
        assign,
        assign_in_bulk,
    ]
    if field == "whole":
        del attempts[3]
    for attempt in attempts:
        with pytest.raises((OxydeError, ValidationError)) as caught:
            await attempt()
        assert field in str(caught.value)
    stored = await Narrow.objects.values_list("text", "whole", field).all()
    assert [each[:2] for each in stored] == [("before", 1)]


async def test_what_only_some_databases_take(database: AsyncDatabase) -> None:
    """Exactly kept, or refused with the field's name."""
    await db.create_tables(models=[Narrow])
    for field, value in (
        ("text", "nul \x00 inside"),
        ("real", math.nan),
        ("real", math.inf),
        ("real", -math.inf),
        ("data", {"nul": "\x00"}),
        ("data", {"big": 10**30}),
        ("blob", b"\x00"),
        ("text", "x" * 1_000_000),
        ("blob", bytes(5_000_000)),
    ):
        try:
            row = await Narrow.objects.create(**{field: value})
        except FieldValueError as refused:
            message = str(refused)
        else:
            loaded = getattr(await Narrow.objects.get(id=row.id), field)
            assert loaded == value or (value != value and loaded != loaded)
            continue
        assert field in message
        assert "Narrow" in message


async def test_texts_of_another_shape_than_asked(database: AsyncDatabase) -> None:
    await db.create_tables(models=[Narrow])
    for attempt in (
        lambda: Narrow.objects.filter("short"),
        lambda: Narrow.objects.filter(True),
        lambda: Narrow.objects.filter(None),
        lambda: Narrow.objects.filter({"short": "a"}),
        lambda: Narrow.objects.exclude(1),
        lambda: Narrow.objects.order_by(5),
        lambda: Narrow.objects.values(5),
        lambda: Narrow.objects.annotate(x="short"),
    ):
        with pytest.raises((OxydeError, TypeError)):
            await attempt().all()
