"""The SQL of a page and the database's plan for it."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from oxyde import atomic
from oxyde.exceptions import OxydeError

__all__ = ["Statement", "statement_of"]

# What stands in quotes is not broken; the words begin a line each.
_PARTS = re.compile(r"""("(?:[^"]|"")*"|'(?:[^']|'')*'|`(?:[^`]|``)*`)""")
_WORDS = re.compile(r" (?=(?:FROM|LEFT JOIN|INNER JOIN|WHERE|ORDER BY|LIMIT|OFFSET|GROUP BY)\b)")
_LONGEST = 200


class Statement(NamedTuple):
    """A statement of the page.

    Attributes:
        sql: its SQL, on several lines.
        parameters: its values, as text.
        plan: the database's plan, or why there is none.
    """

    sql: str
    parameters: list[str]
    plan: str


async def statement_of(query: Any, client: Any) -> Statement:
    """The SQL and the plan of a query, which is not run."""
    sql, parameters = query.client(client).sql()
    try:
        async with atomic(client=client, read_only=True) as block:
            plan = await query.client(block).explain()
    except OxydeError as error:
        plan = str(error)
    return Statement(_lines(sql), [repr(value)[:_LONGEST] for value in parameters], plan)


def _lines(sql: str) -> str:
    parts = _PARTS.split(sql)
    return "".join(part if at % 2 else _WORDS.sub("\n", part) for at, part in enumerate(parts))
