"""The contenders: a module for each, with a class `Contender`."""

from bench.adapters.protocol import Adapter, Unfit

# The raw driver of each database, whose time is 1.
DRIVERS = {"postgres": "asyncpg", "sqlite": "aiosqlite", "mysql": "asyncmy"}
ORMS = ("sqlalchemy", "tortoise", "piccolo", "django")

__all__ = ["DRIVERS", "ORMS", "Adapter", "Unfit"]
