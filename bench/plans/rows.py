"""Fills the tables: the server makes the rows, the same on each database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bench.plans.case import AUTHORS, MARIADB, MYSQL, POSTGRES, SQLITE, TAGS
from oxyde import atomic, execute_raw

# Every tenth post belongs to one of the first authors, so that the authors' counts differ.
POPULAR = 100
TABLES = ("author", "tag", "post", "post_tag", "comment", "item", "document", "note")
# The tables whose keys the database counts up.
COUNTED = tuple(table for table in TABLES if table != "post_tag")
RECURSION = {MYSQL: "cte_max_recursion_depth", MARIADB: "max_recursive_iterations"}


@dataclass(frozen=True)
class Words:
    """How one database writes what differs. `g` is the number of the row."""

    moment: str
    day: str
    document: str
    joined: str
    half: str


_DAYS = "(g * 37 % 10000)"
_SECONDS = "(g % 86400)"
_MYSQL = Words(
    moment=f"TIMESTAMPADD(SECOND, {_SECONDS}, DATE_ADD('2000-01-01', INTERVAL {_DAYS} DAY))",
    day=f"DATE_ADD('2000-01-01', INTERVAL {_DAYS} DAY)",
    document="JSON_OBJECT('a', JSON_OBJECT('b', g % 5000), 'kind', CONCAT('kind', g % 7))",
    joined="CONCAT({}, {})",
    half="g DIV 10",
)
WORDS = {
    POSTGRES: Words(
        moment=f"timestamp '2000-01-01' + {_DAYS} * interval '1 day' + {_SECONDS} * interval '1 s'",
        day=f"date '2000-01-01' + {_DAYS}",
        document="jsonb_build_object('a', jsonb_build_object('b', g % 5000),"
        " 'kind', 'kind' || (g % 7))",
        joined="{} || {}",
        half="g / 10",
    ),
    SQLITE: Words(
        moment="strftime('%Y-%m-%d %H:%M:%S',"
        f" 946684800 + {_DAYS} * 86400 + {_SECONDS}, 'unixepoch')",
        day=f"date(946684800 + {_DAYS} * 86400, 'unixepoch')",
        document="json_object('a', json_object('b', g % 5000), 'kind', 'kind' || (g % 7))",
        joined="{} || {}",
        half="g / 10",
    ),
    MYSQL: _MYSQL,
    MARIADB: _MYSQL,
}


async def fill(kind: str, rows: int) -> None:
    """Insert the rows of all tables and collect the planner's statistics."""
    async with atomic():
        if variable := RECURSION.get(kind):
            await execute_raw(f"SET SESSION {variable} = 100000000")
        for statement in inserts(kind, rows):
            await execute_raw(statement)
        for table in COUNTED if kind == POSTGRES else ():
            await execute_raw(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), MAX(id)) FROM {table}"
            )
    await analyze(kind)


async def analyze(kind: str) -> None:
    """Collect statistics; on PostgreSQL also remove the rows that rolled back writes left."""
    if kind == SQLITE:
        await execute_raw("ANALYZE")
    for table in TABLES if kind != SQLITE else ():
        await execute_raw(
            f"VACUUM ANALYZE {table}" if kind == POSTGRES else f"ANALYZE TABLE {table}"
        )


def inserts(kind: str, rows: int) -> Iterator[str]:
    """One INSERT per table."""
    words = WORDS[kind]

    def text(prefix: str, number: str = "g") -> str:
        return words.joined.format(f"'{prefix}'", f"({number})")

    def insert(table: str, columns: str, count: int, values: str) -> str:
        series = (
            f"WITH RECURSIVE s(g) AS (SELECT 1 UNION ALL SELECT g + 1 FROM s WHERE g < {count})"
        )
        into = f"INSERT INTO {table} ({columns})"
        if kind == POSTGRES:
            return f"{into} SELECT {values} FROM generate_series(1, {count}) g"
        if kind == SQLITE:
            return f"{series} {into} SELECT {values} FROM s"
        return f"{into} {series} SELECT {values} FROM s"

    author = f"CASE WHEN g % 10 = 0 THEN 1 + {words.half} % {POPULAR} ELSE 1 + g % {AUTHORS} END"
    yield insert("author", "id, name", AUTHORS, f"g, {text('name')}")
    yield insert("tag", "id, name", TAGS, f"g, {text('tag')}")
    yield insert(
        "post",
        "id, title, views, created, day, author_id, editor_id",
        rows,
        f"g, {text('title')}, g % 1000, {words.moment}, {words.day}, {author},"
        f" CASE WHEN g % 3 = 0 THEN 1 + g % {AUTHORS} END",
    )
    for offset in (0, 37):
        yield insert("post_tag", "post_id, tag_id", rows, f"g, 1 + (g + {offset}) % {TAGS}")
    yield insert("comment", "id, stars, post_id", rows, f"g, g % 5, 1 + g * 7 % {rows}")
    yield insert("item", "id, code, stock", rows // 3, f"g, {text('code')}, g % 100")
    yield insert("document", "id, data", rows // 3, f"g, {words.document}")
    body = words.joined.format(text("alpha word", "g % 997"), text(" beta rare", "g % 4999"))
    yield insert(
        "note",
        "id, title, body",
        rows // 10,
        f"g, {text('note')}, {body}",
    )
