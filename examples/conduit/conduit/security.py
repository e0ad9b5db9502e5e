"""Passwords and tokens, by the standard library."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
import secrets
import time
from collections.abc import Mapping

__all__ = ["hash_password", "is_password", "token_for", "user_of"]

_SECRET = os.environ.get("CONDUIT_SECRET", "").encode() or secrets.token_bytes(32)
_LIFETIME = 60 * 60 * 24 * 7
# About 20 ms of work and 16 MiB of memory for each guess.
_COST = {"n": 2**14, "r": 8, "p": 1}


def hash_password(password: str) -> str:
    """What is stored of a password: a salt, and the hash of both."""
    salt = secrets.token_bytes(16)
    return f"{salt.hex()}${_hashed(password, salt).hex()}"


def is_password(password: str, stored: str) -> bool:
    """Whether a password is the one that was stored."""
    salt, _, wanted = stored.partition("$")
    return hmac.compare_digest(_hashed(password, bytes.fromhex(salt)).hex(), wanted)


def token_for(user_id: int) -> str:
    """A token (a JWT, signed by HMAC-SHA256) that names a user for a week."""
    claims: dict[str, str | int] = {"sub": str(user_id), "exp": int(time.time()) + _LIFETIME}
    signed = f"{_encoded({'alg': 'HS256', 'typ': 'JWT'})}.{_encoded(claims)}"
    return f"{signed}.{_signature(signed)}"


def user_of(token: str) -> int | None:
    """The user whom a token names; None if it was not signed here, or has expired."""
    signed, _, signature = token.rpartition(".")
    if not hmac.compare_digest(_signature(signed).encode(), signature.encode()):
        return None
    try:
        claims = json.loads(_decoded(signed.partition(".")[2]))
        return int(claims["sub"]) if claims["exp"] > time.time() else None
    except (binascii.Error, ValueError, KeyError, TypeError):
        return None


def _hashed(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=_COST["n"], r=_COST["r"], p=_COST["p"])


def _signature(signed: str) -> str:
    return _text(hmac.digest(_SECRET, signed.encode(), "sha256"))


def _encoded(value: Mapping[str, str | int]) -> str:
    return _text(json.dumps(value, separators=(",", ":")).encode())


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
