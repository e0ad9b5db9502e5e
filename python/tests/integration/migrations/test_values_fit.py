"""A change of type stops if a value does not fit, whatever the database would make of it."""

from __future__ import annotations

from pathlib import Path

from support.oxyde_command import Command, write_models
from support.servers import Server

MODELS = """
from __future__ import annotations

from oxyde import Field, Model


class Entry(Model):
    id: int | None = Field(default=None, db_pk=True)
    value: {type}

    class Meta:
        is_table = True
        table_name = "entries"
"""

TEXT = "str = Field(max_length=60)"
UUID = "6f1e0a3c-9a1b-4c2d-8e3f-0123456789ab"

TABLE = """
[[operations]]
op = "create_table"
name = "entries"
primary_key = ["id"]
columns = [
    {{ name = "id", type = "big_int", nullable = false }},
    {columns}
]
"""

CHANGE = """
depends_on = ["{before}"]

[[operations]]
op = "alter_column"
table = "entries"
column = {{ name = "{name}", type = {type}, nullable = true }}
"""

TEXT_60 = "{ varchar = { length = 60 } }"
DECIMAL = "{ decimal = { precision = 9, scale = 3 } }"
SHORT_DECIMAL = "{ decimal = { precision = 5, scale = 2 } }"
COLOUR = '{ enum = { name = "colour", values = ["red", "blue"] } }'

# Before, after, a value that fits, one that does not.
CASES = {
    "as_int": (TEXT_60, '"big_int"', "'12'", "'12x'"),
    "as_huge": (TEXT_60, '"big_int"', "'-5'", "'99999999999999999999'"),
    "as_float": (TEXT_60, '"double"', "'1.5'", "'1.5 kg'"),
    "as_decimal": (TEXT_60, SHORT_DECIMAL, "'123.45'", "'1234.5'"),
    "as_fraction": (TEXT_60, SHORT_DECIMAL, "'1.50'", "'1.505'"),
    "as_day": (TEXT_60, '"date"', "'2020-02-29'", "'yesterday'"),
    "as_day_only": (TEXT_60, '"date"', "'2020-02-29'", "'2020-02-29 10:00:00'"),
    "as_clock": (TEXT_60, '"time"', "'10:20:30'", "'noon'"),
    "as_moment": (TEXT_60, '"date_time"', "'2020-02-29 10:20:30'", "'soon'"),
    "as_zoned": (TEXT_60, '"timestamp_tz"', "'2020-02-29 10:20:30'", "'soon'"),
    "as_uuid": (TEXT_60, '"uuid"', f"'{UUID}'", "'6f1e0a3c'"),
    "as_bool": (TEXT_60, '"bool"', "'1'", "'maybe'"),
    "as_colour": (TEXT_60, COLOUR, "'red'", "'green'"),
    "as_short": (TEXT_60, "{ varchar = { length = 5 } }", "'abcde'", "'abcdef'"),
    "as_whole": ('"double"', '"big_int"', "2", "2.5"),
    "as_small": ('"big_int"', '"integer"', "2147483647", "2147483648"),
    "as_exact": (DECIMAL, '"big_int"', "2", "2.001"),
    "as_shorter": (DECIMAL, SHORT_DECIMAL, "123.450", "2.001"),
    "as_truth": ('"big_int"', '"bool"', "1", "2"),
    "as_midnight": ('"date_time"', '"date"', "'2020-02-29 00:00:00'", "'2020-02-29 10:00:00'"),
}


def migrated(server: Server, project: Path, before: str, after: str, *values: str) -> Command:
    """A table with values of the old type, and a migration to the new one."""
    oxyde = Command("native", project, server.url)
    write_models(project, MODELS.format(type=before))
    oxyde.ok("makemigrations")
    oxyde.ok("migrate")
    for key, value in enumerate(values, 1):
        server.execute(f"INSERT INTO entries (id, value) VALUES ({key}, {value})")
    write_models(project, MODELS.format(type=after))
    oxyde.ok("makemigrations")
    return oxyde


def test_values_that_do_not_fit(server: Server, project: Path) -> None:
    oxyde = Command("native", project, server.url)
    folder = project / "migrations"
    folder.mkdir()
    columns = ", ".join(
        f'{{ name = "{name}", type = {case[0]}, nullable = true }}' for name, case in CASES.items()
    )
    (folder / "0001_table.toml").write_text(TABLE.format(columns=columns))
    oxyde.ok("migrate")
    names = ", ".join(CASES)
    for key, at in ((1, 2), (2, 3)):
        values = ", ".join(case[at] for case in CASES.values())
        server.execute(f"INSERT INTO entries (id, {names}) VALUES ({key}, {values})")
    before = "0001_table"
    for number, (name, (_, after, _, _)) in enumerate(CASES.items(), 2):
        file = f"{number:04}_{name}"
        text = CHANGE.format(before=before, name=name, type=after)
        (folder / f"{file}.toml").write_text(text)
        found = server.execute(f"SELECT {name} FROM entries ORDER BY id")
        answer = oxyde.run("migrate")
        assert answer.code == 1, (name, answer)
        assert f"1 value of `entries.{name}` does not fit the new type" in answer.err, answer
        assert "row with id = 2" in answer.err
        assert "`using`" in answer.err
        assert server.execute(f"SELECT {name} FROM entries ORDER BY id") == found
        server.execute(f"UPDATE entries SET {name} = NULL WHERE id = 2")
        oxyde.ok("migrate")
        count = f"SELECT count(*) FROM entries WHERE {name} IS NOT NULL"
        assert server.execute(count) == [(1,)], name
        before = file


def test_using_says_otherwise(server: Server, project: Path) -> None:
    oxyde = migrated(server, project, TEXT, "int", "'12'", "'x'", "'y'")
    answer = oxyde.run("migrate")
    assert "2 values of `entries.value` do not fit" in answer.err
    assert "such as the one of the row with id = 2" in answer.err
    [file] = (project / "migrations").glob("0002*.toml")
    text = file.read_text()
    using = "using = \"CASE value WHEN '12' THEN 12 ELSE -1 END\"\n"
    file.write_text(text.replace('op = "alter_column"\n', f'op = "alter_column"\n{using}'))
    oxyde.ok("migrate")
    assert server.execute("SELECT value FROM entries ORDER BY id") == [(12,), (-1,), (-1,)]


def test_sql_for_a_review_has_the_check(server: Server, project: Path) -> None:
    oxyde = migrated(server, project, TEXT, "int", "'12'")
    said = oxyde.ok("sqlmigrate", "0002")
    assert "-- stops here if this counts values that do not fit the new type:" in said
    assert "SELECT count(*) FROM" in said


def test_a_wider_type_needs_no_check(server: Server, project: Path) -> None:
    oxyde = migrated(server, project, "str = Field(max_length=5)", TEXT, "'abc'")
    said = oxyde.ok("sqlmigrate", "0002")
    # SQLite enforces no length, so the old values may be longer.
    assert ("count(*)" in said) == (server.flavour == "sqlite")
    oxyde.ok("migrate")
