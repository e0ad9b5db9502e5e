"""Work on many rows in slices, so that the event loop can run other tasks in between."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from oxyde._core import Slices

__all__ = ["BETWEEN", "FEW", "MANY", "in_slices", "sliced", "sliced_to_the_end", "slices_of"]

T = TypeVar("T")

# Work on fewer rows is not sliced.
FEW = 256
# For an unknown number of rows.
MANY = FEW
# Python work checks the clock once per this many rows, since checking takes time too.
BETWEEN = 8


async def sliced(work: Slices[T], count: int) -> T:
    """Do work on `count` rows. If it takes longer than a slice, other tasks run in between;
    whatever they could change must have been read or copied before. A task that is cancelled in
    between stops there.
    """
    if count >= FEW:
        while not work.go():
            await _turn()
    return work.value()


async def _turn() -> None:
    await asyncio.sleep(0)


def slices_of(work: Generator[None, None, T]) -> Slices[T]:
    """Python work: a generator that yields where it may pause."""
    # Imported here so that defining models does not load the extension.
    from oxyde._core import Slices

    return Slices(work)


async def in_slices(work: Generator[None, None, T], count: int) -> T:
    """Like `sliced`, for Python work."""
    return await sliced(slices_of(work), count)


async def sliced_to_the_end(works: Sequence[Slices[None]], count: int) -> None:
    """Do work that must complete because it records what has already happened. If the task is
    cancelled meanwhile, CancelledError is raised when all of it is done."""
    left = list(works)
    try:
        while left:
            await sliced(left[0], count)
            del left[0]
    except asyncio.CancelledError:
        for work in left:
            work.value()
        raise
