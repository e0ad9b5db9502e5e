"""The stages of a query: nobody listens until `record_stages`, then each is summed up."""

from __future__ import annotations

import json
import subprocess
import sys

PROGRAM = """
import asyncio, json
from oxyde import Field, Model, _core, db

class User(Model):
    class Meta:
        is_table = True
    id: int | None = Field(default=None, db_pk=True)
    name: str

async def main():
    async with db.connect("sqlite:///:memory:"):
        await db.create_tables()
        await User.objects.create(name="a")
        silent = _core.take_stages()
        _core.record_stages()
        await User.objects.bulk_create([User(name=str(each)) for each in range(2000)])
        away = _core.take_stages()
        await asyncio.sleep(0)  # the many rows have used the time of this turn
        await User.objects.filter(name="a").all()
        heard = _core.take_stages()
        print(json.dumps([silent, away, heard, _core.take_stages()]))

asyncio.run(main())
"""


def test_stages_are_summed_up() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    silent, away, heard, after = json.loads(done.stdout)
    stages = ["bind", "acquire", "execute", "decode", "wake", "hydrate"]
    assert list(heard) == stages
    assert all(count == 0 for _, count in silent.values())
    # Nobody has to be woken for an answer that is there at once.
    expected = dict.fromkeys(stages, 1) | {"wake": 0}
    assert {name: count for name, (_, count) in heard.items()} == expected
    assert all((seconds > 0) == (count > 0) for seconds, count in heard.values())
    assert away["wake"][1] == 1
    assert heard["decode"][0] <= heard["execute"][0]
    assert all(count == 0 for _, count in after.values())
