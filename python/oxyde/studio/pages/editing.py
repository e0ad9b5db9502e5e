"""The forms: a new row, a changed one, and the question before one is deleted."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from oxyde import atomic
from oxyde.exceptions import OxydeError
from oxyde.models.manager import manager_of
from oxyde.studio import writing
from oxyde.studio.forms import Form
from oxyde.studio.pages.single import row_of, title_of
from oxyde.studio.related import Related, incoming, name_of
from oxyde.studio.site import Refused, Site
from oxyde.studio.tables import Table

__all__ = ["delete", "edit", "new"]

# Up to so many rows, a foreign key is chosen from a list.
_CHOICES = 200


async def new(site: Site, request: Request) -> Response:
    """Insert a row."""
    table = _writable(site, request)
    form = Form(table)
    if request.method == "POST":
        values = form.read(await site.form(request))
        made = await writing.insert(site.database, form, values) if form.valid else None
        if made is not None:
            url = table.row_url("row", writing.values_of(table, made)) or table.url("rows")
            return site.redirect(url, done="inserted")
    else:
        for name in form.inputs.keys() & request.query_params.keys():
            form.inputs[name].text = request.query_params[name]
    return await _form_page(site, request, table, form, "New row", table.url("rows"))


async def edit(site: Site, request: Request) -> Response:
    """Change a row."""
    table = _writable(site, request)
    key = site.key(request, table)
    row = await row_of(site, table, key)
    form = Form(table, row)
    back = table.row_url("row", row) or table.url("rows")
    if request.method == "POST":
        sent = await site.form(request)
        values = form.read(sent)
        version = sent.get("_version", "")
        if form.valid and await writing.change(site.database, form, key, values, version):
            return site.redirect(back, done="saved")
    return await _form_page(site, request, table, form, title_of(table, row), back)


async def delete(site: Site, request: Request) -> Response:
    """Delete a row, after a question."""
    table = _writable(site, request)
    key = site.key(request, table)
    row = await row_of(site, table, key)
    error = None
    if request.method == "POST":
        await site.form(request)
        try:
            await writing.delete(site.database, table, key)
        except OxydeError as refused:
            error = str(refused)
        else:
            return site.redirect(table.url("rows"), done="deleted")
    keys = [each for each in site.references if each.target is table]
    around: list[tuple[Related, str]] = []
    for each in keys:
        found = await incoming(site.database, [each], table, row)
        around.extend((rows, each.on_delete) for rows in found)
    values = {
        "current": table,
        "title": title_of(table, row),
        "around": around,
        "error": error,
        "back": table.row_url("row", row),
    }
    return site.page(request, "delete.html", 409 if error else 200, **values)


def _writable(site: Site, request: Request) -> Table:
    table = site.table(request)
    if not site.write:
        raise Refused("The studio only reads. Start it with `oxyde studio --write`.", 403)
    if not table.writable:
        raise Refused(
            f"Rows of {table.name} cannot be changed: it is read-only or has no key.", 403
        )
    return table


async def _form_page(
    site: Site, request: Request, table: Table, form: Form, title: str, back: str
) -> Response:
    choices = {
        reference.fields[0]: found
        for reference in site.references
        if reference.source is table and len(reference.fields) == 1
        if (found := await _rows_to_choose(site, reference.target, reference.target_fields[0]))
    }
    values = {
        "current": table,
        "title": title,
        "form": form,
        "choices": choices,
        "back": back,
        "lists": {
            reference.fields[0]: reference.target.url("rows")
            for reference in site.references
            if reference.source is table and len(reference.fields) == 1
        },
    }
    return site.page(request, "form.html", 200 if form.valid else 422, **values)


async def _rows_to_choose(site: Site, target: Table, field: str) -> list[tuple[str, str]]:
    """The values that a foreign key may have and what their rows are called; empty if there are
    too many to choose from."""
    names = list(dict.fromkeys([field, *target.key, *target.summary]))
    if any(target.columns[name].secret for name in names):
        return []
    order = target.label or field
    try:
        async with atomic(client=site.database, read_only=True) as block:
            query = manager_of(target.model).order_by(order).limit(_CHOICES + 1)
            rows = await query.values(*names).client(block).all()
    except OxydeError:
        return []
    if len(rows) > _CHOICES:
        return []
    return [(target.columns[field].text(row[field]), name_of(target, row)) for row in rows]
