"""An extension of griffe, for the API reference: docstrings introduce code by `::`, and Markdown
by `:`; a drawn tree is code."""

from __future__ import annotations

import re
from typing import Any

import griffe


def as_markdown(docstring: str) -> str:
    """A docstring whose code is Markdown's."""
    parts = re.sub(r"::$", ":", docstring, flags=re.MULTILINE).split("\n\n")
    return "\n\n".join(f"```text\n{part}\n```" if "├──" in part else part for part in parts)


class Markdown(griffe.Extension):
    """Rewrites docstrings for Markdown."""

    def on_object(self, *, obj: griffe.Object, **arguments: Any) -> None:
        """Rewrite the docstring of a module, class, function or attribute."""
        if obj.docstring is not None:
            obj.docstring.value = as_markdown(obj.docstring.value)
