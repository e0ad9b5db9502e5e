"""FAQ, "Transactions": every snippet as it is written there."""

from types import SimpleNamespace

import pytest

from oxyde.db import transaction


async def test_use_transactions(tables: SimpleNamespace) -> None:
    User, Account = tables.User, tables.Account
    from oxyde.db import transaction

    async with transaction.atomic():
        user = await User.objects.create(name="Alice")
        await Account.objects.create(user_id=user.id, balance=0)

    assert await User.objects.count() == 1
    assert (await Account.objects.get(user_id=user.id)).balance == 0


async def test_rollback_on_exception(tables: SimpleNamespace) -> None:
    User = tables.User
    with pytest.raises(ValueError, match="Oops!"):
        async with transaction.atomic():
            await User.objects.create(name="Alice")
            raise ValueError("Oops!")  # Transaction rolled back

    assert await User.objects.count() == 0


async def test_savepoints(tables: SimpleNamespace) -> None:
    User = tables.User
    async with transaction.atomic():
        await User.objects.create(name="Alice")

        try:
            async with transaction.atomic():
                await User.objects.create(name="Bob")
                raise ValueError()  # Inner transaction rolled back
        except ValueError:
            pass  # Alice is still committed

        await User.objects.create(name="Charlie")

    assert [user.name for user in await User.objects.order_by("id").all()] == ["Alice", "Charlie"]


async def test_lock_rows(filled: SimpleNamespace) -> None:
    User = filled.User
    from oxyde import atomic

    async with atomic():
        user = await User.objects.filter(id=1).for_update().first()
        user.balance -= 100
        await user.save()

    assert (await User.objects.get(id=1)).balance == 900

    async with atomic():
        user = await User.objects.filter(id=1).for_share().first()
        assert user.balance == 900
