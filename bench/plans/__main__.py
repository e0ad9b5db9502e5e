"""`python -m bench.plans`: see `make bench-plans`."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable

from bench.plans import report
from bench.plans.case import KINDS, POSTGRES, SQLITE
from bench.plans.cases import CASES
from bench.plans.contenders import Contender, Django, Oxyde, SqlAlchemy, Written
from bench.plans.rows import fill
from bench.plans.runner import Result, run
from bench.plans.servers import Server
from bench.runner import note
from oxyde import PoolSettings, create_tables, db, execute_raw


def main() -> int:
    """Run what the arguments ask for and print the tables."""
    arguments = parse()
    try:
        tables = asyncio.run(run_all(arguments))
    except ConnectionError as error:
        print(f"bench: no server: {error}; start it with: scripts/services start", file=sys.stderr)
        return 1
    about = report.about(arguments.rows, arguments.rounds)
    print(about)
    if arguments.write:
        text = "\n\n".join([about, *tables])
        print(f"written: {report.write(text)}")
    return 0


def parse() -> argparse.Namespace:
    """The arguments of the command."""
    parser = argparse.ArgumentParser(prog="bench-plans", description=__doc__)
    parser.add_argument("--db", default="all", help=f"{', '.join(KINDS)} or all (commas between)")
    parser.add_argument("--rows", type=int, default=300_000, help="posts (at least 30,000)")
    parser.add_argument("--cases", help="names (commas between); all if left out")
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds (default 5)")
    parser.add_argument("--limit", type=float, default=20, help="seconds of a call (default 20)")
    parser.add_argument("--peers", default="yes", help="no: without Django and SQLAlchemy")
    parser.add_argument("--sql", action="store_true", help="print the SQL of every chosen case")
    parser.add_argument("--write", action="store_true", help="into docs/performance.md")
    arguments = parser.parse_args()
    arguments.kinds = list(KINDS) if arguments.db == "all" else arguments.db.split(",")
    for kind in arguments.kinds:
        if kind not in KINDS:
            parser.error(f"no such database: {kind} (there are {', '.join(KINDS)})")
    if arguments.rows < 30_000:
        parser.error("--rows must be at least 30,000: the cases name rows by their keys")
    known = {case.name: case for case in CASES}
    chosen = arguments.cases.split(",") if arguments.cases else list(known)
    for name in chosen:
        if name not in known:
            parser.error(f"no such case: {name} (there are {', '.join(known)})")
    arguments.chosen = [known[name] for name in chosen]
    return arguments


async def run_all(arguments: argparse.Namespace) -> list[str]:
    """Create a database on each server, fill it, run the cases and drop it."""
    tables = []
    for kind in arguments.kinds:
        server = Server(kind)
        note(f"{kind}: filling the tables")
        server.create()
        try:
            version = await prepare(server, arguments.rows)
            results = await measure(server, arguments)
        finally:
            await db.close()
            server.drop()
        tables.append(report.table(kind, version, results, arguments.limit))
        print(tables[-1], end="\n\n")
        print(report.findings(kind, results, everything=arguments.sql), end="\n\n", flush=True)
    return tables


async def prepare(server: Server, rows: int) -> str:
    """Connect Oxyde, create the tables and fill them; the server's version."""
    await db.init(
        server.url,
        settings=PoolSettings(ssl_mode=None if server.kind == SQLITE else "disable"),
    )
    await create_tables()
    if server.kind == POSTGRES:
        await execute_raw("CREATE INDEX document_data ON document USING gin (data)")
    await fill(server.kind, rows)
    if server.kind == SQLITE:
        await execute_raw(f"VACUUM INTO '{server.copy}'")
    return db.get_connection().server_version.split("-")[0].split(" ")[0]


async def measure(server: Server, arguments: argparse.Namespace) -> list[Result]:
    """Run the cases with all contenders."""
    kinds: list[Callable[[Server, float], Contender]] = [Written, Oxyde]
    if arguments.peers != "no":
        kinds += [Django, SqlAlchemy]
    contenders: list[Contender] = [each(server, arguments.limit) for each in kinds]
    try:
        return await run(server.kind, contenders, arguments.chosen, arguments.rounds)
    finally:
        for contender in contenders:
            await contender.close()


if __name__ == "__main__":
    sys.exit(main())
