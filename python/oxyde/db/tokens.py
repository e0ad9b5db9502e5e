"""Tokens: what a task has written, for another task, process or request that must see it."""

from __future__ import annotations

import hashlib
import hmac
import math
import re
import time
from contextvars import Token
from types import TracebackType

from oxyde.db.both_forms import BothForms
from oxyde.db.own_writes import Mark, current_mark, enter, leave
from oxyde.db.positions import Position, WalPosition, position_of_text
from oxyde.db.registry import get_connection, router_here
from oxyde.db.router import Router
from oxyde.exceptions import OxydeError

__all__ = ["Since", "located_token", "since", "token"]

_FORM = re.compile(r"(wal|gtid|time):([0-9A-Za-z/:._+-]{1,65536})~([0-9a-f]{16})", re.ASCII)
# Of tokens that no secret signs: it finds those that were cut off or mistyped.
_UNSIGNED = "oxyde"


def token() -> str | None:
    """What this task has written (and the tasks that it started, and the one that started it), as a
    short string for a cookie or a message: where it is given to `since`, reads see that.

    With ``Router(sticky="position")`` it is the position of the writes in the primary's log
    (``wal:0/3A…`` or ``gtid:…``), otherwise the time of the last one (``time:…``).

    Returns:
        None if nothing was written, or no router is used.

    Raises:
        OxydeError: the position of the last write is not known, since the primary did not answer
            behind it, or the write was cancelled.
    """
    router = router_here()
    mark = current_mark()
    if router is None or mark.wrote == -math.inf:
        return None
    if not router.by_position:
        at = time.time() - (time.monotonic() - mark.wrote)
        return _signed(router, f"time:{at:.3f}")
    if mark.position is None or not mark.is_located:
        raise OxydeError(
            "the position of this task's last write is not known: the write was cut off, or the "
            "primary did not tell its position",
            hint="write again, or read on the primary: async with db.primary()",
        )
    # A cookie has no commas.
    return _signed(router, f"{_kind(mark.position)}:{mark.position}".replace(",", "+"))


async def located_token() -> str | None:
    """The same; the primary is asked once more for a position that is not known.

    Raises:
        OxydeError: it does not answer.
    """
    router = router_here()
    if router is not None:
        await router.locate(get_connection(router.writes))
    return token()


def since(token: str | None) -> Since:
    """Let reads in a block see at least what a task had written when it called `token`::

        async with db.since(request.cookies.get("seen")):
            ...

    A token of a time sends them to the primary until ``Router.sticky`` seconds after that time, by
    the clocks of both machines; at most for ``sticky`` seconds. Without a router, and inside
    transactions, reads are on the primary anyway.

    Args:
        token: what `token` returned; None asks for nothing.

    Raises:
        OxydeError: it is not a token, was changed, or is for another kind of server or router.
    """
    return Since(_read(token))


def _read(token: object) -> Position | float | None:
    """The position, or the time, of a token."""
    if token is None:
        return None
    found = _FORM.fullmatch(token) if isinstance(token, str) else None
    if found is None:
        raise _refused("this is not a token", token)
    router = router_here()
    if router is None:
        return None
    kind, body, digest = found.groups()
    if not hmac.compare_digest(digest, _digest(router, f"{kind}:{body}")):
        signed = "" if router.token_secret is None else ", or signed with another secret"
        raise _refused(f"the token was changed{signed}", token)
    if (kind == "time") == router.by_position:
        raise _refused(f"the token is not for Router(sticky={router.sticky!r})", token)
    if kind == "time":
        try:
            at = float(body)
        except ValueError:
            at = math.nan
        if not math.isfinite(at):
            raise _refused("this is not a token", token)
        return at
    dialect = get_connection(router.writes).features.dialect
    try:
        position = position_of_text(dialect, body.replace("+", ","))
    except OxydeError as error:
        raise _refused(f"the token is not for {dialect}", token) from error
    if kind != _kind(position):
        raise _refused(f"the token is not for {dialect}", token)
    return position


def _kind(position: Position) -> str:
    return "wal" if isinstance(position, WalPosition) else "gtid"


def _refused(why: str, token: object) -> OxydeError:
    return OxydeError(
        f"{why}: {token!r:.100}", hint="pass what db.token() returned, of the same databases"
    )


def _signed(router: Router, text: str) -> str:
    return f"{text}~{_digest(router, text)}"


def _digest(router: Router, text: str) -> str:
    key = (router.token_secret or _UNSIGNED).encode()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:16]


class Since(BothForms):
    """The result of `since`: a context manager, synchronous or asynchronous."""

    __slots__ = ("_seen", "_token")

    def __init__(self, seen: Position | float | None) -> None:
        self._seen = seen
        self._token: Token[Mark | None] | None = None

    def __enter__(self) -> None:
        if self._token is not None:
            raise OxydeError("this since() is already open", hint="call since() for each block")
        mark, self._token = enter()
        seen = self._seen
        router = router_here()
        if router is None or seen is None:
            return
        # For type checkers a float may be an int.
        if isinstance(seen, float | int):
            if not isinstance(router.sticky, str):
                left = min(seen + router.sticky - time.time(), router.sticky)
                mark.until = max(mark.until, time.monotonic() + left)
        else:
            mark.required = seen if mark.required is None else mark.required.joined(seen)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        token, self._token = self._token, None
        if token is not None:
            leave(token)
