"""QueryManager: `Model.objects`, where every query starts."""

from __future__ import annotations

from typing import Any

from typing_extensions import TypeVar

from oxyde.queries.methods.writing import Writing

__all__ = ["QueryManager"]

T = TypeVar("T")


class QueryManager(Writing[T, T]):
    """The rows of a model. It has the methods of `Query`; builders return a `Query`."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self.__dict__:
            raise AttributeError(f"{self!r} cannot be changed")
        super().__setattr__(name, value)

    def __repr__(self) -> str:
        return f"<objects of {self._names.label}>"
