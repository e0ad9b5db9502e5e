"""The exceptions, with the status that FastAPI's handlers answer and whether to try again."""

from __future__ import annotations

import inspect
import logging
import re
from collections.abc import Callable, Iterator
from typing import Any, cast

from pydantic import TypeAdapter, ValidationError
from scripts.reference.options import cell

from oxyde import exceptions as home
from oxyde.contrib.fastapi import response_to
from oxyde.exceptions import OxydeError, RowValidationError, StaleObjectError, StaleRow


def example(kind: type[OxydeError]) -> OxydeError:
    """An error of the class."""
    if issubclass(kind, StaleObjectError):
        return kind(rows=[StaleRow({"id": 1}, 1, 2)])
    if issubclass(kind, RowValidationError):
        try:
            TypeAdapter(int).validate_python("x")
        except ValidationError as error:
            return kind(model=int, key={}, validation_error=error)
    made: Callable[[str], OxydeError] = cast("Any", kind)
    return made("…")


def classes(base: type[OxydeError]) -> Iterator[type[OxydeError]]:
    """A class and those below it, as the docstring of the module draws them."""
    yield base
    for each in base.__subclasses__():
        if each.__module__ == home.__name__:
            yield from classes(each)


def lines() -> Iterator[str]:
    """The lines of the table."""
    yield "| Exception | is a | Status | Retryable | |"
    yield "|---|---|---|---|---|"
    for kind in classes(OxydeError):
        error = example(kind)
        response = response_to(error)
        status = 500 if response is None else response.status_code
        first = re.split(r"(?<=[.:])\s|\n\n", inspect.getdoc(kind) or "", maxsplit=1)[0]
        about = re.sub(r"\s+", " ", first).rstrip(":.")
        base = "" if kind is OxydeError else f"`{kind.__bases__[0].__name__}`"
        again = "yes" if error.retryable else ""
        yield f"| `{kind.__name__}` | {base} | {status} | {again} | {cell(about)} |"


def exceptions() -> str:
    """The table of all exceptions."""
    logging.getLogger("oxyde.contrib.fastapi").disabled = True
    return "\n".join(lines())
