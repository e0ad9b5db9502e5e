"""create_tables and drop_tables: what is in the database's catalogue, and how it behaves."""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from typing import Any

import pytest
from support.servers import Server

from oxyde import Check, Field, Index, Model, db, execute_raw
from oxyde.db import AsyncDatabase
from oxyde.exceptions import (
    DatabaseError,
    ForeignKeyViolationError,
    IntegrityError,
    OxydeError,
    UnsupportedFeatureError,
)


class Mood(enum.Enum):
    GLAD = "glad"
    SO_SO = "so so"
    QUOTED = "it's"


class Thing(Model):
    class Meta:
        is_table = True
        table_name = "schema_thing"
        indexes = [
            Index("kind", "-made_at", name="thing_kind_made"),
            Index("code", unique=True, name="thing_code_once"),
        ]
        constraints = [
            Check("weight >= 0", name="thing_weight"),
            Check("low <= high", name="thing_range"),
        ]
        unique_together = [("kind", "number")]

    id: int | None = Field(default=None, db_pk=True)
    code: str = Field(max_length=20, db_comment='it\'s the "code"')
    kind: str = Field(max_length=10, db_index=True)
    number: int = 0
    mood: Mood = Field(default=Mood.GLAD)
    weight: float = 1.0
    low: int = 0
    high: int = 10
    renamed: str | None = Field(default=None, db_column="other name")
    made_at: dt.datetime = Field(db_default="now()")
    token: uuid.UUID = Field(db_default="gen_random_uuid()")
    flag: bool = Field(db_default="true")
    order: int = Field(db_default="42")


async def columns_of(server: Server, table: str) -> dict[str, tuple[str, bool]]:
    """Name -> (type, takes NULL), as the catalogue has it."""
    if server.flavour == "sqlite":
        rows = server.execute(f"PRAGMA table_info('{table}')")
        return {name: (kind, not not_null) for _, name, kind, not_null, _, _ in rows}
    schema = "'public'" if server.flavour == "postgres" else "database()"
    kind = "udt_name" if server.flavour == "postgres" else "column_type"
    rows = server.execute(
        f"SELECT column_name, {kind}, is_nullable FROM information_schema.columns"
        f" WHERE table_name = '{table}' AND table_schema = {schema} ORDER BY ordinal_position"
    )
    return {
        name: (kind if isinstance(kind, str) else kind.decode(), null == "YES")
        for name, kind, null in rows
    }


def indexes_of(server: Server, table: str) -> dict[str, tuple[bool, list[str]]]:
    """Name -> (unique, columns), as the catalogue has it."""
    found: dict[str, tuple[bool, list[str]]] = {}
    if server.flavour == "sqlite":
        for _, name, unique, _, _ in server.execute(f"PRAGMA index_list('{table}')"):
            columns = [row[2] for row in server.execute(f"PRAGMA index_info('{name}')")]
            found[name] = (bool(unique), columns)
    elif server.flavour == "postgres":
        rows = server.execute(
            "SELECT i.relname, x.indisunique, a.attname FROM pg_index x"
            " JOIN pg_class t ON t.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid"
            " CROSS JOIN unnest(x.indkey) WITH ORDINALITY k (attnum, position)"
            " JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.attnum"
            " WHERE t.relname = %s ORDER BY i.relname, k.position",
            [table],
        )
        for name, unique, column in rows:
            found.setdefault(name, (unique, []))[1].append(column)
    else:
        rows = server.execute(
            "SELECT index_name, non_unique, column_name FROM information_schema.statistics"
            " WHERE table_schema = database() AND table_name = %s"
            " ORDER BY index_name, seq_in_index",
            [table],
        )
        for name, non_unique, column in rows:
            found.setdefault(name, (not int(non_unique), []))[1].append(column)
    return found


@pytest.fixture
async def thing(database: AsyncDatabase) -> AsyncDatabase:
    await db.create_tables(models=[Thing])
    return database


async def test_columns_in_the_catalogue(thing: AsyncDatabase, server: Server) -> None:
    columns = await columns_of(server, "schema_thing")
    assert list(columns) == [
        "id", "code", "kind", "number", "mood", "weight", "low", "high", "other name", "made_at",
        "token", "flag", "order",
    ]  # fmt: skip
    assert [name for name, (_, nullable) in columns.items() if nullable] == ["other name"]
    expected = {
        "postgres": {
            "id": "int8",
            "code": "varchar",
            "mood": "mood",
            "token": "uuid",
            "flag": "bool",
        },
        "mysql": {"id": "bigint", "code": "varchar(20)", "token": "char(36)", "flag": "tinyint(1)"},
        "mariadb": {"id": "bigint(20)", "code": "varchar(20)", "token": "char(36)"},
        "sqlite": {"id": "INTEGER", "code": "VARCHAR(20)", "token": "UUID", "flag": "BOOLEAN"},
    }[server.flavour]
    assert {name: columns[name][0] for name in expected} == expected


async def test_enums_in_the_catalogue(thing: AsyncDatabase, server: Server, flavour: str) -> None:
    if flavour == "postgres":
        labels = server.execute(
            "SELECT enumlabel FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid"
            " WHERE typname = 'mood' ORDER BY enumsortorder"
        )
        assert [label for (label,) in labels] == ["glad", "so so", "it's"]
    elif flavour != "sqlite":
        assert (await columns_of(server, "schema_thing"))["mood"][
            0
        ] == "enum('glad','so so','it''s')"
    row = await Thing.objects.create(code="a", kind="k", mood=Mood.QUOTED)
    assert (await Thing.objects.get(id=row.id)).mood is Mood.QUOTED
    with pytest.raises((DatabaseError, IntegrityError)):
        await execute_raw("UPDATE schema_thing SET mood = 'angry'")
    assert (await Thing.objects.get(id=row.id)).mood is Mood.QUOTED


async def test_indexes_in_the_catalogue(thing: AsyncDatabase, server: Server) -> None:
    indexes = indexes_of(server, "schema_thing")
    assert indexes["thing_kind_made"] == (False, ["kind", "made_at"])
    assert indexes["thing_code_once"] == (True, ["code"])
    assert (True, ["kind", "number"]) in indexes.values()
    assert (False, ["kind"]) in indexes.values()


async def test_comments_in_the_catalogue(thing: AsyncDatabase, server: Server) -> None:
    comment = 'it\'s the "code"'
    if server.flavour == "postgres":
        rows = server.execute("SELECT col_description('schema_thing'::regclass, 2)")
        assert rows == [(comment,)]
    elif server.flavour != "sqlite":
        rows = server.execute(
            "SELECT column_comment FROM information_schema.columns WHERE table_schema = database()"
            " AND table_name = 'schema_thing' AND column_name = 'code'"
        )
        assert rows == [(comment,)]
    else:  # SQLite has none; the column is there all the same
        assert "code" in await columns_of(server, "schema_thing")


async def test_checks_hold(thing: AsyncDatabase) -> None:
    await Thing.objects.create(code="a", kind="k")
    for number, wrong in enumerate(({"weight": -1.0}, {"low": 11}), 1):
        with pytest.raises(IntegrityError) as caught:
            await Thing.objects.create(code=f"b{number}", kind="k", number=number, **wrong)
        assert caught.value.constraint in ("thing_weight", "thing_range")


async def test_the_database_gives_the_defaults(thing: AsyncDatabase, server: Server) -> None:
    before = dt.datetime.now(dt.timezone.utc).replace(tzinfo=None) - dt.timedelta(minutes=5)
    created = await Thing.objects.create(code="a", kind="k")
    other = await Thing.objects.create(code="b", kind="k", number=1)
    assert created.order == 42
    assert created.flag is True
    assert isinstance(created.token, uuid.UUID)
    assert created.token.int
    assert created.token != other.token
    assert before < created.made_at < before + dt.timedelta(minutes=10)
    assert await Thing.objects.get(id=created.id) == created
    rows = await Thing.objects.bulk_create([{"code": "c", "kind": "k", "number": 2}])
    assert (await Thing.objects.get(code="c")).order == 42
    assert rows[0].code == "c"


async def test_tables_are_dropped(thing: AsyncDatabase, server: Server) -> None:
    await Thing.objects.create(code="a", kind="k")
    with pytest.raises(DatabaseError):
        await db.create_tables(models=[Thing], if_not_exists=False)
    assert await Thing.objects.count() == 1
    await db.drop_tables(models=[Thing])
    assert await columns_of(server, "schema_thing") == {}
    await db.drop_tables(models=[Thing])
    await db.create_tables(models=[Thing])
    assert await Thing.objects.count() == 0


ACTIONS = ["CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT", "NO ACTION"]


def family(action: str, on: str = "delete") -> tuple[Any, Any]:
    """A parent, and a child whose foreign key has an action."""

    class Parent(Model):
        class Meta:
            is_table = True
            table_name = "schema_parent"

        id: int = Field(db_pk=True)

    options: dict[str, Any] = {f"db_on_{on}": action}
    if action == "SET DEFAULT":
        options["db_default"] = "1"

    class Child(Model):
        class Meta:
            is_table = True
            table_name = "schema_child"

        id: int | None = Field(default=None, db_pk=True)
        parent: Parent | None = Field(default=None, **options)

    return Parent, Child


@pytest.mark.parametrize("action", ACTIONS)
async def test_on_delete(
    database: AsyncDatabase, server: Server, flavour: str, action: str
) -> None:
    parent, child = family(action)
    if action == "SET DEFAULT" and flavour in ("mysql", "mariadb"):
        # InnoDB takes the clause and then refuses the table, or ignores it.
        with pytest.raises((UnsupportedFeatureError, OxydeError)) as caught:
            await db.create_tables(models=[parent, child])
        assert "SET DEFAULT" in str(caught.value)
        return
    await db.create_tables(models=[parent, child])
    await parent.objects.bulk_create([{"id": 1}, {"id": 2}])
    await child.objects.create(parent_id=2)
    assert rule_of(server, "delete") in names_of(action)
    if action in ("RESTRICT", "NO ACTION"):
        with pytest.raises(ForeignKeyViolationError):
            await parent.objects.filter(id=2).delete()
        assert await parent.objects.count() == 2
        return
    assert await parent.objects.filter(id=2).delete() == 1
    left = await child.objects.values_list("parent_id", flat=True)
    assert left == {"CASCADE": [], "SET NULL": [None], "SET DEFAULT": [1]}[action]


@pytest.mark.parametrize("action", ["CASCADE", "SET NULL", "NO ACTION"])
async def test_on_update(database: AsyncDatabase, server: Server, action: str) -> None:
    parent, child = family(action, "update")
    await db.create_tables(models=[parent, child])
    await parent.objects.create(id=2)
    await child.objects.create(parent_id=2)
    assert rule_of(server, "update") in names_of(action)
    if action == "NO ACTION":
        with pytest.raises(ForeignKeyViolationError):
            await parent.objects.filter(id=2).update(id=3)
        return
    await parent.objects.filter(id=2).update(id=3)
    left = await child.objects.values_list("parent_id", flat=True)
    assert left == {"CASCADE": [3], "SET NULL": [None]}[action]


def names_of(action: str) -> tuple[str, ...]:
    """The words that a catalogue has for an action: MySQL and MariaDB take these two for one."""
    return ("RESTRICT", "NO ACTION") if action in ("RESTRICT", "NO ACTION") else (action,)


def rule_of(server: Server, on: str) -> str:
    """The action of the child's foreign key, as the catalogue has it."""
    if server.flavour == "sqlite":
        ((_, _, _, _, _, update, delete, _),) = server.execute(
            "PRAGMA foreign_key_list('schema_child')"
        )
        return str(delete if on == "delete" else update)
    schema = "'public'" if server.flavour == "postgres" else "database()"
    ((rule,),) = server.execute(
        f"SELECT {on}_rule FROM information_schema.referential_constraints"
        f" WHERE constraint_schema = {schema}"
    )
    return str(rule)


async def test_names_that_are_words_or_strange(database: AsyncDatabase) -> None:
    class Select(Model):
        class Meta:
            is_table = True
            table_name = "group"

        id: int | None = Field(default=None, db_pk=True)
        order: int = Field(default=1, db_index=True)
        select: str = "x"
        quoted: str = Field(default="q", db_column='a "b" `c` %s ? $1')
        umlaut: str = Field(default="u", db_column="größe ÆØÅ")

    await db.create_tables(models=[Select])
    row = await Select.objects.create(order=5)
    assert (
        await Select.objects.filter(order__gte=5, select="x", quoted="q", umlaut="u").get() == row
    )
    row.quoted, row.umlaut = "changed", "ß"
    await row.save()
    assert await Select.objects.order_by("-order", "quoted").values(
        "quoted", "umlaut", "select"
    ).all() == [{"quoted": "changed", "umlaut": "ß", "select": "x"}]
    assert await Select.objects.filter(quoted="changed").update(order=6) == 1
    assert await Select.objects.sum("order") == 6


@pytest.mark.databases("postgres")
async def test_a_named_schema(database: AsyncDatabase, server: Server, flavour: str) -> None:
    class Inside(Model):
        class Meta:
            is_table = True
            table_name = "inside"
            schema = "Other schema"

        id: int | None = Field(default=None, db_pk=True)
        name: str = Field(db_unique=True)

    server.execute('CREATE SCHEMA "Other schema"')
    await db.create_tables(models=[Inside])
    await Inside.objects.create(name="a")
    assert server.execute('SELECT name FROM "Other schema".inside') == [("a",)]
    assert await Inside.objects.filter(name="a").update(name="b") == 1
    assert await Inside.objects.get_or_create(name="b") == (
        await Inside.objects.get(name="b"),
        False,
    )
    await db.drop_tables(models=[Inside])


@pytest.mark.databases("postgres", "sqlite")
async def test_partial_and_expression_indexes(
    database: AsyncDatabase, server: Server, flavour: str
) -> None:
    class Account(Model):
        class Meta:
            is_table = True
            table_name = "schema_account"
            indexes = [
                Index("email", unique=True, condition="closed = false", name="account_open_email"),
                Index("lower(name)", unique=True, name="account_name"),
            ]

        id: int | None = Field(default=None, db_pk=True)
        email: str
        name: str
        closed: bool = False

    await db.create_tables(models=[Account])
    await Account.objects.create(email="a", name="Ann", closed=True)
    await Account.objects.create(email="a", name="Ben")
    with pytest.raises(IntegrityError):
        await Account.objects.create(email="a", name="Cleo")
    with pytest.raises(IntegrityError):
        await Account.objects.create(email="b", name="ANN")


@pytest.mark.databases("mysql", "mariadb")
async def test_partial_indexes_are_refused_where_there_are_none(
    database: AsyncDatabase, flavour: str
) -> None:
    class Account(Model):
        class Meta:
            is_table = True
            table_name = "schema_account"
            indexes = [Index("email", condition="closed = false")]

        id: int | None = Field(default=None, db_pk=True)
        email: str
        closed: bool = False

    with pytest.raises(UnsupportedFeatureError) as caught:
        await db.create_tables(models=[Account])
    assert "partial" in str(caught.value)
