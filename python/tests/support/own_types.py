"""Classes of a user's own, registered: keys, encrypted text, money, routes, PostgreSQL's types."""

from __future__ import annotations

import base64
import dataclasses
import functools
import os
from decimal import Decimal
from typing import Annotated, Any

from oxyde import Field, register_type


@functools.total_ordering
class Ulid:
    """A key of 16 bytes."""

    def __init__(self, raw: bytes) -> None:
        if len(raw) != 16:
            raise ValueError(f"a key has 16 bytes, not {len(raw)}")
        self.raw = raw

    @classmethod
    def new(cls) -> Ulid:
        return cls(os.urandom(16))

    @classmethod
    def of(cls, number: int) -> Ulid:
        return cls(number.to_bytes(16, "big"))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ulid) and other.raw == self.raw

    def __lt__(self, other: Ulid) -> bool:
        return self.raw < other.raw

    def __hash__(self) -> int:
        return hash(self.raw)

    def __repr__(self) -> str:
        return f"Ulid({self.raw.hex()})"


@dataclasses.dataclass(frozen=True)
class Secret:
    """Text that the database does not see."""

    plain: str


class Money:
    def __init__(self, amount: Decimal | str) -> None:
        self.amount = Decimal(amount)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Money) and other.amount == self.amount

    def __hash__(self) -> int:
        return hash(self.amount)

    def __repr__(self) -> str:
        return f"Money({self.amount})"


class Code:
    """Short text, compared as text."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Code) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"Code({self.text!r})"


class Route:
    """A list of points, which changes in place."""

    def __init__(self, points: list[list[float]]) -> None:
        self.points = points

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Route) and other.points == self.points

    __hash__ = None  # type: ignore[assignment]


class Branch:
    """A path of labels."""

    def __init__(self, *labels: str) -> None:
        self.labels = labels

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Branch) and other.labels == self.labels

    def __hash__(self) -> int:
        return hash(self.labels)


class Hardware:
    """The bytes of a type that Oxyde does not know."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw


def encrypt(secret: Secret) -> str:
    return base64.b85encode(secret.plain[::-1].encode()).decode()


def decrypt(stored: str) -> Secret:
    return Secret(base64.b85decode(stored).decode()[::-1])


def code_text(code: Code) -> str:
    if code.text == "bad":
        raise ValueError("no such code")
    return code.text


def code_of(text: str) -> Code:
    if text == "worse":
        raise KeyError(text)
    return Code(text)


register_type(Ulid, storage=bytes, encode=lambda key: key.raw, decode=Ulid)
register_type(Secret, storage=str, encode=encrypt, decode=decrypt)
register_type(
    Money,
    storage=Annotated[Decimal, Field(max_digits=12, decimal_places=2)],
    encode=lambda money: money.amount,
    decode=Money,
)
register_type(Code, storage=Annotated[str, Field(max_length=26)], encode=code_text, decode=code_of)
register_type(Route, storage=list[Any], encode=lambda route: route.points, decode=Route)
register_type(
    Branch,
    storage=str,
    encode=lambda branch: ".".join(branch.labels),
    decode=lambda stored: Branch(*stored.split(".")),
    db_type="ltree",
)
register_type(
    Hardware, storage=bytes, encode=lambda each: each.raw, decode=Hardware, db_type="macaddr"
)
