"""Full-text search: matching and ranking."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any, Literal, get_args

from oxyde.exceptions import FieldError
from oxyde.hints import hint_for
from oxyde.queries.expressions.conditions import Truth
from oxyde.queries.expressions.operators import Computed, F
from oxyde.queries.ir.expression import Conditional
from oxyde.queries.ir.nodes import Typed
from oxyde.queries.ir.scope import Scope
from oxyde.queries.lookups.parse import Resolved, resolve
from oxyde.queries.lookups.search import SearchForm, search_ir
from oxyde.queries.types.column_types import TEXTS, kind_of

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde.queries.expressions.context import Context
    from oxyde.queries.ir.predicates import Node

__all__ = ["Search", "SearchRank"]


_FORMS = get_args(SearchForm)


class _Searching(Computed):
    """Base class of a search and its rank."""

    __slots__ = ("config", "fields", "form", "query")

    def __init__(
        self, *fields: str | F, query: str, form: SearchForm = "plain", config: str | None = None
    ) -> None:
        if not fields:
            raise FieldError(
                f"{type(self).__name__} needs a field", hint='Search("title", "body", query="…")'
            )
        if not isinstance(query, str):
            raise FieldError(f"{type(self).__name__}: query must be a string, not {query!r:.80}")
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

    def gives(self) -> Literal["found"] | _ir.Rank:
        """The result: a match or a rank, as in the IR."""
        raise NotImplementedError

    def shape(self, context: Context, values: list[Any]) -> Hashable:
        """The fields, the form and the configuration."""
        values.append(self.query)
        return (type(self).__name__, self.fields, self.form, self.config, repr(self.gives()))

    def build(self, scope: Scope, want: _ir.ColumnType | None = None) -> Typed:
        """The search over the columns, using their index."""
        found = [_text_field(scope, name) for name in self.fields]
        first = found[0]
        for name, each in zip(self.fields, found, strict=True):
            if each.hops != first.hops:
                raise FieldError(
                    f"a search covers one table: `{self.fields[0]}` and `{name}` belong to two",
                    hint="search each separately, and combine the searches with `|`",
                )
        columns = {each.field.db_column: scope.column(each.hops, each.field) for each in found}
        if len(columns) != len(found):
            raise FieldError(f"a field is named twice in {self!r}")
        ir = search_ir(
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
    """Whether the fields contain the words, as a condition or a value.

    ``filter(Search("title", "body", query="cats dogs"))``. Words match case-insensitively.
    PostgreSQL can search without an index, but slowly; SQLite, MySQL and MariaDB need an index on
    the model over exactly these fields: ``Index("title", "body", method="fulltext")``.

    Args:
        fields: text fields of one table.
        query: the words.
        form: "plain" (all words), "any" (one of them at least), "phrase" (adjacent words),
            "websearch" (as people write it: ``cats "big dogs" or birds -fish``), or "raw", the
            database's own language (`to_tsquery`, FTS5, boolean mode).
        config: PostgreSQL's text search configuration ("english" knows stems); that of the
            index, else "simple", by default.

    Raises:
        FieldError: no field, a field that is not a string, or an unknown form.
    """

    __slots__ = ()

    def gives(self) -> Literal["found"] | _ir.Rank:
        """Whether it is found."""
        return "found"

    def resolve(self, context: Context) -> Node:
        """The condition with its names looked up."""
        node = Truth(self, context)
        context.check_node(node)
        return node

    __hash__ = object.__hash__


class SearchRank(_Searching):
    """How well a row matches a search; larger is better, 0 for no match (on PostgreSQL: near 0).
    For `order_by`, `annotate` and `values`, beside a `Search` in `filter`::

        words = "cats dogs"
        found = Article.objects.filter(Search("title", "body", query=words))
        best = found.order_by(SearchRank("title", "body", query=words).desc())

    The scale depends on the database: `ts_rank`, bm25, or InnoDB's.

    Args:
        fields, query, form, config: as for `Search`.
        weights: weight of each field, 0 or more; PostgreSQL allows four different ones, SQLite any,
            MySQL and MariaDB none.

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

    def gives(self) -> Literal["found"] | _ir.Rank:
        """The rank, by the weights in the order of the fields."""
        return {"rank": list(self.weights)}

    __hash__ = object.__hash__


def _text_field(scope: Scope, name: str) -> Resolved:
    resolved = resolve(scope.names, name)
    if resolved.spec.name != "exact" or resolved.path or resolved.part is not None:
        raise FieldError(f"a search takes field names, and `{name}` is a path with a lookup")
    if kind_of(resolved.field.column_type) not in TEXTS:
        raise FieldError(f"a search takes string fields, and `{resolved.label}` is not one")
    return resolved
