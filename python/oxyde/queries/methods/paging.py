"""The methods that return pages: after, page, numbered_page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from typing_extensions import Self

from oxyde.exceptions import CursorError, FieldError, OxydeError
from oxyde.queries.compile.cursor import Place, Side, read_cursor, write_cursor
from oxyde.queries.compile.keyset import Keyset, keyset_of, steady_order
from oxyde.queries.compile.row_kind import RowKind
from oxyde.queries.compile.state import M, R
from oxyde.queries.methods.arrow import Tabular
from oxyde.queries.results.each_shard import EachShard
from oxyde.queries.results.page import NumberedPage, Page, taken_apart

if TYPE_CHECKING:
    from oxyde.db.executor import Executor

__all__ = ["Paging"]

# The rows on the other side of a place.
_OTHERS: dict[Side, Side] = {"after": "to", "from": "before", "before": "from", "to": "after"}


class Paging(Tabular[M, R]):
    """after, page, numbered_page, and each_shard."""

    def each_shard(self) -> EachShard[M, R]:
        """The query over all shards (`oxyde.db.Shards`), whose results are joined:
        ``await query.each_shard().count()``.

        Raises:
            OxydeError: its results cannot be joined; with the reason.
        """
        return EachShard(self._copy())

    def after(self, cursor: str) -> Self:
        """Keep the rows behind a place in the query's order: ``query.after(page.next_cursor)``.

        The order gets the primary key as its last term, unless it is unique. Call `order_by()`
        before.

        Args:
            cursor: the `next_cursor` of a page of the same model and order.

        Raises:
            CursorError: the cursor is damaged, of another model or order, or a
                `previous_cursor`.
            FieldError: a term of the order cannot be paged by, or the order is not unique and the
                model has no key.
        """
        self._check_unsliced("after()")
        keyset = keyset_of(self, "after()")
        place = self._place_of(keyset, cursor)
        if place.side in ("before", "to"):
            raise CursorError(
                f"the cursor is for the rows of `{self._names.label}` before a place, not after it",
                hint="pass it to page(cursor=…)",
            )
        return self._behind(keyset, place)

    async def page(
        self,
        *,
        size: int,
        cursor: str | None = None,
        using: str | None = None,
        client: Executor | None = None,
    ) -> Page[R]:
        """A page of rows, and the cursors of the pages beside it.

        Pages are stable: rows that are inserted or deleted between two calls neither repeat nor
        hide other rows. The order gets the primary key as its last term, unless it is unique; an
        index over its fields finds each page at once.

        Args:
            size: the most rows of the page.
            cursor: a page's `next_cursor` or `previous_cursor`; None for the first page. It is
                input like any other: what does not fit is refused.
            using: the database's name.
            client: a database or transaction, instead of a name.

        Raises:
            CursorError: the cursor is damaged, or of another model or order.
            FieldError: as for `after`.
            OxydeError: the size is below one, or the query is sliced.
        """
        _check_whole("size", size)
        self._check_unsliced("page()")
        if self._invalid == "skip":
            raise FieldError(
                f"page() of `{self._names.label}` cannot follow skip_invalid(): a page of skipped "
                "rows would look like the last one",
                hint="use unvalidated(), or iterate()",
            )
        executor = self._executor(using, client)
        keyset = keyset_of(self, "page()")
        place = None if cursor is None else self._place_of(keyset, cursor)
        backwards = place is not None and place.side in ("before", "to")
        walked = keyset.reversed() if backwards else keyset
        query = self._behind(walked, place)
        query._limit = size + 1
        rows, places = await query._fetch_with_places(walked, executor)
        more = len(rows) > size
        del rows[size:], places[size:]
        if backwards:
            rows.reverse()
            places.reverse()
        return _page(
            await self._finished(rows, executor),
            _Beside(keyset, place, places, more=more, backwards=backwards),
        )

    def _place_of(self, keyset: Keyset, cursor: str) -> Place:
        return read_cursor(cursor, keyset.types, keyset.fingerprint, self._names.label)

    def _behind(self, keyset: Keyset, place: Place | None) -> Self:
        made = self._chained()
        made._order = keyset.order
        if place is None:
            return made
        made._paged = True
        condition = keyset.beyond(place)
        if keyset.grouped:
            made._having = (*made._having, condition)
        else:
            made._where = (*made._where, condition)
        return made

    async def _fetch_with_places(
        self, keyset: Keyset, executor: Executor
    ) -> tuple[list[R], list[tuple[Any, ...]]]:
        """The rows, and the values of each one's place."""
        self._check_run(executor)
        query: Any = self._copy()
        query._extras = keyset.outputs(self._context(grouping=self._groups()))
        if self._row in (RowKind.FLAT, RowKind.OBJECT):
            query._row = RowKind.TUPLE
        values: list[Any] = []
        found = await query._entry(executor.features, values).fetch(executor, values)
        rows: list[R] = []
        places: list[tuple[Any, ...]] = []
        for each in found:
            row, place = taken_apart(self, each, query._extras)
            rows.append(row)
            places.append(place)
        return rows, places

    async def numbered_page(
        self,
        number: int,
        *,
        size: int,
        using: str | None = None,
        client: Executor | None = None,
    ) -> NumberedPage[R]:
        """A page of rows by its number, with the number of all rows.

        Runs OFFSET, which reads the rows before the page, and a `count()` unless the page is the
        last one. Rows that are inserted or deleted between two calls move the pages: `page()` is
        stable.

        Args:
            number: the page's number, from 1. A page behind the last one is empty.
            size: the most rows of the page.
            using: the database's name.
            client: a database or transaction, instead of a name.

        Raises:
            OxydeError: the number or the size is below one, or the query is sliced.
        """
        _check_whole("number", number)
        _check_whole("size", size)
        self._check_unsliced("numbered_page()")
        before = (number - 1) * size
        query = self._copy()
        query._order = steady_order(self)
        query._limit, query._offset = size, before or None
        rows = await query.all(using=using, client=client)
        at_end = 0 < len(rows) < size or (not rows and not before)
        if at_end and self._invalid != "skip":
            total = before + len(rows)
        else:
            total = await self.count(using=using, client=client)
        pages = -(-total // size)
        return NumberedPage.model_construct(
            items=rows,
            number=number,
            size=size,
            total=total,
            pages=pages,
            has_next=number < pages,
        )


class _Beside(NamedTuple):
    """What the cursors of a page are made of.

    Attributes:
        keyset: the order.
        asked: the place that the page was asked for by; None for the first page.
        places: those of its rows.
        more: whether there are rows behind them, in the direction of reading.
        backwards: whether they were read from the last to the first.
    """

    keyset: Keyset
    asked: Place | None
    places: list[tuple[Any, ...]]
    more: bool
    backwards: bool

    def cursor(self, side: Side) -> str | None:
        """The cursor of the page behind or before."""
        towards_more = (side == "before") is self.backwards
        if (not self.more) if towards_more else self.asked is None:
            return None
        if self.places:
            place = Place(side, self.places[0] if side == "before" else self.places[-1])
        else:
            assert self.asked is not None
            place = Place(_OTHERS[self.asked.side], self.asked.values)
        return write_cursor(place, self.keyset.types, self.keyset.fingerprint)


def _page(rows: list[Any], beside: _Beside) -> Page[Any]:
    next_cursor, previous_cursor = beside.cursor("after"), beside.cursor("before")
    return Page.model_construct(
        items=rows,
        next_cursor=next_cursor,
        previous_cursor=previous_cursor,
        has_next=next_cursor is not None,
        has_previous=previous_cursor is not None,
    )


def _check_whole(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise OxydeError(f"{name} is a whole number from 1 up, not {value!r:.80}")
