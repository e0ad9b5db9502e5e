"""get_or_404 and get_list_or_404: rows, or a response with status 404."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI

from oxyde import Field, Model, create_tables
from oxyde.contrib.fastapi import get_list_or_404, get_or_404
from oxyde.db import AsyncDatabase
from oxyde.exceptions import FieldError, MultipleObjectsReturned


class Stall(Model):
    class Meta:
        is_table = True
        table_name = "web_stall"

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(max_length=20)


app = FastAPI()


@app.get("/stalls/{stall_id}")
async def stall(stall_id: int) -> Stall:
    return await get_or_404(Stall, id=stall_id)


@app.get("/names/{stall_id}")
async def name(stall_id: int) -> dict[str, Any]:
    return await get_or_404(Stall.objects.values("name"), id=stall_id, detail="No such stall")


@app.get("/stalls")
async def stalls(name: str) -> list[Stall]:
    return await get_list_or_404(Stall.objects.order_by("id"), name=name)


@pytest.mark.databases("sqlite")
async def test_status_404(database: AsyncDatabase, client: Any) -> None:
    await create_tables(models=[Stall])
    await Stall.objects.bulk_create([Stall(name="a"), Stall(name="a"), Stall(name="b")])
    async with client(app) as http:
        assert (await http.get("/stalls/1")).json() == {"id": 1, "name": "a"}
        missing = await http.get("/stalls/9")
        assert (missing.status_code, missing.json()) == (404, {"detail": "Stall not found"})
        assert (await http.get("/names/3")).json() == {"name": "b"}
        missing = await http.get("/names/9")
        assert (missing.status_code, missing.json()) == (404, {"detail": "No such stall"})
        assert len((await http.get("/stalls?name=a")).json()) == 2
        missing = await http.get("/stalls?name=z")
        assert (missing.status_code, missing.json()) == (404, {"detail": "Stall not found"})
    with pytest.raises(MultipleObjectsReturned):
        await get_or_404(Stall, name="a")
    for wrong in (Stall(name="x"), "Stall"):
        with pytest.raises(FieldError, match="takes a model or a query"):
            await get_or_404(wrong, id=1)  # type: ignore[call-overload]
