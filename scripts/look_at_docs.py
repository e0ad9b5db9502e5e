"""Opens pages of the built site in headless Chromium, light and dark, and fails if the browser
reports an error, or a page has no heading or is wider than the window. Run it by `make docs-look`.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from scripts.browser import Browser, browser_is_missing, browsers
from scripts.publish_docs import publish

SITE = Path(__file__).resolve().parent.parent / "target/site"
# Pages of which a picture is taken, in both schemes.
SHOWN = (
    "",
    "start/",
    "tutorial/relations/",
    "reference/exceptions/",
    "reference/api/query/",
    "reference/api/exceptions/",
    "benchmarks/",
    "comparison/",
)


class Handler(SimpleHTTPRequestHandler):
    """Serves the site without a line per request."""

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing."""


@contextlib.contextmanager
def published() -> Iterator[str]:
    """The address of the site on a server, as a version among others."""
    with tempfile.TemporaryDirectory() as folder:
        publish(SITE, Path(folder), "dev", "latest")
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=folder))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/latest/"
        finally:
            server.shutdown()


def pages(site: Path) -> list[str]:
    """The addresses of all pages, relative to the site."""
    folders = (path.parent.relative_to(site).as_posix() for path in site.rglob("index.html"))
    return sorted("" if name == "." else f"{name}/" for name in folders)


def problems(browser: Browser, root: str, page: str) -> list[str]:
    """What is wrong with a page."""
    browser.open(root + page)
    found = browser.errors()
    if not browser.run("return document.querySelector('article h1')?.innerText"):
        found.append("has no heading")
    if browser.run("return document.documentElement.scrollWidth > window.innerWidth"):
        found.append("is wider than the window")
    return [f"{page or 'index'}: {each}" for each in found]


def main() -> int:
    """Look at the pages; 1 if something is wrong, 2 if a program is missing."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--shots", type=Path, help="folder for pictures")
    shots: Path | None = parser.parse_args().shots
    if browser_is_missing():
        return 2
    wrong: list[str] = []
    start = time.monotonic()
    with published() as root, browsers() as port:
        for dark in (False, True):
            with contextlib.closing(Browser(port, dark=dark)) as browser:
                for page in SHOWN if dark else pages(SITE):
                    wrong += problems(browser, root, page)
                    if shots and page in SHOWN:
                        shots.mkdir(parents=True, exist_ok=True)
                        name = page.strip("/").replace("/", "-") or "index"
                        file = shots / f"{name}-{'dark' if dark else 'light'}.png"
                        file.write_bytes(browser.screenshot())
    print(f"{len(pages(SITE))} pages in {time.monotonic() - start:.0f} s")
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
