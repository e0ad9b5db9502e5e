"""`Index`, `Check`, `Unique` and `ForeignKey`, for `class Meta`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from oxyde._given import iterable_given
from oxyde.exceptions import FieldError
from oxyde.models.columns.field import action_of

__all__ = ["Check", "ForeignKey", "Index", "Unique"]


@dataclass(frozen=True, slots=True, init=False)
class Index:
    """An index of a table.

    ``Index("last_name", "first_name")``, ``Index("-created_at")`` (descending),
    ``Index("email", unique=True, condition="deleted_at IS NULL")``,
    ``Index("lower(email)", name="users_email_lower")``.

    Each part is the name of a field, or an SQL expression, which must contain a parenthesis or an
    operator. A foreign key is named as `author` or `author_id`.

    Attributes:
        fields: the parts in order.
        name: the index's name; made from table and columns by default.
        unique: whether duplicate values are rejected.
        method: "btree", "hash", "gin", "gist" …; the database's own when None. "fulltext" makes an
            index for full-text search on every database: GIN over `to_tsvector` on PostgreSQL, an
            FTS5 table kept by triggers on SQLite, FULLTEXT on MySQL and MariaDB.
        config: for "fulltext", PostgreSQL's text search configuration ("english" knows stems, on
            SQLite too; MySQL and MariaDB know none); "simple" by default.
        condition: SQL; only rows that satisfy it are indexed.
        include: non-key fields stored in the index.
        opclass: PostgreSQL's operator class of every part: which comparisons the index serves
            ("vector_cosine_ops" `CosineDistance`, "jsonb_path_ops", "gin_trgm_ops"); that of the
            type by default.
        options: PostgreSQL's options of the method, by name: ``{"m": 16, "ef_construction": 64}``
            for "hnsw", ``{"lists": 100}`` for "ivfflat". Those two are pgvector's methods, for
            vectors, and need an `opclass`.
    """

    fields: tuple[str, ...]
    name: str | None
    unique: bool
    method: str | None
    condition: str | None
    include: tuple[str, ...]
    config: str | None
    opclass: str | None
    options: tuple[tuple[str, str], ...]

    def __init__(
        self,
        *parts: str | Iterable[str],
        fields: Iterable[str] = (),
        name: str | None = None,
        unique: bool = False,
        method: str | None = None,
        condition: str | None = None,
        where: str | None = None,
        include: Iterable[str] = (),
        config: str | None = None,
        opclass: str | None = None,
        options: Mapping[str, str | int | float] | None = None,
    ) -> None:
        """Args: see the class; `fields` and `where` are synonyms for the parts and `condition`.

        Raises:
            FieldError: no part is given, both `condition` and `where` are, `config` is for an
                index that is not for full-text search, or an index of pgvector has no `opclass`.
        """
        flat: list[str] = []
        for part in parts:
            flat.extend([part] if isinstance(part, str) else iterable_given("an Index", part))
        flat.extend([fields] if isinstance(fields, str) else fields)
        if not flat:
            raise FieldError("an Index needs a field", hint='Index("last_name", "first_name")')
        if condition is not None and where is not None:
            raise FieldError("`condition` and `where` are the same: give one of them")
        if config is not None and method != "fulltext":
            raise FieldError("`config` is for full-text indexes", hint='method="fulltext"')
        if method in ("hnsw", "ivfflat") and opclass is None:
            raise FieldError(
                f"an index by {method} serves one kind of distance: say which",
                hint='opclass="vector_l2_ops" for L2Distance, "vector_cosine_ops" for '
                'CosineDistance, "vector_ip_ops" for InnerProduct, "vector_l1_ops" for L1Distance',
            )
        texts = {name: _option(value) for name, value in (options or {}).items()}
        object.__setattr__(self, "config", config)
        object.__setattr__(self, "opclass", opclass)
        object.__setattr__(self, "options", tuple(sorted(texts.items())))
        object.__setattr__(self, "fields", tuple(flat))
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "unique", unique)
        object.__setattr__(self, "method", method)
        object.__setattr__(self, "condition", condition if condition is not None else where)
        included = [include] if isinstance(include, str) else include
        object.__setattr__(self, "include", tuple(included))


def _option(value: str | int | float) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@dataclass(frozen=True, slots=True)
class Check:
    """An SQL condition over column names that every row must satisfy.

    ``Check("age >= 0")``, ``Check("starts_at < ends_at", name="event_order")``.

    Attributes:
        condition: the SQL.
        name: the constraint's name; made from the table's name by default.
    """

    condition: str
    name: str | None = None


@dataclass(frozen=True, slots=True, init=False)
class Unique:
    """Fields that are unique together, in `Meta.constraints`: `unique_together` with a name.

    ``Unique("first_name", "last_name", name="one_of_each_name")``.

    Attributes:
        fields: names of fields, or of foreign keys.
        name: the constraint's name; made from table and columns by default.
    """

    fields: tuple[str, ...]
    name: str | None

    def __init__(self, *fields: str, name: str | None = None) -> None:
        """Args: see the class.

        Raises:
            FieldError: no field is given, or one is not a string.
        """
        object.__setattr__(self, "fields", _names(fields, "Unique"))
        object.__setattr__(self, "name", name)


@dataclass(frozen=True, slots=True, init=False)
class ForeignKey:
    """A foreign key of several fields, or without an attribute, in `Meta.constraints`.

    ``ForeignKey(["country", "code"], "Region", ["country", "code"], on_delete="CASCADE")``.

    A foreign key of one field is better declared by its type: `author: User`.

    Attributes:
        fields: the fields here.
        target: the other model, or its name.
        target_fields: the fields there, which are unique together.
        on_delete: "CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT", "NO ACTION".
        on_update: likewise.
        name: the constraint's name; made from table and columns by default.
    """

    fields: tuple[str, ...]
    target: type[Any] | str
    target_fields: tuple[str, ...]
    on_delete: str
    on_update: str
    name: str | None

    def __init__(
        self,
        fields: Iterable[str],
        target: type[Any] | str,
        target_fields: Iterable[str],
        *,
        on_delete: str = "RESTRICT",
        on_update: str = "NO ACTION",
        name: str | None = None,
    ) -> None:
        """Args: see the class.

        Raises:
            FieldError: no fields, different numbers of them, or an unknown action.
        """
        object.__setattr__(self, "fields", _names(fields, "ForeignKey"))
        object.__setattr__(self, "target", target)
        object.__setattr__(self, "target_fields", _names(target_fields, "ForeignKey"))
        object.__setattr__(self, "on_delete", action_of("on_delete", on_delete))
        object.__setattr__(self, "on_update", action_of("on_update", on_update))
        object.__setattr__(self, "name", name)
        if len(self.fields) != len(self.target_fields):
            raise FieldError(
                f"ForeignKey: {len(self.fields)} fields cannot refer to {len(self.target_fields)}"
            )


def _names(fields: Iterable[str], what: str) -> tuple[str, ...]:
    names = (fields,) if isinstance(fields, str) else tuple(iterable_given(what, fields))
    if not names or not all(isinstance(name, str) for name in names):
        raise FieldError(f"{what} takes names of fields, not {names!r:.80}")
    return names
