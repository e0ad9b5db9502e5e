"""Forms: new rows, changed rows, deleted rows."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal

from support.museum import Artist, Grade, Seat, Style, Theme, Work, written
from support.pages import Studio

from oxyde import execute_raw


async def test_a_new_row_with_every_kind_of_value(writer: Studio) -> None:
    page = await writer.get("/new/museum_works")
    sent = {
        "title": "Sea & <storm>",
        "text": "two\nlines",
        "height": "4",
        "price": "12.50",
        "weight": "0.5",
        "shown": "true",
        "style": "modern",
        "grade": "2",
        "state": "lent",
        "made": "1999-12-31",
        "seen": "2026-01-31T14:30",
        "opens": "09:15",
        "code": "00000000-0000-0000-0000-00000000002a",
        "image": "00ff 10",
        "facts": '{"a": [1, 2]}',
        "sizes": "[3, 4]",
        "artist_id": "1",
    }
    done = await writer.send(page, sent)
    assert "The row was inserted." in done.text
    work = await Work.objects.get(title="Sea & <storm>")
    assert done.path == f"/row/museum_works?id={work.id}&_done=inserted"
    assert work.model_dump(exclude={"id", "artist", "themes"}) == {
        "title": "Sea & <storm>",
        "text": "two\nlines",
        "height": 4,
        "price": Decimal("12.50"),
        "weight": 0.5,
        "shown": True,
        "style": Style.MODERN,
        "grade": Grade.HIGH,
        "state": "lent",
        "made": dt.date(1999, 12, 31),
        "seen": dt.datetime(2026, 1, 31, 14, 30),
        "opens": dt.time(9, 15),
        "code": uuid.UUID(int=42),
        "image": b"\x00\xff\x10",
        "facts": {"a": [1, 2]},
        "sizes": [3, 4],
        "artist_id": 1,
    }


async def test_what_stays_empty_is_filled_in(writer: Studio) -> None:
    page = await writer.get("/new/museum_works")
    assert page.form["height"] == "1"
    await writer.send(page, {"title": "Plain"})
    work = await Work.objects.get(title="Plain")
    assert work == Work(id=work.id, title="Plain", themes=[])


async def test_errors_stand_beside_the_fields_and_nothing_is_lost(writer: Studio) -> None:
    page = await writer.get("/new/museum_works")
    wrong = {
        "title": "x" * 81,
        "height": "0",
        "price": "1.234",
        "made": "31.1.2026",
        "facts": "{",
        "image": "0f0",
        "code": "seven",
        "text": "typed <text>",
    }
    once = await writer.send(page, wrong, status=422)
    assert set(once.errors) == {"made", "facts", "image", "code"}
    assert "Not valid JSON" in once.errors["facts"]
    for name, text in wrong.items():
        assert once.form[name] == text
    repaired = {"made": "", "facts": "{}", "image": "", "code": str(uuid.UUID(int=1))}
    twice = await writer.send(once, repaired, status=422)
    assert set(twice.errors) == {"title", "height", "price"}
    assert "at most 80 characters" in twice.errors["title"]
    assert "greater than or equal to 1" in twice.errors["height"]
    assert twice.form["text"] == "typed <text>"
    assert await Work.objects.count() == 120


async def test_limits_of_the_column(writer: Studio) -> None:
    page = await writer.get("/new/museum_works")
    sent = await writer.send(page, {"title": "Huge", "height": str(2**70)}, status=422)
    assert "height" in sent.errors


async def test_what_the_database_refuses(writer: Studio) -> None:
    page = await writer.get("/new/museum_artists")
    taken = {"name": "Twin", "email": "1@example.org", "email.null": None}
    sent = await writer.send(page, taken, status=422)
    assert "email" in sent.errors or "email" in sent.text
    assert sent.form["name"] == "Twin"
    page = await writer.get("/new/museum_works")
    sent = await writer.send(page, {"title": "Orphan", "artist_id": "99"}, status=422)
    assert "artist_id" in sent.errors or "foreign key" in sent.text.lower()


async def test_null_and_empty_strings(writer: Studio) -> None:
    page = await writer.get("/edit/museum_seats", hall="a/b", number="1")
    assert page.form["note.null"] == "on"
    await writer.send(page, {"note": "", "note.null": None})
    assert (await Seat.objects.get(hall="a/b", number=1)).note == ""
    page = await writer.get("/edit/museum_seats", hall="a/b", number="1")
    assert "note.null" not in page.form
    await writer.send(page, {"note.null": "on"})
    assert (await Seat.objects.get(hall="a/b", number=1)).note is None


async def test_a_changed_row(writer: Studio) -> None:
    work = await Work.objects.get(title="Work <b>9</b>")
    page = await writer.get("/edit/museum_works", id=str(work.id))
    assert page.form["seen"] == "2026-01-10T12:30:00"
    done = await writer.send(page, {"title": "Nine", "price": "", "artist_id": ""})
    assert "The row was saved." in done.text
    after = await Work.objects.get(id=work.id)
    assert after == work.model_copy(update={"title": "Nine", "price": None, "artist_id": None})
    unchanged = await writer.send(await writer.get("/edit/museum_works", id=str(work.id)), {})
    assert unchanged.status == 200
    assert await Work.objects.get(id=work.id) == after


async def test_a_row_that_others_changed_meanwhile(writer: Studio) -> None:
    page = await writer.get("/edit/museum_themes", id="1")
    await Theme.objects.filter(id=1).update(word="changed by others")
    sent = await writer.send(page, {"word": "mine"}, status=422)
    assert "changed by others since the form was opened" in sent.text
    assert sent.form["word"] == "mine"
    assert (await Theme.objects.get(id=1)).word == "changed by others"
    await writer.send(sent, {})
    assert (await Theme.objects.get(id=1)).word == "mine"


async def test_hooks_run_and_only_changes_are_written(writer: Studio) -> None:
    written.clear()
    page = await writer.get("/edit/museum_themes", id="1")
    await writer.send(page, {})
    assert written == []
    await writer.send(page, {"word": "storm"})
    assert written == [{"word"}]
    failed = await writer.send(page, {"word": "forbidden", "_version": ""}, status=422)
    failed = await writer.send(failed, {}, status=500)
    assert "PermissionError: this word is <forbidden>" in failed.text
    assert (await Theme.objects.get(id=1)).word == "storm"


async def test_a_row_that_is_gone(writer: Studio) -> None:
    page = await writer.get("/edit/museum_seats", hall="a/b", number="1")
    await Seat.objects.filter(hall="a/b", number=1).delete()
    await writer.send(page, {"note": "late"}, status=404)


async def test_secrets_stay_unless_they_are_typed(writer: Studio) -> None:
    page = await writer.get("/edit/museum_artists", id="1")
    assert page.form["password"] == ""
    await writer.send(page, {"name": "Renamed"})
    artist = await Artist.objects.get(id=1)
    assert (artist.name, artist.password.get_secret_value()) == ("Renamed", "a first secret")
    page = await writer.get("/edit/museum_artists", id="1")
    done = await writer.send(page, {"password": "a second secret"})
    assert "a second secret" not in done.html
    artist = await Artist.objects.get(id=1)
    assert artist.password.get_secret_value() == "a second secret"
    page = await writer.get("/edit/museum_artists", id="1")
    sent = await writer.send(page, {"password": "third", "name": ""}, status=422)
    assert "third" not in sent.html


async def test_a_row_that_its_model_refuses_is_repaired(writer: Studio) -> None:
    await execute_raw("UPDATE museum_works SET height = -5 WHERE id = 1")
    page = await writer.get("/edit/museum_works", id="1")
    sent = await writer.send(page, {"title": "Repaired"}, status=422)
    assert "height" in sent.errors
    await writer.send(sent, {"height": "5"})
    assert (await Work.objects.get(id=1)).title == "Repaired"


async def test_delete(writer: Studio) -> None:
    page = await writer.get("/delete/museum_artists", id="2")
    assert "museum_works · artist_id 24 RESTRICT" in page.text
    refused = await writer.send(page, {}, status=409)
    assert "foreign key" in refused.text.lower()
    assert await Artist.objects.filter(id=2).count() == 1
    page = await writer.get("/delete/museum_seats", hall="c & d", number="3")
    done = await writer.send(page, {})
    assert "The row was deleted." in done.text
    assert await Seat.objects.count() == 5
    assert await Seat.objects.filter(hall="c & d", number=3).count() == 0


async def test_what_cannot_be_changed(writer: Studio) -> None:
    await writer.get("/new/museum_visits", status=403)
    await writer.get("/edit/museum_visits", status=403)
