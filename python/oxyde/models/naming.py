"""Names in the database: tables, indexes, constraints, enum types."""

from __future__ import annotations

import hashlib
import re

from oxyde.exceptions import FieldError

__all__ = ["check_identifier", "derived_name", "snake_case"]

# PostgreSQL silently truncates names to 63 bytes; MySQL rejects more than 64 characters.
_LONGEST = 63


def derived_name(*parts: str) -> str:
    """Join parts with `_`. A name that is too long ends with a digest, so that it stays unique."""
    name = "_".join(parts)
    raw = name.encode()
    if len(raw) <= _LONGEST:
        return name
    digest = hashlib.sha256(raw).hexdigest()[:8]
    suffix = f"_{digest}_{parts[-1]}"
    return raw[: _LONGEST - len(suffix.encode())].decode(errors="ignore") + suffix


def snake_case(name: str) -> str:
    """`OrderStatus` → `order_status`."""
    name = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()


def check_identifier(name: object, what: str) -> str:
    """Check that every database stores the name unchanged.

    Raises:
        FieldError: it is not a string, is empty, has a NUL, or is longer than 63 bytes.
    """
    if not isinstance(name, str) or not name or "\0" in name:
        raise FieldError(f"{what} needs a non-empty string as its name, not {name!r}")
    try:
        length = len(name.encode())
    except UnicodeEncodeError as error:
        raise FieldError(f"{what} has a name that is not valid Unicode: {name!r}") from error
    if length > _LONGEST:
        raise FieldError(
            f"{what} has a name of {length} bytes: {name!r}",
            hint=f"databases allow names of at most {_LONGEST} bytes",
        )
    return name
