"""The router over simulated time, without servers: 50 replicas that lag as they like, stand still,
fail and come back, and are asked how far they have come."""

from __future__ import annotations

import math
import random
import time
from bisect import bisect_right
from collections.abc import Callable, Coroutine
from contextvars import copy_context
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.examples import examples

from oxyde.db import Router, own_writes
from oxyde.db.positions import WalPosition
from oxyde.db.replica_reads import reader
from oxyde.db.replication import Replication
from oxyde.exceptions import DatabaseConnectionError

REPLICAS = 50
T = TypeVar("T")


def done(coroutine: Coroutine[Any, Any, T]) -> T:
    """What a coroutine returns that never waits."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    raise AssertionError("it waits")


class Server:
    """A primary, or a replica that shows what the primary had some time ago."""

    connected = True
    features = object()

    def __init__(self, simulation: Simulation, name: str) -> None:
        self.simulation = simulation
        self.name = name
        self.is_primary = name == "default"
        self.dead = False
        # It shows what was written up to then.
        self.replayed = 0.0

    def replay(self) -> None:
        """Come some way nearer to the primary, or stand still."""
        drawn = self.simulation.random.random()
        now = self.simulation.now
        if drawn < 0.4:
            self.replayed = now
        elif drawn < 0.8:
            self.replayed += drawn * (now - self.replayed)

    def answer(self) -> float:
        """The time up to which it shows writes."""
        self.simulation.now += self.simulation.random.expovariate(1_000)
        if self.dead:
            raise DatabaseConnectionError("dead")
        return self.simulation.now if self.is_primary else self.replayed

    async def position(self) -> WalPosition:
        return WalPosition(bisect_right(self.simulation.log, self.answer()))

    async def replication(self, primary: object) -> Replication:
        shown = self.answer()
        is_current = bisect_right(self.simulation.log, shown) == len(self.simulation.log)
        # As PostgreSQL: the age of the newest transaction that it shows.
        newest = bisect_right(self.simulation.log, shown)
        age = self.simulation.now - self.simulation.log[newest - 1] if newest else None
        return Replication(is_current, age)

    async def fetch(self, *_: object) -> float:
        return self.answer()


class Simulation:
    def __init__(self, seed: int, router: Router) -> None:
        self.random = random.Random(seed)
        own_writes.forget()
        self.now = 1_000.0
        self.log: list[float] = []
        self.router = router
        self.databases: dict[str, Any] = {
            name: Server(self, name) for name in (*router.reads, router.writes)
        }
        self.primary = self.databases[router.writes]

    def clock(self) -> float:
        return self.now

    def write(self) -> None:
        self.log.append(self.now)
        done(self.router.note(self.primary))

    def read(self) -> float:
        """A read of this task; the time up to which it sees writes. Endless, if two replicas died
        that had answered before."""
        replica = reader(self.router, self.databases)
        executor: Any = self.primary if replica is None else replica
        try:
            shown: float = done(executor.fetch(None, (), None))
        except DatabaseConnectionError:
            return math.inf
        return shown

    def move(self) -> None:
        """Time passes: replicas replay, die and come back; others write."""
        self.now += self.random.expovariate(5)
        for server in self.random.sample(list(self.databases.values()), 10):
            if server.is_primary:
                continue
            server.replay()
            server.dead ^= self.random.random() < 0.05
        if self.random.random() < 0.5:
            self.log.append(self.now)


def names() -> list[str]:
    return [f"r{number}" for number in range(REPLICAS)]


def simulated(simulation: Simulation, task: Callable[[], None], times: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "monotonic", simulation.clock)
        for _ in range(times):
            simulation.move()
            copy_context().run(task)
    own_writes.forget()


@examples(20)
@given(seed=st.integers(0, 2**32), max_lag=st.none() | st.floats(0.1, 3))
def test_a_task_never_reads_older_than_it_wrote(seed: int, max_lag: float | None) -> None:
    router = Router(reads=names(), sticky="position", max_lag=max_lag)
    simulation = Simulation(seed, router)
    by_replicas = 0

    def task() -> None:
        nonlocal by_replicas
        wrote: float | None = None
        for _ in range(simulation.random.randint(1, 8)):
            simulation.move()
            inside = simulation.random.random() < 0.3
            run: Callable[[Callable[[], Any]], Any] = (
                copy_context().run if inside else lambda call: call()
            )
            if simulation.random.random() < 0.3:
                # At times the position of a write is not known.
                simulation.primary.dead = simulation.random.random() < 0.1
                run(simulation.write)
                simulation.primary.dead = False
                wrote = simulation.log[-1]
            else:
                shown = run(simulation.read)
                by_replicas += shown < simulation.now
                if wrote is not None:
                    assert shown >= wrote

    simulated(simulation, task, 60)
    assert by_replicas > 20


@examples(20)
@given(seed=st.integers(0, 2**32), max_lag=st.floats(0.1, 5))
def test_no_read_is_older_than_the_bound(seed: int, max_lag: float) -> None:
    """A measurement is relied on for a second."""
    router = Router(reads=names(), sticky=0, max_lag=max_lag)
    simulation = Simulation(seed, router)

    def task() -> None:
        for _ in range(4):
            shown = simulation.read()
            missing = simulation.log[bisect_right(simulation.log, shown) :]
            if missing:
                assert simulation.now - missing[0] <= max_lag + 1.01
            simulation.move()

    simulated(simulation, task, 100)
    reasons = router.counts("default")
    assert set(reasons) <= {"lag", "fallback", "cooldown"}
    assert sum(router.counts(name).get("replica", 0) for name in names()) > 20


@examples(20)
@given(seed=st.integers(0, 2**32))
def test_a_dead_replica_gets_less_than_one_percent(seed: int) -> None:
    router = Router(reads=names(), sticky="position", max_lag=1.0)
    simulation = Simulation(seed, router)
    dead = simulation.databases["r7"]
    dead.dead = True
    asked = 0
    answer = dead.answer

    def counted() -> float:
        nonlocal asked
        asked += 1
        result: float = answer()
        return result

    dead.answer = counted

    def task() -> None:
        for server in simulation.databases.values():
            server.replayed = simulation.now
        simulation.read()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "monotonic", simulation.clock)
        for _ in range(2_000):
            simulation.now += simulation.random.expovariate(100)
            copy_context().run(task)
    own_writes.forget()
    assert asked < 20
    assert router.counts("default").get("fallback", 0) == 0
