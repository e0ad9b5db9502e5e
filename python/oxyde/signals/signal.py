"""`Signal`: its receivers, and how they are called."""

from __future__ import annotations

import inspect
import logging
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Generic, Literal, NamedTuple, TypeVar

from oxyde.exceptions import OxydeError
from oxyde.signals.events import Event

if TYPE_CHECKING:
    from oxyde.db.after_commit import AfterCommit

__all__ = ["Signal", "When", "muted"]

E = TypeVar("E", bound=Event[Any])
F = TypeVar("F", bound=Callable[..., object])
When = Literal["now", "commit"]

_LOG = logging.getLogger("oxyde")
# The signals that are muted in this task; None for none.
_muted: ContextVar[frozenset[Any] | None] = ContextVar("oxyde_muted_signals", default=None)


class _Receiver(NamedTuple):
    function: Callable[[Any], object]
    model: type[Any] | None
    when: When

    def hears(self, model: type[Any]) -> bool:
        """Whether it is for a model, or for a base of it."""
        return self.model is None or issubclass(model, self.model)


class Signal(Generic[E]):
    """A kind of writes that functions can be called for, of one model or all.

    Args:
        name: its name, for errors.
        before: whether it is sent before the write, which a receiver can prevent.
    """

    def __init__(self, name: str, *, before: bool) -> None:
        self.name = name
        self._before = before
        self._lock = threading.Lock()
        # Replaced, never changed: a signal that is being sent keeps its receivers.
        self.receivers: tuple[_Receiver, ...] = ()

    def __repr__(self) -> str:
        return f"signals.{self.name}"

    def connect(
        self,
        receiver: Callable[[E], object],
        *,
        model: type[Any] | None = None,
        when: When = "now",
    ) -> None:
        """Call a function for each write. Connecting it again changes nothing.

        Args:
            receiver: takes the event; it may be async. It is called until it is disconnected.
            model: only for this model and its subclasses: an abstract base stands for all models
                that inherit it.
            when: "now", in the transaction of the write, or "commit", after the commit of the
                outermost block; outside of blocks after the write.

        Raises:
            OxydeError: it is not a function of one argument, or the model is not a model; or
                "commit" with a signal that is sent before the write.
        """
        self._check(receiver, model, when)
        made = _Receiver(receiver, model, when)
        with self._lock:
            if made not in self.receivers:
                self.receivers = (*self.receivers, made)

    def on(self, *models: type[Any], when: When = "now") -> Callable[[F], F]:
        """Connect the decorated function: ``@signals.post_save.on(Post)``. Without models, it is
        called for all.

        Args and Raises: as for `connect`.
        """

        def decorate(function: F) -> F:
            for model in models or (None,):
                self.connect(function, model=model, when=when)
            return function

        return decorate

    def disconnect(
        self, receiver: Callable[[E], object], *, model: type[Any] | None = None
    ) -> bool:
        """Call a function no more.

        Args:
            receiver: the function.
            model: only for this model; when None, for all.

        Returns:
            Whether it was connected.
        """
        with self._lock:
            kept = [
                each
                for each in self.receivers
                if each.function != receiver or (model is not None and each.model is not model)
            ]
            found = len(kept) < len(self.receivers)
            self.receivers = tuple(kept)
        return found

    async def send(self, event: E) -> None:
        """Call the receivers in the order in which they were connected, one after the other. The
        error of one stops the others, and is raised; those that are called after the commit only
        log theirs."""
        silent = _muted.get()
        if silent is not None and (not silent or self in silent):
            return
        for receiver in self.receivers:
            if not receiver.hears(event.model):
                continue
            if receiver.when == "now":
                try:
                    result = receiver.function(event)
                    if inspect.isawaitable(result):
                        await result
                except Exception as error:
                    self._tell(error, receiver, event)
                    raise
            else:
                await self._after_commit(receiver, event)

    async def _after_commit(self, receiver: _Receiver, event: E) -> None:
        async def late() -> None:
            try:
                result = receiver.function(event)
                if inspect.isawaitable(result):
                    await result
            except Exception:
                _LOG.exception(
                    "the receiver %s of signals.%s failed for %s, after the commit",
                    _name(receiver.function),
                    self.name,
                    event.model.__name__,
                )

        functions: list[AfterCommit] | None = getattr(event.executor, "after_commit", None)
        if functions is None:
            await late()
        else:
            functions.append(late)

    def _tell(self, error: Exception, receiver: _Receiver, event: E) -> None:
        if sys.version_info >= (3, 11):
            error.add_note(
                f"raised by {_name(receiver.function)}, a receiver of {self!r} for "
                f"{event.model.__name__}"
            )

    def _check(self, receiver: object, model: object, when: object) -> None:
        if not callable(receiver):
            raise OxydeError(
                f"{self!r} takes a function of one argument, the event, not {receiver!r:.80}",
                hint=f"@signals.{self.name}.on(Post)",
            )
        try:
            inspect.signature(receiver).bind(None)
        except TypeError:
            raise OxydeError(
                f"{self!r} calls {_name(receiver)} with one argument, the event, which it does not "
                "take",
                hint=f"def {getattr(receiver, '__name__', 'receiver')}(event): …",
            ) from None
        except ValueError:
            # A builtin function without a signature.
            pass
        if model is not None and not (isinstance(model, type) and hasattr(model, "get_table_name")):
            raise OxydeError(
                f"{self!r}: model= is a model, not {model!r:.80}",
                hint="name a class of models, or leave it out to be called for all",
            )
        if when not in ("now", "commit"):
            raise OxydeError(f'{self!r}: when is "now" or "commit", not {when!r:.80}')
        if when == "commit" and self._before:
            raise OxydeError(
                f'{self!r} is sent before the write, and when="commit" is after it',
                hint=f"connect to signals.{self.name.replace('pre_', 'post_')}",
            )


@contextmanager
def muted(*signals: Signal[Any]) -> Iterator[None]:
    """Send no signals in a block of this task, or not these: ``with signals.muted(): …``, for bulk
    loads and tests. Tasks that it starts are muted too."""
    known = _muted.get()
    # An empty set stands for all signals.
    wider = frozenset(signals)
    if known is not None and wider:
        wider = known | wider if known else known
    token = _muted.set(wider)
    try:
        yield
    finally:
        _muted.reset(token)


def _name(function: object) -> str:
    module, name = getattr(function, "__module__", None), getattr(function, "__qualname__", None)
    return f"{module}.{name}" if module and name else repr(function)[:80]
