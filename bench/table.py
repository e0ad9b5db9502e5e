"""Tables as aligned text."""

from __future__ import annotations


def aligned(lines: list[list[str]], *, ruled: bool = False) -> list[str]:
    """Align cells in columns, the first one left-aligned; `ruled` adds a line below the header."""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    text = []
    for line in lines:
        cells = [line[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)]
        text.append("  ".join(cells).rstrip())
    if ruled:
        text.insert(1, "  ".join("─" * width for width in widths))
    return text
