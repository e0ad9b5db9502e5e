"""atomic() and retrying() without `await`."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, overload

from oxyde._core import drive
from oxyde.db import session as _session
from oxyde.db import tenant as _tenant
from oxyde.db import transaction as _async
from oxyde.exceptions import TransactionError
from oxyde.observe.place import Place
from oxyde.sync.driven import Driven

if TYPE_CHECKING:
    from oxyde.db.block import Block
    from oxyde.db.block_settings import SettingValue
    from oxyde.db.executor import Executor
    from oxyde.db.retries import Attempt as AsyncAttempt
    from oxyde.db.transaction import Isolation

__all__ = ["Atomic", "Attempt", "Session", "atomic", "retrying", "session", "tenant"]

T = TypeVar("T")
P = ParamSpec("P")


class Atomic(Driven["Block"]):
    """The result of `atomic()`: a context manager and a decorator."""

    __slots__ = ()

    _call = "atomic()"
    _block: _async.Atomic

    def __enter__(self) -> Block:
        if self._block.retries:
            raise TransactionError(
                "`with atomic(retries=…)` cannot run its block again",
                hint="decorate a function with @atomic(retries=…), or use "
                "`for attempt in retrying(): with attempt: …`",
            )
        return super().__enter__()

    def __call__(self, function: Callable[P, T]) -> Callable[P, T]:
        """Run each call of a function in a block.

        Raises:
            TypeError: the function is async.
        """
        if inspect.iscoroutinefunction(function):
            raise TypeError(
                f"atomic() of oxyde.sync decorates a plain function, not {function!r}: use "
                "oxyde.atomic() for async ones"
            )
        code = getattr(inspect.unwrap(function), "__code__", None)
        place = None if code is None else Place(code, code.co_firstlineno)
        options = self._block

        @functools.wraps(function)
        def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
            if options.retries and not options.is_nested():
                results: list[T] = []
                for attempt in _attempts(options.attempts(place)):
                    with attempt:
                        results.append(function(*args, **kwargs))
                return results[-1]
            with Atomic(options.once(place)):
                return function(*args, **kwargs)

        return wrapper


@overload
def atomic(using: Callable[P, T], /) -> Callable[P, T]: ...
@overload
def atomic(
    using: str | None = None,
    *,
    client: Executor | None = None,
    isolation: Isolation | None = None,
    read_only: bool = False,
    timeout: float | None = None,
    settings: Mapping[str, SettingValue] | None = None,
    durable: bool = False,
    retries: int = 0,
) -> Atomic: ...
def atomic(
    using: str | Callable[P, T] | None = None,
    *,
    client: Executor | None = None,
    isolation: Isolation | None = None,
    read_only: bool = False,
    timeout: float | None = None,
    settings: Mapping[str, SettingValue] | None = None,
    durable: bool = False,
    retries: int = 0,
) -> Atomic | Callable[P, T]:
    """A transaction: ``with atomic():`` or ``@atomic()`` on a function. Inside another block on the
    same database it is a savepoint.

    It belongs to the thread that entered it: statements of other threads do not run in it.

    Args: as for `oxyde.atomic`.

    Raises: as `oxyde.atomic`.
    """
    if callable(using):
        return Atomic(_async.atomic())(using)
    return Atomic(
        _async.atomic(
            using,
            client=client,
            isolation=isolation,
            read_only=read_only,
            timeout=timeout,
            settings=settings,
            durable=durable,
            retries=retries,
        )
    )


class Session(Driven["Block"]):
    """The result of `session()` and `tenant()`: a context manager."""

    __slots__ = ()

    _call = "session()"


def session(
    using: str | None = None,
    *,
    settings: Mapping[str, SettingValue] | None = None,
    search_path: str | Iterable[str] | None = None,
    client: Executor | None = None,
    isolation: Isolation | None = None,
    read_only: bool = False,
    timeout: float | None = None,
) -> Session:
    """A transaction with settings of PostgreSQL: ``with session(settings={"app.tenant": "7"}):``.

    Args and Raises: as for `oxyde.db.session`.
    """
    return Session(
        _session(
            using,
            settings=settings,
            search_path=search_path,
            client=client,
            isolation=isolation,
            read_only=read_only,
            timeout=timeout,
        )
    )


def tenant(
    name: str,
    *,
    shared: str | Iterable[str] = (),
    using: str | None = None,
    settings: Mapping[str, SettingValue] | None = None,
    client: Executor | None = None,
    isolation: Isolation | None = None,
    read_only: bool = False,
    timeout: float | None = None,
) -> Session:
    """A transaction in the schema of one tenant, on PostgreSQL: ``with tenant("t42"):``.

    Args and Raises: as for `oxyde.db.tenant`.
    """
    return Session(
        _tenant(
            name,
            shared=shared,
            using=using,
            settings=settings,
            client=client,
            isolation=isolation,
            read_only=read_only,
            timeout=timeout,
        )
    )


class Attempt:
    """One run of a block: ``with attempt:``."""

    def __init__(self, attempt: AsyncAttempt) -> None:
        self._attempt = attempt

    @property
    def number(self) -> int:
        """Which attempt it is, from 1 up."""
        return self._attempt.number

    def __enter__(self) -> Block:
        return drive(self._attempt.__aenter__(), "retrying()")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        return drive(self._attempt.__aexit__(kind, error, trace), "retrying()")


def retrying(
    using: str | None = None,
    *,
    retries: int = 3,
    isolation: Isolation | None = None,
    timeout: float | None = None,
) -> Iterator[Attempt]:
    """Run a transaction until it succeeds, again after each serialization failure or deadlock::

        for attempt in retrying():
            with attempt:
                ...

    Args: as for `oxyde.db.retrying`.

    Raises: as `oxyde.db.retrying`.
    """
    return _attempts(_async.retrying(using, retries=retries, isolation=isolation, timeout=timeout))


def _attempts(attempts: Any) -> Iterator[Attempt]:
    while True:
        try:
            attempt = drive(attempts.__anext__(), "retrying()")
        except StopAsyncIteration:
            return
        yield Attempt(attempt)
