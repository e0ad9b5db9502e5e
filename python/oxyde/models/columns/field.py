"""`Field`: the arguments of Pydantic's `Field`, and the options of the column."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict, TypeVar, overload

from pydantic import Field as PydanticField
from pydantic.fields import FieldInfo
from typing_extensions import Unpack

from oxyde.exceptions import FieldError
from oxyde.hints import did_you_mean

if TYPE_CHECKING:
    import re
    from types import EllipsisType

    import annotated_types
    from pydantic import AliasChoices, AliasPath, Discriminator
    from pydantic.config import JsonDict

__all__ = ["ColumnOptions", "Field", "action_of", "column_options"]

T = TypeVar("T")

# Either spelling of two words; lower case is taken, too, but not typed.
Action: TypeAlias = Literal[
    "CASCADE",
    "SET NULL",
    "SET_NULL",
    "SET DEFAULT",
    "SET_DEFAULT",
    "RESTRICT",
    "NO ACTION",
    "NO_ACTION",
]
_ACTIONS = ("NO ACTION", "RESTRICT", "CASCADE", "SET NULL", "SET DEFAULT")


@dataclasses.dataclass(frozen=True, slots=True, repr=False)
class ColumnOptions:
    """The `db_…` arguments of one `Field`. It travels in the metadata of Pydantic's FieldInfo."""

    db_pk: bool = False
    db_auto_increment: bool | None = None
    db_index: bool | None = None
    db_index_name: str | None = None
    db_index_method: str | None = None
    db_unique: bool = False
    db_unique_name: str | None = None
    db_nullable: bool | None = None
    db_column: str | None = None
    db_type: str | None = None
    db_collation: str | None = None
    db_default: str | None = None
    db_generated: str | None = None
    db_stored: bool = True
    auto_now: bool = False
    auto_now_add: bool = False
    db_comment: str | None = None
    db_secret: bool = False
    db_fk: str | None = None
    db_fk_name: str | None = None
    db_on_delete: str | None = None
    db_on_update: str | None = None
    db_reverse_fk: str | None = None
    db_m2m: bool = False
    db_through: str | type[Any] | None = None

    @property
    def is_reverse(self) -> bool:
        """Whether the field is a relation without a column here."""
        return self.db_reverse_fk is not None or self.db_m2m

    def __repr__(self) -> str:
        given = (
            f"{option.name}={value!r}"
            for option in dataclasses.fields(self)
            if (value := getattr(self, option.name)) != option.default
        )
        return f"ColumnOptions({', '.join(given)})"

    def merged(self, other: ColumnOptions) -> ColumnOptions:
        """These options, with unset ones taken from `other`."""
        given = {
            option.name: value
            for option in dataclasses.fields(self)
            if (value := getattr(self, option.name)) != option.default
        }
        return dataclasses.replace(other, **given)


_OPTION_NAMES = tuple(option.name for option in dataclasses.fields(ColumnOptions))
_NO_OPTIONS = ColumnOptions()


class RelationArguments(TypedDict, total=False):
    """The keyword arguments of `Field` that relations without a column take, too."""

    alias: str | None
    alias_priority: int | None
    validation_alias: str | AliasPath | AliasChoices | None
    serialization_alias: str | None
    title: str | None
    field_title_generator: Callable[[str, FieldInfo], str] | None
    description: str | None
    examples: list[Any] | None
    exclude: bool | None
    exclude_if: Callable[[Any], bool] | None
    discriminator: str | Discriminator | None
    deprecated: str | bool | None
    json_schema_extra: JsonDict | Callable[[JsonDict], None] | None
    frozen: bool | None
    validate_default: bool | None
    repr: bool
    init_var: bool | None
    kw_only: bool | None
    pattern: str | re.Pattern[str] | None
    strict: bool | None
    coerce_numbers_to_str: bool | None
    gt: annotated_types.SupportsGt | None
    ge: annotated_types.SupportsGe | None
    lt: annotated_types.SupportsLt | None
    le: annotated_types.SupportsLe | None
    multiple_of: float | None
    allow_inf_nan: bool | None
    max_digits: int | None
    decimal_places: int | None
    min_length: int | None
    max_length: int | None
    union_mode: Literal["smart", "left_to_right"]
    fail_fast: bool | None
    db_pk: bool
    db_auto_increment: bool | None
    db_index: bool
    db_index_name: str | None
    db_index_method: str | None
    db_unique: bool
    db_unique_name: str | None
    db_nullable: bool | None
    db_column: str | None
    db_type: str | None
    db_collation: str | None
    db_default: str | None
    db_generated: str | None
    db_stored: bool
    db_comment: str | None
    db_secret: bool
    db_fk: str | None
    db_fk_name: str | None
    db_on_delete: Action | None
    db_on_update: Action | None
    db_through: str | type[Any] | None


class FieldArguments(RelationArguments, total=False):
    """The keyword arguments of `Field` besides `default` and `default_factory`."""

    init: bool | None
    auto_now: Literal[False]
    auto_now_add: Literal[False]
    db_reverse_fk: None
    db_m2m: Literal[False]


# Type checkers know from `init` that relations without a column are no arguments of a model, and
# that times which the database sets need not be given.
@overload
def Field(
    *,
    db_reverse_fk: str,
    default_factory: Callable[[], list[Any]] = ...,
    default: None = ...,
    init: Literal[False] = False,
    **arguments: Unpack[RelationArguments],
) -> Any: ...
@overload
def Field(
    *,
    db_m2m: Literal[True],
    default_factory: Callable[[], list[Any]] = ...,
    init: Literal[False] = False,
    **arguments: Unpack[RelationArguments],
) -> Any: ...
@overload
def Field(
    *, auto_now: Literal[True], init: Literal[False] = False, **arguments: Unpack[RelationArguments]
) -> Any: ...
@overload
def Field(
    *,
    auto_now_add: Literal[True],
    init: Literal[False] = False,
    **arguments: Unpack[RelationArguments],
) -> Any: ...
@overload
def Field(default: EllipsisType, **arguments: Unpack[FieldArguments]) -> Any: ...
@overload
def Field(default: T, **arguments: Unpack[FieldArguments]) -> T: ...
@overload
def Field(
    *,
    default_factory: Callable[[], T] | Callable[[dict[str, Any]], T],
    **arguments: Unpack[FieldArguments],
) -> T: ...
@overload
def Field(**arguments: Unpack[FieldArguments]) -> Any: ...
def Field(default: Any = ..., **arguments: Any) -> Any:
    """Describe a field and its column.

    Accepts every argument of `pydantic.Field`; also works inside `Annotated[…]`.

    Args:
        default: the default value.
        default_factory: returns the default value.
        db_pk: the field is the primary key, or part of it. A single `int` key auto-increments, and
            so does the `int` of several that takes None, which then has an index of its own.
        db_auto_increment: whether the database counts a key, if it differs from that.
        db_index: index the column. A foreign key has an index unless this is False, or a key,
            unique columns or an index of `Meta` begin with its column.
        db_index_name: name of that index; implies `db_index`.
        db_index_method: "btree", "hash", "gin", "gist" …; implies `db_index`.
        db_unique: add a unique constraint.
        db_unique_name: name of that constraint; implies `db_unique`.
        db_nullable: whether the column is nullable, to override the annotation.
        db_column: name of the column; the field's own name by default.
        db_type: the column's type in SQL ("TIMESTAMPTZ", "SMALLINT", "CHAR(2)"). For an Enum or
            Literal, a plain name is the name of the database's enum type.
        db_collation: the collation of a column of text: "de-x-icu" (PostgreSQL), "NOCASE" (SQLite),
            "utf8mb4_unicode_ci" (MySQL, MariaDB). It decides which strings are equal, and their
            order.
        db_default: default in SQL ("now()", "0", "'new'"). The field is optional then.
        db_generated: SQL over the other columns ("price * qty") from which the database computes
            the column. The field is optional then; it is read after each write, and never written.
        db_stored: whether the computed value is stored in the row (True), or computed when it is
            read, which PostgreSQL does not offer.
        auto_now: the field is set to the database's current time by each INSERT and UPDATE of its
            row, in bulk, too, unless the caller gives it a value. For `datetime`, `date`, `time`.
        auto_now_add: likewise, by the INSERT only.
        db_comment: comment on the column.
        db_secret: its values are not shown: not in logs of statements, and not in
            ``schema_for("public")``. A field of a secret type (`SecretStr`) always is.
        db_fk: the unique field that a foreign key refers to, instead of the primary key: "email";
            on a field whose type is not a model, "User.email".
        db_fk_name: name of the foreign key's constraint.
        db_on_delete: "CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT" (default), "NO ACTION".
        db_on_update: likewise; "NO ACTION" by default.
        db_reverse_fk: the field is the reverse side of this foreign key ("author").
        db_m2m: the field is a many-to-many relation.
        db_through: the model of the through table, or its name; created if omitted.

    Raises:
        FieldError: an unknown argument, or an invalid value.
    """
    options = {name: arguments.pop(name) for name in _OPTION_NAMES if name in arguments}
    for name in arguments:
        if name not in _KNOWN:
            raise FieldError(f"Field() has no argument `{name}`", hint=did_you_mean(name, _KNOWN))
    info: FieldInfo = (
        PydanticField(**arguments) if default is ... else PydanticField(default, **arguments)
    )
    if options:
        for action in ("db_on_delete", "db_on_update"):
            if options.get(action) is not None:
                options[action] = action_of(action, options[action])
        if options.get("db_index_name") or options.get("db_index_method"):
            options["db_index"] = True
        if options.get("db_unique_name"):
            options["db_unique"] = True
        info.metadata.append(ColumnOptions(**options))
    return info


_KNOWN = FieldArguments.__optional_keys__ | {"default_factory"}


def action_of(argument: str, value: object) -> str:
    """An action of a foreign key as SQL has it.

    Raises:
        FieldError: it is not one.
    """
    action = value.upper().replace("_", " ") if isinstance(value, str) else value
    if action not in _ACTIONS:
        raise FieldError(
            f"{argument} does not take {value!r}", hint=f"one of {', '.join(_ACTIONS)}"
        )
    return str(action)


def column_options(info: FieldInfo) -> ColumnOptions:
    """The `db_…` arguments of a field; if `Field` occurs twice, the last value wins."""
    options = _NO_OPTIONS
    for item in info.metadata:
        if isinstance(item, ColumnOptions):
            options = item.merged(options)
    return options
