"""What arrives over time, without an event loop: long answers, events, notifications."""

from __future__ import annotations

import threading
import time

import pytest

from oxyde import AsyncDatabase, Field, Model, sync


class Drop(Model):
    class Meta:
        is_table = True
        table_name = "sync_drop"

    id: int | None = Field(default=None, db_pk=True)
    text: str


drops = sync.objects(Drop)


def test_long_answers_of_several_threads(opened: AsyncDatabase) -> None:
    sync.create_tables(models=[Drop])
    drops.bulk_create([Drop(text=f"drop {n}") for n in range(20_000)])
    counts: list[int] = []

    def read() -> None:
        rows = drops.order_by("id").all()
        assert rows[0].text == "drop 0"
        assert rows[-1].text == "drop 19999"
        counts.append(len(rows))

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    read()
    for thread in threads:
        thread.join()
    assert counts == [20_000] * 5
    assert sum(1 for _ in drops.iterate(chunk_size=3000)) == 20_000
    with sync.atomic():
        iteration = drops.order_by("id").iterate(chunk_size=9000)
        assert next(iteration).text == "drop 0"
        assert drops.count() == 20_000
        assert sum(1 for _ in iteration) == 19_999


def test_rows_that_their_model_refuses(opened: AsyncDatabase) -> None:
    sync.create_tables(models=[Drop])
    drops.bulk_create([Drop(text=f"drop {n}") for n in range(3000)])
    assert drops.values_list("text", flat=True).all()[2999] == "drop 2999"
    assert len(drops.skip_invalid().all()) == 3000


def test_events_are_read_in_a_thread(url: str) -> None:
    kinds: list[str] = []
    with sync.db.on_event(lambda event: kinds.append(event.kind)), sync.db.connect(url):
        sync.execute_raw("SELECT 1")
        deadline = time.monotonic() + 5
        while not kinds and time.monotonic() < deadline:
            time.sleep(0.01)
    assert kinds
    assert not any(thread.name == "oxyde-events" for thread in threading.enumerate())


@pytest.mark.databases("postgres")
def test_notifications(opened: AsyncDatabase) -> None:
    heard: list[str] = []
    with sync.db.listen("sync_news") as notes:

        def tell() -> None:
            sync.db.notify("sync_news", "one")
            with sync.atomic():
                sync.db.notify("sync_news", "two")

        teller = threading.Thread(target=tell)
        teller.start()
        for note in notes:
            assert isinstance(note, sync.db.Notification)
            heard.append(note.payload)
            if len(heard) == 2:
                break
        teller.join()
    assert heard == ["one", "two"]
    assert list(notes) == []
