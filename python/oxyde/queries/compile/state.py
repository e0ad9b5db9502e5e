"""What a query consists of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Generic, NoReturn

from typing_extensions import Self, TypeVar

from oxyde.exceptions import FieldError, OxydeError
from oxyde.queries.compile.row_kind import RowKind
from oxyde.queries.expressions import model_scope  # noqa: F401 (resolves scopes)
from oxyde.queries.expressions.context import Annotation, Context
from oxyde.queries.names import Hop, Names, names_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from oxyde import _ir
    from oxyde.db.executor import Executor
    from oxyde.exceptions import RowValidationError
    from oxyde.queries.compile.recipe import Invalid
    from oxyde.queries.expressions.ordering import Term
    from oxyde.queries.ir.predicates import Node
    from oxyde.queries.query import Query
    from oxyde.queries.relations.prefetch import Prefetch
    from oxyde.queries.results.into import Into
    from oxyde.queries.subqueries.cte import CTE, CTEJoin

__all__ = ["M", "QueryState", "R", "new_query", "unscoped_query"]

M = TypeVar("M")
R = TypeVar("R", default=M)

_new = object.__new__


class QueryState(Generic[M, R]):
    """The clauses of a query. It never changes: a builder call copies it.

    Unset clauses are class attributes, so that a copy copies a small dict.
    """

    # `Query`, set by its own module: an import in each copy would cost more than the copy.
    _query: ClassVar[type[Query[Any, Any]]]
    # Whether its methods are awaited: not those of `oxyde.sync`.
    _is_awaited: ClassVar[bool] = True

    _model: type[M]
    _names: Names
    _where: tuple[Node, ...] = ()
    _order: tuple[Term, ...] = ()
    _limit: int | None = None
    _offset: int | None = None
    # True, or the fields of DISTINCT ON.
    _distinct: bool | tuple[str, ...] = False
    _row: RowKind = RowKind.MODEL
    # Selected fields, paths and annotations; None for all. Not for models.
    _fields: tuple[str, ...] | None = None
    # What rows of the kind OBJECT become.
    _into: Into | None = None
    # The fields that models are loaded with; None for all.
    _only: tuple[str, ...] | None = None
    # The same for joined models, by path; those that it does not name are loaded whole.
    _joined_only: Mapping[str, tuple[str, ...]] = {}
    # Expressions selected instead of the query's own rows.
    _outputs: tuple[Annotation, ...] | None = None
    # Further columns behind those of the row, for `page()`.
    _extras: tuple[Annotation, ...] = ()
    # For a slice of each owner's rows (`of_each_owner`): their places, behind the first and up to
    # the last, or the relation and the keys of the owners.
    _places: tuple[int, int | None] | None = None
    _owners: tuple[Hop, list[Any]] | None = None
    # Whether a condition depends on the order (`after()`), which then cannot change.
    _paged: bool = False
    _joins: tuple[str, ...] = ()
    # The relations whose rows are read even outside of the scope of their model.
    _opened: frozenset[Hop] = frozenset()
    _annotations: Mapping[str, Annotation] = {}
    _group_by: tuple[str, ...] | None = None
    _having: tuple[Node, ...] = ()
    _lock: tuple[Any, ...] | None = None
    _compounds: tuple[tuple[_ir.SetOperator, Query[Any, Any]], ...] = ()
    _ctes: tuple[CTE, ...] = ()
    _cte_joins: tuple[CTEJoin, ...] = ()
    _prefetches: tuple[Prefetch, ...] = ()
    _strict: bool = False
    # Whether it has to filter by `Meta.shard_by`.
    _by_shard: bool = False
    # Whether it has no rows, so that it is not run (`none()`).
    _nothing: bool = False
    # Annotations that are not selected (`alias()`).
    _hidden: frozenset[str] = frozenset()
    # How rows that the model refuses are handled, and the callback for those left out.
    _invalid: Invalid = "raise"
    _on_skipped: Callable[[RowValidationError], Any] | None = None
    # Whether reads must see all that was committed anywhere (`fresh()`).
    _fresh: bool = False
    _using: str | None = None
    _client: Executor | None = None

    def __init__(self, model: type[M]) -> None:
        names = names_of(model)
        self._model = model
        self._names = names
        if names.scope is not None:
            self._where = (names.scope,)

    def _copy(self) -> Query[M, R]:
        """A Query with the same clauses, to be changed before it is shared."""
        made: Query[M, R] = _new(self._query)
        made.__dict__ = self.__dict__.copy()
        return made

    def _chained(self) -> Self:
        """What `_copy` makes, for methods that keep what a row is: of the same class of queries."""
        made: Self = _new(self._query)  # type: ignore[assignment]
        made.__dict__ = self.__dict__.copy()
        return made

    def _home(self) -> str | None:
        """The name of the database that the query itself names, if any."""
        return self._using if self._client is None else self._client.name

    def _context(self, *, grouping: bool = False) -> Context:
        return Context(self._names, self._annotations, grouping=grouping)

    def _with_where(self, nodes: tuple[Node, ...]) -> Self:
        made = self._chained()
        made._where = self._where + nodes
        return made

    def _check_single(self, verb: str) -> None:
        """Refuse a clause that would apply only to the first of several combined queries.

        Raises:
            FieldError: they are combined.
        """
        if self._compounds:
            raise FieldError(
                f"{verb}() of a combined query of `{self._names.label}` would apply to its first "
                "query only",
                hint=f"{verb}() each of them before they are combined, or filter by the keys: "
                "objects.filter(id__in=combined)",
            )

    def _check_unsliced(self, verb: str) -> None:
        """Refuse a clause that would apply to other rows than those of the slice.

        Raises:
            OxydeError: the query is sliced.
        """
        if self._limit is not None or self._offset is not None:
            raise OxydeError(
                f"{verb} of a slice of `{self._names.label}` would apply to the rows before the "
                "slice",
                hint=f"{verb} first and slice last, or take the rows of the slice by their keys: "
                "objects.filter(pk__in=slice)",
            )

    def _refuse_paged(self, verb: str) -> NoReturn:
        """Refuse to change the order, or what a row is, behind `after()`.

        Raises:
            OxydeError: always.
        """
        raise OxydeError(
            f"{verb} of `{self._names.label}` would change the order that after() has a place in",
            hint=f"{verb} first and after() last",
        )

    def _is_empty(self) -> bool:
        """Whether it is known to have no rows, so that the database need not be asked."""
        return self._nothing and not self._compounds

    @property
    def _shown(self) -> tuple[str, ...]:
        """The names of the annotations that rows have."""
        if not self._hidden:
            return tuple(self._annotations)
        return tuple([name for name in self._annotations if name not in self._hidden])

    def _groups(self) -> bool:
        """Whether rows are grouped."""
        if self._group_by is not None:
            return True
        return any(each.grouped for each in self._annotations.values())


def new_query(model: type[M]) -> Query[M, M]:
    """A query of all rows of a model, for the rooms below `Query`, with the methods of its
    `objects`, if those are awaited."""
    own: type[Query[M, M]] | None = getattr(model, "__oxyde_query__", None)
    query: type[Query[M, M]] = own if own is not None and own._is_awaited else QueryState._query
    return query(model)


def unscoped_query(model: type[M]) -> Query[M, M]:
    """A query of all rows of a model, also those outside of its scope."""
    query = new_query(model)
    query._where = ()
    return query
