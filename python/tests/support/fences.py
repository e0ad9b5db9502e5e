"""The fenced blocks of a Markdown page: of which section they are, and what they contain."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

OPENING = re.compile(r"^( *)```(\w*)(?: title=\"([^\"]+)\")?$")
HEADING = re.compile(r"^#+ (.+)$")


@dataclass(frozen=True)
class Fence:
    """A block of a page.

    Attributes:
        line: the number of the line that opens it, from 1.
        section: the heading above it, as in an anchor: `data_steps`.
        language: what follows the opening backticks, or an empty string.
        title: the title of the block, or None.
        text: its lines, each with a line feed, without the indentation of the block.
    """

    line: int
    section: str
    language: str
    title: str | None
    text: str


def fences(page: Path) -> Iterator[Fence]:
    """The blocks of a page, in order.

    Raises:
        ValueError: a block is not closed, or its first line has an unknown form.
    """
    section = ""
    lines = enumerate(page.read_text(encoding="utf-8").splitlines(keepends=True), 1)
    for number, line in lines:
        if heading := HEADING.match(line):
            section = "_".join(re.findall(r"\w+", heading[1].lower()))
        if not line.lstrip().startswith("```"):
            continue
        opening = OPENING.match(line)
        if opening is None:
            raise ValueError(f"{page}:{number}: {line.strip()}")
        text = []
        for _, inner in lines:
            if inner.strip() == "```":
                break
            text.append(inner.removeprefix(opening[1]))
        else:
            raise ValueError(f"{page}:{number}: the block is not closed")
        yield Fence(number, section, opening[2], opening[3], "".join(text))
