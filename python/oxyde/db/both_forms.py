"""Context managers that are entered with and without ``async``."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType

__all__ = ["BothForms"]


class BothForms(ABC):
    """A context manager that awaits nothing: ``async with`` does what ``with`` does."""

    __slots__ = ()

    @abstractmethod
    def __enter__(self) -> None: ...

    @abstractmethod
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    async def __aenter__(self) -> None:
        self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.__exit__(kind, error, trace)
