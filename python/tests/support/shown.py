"""Whether what a page shows is what a program prints."""

from __future__ import annotations

import re

# The title of a block with the output of the one before it.
OUTPUT = "output"
# The last line of a command on several databases, of which each reports when it is done.
SEVERAL = re.compile(r"^\d+ databases: ", re.MULTILINE)


def agrees(shown: str, printed: str) -> bool:
    """Whether a page shows what was printed; `…` on the page is any text."""
    pattern = re.escape(steady(shown)).replace("…", ".*")
    return re.fullmatch(pattern, steady(printed), re.DOTALL) is not None


def steady(text: str) -> str:
    """A text without what differs from run to run: times, and the order of several databases."""
    text = re.sub(r"\d+(\.\d+)? ms", "N ms", text)
    text = re.sub(r"\d+\.\d+s", "N s", text)
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "TIME", text)
    lines = [line.rstrip() for line in text.strip().splitlines()]
    return "\n".join(sorted(lines) if SEVERAL.search(text) else lines)
