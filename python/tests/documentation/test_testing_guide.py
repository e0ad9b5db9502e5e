"""The project of docs/testing.md: its ten lines run as they stand there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support.servers import Server, SqliteFile

pytest_plugins = ["pytester"]

GUIDE = Path(__file__).parents[3] / "docs/testing.md"

APP = """\
from fastapi import FastAPI
from pydantic import BaseModel
from oxyde import db
from shop.models import Order

app = FastAPI(lifespan=db.lifespan("postgresql://production.invalid/shop"))

class Wanted(BaseModel):
    product: str

@app.post("/orders", status_code=201)
async def order(wanted: Wanted) -> None:
    await Order.objects.create(product=wanted.product)

@app.get("/orders")
async def orders() -> dict[str, int]:
    return {"total": await Order.objects.count()}
"""
MODELS = """\
from oxyde import Field, Model

class Order(Model):
    class Meta:
        is_table = True

    id: int | None = Field(default=None, db_pk=True)
    product: str = Field(max_length=50)
    is_open: bool = True
"""


def block(language: str, first_line: str) -> str:
    """The block of the guide that begins with a line."""
    pattern = rf"^```{language}\n({re.escape(first_line)}\n.*?)^```$"
    found = re.search(pattern, GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


def test_a_project_in_ten_lines(pytester: pytest.Pytester, server: Server) -> None:
    configuration = block("toml", "# pyproject.toml")
    url = "sqlite:///shop.db" if isinstance(server, SqliteFile) else server.url
    configuration = configuration.replace("postgresql://localhost/shop", url)
    tests = block("py", "# tests/test_shop.py")
    lines = [line for line in (configuration + tests).splitlines() if line.strip()]
    assert sum(not line.startswith(("#", "from ")) for line in lines) <= 10
    loop = 'asyncio_default_fixture_loop_scope = "function"\n'
    pytester.path.joinpath("pyproject.toml").write_text(configuration + loop)
    shop = pytester.mkpydir("shop")
    (shop / "app.py").write_text(APP)
    (shop / "models.py").write_text(MODELS)
    pytester.mkdir("tests").joinpath("test_shop.py").write_text(tests)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:anyio", timeout=150)
    result.assert_outcomes(passed=2)
