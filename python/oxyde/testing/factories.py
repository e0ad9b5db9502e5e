"""`ModelFactory`: rows with made-up values, for tests. Needs polyfactory (`oxyde[testing]`)."""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from decimal import Decimal
from string import ascii_letters
from typing import TYPE_CHECKING, Any, Generic, TypeGuard, TypeVar, cast, get_args, get_origin

from oxyde.exceptions import OxydeError
from oxyde.hydration.range import Range
from oxyde.hydration.vector import Vector
from oxyde.models.manager import manager_of
from oxyde.models.model import Model
from oxyde.testing.unique_values import (
    forget_used,
    is_new_row,
    narrow_groups,
    next_number,
    unique_groups,
)

try:
    from polyfactory.exceptions import ParameterException
    from polyfactory.factories.base import BaseFactory
    from polyfactory.factories.pydantic_factory import ModelFactory as PydanticFactory
    from polyfactory.field_meta import FieldMeta as PolyField
except ImportError as error:
    raise ImportError(
        "factories need polyfactory: pip install 'oxyde[testing]'", name=error.name
    ) from error

if TYPE_CHECKING:
    from oxyde._meta import FieldMeta
    from oxyde.db.executor import Executor

__all__ = ["ModelFactory", "factory_of"]

T = TypeVar("T", bound=Model)
M = TypeVar("M", bound=Model)

# The length of texts, if their bounds allow it.
_LETTERS = 16
# How often values are made up until those of unique columns are new.
_ATTEMPTS = 200
# The models whose parents are being made, to find required foreign keys in a circle.
_making: ContextVar[tuple[type[Model], ...]] = ContextVar("oxyde_factories", default=())


class ModelFactory(PydanticFactory[T], Generic[T]):
    """Makes rows of a model: values that its fields and columns accept, new ones in unique columns,
    and a row for each required foreign key that is not given. Fields with a default keep it, and
    columns that the database fills in are left to it.

    ::

        class PostFactory(ModelFactory[Post]):
            title = "Hello"


        post = await PostFactory.create(author__name="Ann")

    It is a factory of polyfactory, with its declarations (`Use`, `PostGenerated`, `Ignore` …).
    """

    __is_base_factory__ = True
    __use_defaults__ = True
    __by_name__ = True
    __allow_none_optionals__ = False

    @classmethod
    async def create(
        cls, *, using: str | None = None, client: Executor | None = None, **values: Any
    ) -> T:
        """Insert a row, and those to which it must refer.

        Args:
            using: the database's name.
            client: a database or transaction, instead of a name.
            values: by field; `author=ann` or `author_id=1` for a foreign key, `author__name="Ann"`
                for a field of the row that is made for it.

        Returns:
            The instance, with what the database filled in.

        Raises:
            OxydeError: a unique column takes no further value, or required foreign keys refer to
                each other in a circle.
            pydantic.ValidationError: a given value is not valid.
            IntegrityError: the database refuses the row.
        """
        return await cls._create(values, {}, using, client)

    @classmethod
    async def create_batch(
        cls,
        size: int,
        *,
        share_parents: bool = False,
        using: str | None = None,
        client: Executor | None = None,
        **values: Any,
    ) -> list[T]:
        """Insert several rows.

        Args:
            size: how many.
            share_parents: whether they refer to the same rows, as far as that is unique for none.
            using: the database's name.
            client: a database or transaction, instead of a name.
            values: as of `create`.
        """
        shared: dict[str, Model] = {}
        rows = []
        for _ in range(size):
            if not share_parents:
                shared = {}
            rows.append(await cls._create(values, shared, using, client))
        return rows

    @classmethod
    def build(cls, factory_use_construct: bool = False, **values: Any) -> T:
        """Make an instance without a database. Rows to which it must refer are made, too, with
        made-up keys.

        Args:
            factory_use_construct: make it without validation.
            values: as of `create`.
        """
        given, nested = _split(cls.__model__, values)
        for name, parent in cls._parents(given, nested):
            with _making_parent(cls.__model__, asked=name in nested):
                row = parent._build_parent(nested.get(name, {}))
            given[name] = _reference(cls.__model__, name, row)
        built: T = super().build(factory_use_construct=factory_use_construct, **given)
        return built

    @classmethod
    def _build_parent(cls, values: Mapping[str, Any]) -> T:
        """An instance with a key, if the database would count it."""
        meta = cls.__model__._db_meta
        counted = [name for name in meta.primary_key if meta.field_metadata[name].auto_increment]
        keys = {name: next_number(cls.__model__, name) for name in counted}
        return cls.build(**{**keys, **values})

    @classmethod
    async def _create(
        cls,
        values: Mapping[str, Any],
        shared: dict[str, Model],
        using: str | None,
        client: Executor | None,
    ) -> T:
        given, nested = _split(cls.__model__, values)
        for name, parent in cls._parents(given, nested):
            row = shared.get(name)
            if row is None:
                with _making_parent(cls.__model__, asked=name in nested):
                    row = await parent.create(using=using, client=client, **nested.get(name, {}))
                if not _refers_alone(cls.__model__, name):
                    shared[name] = row
            given[name] = _reference(cls.__model__, name, row)
        for _ in range(_ATTEMPTS):
            instance = super().build(**given)
            if not await cls._is_taken(instance, given, using, client):
                created: T = await manager_of(cls.__model__).create(
                    instance=instance, using=using, client=client
                )
                return created
        names = ", ".join(" + ".join(group) for group in narrow_groups(cls.__model__))
        raise OxydeError(
            f"{cls.__name__} found no further new value for {cls.__model__.__name__}.{names}",
            hint="give the values, or declare on the factory how they are made: "
            "code = Use(next, codes)",
        )

    @classmethod
    async def _is_taken(
        cls, instance: T, given: Mapping[str, Any], using: str | None, client: Executor | None
    ) -> bool:
        """Whether another row has values that were made up for unique columns."""
        for group in narrow_groups(cls.__model__):
            values = {name: getattr(instance, name) for name in group}
            is_made_up = any(name not in given and not cls._refers(name) for name in group)
            if is_made_up and None not in values.values():
                query = manager_of(cls.__model__).filter(**values)
                if await query.exists(using=using, client=client):
                    return True
        return False

    @classmethod
    def _refers(cls, name: str) -> bool:
        """Whether the column is a foreign key."""
        return cls.__model__._db_meta.field_metadata[name].foreign_key is not None

    @classmethod
    def _parents(
        cls, given: Mapping[str, Any], nested: Mapping[str, Any]
    ) -> Iterator[tuple[str, type[ModelFactory[Any]]]]:
        """The foreign keys for which a row is to be made, and its factory."""
        for name, field in _references(cls.__model__).items():
            if name in given or field.name in given or cls._declares(field.name):
                continue
            declared = getattr(cls, name) if cls._declares(name) else None
            if isinstance(declared, type) and issubclass(declared, ModelFactory):
                yield name, declared
            elif declared is None and (name in nested or not field.nullable):
                assert field.foreign_key is not None
                yield name, factory_of(field.foreign_key.model)

    @classmethod
    def _declares(cls, name: str) -> bool:
        """Whether the class, or a base of it that is a factory of a model, says what to make."""
        own = cls.__mro__[: cls.__mro__.index(ModelFactory)]
        return any(name in vars(each) for each in own)

    # -- called by polyfactory -------------------------------------------------------------

    @classmethod
    def is_supported_type(cls, value: Any) -> TypeGuard[type[T]]:
        """Whether it is a model with a table; other models have polyfactory's own factories."""
        is_model = isinstance(value, type) and issubclass(value, Model)
        return is_model and bool(value.__oxyde_options__.is_table)

    @classmethod
    def get_model_fields(cls) -> list[PolyField]:
        """The fields that need a value."""
        fields = super().get_model_fields()
        filled = _filled(cls.__model__)
        return [each for each in fields if each.name not in filled or cls._declares(each.name)]

    @classmethod
    def should_use_default_value(cls, field_meta: PolyField) -> bool:
        """Whether the field keeps its default."""
        return not cls._declares(field_meta.name) and super().should_use_default_value(field_meta)

    @classmethod
    def get_provider_map(cls) -> dict[Any, Callable[[], Any]]:
        """What makes the values of a type."""
        providers = super().get_provider_map()
        # polyfactory's own make values that are no JSON, or have more digits than columns hold.
        ours: dict[Any, tuple[Callable[[], Any], Callable[[], Any]]] = {
            dict: (cls.__faker__.pydict, lambda: {cls.__faker__.pystr(): cls.__faker__.pyint()}),
            list: (cls.__faker__.pylist, lambda: [cls.__faker__.pyint()]),
            Decimal: (
                cls.__faker__.pydecimal,
                lambda: Decimal(cls.__random__.randrange(100_000)) / 100,
            ),
        }
        for kind, (theirs, own) in ours.items():
            if providers.get(kind) == theirs:  # the project has not added its own
                providers[kind] = own
        return providers

    @classmethod
    def get_field_value(
        cls,
        field_meta: PolyField,
        field_build_parameters: Any | None = None,
        build_context: Any = None,
    ) -> Any:
        """A value for a field."""
        model, name = cls.__model__, field_meta.name
        if get_origin(field_meta.annotation) is Range and field_meta.children is None:
            return Range(*sorted(_two(cls, get_args(field_meta.annotation)[0])))
        vector = _vector(model, name)
        if vector is not None:
            return [cls.__random__.uniform(-1, 1) for _ in range(vector.dimensions)]
        bounds = field_meta.constraints or {}
        if field_meta.annotation is str and bounds.keys() <= {"min_length", "max_length"}:
            # polyfactory's own may be empty, or too short to be unique.
            shortest, longest = bounds.get("min_length", 1), bounds.get("max_length", _LETTERS)
            letters = cls.__random__.choices(ascii_letters, k=max(shortest, min(longest, _LETTERS)))
            return "".join(letters)
        counted = field_meta.annotation is int and not field_meta.constraints
        if counted and (name,) in unique_groups(model):
            return next_number(model, name)
        return super().get_field_value(field_meta, field_build_parameters, build_context)

    @classmethod
    def get_constrained_field_value(cls, annotation: Any, *args: Any, **kwargs: Any) -> Any:
        """A value for a field with bounds. Types such as `EmailStr` have none in polyfactory; their
        values are short."""
        try:
            return super().get_constrained_field_value(annotation, *args, **kwargs)
        except ParameterException:
            provider = cls.get_provider_map().get(annotation)
            if provider is None:
                raise
            return provider()

    @classmethod
    def process_kwargs(cls, **kwargs: Any) -> dict[str, Any]:
        """The values of a row, new ones in unique columns."""
        made = frozenset(each.name for each in cls.get_model_fields()).difference(kwargs)
        for _ in range(_ATTEMPTS):
            values = super().process_kwargs(**kwargs)
            if is_new_row(cls.__model__, values, made.intersection(values)):
                return values
        # The rows that had them may be gone; `create` asks the database.
        forget_used(cls.__model__)
        return super().process_kwargs(**kwargs)


_factories: weakref.WeakKeyDictionary[type[Model], type[ModelFactory[Any]]] = (
    weakref.WeakKeyDictionary()
)


def factory_of(model: type[M], /, **declared: Any) -> type[ModelFactory[M]]:
    """The factory of a model: the one with `__set_as_default_factory_for_type__`, if there is one.

    Args:
        declared: what its fields get, as in the body of a class.
    """
    found = BaseFactory._factory_type_mapping.get(model) or _factories.get(model)
    if found is None:
        found = _factories[model] = ModelFactory.create_factory(model)  # type: ignore[assignment]
    if declared:
        found = found.create_factory(model, **declared)
    return cast("type[ModelFactory[M]]", found)


def _references(model: type[Model]) -> dict[str, FieldMeta]:
    """The foreign keys, by relation, or by field where there is none."""
    fields = model._db_meta.field_metadata.values()
    return {each.relation or each.name: each for each in fields if each.foreign_key is not None}


def _filled(model: type[Model]) -> set[str]:
    """The fields that the database, a row made before or a relation fills in."""
    meta = model._db_meta
    generated = {name for name, field in meta.field_metadata.items() if field.generated}
    keys = {field.name for field in _references(model).values()}
    return {*generated, *keys, *meta.relations}


def _split(
    model: type[Model], values: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Values of the row itself, and those of rows to which it refers."""
    references = _references(model)
    given: dict[str, Any] = {}
    nested: dict[str, dict[str, Any]] = {}
    for name, value in values.items():
        head, _, rest = name.partition("__")
        if rest and head in references:
            nested.setdefault(head, {})[rest] = value
        else:
            given[name] = value
    return given, nested


def _reference(model: type[Model], name: str, row: Model) -> Any:
    """What a foreign key gets: the row, or its key where the model has no relation."""
    field = _references(model)[name]
    if field.relation is not None or field.foreign_key is None:
        return row
    return getattr(row, field.foreign_key.target_field)


def _refers_alone(model: type[Model], name: str) -> bool:
    """Whether each row needs a row of its own to refer to."""
    return (_references(model)[name].name,) in unique_groups(model)


@contextlib.contextmanager
def _making_parent(model: type[Model], *, asked: bool) -> Iterator[None]:
    """Refuse required foreign keys that refer to each other in a circle.

    Args:
        asked: whether the caller gave values for the parent, and so says how deep it goes.
    """
    around = _making.get()
    if model in around and not asked:
        circle = " → ".join(each.__name__ for each in (*around[around.index(model) :], model))
        raise OxydeError(
            f"required foreign keys refer to each other in a circle: {circle}",
            hint="give one of the rows",
        )
    token = _making.set((*around, model))
    try:
        yield
    finally:
        _making.reset(token)


def _vector(model: type[Model], name: str) -> Vector | None:
    metadata = model.model_fields[name].metadata if name in model.model_fields else []
    return next((each for each in metadata if isinstance(each, Vector)), None)


def _two(factory: type[ModelFactory[Any]], kind: Any) -> list[Any]:
    """Two values for the bounds of a range."""
    provider = factory.get_provider_map()[kind]
    return [provider(), provider()]
