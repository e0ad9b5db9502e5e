"""`db.detect_n_plus_one`, and `load()` for all rows of a result."""

from __future__ import annotations

import asyncio
import gc
import logging

import pytest
from support.correspondence import Account, Letter, Stamp

from oxyde import db, load
from oxyde.db import AsyncDatabase
from oxyde.exceptions import FieldError, NPlusOneError, OxydeError
from oxyde.observe import NPlusOneWarning, Statement


async def by_key() -> None:
    for letter in await Letter.objects.all():
        await Account.objects.get(id=letter.account_id)  # type: ignore[attr-defined]


async def by_reference() -> None:
    for account in (await Account.objects.all()) * 2:
        await Letter.objects.filter(account=account).all()


async def by_manager() -> None:
    for account in (await Account.objects.all()) * 2:
        await account.letters_set.all()


async def by_through_table() -> None:
    for letter in await Letter.objects.all():
        await letter.stamps_set.all()


@pytest.mark.parametrize(
    ("work", "model", "advice"),
    [
        (by_key, "Account", 'Letter.objects.join("account")'),
        (by_reference, "Letter", 'Account.objects.prefetch("letters")'),
        (by_manager, "Letter", 'Account.objects.prefetch("letters")'),
        (by_through_table, "Stamp", 'Letter.objects.prefetch("stamps")'),
    ],
)
async def test_the_loop_is_named(
    letters: AsyncDatabase, work: object, model: str, advice: str
) -> None:
    assert callable(work)
    with (
        db.detect_n_plus_one(action="raise"),
        pytest.raises(NPlusOneError) as caught,
    ):
        await work()
    text = str(caught.value)
    assert f"{__file__}:" in text
    assert f"({work.__name__})" in text
    assert f"a query of `{model}` 5 times" in text
    assert advice in text


async def test_a_warning_and_a_line_in_the_log(
    letters: AsyncDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    with db.detect_n_plus_one(threshold=3), pytest.warns(NPlusOneWarning, match="3 times"):
        await by_key()
    with db.detect_n_plus_one(action="log"):
        await by_key()
    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert 'join("account")' in record.getMessage()


async def test_tasks_of_a_block_count_together(letters: AsyncDatabase) -> None:
    with db.detect_n_plus_one(action="raise"), pytest.raises(NPlusOneError):
        await asyncio.gather(*[Account.objects.get(id=1) for _ in range(5)])


async def test_what_is_no_repetition(letters: AsyncDatabase) -> None:
    with db.detect_n_plus_one(action="raise"):
        for letter in await Letter.objects.join("account").prefetch("stamps"):
            assert letter.account.name
        for _ in range(4):
            await Account.objects.get(id=1)
        for _ in range(8):
            await Account.objects.filter(name="Ann").all()
        last = 0
        while found := await Letter.objects.filter(id__gt=last).order_by("id").limit(1):
            assert found[0].id is not None
            last = found[0].id
        for number in range(8):
            await Stamp.objects.create(name=f"stamp {number}")
    await by_key()


def test_refused() -> None:
    with pytest.raises(OxydeError, match="threshold is a whole number from 2 up"):
        db.detect_n_plus_one(threshold=1)
    with pytest.raises(OxydeError, match="action is"):
        db.detect_n_plus_one(action="stop")  # type: ignore[arg-type]


async def test_load_loads_for_all_rows_of_a_result(letters: AsyncDatabase) -> None:
    seen: list[Statement] = []
    found = await Letter.objects.order_by("id")
    with pytest.raises(FieldError, match=r"Letter.account was not loaded"):
        _ = found[0].account
    with pytest.raises(FieldError, match=r"await load\(row, \"account\"\)"):
        _ = found[0].account
    with db.on_query(seen.append):
        names = [(await load(letter, lambda x: x.account)).name for letter in found]
        stamps = [len(await load(letter, "stamps")) for letter in found]
    assert names == ["Ann"] * 3 + ["Bob"] * 3 + ["Cy"] * 3
    assert stamps == [2] * 9
    assert len(seen) == 2


async def test_load_for_joined_and_prefetched_rows(letters: AsyncDatabase) -> None:
    seen: list[Statement] = []
    joined = await Letter.objects.join("account").order_by("id")
    prefetched = await Account.objects.prefetch("letters").order_by("id")
    with db.on_query(seen.append):
        assert [len(await load(letter.account, "letters")) for letter in joined] == [3] * 9
        for account in prefetched:
            for letter in account.letters:
                assert len(await load(letter, "stamps")) == 2
    assert len(seen) == 2


async def test_load_forgets_rows_that_are_gone(letters: AsyncDatabase) -> None:
    found = await Letter.objects.order_by("id")
    kept = found[0]
    del found
    await asyncio.sleep(0)  # the loop still holds what it delivered last
    gc.collect()
    seen: list[Statement] = []
    with db.on_query(seen.append):
        assert (await load(kept, "account")).name == "Ann"
    assert seen[0].rows == 1


async def test_load_of_a_single_row(letters: AsyncDatabase) -> None:
    class Note(Letter):
        class Meta:
            is_table = True
            table_name = "mail_letter"
            shares_table = True

    note = await Note.objects.order_by("id").first()
    assert note is not None
    assert (await load(note, "account")).name == "Ann"
    assert (await load(note, "account")).name == "Ann"


async def test_load_refuses(letters: AsyncDatabase) -> None:
    letter = await Letter.objects.get(title="Ann 0")
    with pytest.raises(FieldError, match="takes a relation of `Letter`, not 'title'"):
        await load(letter, "title")
    with pytest.raises(FieldError, match="takes a relation"):
        await load(Stamp(name="new"), "name")
    with pytest.raises(FieldError, match="is new"):
        await load(Letter(title="new", account_id=1), "account")  # type: ignore[call-arg]
