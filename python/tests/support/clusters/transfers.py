"""Money transfers while others kill and switch servers, and what became of each."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from dataclasses import dataclass
from types import TracebackType

from oxyde import F, Field, Model, atomic, db
from oxyde.exceptions import DatabaseConnectionError, OutcomeUnknownError, OxydeError

__all__ = ["Account", "Figures", "Transfer", "Transfers"]

_ACCOUNTS = 50
_BALANCE = 1000
# Numbers of the transfers of one worker.
_NUMBERS = 10_000_000


class Account(Model):
    class Meta:
        is_table = True
        table_name = "scale_transfer_account"

    id: int = Field(db_pk=True)
    balance: int


class Transfer(Model):
    """A line of the ledger. The number is not unique in the database, so that a doubled transfer
    is stored and counted."""

    class Meta:
        is_table = True
        table_name = "scale_transfer_ledger"

    id: int | None = Field(default=None, db_pk=True)
    number: int
    source: int
    target: int
    amount: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What became of the transfers.

    Attributes:
        acknowledged: COMMITs that were answered.
        lost: those of them that the ledger does not have.
        doubled: transfers that the ledger has more than once.
        denied: stored transfers whose error said that nothing was done.
        unknown: OutcomeUnknownErrors.
        unknown_stored: those of them that the ledger has.
        misjudged: those of them for which `error.outcome()` said something else than the ledger.
        wrong_balances: accounts whose balance is not the sum of their lines.
        repeated: errors after which the transfer was made again.
        longest_gap: the longest time without an acknowledged transfer, in seconds.
        seconds: how long they ran.
    """

    acknowledged: int
    lost: int
    doubled: int
    denied: int
    unknown: int
    unknown_stored: int
    misjudged: int
    wrong_balances: int
    repeated: int
    longest_gap: float
    seconds: float

    def __str__(self) -> str:
        return (
            f"{self.seconds:.0f} s: acknowledged {self.acknowledged}, lost {self.lost}, "
            f"doubled {self.doubled}, stored though denied {self.denied}, "
            f"unknown {self.unknown} ({self.unknown_stored} stored, {self.misjudged} misjudged), "
            f"wrong balances {self.wrong_balances}, repeated {self.repeated}, "
            f"longest gap {self.longest_gap:.1f} s"
        )

    @property
    def is_exact(self) -> bool:
        """Whether each transfer was made once, or not at all, as its caller was told."""
        return not (self.lost or self.doubled or self.denied or self.misjudged) and not (
            self.wrong_balances
        )


class Transfers:
    """Workers that move money between accounts of the default database until the block ends. A
    transfer is made again while its errors say that nothing was done.

    Args:
        workers: their number.

    Attributes:
        acknowledged: the numbers of the transfers whose COMMIT was answered.
    """

    def __init__(self, workers: int = 16) -> None:
        self.acknowledged: set[int] = set()
        self._denied: set[int] = set()
        self._unknown: dict[int, str | None] = {}
        self._repeated = 0
        self._workers = workers
        self._tasks: list[asyncio.Task[None]] = []
        self._over = False
        self._progress = asyncio.Event()
        self._began = self._last = 0.0
        self._longest = 0.0

    async def __aenter__(self) -> Transfers:
        await db.create_tables(models=[Account, Transfer])
        accounts = [Account(id=number, balance=_BALANCE) for number in range(_ACCOUNTS)]
        await Account.objects.bulk_create(accounts)
        self._began = self._last = time.monotonic()
        self._tasks = [asyncio.create_task(self._work(each)) for each in range(self._workers)]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over = True
        await asyncio.gather(*self._tasks)
        self._note_gap()

    async def reach(self, more: int, seconds: float = 60) -> None:
        """Wait until so many further transfers are acknowledged.

        Raises:
            TimeoutError: they are not, after this time.
        """
        wanted = len(self.acknowledged) + more
        until = time.monotonic() + seconds
        while len(self.acknowledged) < wanted:
            if any(task.done() for task in self._tasks):
                await asyncio.gather(*self._tasks)
            if time.monotonic() > until:
                raise TimeoutError(f"no transfer is acknowledged after {seconds:.0f} s")
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._progress.wait(), 1)
            self._progress.clear()

    async def _work(self, worker: int) -> None:
        chosen = random.Random(worker)
        number = worker * _NUMBERS
        while not self._over:
            number += 1
            source, target = chosen.sample(range(_ACCOUNTS), 2)
            line = Transfer(
                number=number, source=source, target=target, amount=chosen.randint(1, 9)
            )
            while not self._over and not await self._make(line):
                self._repeated += 1

    async def _make(self, line: Transfer) -> bool:
        """Make a transfer; whether its worker goes on to the next one."""
        changes = sorted([(line.source, -line.amount), (line.target, line.amount)])
        try:
            async with atomic():
                await Transfer.objects.create(
                    number=line.number, source=line.source, target=line.target, amount=line.amount
                )
                for account, change in changes:
                    rows = Account.objects.filter(id=account)
                    await rows.update(balance=F("balance") + change)
        except OutcomeUnknownError as error:
            self._unknown[line.number] = await _outcome_of(error)
            self._denied.discard(line.number)
            return True
        except OxydeError as error:
            if not error.retryable:
                raise
            self._denied.add(line.number)
            await asyncio.sleep(random.uniform(0.01, 0.05))
            return False
        self._denied.discard(line.number)
        self.acknowledged.add(line.number)
        self._progress.set()
        self._note_gap()
        return True

    def _note_gap(self) -> None:
        now = time.monotonic()
        self._longest = max(self._longest, now - self._last)
        self._last = now

    async def figures(self) -> Figures:
        """Compare the ledger and the accounts with what the workers were told."""
        stored: dict[int, int] = {}
        balances = dict.fromkeys(range(_ACCOUNTS), _BALANCE)
        for line in await Transfer.objects.all():
            stored[line.number] = stored.get(line.number, 0) + 1
            balances[line.source] -= line.amount
            balances[line.target] += line.amount
        found = {account.id: account.balance for account in await Account.objects.all()}
        said = {number: outcome for number, outcome in self._unknown.items() if outcome is not None}
        return Figures(
            acknowledged=len(self.acknowledged),
            lost=len(self.acknowledged - stored.keys()),
            doubled=sum(count > 1 for count in stored.values()),
            denied=len(self._denied & stored.keys()),
            unknown=len(self._unknown),
            unknown_stored=len(self._unknown.keys() & stored.keys()),
            misjudged=sum((said[n] == "committed") != (n in stored) for n in said),
            wrong_balances=sum(found[number] != balances[number] for number in balances),
            repeated=self._repeated,
            longest_gap=self._longest,
            seconds=self._last - self._began,
        )


async def _outcome_of(error: OutcomeUnknownError) -> str | None:
    """What the server that is the primary by then says about it; None if it cannot tell."""
    for _ in range(300):
        try:
            outcome = await error.outcome()
        except DatabaseConnectionError:
            pass
        else:
            if outcome != "in progress":
                return outcome
        await asyncio.sleep(0.1)
    return None
