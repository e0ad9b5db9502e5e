"""A client of the studio: pages as text, links and forms, without a browser."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from html.parser import HTMLParser
from urllib.parse import urlencode

import httpx

from oxyde import Model
from oxyde.db import AsyncDatabase
from oxyde.studio import create_app

TOKEN = "a token of the tests, long enough"
ROOT = "http://127.0.0.1:7430"


class Page:
    """An answer of the studio."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self.status = answer.status_code
        self.html = answer.text
        self.path = answer.url.raw_path.decode()

    @property
    def text(self) -> str:
        """What a reader sees, without the navigation."""
        main = self.html.partition("<main>")[2]
        shown = re.sub(r"<(style|select|textarea)\b.*?</\1>", " ", main, flags=re.DOTALL)
        return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", shown))).strip()

    @property
    def links(self) -> dict[str, str]:
        """The links by their text."""
        found = re.findall(r'<a\b[^>]*href="([^"]*)"[^>]*>(.*?)</a>', self.html, re.DOTALL)
        return {
            re.sub(r"<[^>]+>|\s+", " ", html.unescape(text)).strip(): html.unescape(url)
            for url, text in found
        }

    @property
    def rows(self) -> list[list[str]]:
        """The cells of the list."""
        body = self.html.partition("<tbody>")[2].partition("</tbody>")[0]
        return [
            [
                re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", "", cell))).strip()
                for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)
            ]
            for row in re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
        ]

    @property
    def keys(self) -> list[str]:
        """The pages of the rows of the list."""
        return [html.unescape(url) for url in re.findall(r'href="(/row/[^"]*)" aria', self.html)]

    @property
    def form(self) -> dict[str, str]:
        """What the form would send as it is shown."""
        reader = _FormReader()
        reader.feed(self.html.partition('method="post"')[2])
        return reader.values

    @property
    def errors(self) -> dict[str, str]:
        """The errors beside the fields."""
        found = re.findall(
            r'<ul class="errors" id="field-(\w+)-errors">(.*?)</ul>', self.html, re.DOTALL
        )
        return {name: html.unescape(re.sub(r"<[^>]+>", " ", text)).strip() for name, text in found}


class _FormReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self._open: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag in ("select", "textarea"):
            self._open = name
            self.values[name] = ""
        elif tag == "option" and "selected" in given and self._open is not None:
            self.values[self._open] = given["value"]
        elif tag == "input" and name:
            if given.get("type") != "checkbox":
                self.values[name] = given.get("value", "")
            elif "checked" in given:
                self.values[name] = "on"

    def handle_data(self, data: str) -> None:
        if self._open is not None and self.lasttag == "textarea":
            # A browser drops the first line break.
            self.values[self._open] += data.removeprefix("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("select", "textarea"):
            self._open = None


class Studio:
    """The studio of a database, and its user who is logged in."""

    def __init__(
        self, database: AsyncDatabase, models: Iterable[type[Model]], *, write: bool = False
    ) -> None:
        app = create_app(database, token=TOKEN, models=models, write=write)
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)  # type: ignore[arg-type]
        self.client = httpx.AsyncClient(transport=transport, base_url=ROOT)

    async def log_in(self) -> Page:
        return await self.get(f"/?token={TOKEN}", status=200)

    async def get(self, path: str, *, status: int = 200, **filters: str) -> Page:
        """Follow a link; `filters` become its query string."""
        query = urlencode(filters)
        url = f"{path}{'?' if query else ''}{query}"
        page = Page(await self.client.get(url, follow_redirects=True))
        assert page.status == status, (url, page.status, page.text or page.html)
        return page

    async def send(
        self, page: Page, changes: Mapping[str, str | None], *, status: int = 200
    ) -> Page:
        """Send a page's form with changes; None unticks a box."""
        given = {**page.form, **changes}
        data = {name: value for name, value in given.items() if value is not None}
        answer = await self.client.post(page.path, data=data, follow_redirects=True)
        sent = Page(answer)
        assert sent.status == status, (sent.status, sent.text or sent.html)
        return sent
