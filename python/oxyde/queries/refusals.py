"""Errors about rows say which model they are of: the driver knows tables only."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from oxyde.exceptions import IntegrityError

__all__ = ["refusals_of"]


@contextlib.contextmanager
def refusals_of(model: type[Any]) -> Iterator[None]:
    """Put the model into an `IntegrityError` that is raised inside."""
    try:
        yield
    except IntegrityError as error:
        if error.model is None:
            error.model = model
        raise
