"""The arguments of bulk_create(), grouped into rows with the same columns."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sized
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from oxyde._given import iterable_given
from oxyde.db.slices import BETWEEN, MANY, in_slices, sliced
from oxyde.exceptions import ManagerError
from oxyde.queries.names import Names
from oxyde.queries.writes.conflict import Conflict
from oxyde.queries.writes.default_keys import default_keys
from oxyde.queries.writes.insert import encoded
from oxyde.queries.writes.validation import build, check_values

if TYPE_CHECKING:
    from oxyde._core import Inserting, Rows
    from oxyde.db.executor import Executor

__all__ = ["Group", "check_homes", "grouped", "instances_of"]


class Group:
    """Rows with the same columns.

    Attributes:
        inserting: the bulk reader of the rows, if one was used.
        keys: the parts of the key in `columns`, by member, if they may have just been generated.
        filled: the fields that the database filled in, with their values by member; None if it does
            not return them.
        conflict: the handling of existing rows.
        told: whether each member's row is known.
        created: for an upsert, whether each member's row is new, if requested.
        alone: whether each row needs a statement of its own, since nothing else tells which
            returned row is whose.
        drawn: those of `columns` that the database has generated before.
    """

    __slots__ = (
        "alone",
        "columns",
        "conflict",
        "created",
        "drawn",
        "filled",
        "inserting",
        "keys",
        "members",
        "rows",
        "told",
    )

    def __init__(self, columns: tuple[str, ...], drawn: tuple[str, ...] = ()) -> None:
        self.columns = columns
        self.drawn = drawn
        self.conflict: Conflict | None = None
        self.told = True
        self.members: list[Any] = []
        self.rows: Rows | list[list[Any]] = []
        self.inserting: Inserting | None = None
        self.keys: list[tuple[Any, ...]] = []
        self.filled: tuple[tuple[str, ...], list[Any]] | None = None
        self.created: list[bool] | None = None
        self.alone = False

    def part(self, chosen: list[int]) -> Group:
        """A subset of its members."""
        part = Group(self.columns, self.drawn)
        part.members = [self.members[at] for at in chosen]
        part.conflict, part.told, part.inserting = self.conflict, self.told, self.inserting
        part.alone = self.alone
        if self.keys:
            part.keys = [self.keys[at] for at in chosen]
        if isinstance(self.rows, list):
            part.rows = [self.rows[at] for at in chosen]
        else:
            part.rows = self.rows.part(chosen)
        return part

    async def key_of_each(self, names: Names, key: tuple[str, ...]) -> list[tuple[Any, ...]]:
        """The values of a key that all members have, or just received."""
        return await in_slices(self._key_of_each(names, key), len(self.members))

    def _key_of_each(
        self, names: Names, key: tuple[str, ...]
    ) -> Generator[None, None, list[tuple[Any, ...]]]:
        made = [name for name in names.primary_key if name in self.columns]
        keys = []
        for at, member in enumerate(self.members):
            held = vars(member)
            if self.keys:
                held = {**held, **dict(zip(made, self.keys[at], strict=False))}
            keys.append(tuple([held[name] for name in key]))
            if at % BETWEEN == 0:
                yield
        return keys


async def instances_of(names: Names, items: Iterable[Any]) -> list[Any]:
    """An instance for each item, which is one or is a dict of its values."""
    items = iterable_given("bulk_create()", items)
    if isinstance(items, Sized):
        # Other tasks may change it meanwhile. An iterator may take time to compute its items.
        items = list(items)
        return await in_slices(_made(names, items), len(items))
    return await in_slices(_made(names, items), MANY)


def _made(names: Names, items: Iterable[Any]) -> Generator[None, None, list[Any]]:
    model, columns = names.model, names.columns
    validate = model.__pydantic_validator__.validate_python
    made: list[Any] = []
    item: Any = None
    try:
        for at, item in enumerate(items):
            if isinstance(item, model):
                made.append(item)
            elif not isinstance(item, dict):
                raise ManagerError(
                    f"bulk_create() takes instances of {names.label} and dicts, "
                    f"not {type(item).__name__}",
                    model=model,
                )
            elif item.keys() <= columns:
                # Skips resolving names, which costs as much as the validation itself.
                made.append(validate(item, by_alias=True, by_name=True))
            else:
                made.append(build(model, item, names))
            if at % BETWEEN == 0:
                yield
    except ValidationError:
        if isinstance(item, dict):
            check_values(names, item)
        raise
    return made


async def check_homes(names: Names, instances: list[Any], executor: Executor) -> None:
    """Refuse instances that refer to rows of another database."""
    labels = {
        name: f"{names.label}.{name}"
        for name, relation in names.meta.relations.items()
        if relation.column is not None
    }

    def check() -> Generator[None, None, None]:
        for at, instance in enumerate(instances):
            held = instance.__dict__
            for name, label in labels.items():
                other = held.get(name)
                if other is not None:
                    other._oxyde_check_home(label, executor)
            if at % BETWEEN == 0:
                yield

    if labels:
        await in_slices(check(), len(instances))


async def grouped(names: Names, instances: list[Any], executor: Executor) -> list[Group]:
    """Group the instances by the columns that they set, with their values."""
    features = executor.features
    whole = await _alike(names, instances, executor)
    if whole is not None:
        return [whole]
    given = await in_slices(_values(instances, executor), len(instances))
    drawn: list[tuple[str, ...]] | None = None
    if not features.ordered_returning:
        drawn = await _fill_keys(names, given, executor)
    groups = await in_slices(_by_columns(names, instances, given, drawn), len(instances))
    if not features.ordered_returning and features.insert_returning:
        for group in groups:
            group.alone = any(name not in group.columns for name in names.primary_key)
    return groups


def _values(
    instances: list[Any], executor: Executor
) -> Generator[None, None, list[dict[str, Any]]]:
    given = []
    for at, instance in enumerate(instances):
        given.append(instance._oxyde_insert_values(executor))
        if at % BETWEEN == 0:
            yield
    return given


def _by_columns(
    names: Names,
    instances: list[Any],
    given: list[dict[str, Any]],
    drawn: list[tuple[str, ...]] | None,
) -> Generator[None, None, list[Group]]:
    fields = names.meta.field_metadata
    groups: dict[tuple[tuple[str, ...], tuple[str, ...]], tuple[Group, list[list[Any]]]] = {}
    encoders = {name: field for name, field in fields.items() if field.encode is not None}
    for at, (instance, values) in enumerate(zip(instances, given, strict=True)):
        kind = (tuple(values), () if drawn is None else drawn[at])
        found = groups.get(kind)
        if found is None:
            found = groups[kind] = (Group(*kind), [])
        group, rows = found
        group.members.append(instance)
        group.keys.append(tuple([values[name] for name in names.primary_key if name in values]))
        if encoders:
            rows.append(
                [
                    encoded(encoders[name], value) if name in encoders else value
                    for name, value in values.items()
                ]
            )
        else:
            rows.append(list(values.values()))
        if at % BETWEEN == 0:
            yield
    for group, rows in groups.values():
        group.rows = rows
    return [group for group, _ in groups.values()]


async def _fill_keys(
    names: Names, given: list[dict[str, Any]], executor: Executor
) -> list[tuple[str, ...]] | None:
    """Add the keys that the database would generate, if they can be known before; return their
    fields for each row, or None if none has any."""
    lacking = await in_slices(_without_key(names, given), len(given))
    drawn: list[tuple[str, ...]] = [()] * len(given)
    for left, rows in lacking.items():
        made = await default_keys(names, left, len(rows), executor)
        if made:
            await in_slices(_with_keys(given, drawn, rows, made), len(rows))
    return drawn if lacking else None


def _without_key(
    names: Names, given: list[dict[str, Any]]
) -> Generator[None, None, dict[tuple[str, ...], list[int]]]:
    """The rows without a part of their key, by the fields that they lack."""
    lacking: dict[tuple[str, ...], list[int]] = {}
    for at, values in enumerate(given):
        left = tuple([name for name in names.primary_key if name not in values])
        if left:
            lacking.setdefault(left, []).append(at)
        if at % BETWEEN == 0:
            yield
    return lacking


def _with_keys(
    given: list[dict[str, Any]],
    drawn: list[tuple[str, ...]],
    rows: list[int],
    made: dict[str, list[Any]],
) -> Generator[None, None, None]:
    """Add the keys that were made for these rows, and record their fields."""
    for number, at in enumerate(rows):
        known = {name: keys[number] for name, keys in made.items() if keys[number] is not None}
        given[at].update(known)
        drawn[at] = tuple(known)
        if number % BETWEEN == 0:
            yield


async def _alike(names: Names, instances: list[Any], executor: Executor) -> Group | None:
    """All instances as one group, if Rust can read them in bulk."""
    columns = tuple(instances[0]._oxyde_insert_values(executor))
    features = executor.features
    if not features.ordered_returning and any(
        name not in columns
        and (features.insert_returning or not names.meta.field_metadata[name].auto_increment)
        for name in names.primary_key
    ):
        return None
    if columns not in names.inserting:
        names.inserting[columns] = names.model._oxyde_inserting(columns)
    inserting = names.inserting[columns]
    if inserting is None:
        return None
    rows = await sliced(inserting.rows(instances), len(instances))
    if rows is None:
        return None
    group = Group(columns)
    group.members, group.rows, group.inserting = instances, rows, inserting
    return group
