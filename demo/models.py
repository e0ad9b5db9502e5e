"""The models of the demo: all flights that left New York in 2013."""

from __future__ import annotations

from pydantic import AwareDatetime

from oxyde import Field, Index, Model


class Airline(Model):
    """An airline, by its two-letter code."""

    class Meta:
        is_table = True
        table_name = "airlines"

    carrier: str = Field(db_pk=True, max_length=2)
    name: str = Field(max_length=100)


class Airport(Model):
    """An airport, by its three-letter code. Altitudes are in feet above sea level."""

    class Meta:
        is_table = True
        table_name = "airports"

    faa: str = Field(db_pk=True, max_length=3)
    name: str = Field(max_length=100)
    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)
    alt: int
    tz: int
    dst: str = Field(max_length=1)
    tzone: str | None = Field(default=None, max_length=50)


class Plane(Model):
    """A plane, by its tail number. Its cruising speed is in miles per hour."""

    class Meta:
        is_table = True
        table_name = "planes"

    tailnum: str = Field(db_pk=True, max_length=6)
    year: int | None = None
    type: str = Field(max_length=50)
    manufacturer: str = Field(max_length=50)
    model: str = Field(max_length=50)
    engines: int = Field(ge=1, le=4)
    seats: int = Field(ge=1)
    speed: int | None = None
    engine: str = Field(max_length=20)


class Weather(Model):
    """The weather at an airport in one hour; the primary key has two columns."""

    class Meta:
        is_table = True
        table_name = "weather"

    origin: str = Field(db_pk=True, max_length=3)
    time_hour: AwareDatetime = Field(db_pk=True)
    temp: float | None = None
    dewp: float | None = None
    humid: float | None = None
    wind_dir: int | None = None
    wind_speed: float | None = None
    wind_gust: float | None = None
    precip: float = Field(ge=0)
    pressure: float | None = None
    visib: float


class Flight(Model):
    """A flight. Times of day are local (517 is 5:17), delays in minutes, distances in miles.

    A cancelled flight has no `dep_time`. Not every tail number is in `planes`, and not every
    destination in `airports`, so these two are not foreign keys.
    """

    class Meta:
        is_table = True
        table_name = "flights"
        indexes = (Index("dest", "time_hour"),)

    id: int | None = Field(default=None, db_pk=True)
    time_hour: AwareDatetime
    airline: Airline | None = Field(default=None, db_on_delete="RESTRICT")
    number: int
    tailnum: str | None = Field(default=None, max_length=6)
    origin: Airport | None = Field(default=None, db_on_delete="RESTRICT")
    dest: str = Field(max_length=3)
    dep_time: int | None = None
    sched_dep_time: int
    dep_delay: int | None = None
    arr_time: int | None = None
    sched_arr_time: int
    arr_delay: int | None = None
    air_time: int | None = None
    distance: int


MODELS = (Airline, Airport, Plane, Weather, Flight)
