"""`Model`: a Pydantic model whose instances are rows."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import BaseModel, GetCoreSchemaHandler, PydanticSchemaGenerationError
from pydantic_core import CoreSchema
from typing_extensions import Self

from oxyde.hydration.state import (
    bind_slots,
    copy_state,
    late_fields_set,
    mark_changed,
    restore_state,
    state_of,
    touched,
)
from oxyde.models import registry
from oxyde.models.instances import (
    assignment,
    bulk_insert,
    identity,
    refresh,
    saving,
    undo,
    version,
)
from oxyde.models.manager import default_manager, unscoped_manager
from oxyde.models.metaclass import ModelMetaclass
from oxyde.models.relations.foreign_key import Link, prepare
from oxyde.models.relations.link_input import with_links
from oxyde.models.tables.options import MetaOptions

if TYPE_CHECKING:
    from oxyde._core import Inserting, Slices
    from oxyde._meta import ModelMeta
    from oxyde.db.executor import Executor
    from oxyde.db.journal import Journal
    from oxyde.queries.related_rows.manager import RelatedManager
    from oxyde.testing import ModelFactory

__all__ = ["Model"]

_REGISTER = "hint: oxyde.register_type(), before the model is defined, gives such a type a column"


class Model(BaseModel, metaclass=ModelMetaclass):
    """The base of all models.

    With `class Meta: is_table = True` it has a table and needs a primary key (unless its rows are
    only read: `read_only = True`)::

        class User(Model):
            class Meta:
                is_table = True

            id: int | None = Field(default=None, db_pk=True)
            name: str

    Without it, the model is an abstract base whose fields are inherited. All features of Pydantic
    work: validators, aliases, computed fields, private attributes, configuration.
    """

    __slots__ = ("_oxyde_state", "_oxyde_touched")

    # Without an annotation, so that type checkers take the one that a model declares.
    objects = default_manager()
    # All rows, where `objects` has those in the scope of the model.
    unscoped = unscoped_manager()

    if TYPE_CHECKING:
        _db_meta: ClassVar[ModelMeta]
        __oxyde_options__: ClassVar[MetaOptions]
        __oxyde_links__: ClassVar[dict[str, Link]]

        # At runtime `__getattr__` and `__setattr__` answer, so that a field may have the name.
        @property
        def pk(self) -> Any:
            """The value of the primary key; a tuple for a composite one."""

        @pk.setter
        def pk(self, value: Any) -> None: ...

    @classmethod
    def get_table_name(cls) -> str:
        """Name of the table, without its schema."""
        return registry.table_name(cls)

    @classmethod
    def schema_for(
        cls,
        purpose: Literal["create", "update", "public"],
        *,
        include: Iterable[str] | None = None,
        exclude: Iterable[str] = (),
        name: str | None = None,
    ) -> type[BaseModel]:
        """A plain Pydantic model with the fields of this one, for requests and responses: with
        their validators, constraints, aliases and descriptions, and foreign keys as their columns
        (``author_id``). The same arguments give the same class.

        - ``"create"``: what a new row takes. A key that the database counts is left out, and what
          it has a default for is optional: ``create(**data.model_dump(exclude_unset=True))``.
        - ``"update"``: all fields but the key, all optional; None only where the column takes it:
          ``update(**data.model_dump(exclude_unset=True))``.
        - ``"public"``: what may be shown: all but secrets (`SecretStr`, ``db_secret=True``) and
          fields with ``exclude=True``, and the computed fields; it reads instances.

        In the first two, values fit their columns: integers have the column's range, strings its
        length and no NUL, floats are finite, datetimes naive or aware. `schema_fields` does the
        same for a class that type checkers know.

        Args:
            purpose: what it is for.
            include: only these fields.
            exclude: all but these fields.
            name: its name, in OpenAPI too; ``PostCreate`` by default, with what `include` and
                `exclude` change.

        Raises:
            FieldError: an unknown name, a secret in `include`, or another schema has the name.
        """
        # Imported here so that defining models loads nothing that is only for requests.
        from oxyde.models.payloads.payload import payload

        return payload(cls, purpose, include, exclude, name)

    # -- rows ------------------------------------------------------------------------------

    async def save(
        self,
        *,
        update_fields: Iterable[str] | None = None,
        using: str | None = None,
        client: Executor | None = None,
    ) -> Self:
        """Write the instance to its table.

        It is inserted if its key is None, or came from a default and was never stored. Otherwise
        its row is updated: the columns that changed since it was loaded, or all if it was not
        loaded.

        Args:
            update_fields: write only these; foreign keys by either of their names.
            using: name of the database.
            client: a database or transaction, instead of a name.

        Returns:
            The instance, with what the database filled in.

        Raises:
            FieldError: a name in `update_fields` is not a column, or a relation without a column
                holds unsaved rows, which `row.tags_set` writes.
            ManagerError: the model is read-only.
            NotFoundError: there is no row with this key.
            StaleObjectError: others changed, or deleted, the row since it was read
                (`Meta.version`).
            IntegrityError: the database refuses the row.
            pydantic.ValidationError: an assigned value is not valid.
        """
        await saving.save(self, update_fields, using, client)
        return self

    async def delete(self, *, using: str | None = None, client: Executor | None = None) -> int:
        """Delete the row.

        Returns:
            The number of rows deleted: 1, or 0 if it was already gone.

        Raises:
            ManagerError: the instance has no key, or its model is read-only.
            StaleObjectError: others changed, or deleted, the row since it was read
                (`Meta.version`).
            ForeignKeyViolationError: other rows refer to it.
        """
        return await saving.delete_row(self, using, client)

    async def refresh(
        self,
        fields: Iterable[str] | None = None,
        *,
        using: str | None = None,
        client: Executor | None = None,
    ) -> Self:
        """Read the row again, and discard unsaved assignments.

        Args:
            fields: read only these; all when None.
            using: name of the database.
            client: a database or transaction, instead of a name.

        Raises:
            ManagerError: the instance, or its model, has no key.
            NotFoundError: the row is gone.
        """
        await refresh.refresh(self, fields, using, client)
        return self

    # -- tests -----------------------------------------------------------------------------

    @classmethod
    def factory(cls, **declared: Any) -> type[ModelFactory[Self]]:
        """A factory that makes rows with made-up values, for tests::

            post = await Post.factory().create(author__name="Ann")
            drafts = await Post.factory(is_draft=True).create_batch(5)

        Args:
            declared: what fields get: values, factories, or declarations of polyfactory.

        Raises:
            ImportError: polyfactory is not installed (``pip install 'oxyde[testing]'``).
        """
        # Imported here, since only tests need it, and it is an optional extra.
        from oxyde.testing.factories import factory_of

        return factory_of(cls, **declared)

    # -- hooks -----------------------------------------------------------------------------

    if TYPE_CHECKING:
        # Hooks are async or plain functions; `await super().pre_save(…)` calls this one.

        def pre_save(self, *, is_create: bool, update_fields: set[str] | None) -> Any:
            """Called before a row is written; changes made here are written too."""

        def post_save(self, *, is_create: bool, update_fields: set[str] | None) -> Any:
            """Called after a row was written."""

        def pre_delete(self) -> Any:
            """Called before the row is deleted."""

        def post_delete(self) -> Any:
            """Called after the row was deleted."""

    else:

        async def pre_save(self, *, is_create, update_fields):
            """Called before a row is written; changes made here are written too."""

        async def post_save(self, *, is_create, update_fields):
            """Called after a row was written."""

        async def pre_delete(self):
            """Called before the row is deleted."""

        async def post_delete(self):
            """Called after the row was deleted."""

    def _oxyde_related(self, name: str) -> RelatedManager[Any]:
        """The rows of a to-many relation, for `row.tags_set`."""
        # Imported here so that defining models loads no queries.
        from oxyde.queries.related_rows.manager import related

        return related(self, name)

    # -- called by queries ------------------------------------------------------------------

    async def _oxyde_insert(self, executor: Executor) -> None:
        """Insert the instance with its hooks, whatever its key is (`create`)."""
        await saving.insert(self, executor)

    def _oxyde_insert_values(self, executor: Executor) -> dict[str, Any]:
        """The validated column values of an INSERT, without those that the database fills in
        (`bulk_create`)."""
        return saving.insert_values(self, executor.journal)

    def _oxyde_check_links(self, executor: Executor) -> None:
        """Refuse to refer to rows of another database (`upsert`)."""
        saving.check_links(self, executor)

    def _oxyde_check_home(self, label: str, executor: Executor) -> None:
        """Refuse this row, called `label` in the error, if it is from another database."""
        saving.check_home(label, self, executor)

    @classmethod
    def _oxyde_tables(cls) -> Iterator[type[Any]]:
        """All models with a table, for the queries, which cannot import the registry."""
        return registry.iter_tables()

    @classmethod
    def _oxyde_key(cls) -> str:
        """The key in `registered_tables()`, for metadata, which cannot import the registry."""
        return registry.key_of(cls)

    @classmethod
    def _oxyde_inserting(cls, columns: tuple[str, ...]) -> Inserting | None:
        """How Rust reads rows from instances that set these columns (`bulk_create`); None if Python
        must read each instance."""
        return bulk_insert.inserting_of(cls._db_meta, columns)

    @classmethod
    def _oxyde_stored(
        cls,
        way: Inserting | None,
        instances: list[Any],
        executor: Executor,
        names: tuple[str, ...],
        rows: list[Any],
    ) -> list[Slices[None]]:
        """Mark instances as written, with the database's values for `names`."""
        return bulk_insert.all_stored(way, instances, executor, names, rows)

    @classmethod
    def _oxyde_written(
        cls, instances: list[Any], names: frozenset[str], executor: Executor
    ) -> None:
        """Mark these columns of instances as written (`bulk_update`)."""
        saving.written_together(cls._db_meta, instances, names, executor)

    @classmethod
    def _oxyde_versions_written(cls, instances: list[Any], executor: Executor) -> None:
        """Count the versions of instances (`bulk_update`)."""
        version.versions_written(cls._db_meta, instances, executor)

    def _oxyde_before_related(self, name: str, executor: Executor) -> None:
        """Save the rows of a to-many relation for a rollback, before they change."""
        if executor.journal is not None:
            executor.journal.add(undo.BeforeRelated(self, name))

    def _oxyde_follow(self, column: str, value: object, executor: Executor) -> None:
        """Update a column that another instance's manager wrote."""
        refresh.follow_column(self, column, value, executor)

    def _oxyde_upserted(self, executor: Executor, given: Collection[str]) -> None:
        """Mark the row as written with fields given by the caller (`upsert`)."""
        bulk_insert.upserted(self, executor, given)

    def _oxyde_seen_in(self, journal: Journal) -> None:
        """Record that the row, and those joined to it, were read in a block that had written."""
        assignment.note_source(self, journal)

    def _oxyde_from(self, database: str) -> None:
        """Record the database of a loaded row and of the rows joined to it. Not needed for the
        default database."""
        assignment.note_database(self, database)

    # -- Pydantic --------------------------------------------------------------------------

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[BaseModel], handler: GetCoreSchemaHandler, /
    ) -> CoreSchema:
        if cls.__pydantic_complete__:
            return handler(source)
        if not cls.__pydantic_fields_complete__:
            # Nested in another model: it must be completed separately to get its columns.
            cls.model_rebuild(_types_namespace=registry.namespace_of(cls))
            return handler(source)
        prepare(cls)
        try:
            schema = handler(source)
        except PydanticSchemaGenerationError as error:
            if _REGISTER not in error.message:
                error.message += f"\n{_REGISTER}"
            raise
        return with_links(cls, schema)

    if not TYPE_CHECKING:

        @classmethod
        def model_json_schema(cls, *arguments: Any, **options: Any) -> dict[str, Any]:
            """As in Pydantic; `properties` are at the top also if the model refers to itself over
            its relations, where Pydantic has a `$ref`."""
            schema = super().model_json_schema(*arguments, **options)
            name = schema.get("$ref", "").rpartition("/")[2]
            if name not in schema.get("$defs", {}):
                return schema
            del schema["$ref"]
            return schema | schema["$defs"][name]

        @classmethod
        def model_rebuild(
            cls,
            *,
            force: bool = False,
            raise_errors: bool = True,
            _parent_namespace_depth: int = 2,
            _types_namespace: Mapping[str, Any] | None = None,
        ) -> bool | None:
            """As in Pydantic; names can also refer to tables in modules that are not imported
            here."""
            if cls.__pydantic_complete__ and not force:
                return None
            if _types_namespace is None:
                around = sys._getframe(_parent_namespace_depth - 1).f_locals
                _types_namespace = {**registry.namespace_of(cls), **around}
            return super().model_rebuild(
                force=force, raise_errors=raise_errors, _types_namespace=_types_namespace
            )

        def __setattr__(self, name: str, value: Any) -> None:
            cls = self.__class__
            if name in cls.__oxyde_links__:
                assignment.assign_linked(self, name, value)
            elif name in cls.__pydantic_fields__:
                before = self.__dict__
                old = before.get(name)
                super().__setattr__(name, value)
                if self.__dict__ is before:
                    mark_changed(self, name, old)
                else:
                    # Pydantic validated the assignment, and validators may change other fields.
                    assignment.mark_differences(self, before, name)
            elif name == "pk":
                identity.set_key(self, value)
            else:
                super().__setattr__(name, value)

        def __getattr__(self, name: str) -> Any:
            if name == "_oxyde_state":
                return None
            if name == "__pydantic_fields_set__":
                names = late_fields_set(self)
                if names is not None:
                    return names
            if name in self.__class__.__pydantic_fields__:
                raise assignment.not_loaded(self, name)
            if name == "pk":
                return identity.key_of(self)
            if name.endswith("_set") and name[:-4] in self.__class__.__pydantic_fields__:
                # `post.tags_set.add(…)`: the rows of a to-many relation.
                return self._oxyde_related(name[:-4])
            return super().__getattr__(name)

        # Lets `oxyde.hydration.recipe` detect whether a model overrides it.
        _oxyde_getattr = __getattr__

    def __eq__(self, other: object) -> bool:
        """Two stored instances are equal if they are the same row: of one table, with the same key.
        Others are compared by their fields, as in Pydantic."""
        if self is other:
            return True
        same = identity.same_row(self, other) if isinstance(other, Model) else None
        return super().__eq__(other) if same is None else same

    def __hash__(self) -> int:
        """By the table and the key.

        Raises:
            TypeError: the instance has no key.
        """
        return identity.hash_of(self)

    def _oxyde_set(self, name: str, value: object) -> None:
        """Assign a field as Pydantic does, without tracking the change."""
        super().__setattr__(name, value)

    def __copy__(self) -> Self:
        copy = super().__copy__()
        copy_state(self, copy)
        return copy

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        copy = super().__deepcopy__(memo)
        copy_state(self, copy)
        return copy

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """As in Pydantic. The copy represents the same row; `update` counts as assignments."""
        copy = super().model_copy(update=update, deep=deep)
        if update:
            assignment.note_updates(self, copy, update)
        return copy

    def __getstate__(self) -> dict[Any, Any]:
        state = super().__getstate__()
        state["_oxyde_state"] = state_of(self)
        state["_oxyde_touched"] = touched(self)
        return state

    def __setstate__(self, state: dict[Any, Any]) -> None:
        super().__setstate__(state)
        restore_state(self, state.get("_oxyde_state"), state.get("_oxyde_touched"))


bind_slots(Model)
