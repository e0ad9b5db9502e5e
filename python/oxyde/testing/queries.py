"""`capture_queries` and `assert_num_queries`."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import overload

from oxyde import db
from oxyde.observe import Statement, Subscription
from oxyde.testing.loop_thread import is_loop_thread

__all__ = ["CapturedQueries", "assert_num_queries", "capture_queries"]

# What begins and ends transactions.
_CONTROL = ("begin", "commit", "rollback", "rollback to", "savepoint", "release")


class CapturedQueries(Sequence[Statement]):
    """The statements that ran since `capture_queries()`, in order, also those of other tasks and
    threads. It grows until the block ends."""

    def __init__(self, using: str | None, transactions: bool) -> None:
        self._using = using
        self._transactions = transactions
        self._statements: list[Statement] = []
        self._subscription: Subscription[Statement] | None = None

    def __enter__(self) -> CapturedQueries:
        self._subscription = db.on_query(self._note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._subscription is not None:
            self._subscription.stop()

    def __len__(self) -> int:
        return len(self._statements)

    @overload
    def __getitem__(self, index: int) -> Statement: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Statement]: ...
    def __getitem__(self, index: int | slice) -> Statement | Sequence[Statement]:
        return self._statements[index]

    def __str__(self) -> str:
        return "\n".join(_line(at, each) for at, each in enumerate(self._statements, 1))

    def __repr__(self) -> str:
        return f"<{len(self)} captured queries>\n{self}".rstrip()

    def _note(self, statement: Statement) -> None:
        if is_loop_thread():  # the plugin itself makes a database
            return
        if self._using is not None and statement.database != self._using:
            return
        if self._transactions or statement.kind not in _CONTROL:
            self._statements.append(statement)


def _line(number: int, statement: Statement) -> str:
    error = "" if statement.error is None else f" failed: {type(statement.error).__name__},"
    return (
        f"{number}. {statement.sql} {statement.parameters!r}\n"
        f"  {error} {statement.seconds * 1000:.2f} ms, at {statement.place or 'an unknown place'}"
    )


def capture_queries(*, using: str | None = None, transactions: bool = False) -> CapturedQueries:
    """Note the statements that run in a block::

        with capture_queries() as queries:
            await client.get("/posts")
        assert [query.kind for query in queries] == ["select", "select"]

    Args:
        using: only those of the database of this name.
        transactions: also BEGIN, COMMIT, ROLLBACK and savepoints.

    Returns:
        A context manager; its value is the sequence of `oxyde.observe.Statement`, with `sql`,
        `parameters`, `rows`, `seconds`, `model` and `place`.
    """
    return CapturedQueries(using, transactions)


@contextlib.contextmanager
def assert_num_queries(
    expected: int, *, using: str | None = None, transactions: bool = False
) -> Iterator[CapturedQueries]:
    """Check how many statements run in a block: ``with assert_num_queries(2): …``.

    Args:
        expected: the number.
        using: count only those of the database of this name.
        transactions: also count BEGIN, COMMIT, ROLLBACK and savepoints.

    Raises:
        AssertionError: there were more or fewer; the message lists them with their places.
    """
    with capture_queries(using=using, transactions=transactions) as queries:
        yield queries
    if len(queries) != expected:
        listed = f":\n{queries}" if queries else ""
        raise AssertionError(
            f"{len(queries)} statement{'' if len(queries) == 1 else 's'} ran, "
            f"not {expected}{listed}"
        )
