"""A TCP proxy that loses answers, and that fails in the ways in which networks fail."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from types import TracebackType
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

# What becomes of a connection: an orderly end, a reset, silence, answers whose first bytes come one
# at a time, or bytes that the server did not send.
Fault = Literal["cut", "reset", "half-open", "drip", "garbage"]

# The bytes sent in place of the server's.
_GARBAGE = b"\xff"
_DRIPS, _DRIP = 500, 0.0002


class Proxy:
    """Forwards to the server of a URL. Use ``with Proxy(url) as proxy`` and ``proxy.url``.

    Attributes:
        lose: when the client sends these bytes, the server gets them, but the client does not get
            the answer: its connection is reset.
        lost: how often this happened.
        welcome: the fault of the connections that are opened from now on.
    """

    def __init__(self, url: str, *, query: str = "ssl_mode=disable") -> None:
        parts = urlsplit(url)
        self._server = (parts.hostname or "127.0.0.1", parts.port or 5432)
        self._listener = socket.create_server(("127.0.0.1", 0))
        port = self._listener.getsockname()[1]
        user = parts.netloc.rpartition("@")[0]
        # To read the statements, the proxy needs them without TLS.
        self.url = urlunsplit(parts._replace(netloc=f"{user}@127.0.0.1:{port}", query=query))
        self._links: list[_Link] = []
        self.lose: bytes | None = None
        self.lost = 0
        self.welcome: Fault | None = None

    def __enter__(self) -> Proxy:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for link in self._links:
            link.strike("reset")

    def strike(self, fault: Fault) -> None:
        """Let a fault strike all connections that are open now."""
        for link in self._links:
            link.strike(fault)

    def strike_newest(self, fault: Fault) -> None:
        """Let a fault strike the connection that was opened last."""
        self._links[-1].strike(fault)

    def strike_after(self, fault: Fault, sent: int) -> None:
        """Let a fault strike each connection that is open now after the client has sent this many
        more bytes on it, which the server gets."""
        for link in self._links:
            link.later = (fault, sent)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._connect, args=(client,), daemon=True).start()

    def _connect(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            link = _Link(self, client, socket.create_connection(self._server))
            self._links.append(link)
            if self.welcome is not None:
                link.strike(self.welcome)
            threading.Thread(target=link.answer, daemon=True).start()
            link.ask()


class _Link:
    """One connection of a client, and that to the server."""

    def __init__(self, proxy: Proxy, client: socket.socket, server: socket.socket) -> None:
        self._proxy = proxy
        self._client = client
        self._server = server
        self._fault: Fault | None = None
        self._is_losing = False
        self._drips = _DRIPS
        self.later: tuple[Fault, int] | None = None

    def strike(self, fault: Fault) -> None:
        self._fault = fault
        with contextlib.suppress(OSError):
            if fault == "cut":
                self._client.shutdown(socket.SHUT_RDWR)
            elif fault == "reset":
                self._reset()

    def _reset(self) -> None:
        linger = struct.pack("ii", 1, 0)
        self._client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        # Wakes the thread that reads, which keeps the socket open until then.
        self._client.shutdown(socket.SHUT_RD)
        self._client.close()

    def ask(self) -> None:
        """Forward what the client sends."""
        with contextlib.suppress(OSError):
            while data := self._client.recv(65536):
                if self._proxy.lose is not None and self._proxy.lose in data:
                    self._proxy.lose = None
                    self._is_losing = True
                if self._fault == "half-open":
                    continue
                struck = self._count(len(data))
                # Before the server can answer.
                self._fault = struck or self._fault
                self._server.sendall(data)
                if struck is not None:
                    self.strike(struck)
        # Wakes the thread that reads from the server, which keeps the socket open until then.
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._client.close()

    def _count(self, sent: int) -> Fault | None:
        """The fault that strikes after so many more bytes of the client."""
        if self.later is None:
            return None
        fault, left = self.later
        self.later = (fault, left - sent) if sent < left else None
        return fault if sent >= left else None

    def answer(self) -> None:
        """Forward what the server sends."""
        with contextlib.suppress(OSError):
            while data := self._server.recv(65536):
                if self._is_losing:
                    self._proxy.lost += 1
                    self._reset()
                    return
                if self._fault in ("cut", "reset", "half-open"):
                    continue
                if self._fault == "garbage":
                    data = _GARBAGE * len(data)
                if self._fault == "drip":
                    drops, data = data[: self._drips], data[self._drips :]
                    self._drips -= len(drops)
                    for drop in drops:
                        self._client.sendall(bytes([drop]))
                        time.sleep(_DRIP)
                self._client.sendall(data)
            self._client.shutdown(socket.SHUT_WR)
