"""Opens pages of the built site in headless Chromium, light and dark, and fails if the browser reports
an error, a page has no heading, or the search finds nothing. Run it by `make docs-look`.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from browser import Browser, browser_is_missing, browsers

SITE = Path(__file__).resolve().parent.parent / "target/site"
# Pages of which a picture is taken, in both schemes.
SHOWN = ("", "start/", "tutorial/relations/", "reference/exceptions/", "reference/api/query/", "benchmarks/")


class Handler(SimpleHTTPRequestHandler):
    """Serves the site without a line per request."""

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        """Nothing."""


@contextlib.contextmanager
def served(folder: Path) -> "contextlib.AbstractContextManager[str]":
    """The address of a server of the folder."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
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
    wide = browser.run("return document.documentElement.scrollWidth > window.innerWidth")
    if wide:
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
    with served(SITE) as root, browsers() as port:
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
