"""Which tenants of `Pools` have an open pool, and who waits for one."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from oxyde.db.waiter import Waiter
from oxyde.exceptions import OxydeError, PoolTimeoutError

if TYPE_CHECKING:
    from oxyde.db.pool import AsyncDatabase

__all__ = ["Granted", "Seat", "Seats"]


class Seat:
    """The place of a tenant among the pools that may be open.

    Attributes:
        tenant: its name.
        database: its pool; None while it is opened for the first time.
        is_opening: whether one of its users opens the pool.
        users: blocks that use it.
        unused_since: since when there are none, by time.monotonic().
        joining: those who wait until it is open.
    """

    __slots__ = ("database", "is_opening", "joining", "tenant", "unused_since", "users")

    def __init__(self, tenant: str) -> None:
        self.tenant = tenant
        self.database: AsyncDatabase | None = None
        self.is_opening = True
        self.users = 1
        self.unused_since = 0.0
        self.joining: list[Waiter[Granted | BaseException]] = []


@dataclass(slots=True)
class Granted:
    """A seat that was taken.

    Attributes:
        must_open: whether its pool must be opened by who took it, after those of `evicted` are
            closed.
    """

    seat: Seat
    must_open: bool = False


class Seats:
    """The seats. Tasks of several event loops, and threads, may take them.

    Args:
        most: how many there are.
        idle: seconds after which one that is not used is given up.
        patience: seconds to wait for one.
    """

    def __init__(self, most: int, idle: float, patience: float) -> None:
        self._most = most
        self._idle = idle
        self._patience = patience
        self._lock = threading.Lock()
        # The least recently used ones come first.
        self._seats: dict[str, Seat] = {}
        # Those who wait for a seat, by tenant, in the order in which tenants came.
        self._waiting: dict[str, list[Waiter[Granted | BaseException]]] = {}
        # The pools of seats that were given up.
        self._evicted: list[AsyncDatabase] = []
        self._opened = self._closed = self._timeouts = 0

    def counts(self) -> dict[str, int]:
        """The fields of `PoolsStats`."""
        with self._lock:
            seats = list(self._seats.values())
            waiting = sum(map(len, self._waiting.values())) + sum(len(s.joining) for s in seats)
            is_open = [s for s in seats if s.database is not None and s.database.connected]
            return {
                "max": self._most,
                "open": len(is_open),
                "busy": sum(1 for seat in seats if seat.users),
                "waiting": waiting,
                "opened": self._opened,
                "closed": self._closed,
                "timeouts": self._timeouts,
            }

    async def take(self, tenant: str) -> Granted:
        """Take the seat of a tenant.

        Raises:
            PoolTimeoutError: all seats are in use, and none became free in time.
            OxydeError: another user failed to open the pool.
        """
        with self._lock:
            known = self._seats.get(tenant)
            # Those who came before have the next free seat.
            granted = None if self._waiting and known is None else self._grant(tenant)
            if granted is not None:
                return granted
            waiter: Waiter[Granted | BaseException] = Waiter()
            known = self._seats.get(tenant)
            if known is not None:
                known.joining.append(waiter)
            else:
                self._waiting.setdefault(tenant, []).append(waiter)
        try:
            await waiter.wait(self._patience)
        except BaseException as error:
            with self._lock:
                self._withdraw(tenant, waiter, error)
            raise
        with self._lock:
            result = waiter.result
            if result is None:
                self._withdraw(tenant, waiter, None)
                self._timeouts += 1
        if result is None:
            raise PoolTimeoutError(
                f"no pool for tenant {tenant!r} within {self._patience:g} s: "
                f"all {self._most} are in use",
                hint="raise max_pools and max_connections, or leave the blocks of tenants sooner",
            )
        if isinstance(result, BaseException):
            raise result
        return result

    def evicted(self) -> list[AsyncDatabase]:
        """The pools to close before the next one is opened; the caller closes them."""
        with self._lock:
            evicted, self._evicted = self._evicted, []
            return evicted

    def opened(self, seat: Seat, database: AsyncDatabase) -> bool:
        """The pool is open. Returns whether the seat is still there."""
        with self._lock:
            if self._seats.get(seat.tenant) is not seat:
                return False
            self._opened += 1
            seat.database = database
            seat.is_opening = False
            joining, seat.joining = seat.joining, []
            for waiter in joining:
                seat.users += 1
                waiter.give(Granted(seat))
            return True

    def failed(self, seat: Seat, error: BaseException) -> None:
        """The pool could not be opened; who took the seat leaves it."""
        with self._lock:
            self._failed(seat, error)

    def leave(self, seat: Seat) -> None:
        """A block ends."""
        with self._lock:
            self._leave(seat)

    def clear(self) -> list[AsyncDatabase]:
        """Give all seats up; the pools to close."""
        with self._lock:
            seats = list(self._seats.values())
            self._seats.clear()
            waiting = [each for waiters in self._waiting.values() for each in waiters]
            self._waiting.clear()
            for waiter in [*waiting, *(each for seat in seats for each in seat.joining)]:
                waiter.give(OxydeError("the pools were closed while this block waited for one"))
            self._give_up(seats)
            evicted, self._evicted = self._evicted, []
            return evicted

    def _grant(self, tenant: str) -> Granted | None:
        """The tenant's seat; None if there is none, or another user opens its pool."""
        seat = self._seats.get(tenant)
        if seat is not None:
            if seat.is_opening:
                return None
            seat.users += 1
            # db.close() may have closed it.
            seat.is_opening = seat.database is None or not seat.database.connected
            return Granted(seat, must_open=seat.is_opening)
        evicted = self._expired()
        if len(self._seats) - len(evicted) >= self._most:
            unused = next((each for each in self._seats.values() if not each.users), None)
            if unused is None:
                return None
            evicted.append(unused)
        for each in evicted:
            del self._seats[each.tenant]
        self._give_up(evicted)
        seat = self._seats[tenant] = Seat(tenant)
        return Granted(seat, must_open=True)

    def _give_up(self, seats: list[Seat]) -> None:
        databases = [each.database for each in seats if each.database is not None]
        self._closed += len(databases)
        self._evicted += databases

    def _expired(self) -> list[Seat]:
        limit = time.monotonic() - self._idle
        return [s for s in self._seats.values() if not s.users and s.unused_since < limit]

    def _leave(self, seat: Seat) -> None:
        seat.users -= 1
        if self._seats.get(seat.tenant) is not seat or seat.users:
            return
        seat.unused_since = time.monotonic()
        self._seats[seat.tenant] = self._seats.pop(seat.tenant)
        self._serve()

    def _failed(self, seat: Seat, error: BaseException) -> None:
        seat.users -= 1
        if self._seats.get(seat.tenant) is not seat:
            return
        if not isinstance(error, Exception) and seat.joining:
            # Only that task was cancelled: the next one opens it.
            seat.users += 1
            seat.joining.pop(0).give(Granted(seat, must_open=True))
            return
        joining, seat.joining = seat.joining, []
        for waiter in joining:
            waiter.give(error)
        del self._seats[seat.tenant]
        self._serve()

    def _serve(self) -> None:
        """Give free seats to those who wait."""
        while self._waiting:
            tenant = next(iter(self._waiting))
            granted = self._grant(tenant)
            if granted is None:
                return
            first, *others = self._waiting.pop(tenant)
            first.give(granted)
            if granted.must_open:
                granted.seat.joining += others
            else:
                for waiter in others:
                    granted.seat.users += 1
                    waiter.give(Granted(granted.seat))

    def _withdraw(
        self,
        tenant: str,
        waiter: Waiter[Granted | BaseException],
        error: BaseException | None,
    ) -> None:
        """A waiter gives up; what it was given goes to others."""
        result = waiter.result
        if isinstance(result, Granted):
            if result.must_open:
                self._failed(result.seat, error or asyncio.CancelledError())
            else:
                self._leave(result.seat)
            return
        seat = self._seats.get(tenant)
        if seat is not None and waiter in seat.joining:
            seat.joining.remove(waiter)
        waiters = self._waiting.get(tenant, [])
        if waiter in waiters:
            waiters.remove(waiter)
            if not waiters:
                del self._waiting[tenant]
