"""The page of a row."""

from __future__ import annotations

from support.museum import Theme, Work
from support.pages import Studio


async def test_values_and_relations(studio: Studio) -> None:
    work = await Work.objects.get(title="Work <b>1</b>")
    page = await studio.get("/row/museum_works", id=str(work.id))
    assert "Work <b>1</b>" in page.text
    assert ("seen from afar " * 20).strip() in page.text
    assert '"number": 1' in page.text
    assert "2 B · 00ff" in page.text
    assert page.links["2"] == "/row/museum_artists?id=2"
    assert page.links["1 · sea"] == "/row/museum_themes?id=1"
    assert page.links["themes · museum_themes"] == f"/rows/museum_works_themes?work_id={work.id}"


async def test_the_other_direction(studio: Studio) -> None:
    page = await studio.get("/row/museum_artists?id=2")
    assert "museum_works · artist_id 24" in page.text
    listed = await studio.get(page.links["museum_works · artist_id"])
    assert len(listed.rows) == 24
    theme = await Theme.objects.get(word="sea")
    page = await studio.get("/row/museum_themes", id=str(theme.id))
    assert "museum_works_themes · theme_id 1" in page.text


async def test_every_link_leads_somewhere(studio: Studio) -> None:
    for start in ("/", "/row/museum_works?id=1", "/rows/museum_works_themes", "/rows/museum_seats"):
        for link in set((await studio.get(start)).links.values()):
            await studio.get(link)


async def test_keys_of_two_columns(studio: Studio) -> None:
    page = await studio.get("/row/museum_seats", hall="a/b", number="2")
    assert "hall = a/b, number = 2" in page.text
    await studio.get("/row/museum_seats", hall="a/b", status=404)
    await studio.get("/row/museum_seats", hall="a/b", number="two", status=404)
    await studio.get("/row/museum_seats", hall="a/b", number="99", status=404)
    await studio.get("/row/museum_visits", day="2026-01-31", status=404)


async def test_secrets(studio: Studio) -> None:
    page = await studio.get("/row/museum_artists?id=1")
    assert "••••••••" in page.text
    assert "secret" not in page.html.partition("<main>")[2].replace('class="secret"', "")
    assert "password" not in page.text.partition("SQL and plan")[2]
