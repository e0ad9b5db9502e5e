"""Shards: the databases over which rows are divided by a key."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from oxyde.db.active import innermost, open_blocks
from oxyde.db.use import Use
from oxyde.exceptions import OxydeError, TransactionError

__all__ = ["Shard", "ShardKey", "Shards", "crc32"]

ShardKey: TypeAlias = int | str | UUID


def crc32(key: ShardKey) -> int:
    """The hash of a key: the CRC-32 of its text in UTF-8, ``zlib.crc32(str(key).encode())``, which
    is the same in each process and language. The number 7 and the string "7" have the same one, and
    so have a UUID and its text in lower case.

    Returns:
        A number from 0 up to 2³² - 1.

    Raises:
        OxydeError: it is not a whole number, a string or a UUID.
    """
    # The members of an Enum are the values that they stand for.
    if isinstance(key, str):
        text = str.__str__(key)
    elif isinstance(key, int) and not isinstance(key, bool):
        text = int.__repr__(key)
    elif isinstance(key, UUID):
        text = str(key)
    else:
        raise OxydeError(f"a shard's key is a whole number, a string or a UUID, not {key!r:.80}")
    return zlib.crc32(text.encode())


@dataclass(frozen=True, slots=True)
class Shards:
    """Databases that have the same tables, and each the rows of its keys::

        await db.init(s0="…", s1="…", shards=db.Shards(["s0", "s1"]))
        async with db.shard(tenant_id):
            ...

    Queries that name no database run inside `oxyde.db.shard`, or by `each_shard`; others are
    refused.

    Attributes:
        names: names of the databases, in an order that stays the same.
        key: a function from a key to the name of its shard, or to a number, which modulo the number
            of shards is its place in `names`.

    Raises:
        OxydeError: no database is named, or one twice.
    """

    names: Sequence[str]
    key: Callable[[ShardKey], int | str] = crc32

    def __post_init__(self) -> None:
        if isinstance(self.names, str) or not self.names:
            raise OxydeError(
                f"Shards() takes a list of database names, not {self.names!r}",
                hint='Shards(["s0", "s1"])',
            )
        if len(set(self.names)) < len(self.names):
            raise OxydeError(f"Shards() names a database twice: {', '.join(self.names)}")
        if not callable(self.key):
            raise OxydeError(f"Shards.key is a function from a key to a shard, not {self.key!r}")
        object.__setattr__(self, "names", tuple(self.names))

    def name_of(self, key: ShardKey) -> str:
        """The name of the database with the rows of this key.

        Raises:
            OxydeError: the key is of another type, or the function `key` returns neither a number
                nor the name of a shard.
        """
        found = self.key(key)
        if isinstance(found, int) and not isinstance(found, bool):
            return self.names[found % len(self.names)]
        if not isinstance(found, str) or found not in self.names:
            raise OxydeError(
                f"Shards.key returned {found!r:.80} for the key {key!r:.80}, which is not a shard",
                hint=f"return a whole number, or one of {', '.join(map(repr, self.names))}",
            )
        return found

    def check_no_block(self, what: str) -> None:
        """Refuse what reads all shards in a transaction, which is open on one of them.

        Raises:
            TransactionError: a block is open on a shard.
        """
        for name, block in open_blocks().items():
            if name in self.names:
                raise TransactionError(
                    f"{what} reads all shards, and {block.label} is a transaction on one of them",
                    hint="read before the block, or inside `with db.detached():`",
                )

    def unnamed_error(self) -> OxydeError:
        """The error of a query that names no database, outside of any shard."""
        return OxydeError(
            "the rows are divided over the shards "
            f"{', '.join(map(repr, self.names))}, and the query names none",
            hint="run it in `async with db.shard(key):`, read with query.each_shard(), or name a "
            "database: using=…",
        )


class Shard(Use):
    """The result of `oxyde.db.shard`: a context manager, synchronous or asynchronous."""

    __slots__ = ("_shards",)

    def __init__(self, shards: Shards, key: ShardKey) -> None:
        super().__init__(shards.name_of(key))
        self._shards = shards

    def __enter__(self) -> None:
        block = innermost()
        if block is not None and block.name in self._shards.names and block.name != self._name:
            raise TransactionError(
                f"the key belongs to the shard {self._name!r}, and {block.label} runs on another "
                "one: what is written here would not be part of that transaction",
                hint="leave the block first, or open the shard inside `with db.detached():`",
            )
        super().__enter__()
