"""Paths into JSON documents: `data__address__city`, `data__list__0`, `data__"a key"`."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from oxyde.queries.ir.depth import MAX_DEPTH, too_deep
from oxyde.queries.lookups.table import JSON_LOOKUPS

if TYPE_CHECKING:
    from oxyde import _ir

__all__ = ["Member", "Path", "Step", "as_written", "ir_path", "parse_path", "split_parts"]


class Member(NamedTuple):
    """A number in a path: an object key or a list index, depending on the container."""

    number: int


# A key, an index, or a number that may be either.
Step: TypeAlias = str | int | Member
Path: TypeAlias = tuple[Step, ...]

_LARGEST = 2**31
_INDEX = re.compile(r"\[(-?\d{1,9})\]", re.ASCII)
_PLAIN = re.compile(r"[A-Za-z](_?[A-Za-z0-9])*", re.ASCII)
_decode = json.JSONDecoder().raw_decode


def split_parts(path: str) -> list[str]:
    """Split a path. A part in double quotes may contain `__`.

    Raises:
        FieldError: it has more parts than a statement may have levels.
    """
    parts = _split(path)
    if len(parts) > MAX_DEPTH:
        raise too_deep()
    return parts


def _split(path: str) -> list[str]:
    if '"' not in path:
        return path.split("__")
    parts: list[str] = []
    start = 0
    while True:
        end = -1
        if path.startswith('"', start):
            end = _end_of_text(path, start)
        if end < 0:
            end = path.find("__", start)
            if end < 0:
                end = len(path)
        parts.append(path[start:end])
        if end == len(path):
            return parts
        start = end + 2


def _end_of_text(path: str, start: int) -> int:
    try:
        _, end = _decode(path, start)
    except ValueError:
        return -1
    return end if end == len(path) or path.startswith("__", end) else -1


def parse_path(parts: list[str]) -> Path:
    """The steps that the parts of a path name."""
    return tuple([_step(part) for part in parts])


def _step(part: str) -> Step:
    if part.isascii() and part.isdigit():
        number = int(part) if len(part) <= 10 else _LARGEST
        # A number with leading zeros, or too large for an index, is a key.
        return Member(number) if number < _LARGEST and str(number) == part else part
    if part.startswith('"') and _end_of_text(part, 0) == len(part):
        key: str = json.loads(part)
        return key
    index = _INDEX.fullmatch(part)
    return int(index[1]) if index else part


def as_written(step: str | int) -> str:
    """Quote a key or an index so that it has no other meaning in a path."""
    if isinstance(step, int):
        return f"[{step}]"
    if _PLAIN.fullmatch(step) and step not in JSON_LOOKUPS:
        return step
    return json.dumps(step, ensure_ascii=False)


def ir_path(path: Path, lists: Collection[Path] = ()) -> list[_ir.PathItem]:
    """The steps of the IR.

    Args:
        path: the steps.
        lists: the paths where an update creates a list, not an object.
    """
    steps: list[_ir.PathItem] = []
    for position, step in enumerate(path):
        if isinstance(step, Member):
            made = path[:position] in lists
            steps.append({"member": {"number": step.number, "list": made}})
        else:
            steps.append({"index": step} if isinstance(step, int) else {"key": step})
    return steps
