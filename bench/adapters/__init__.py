"""The contenders: a module for each, with a class `Contender`.

ferro-orm is left out: it needs Python 3.13, and `make bench` runs on 3.10 and later.
"""

from bench.adapters.protocol import Adapter, Unfit

# The raw driver of each database, the baseline of all ratios.
DRIVERS = {"postgres": "asyncpg", "sqlite": "aiosqlite", "mysql": "asyncmy"}
PEERS = ("limit", "psycopg", "sqlalchemy", "tortoise", "piccolo", "django", "yara_orm")

__all__ = ["DRIVERS", "PEERS", "Adapter", "Unfit"]
