"""Who reads the answers: the busy loop's own thread, or the thread that stands in for it."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

PRELUDE = """
import asyncio, contextlib, sys, threading, time
from oxyde import PoolSettings, atomic, db, execute_raw
from oxyde.exceptions import OxydeError, QueryTimeoutError

URL, SLOW, LOOP = sys.argv[1:4]
if LOOP == "uvloop":
    import uvloop
    run = uvloop.run
else:
    run = asyncio.run

async def ask(number):
    return (await execute_raw("SELECT %d AS n" % number))[0]["n"]

async def busy(rounds=200, tasks=8):
    async def one(start):
        for number in range(start, start + rounds):
            assert await ask(number) == number
    await asyncio.gather(*(one(task * rounds) for task in range(tasks)))
"""

SLOW = {
    "postgres": "SELECT pg_sleep(5)",
    "mysql": "SELECT SLEEP(5)",
    "mariadb": "SELECT SLEEP(5)",
    "sqlite": (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000000) "
        "SELECT count(*) FROM n"
    ),
}


@pytest.fixture(params=["asyncio", "uvloop"])
def loop(request: pytest.FixtureRequest) -> str:
    """The event loop's library."""
    kind: str = request.param
    return kind


def finish(source: str, url: str, flavour: str, loop: str) -> None:
    """Run a program in a process of its own; it prints `fine` and nothing else."""
    program = PRELUDE + textwrap.dedent(source) + '\nprint("fine")\n'
    end = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, url, SLOW[flavour], loop],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (end.returncode, end.stdout.strip(), end.stderr) == (0, "fine", ""), end.stderr


def test_a_busy_loop_gets_each_answer(url: str, flavour: str, loop: str) -> None:
    finish(
        """
        async def main():
            await db.init(URL)
            await busy()
            await busy(tasks=1)
            async with atomic():
                await busy(rounds=50)
            await db.close()
        run(main())
        """,
        url,
        flavour,
        loop,
    )


def test_busy_loops_of_several_threads(url: str, flavour: str, loop: str) -> None:
    finish(
        """
        run(db.init(URL))
        failures = []
        def work():
            try:
                run(busy(rounds=60))
            except BaseException as failure:
                failures.append(failure)
        for _ in range(2):
            threads = [threading.Thread(target=work) for _ in range(3)]
            for thread in threads:
                thread.start()
            run(busy(rounds=60))
            for thread in threads:
                thread.join()
            run(busy(rounds=60))
        assert not failures, failures
        run(db.close())
        """,
        url,
        flavour,
        loop,
    )


def test_a_loop_that_ends_in_the_middle_of_its_work(url: str, flavour: str, loop: str) -> None:
    finish(
        """
        async def part():
            await busy(rounds=20)
            for number in range(20):
                asyncio.ensure_future(ask(number))
            await asyncio.sleep(0)

        run(db.init(URL))
        for _ in range(10):
            run(part())
        run(busy(rounds=20))
        run(db.close())
        """,
        url,
        flavour,
        loop,
    )


def test_work_of_another_thread_goes_on_while_this_one_computes(
    url: str, flavour: str, loop: str
) -> None:
    finish(
        """
        async def main():
            await db.init(URL)
            await busy(rounds=30)
            done = threading.Event()
            def other():
                run(busy(rounds=30))
                done.set()
            waiting = [asyncio.ensure_future(ask(number)) for number in range(5)]
            await asyncio.sleep(0)
            thread = threading.Thread(target=other)
            thread.start()
            until = time.monotonic() + 60
            # Never awaits: this loop cannot take a turn.
            while not done.is_set():
                assert time.monotonic() < until
                time.sleep(0.001)
            thread.join()
            assert await asyncio.gather(*waiting) == [0, 1, 2, 3, 4]
            await db.close()
        run(main())
        """,
        url,
        flavour,
        loop,
    )


@pytest.mark.alone
def test_deadlines_pass_while_the_loop_is_busy(url: str, flavour: str, loop: str) -> None:
    finish(
        """
        async def main():
            await db.init(URL, settings=PoolSettings(query_timeout=0.5, max_connections=8))
            stop = False
            async def others():
                while not stop:
                    await ask(1)
            tasks = [asyncio.ensure_future(others()) for _ in range(3)]
            started = time.monotonic()
            for _ in range(2):
                try:
                    await execute_raw(SLOW)
                except QueryTimeoutError:
                    pass
                else:
                    raise AssertionError("no timeout")
            assert time.monotonic() - started < 4
            started = time.monotonic()
            slow = asyncio.ensure_future(execute_raw(SLOW))
            await asyncio.sleep(0.1)
            slow.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await slow
            assert time.monotonic() - started < 2
            stop = True
            await asyncio.gather(*tasks)
            await db.close()
        run(main())
        """,
        url,
        flavour,
        loop,
    )
