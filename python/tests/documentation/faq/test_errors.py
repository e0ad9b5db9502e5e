"""FAQ, "Errors": every snippet as it is written there."""

from types import SimpleNamespace

import pytest

from oxyde.exceptions import MultipleObjectsReturned, UniqueViolationError


async def test_not_found(filled: SimpleNamespace, capsys: pytest.CaptureFixture[str]) -> None:
    User = filled.User
    from oxyde import NotFoundError

    try:
        user = await User.objects.get(id=999)
    except NotFoundError as error:
        print("User not found")
        assert error.model is User

    # Or use get_or_none
    user = await User.objects.get_or_none(id=999)

    assert user is None
    assert capsys.readouterr().out == "User not found\n"


async def test_multiple_objects(filled: SimpleNamespace) -> None:
    User = filled.User
    # Wrong - status is not unique
    with pytest.raises(MultipleObjectsReturned):
        user = await User.objects.get(status="active")

    # Correct - use unique field
    user = await User.objects.get(email="alice@example.com")
    assert user.name == "Alice"

    # Or use first() for non-unique queries
    user = await User.objects.filter(status="active").first()
    assert user.status == "active"


async def test_integrity_error(filled: SimpleNamespace, capsys: pytest.CaptureFixture[str]) -> None:
    User = filled.User
    from oxyde import IntegrityError

    await User.objects.create(name="First", email="duplicate@example.com")
    try:
        await User.objects.create(name="Second", email="duplicate@example.com")
    except IntegrityError as error:
        print("Email already exists")
        assert isinstance(error, UniqueViolationError)
        assert error.table == "user"
        assert "email" in error.columns or "email" in (error.constraint or "")
    assert capsys.readouterr().out == "Email already exists\n"

    # Better: use get_or_create
    user, created = await User.objects.get_or_create(
        email="alice@example.com", defaults={"name": "Alice"}
    )
    assert (user.name, created) == ("Alice", False)
    user, created = await User.objects.get_or_create(
        email="new@example.com", defaults={"name": "New"}
    )
    assert (user.name, created) == ("New", True)
