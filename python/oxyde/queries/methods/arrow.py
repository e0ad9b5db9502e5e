"""Rows as tables of pyarrow and polars, without a Python object per cell. Both libraries are
optional and imported on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oxyde.exceptions import FieldError
from oxyde.queries.compile.plans import entry_for
from oxyde.queries.compile.shape import shape_of
from oxyde.queries.compile.state import M, R
from oxyde.queries.methods.latest import Latest
from oxyde.queries.results.arrow import build_arrow, library

if TYPE_CHECKING:
    import polars
    import pyarrow

    from oxyde._core import ArrowRows
    from oxyde.db.executor import Executor

__all__ = ["Tabular"]


class Tabular(Latest[M, R]):
    """to_arrow and to_polars."""

    async def to_arrow(
        self, *, using: str | None = None, client: Executor | None = None
    ) -> pyarrow.Table:
        """The rows as a pyarrow table (``pip install 'oxyde[arrow]'``).

        One column per field and annotation, or per name in values(), values_list() or select();
        columns of joined models are named ``author__name``. Columns hold the database's values, not
        run through the model's validators. Their types come from the query, even without rows:

        ========================  ==========================================================
        column                    Arrow
        ========================  ==========================================================
        integers                  int16, int32, int64 by the column's size
        float, bool               float64, bool
        Decimal                   decimal128 with the column's digits; utf8 where these are more
                                  than 38, or not known (a mean, a quotient, a field without
                                  ``decimal_places``)
        text, enums, IP, JSON     utf8: the label, the address, the document
        bytes                     binary
        date, time, timedelta     date32, time64[us], duration[us]
        datetime                  timestamp[us]; aware ones in UTC
        UUID                      fixed_size_binary(16), marked as ``arrow.uuid``
        arrays                    list
        ========================  ==========================================================

        Args:
            using: the database's name.
            client: a database or transaction, instead of a name.

        Raises:
            OxydeError: pyarrow is not installed.
            FieldValueError: a value does not fit its column's type (a decimal that is not a
                number, an integer that is too large).
        """
        arrow: Any = library("pyarrow", "to_arrow()", "arrow")
        table: pyarrow.Table = arrow.table(await self._columns(self._executor(using, client)))
        return table

    async def to_polars(
        self, *, using: str | None = None, client: Executor | None = None
    ) -> polars.DataFrame:
        """The rows as a polars data frame (``pip install 'oxyde[polars]'``); pyarrow is not needed.
        The columns are those of `to_arrow`; a UUID is 16 bytes of binary data.

        Args:
            using: the database's name.
            client: a database or transaction, instead of a name.

        Raises:
            OxydeError: polars is not installed.
            FieldValueError: as for `to_arrow`.
        """
        made: Any = library("polars", "to_polars()", "polars")
        frame: polars.DataFrame = made.DataFrame(await self._columns(self._executor(using, client)))
        return frame

    async def _columns(self, executor: Executor) -> ArrowRows:
        self._check_run(executor)
        if self._prefetches:
            raise FieldError(
                "prefetch() loads relations of models, which a table cannot hold",
                hint="leave it out, or name columns by their paths: values('author__name')",
            )
        values: list[Any] = []
        query, features = self._in_order(), executor.features
        shape = ("arrow", shape_of(query, values))
        entry = entry_for(features, shape, lambda: build_arrow(query, features), self._model)
        rows: ArrowRows = await entry.fetch(executor, values)
        return rows
