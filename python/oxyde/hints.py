"""What messages say besides the fault: the name that was meant, and what a type is called."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from oxyde.exceptions import OxydeError

__all__ = ["did_you_mean", "hint_for", "leave_out_await", "type_name"]

# `await` before a call or a name with dots, and `async` before a statement: code, not prose.
_AWAIT = re.compile(r"\bawait (?=[\w.]+[(.])|\basync (?=with\b|for\b|def\b)")


def did_you_mean(name: str, candidates: Iterable[str]) -> str | None:
    """A `did you mean …?`; None when no name is near."""
    near = difflib.get_close_matches(name, candidates, n=1)
    return f"did you mean `{near[0]}`?" if near else None


def hint_for(name: str, candidates: Iterable[str]) -> str | None:
    """A `did you mean …?`, or the names that there are when none is near."""
    known = sorted(set(candidates))
    near = did_you_mean(name, known)
    if near is None and known and len(known) <= 40:
        return f"available: {', '.join(known)}"
    return near


def type_name(annotation: object) -> str:
    """How an annotation is called in messages: `int`, `str | None`."""
    if isinstance(annotation, type) and not hasattr(annotation, "__origin__"):
        return annotation.__name__
    return str(annotation).replace("typing.", "")


def leave_out_await(error: OxydeError) -> None:
    """Leave `await` and `async` out of the code in an error's hint: hints are written for the async
    form, and the error was raised in a call of `oxyde.sync`."""
    if error.hint:
        error.hint = _AWAIT.sub("", error.hint)
