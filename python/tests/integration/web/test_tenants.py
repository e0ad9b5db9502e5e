"""A tenant per request, as docs/tenants.md has it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI, Header, HTTPException

from oxyde import Field, Model, db, execute_raw
from oxyde.contrib.fastapi import install
from oxyde.db import AsyncDatabase


class Bill(Model):
    class Meta:
        is_table = True
        table_name = "web_tenant_bills"

    id: int | None = Field(default=None, db_pk=True)
    tenant: str


async def of_tenant(x_tenant: Annotated[str, Header()]) -> AsyncIterator[None]:
    async with db.session(settings={"app.tenant": x_tenant}):
        yield


OfTenant = Depends(of_tenant, scope="function")


def _app(transactions: bool) -> FastAPI:
    app = FastAPI()
    install(app, transactions=transactions)

    async def tenant() -> str:
        row = (await execute_raw("SELECT current_setting('app.tenant', true) AS it"))[0]
        return str(row["it"] or "")

    @app.post("/bills", dependencies=[OfTenant])
    async def add() -> str:
        name = await tenant()
        await Bill.objects.create(tenant=name)
        if name == "bad":
            raise HTTPException(400)
        return await tenant()

    @app.get("/none")
    async def none() -> str:
        return await tenant()

    return app


@pytest.mark.databases("postgres")
@pytest.mark.parametrize("transactions", [True, False])
async def test_each_request_has_its_own(
    database: AsyncDatabase, client: Any, transactions: bool
) -> None:
    await db.create_tables(models=[Bill])
    async with client(_app(transactions)) as http:
        names = [f"t{n}" for n in range(20)]
        answers = await asyncio.gather(
            *(http.post("/bills", headers={"X-Tenant": name}) for name in names)
        )
        assert [each.json() for each in answers] == names
        assert (await http.post("/bills", headers={"X-Tenant": "bad"})).status_code == 400
        assert [(await http.get("/none")).json() for _ in range(5)] == [""] * 5
    stored = await Bill.objects.order_by("tenant").values_list("tenant", flat=True).all()
    assert stored == sorted(names)
