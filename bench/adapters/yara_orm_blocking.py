"""Yara ORM with its fast path for SQLite: a statement runs on the event loop's thread and blocks
it. Its documentation advises it for tests, scripts and small apps; no default contender."""

from __future__ import annotations

from typing import ClassVar

from bench.adapters import yara_orm


class Contender(yara_orm.Contender):
    databases: ClassVar[tuple[str, ...]] = ("sqlite",)
    options: ClassVar[str] = "&sync_fast_path=1"
