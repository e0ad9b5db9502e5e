"""Full-text search: whether a row is found, and how well it fits."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any, Literal, get_args

from oxyde import _ir
from oxyde.exceptions import FieldError, UnsupportedFeatureError
from oxyde.queries.base import Conditional
from oxyde.queries.columns import TEXTS, hint_for, kind_of
from oxyde.queries.comparison import Truth
from oxyde.queries.expressions import Computed, F
from oxyde.queries.lookups import Resolved, resolve
from oxyde.queries.scope import Scope, Typed

if TYPE_CHECKING:
    from oxyde.db.meta import IndexMeta, ModelMeta
    from oxyde.queries.annotation import Context
    from oxyde.queries.predicates import Node

__all__ = ["Search", "SearchForm", "SearchRank", "search_lookup"]

SearchForm = Literal["plain", "any", "phrase", "websearch", "raw"]

_FORMS = get_args(SearchForm)


class _Searching(Computed):
    """What a search and its rank have in common."""

    __slots__ = ("config", "fields", "form", "query")

    def __init__(
        self, *fields: str | F, query: str, form: SearchForm = "plain", config: str | None = None
    ) -> None:
        if not fields:
            raise FieldError(
                f"{type(self).__name__} needs a field", hint='Search("title", "body", query="…")'
            )
        if not isinstance(query, str):
            raise FieldError(f"{type(self).__name__}: query is a text, not {query!r:.80}")
        if form not in _FORMS:
            raise FieldError(
                f"{type(self).__name__} has no form {form!r}", hint=hint_for(str(form), _FORMS)
            )
        self.fields: tuple[str, ...] = tuple(
            [each.name if isinstance(each, F) else each for each in fields]
        )
        self.query = query
        self.form: SearchForm = form
        self.config = config

    def gives(self) -> dict[str, list[float]] | str:
        """What comes out, as it stands in the IR."""
        raise NotImplementedError

    def shape(self, context: Context, values: list[Any]) -> Hashable:
        """The fields, the form and the configuration."""
        values.append(self.query)
        return (type(self).__name__, self.fields, self.form, self.config, repr(self.gives()))

    def build(self, scope: Scope, want: _ir.ColumnType | None = None) -> Typed:
        """The search over the columns, and by their index."""
        found = [_text_field(scope, name) for name in self.fields]
        first = found[0]
        for name, each in zip(self.fields, found, strict=True):
            if each.hops != first.hops:
                raise FieldError(
                    f"a search is over one table: `{self.fields[0]}` and `{name}` are of two",
                    hint="search each by itself, and put the searches together with `|`",
                )
        columns = {each.field.db_column: scope.column(each.hops, each.field) for each in found}
        if len(columns) != len(found):
            raise FieldError(f"a field is named twice in {self!r}")
        ir = _search(
            scope,
            first,
            columns,
            query=scope.builder.param("text", "a search", lookup=True),
            form=self.form,
            config=self.config,
            gives=self.gives(),
        )
        rank = isinstance(self, SearchRank)
        return Typed({"search": ir}, "double" if rank else "bool")

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        names = ", ".join(map(repr, self.fields))
        return f"{type(self).__name__}({names}, query={self.query!r}, form={self.form!r})"


class Search(_Searching, Conditional):
    """Whether the words are found in the fields, as a condition or a value.

    ``filter(Search("title", "body", query="cats dogs"))``. Words are compared without regard to
    case. PostgreSQL searches without an index, and fast with one; SQLite, MySQL and MariaDB
    search by the index that the model declares over exactly these fields:
    ``Index("title", "body", method="fulltext")``.

    Args:
        fields: text fields of one table.
        query: the words.
        form: "plain" (all words), "any" (one of them at least), "phrase" (one behind the other),
            "websearch" (as people write it: ``cats "big dogs" or birds -fish``), or "raw", the
            database's own language (`to_tsquery`, FTS5, boolean mode).
        config: PostgreSQL's text search configuration ("english" knows stems); that of the
            index, else "simple", by default.

    Raises:
        FieldError: no field, no text, or an unknown form.
    """

    __slots__ = ()

    def gives(self) -> dict[str, list[float]] | str:
        """Whether it is found."""
        return "found"

    def resolve(self, context: Context) -> Node:
        """The condition with its names looked up."""
        node = Truth(self, context)
        context.check_node(node)
        return node

    __hash__ = object.__hash__


class SearchRank(_Searching):
    """How well a row fits a search; larger is better, 0 where it is not found (on PostgreSQL: near
    0). For `order_by`, `annotate` and `values`, beside a `Search` in `filter`::

        words = "cats dogs"
        found = Article.objects.filter(Search("title", "body", query=words))
        best = found.order_by(SearchRank("title", "body", query=words).desc())

    The numbers are each database's own: `ts_rank`, bm25, or InnoDB's.

    Args:
        fields, query, form, config: as for `Search`.
        weights: how much each field counts, 0 or more; PostgreSQL takes four different ones,
            SQLite any, MySQL and MariaDB none.

    Raises:
        FieldError: as `Search`, or weights that do not fit the fields.
    """

    __slots__ = ("weights",)

    def __init__(
        self,
        *fields: str | F,
        query: str,
        form: SearchForm = "plain",
        config: str | None = None,
        weights: Sequence[float] = (),
    ) -> None:
        super().__init__(*fields, query=query, form=form, config=config)
        self.weights = tuple([float(weight) for weight in weights])
        if self.weights and len(self.weights) != len(self.fields):
            raise FieldError(
                f"SearchRank has {len(self.fields)} fields and {len(self.weights)} weights"
            )
        if any(not 0 <= weight < float("inf") for weight in self.weights):
            raise FieldError(f"a weight of SearchRank is 0 or more: {list(self.weights)}")

    def gives(self) -> dict[str, list[float]] | str:
        """The rank, by the weights in the order of the fields."""
        return {"rank": list(self.weights)}

    __hash__ = object.__hash__


def _text_field(scope: Scope, name: str) -> Resolved:
    resolved = resolve(scope.names, name)
    if resolved.spec.name != "exact" or resolved.path or resolved.part is not None:
        raise FieldError(f"a search is over fields, and `{name}` is more than one")
    if kind_of(resolved.field.column_type) not in TEXTS:
        raise FieldError(f"a search is over texts, and `{resolved.label}` is none")
    return resolved


def search_lookup(
    resolved: Resolved, operand: _ir.Expr, argument: _ir.Expr, scope: Scope
) -> _ir.Predicate:
    """The lookup `search`: all words in one column."""
    if "column" not in operand:
        # An annotation: only where the database searches without an index.
        _check(scope, resolved, None, (resolved.field.name,))
        return {"lookup": {"name": "search", "operand": operand, "arguments": [argument]}}
    ir = _search(
        scope,
        resolved,
        {operand["column"]["name"]: operand},
        query=argument,
        form="plain",
        config=None,
        gives="found",
    )
    return {"expr": {"search": ir}}


def _search(
    scope: Scope,
    resolved: Resolved,
    columns: dict[str, _ir.Expr],
    *,
    query: _ir.Expr,
    form: SearchForm,
    config: str | None,
    gives: dict[str, list[float]] | str,
) -> _ir.Search:
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
    if index is not None or builder.flavour is None or builder.can("full_text"):
        return
    meta: ModelMeta = resolved.owner._db_meta
    fields = [meta.columns.get(column, column) for column in columns]
    model = resolved.owner.__name__
    listed = ", ".join(f"`{model}.{name}`" for name in fields)
    declared = ", ".join(f'"{name}"' for name in fields)
    raise UnsupportedFeatureError(
        f"{builder.flavour} searches {listed} only by a full-text index over exactly that",
        hint=f'declare it in {model}.Meta: indexes = [Index({declared}, method="fulltext")]',
    )
