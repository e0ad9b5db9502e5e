"""Schemas that something else made go through `inspectdb`, `baseline`, `check` and `migrate`."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.adopting import adopt, flavours
from support.servers import Server

SCHEMAS = Path(__file__).parents[2] / "schemas"
FILES = sorted(SCHEMAS.glob("*.sql"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_schema_is_adopted(server: Server, file: Path, tmp_path: Path) -> None:
    if server.flavour not in flavours(file):
        return
    outcome = adopt(file, server.flavour, tmp_path)
    assert outcome.notes == []
    assert outcome.failures == {}
    assert outcome.tables > 0
