"""Processes: what an exit leaves behind, and what a fork takes along."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

EXITS = 200

PRELUDE = """
import asyncio, os, sys
from oxyde import Field, Model, atomic, db, execute_raw

URL = sys.argv[1]

class Thing(Model):
    class Meta:
        is_table = True
        table_name = "fault_thing"
    id: int | None = Field(default=None, db_pk=True)
    name: str = ""
"""

EXIT_WAYS = {
    "pool closed": """
        async def main():
            await db.init(URL)
            await execute_raw("SELECT 1")
            await db.close()
        asyncio.run(main())
    """,
    "pool open": """
        async def main():
            await db.init(URL)
            await execute_raw("SELECT 1")
        asyncio.run(main())
    """,
    "queries in flight": """
        async def main():
            await db.init(URL)
            for _ in range(20):
                asyncio.ensure_future(execute_raw("SELECT 1"))
            await asyncio.sleep(0)
        asyncio.run(main())
    """,
    "transaction open": """
        async def main():
            await db.init(URL)
            block = atomic()
            await block.__aenter__()
            await execute_raw("SELECT 1")
            globals()["kept"] = block
        asyncio.run(main())
    """,
    "never awaited loop": """
        loop = asyncio.new_event_loop()
        loop.run_until_complete(db.init(URL))
        loop.run_until_complete(execute_raw("SELECT 1"))
        loop.close()
    """,
}


def script(body: str) -> str:
    return PRELUDE + textwrap.dedent(body)


def run_once(
    body: str, url: str, arguments: Sequence[str] = ()
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", script(body), url, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("way", EXIT_WAYS)
def test_a_process_ends_quietly(url: str, way: str) -> None:
    """200 exits over the five ways, two at a time: exit code 0 and an empty stderr."""
    rounds = EXITS // len(EXIT_WAYS)
    with ThreadPoolExecutor(2) as pool:
        ends = list(pool.map(lambda _: run_once(EXIT_WAYS[way], url), range(rounds)))
    bad = [(end.returncode, end.stderr) for end in ends if end.returncode or end.stderr]
    assert not bad, bad[:3]


def test_an_exception_keeps_its_traceback_and_exit_code(url: str) -> None:
    end = run_once(
        """
        async def main():
            await db.init(URL)
            await execute_raw("SELECT 1")
            raise RuntimeError("the user's own")
        asyncio.run(main())
        """,
        url,
    )
    assert end.returncode == 1
    assert end.stderr.rstrip().endswith("RuntimeError: the user's own")


def test_a_forked_child_works_and_leaves_the_parents_connections_alone(url: str) -> None:
    end = run_once(
        """
        async def ask():
            return (await execute_raw("SELECT 7 AS seven"))[0]["seven"]

        async def start():
            await db.init(URL)
            return await asyncio.gather(*(ask() for _ in range(5)))

        assert asyncio.run(start()) == [7] * 5
        for _ in range(10):
            child = os.fork()
            if not child:
                code = 1
                try:
                    assert asyncio.run(ask()) == 7
                    code = 0
                finally:
                    os._exit(code)
            assert os.waitpid(child, 0)[1] == 0
            assert asyncio.run(ask()) == 7
        print("fine")
        """,
        url,
    )
    assert (end.returncode, end.stdout.strip(), end.stderr) == (0, "fine", ""), end.stderr


def test_a_child_forked_inside_a_transaction_does_not_use_it(url: str) -> None:
    end = run_once(
        """
        async def ask():
            return (await execute_raw("SELECT 7 AS seven"))[0]["seven"]

        async def main():
            await db.init(URL)
            async with atomic():
                assert await ask() == 7
                child = os.fork()
                if not child:
                    code = 1
                    try:
                        import threading
                        result = []
                        thread = threading.Thread(target=lambda: result.append(asyncio.run(ask())))
                        thread.start()
                        thread.join(20)
                        code = 0 if result == [7] else 1
                    finally:
                        os._exit(code)
                assert os.waitpid(child, 0)[1] == 0
                assert await ask() == 7
            print("fine")

        asyncio.run(main())
        """,
        url,
    )
    assert (end.returncode, end.stdout.strip()) == (0, "fine"), end.stderr


def test_several_event_loops_one_after_another_and_side_by_side(url: str) -> None:
    end = run_once(
        """
        import threading

        async def ask():
            rows = await asyncio.gather(*(execute_raw("SELECT 7 AS seven") for _ in range(5)))
            return [row[0]["seven"] for row in rows]

        asyncio.run(db.init(URL))
        for _ in range(20):
            assert asyncio.run(ask()) == [7] * 5
        answers = []
        threads = [
            threading.Thread(target=lambda: answers.append(asyncio.run(ask()))) for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert answers == [[7] * 5] * 4
        asyncio.run(db.close())
        print("fine")
        """,
        url,
    )
    assert (end.returncode, end.stdout.strip(), end.stderr) == (0, "fine", ""), end.stderr


SLEEPS = {
    "postgres": "SELECT pg_sleep(6)",
    "mysql": "SELECT SLEEP(6)",
    "mariadb": "SELECT SLEEP(6)",
    "sqlite": (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000000) "
        "SELECT count(*) FROM n"
    ),
}


@pytest.mark.alone
def test_sigint_ends_a_slow_query_at_once(url: str, flavour: str) -> None:
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            script(
                """
                async def main():
                    await db.init(URL)
                    print("ready", flush=True)
                    await execute_raw(sys.argv[2])
                asyncio.run(main())
                """
            ),
            url,
            SLEEPS[flavour],
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.3)
    started = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert time.monotonic() - started < 1.0
    assert errors.rstrip().endswith("KeyboardInterrupt")


def test_the_parent_of_a_multiprocessing_pool_goes_on(url: str) -> None:
    end = run_once(
        """
        import multiprocessing

        def child(number):
            async def ask():
                return (await execute_raw("SELECT 7 AS seven"))[0]["seven"] + number
            return asyncio.run(ask())

        if __name__ == "__main__":
            asyncio.run(db.init(URL))
            with multiprocessing.get_context("fork").Pool(2) as pool:
                assert pool.map(child, range(6)) == [7, 8, 9, 10, 11, 12]
            asyncio.run(db.close())
            print("fine")
        """,
        url,
    )
    assert end.returncode == 0, end.stderr
    assert end.stdout.strip() == "fine"


def test_uvloop_works_too(url: str) -> None:
    end = run_once(
        """
        import uvloop

        async def main():
            await db.init(URL)
            rows = await asyncio.gather(*(execute_raw("SELECT 7 AS seven") for _ in range(50)))
            assert all(row[0]["seven"] == 7 for row in rows)
            await db.close()
            print("fine")

        uvloop.run(main())
        """,
        url,
    )
    assert (end.returncode, end.stdout.strip()) == (0, "fine"), end.stderr
