"""The application that docs/testing.md tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from support.project_page import Project

FILES = {
    "shop/__init__.py": "",
    "shop/app.py": """\
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
""",
    "shop/models.py": """\
from oxyde import Field, Model


class Order(Model):
    class Meta:
        is_table = True

    id: int | None = Field(default=None, db_pk=True)
    product: str = Field(max_length=50)
    is_open: bool = True
""",
    "shop/jobs.py": """\
import asyncio

from shop.models import Order


async def take_one() -> int | None:
    for order in await Order.objects.filter(is_open=True).order_by("id"):
        if await Order.objects.filter(id=order.id, is_open=True).update(is_open=False):
            return order.id
    return None


async def run_workers(number: int) -> int:
    taken = await asyncio.gather(*(take_one() for _ in range(number)))
    return len(set(taken) - {None})
""",
}

COUNTING = """\
from oxyde.testing import assert_num_queries

from shop.models import Order


async def test_one_statement() -> None:
    with assert_num_queries(1):
        await Order.objects.count()
        await Order.objects.all()
"""


def counting_statements(project: Project) -> Iterator[None]:
    project.write("tests/test_counting.py", COUNTING)
    yield
