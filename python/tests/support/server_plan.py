"""The plan that a server chose for a statement: how it reads each table."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from oxyde import execute_raw


@dataclass(frozen=True)
class Access:
    """How a table is read.

    Attributes:
        table: its name, or its alias in the statement.
        index: the index that is read, if one is.
        whole: whether each row is read.
    """

    table: str
    index: str | None
    whole: bool


@dataclass(frozen=True)
class ServerPlan:
    """How a server runs a statement.

    Attributes:
        sql: the statement.
        accesses: the tables that it reads, in the server's order.
        text: the server's own words.
    """

    sql: str
    accesses: tuple[Access, ...]
    text: str

    def whole(self) -> set[str]:
        """The tables of which each row is read; a list of values is none."""
        return {each.table for each in self.accesses if each.whole} - {"l0", "json_each"}

    def tables(self) -> list[str]:
        """The tables that are read, in order."""
        return [each.table for each in self.accesses]


async def explained(flavour: str, sql: str, values: list[Any]) -> ServerPlan:
    """The plan of a statement."""
    match flavour:
        case "postgres":
            rows = await execute_raw(f"EXPLAIN (FORMAT JSON) {sql}", values)
            tree = rows[0]["QUERY PLAN"]
            tree = json.loads(tree) if isinstance(tree, str) else tree
            found = _postgres(tree[0]["Plan"])
        case "sqlite":
            rows = await execute_raw(f"EXPLAIN QUERY PLAN {sql}", values)
            tree = [row["detail"] for row in rows]
            found = _sqlite(tree)
        case _:
            form = " FORMAT=TRADITIONAL" if flavour == "mysql" else ""
            tree = await execute_raw(f"EXPLAIN{form} {sql}", values)
            found = _mysql(tree)
    return ServerPlan(sql, tuple(found), json.dumps(tree, default=str, indent=1))


def _postgres(node: dict[str, Any]) -> Iterator[Access]:
    if node["Node Type"] == "Seq Scan":
        yield Access(node["Alias"], None, whole=True)
    elif node["Node Type"] == "Bitmap Heap Scan":
        inner = [each for each in node["Plans"] if "Index Name" in each]
        yield Access(node["Alias"], inner[0]["Index Name"] if inner else None, whole=False)
    elif "Index Name" in node and "Alias" in node:
        searched = "Index Cond" in node or "Filter" not in node
        yield Access(node["Alias"], node["Index Name"], whole=not searched)
    for each in node.get("Plans", []):
        yield from _postgres(each)


def _sqlite(lines: list[str]) -> Iterator[Access]:
    for line in lines:
        found = re.match(r"(SCAN|SEARCH) (\S+)(?:.* INDEX (\S+)|.* (INTEGER PRIMARY KEY))?", line)
        if found is not None and not line.startswith("SCAN CONSTANT"):
            yield Access(found[2], found[3] or found[4], whole=found[1] == "SCAN")


def _mysql(rows: list[dict[str, Any]]) -> Iterator[Access]:
    for row in rows:
        table, how = row["table"], row["type"]
        if table is not None and not table.startswith("<"):
            yield Access(table, row["key"], whole=how in ("ALL", "index"))
