"""The example project's ten migrations, by both hosts, on all four databases."""

from __future__ import annotations

from pathlib import Path

from support.oxyde_command import Command
from support.servers import Server


def test_ten_migrations_up_and_down_with_rows_that_are_kept(
    server: Server, shop: Path, host: str
) -> None:
    oxyde = Command(host, shop, server.url)
    assert oxyde.ok("migrate", "0008").count("applied ") == 8
    server.execute("INSERT INTO customers (name, email) VALUES ('Ann', 'a@x')")
    server.execute("INSERT INTO products (name, price) VALUES ('Red Shoe', '10.50'), ('Hat!', '3')")
    customer = server.execute("SELECT id FROM customers")[0][0]
    server.execute(f"INSERT INTO orders (customer_id) VALUES ({customer})")
    assert oxyde.ok("migrate").count("applied ") == 2
    slugs = server.execute("SELECT name, slug FROM products ORDER BY name")
    assert [(name, slug.rsplit("-", 1)[0]) for name, slug in slugs] == [
        ("Hat!", "hat"),
        ("Red Shoe", "red-shoe"),
    ]
    assert oxyde.ok("migrate") == "Nothing to do: the database is up to date.\n"
    assert oxyde.ok("check") == "Models, migrations and database agree.\n"
    assert oxyde.ok("makemigrations", "--check") == (
        "No changes: the migrations match the models.\n"
    )
    assert oxyde.ok("migrate", "0004").count("reversed ") == 6
    assert server.execute("SELECT name FROM products ORDER BY name") == [("Hat!",), ("Red Shoe",)]
    assert server.execute("SELECT count(*) FROM orders") == [(1,)]
    assert oxyde.ok("migrate").count("applied ") == 6
    assert oxyde.ok("check") == "Models, migrations and database agree.\n"
    assert oxyde.ok("migrate", "zero").count("reversed ") == 10
    left = oxyde.ok("inspectdb", "--json")
    assert left == '{\n  "tables": []\n}\n'


def test_both_hosts_say_the_same(server: Server, shop: Path) -> None:
    runs = (
        ("showmigrations",),
        ("migrate", "--plan"),
        ("migrate", "0007"),
        ("migrate", "--plan", "--json"),
        ("showmigrations",),
        ("showmigrations", "--json"),
        ("sqlmigrate", "0005"),
        ("sqlmigrate", "0010", "--down"),
        ("check",),
        ("check", "--json"),
        ("lint",),
        ("lint", "--format", "github"),
        ("lint", "--format", "sarif"),
        ("inspectdb",),
        ("migrate", "9999"),
        ("migrate", "zero"),
        ("migrate", "0008", "--fake"),
        ("migrate", "zero", "--fake", "--json"),
        ("--help",),
        ("--version",),
        ("migrate", "--help"),
        ("migrat",),
        ("completions", "zsh"),
    )
    said = {}
    for host in ("python", "native"):
        oxyde = Command(host, shop, server.url)
        said[host] = [oxyde.run(*arguments).steady() for arguments in runs]
        server.execute("DROP TABLE oxyde_migrations")
    for arguments, one, other in zip(runs, said["python"], said["native"], strict=True):
        assert one == other, arguments
    codes = dict(zip(runs, (code for code, _, _ in said["native"]), strict=True))
    assert codes[("check",)] == 3
    assert codes[("migrate", "9999")] == 1
    assert codes[("migrat",)] == 2


def test_the_commands_of_the_faq(server: Server, shop: Path, host: str) -> None:
    oxyde = Command(host, shop, server.url)
    for file in sorted((shop / "migrations").glob("*.toml")):
        file.unlink()
    assert oxyde.ok("makemigrations").startswith("wrote migrations/0001_initial.toml\n")
    assert oxyde.ok("migrate").startswith("applied  0001_initial ")
    assert oxyde.ok("showmigrations").startswith("[x] 0001_initial  ")
    oxyde.ok("makemigrations", "--empty", "--name", "second")
    oxyde.ok("migrate")
    assert oxyde.ok("migrate", "0001").startswith("reversed 0002_second ")
