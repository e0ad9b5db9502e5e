"""`python -m bench.web`: see `make bench-web`."""

from __future__ import annotations

import argparse
import asyncio
import sys

from bench.contenders import place
from bench.report import OXYDE, machine
from bench.runner import note
from bench.web import report
from bench.web.chart import draw
from bench.web.checks import TESTS
from bench.web.rows import Worlds
from bench.web.runner import TestResult, run
from bench.web.sites import Site

PEERS = ("sqlalchemy", "tortoise", "yara_orm")


def main() -> int:
    """Run the requested tests, print the tables, write the results."""
    arguments = parse()
    try:
        results = asyncio.run(measure(arguments))
    except OSError as error:
        print(f"bench: no server: {error}; start it with: scripts/services start", file=sys.stderr)
        return 1
    for result in results:
        print(report.table(result), end="\n\n")
    print(report.about(results, arguments.loop))
    print(machine())
    path = report.save(
        results, loop=arguments.loop, rounds=arguments.rounds, seconds=arguments.seconds
    )
    chart = draw(results, arguments.loop, path.with_suffix(".svg"))
    print(f"written: {path} {chart}")
    return 0


def parse() -> argparse.Namespace:
    """The arguments of the command."""
    parser = argparse.ArgumentParser(prog="bench-web", description=__doc__)
    known = {test.name: test for test in TESTS}
    parser.add_argument("--tests", help=f"{', '.join(known)} (commas between); all if left out")
    parser.add_argument(
        "--peers", help="contenders (commas between); NAME=INTERPRETER:MODULE adds one"
    )
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds (default 5)")
    parser.add_argument("--seconds", type=float, default=4, help="of one round (default 4)")
    parser.add_argument("--loop", default="uvloop", choices=("uvloop", "asyncio"))
    arguments = parser.parse_args()
    chosen = arguments.tests.split(",") if arguments.tests else list(known)
    for name in chosen:
        if name not in known:
            parser.error(f"no such test: {name} (there are {', '.join(known)})")
    # In this order, for the last one changes the rows that the others check.
    arguments.chosen = [test for test in TESTS if test.name in chosen]
    return arguments


async def measure(arguments: argparse.Namespace) -> list[TestResult]:
    """Create the database, start the sites, run the tests, end all of them."""
    names = arguments.peers.split(",") if arguments.peers else list(PEERS)
    names = list(dict.fromkeys([report.DRIVER, OXYDE, *names]))
    database = Worlds()
    sites: list[Site] = []
    note("making the tables")
    try:
        await database.create()
        for name in names:
            site = Site(*place(name, "bench.web.adapters"))
            note(f"starting {site.name}")
            reason = await site.start(database.url, arguments.loop)
            if reason is None:
                sites.append(site)
            else:
                print(f"{site.name} is missing: {reason}", file=sys.stderr)
        return await run(
            database,
            sites,
            arguments.chosen,
            rounds=arguments.rounds,
            seconds=arguments.seconds,
        )
    finally:
        for site in sites:
            await site.stop()
        await database.drop()


if __name__ == "__main__":
    sys.exit(main())
