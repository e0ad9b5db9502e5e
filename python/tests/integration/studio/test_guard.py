"""Who gets an answer of the studio."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from support.pages import ROOT, TOKEN, Studio

from oxyde.db import AsyncDatabase
from oxyde.studio import create_app

pytestmark = pytest.mark.databases("sqlite")


@pytest.fixture
async def client(museum_rows: AsyncDatabase) -> AsyncIterator[httpx.AsyncClient]:
    """A stranger."""
    app = create_app(museum_rows, token=TOKEN, write=True)
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url=ROOT) as made:
        yield made


async def test_the_token_becomes_a_cookie(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"/?token={TOKEN}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert TOKEN not in cookie
    assert (await client.get("/")).status_code == 200


@pytest.mark.parametrize(
    "path", ["/", "/rows/museum_works", "/studio.css", "/?token=", "/?token=x"]
)
async def test_without_the_token_there_is_nothing(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 403
    assert "museum" not in answer.text


async def test_a_cookie_of_another_run(client: httpx.AsyncClient) -> None:
    answer = await client.get("/", headers={"cookie": "oxyde_studio_7430=" + "0" * 64})
    assert answer.status_code == 403
    answer = await client.get("/", headers={"cookie": "\x01=;;;"})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:7430", "127.0.0.1.evil.example", "192.168.1.7:7430", ""]
)
async def test_other_names_of_the_machine(client: httpx.AsyncClient, host: str) -> None:
    await client.get(f"/?token={TOKEN}")
    assert (await client.get("/", headers={"host": host})).status_code == 400


@pytest.mark.parametrize("host", ["localhost:7430", "127.0.0.1:7430", "[::1]:7430"])
async def test_names_of_this_machine(client: httpx.AsyncClient, host: str) -> None:
    answer = await client.get(f"/?token={TOKEN}", headers={"host": host})
    assert answer.status_code == 303


async def test_hosts_that_were_asked_for(museum_rows: AsyncDatabase) -> None:
    app = create_app(museum_rows, token=TOKEN, hosts=["studio.internal"], remote=True)
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url=ROOT) as made:
        for host, status in (
            ("studio.internal:80", 303),
            ("192.168.1.7:7430", 303),
            ("evil.example", 400),
        ):
            answer = await made.get(f"/?token={TOKEN}", headers={"host": host})
            assert answer.status_code == status, host


async def test_a_short_token(museum_rows: AsyncDatabase) -> None:
    with pytest.raises(ValueError, match="too short"):
        create_app(museum_rows, token="abc")


async def test_headers(studio: Studio) -> None:
    for path in ("/", "/rows/museum_works", "/studio.css", "/nothing"):
        headers = (await studio.client.get(path)).headers
        assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
        assert "script-src" not in headers["content-security-policy"]
        assert headers["x-frame-options"] == "DENY"
        assert headers["cache-control"] == "no-store"
    page = await studio.get("/rows/museum_works")
    assert "<script" not in page.html
    assert "http://" not in page.html.replace("http://www.w3.org/2000/svg", "")


async def test_forms_of_other_pages(writer: Studio) -> None:
    page = await writer.get("/new/museum_themes")
    form = {**page.form, "word": "stolen"}
    for headers in (
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
    ):
        answer = await writer.client.post("/new/museum_themes", data=form, headers=headers)
        assert answer.status_code == 403, headers
    forged = {**form, "_form": "0" * 64}
    assert (await writer.client.post("/new/museum_themes", data=forged)).status_code == 403
    form.pop("_form")
    assert (await writer.client.post("/new/museum_themes", data=form)).status_code == 403
    answer = await writer.client.post("/new/museum_themes", json={"word": "stolen"})
    assert answer.status_code == 415
    assert "stolen" not in (await writer.get("/rows/museum_themes")).text
    own = {**page.form, "word": "own"}
    headers = {"origin": ROOT, "sec-fetch-site": "same-origin"}
    answer = await writer.client.post("/new/museum_themes", data=own, headers=headers)
    assert answer.status_code == 303


@pytest.mark.parametrize(
    "path",
    ["/new/museum_themes", "/edit/museum_themes?id=1", "/delete/museum_themes?id=1"],
)
async def test_a_studio_that_only_reads(studio: Studio, path: str) -> None:
    assert "oxyde studio --write" in (await studio.get(path, status=403)).text
    answer = await studio.client.post(path, data={"word": "new"})
    assert answer.status_code == 403
    listed = await studio.get("/rows/museum_themes")
    assert "New row" not in listed.links
    assert "Edit" not in (await studio.get("/row/museum_themes", id="1")).links


async def test_methods(writer: Studio) -> None:
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS"):
        answer = await writer.client.request(method, "/rows/museum_works")
        assert answer.status_code in (403, 405)
