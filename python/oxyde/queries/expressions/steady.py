"""Expressions that are the same in all rows.

In ORDER BY, GROUP BY and PARTITION BY some databases read them as column numbers, or refuse them.
"""

from __future__ import annotations

__all__ = ["is_constant"]

# Nodes that may differ between rows.
_VARIES = frozenset(
    {"column", "subquery", "exists", "in_select", "aggregate", "window", "search", "raw"}
)


def is_constant(node: object) -> bool:
    """Whether an expression of the IR has one value for all rows."""
    if isinstance(node, list):
        return all(map(is_constant, node))
    if not isinstance(node, dict):
        return True
    if len(node) == 1:
        name = next(iter(node))
        if name in _VARIES:
            return False
        if name == "function" and node[name]["name"] == "random":
            return False
    return all(map(is_constant, node.values()))
