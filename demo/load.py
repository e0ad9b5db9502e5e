"""Loads the CSV files into the tables with `bulk_create`."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Iterator
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import Any

from demo.models import Airline, Airport, Flight, Plane, Weather
from demo.terminal import Progress
from oxyde import Model

DATA = Path(__file__).resolve().parent / "data"
# Rows per bulk_create: each call writes all of its rows or none.
CHUNK = 10_000

# Columns whose names differ from their fields' names.
NAMES: dict[type[Model], dict[str, str]] = {
    Flight: {"carrier": "airline_id", "origin": "origin_id", "flight": "number"}
}
FILES: dict[type[Model], str] = {
    Airline: "airlines.csv",
    Airport: "airports.csv",
    Plane: "planes.csv",
    Weather: "weather.csv",
    Flight: "flights.csv",
}


def rows(model: type[Model]) -> Iterator[dict[str, str | None]]:
    """Yield the rows of a model's file as dicts of fields; "NA" becomes None."""
    with (DATA / FILES[model]).open(newline="", encoding="utf-8") as file:
        lines = csv.reader(file)
        names = NAMES.get(model, {})
        head = [names.get(column, column) for column in next(lines)]
        fields = [name for name in head if name in model.model_fields]
        pick = itemgetter(*(head.index(name) for name in fields))
        for line in lines:
            row: dict[str, str | None] = dict(zip(fields, pick(line), strict=True))
            if "NA" in line:
                row = {name: None if value == "NA" else value for name, value in row.items()}
            yield row


def count(model: type[Model]) -> int:
    """Return the number of rows in the file."""
    with (DATA / FILES[model]).open("rb") as file:
        return sum(1 for _ in file) - 1


async def load(model: type[Model]) -> tuple[int, float]:
    """Load a model's file; return the number of rows and the seconds it took.

    The next chunk is read while the database writes the previous one.
    """
    total = count(model)
    bar = Progress(model.get_table_name(), total)
    source = rows(model)
    writing: asyncio.Task[Any] | None = None
    while chunk := list(islice(source, CHUNK)):
        if writing is not None:
            bar.advance(len(await writing))
        writing = asyncio.create_task(model.objects.bulk_create(chunk))
        await asyncio.sleep(0)
    if writing is not None:
        bar.advance(len(await writing))
    return total, bar.finish()
