"""What raw SQL does to the session of its connection does not reach the next user."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from support.servers import Server

from oxyde import Field, Model, PoolSettings, atomic, create_tables, db, execute_raw, get_connection
from oxyde.exceptions import OxydeError

POSTGRES = {
    "set": "SET search_path = pg_catalog",
    "set_config": "SELECT set_config('search_path', 'pg_catalog', false)",
    "cte": "WITH a AS (SELECT set_config('statement_timeout', '7s', false)) SELECT * FROM a",
    "quoted": "SELECT \"set_config\"('statement_timeout', '7s', false)",
    "lock": "SELECT pg_advisory_lock(4242)::text",
    "temp table": "CREATE TEMP TABLE session_state_temp (x int)",
    "select into": "SELECT 1 AS x INTO TEMP session_state_temp",
    "function": "SELECT session_state_sets()",
    "insert": "INSERT INTO session_state_row (text) VALUES (session_state_sets()::text)",
    "role": "SET ROLE pg_monitor",
    "do": "DO $$ begin perform set_config('statement_timeout', '9s', false); end $$",
    "listen": "LISTEN session_state",
    "explain": "EXPLAIN ANALYZE SELECT set_config('statement_timeout', '8s', false)",
    "cursor": "DECLARE session_state_cursor CURSOR WITH HOLD FOR SELECT 1",
    "prepare": "PREPARE session_state_plan AS SELECT 1",
}
MYSQL = {
    "time zone": "SET time_zone = '+09:00'",
    "sql mode": "SET sql_mode = ''",
    "variable": "SELECT @session_state := 5 AS y",
    "into variable": "SELECT 7 INTO @session_state",
    "lock": "SELECT GET_LOCK('session_state', 1) AS y",
    "temp table": "CREATE TEMPORARY TABLE session_state_temp (x int)",
    "procedure": "CALL session_state_sets()",
    "use": "USE information_schema",
    "autocommit": "SET autocommit = 0",
    "isolation": "SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE",
}
SQLITE = {
    "foreign keys": "PRAGMA foreign_keys = OFF",
    "query only": "PRAGMA query_only = ON",
    "temp table": "CREATE TEMP TABLE session_state_temp (x int)",
    "attach": "ATTACH ':memory:' AS session_state",
}
STATE = {
    "postgres": [
        "SELECT current_setting('search_path') || current_setting('statement_timeout') AS x",
        "SELECT count(*) AS x FROM pg_locks WHERE locktype = 'advisory' AND objid = 4242",
        "SELECT count(*) AS x FROM pg_class WHERE relname = 'session_state_temp'",
        "SELECT current_user::text AS x",
        "SELECT count(*) AS x FROM pg_listening_channels()",
        "SELECT count(*) AS x FROM pg_cursors WHERE name LIKE 'session_state%'",
        "SELECT count(*) AS x FROM pg_prepared_statements WHERE name LIKE 'session_state%'",
    ],
    "mysql": [
        "SELECT CONCAT(@@session.time_zone, @@session.sql_mode, @@session.autocommit) AS x",
        "SELECT @session_state AS x",
        "SELECT IS_USED_LOCK('session_state') AS x",
        "SELECT COUNT(*) AS x FROM session_state_temp",
        "SELECT DATABASE() AS x",
    ],
    "sqlite": [
        "SELECT foreign_keys AS x FROM pragma_foreign_keys",
        "SELECT query_only AS x FROM pragma_query_only",
        "SELECT count(*) AS x FROM sqlite_temp_master",
        "SELECT count(*) AS x FROM pragma_database_list",
    ],
}
ISOLATION = {
    "mysql": "SELECT @@session.transaction_isolation AS x",
    "mariadb": "SELECT @@session.tx_isolation AS x",
}


class Row(Model):
    class Meta:
        is_table = True
        table_name = "session_state_row"

    id: int | None = Field(default=None, db_pk=True)
    text: str = Field(max_length=20)


@pytest.fixture
async def single(url: str, server: Server) -> AsyncIterator[Server]:
    """A pool with one connection, which each user gets in turn."""
    await db.init(url, settings=PoolSettings(max_connections=1))
    await create_tables(models=[Row])
    routine = {
        "postgres": "CREATE FUNCTION session_state_sets() RETURNS int LANGUAGE plpgsql AS "
        "'begin perform set_config(''statement_timeout'', ''5s'', false); return 1; end'",
        "sqlite": "",
    }.get(server.flavour, "CREATE PROCEDURE session_state_sets() SET SESSION sql_mode = ''")
    if routine:
        server.execute(routine)
    yield server
    if routine:
        kind = "FUNCTION" if server.flavour == "postgres" else "PROCEDURE"
        server.execute(f"DROP {kind} session_state_sets")
    await db.drop_tables(models=[Row])
    await db.close()


async def state(flavour: str) -> list[object]:
    """What the next user of the connection finds."""
    found: list[object] = []
    questions = [*STATE["mysql" if flavour == "mariadb" else flavour]]
    if flavour in ISOLATION:
        questions.append(ISOLATION[flavour])
    for question in questions:
        try:
            found.append((await execute_raw(question))[0]["x"])
        except OxydeError as error:
            found.append(type(error).__name__)
    return found


@pytest.mark.parametrize(
    "how", ["alone", "in a block", "in a nested block", "in a rolled back block"]
)
async def test_the_next_user_gets_a_clean_session(single: Server, how: str) -> None:
    statements = {"postgres": POSTGRES, "sqlite": SQLITE}.get(single.flavour, MYSQL)
    clean = await state(single.flavour)
    for name, statement in statements.items():
        if how == "alone":
            await execute_raw(statement)
        else:
            async with atomic() as block:
                block.set_rollback(how == "in a rolled back block")
                if how == "in a nested block":
                    async with atomic():
                        await execute_raw(statement)
                else:
                    await execute_raw(statement)
        assert await state(single.flavour) == clean, f"{name} {how}"
        assert get_connection().status()["size"] <= 1


async def test_a_refused_statement_leaves_nothing(single: Server) -> None:
    broken = {
        "postgres": "SELECT pg_advisory_lock(4242)::text, 1 / (random() * 0)::int",
        "sqlite": "SELECT * FROM missing",
    }.get(
        single.flavour, "SELECT @session_state := 5 AS y, CAST((SELECT 1 UNION SELECT 2) AS CHAR)"
    )
    clean = await state(single.flavour)
    with pytest.raises(OxydeError):
        await execute_raw(broken)
    assert await state(single.flavour) == clean


@pytest.mark.databases("postgres", "mysql", "mariadb")
async def test_plain_statements_keep_the_connection(single: Server) -> None:
    number = {"postgres": "pg_backend_pid()"}.get(single.flavour, "CONNECTION_ID()")
    [before] = await execute_raw(f"SELECT {number} AS x")
    placeholder = "$1" if single.flavour == "postgres" else "?"
    await execute_raw(f"INSERT INTO session_state_row (text) VALUES ({placeholder})", ["a"])
    assert await execute_raw("SELECT COUNT(*) AS n FROM session_state_row") == [{"n": 1}]
    async with atomic():
        await execute_raw("SAVEPOINT own")
        await execute_raw("UPDATE session_state_row SET text = 'b'")
        await execute_raw("ROLLBACK TO SAVEPOINT own")
    await execute_raw("DELETE FROM session_state_row WHERE text IN ('a', 'b')")
    assert await execute_raw(f"SELECT {number} AS x") == [before]


@pytest.mark.databases("postgres")
async def test_a_reset_keeps_the_connection(single: Server) -> None:
    [before] = await execute_raw("SELECT pg_backend_pid() AS x")
    for _ in range(3):
        await execute_raw("SELECT set_config('search_path', 'pg_catalog', false)")
        await Row.objects.create(text="x")
    assert await Row.objects.count() == 3
    assert await execute_raw("SELECT pg_backend_pid() AS x") == [before]
