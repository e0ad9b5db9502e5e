"""latest() and earliest(): the row with the largest or smallest value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oxyde.exceptions import FieldError, NotFoundError
from oxyde.queries.compile.natural_order import default_order
from oxyde.queries.compile.state import M, R
from oxyde.queries.expressions.operators import F
from oxyde.queries.expressions.ordering import Term, terms_of
from oxyde.queries.expressions.recorder import record_paths
from oxyde.queries.methods.building import Path
from oxyde.queries.methods.reading import Reading

if TYPE_CHECKING:
    from oxyde.db.executor import Executor

__all__ = ["Latest"]


class Latest(Reading[M, R]):
    """latest and earliest."""

    async def latest(
        self, *fields: Path[M], using: str | None = None, client: Executor | None = None
    ) -> R:
        """The row with the largest value: ``latest("created")``. Rows without a value come last.

        Args:
            fields: names and paths, as for `order_by` (``"-rank"`` for the smallest first); without
                any, the order of the query or of `Meta.ordering` counts, whose last row this is.
            using: the database's name.
            client: a database or transaction, instead of a name.

        Raises:
            NotFoundError: there is no row.
            FieldError: an unknown name, or no fields and no order.
            OxydeError: the query is sliced.
        """
        return await self._outermost("latest", fields, using, client)

    async def earliest(
        self, *fields: Path[M], using: str | None = None, client: Executor | None = None
    ) -> R:
        """The row with the smallest value: ``earliest("created")``. Rows without a value come last.

        Args and Raises: as for `latest`; without fields it is the first row of the order.
        """
        return await self._outermost("earliest", fields, using, client)

    async def _outermost(
        self, verb: str, fields: tuple[Path[M], ...], using: str | None, client: Executor | None
    ) -> R:
        self._check_unsliced(f"{verb}()")
        if self._paged:
            self._refuse_paged(f"{verb}()")
        query = self._copy()
        context = self._context(grouping=self._groups())
        names = record_paths(self._names, fields)
        order = terms_of(context, names) or self._order
        order = order or default_order(self)
        if not order:
            raise FieldError(
                f"{verb}() of `{self._names.label}` needs a field, since nothing orders its rows",
                hint=f'{verb}("…"), or `ordering` in class Meta',
            )
        if verb == "latest":
            order = tuple([term.reversed() for term in order])
        query._order = tuple([self._nulls_last(term) for term in order]) if names else order
        rows = await query._leading(1, self._executor(using, client))
        if not rows:
            raise NotFoundError(
                f"no {self._names.label} matches, so there is no {verb} one", model=self._model
            )
        return rows[0]

    def _nulls_last(self, term: Term) -> Term:
        if term.order is None or not isinstance(term.order.expression, F):
            return term
        found = self._context(grouping=self._groups()).check(term.order.expression)
        name = term.order.expression.name
        own = found.field is not None and name in (found.field.name, found.field.relation)
        if own and found.field is not None and not found.field.nullable:
            return term
        return term.with_nulls_last()
