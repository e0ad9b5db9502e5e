"""TechEmpower's tests: their paths, and whether an answer is right."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from operator import itemgetter

from bench.web.rows import ADDED, FORTUNES, WORLDS, random_number

COUNT = 20


@dataclass(frozen=True)
class Test:
    """A test.

    Attributes:
        name: its name on the command line.
        title: its title in the table.
        path: what is requested.
        target: the least requests per second, divided by asyncpg's.
        right: whether a body is the right answer.
        writes: whether it changes the rows.
    """

    name: str
    title: str
    path: str
    target: float
    right: Callable[[bytes], bool]
    writes: bool = False


def is_greeting(body: bytes) -> bool:
    """The message of the test `json`."""
    return bool(json.loads(body) == {"message": "Hello, World!"})


def is_world(body: bytes) -> bool:
    """A stored world."""
    found = json.loads(body)
    return bool(found == {"id": found["id"], "randomNumber": random_number(found["id"])})


def are_worlds(body: bytes) -> bool:
    """Different stored worlds."""
    found = json.loads(body)
    keys = {each["id"] for each in found}
    return len(keys) == len(found) == COUNT and all(
        is_world(json.dumps(each).encode()) for each in found
    )


def are_new_worlds(body: bytes) -> bool:
    """Different worlds with any random numbers; the runner compares them with what is stored."""
    found = json.loads(body)
    keys = {each["id"] for each in found}
    return len(keys) == len(found) == COUNT and all(
        each.keys() == {"id", "randomNumber"} and 1 <= each["randomNumber"] <= WORLDS
        for each in found
    )


def is_page(body: bytes) -> bool:
    """The sorted and escaped fortunes, with the one that was added."""
    page = body.decode()
    found = re.findall(r"<tr><td>(\d+)</td><td>(.*)</td></tr>", page)
    shown = [(int(key), html.unescape(message)) for key, message in found]
    fortunes = [*enumerate(FORTUNES, 1), (0, ADDED)]
    return "<script>" not in page and shown == sorted(fortunes, key=itemgetter(1))


TESTS = (
    Test("json", "JSON", "/json", 1.0, is_greeting),
    Test("db", "one query", "/db", 1.15, is_world),
    Test("queries", f"{COUNT} queries", f"/queries?n={COUNT}", 1.15, are_worlds),
    Test("fortunes", "fortunes", "/fortunes", 1.3, is_page),
    Test("updates", f"{COUNT} updates", f"/updates?n={COUNT}", 1.1, are_new_worlds, writes=True),
)
