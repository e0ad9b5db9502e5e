"""The router over simulated time, without servers: 50 replicas that lag, fail and come back."""

from __future__ import annotations

import random
import time
from collections import Counter
from contextvars import copy_context

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.examples import examples

from oxyde.db import Router, own_writes

REPLICAS = 50


class Simulated:
    """A replica that shows what was written `lag` seconds ago, and is dead at times."""

    connected = True

    def __init__(self, lag: float) -> None:
        self.lag = lag
        self.dead = False


class Simulation:
    def __init__(self, seed: int, sticky: float) -> None:
        self.random = random.Random(seed)
        own_writes.forget()
        self.now = 1_000.0
        names = [f"r{number}" for number in range(REPLICAS)]
        # No replica lags more than the time for which reads go to the primary.
        self.databases = {name: Simulated(self.random.uniform(0, sticky)) for name in names}
        self.router = Router(reads=names, sticky=sticky)
        self.asked: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()

    def clock(self) -> float:
        return self.now

    def read(self) -> float:
        """A read of this task; the time up to which it sees writes."""
        if self.router.must_see_writes():
            self.asked["primary"] += 1
            return self.now
        for _ in range(2):
            seat = self.router.usable(self.databases)
            if seat is None:
                break
            self.asked[seat.name] += 1
            replica = self.databases[seat.name]
            if not replica.dead:
                seat.worked()
                return self.now - replica.lag
            self.failed[seat.name] += 1
            seat.failed()
        self.asked["primary"] += 1
        return self.now

    def task(self) -> None:
        """A request: some writes, reads and pauses, some of them by tasks that it starts."""
        wrote: float | None = None
        for _ in range(self.random.randint(1, 8)):
            self.now += self.random.expovariate(20)
            action = self.random.random()
            inside = self.random.random() < 0.3
            if action < 0.2:
                # A task that is started gets a copy of the context.
                (copy_context().run if inside else lambda call: call())(own_writes.note_write)
                wrote = self.now
            else:
                seen = copy_context().run(self.read) if inside else self.read()
                if wrote is not None:
                    assert seen >= wrote


@examples(20)
@given(seed=st.integers(0, 2**32), sticky=st.floats(0.1, 5), dead=st.integers(0, REPLICAS - 1))
def test_a_task_never_reads_older_than_it_wrote(seed: int, sticky: float, dead: int) -> None:
    simulation = Simulation(seed, sticky)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "monotonic", simulation.clock)
        names = list(simulation.databases)
        for _ in range(60):
            for name in simulation.random.sample(names, dead):
                simulation.databases[name].dead ^= simulation.random.random() < 0.5
            copy_context().run(simulation.task)
    own_writes.forget()


@examples(5)
@given(seed=st.integers(0, 2**32))
def test_a_dead_replica_gets_less_than_one_percent(seed: int) -> None:
    simulation = Simulation(seed, sticky=0.001)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "monotonic", simulation.clock)
        simulation.databases["r7"].dead = True
        for _ in range(2_000):
            simulation.now += simulation.random.expovariate(100)
            copy_context().run(simulation.read)
    reads = sum(simulation.asked.values())
    assert simulation.failed["r7"] == simulation.asked["r7"] < reads / 100
    alive = [simulation.asked[name] for name in simulation.databases if name != "r7"]
    assert max(alive) - min(alive) <= 5
    assert simulation.asked["primary"] == 0
