"""What to call instead of a query that is repeated with another key each time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oxyde.models.registry import iter_tables

if TYPE_CHECKING:
    from oxyde._meta import ModelMeta
    from oxyde.observe.statement import Statement

__all__ = ["advice_for"]


def advice_for(statement: Statement) -> str | None:
    """The `join()` or `prefetch()` that fetches the rows together; None if the statement does not
    look up rows by a key."""
    if any(sign in statement.sql for sign in ("<", ">")):
        return None  # a page, or a range
    for model in iter_tables():
        if model.__name__ == statement.model:
            return _by_key(model, statement) or _by_reference(model, statement)
    return None


def _by_key(model: type[Any], statement: Statement) -> str | None:
    """One row of `model` at a time: the row that others refer to."""
    meta: ModelMeta = model._db_meta
    names = {f"{model.__name__}.{name}" for name in meta.primary_key}
    if not names.issubset(statement.columns):
        return None
    referring = [
        f'{other.__name__}.objects.join("{relation.name}")'
        for other in iter_tables()
        for relation in other._db_meta.relations.values()
        if relation.kind in ("fk", "one_to_one") and relation.model is model
    ]
    together = f"{model.__name__}.objects.in_bulk(keys) fetches all rows in one statement"
    if not referring:
        return together
    joins = " or ".join(sorted(referring))
    return f"{joins} loads them with the rows that refer to them; {together}"


def _by_reference(model: type[Any], statement: Statement) -> str | None:
    """The rows of `model` that refer to one row at a time."""
    for owner in iter_tables():
        for relation in owner._db_meta.relations.values():
            if _leads_to(owner, relation, model, statement):
                return (
                    f'{owner.__name__}.objects.prefetch("{relation.name}") loads them for all '
                    f"rows of `{owner.__name__}` in one statement"
                )
    return None


def _leads_to(owner: type[Any], relation: Any, model: type[Any], statement: Statement) -> bool:
    if relation.model is not model or relation.kind in ("fk", "one_to_one"):
        return False
    if relation.kind == "many_to_many":
        through = relation.through_model
        table = through._db_meta.table_name
        return f'"{table}"' in statement.sql or f"`{table}`" in statement.sql
    back = f"{model.__name__}.{relation.remote_field}"
    column = model._db_meta.relations[relation.remote_field].column
    return back in statement.columns or f"{model.__name__}.{column}" in statement.columns
