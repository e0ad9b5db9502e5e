"""QueryManager: `Model.objects`, where every query starts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oxyde.queries.query import Query

__all__ = ["QueryManager"]

if TYPE_CHECKING:
    # To type checkers the rows of a model are a query: its builders return a `Query`.
    from oxyde.queries.query import Query as QueryManager
else:

    class QueryManager(Query):
        """The rows of a model. It has the methods of `Query`; builders return a `Query`."""

        _query = Query

        def __setattr__(self, name: str, value: Any) -> None:
            if name in self.__dict__:
                raise AttributeError(f"{self!r} cannot be changed")
            super().__setattr__(name, value)

        def __repr__(self) -> str:
            return f"<objects of {self._names.label}>"
