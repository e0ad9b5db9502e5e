"""Full-text search over columns: choosing the index, and the lookup `search`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from oxyde.exceptions import UnsupportedFeatureError
from oxyde.queries.ir.scope import Scope

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde._meta import IndexMeta, ModelMeta
    from oxyde.queries.lookups.lookup import Resolved

__all__ = ["SearchForm", "search_ir", "search_lookup"]

SearchForm = Literal["plain", "any", "phrase", "websearch", "raw"]


def search_lookup(
    resolved: Resolved, operand: _ir.Expr, argument: _ir.Expr, scope: Scope
) -> _ir.Predicate:
    """The lookup `search`: all words in one column."""
    if "column" not in operand:
        # An annotation: only on databases that search without an index.
        _check(scope, resolved, None, (resolved.field.name,))
        return {"lookup": {"name": "search", "operand": operand, "arguments": [argument]}}
    ir = search_ir(
        scope,
        resolved,
        {operand["column"]["name"]: operand},
        query=argument,
        form="plain",
        config=None,
        gives="found",
    )
    return {"expr": {"search": ir}}


def search_ir(
    scope: Scope,
    resolved: Resolved,
    columns: dict[str, _ir.Expr],
    *,
    query: _ir.Expr,
    form: SearchForm,
    config: str | None,
    gives: Literal["found"] | _ir.Rank,
) -> _ir.Search:
    """A search over columns of one table, using their index if there is one.

    Raises:
        UnsupportedFeatureError: the database needs an index to search, and there is none.
    """
    meta: ModelMeta = resolved.owner._db_meta
    index = _index(meta, frozenset(columns), config)
    _check(scope, resolved, index, tuple(columns))
    named: _ir.SearchIndex | None = None
    order = list(columns)
    first = next(iter(columns.values()))
    if index is not None:
        order = [text for _, text in index.parts]
        if isinstance(gives, dict) and gives["rank"]:
            weights = dict(zip(columns, gives["rank"], strict=True))
            gives = {"rank": [weights[name] for name in order]}
        if "column" in first:
            key = meta.field_metadata[meta.primary_key[0]] if len(meta.primary_key) == 1 else None
            named = {
                "name": index.name,
                "table": first["column"]["table"],
                "key": None if key is None else key.db_column,
            }
    return {
        "columns": [columns[name] for name in order],
        "query": query,
        "form": form,
        "config": config or (index.config if index is not None else None) or "simple",
        "index": named,
        "gives": gives,
    }


def _index(meta: ModelMeta, columns: frozenset[str], config: str | None) -> IndexMeta | None:
    for index in meta.indexes:
        if index.method != "fulltext" or columns != {text for _, text in index.parts}:
            continue
        if config is None or config == (index.config or "simple"):
            return index
    return None


def _check(
    scope: Scope, resolved: Resolved, index: IndexMeta | None, columns: tuple[str, ...]
) -> None:
    builder = scope.builder
    if index is not None or builder.features is None or builder.features.full_text:
        return
    meta: ModelMeta = resolved.owner._db_meta
    fields = [meta.columns.get(column, column) for column in columns]
    model = resolved.owner.__name__
    listed = ", ".join(f"`{model}.{name}`" for name in fields)
    declared = ", ".join(f'"{name}"' for name in fields)
    raise UnsupportedFeatureError(
        f"{builder.features.dialect} searches {listed} only by a full-text index over exactly that",
        hint=f'declare it in {model}.Meta: indexes = [Index({declared}, method="fulltext")]',
    )
