"""Serves the page on a socket of this machine."""

from __future__ import annotations

import asyncio
import secrets
import socket
import sys
import webbrowser
from contextlib import suppress
from urllib.parse import unquote

import uvicorn

from oxyde.db import AsyncDatabase, PoolSettings
from oxyde.exceptions import OxydeError
from oxyde.studio.application import create_app
from oxyde.studio.guard import is_loopback

__all__ = ["check_host", "serve"]


def check_host(host: str, *, allow_remote: bool) -> None:
    """Refuse to be reached from other machines unless that is asked for.

    Raises:
        OxydeError: the host is not a loopback address, and `allow_remote` is False.
    """
    if not allow_remote and not is_loopback(host):
        raise OxydeError(
            f"--host {host} can be reached from other machines",
            hint="leave it out and use `ssh -L 7430:127.0.0.1:7430 SERVER`, or pass --allow-remote",
        )


def serve(
    url: str,
    *,
    host: str,
    port: int,
    write: bool,
    remote: bool,
    timeout: float,
    browser: bool,
) -> None:
    """Serve the page until SIGINT or SIGTERM.

    Args:
        url: the database.
        host: the address to listen on.
        port: the port; 0 takes a free one.
        write: whether rows can be changed.
        remote: whether other machines may reach it.
        timeout: seconds that a statement may take.
        browser: whether the page is opened in the browser.

    Raises:
        OxydeError: the database or the port cannot be used.
    """
    with suppress(KeyboardInterrupt):
        asyncio.run(
            _serve(
                _existing(url, write), _listening(host, port), host, write, remote, timeout, browser
            )
        )


async def _serve(
    url: str,
    listening: socket.socket,
    host: str,
    write: bool,
    remote: bool,
    timeout: float,
    browser: bool,
) -> None:
    settings = PoolSettings(max_connections=5, query_timeout=timeout)
    database = AsyncDatabase(url, settings=settings)
    try:
        await database.connect()
        token = secrets.token_urlsafe(32)
        names = () if is_loopback(host) else (host,)
        app = create_app(database, token=token, write=write, hosts=names, remote=remote)
        config = uvicorn.Config(
            app, log_level="warning", lifespan="off", server_header=False, access_log=False
        )
        shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host
        shown = f"[{shown}]" if ":" in shown else shown
        address = f"http://{shown}:{listening.getsockname()[1]}/?token={token}"
        mode = "changes are possible" if write else "read-only; --write allows changes"
        sys.stdout.write(f"Oxyde studio ({mode})\n  {address}\nCtrl+C ends it.\n")
        sys.stdout.flush()
        if browser:
            webbrowser.open(address)
        await uvicorn.Server(config).serve(sockets=[listening])
    finally:
        listening.close()
        await database.disconnect()


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
        # Before the URL is printed, so that it can be opened at once.
        made.listen(128)
    except (OSError, OverflowError) as error:
        made.close()
        raise OxydeError(
            f"cannot listen on {host}:{port}: {error}",
            hint="pass another --port; 0 takes a free one",
        ) from None
    return made


def _existing(url: str, write: bool) -> str:
    """The URL, with which no file of SQLite is created, or changed if rows are only read.

    Raises:
        OxydeError: the database is in memory.
    """
    if not url.startswith("sqlite:"):
        return url
    address, _, query = url.partition("?")
    path = unquote(address.removeprefix("sqlite:///"))
    if path in ("", ":memory:", "sqlite://", "sqlite:") or "mode=memory" in query:
        raise OxydeError(
            "a database in memory has no rows to show", hint="name a file: sqlite:///shop.db"
        )
    if "mode=" in query:
        return url
    return f"{url}{'&' if query else '?'}mode={'rw' if write else 'ro'}"
