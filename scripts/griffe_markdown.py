"""An extension of griffe, for the API reference: docstrings introduce code by `::`, and Markdown
by `:`."""

from __future__ import annotations

import re
from typing import Any

import griffe


class Markdown(griffe.Extension):
    """Rewrites docstrings for Markdown."""

    def on_object(self, *, obj: griffe.Object, **arguments: Any) -> None:
        """Make `text::` before an indented block `text:`."""
        if obj.docstring is not None:
            obj.docstring.value = re.sub(r"::$", ":", obj.docstring.value, flags=re.MULTILINE)
