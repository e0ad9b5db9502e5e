"""Checksums of the UTF-8 text, in hexadecimal digits."""

from __future__ import annotations

from oxyde.queries.expressions.functions.text import TextFunction

__all__ = ["MD5", "SHA1", "SHA224", "SHA256", "SHA384", "SHA512"]


class MD5(TextFunction):
    """The MD5 checksum in hexadecimal digits. MySQL itself has no such function."""

    __slots__ = ()
    name = "md5"


class SHA1(TextFunction):
    """The SHA-1 checksum in hexadecimal digits. MySQL and PostgreSQL themselves have no such
    function; with PostgreSQL's extension `pgcrypto`, define a `Func` with ``sql =
    "encode(digest({0}, 'sha1'), 'hex')"``."""

    __slots__ = ()
    name = "sha1"


class SHA224(TextFunction):
    """The SHA-224 checksum in hexadecimal digits."""

    __slots__ = ()
    name = "sha224"


class SHA256(TextFunction):
    """The SHA-256 checksum in hexadecimal digits."""

    __slots__ = ()
    name = "sha256"


class SHA384(TextFunction):
    """The SHA-384 checksum in hexadecimal digits."""

    __slots__ = ()
    name = "sha384"


class SHA512(TextFunction):
    """The SHA-512 checksum in hexadecimal digits."""

    __slots__ = ()
    name = "sha512"
