"""A transaction per request: as an ASGI middleware, and as a dependency. Both commit before the
response is sent, so that a COMMIT that fails becomes an error status."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, MutableMapping
from types import TracebackType
from typing import TYPE_CHECKING, Any

from fastapi import Depends, Response
from starlette._utils import is_async_callable
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection, Request
from typing_extensions import Self

from oxyde.contrib.fastapi.errors import response_to
from oxyde.contrib.fastapi.own_writes import begin_request_once
from oxyde.db.active import active_blocks, open_blocks
from oxyde.db.transaction import Isolation, atomic, end_of

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from oxyde.db.block import Block

__all__ = ["TransactionMiddleware", "transaction"]

# In a request's scope: its open transactions by database.
_OPEN = "oxyde.transactions"
_WRITING = ("POST", "PUT", "PATCH", "DELETE")


class _Ended(Exception):
    """Internal: the transaction could not be committed, so its response is not sent."""


class _RequestBlock:
    """The transaction of a request. Another task than the one that opened it may end it: a
    streaming response is sent by a task of its own."""

    def __init__(self, using: str, isolation: Isolation | None, timeout: float | None) -> None:
        self._using = using
        self._atomic = atomic(using, isolation=isolation, timeout=timeout)
        self.block: Block | None = None
        self.ended = False

    async def __aenter__(self) -> Self:
        self._before = open_blocks()
        self._task = asyncio.current_task()
        self.block = await self._atomic.__aenter__()
        return self

    async def end(self, error: BaseException | None = None, *, keep: bool = True) -> None:
        """Commit, or roll back after an error or without `keep`. Does nothing the second time."""
        if self.ended or self.block is None:
            return
        self.ended = True
        if not keep:
            self.block.set_rollback(True)
        if asyncio.current_task() is self._task:
            trace = None if error is None else error.__traceback__
            await self._atomic.__aexit__(None if error is None else type(error), error, trace)
            return
        self.block.left = True
        await end_of(self.block, error)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            await self.end(error)
        finally:
            active_blocks.set(self._before)


def _blocks_of(scope: MutableMapping[str, Any]) -> dict[str, _RequestBlock]:
    found: dict[str, _RequestBlock] = scope.setdefault(_OPEN, {})
    return found


class TransactionMiddleware:
    """Runs each request that may write in a transaction; a pure ASGI middleware:
    ``app.add_middleware(TransactionMiddleware)``.

    It is committed when the response begins, before anything of it is sent: if that fails, the
    client gets the error instead, and background tasks do not run. An exception rolls it back, and
    so does a response with an error status. The body of a streaming response and background tasks
    run behind it, outside of the transaction. Websockets have none: use `transaction` there.

    Args:
        app: the application.
        using: the database's name.
        methods: the methods of requests with a transaction.
        rollback_from: the least status that rolls back; None commits whatever the status.
        isolation: as for `oxyde.atomic`.
        timeout: as for `oxyde.atomic`.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        using: str = "default",
        methods: Collection[str] = _WRITING,
        rollback_from: int | None = 400,
        isolation: Isolation | None = None,
        timeout: float | None = None,
    ) -> None:
        self._app = app
        self._using = using
        self._methods = frozenset(method.upper() for method in methods)
        self._rollback_from = rollback_from
        self._isolation: Isolation | None = isolation
        self._timeout = timeout

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request, in a transaction if it may write."""
        if scope["type"] == "http":
            # Reads of other requests do not go to the primary because of what this one writes.
            begin_request_once(scope)
        if scope["type"] != "http" or scope["method"] not in self._methods:
            await self._app(scope, receive, send)
            return
        open_here = _blocks_of(scope)
        if self._using in open_here:
            await self._app(scope, receive, send)
            return
        request_block = _RequestBlock(self._using, self._isolation, self._timeout)
        started = False
        failure: Exception | None = None

        async def send_after_commit(message: Message) -> None:
            nonlocal failure, started
            if failure is not None:
                raise _Ended
            if message["type"] == "http.response.start" and not request_block.ended:
                limit = self._rollback_from
                try:
                    await request_block.end(keep=limit is None or message["status"] < limit)
                except Exception as error:
                    failure = error
                    raise _Ended from None
            started = True
            await send(message)

        try:
            async with request_block:
                open_here[self._using] = request_block
                await self._app(scope, receive, send_after_commit)
        except Exception as error:
            if started or (isinstance(error, _Ended) and failure is None):
                raise
            # Inner frames cannot answer: their response has ended, or they were not reached.
            answered = failure or error
            if failure is None and request_block.block is not None:
                raise
            await _answer(answered, scope, receive, send)
        finally:
            open_here.pop(self._using, None)


async def _answer(error: Exception, scope: Scope, receive: Receive, send: Send) -> None:
    """Send what the application's exception handlers make of an error.

    Raises:
        Exception: the error itself, if none of them does.
    """
    handlers: dict[Any, Any] = getattr(scope.get("app"), "exception_handlers", {})
    handler = next((handlers[each] for each in type(error).__mro__ if each in handlers), None)
    request = Request(scope, receive)
    response = None
    if handler is None:
        response = response_to(error)
    elif is_async_callable(handler):
        response = await handler(request, error)
    else:
        response = await run_in_threadpool(handler, request, error)
    if response is None:
        raise error
    await response(scope, receive, send)


def transaction(
    using: str = "default",
    *,
    rollback_from: int | None = 400,
    isolation: Isolation | None = None,
    timeout: float | None = None,
) -> Any:
    """A dependency: the endpoint, and the dependencies behind this one, run in a transaction.
    ``@app.post("/posts", dependencies=[transaction()])``, or with the block as a value:
    ``block: Annotated[Block, transaction()]``.

    It is committed when the endpoint has returned, before the response is sent: if that fails, the
    client gets the error. An exception rolls it back (`HTTPException`, too), and so does an error
    status that the endpoint sets on FastAPI's `response`. Inside a `TransactionMiddleware` for the
    same database it is the middleware's transaction.

    Args:
        using: the database's name.
        rollback_from: the least status that rolls back; None commits whatever the status.
        isolation: as for `oxyde.atomic`; not inside a `TransactionMiddleware`.
        timeout: as for `oxyde.atomic`.
    """

    async def block_of(connection: HTTPConnection, response: Response) -> AsyncIterator[Block]:
        blocks = _blocks_of(connection.scope)
        outer = blocks.get(using)
        if outer is not None and outer.block is not None and not outer.ended:
            yield outer.block
            return
        async with _RequestBlock(using, isolation, timeout) as request_block:
            assert request_block.block is not None
            blocks[using] = request_block
            try:
                yield request_block.block
                status = response.status_code or 200
                await request_block.end(keep=rollback_from is None or status < rollback_from)
            finally:
                blocks.pop(using, None)

    # FastAPI resolves the annotations of the function by the names of its module.
    block_of.__annotations__ = {"connection": HTTPConnection, "response": Response}
    # With the scope of the endpoint's function, its end comes before the response.
    return Depends(block_of, scope="function")
