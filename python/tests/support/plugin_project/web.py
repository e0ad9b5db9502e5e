"""The project's application."""

from __future__ import annotations

import asyncio

from fastapi import BackgroundTasks, FastAPI, HTTPException
from journal import Entry, Writer

from oxyde import UniqueViolationError, atomic, db

# No test may ever get there.
app = FastAPI(lifespan=db.lifespan("postgresql://nobody:secret@production.invalid/shop"))


@app.post("/writers/{name}", status_code=201)
async def add_writer(name: str) -> int:
    """Commits a transaction with a nested block that fails."""
    async with atomic():
        try:
            async with atomic():
                writer = await Writer.objects.create(name=name)
        except UniqueViolationError:
            raise HTTPException(409) from None
        async with atomic():
            await Entry.objects.create(text="first", writer=writer)
    assert writer.id is not None
    return writer.id


@app.get("/writers")
async def writers() -> list[str]:
    names: list[str] = await Writer.objects.order_by("name").values_list("name", flat=True).all()
    return names


@app.post("/entries")
async def many_at_once() -> int:
    """Several statements and blocks at the same time."""
    writer, _ = await Writer.objects.get_or_create(name="busy")

    async def write(number: int) -> None:
        async with atomic():
            await Entry.objects.create(text=f"entry {number}", writer=writer)

    await asyncio.gather(*[write(number) for number in range(5)])
    counts = await asyncio.gather(*[Entry.objects.count() for _ in range(5)])
    return min(counts)


@app.post("/later/{name}")
async def later(name: str, tasks: BackgroundTasks) -> None:
    """Writes after the response."""
    tasks.add_task(add_writer, name)
