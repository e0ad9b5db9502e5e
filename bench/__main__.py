"""`python -m bench`: see `make bench`."""

from __future__ import annotations

import argparse
import asyncio
import sys

from bench import claims, lag, plain, report, stages
from bench.adapters import DRIVERS, PEERS
from bench.chart import draw
from bench.contenders import Contender
from bench.databases import DATABASES
from bench.runner import DatabaseResult, note, run_database, run_stages
from bench.work import CASES, Case

QUICK_PEERS = ("sqlalchemy",)


def main() -> int:
    """Run the requested benchmarks, print the tables, write the results."""
    arguments = parse()
    try:
        if arguments.stages:
            asyncio.run(show_stages(arguments))
            return 0
        if arguments.lag:
            asyncio.run(show_lag(arguments))
            return 0
        if arguments.plain:
            asyncio.run(show_plain(arguments))
            return 0
        results = asyncio.run(run(arguments))
    except OSError as error:
        print(f"bench: no server: {error}; start it with: scripts/services start", file=sys.stderr)
        return 1
    for result in results:
        print(report.table(result), end="\n\n")
    for result in results:
        print(report.details(result), end="\n\n")
        print(report.processor_time(result), end="\n\n")
    found = claims.run(server=True) if arguments.claims else []
    for claim in found:
        print(claim.line())
    print(f"\n{report.machine()}")
    print(report.summary(results, found))
    if not results:
        return 0
    path = report.save(results, found, quick=arguments.quick)
    chart = draw(results, path.with_suffix(".svg"))
    print(f"written: {path} {chart}")
    return 0


def parse() -> argparse.Namespace:
    """The arguments of the command."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument(
        "--db", default="all", help="postgres, sqlite, mysql or all (commas between)"
    )
    parser.add_argument(
        "--cases",
        default="all",
        help="names, `first`, `claims` or all (commas between); or `lag`, or `sync`",
    )
    parser.add_argument(
        "--peers", help="contenders (commas between); NAME=INTERPRETER:MODULE adds one"
    )
    parser.add_argument("--rounds", type=int, help="interleaved rounds (default 9, quick 4)")
    parser.add_argument("--quick", action="store_true", help="less than two minutes")
    parser.add_argument(
        "--stages", action="store_true", help="where Oxyde's time goes, instead of the contenders"
    )
    arguments = parser.parse_args()
    arguments.databases = list(DATABASES) if arguments.db == "all" else arguments.db.split(",")
    for name in arguments.databases:
        if name not in DATABASES:
            parser.error(f"no such database: {name} (there are {', '.join(DATABASES)})")
    names = arguments.cases.split(",")
    arguments.claims = "claims" in names or (names == ["all"] and not arguments.quick)
    arguments.lag, arguments.plain = names == ["lag"], names == ["sync"]
    if arguments.lag or arguments.plain:
        arguments.chosen = []
    elif names == ["claims"]:
        arguments.databases, arguments.chosen = [], []
    else:
        rest = ",".join(name for name in names if name != "claims")
        arguments.chosen = chosen_cases(parser, rest, quick=arguments.quick)
    return arguments


def chosen_cases(parser: argparse.ArgumentParser, names: str, *, quick: bool) -> list[Case]:
    """The cases by name, `first` or `all`."""
    if names == "first" or (names == "all" and quick):
        return [case for case in CASES if case.first]
    if names == "all":
        return list(CASES)
    known = {case.name: case for case in CASES}
    for name in names.split(","):
        if name not in known:
            parser.error(f"no such case: {name} (there are {', '.join(known)})")
    return [known[name] for name in names.split(",")]


async def run(arguments: argparse.Namespace) -> list[DatabaseResult]:
    """Create each database, run the cases on it, drop it."""
    results = []
    for name in arguments.databases:
        database = DATABASES[name]()
        note(f"{name}: making the tables")
        try:
            await database.create()
            results.append(
                await run_database(
                    database,
                    contenders(arguments.peers, DRIVERS[name], quick=arguments.quick),
                    arguments.chosen,
                    driver=DRIVERS[name],
                    rounds=arguments.rounds or (4 if arguments.quick else 9),
                    scale=0.5 if arguments.quick else 1,
                )
            )
        finally:
            await database.drop()
    return results


async def show_stages(arguments: argparse.Namespace) -> None:
    """Print the time per stage, for each database."""
    for name in arguments.databases:
        database = DATABASES[name]()
        note(f"{name}: making the tables")
        try:
            await database.create()
            oxyde = Contender(report.OXYDE)
            found = await run_stages(database, oxyde, arguments.chosen)
        finally:
            await database.drop()
        print(stages.table(f"{report.TITLES[name]}, µs", found), end="\n\n")
    print(report.machine())


async def show_lag(arguments: argparse.Namespace) -> None:
    """Print how long the event loop is blocked, for each database."""
    for name in arguments.databases:
        database = DATABASES[name]()
        note(f"{name}: reading and writing {lag.ROWS:,} rows")
        try:
            await database.create()
            found = await asyncio.to_thread(claims.measured, "bench.lag", name, database.url)
        finally:
            await database.drop()
        note("")
        print(lag.table(report.TITLES[name], found), end="\n\n")
    print(report.machine())


async def show_plain(arguments: argparse.Namespace) -> None:
    """Print how `oxyde.sync` compares, for each database."""
    for name in arguments.databases:
        database = DATABASES[name]()
        note(f"{name}: making the tables")
        rounds: dict[str, list[dict[str, float]]] = {}
        try:
            await database.create()
            for _ in range(arguments.rounds or plain.ROUNDS):
                for each in plain.CONTENDERS[name]:
                    note(f"{name}: {each}")
                    await database.empty_entries()
                    found = await asyncio.to_thread(
                        claims.measured, "bench.plain", each, name, database.url
                    )
                    rounds.setdefault(each, []).append(found)
        finally:
            await database.drop()
        note("")
        print(plain.table(report.TITLES[name], rounds), end="\n\n")
    print(report.machine())


def contenders(peers: str | None, driver: str, *, quick: bool) -> list[Contender]:
    """The raw driver, Oxyde and the peers."""
    names = peers.split(",") if peers else list(QUICK_PEERS if quick else PEERS)
    unique = dict.fromkeys([driver, report.OXYDE, *names])
    return [Contender(name) for name in unique]


if __name__ == "__main__":
    sys.exit(main())
