"""Positions in the log of a primary: what a replica must have replayed to show a write."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from oxyde.exceptions import OxydeError

__all__ = ["GtidList", "GtidSet", "Position", "WalPosition", "position_of_text"]

_WAL = re.compile(r"([0-9A-F]{1,8})/([0-9A-F]{1,8})", re.ASCII | re.IGNORECASE)
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII)
_TAG = re.compile(r"[a-z_][a-z0-9_]{0,31}", re.ASCII)
_INTERVAL = re.compile(r"(\d{1,19})(?:-(\d{1,19}))?", re.ASCII)
_GTID = re.compile(r"(\d{1,10})-(\d{1,10})-(\d{1,20})", re.ASCII)


@dataclass(frozen=True, slots=True)
class WalPosition:
    """A position in PostgreSQL's write-ahead log.

    Attributes:
        lsn: the number of bytes before it.
    """

    lsn: int

    def __str__(self) -> str:
        return f"{self.lsn >> 32:X}/{self.lsn & 0xFFFF_FFFF:X}"

    def includes(self, other: Position) -> bool:
        """Whether a server that has come here has what is before the other position."""
        return isinstance(other, WalPosition) and self.lsn >= other.lsn

    def joined(self, other: Position) -> Position:
        """The position that includes both."""
        return self if self.includes(other) else other


Intervals: TypeAlias = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class GtidSet:
    """The transactions that a server of MySQL, or a node of Galera, has.

    Attributes:
        intervals: the first and last numbers, in order, by the server's UUID (with the tag, if
            there is one).
    """

    intervals: Mapping[str, Intervals]

    def __str__(self) -> str:
        return ",".join(
            [
                ":".join([source, *(f"{low}-{high}" for low, high in ranges)])
                for source, ranges in self.intervals.items()
            ]
        )

    def includes(self, other: Position) -> bool:
        """Whether it has all transactions of the other set."""
        return isinstance(other, GtidSet) and all(
            _covers(self.intervals.get(source, ()), ranges)
            for source, ranges in other.intervals.items()
        )

    def joined(self, other: Position) -> Position:
        """The transactions of both."""
        if not isinstance(other, GtidSet) or self.includes(other):
            return self
        sources = {**self.intervals, **other.intervals}
        return GtidSet(
            {
                source: _merged((*self.intervals.get(source, ()), *other.intervals.get(source, ())))
                for source in sources
            }
        )


def _covers(ours: Intervals, theirs: Intervals) -> bool:
    return all(any(low <= first and last <= high for low, high in ours) for first, last in theirs)


def _merged(ranges: Intervals) -> Intervals:
    found: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if found and low <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], high))
        else:
            found.append((low, high))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class GtidList:
    """The newest transactions that a server of MariaDB has.

    Attributes:
        newest: the server that wrote it, and its number, by domain.
    """

    newest: Mapping[int, tuple[int, int]]

    def __str__(self) -> str:
        return ",".join(
            [f"{domain}-{server}-{number}" for domain, (server, number) in self.newest.items()]
        )

    def includes(self, other: Position) -> bool:
        """Whether it has come, in each domain, as far as the other one."""
        return isinstance(other, GtidList) and all(
            domain in self.newest and self.newest[domain][1] >= number
            for domain, (_, number) in other.newest.items()
        )

    def joined(self, other: Position) -> Position:
        """The newer one of each domain."""
        if not isinstance(other, GtidList):
            return self
        newest = dict(self.newest)
        for domain, (server, number) in other.newest.items():
            if domain not in newest or newest[domain][1] < number:
                newest[domain] = (server, number)
        return GtidList(newest)


Position: TypeAlias = WalPosition | GtidSet | GtidList


def _wal(text: str) -> WalPosition | None:
    found = _WAL.fullmatch(text)
    return None if found is None else WalPosition(int(found[1], 16) << 32 | int(found[2], 16))


def _gtid_list(text: str) -> GtidList | None:
    newest: dict[int, tuple[int, int]] = {}
    for part in text.split(","):
        found = _GTID.fullmatch(part.strip())
        if found is None:
            return None
        domain, server, number = int(found[1]), int(found[2]), int(found[3])
        if domain not in newest or newest[domain][1] < number:
            newest[domain] = (server, number)
    return GtidList(newest)


def _gtid_set(text: str) -> GtidSet | None:
    sources: dict[str, list[tuple[int, int]]] = {}
    for part in text.split(","):
        uuid, *items = [item.strip().lower() for item in part.split(":")]
        if not _UUID.fullmatch(uuid) or not items:
            return None
        source = uuid
        for item in items:
            interval = _INTERVAL.fullmatch(item)
            if interval is not None:
                low = int(interval[1])
                high = low if interval[2] is None else int(interval[2])
                if not 0 < low <= high:
                    return None
                sources.setdefault(source, []).append((low, high))
            elif _TAG.fullmatch(item):
                source = f"{uuid}:{item}"
            else:
                return None
    if not sources:
        return None
    return GtidSet({source: _merged(tuple(ranges)) for source, ranges in sources.items()})


def _mariadb(text: str) -> GtidSet | GtidList | None:
    # A position in a Galera cluster has its UUID.
    return _gtid_set(text) if ":" in text else _gtid_list(text)


_READERS: Final[Mapping[str, Callable[[str], Position | None]]] = {
    "postgres": _wal,
    "mysql": _gtid_set,
    "mariadb": _mariadb,
}


def position_of_text(dialect: str, text: str) -> Position:
    """The position that a server of this dialect means by a text.

    Raises:
        OxydeError: it is not the position of such a server.
    """
    reader = _READERS.get(dialect)
    found = None if reader is None else reader(text)
    if found is None:
        raise OxydeError(f"{text!r:.80} is not a position of {dialect}")
    return found
