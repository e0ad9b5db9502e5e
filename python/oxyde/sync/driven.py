"""Asynchronous context managers, entered without `await`."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import ClassVar, Generic, TypeVar

from oxyde._core import drive

__all__ = ["Driven"]

T = TypeVar("T")


class Driven(Generic[T]):
    """A context manager around an asynchronous one, whose exceptions it does not swallow."""

    __slots__ = ("_block",)

    # What its users call, for errors.
    _call: ClassVar[str]

    def __init__(self, block: AbstractAsyncContextManager[T]) -> None:
        self._block = block

    def __enter__(self) -> T:
        return drive(self._block.__aenter__(), self._call)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        drive(self._block.__aexit__(kind, error, trace), self._call)
