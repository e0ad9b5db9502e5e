"""A headless Chromium that scripts drive as a person would, and programs in the background."""

from __future__ import annotations

import base64
import contextlib
import json
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

SIZE = (1280, 800)
# Seconds until a page must show what is expected.
WAIT = 10
PROGRAMS = {"chromium": "chromium", "chromedriver": "chromium-driver"}


class Browser:
    """A headless Chromium, driven over the WebDriver protocol."""

    def __init__(self, port: int, *, dark: bool = False) -> None:
        self._address = f"http://127.0.0.1:{port}"
        scheme = ["--blink-settings=preferredColorScheme=0"] if dark else []
        arguments = ["--headless=new", "--no-sandbox", "--hide-scrollbars", *scheme]
        options = {
            "goog:loggingPrefs": {"browser": "ALL"},
            "goog:chromeOptions": {"args": arguments},
        }
        made = self._call("POST", "/session", {"capabilities": {"alwaysMatch": options}})
        self._session = f"/session/{made['sessionId']}"
        self._size(*SIZE)

    def _call(self, method: str, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._address + path, data, method=method)
        request.add_header("content-type", "application/json")
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["value"]

    def _post(self, path: str, body: object) -> Any:
        return self._call("POST", self._session + path, body)

    def _size(self, width: int, height: int) -> None:
        self._post("/window/rect", {"width": width, "height": height})
        inner = self.run("return [window.innerWidth, window.innerHeight]")
        wide, high = 2 * width - inner[0], 2 * height - inner[1]
        self._post("/window/rect", {"width": wide, "height": high})

    def open(self, url: str) -> None:
        """Go to a URL."""
        self._post("/url", {"url": url})

    def run(self, script: str) -> Any:
        """Run JavaScript in the page, as the test's eyes."""
        return self._post("/execute/sync", {"script": script, "args": []})

    def _find(self, css: str) -> str:
        found = self._post("/element", {"using": "css selector", "value": css})
        return f"/element/{next(iter(found.values()))}"

    def click(self, css: str) -> None:
        """Click on an element."""
        self._post(f"{self._find(css)}/click", {})

    def type(self, css: str, text: str) -> None:
        """Replace what is in an input."""
        element = self._find(css)
        self._post(f"{element}/clear", {})
        self._post(f"{element}/value", {"text": text})

    def _text_now(self) -> str:
        """The visible text; empty while the next page comes."""
        try:
            text: str = self._call("GET", f"{self._session}{self._find('main')}/text")
        except urllib.error.HTTPError:
            return ""
        return text

    def expect(self, text: str, *, refused: int | None = None) -> None:
        """Fail if the page does not show a text, or the browser has reported an error. A form that
        is refused has the status `refused`, which the browser logs."""
        until = time.monotonic() + WAIT
        while text not in (shown := self._text_now()):
            if time.monotonic() > until:
                raise SystemExit(f"the page does not show {text!r}:\n{shown[:800]}")
            time.sleep(0.05)
        for message in self.errors():
            if refused is None or f"status of {refused} " not in message:
                raise SystemExit(f"the browser reports: {message}")

    def errors(self) -> list[str]:
        """What the browser has logged since the last call."""
        return [entry["message"] for entry in self._post("/se/log", {"type": "browser"})]

    def screenshot(self) -> bytes:
        """The window as a PNG file."""
        return base64.b64decode(self._call("GET", f"{self._session}/screenshot"))

    def close(self) -> None:
        """End the browser."""
        self._call("DELETE", self._session)


@contextlib.contextmanager
def program(command: list[str], **options: Any) -> Iterator[subprocess.Popen[str]]:
    """A program that runs in the background."""
    running = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **options)
    try:
        yield running
    finally:
        running.terminate()
        running.wait(20)


def first_match(running: subprocess.Popen[str], pattern: str) -> str:
    """Wait for a line of a program's output."""
    assert running.stdout is not None
    for line in running.stdout:
        if found := re.search(pattern, line):
            return found.group(1)
    raise SystemExit(f"{running.args!r} ended with {running.wait()}")


def browser_is_missing() -> bool:
    """Whether Chromium or its driver is not installed; says how to install them."""
    missing = [package for name, package in PROGRAMS.items() if shutil.which(name) is None]
    if missing:
        names = " ".join(missing)
        print(f"Chromium is missing: apt-get install -y {names}", file=sys.stderr)
    return bool(missing)


@contextlib.contextmanager
def browsers() -> Iterator[int]:
    """The port of a running chromedriver."""
    with program(["chromedriver", "--port=0"]) as driver:
        yield int(first_match(driver, r"successfully on port (\d+)"))
