"""The changes of the models, and the databases, of docs/migrations.md."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from support.project_page import Project


def renames_drops_new_columns(project: Project) -> Iterator[None]:
    name = "name: str = Field(max_length=100)"
    project.edit("shop/models.py", name, f"full_{name}")
    yield
    project.edit("shop/models.py", "    phone: str | None = None\n", "")
    yield
    configuration = project.read("oxyde.toml")
    project.write("oxyde.toml", configuration.replace("shop.models", "shop.other"))
    project.write("shop/other.py", "")
    yield
    project.write("oxyde.toml", configuration)


def data_steps(project: Project) -> Iterator[None]:
    for name in ("Lamp", "Chair", "Table"):
        project.sql(f"INSERT INTO products (name) VALUES ('{name}')")
    yield


def running(project: Project) -> Iterator[None]:
    project.edit(
        "shop/models.py",
        "slug: str | None = Field(default=None, max_length=250)",
        "slug: str = Field(max_length=250, db_unique=True)",
    )
    yield


# Two things of one name, which the second migration does not allow.
THINGS = """\
depends_on = []

[[operations]]
op = "create_table"
name = "things"
primary_key = ["id"]
columns = [
    { name = "id", type = "big_int", nullable = false, auto_increment = true },
    { name = "name", type = { varchar = { length = 50 } }, nullable = false },
]

[[operations]]
op = "run_sql"
up = "INSERT INTO things (name) VALUES ('a'), ('a')"
down = ""
"""
UNIQUE = """\
depends_on = ["0001_things"]

[[operations]]
op = "add_column"
table = "things"
column = { name = "size", type = "integer", nullable = true }

[[operations]]
op = "add_index"
table = "things"
index = { name = "things_size_idx", parts = [{ column = "size" }] }

[[operations]]
op = "add_unique"
table = "things"
unique = { name = "things_name_key", columns = ["name"] }
"""


def a_failed_step_on_mysql_and_mariadb(project: Project) -> Iterator[None]:
    project.write("migrations/0001_things.toml", THINGS)
    project.write("migrations/0002_unique.toml", UNIQUE)
    yield


ENTRIES = """\
depends_on = []

[[operations]]
op = "create_table"
name = "entries"
primary_key = ["id"]
columns = [
    { name = "id", type = "big_int", nullable = false, auto_increment = true },
    { name = "value", type = "text", nullable = false },
]

[[operations]]
op = "run_sql"
up = "INSERT INTO entries (value) VALUES ('1'), ('two')"
down = ""
"""
ALTER = """\
depends_on = ["0001_entries"]

[[operations]]
op = "alter_column"
table = "entries"
column = { name = "value", type = "integer", nullable = false }
"""


def values_that_do_not_fit(project: Project) -> Iterator[None]:
    configuration = project.read("oxyde.toml")
    project.write("entries/0001_entries.toml", ENTRIES)
    other = 'migrations = "entries"\n[databases]\ndefault = "sqlite:///entries.db"\n'
    project.write("oxyde.toml", other)
    project.oxyde("migrate")
    project.write("entries/0002_alter.toml", ALTER)
    yield
    project.write("oxyde.toml", configuration)


def checking(project: Project) -> Iterator[None]:
    project.oxyde("migrate")
    project.sql("ALTER TABLE products ADD COLUMN colour TEXT")
    project.sql("CREATE TABLE stray (id INTEGER PRIMARY KEY)")
    yield
    yield
