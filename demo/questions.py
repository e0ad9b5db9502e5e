"""The eight questions. The demo prints the body of the function that it runs."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from demo.models import Airline, Flight, Plane
from demo.recorder import RecordedDatabase
from demo.terminal import WIDTH, styled, table
from oxyde import Avg, Count, F, Q, Sum, atomic

INDENT = "   "
# The printed SQL omits further columns to stay readable.
SHOWN_COLUMNS = 2


@dataclass(frozen=True)
class Answer:
    """A table of results."""

    head: Sequence[str]
    rows: Sequence[Sequence[Any]]


Question = Callable[[], Awaitable[Answer]]


async def longest_delays() -> Answer:
    """Which flights left with the longest delays? (filter, join, order)"""
    late = Flight.objects.filter(dep_delay__gte=900).join("airline", "origin")
    flights = await late.order_by("-dep_delay").limit(5)
    return Answer(
        ("day", "airline", "flight", "from", "to", "delay, min"),
        [
            (
                flight.time_hour.date(),
                flight.airline.name,
                f"{flight.airline.carrier} {flight.number}",
                flight.origin.name,
                flight.dest,
                flight.dep_delay,
            )
            for flight in flights
            if flight.airline and flight.origin
        ],
    )


async def bad_days() -> Answer:
    """How many flights never left, or arrived more than three hours late? (Q, count)"""
    cancelled = Q(dep_time=None)
    late = Q(arr_delay__gt=180)
    counts = [await Flight.objects.filter(each).count() for each in (cancelled, late, ~cancelled)]
    return Answer(("never left", "over 3 hours late", "left"), [counts])


async def punctual_airlines() -> Answer:
    """Which airlines are the most punctual? (group, aggregate, join, having)"""
    groups = Flight.objects.group_by("airline__name").annotate(
        flights=Count("id"), mean=Avg("arr_delay"), late=Count("id", filter=Q(arr_delay__gt=15))
    )
    rows = await groups.having(flights__gte=5000).order_by("mean").limit(5)
    return Answer(
        ("airline", "flights", "mean delay, min", "over 15 min late, %"),
        [
            (row["airline__name"], row["flights"], row["mean"], 100 * row["late"] / row["flights"])
            for row in rows
        ],
    )


async def old_planes() -> Answer:
    """Which planes older than the moon landing still fly? (lookups, a second query by keys)"""
    planes = await Plane.objects.filter(year__lt=1969, manufacturer__icontains="douglas").all()
    mine = Flight.objects.filter(tailnum__in=[plane.tailnum for plane in planes])
    flights = mine.group_by("tailnum").annotate(count=Count("id"), miles=Sum("distance"))
    flown = {row["tailnum"]: row for row in await flights}
    return Answer(
        ("plane", "year", "manufacturer", "model", "flights", "miles"),
        [
            (
                plane.tailnum,
                str(plane.year),
                plane.manufacturer,
                plane.model,
                flown[plane.tailnum]["count"],
                flown[plane.tailnum]["miles"],
            )
            for plane in planes
            if plane.tailnum in flown
        ],
    )


async def to_hawaii() -> Answer:
    """How far is Hawaii? (lookups across a relation, several aggregates in one query)"""
    hawaiian = Flight.objects.filter(airline__name__istartswith="hawaiian", dest="HNL")
    totals = await hawaiian.aggregate(
        flights=Count("id"), miles=Sum("distance"), minutes=Avg("air_time")
    )
    return Answer(tuple(totals), [tuple(totals.values())])


async def more_seats() -> Answer:
    """What if every A320 had five more seats? (atomic update, rollback)"""
    a320 = Plane.objects.filter(model__startswith="A320")
    before = await a320.sum("seats")
    async with atomic() as transaction:
        changed = await a320.update(seats=F("seats") + 5)
        during = await a320.sum("seats")
        transaction.set_rollback()
    after = await a320.sum("seats")
    return Answer(
        ("planes", "seats before", "seats in the transaction", "seats after"),
        [(changed, before, during, after)],
    )


async def new_names() -> Answer:
    """Add one airline and rename another (upsert)"""
    for carrier, name in (("AA", "American Airlines Group"), ("XX", "Oxyde Air")):
        await Airline.objects.upsert(carrier=carrier, name=name)
    rows = await Airline.objects.filter(carrier__in=["AA", "XX"]).order_by("carrier")
    return Answer(("carrier", "name"), [(row.carrier, row.name) for row in rows])


async def plan_of_a_query() -> Answer:
    """How does the database find the flights to Nashville in May? (explain)"""
    query = Flight.objects.filter(dest="BNA", time_hour__year=2013, time_hour__month=5)
    plan = await query.explain(analyze=True)
    return Answer(("plan",), [[line[: WIDTH - len(INDENT)]] for line in plan.splitlines()])


QUESTIONS: tuple[Question, ...] = (
    longest_delays,
    bad_days,
    punctual_airlines,
    old_planes,
    to_hawaii,
    more_seats,
    new_names,
    plan_of_a_query,
)


async def ask(number: int, question: Question, database: RecordedDatabase) -> None:
    """Run one question; print its title, code, SQL, results and time."""
    database.statements.clear()
    start = time.perf_counter()
    answer = await question()
    milliseconds = (time.perf_counter() - start) * 1e3

    title = (question.__doc__ or "").strip()
    print(styled(f"{number}  {title}", "bold", "cyan"))
    for line in code(question):
        print(f"{INDENT}{line}")
    print()
    for statement in dict.fromkeys(database.statements):
        for line in sql(statement):
            print(f"{INDENT}{styled(line, 'blue')}")
    print()
    for line in table(answer.head, answer.rows):
        print(f"{INDENT}{line}")
    print(f"{INDENT}{styled(f'{milliseconds:.1f} ms', 'green')}\n")


def code(question: Question) -> list[str]:
    """Return the lines of a function's body, without the docstring and the final return."""
    source = textwrap.dedent(inspect.getsource(question))
    function = ast.parse(source).body[0]
    assert isinstance(function, ast.AsyncFunctionDef)
    first, last = function.body[1], function.body[-1]
    lines = source.splitlines()[first.lineno - 1 : last.lineno - 1]
    return textwrap.dedent("\n".join(lines)).splitlines()


def sql(statement: str) -> list[str]:
    """Wrap a statement for the terminal; shorten a long list of columns."""
    columns = re.match(r'SELECT ((?:"[^"]+"\."[^"]+" AS "[^"]+"(?:, )?)+) FROM ', statement)
    if columns:
        names = columns.group(1).split(", ")
        if len(names) > SHOWN_COLUMNS:
            first = ", ".join(names[:SHOWN_COLUMNS])
            short = f"{first}, … {len(names) - SHOWN_COLUMNS} more columns …"
            statement = statement.replace(columns.group(1), short, 1)
    return textwrap.wrap(
        statement, WIDTH - len(INDENT), subsequent_indent="  ", break_long_words=False
    )
