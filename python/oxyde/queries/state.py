"""What a query consists of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal

from typing_extensions import TypeVar

from oxyde.exceptions import FieldError
from oxyde.queries.annotation import Annotation, Context
from oxyde.queries.names import Names, names_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oxyde import _ir
    from oxyde.db.executor import Executor
    from oxyde.queries.cte import CTE, CTEJoin
    from oxyde.queries.into import Into
    from oxyde.queries.ordering import Term
    from oxyde.queries.predicates import Node
    from oxyde.queries.prefetch import Prefetch
    from oxyde.queries.query import Query

__all__ = ["M", "QueryState", "R"]

M = TypeVar("M")
R = TypeVar("R", default=M)

_new = object.__new__

RowKind = Literal["model", "dict", "tuple", "flat", "named", "object", "select"]


class QueryState(Generic[M, R]):
    """The clauses of a query. It never changes: a builder call copies it.

    What is unset lives on the class, so that a copy is that of a small dict.
    """

    # `Query`, said by its own module: an import in each copy costs more than the copy.
    _query: ClassVar[type[Query[Any, Any]]]

    _model: type[M]
    _names: Names
    _where: tuple[Node, ...] = ()
    _order: tuple[Term, ...] = ()
    _limit: int | None = None
    _offset: int | None = None
    # True, or the fields of DISTINCT ON.
    _distinct: bool | tuple[str, ...] = False
    _row: RowKind = "model"
    # Names of fields, paths and annotations that come back; None for all. Not for models.
    _fields: tuple[str, ...] | None = None
    # What rows of the kind "object" become.
    _into: Into | None = None
    # The fields that models are loaded with; None for all.
    _only: tuple[str, ...] | None = None
    # Expressions that come back in place of the query's own rows.
    _outputs: tuple[Annotation, ...] | None = None
    _joins: tuple[str, ...] = ()
    _annotations: Mapping[str, Annotation] = {}
    _group_by: tuple[str, ...] | None = None
    _having: tuple[Node, ...] = ()
    _lock: tuple[Any, ...] | None = None
    _compounds: tuple[tuple[_ir.SetOperator, Query[Any, Any]], ...] = ()
    _ctes: tuple[CTE, ...] = ()
    _cte_joins: tuple[CTEJoin, ...] = ()
    _prefetches: tuple[Prefetch, ...] = ()
    _strict: bool = False
    _using: str | None = None
    _client: Executor | None = None

    def __init__(self, model: type[M]) -> None:
        names = names_of(model)
        self._model = model
        self._names = names

    def _copy(self) -> Query[M, R]:
        """A Query with the same clauses, to be changed before anyone else sees it."""
        made: Query[M, R] = _new(self._query)
        made.__dict__ = self.__dict__.copy()
        return made

    def _home(self) -> str | None:
        """The name of the database that the query itself says, if it does."""
        return self._using if self._client is None else self._client.name

    def _context(self, *, grouping: bool = False) -> Context:
        return Context(self._names, self._annotations, grouping=grouping)

    def _with_where(self, nodes: tuple[Node, ...]) -> Query[M, R]:
        made = self._copy()
        made._where = self._where + nodes
        return made

    def _check_single(self, verb: str) -> None:
        """Refuse a clause that would be about the first of several combined queries only.

        Raises:
            FieldError: they are combined.
        """
        if self._compounds:
            raise FieldError(
                f"{verb}() of a combined query of `{self._names.label}` would be about its first "
                "query only",
                hint=f"{verb}() each of them before they are combined, or filter by the keys: "
                "objects.filter(id__in=combined)",
            )

    def _groups(self) -> bool:
        """Whether rows come in groups."""
        if self._group_by is not None:
            return True
        return any(each.grouped for each in self._annotations.values())
