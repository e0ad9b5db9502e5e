"""Processes without an event loop: signals, forks, and what an exit leaves behind."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

PRELUDE = """
import os, signal, sys, threading, time, warnings
from oxyde import Field, Model, OxydeError, sync

URL, SLOW = sys.argv[1:3]

class Thing(sync.Model):
    class Meta:
        is_table = True
        table_name = "sync_thing"
    id: int | None = Field(default=None, db_pk=True)
    name: str = ""

def later(seconds, what):
    threading.Timer(seconds, lambda: os.kill(os.getpid(), what)).start()
"""

SLOW = {
    "postgres": "SELECT pg_sleep(60)::text AS slept",
    "mysql": "SELECT SLEEP(60) AS slept",
    "mariadb": "SELECT SLEEP(60) AS slept",
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900000000)"
    " SELECT count(*) AS slept FROM n",
}


def run(body: str, url: str, flavour: str) -> str:
    """Run a program; what it prints."""
    program = PRELUDE + textwrap.dedent(body)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, url, SLOW[flavour]],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


def test_ctrl_c_stops_the_statement(url: str, flavour: str) -> None:
    printed = run(
        """
        with sync.db.connect(URL) as database:
            for block in (None, sync.atomic()):
                later(0.3, signal.SIGINT)
                began = time.monotonic()
                try:
                    if block is None:
                        sync.execute_raw(SLOW)
                    else:
                        with block:
                            sync.execute_raw(SLOW)
                except KeyboardInterrupt:
                    print("stopped", time.monotonic() - began < 10)
                print(sync.execute_raw("SELECT 1 AS one"), database.status()["in_use"])
            # What handlers raise ends the wait as well, and is not the end of the block's error.
            def limit(*_):
                raise TimeoutError("soft limit")
            signal.signal(signal.SIGALRM, limit)
            signal.setitimer(signal.ITIMER_REAL, 0.2)
            try:
                with sync.atomic():
                    try:
                        sync.execute_raw(SLOW)
                    except TimeoutError:
                        sync.execute_raw("SELECT 1")
            except OxydeError as error:
                print(type(error).__name__)
            # A handler that returns lets the statement go on, and may run others.
            signal.signal(signal.SIGALRM, lambda *_: print(sync.execute_raw("SELECT 2 AS two")))
            signal.setitimer(signal.ITIMER_REAL, 0.1)
            later(0.4, signal.SIGINT)
            try:
                sync.execute_raw(SLOW)
            except KeyboardInterrupt:
                print("stopped")
        """,
        url,
        flavour,
    )
    assert printed.splitlines() == [
        "stopped True",
        "[{'one': 1}] 0",
        "stopped True",
        "[{'one': 1}] 0",
        "TransactionAbortedError",
        "[{'two': 2}]",
        "stopped",
    ]


def test_an_exit_is_quiet(url: str, flavour: str) -> None:
    """Though everything is left open, and a thread is waiting."""
    run(
        """
        sync.db.on_event(lambda event: None)
        sync.db.init(URL)
        sync.create_tables(models=[Thing])
        rows = Thing.objects.iterate()
        next(rows, None)
        threading.Thread(target=sync.execute_raw, args=(SLOW,), daemon=True).start()
        time.sleep(0.1)
        block = sync.atomic(timeout=60, read_only=True)
        block.__enter__()
        Thing.objects.count()
        """,
        url,
        flavour,
    )


def test_an_async_program_is_not_disturbed_at_its_exit(url: str, flavour: str) -> None:
    run(
        """
        import asyncio
        from oxyde import db

        async def main():
            await db.init(URL)
            await asyncio.gather(*[asyncio.to_thread(sync.execute_raw, "SELECT 1")
                                   for _ in range(20)])
        asyncio.run(main())
        """,
        url,
        flavour,
    )


@pytest.mark.filterwarnings("ignore")
def test_a_forked_child_opens_the_pool_again(url: str, flavour: str) -> None:
    printed = run(
        """
        warnings.simplefilter("ignore", DeprecationWarning)  # of fork() beside threads
        sync.db.init(URL)
        sync.create_tables(models=[Thing])
        threads = [threading.Thread(target=Thing.objects.create, kwargs={"name": f"{n}"})
                   for n in range(4)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        block = sync.atomic(timeout=30, read_only=True)
        block.__enter__()
        Thing.objects.count()
        children = []
        for number in range(3):
            child = os.fork()
            if child == 0:
                # The block is the parent's.
                assert Thing.objects.count() == 4
                with sync.atomic(timeout=30, read_only=True):
                    assert Thing.objects.filter(name="0").exists()
                later(0.2, signal.SIGINT)
                try:
                    sync.execute_raw(SLOW)
                except KeyboardInterrupt:
                    os._exit(0)
                os._exit(1)
            children.append(child)
        print([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children])
        print(Thing.objects.count())
        block.__exit__(None, None, None)
        sync.db.close()
        print([thread.name for thread in threading.enumerate()
               if thread.name not in ("MainThread", "oxyde-clock")])
        """,
        url,
        flavour,
    )
    assert printed.splitlines() == ["[0, 0, 0]", "4", "[]"]
