"""Errors about rows say which model they are of, and its columns: the driver knows only what the
database says, which on MySQL is no more than the name of a constraint."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from oxyde.exceptions import IntegrityError

if TYPE_CHECKING:
    from oxyde.db.meta import ModelMeta

__all__ = ["refusals_of"]


@contextlib.contextmanager
def refusals_of(model: type[Any]) -> Iterator[None]:
    """Complete an `IntegrityError` that is raised inside."""
    try:
        yield
    except IntegrityError as error:
        if error.model is None:
            error.model = model
        if error.constraint is not None and not error.columns:
            meta: ModelMeta = model._db_meta
            error.columns = meta.columns_of(error.constraint)
            if error.columns and error.table is None:
                error.table = meta.table_name
        raise
