"""Empty tables after a test that committed, fast, and restore what was there before all tests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from oxyde.db.executor import Executor

__all__ = ["Emptying"]

# The ledger of migrations and the copies of rows stay as they are.
_LEDGER = "oxyde_migrations"
_COPY = "oxyde_test_copy_"

_TABLES = {
    "postgres": "SELECT format('%I.%I', n.nspname, c.relname) AS name, NULL AS parent"
    " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition"
    " AND n.nspname !~ '^(pg_|information_schema)'",
    "sqlite": 'SELECT t.name AS name, k."table" AS parent FROM pragma_table_list t'
    " LEFT JOIN pragma_foreign_key_list(t.name) k"
    " WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
}
_TABLES["mysql"] = _TABLES["mariadb"] = (
    "SELECT table_name AS name, NULL AS parent FROM information_schema.tables"
    " WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'"
)
_STORED = {
    "postgres": "SELECT quote_ident(column_name) AS name FROM information_schema.columns"
    " WHERE format('%I.%I', table_schema, table_name) = {table} AND is_generated = 'NEVER'"
    " ORDER BY ordinal_position",
    "sqlite": "SELECT name FROM pragma_table_xinfo({table}) WHERE hidden = 0",
}
_STORED["mysql"] = _STORED["mariadb"] = (
    "SELECT column_name AS name FROM information_schema.columns"
    " WHERE table_schema = DATABASE() AND table_name = {table}"
    " AND COALESCE(generation_expression, '') = ''"
    " ORDER BY ordinal_position"
)
# Statements that let the keys of PostgreSQL's tables go on after the highest one.
_RESETTING = (
    "SELECT format('SELECT setval(%L, COALESCE((SELECT max(%I) FROM %I.%I), 0) + 1, false)',"
    " pg_get_serial_sequence(format('%I.%I', n.nspname, c.relname), a.attname),"
    " a.attname, n.nspname, c.relname) AS reset"
    " FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
    " JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped"
    " AND n.nspname !~ '^(pg_|information_schema)'"
    " AND pg_get_serial_sequence(format('%I.%I', n.nspname, c.relname), a.attname) IS NOT NULL"
)


class Emptying:
    """Restores the rows of a test database.

    Args:
        database: the database, outside of every test's transaction.
    """

    def __init__(self, database: Executor) -> None:
        self._database = database
        self._dialect = database.features.dialect
        # Table → where its rows were copied to, and the columns of both.
        self._copies: dict[str, tuple[str, str]] = {}

    async def note_rows(self) -> None:
        """Copy the rows that migrations and the project's `oxyde_seed` have written."""
        tables = await self._tables()
        for number, table in enumerate(await self._filled(tables)):
            copy = self._quoted(f"{_COPY}{number}")
            columns = ", ".join(await self._columns(table))
            await self._database.script(
                [
                    f"DROP TABLE IF EXISTS {copy}",
                    f"CREATE TABLE {copy} AS SELECT {columns} FROM {self._quoted(table)}",
                ]
            )
            self._copies[table] = (copy, columns)

    async def empty(self, *, reset_sequences: bool) -> None:
        """Remove all rows, and restore those that were noted."""
        tables = await self._tables()
        filled = await self._filled(tables)
        statements = self._removing(filled)
        # Parents come first.
        copied = [table for table in reversed(tables) if table in self._copies]
        statements += self._together([self._restoring(table) for table in copied])
        if reset_sequences:
            statements += await self._resetting(tables)
        if statements:
            await self._database.script(self._without_checks(statements))

    async def _tables(self) -> list[str]:
        """The tables, those that refer to others before these as far as that is possible."""
        parents: dict[str, set[str]] = {}
        for row in await self._rows(_TABLES[self._dialect]):
            name: str = row["name"]
            bare = name.rpartition(".")[2].strip('"')
            if bare == _LEDGER or bare.startswith(_COPY):
                continue
            found = parents.setdefault(name, set())
            if row["parent"] is not None and row["parent"] != name:
                found.add(row["parent"])
        try:
            ordered = list(TopologicalSorter(parents).static_order())
        except CycleError:
            return list(parents)
        return [name for name in reversed(ordered) if name in parents]

    async def _filled(self, tables: Iterable[str]) -> list[str]:
        """Those of the tables that have rows."""
        dual = "" if self._dialect in ("postgres", "sqlite") else " FROM dual"
        asked = [
            f"SELECT {at} AS number{dual} WHERE EXISTS (SELECT 1 FROM {self._quoted(table)})"
            for at, table in enumerate(tables)
        ]
        if not asked:
            return []
        rows = await self._rows(" UNION ALL ".join(asked))
        found = {row["number"] for row in rows}
        return [table for at, table in enumerate(tables) if at in found]

    async def _columns(self, table: str) -> list[str]:
        literal = "'" + table.replace("'", "''") + "'"
        rows = await self._rows(_STORED[self._dialect].format(table=literal))
        names = [row["name"] for row in rows]
        return names if self._dialect == "postgres" else [self._quoted(name) for name in names]

    def _removing(self, filled: Sequence[str]) -> list[str]:
        return self._together([f"DELETE FROM {self._quoted(table)}" for table in filled])

    async def _resetting(self, tables: Sequence[str]) -> list[str]:
        if self._dialect == "sqlite":
            there = "SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'"
            return ["DELETE FROM sqlite_sequence"] if await self._rows(there) else []
        if self._dialect == "postgres":
            return [row["reset"] for row in await self._rows(_RESETTING)]
        return [f"ALTER TABLE {self._quoted(table)} AUTO_INCREMENT = 1" for table in tables]

    def _restoring(self, table: str) -> str:
        copy, columns = self._copies[table]
        keeping = " OVERRIDING SYSTEM VALUE" if self._dialect == "postgres" else ""
        into = f"INSERT INTO {self._quoted(table)} ({columns})"
        return f"{into}{keeping} SELECT {columns} FROM {copy}"

    def _together(self, statements: Sequence[str]) -> list[str]:
        """On PostgreSQL one statement, since foreign keys are checked at its end."""
        if self._dialect != "postgres" or len(statements) < 2:
            return list(statements)
        parts = [f"x{at} AS ({statement})" for at, statement in enumerate(statements)]
        return [f"WITH {', '.join(parts)} SELECT 1"]

    def _without_checks(self, statements: list[str]) -> list[str]:
        if self._dialect == "sqlite":
            return ["PRAGMA defer_foreign_keys = ON", *statements]
        if self._dialect == "postgres":
            return statements
        off, on = (f"SET SESSION foreign_key_checks = {value}" for value in (0, 1))
        return [off, *statements, on]

    def _quoted(self, name: str) -> str:
        if self._dialect == "postgres":
            return name  # the catalogue quotes it
        mark = '"' if self._dialect == "sqlite" else "`"
        return mark + name.replace(mark, mark * 2) + mark

    async def _rows(self, sql: str) -> list[dict[str, Any]]:
        found = await self._database.fetch_raw(sql, (), ())
        return found.values(None).value()
