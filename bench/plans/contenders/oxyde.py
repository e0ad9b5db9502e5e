"""Oxyde, and SQL written by hand over the same connection (`execute_raw`)."""

from __future__ import annotations

import asyncio
import contextlib
import time
from abc import abstractmethod
from collections.abc import Iterator
from typing import Any

from bench.plans.answers import only_value, plain
from bench.plans.case import SQLITE, Case, Prepared
from bench.plans.contenders.contender import Contender, Run, TooSlow
from bench.plans.effort import Meter, Statement, explain, summary
from oxyde import atomic, execute_raw
from oxyde.db.block import Block


class OverOxyde(Contender):
    """Runs calls in a block of Oxyde's."""

    async def run(self, case: Case, *, check: bool) -> Run | None:
        try:
            return await self._run(case, check)
        except asyncio.TimeoutError as error:
            raise TooSlow from error

    async def _run(self, case: Case, check: bool) -> Run:
        prepared = await self._prepare(case)
        async with atomic() as block:
            block.set_rollback()
            if not check:
                start = time.perf_counter()
                await asyncio.wait_for(self._call(case, prepared), self.limit)
                return Run(time.perf_counter() - start)
            meter = await Meter.start(self.kind)
            start = time.perf_counter()
            with recorded() as statements:
                answer = await asyncio.wait_for(self._call(case, prepared), self.limit)
            seconds = time.perf_counter() - start
            read = await meter.read()
            if case.probe:
                answer = only_value(await execute_raw(case.probe))
            else:
                answer = self._digest(case, answer)
            plans = {each.sql: await explain(self.kind, each) for each in statements}
            effort = summary(list(plans.values())) if self.kind == SQLITE else read
            return Run(seconds, plain(answer, ordered=case.ordered), effort, plans)

    async def close(self) -> None:
        """The database belongs to the run, which filled it."""

    @abstractmethod
    async def _prepare(self, case: Case) -> Any: ...

    @abstractmethod
    async def _call(self, case: Case, prepared: Any) -> Any: ...

    def _digest(self, case: Case, answer: Any) -> Any:
        return case.digest(answer) if case.digest else answer


class Oxyde(OverOxyde):
    name = "Oxyde"

    async def _prepare(self, case: Case) -> Any:
        return await case.oxyde.load() if isinstance(case.oxyde, Prepared) else None

    async def _call(self, case: Case, prepared: Any) -> Any:
        if isinstance(case.oxyde, Prepared):
            return await case.oxyde.use(prepared)
        return await case.oxyde()


class Written(OverOxyde):
    """The answer of several statements is a tuple: how many rows each of them has."""

    name = "by hand"

    async def _prepare(self, case: Case) -> Any:
        return case.statements(self.kind)

    async def _call(self, case: Case, prepared: Any) -> Any:
        return [await execute_raw(text, values) for text, values in prepared]

    def _digest(self, case: Case, answer: Any) -> Any:
        if len(answer) > 1:
            return tuple(len(rows) for rows in answer)
        return only_value(answer[0])


@contextlib.contextmanager
def recorded() -> Iterator[list[Statement]]:
    """Record the statements that blocks run."""
    found: list[Statement] = []
    methods = {name: getattr(Block, name) for name in ("fetch", "execute", "bulk", "fetch_raw")}

    def recording(name: str) -> Any:
        async def run(block: Block, plan: Any, values: Any, *rest: Any) -> Any:
            if isinstance(plan, str):
                found.append(Statement(plan, values))
            elif name == "bulk":
                found.append(Statement(plan.sql, None))
            else:
                found.append(Statement(plan.sql, plan.parameters(values)))
            return await methods[name](block, plan, values, *rest)

        return run

    for name in methods:
        setattr(Block, name, recording(name))
    try:
        yield found
    finally:
        for name, method in methods.items():
            setattr(Block, name, method)
