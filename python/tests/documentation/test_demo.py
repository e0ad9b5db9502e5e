"""The demo, on a few rows: it loads them on every database and answers its eight questions."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import pytest

import demo.__main__
from demo import load
from demo.__main__ import demonstrate, main
from demo.models import MODELS, Flight
from demo.questions import QUESTIONS
from oxyde import db
from oxyde.exceptions import DatabaseConnectionError

ROWS = {
    "airlines.csv": [["carrier", "name"], ["AA", "American"], ["HA", "Hawaiian Airlines Inc."]],
    "airports.csv": [
        ["faa", "name", "lat", "lon", "alt", "tz", "dst", "tzone"],
        ["JFK", "John F Kennedy Intl", "40.63975", "-73.77893", "13", "-5", "A", "NA"],
    ],
    "planes.csv": [
        ["tailnum", "year", "type", "manufacturer", "model", "engines", "seats", "speed", "engine"],
        ["N1", "1956", "Fixed wing", "DOUGLAS", "DC-7BF", "4", "102", "NA", "Reciprocating"],
        ["N2", "NA", "Fixed wing", "AIRBUS", "A320-214", "2", "182", "NA", "Turbo-fan"],
    ],
    "weather.csv": [
        ["origin", "temp", "precip", "visib", "time_hour"],
        ["JFK", "39.02", "0", "10", "2013-01-01T06:00:00Z"],
    ],
}
FLIGHT = {
    "time_hour": "2013-05-01T10:00:00Z",
    "carrier": "HA",
    "flight": "51",
    "tailnum": "N1",
    "origin": "JFK",
    "dest": "HNL",
    "dep_time": "641",
    "sched_dep_time": "900",
    "dep_delay": "1301",
    "arr_time": "1242",
    "sched_arr_time": "1530",
    "arr_delay": "1272",
    "air_time": "640",
    "distance": "4983",
}
CANCELLED = {"dest": "BNA", "carrier": "AA"} | dict.fromkeys(
    ("dep_time", "dep_delay", "arr_time", "arr_delay", "air_time", "tailnum"), "NA"
)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small files in the place of the real ones."""
    flights = [FLIGHT, FLIGHT | CANCELLED]
    rows = {**ROWS, "flights.csv": [list(FLIGHT), *(list(each.values()) for each in flights)]}
    for name, lines in rows.items():
        with (tmp_path / name).open("w", newline="") as file:
            csv.writer(file).writerows(lines)
    monkeypatch.setattr(load, "DATA", tmp_path)


async def test_it_loads_and_answers(
    url: str, data: None, capsys: pytest.CaptureFixture[str]
) -> None:
    await demonstrate(url)
    shown = capsys.readouterr().out
    for question in QUESTIONS:
        assert (question.__doc__ or "").strip() in shown
    assert "Hawaiian Airlines Inc." in shown
    assert "American Airlines Group" in shown
    assert "N1" in shown
    async with db.connect(url):
        assert await Flight.objects.count() == 2
        cancelled = await Flight.objects.get(dest="BNA")
        assert (cancelled.dep_time, cancelled.tailnum, cancelled.distance) == (None, None, 4983)
        await db.drop_tables(models=MODELS)


async def test_a_dead_server_is_an_error(data: None) -> None:
    with pytest.raises(DatabaseConnectionError):
        await demonstrate("postgresql://nobody@127.0.0.1:1/nothing")


def test_missing_data_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["demo"])
    monkeypatch.setattr(demo.__main__, "DATA", tmp_path)
    assert main() == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "make demo" in line
