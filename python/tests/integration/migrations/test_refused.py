"""What is wrong is said in one `error:` line and one `hint:` line, and nothing is changed."""

from __future__ import annotations

import stat
import subprocess
from pathlib import Path

import pytest
from support.oxyde_command import Command
from support.servers import Server


def refused(answer: object, start: str, hint: str) -> None:
    code, out, err = answer.steady()  # type: ignore[attr-defined]
    assert (code, out) == (1, "")
    assert err.startswith(f"error: {start}"), err
    assert err.count("\n") == 2, err
    assert hint in err.split("\nhint: ")[1], err


@pytest.mark.databases("sqlite")
def test_files_that_are_wrong(server: Server, shop: Path, host: str) -> None:
    oxyde = Command(host, shop, server.url)
    oxyde.ok("migrate", "0002")
    migrations = shop / "migrations"
    third = migrations / "0003_add_customers_city.toml"
    good = third.read_text()

    third.write_text("depends_on = [\n")
    refused(oxyde.run("migrate"), f"{third}:1:15: ", "")
    third.write_text(good.replace("add_column", "add_colum"))
    refused(oxyde.run("migrate"), f"{third}:4:6: unknown operation", "did you mean `add_column`?")
    third.write_text(good.replace('table = "customers"', 'table = "customer"'))
    refused(
        oxyde.run("migrate"),
        "migration `0003_add_customers_city`, operation 1 (add column customer.city): "
        "table `customer` does not exist",
        "check the name",
    )
    third.write_text(good.replace("0002_orders", "0010_slugs_for_all"))
    refused(oxyde.run("migrate"), "the migrations ", "correct `depends_on`")
    third.unlink()
    refused(oxyde.run("migrate"), "migration `0004_", "restore the missing file")
    third.write_text(good)

    second = migrations / "0002_orders.toml"
    text = second.read_text()
    second.write_text(text + "\n# later\n")
    refused(oxyde.run("migrate"), "migration `0002_orders` was edited", "--fake")
    assert "[!] 0002_orders  edited after it was applied" in oxyde.ok("showmigrations")
    second.write_text(text)
    assert oxyde.ok("migrate").count("applied ") == 8


def test_servers_that_do_not_answer(shop: Path, host: str) -> None:
    oxyde = Command(host, shop, "postgresql://me:secret@127.0.0.1:1/app")
    answer = oxyde.run("migrate")
    refused(answer, "cannot connect to 127.0.0.1:1", "check that the server is running")
    assert "secret" not in answer.err
    oxyde.url = "oracle://x/y"
    assert oxyde.run("showmigrations").code == 1
    oxyde.url = None
    configuration = shop / "oxyde.toml"
    configuration.write_text(configuration.read_text().replace(":-sqlite:///shop.db", ""))
    refused(oxyde.run("migrate"), "the environment variable DATABASE_URL is not set", "--url")


def test_a_configuration_that_is_wrong(shop: Path, host: str) -> None:
    oxyde = Command(host, shop, None)
    configuration = shop / "oxyde.toml"
    configuration.write_text("model = []\n")
    refused(oxyde.run("migrate"), f"{configuration}:1: unknown field `model`", "valid keys are")
    configuration.write_text("models = []\n")
    refused(oxyde.run("makemigrations"), "no models are configured", "oxyde init")
    refused(oxyde.run("migrate", "--config", "nothing.toml"), "cannot read nothing.toml", "")


@pytest.mark.databases("sqlite")
def test_a_lock_that_another_process_holds(server: Server, shop: Path, host: str) -> None:
    import sys

    oxyde = Command(host, shop, server.url)
    oxyde.ok("migrate", "0001")
    path = server.url.removeprefix("sqlite:///")
    code = (
        "import sqlite3, sys, time\n"
        "db = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "db.execute('BEGIN IMMEDIATE')\nprint('held', flush=True)\ntime.sleep(30)\n"
    )
    holder = subprocess.Popen([sys.executable, "-c", code, path], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        answer = oxyde.run("migrate", "--lock-timeout", "0.5")
        assert answer.code == 1
        assert "database is locked" in answer.err
    finally:
        holder.kill()
        holder.wait()
        assert holder.stdout is not None
        holder.stdout.close()
    assert oxyde.ok("migrate").count("applied ") == 9


@pytest.mark.databases("sqlite")
def test_a_data_step_that_raises_keeps_nothing(server: Server, shop: Path, host: str) -> None:
    (shop / "shop" / "steps.py").write_text(
        "async def fill_slugs(models, db):\n"
        "    await models.Products.objects.update(slug='x', client=db)\n"
        "    raise RuntimeError('no more')\n"
    )
    oxyde = Command(host, shop, server.url)
    oxyde.ok("migrate", "0008")
    server.execute("INSERT INTO products (name, price) VALUES ('a', '1')")
    answer = oxyde.run("migrate")
    assert answer.code == 1
    assert "migration `0009_fill_slugs`, run Python: shop.steps:fill_slugs: " in answer.err
    assert "no more" in answer.err
    assert server.execute("SELECT slug FROM products") == [(None,)]
    assert "[ ] 0009_fill_slugs" in oxyde.ok("showmigrations")


def test_init_makes_a_project(tmp_path: Path, host: str) -> None:
    oxyde = Command(host, tmp_path, None)
    said = oxyde.ok("init", "--models", "app.models", "--url", "sqlite:///app.db")
    assert said.startswith("wrote oxyde.toml\ncreated migrations/\n")
    package = tmp_path / "app"
    package.mkdir()
    (package / "models.py").write_text(
        "from oxyde import Field, Model\n\n\nclass Post(Model):\n"
        "    id: int | None = Field(default=None, db_pk=True)\n    title: str\n\n"
        "    class Meta:\n        is_table = True\n"
    )
    oxyde.ok("makemigrations")
    oxyde.ok("migrate")
    assert (tmp_path / "app.db").is_file()
    again = oxyde.run("init")
    assert (again.code, again.err.splitlines()[0]) == (1, "error: oxyde.toml already exists")
    other = tmp_path / "other"
    other.mkdir()
    (other / "pyproject.toml").write_text('[project]\nname = "x"\nversion = "1"\n')
    assert Command(host, other, None).ok("init").startswith("wrote pyproject.toml ([tool.oxyde])")
    assert "[tool.oxyde.databases]" in (other / "pyproject.toml").read_text()
    assert stat.S_ISDIR((other / "migrations").stat().st_mode)


@pytest.mark.databases("postgres")
def test_a_table_that_another_transaction_locks(server: Server, shop: Path, host: str) -> None:
    import psycopg

    oxyde = Command(host, shop, server.url)
    oxyde.ok("migrate", "0002")
    with psycopg.connect(server.url) as connection:
        connection.execute("LOCK TABLE customers")
        answer = oxyde.run("migrate", "--lock-timeout", "0.4")
        refused(
            answer,
            "migration `0003_add_customers_city`, add column customers.city: canceling statement "
            "due to lock timeout",
            "nothing of this migration was applied",
        )
    assert oxyde.ok("migrate").count("applied ") == 8
