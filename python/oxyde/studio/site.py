"""What the pages share: the database, the tables, templates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from oxyde.db.address import hide_password
from oxyde.studio.related import references
from oxyde.studio.tables import Table, tables_of

if TYPE_CHECKING:
    from oxyde.db import AsyncDatabase
    from oxyde.studio.guard import Guard

__all__ = ["Refused", "Site"]

_DONE = {
    "inserted": "The row was inserted.",
    "saved": "The row was saved.",
    "deleted": "The row was deleted.",
}
_DIALECTS = {
    "postgres": "PostgreSQL",
    "sqlite": "SQLite",
    "mysql": "MySQL",
    "mariadb": "MariaDB",
}
# A form of more bytes, or of more inputs, is refused.
_LARGEST_FORM = 16 * 1024 * 1024
_MOST_INPUTS = 5_000


class Refused(Exception):
    """A request that has no answer.

    Attributes:
        message: why.
        status: the HTTP status.
    """

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.message = message
        self.status = status


class Site:
    """The studio of one database.

    Attributes:
        database: the database.
        tables: its tables by name.
        references: the foreign keys between them.
        write: whether rows can be changed.
        guard: knows the token of forms.
    """

    guard: Guard

    def __init__(
        self, database: AsyncDatabase, models: Iterable[type[Any]] | None, *, write: bool
    ) -> None:
        self.database = database
        self.tables = tables_of(models)
        self.references = references(self.tables)
        self.write = write
        self._templates = Environment(
            loader=PackageLoader("oxyde.studio"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def table(self, request: Request) -> Table:
        """The table of a request.

        Raises:
            Refused: there is no such table.
        """
        name: str = request.path_params["table"]
        table = self.tables.get(name)
        if table is None:
            raise Refused(f"No model has the table `{name}`.", 404)
        return table

    def key(self, request: Request, table: Table) -> dict[str, object]:
        """The key of the row of a request.

        Raises:
            Refused: it is incomplete or wrong.
        """
        try:
            return table.key_from(request.query_params)
        except ValueError as error:
            raise Refused(f"{error}.", 404) from None

    async def form(self, request: Request) -> dict[str, str]:
        """What a form sent.

        Raises:
            Refused: another page sent it, or it is too large.
        """
        kind = request.headers.get("content-type", "").partition(";")[0]
        if kind != "application/x-www-form-urlencoded":
            raise Refused("The form has another type than the page's.", 415)
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > _LARGEST_FORM:
                raise Refused(f"The form is larger than {_LARGEST_FORM // 1024**2} MiB.", 413)
        try:
            pairs = parse_qsl(
                body.decode(), keep_blank_values=True, max_num_fields=_MOST_INPUTS, errors="strict"
            )
        except ValueError as error:
            raise Refused(f"The form cannot be read: {error}.") from None
        sent = dict(pairs)
        if not self.guard.is_own_form(sent.pop("_form", "")):
            raise Refused("The form was not sent by this page. Open it again.", 403)
        return sent

    def page(
        self, request: Request, template: str, status: int = 200, **values: object
    ) -> HTMLResponse:
        """A page by its template."""
        known: Mapping[str, object] = {
            "site": self,
            "tables": self.tables,
            "current": None,
            "form_token": self.guard.form_token,
            "done": _DONE.get(request.query_params.get("_done", "")),
            "server": f"{_DIALECTS[self.database.backend]} {self.database.server_version}",
            "place": hide_password(self.database.url).partition("?")[0],
        }
        html = self._templates.get_template(template).render({**known, **values})
        return HTMLResponse(html, status)

    def error(self, request: Request, message: str, status: int) -> HTMLResponse:
        """The page of an error."""
        text, _, hint = message.partition("\nhint: ")
        current = self.tables.get(request.path_params.get("table", ""))
        return self.page(request, "error.html", status, message=text, hint=hint, current=current)

    def redirect(self, url: str, done: str | None = None) -> Response:
        """Go to another page, which may say what was done."""
        if done is not None:
            url = f"{url}{'&' if '?' in url else '?'}_done={done}"
        return RedirectResponse(url, 303)
