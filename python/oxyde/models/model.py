"""`Model`: a Pydantic model whose instances are rows."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel, GetCoreSchemaHandler
from pydantic_core import CoreSchema
from typing_extensions import Self

from oxyde.models import assignment, inserting, reading, registry, saving
from oxyde.models.joining import with_links
from oxyde.models.link import Link, prepare
from oxyde.models.manager import ManagerDescriptor
from oxyde.models.metaclass import ModelMetaclass
from oxyde.models.options import MetaOptions
from oxyde.models.state import (
    bind_slots,
    copy_state,
    late_fields_set,
    mark_changed,
    restore_state,
    state_of,
    touched,
)

if TYPE_CHECKING:
    from oxyde._core import Inserting
    from oxyde.db.executor import Executor
    from oxyde.db.meta import ModelMeta

__all__ = ["Model"]


class Model(BaseModel, metaclass=ModelMetaclass):
    """The base of all models.

    With `class Meta: is_table = True` it has a table, and one of its fields is the key::

        class User(Model):
            class Meta:
                is_table = True

            id: int | None = Field(default=None, db_pk=True)
            name: str

    Without, it is an abstract base that passes on its fields. Everything that Pydantic offers
    works: validators, aliases, computed fields, private attributes, configuration.
    """

    __slots__ = ("_oxyde_state", "_oxyde_touched")

    objects: ClassVar[ManagerDescriptor] = ManagerDescriptor()

    if TYPE_CHECKING:
        _db_meta: ClassVar[ModelMeta]
        __oxyde_options__: ClassVar[MetaOptions]
        __oxyde_links__: ClassVar[dict[str, Link]]

    @classmethod
    def get_table_name(cls) -> str:
        """Name of the table, without its schema."""
        return registry.table_name(cls)

    # -- rows ------------------------------------------------------------------------------

    async def save(
        self,
        *,
        update_fields: Iterable[str] | None = None,
        using: str | None = None,
        client: Executor | None = None,
    ) -> Self:
        """Write the instance to its table.

        It is inserted when its key is None, or was made by a default and never stored. Else its
        row is updated: the columns that changed since it was loaded, or all when it was not.

        Args:
            update_fields: write these only; a foreign key by either of its names.
            using: name of the database.
            client: a database or transaction, instead of a name.

        Returns:
            The instance, with what the database filled in.

        Raises:
            FieldError: a name in `update_fields` that is no column.
            NotFoundError: there is no row with this key.
            IntegrityError: the database refuses the row.
            pydantic.ValidationError: an assigned value is not valid.
        """
        await saving.save(self, update_fields, using, client)
        return self

    async def delete(self, *, using: str | None = None, client: Executor | None = None) -> int:
        """Delete the row.

        Returns:
            The number of rows deleted: 1, or 0 when it was gone already.

        Raises:
            ManagerError: the instance has no key.
            ForeignKeyViolationError: other rows refer to it.
        """
        return await reading.delete(self, using, client)

    async def refresh(
        self,
        fields: Iterable[str] | None = None,
        *,
        using: str | None = None,
        client: Executor | None = None,
    ) -> Self:
        """Read the row again, and forget assignments that were not saved.

        Args:
            fields: read these only; all when None.
            using: name of the database.
            client: a database or transaction, instead of a name.

        Raises:
            ManagerError: the instance has no key.
            NotFoundError: the row is gone.
        """
        await reading.refresh(self, fields, using, client)
        return self

    # -- hooks -----------------------------------------------------------------------------

    async def pre_save(self, *, is_create: bool, update_fields: set[str] | None) -> None:
        """Called before a row is written; what it changes is written too."""

    async def post_save(self, *, is_create: bool, update_fields: set[str] | None) -> None:
        """Called after a row was written."""

    async def pre_delete(self) -> None:
        """Called before the row is deleted."""

    async def post_delete(self) -> None:
        """Called after the row was deleted."""

    # -- what queries use ------------------------------------------------------------------

    async def _oxyde_insert(self, executor: Executor) -> None:
        """Insert the instance with its hooks, whatever its key is (`create`)."""
        await saving.insert(self, executor)

    def _oxyde_insert_values(self) -> dict[str, Any]:
        """The values of the columns of an INSERT, validated; without those that the database fills
        in (`bulk_create`)."""
        return saving.insert_values(self)

    def _oxyde_check_links(self, executor: Executor) -> None:
        """Refuse to refer to rows of another database (`upsert`)."""
        saving.check_links(self, executor)

    def _oxyde_check_home(self, label: str, executor: Executor) -> None:
        """Refuse this row, under the name `label`, where it is of another database."""
        saving.check_home(label, self, executor)

    @classmethod
    def _oxyde_inserting(cls, columns: tuple[str, ...]) -> Inserting | None:
        """How instances that give these columns become rows, all in one go (`bulk_create`); None
        where each must be asked for its values."""
        return inserting.inserting_of(cls._db_meta, columns)

    @classmethod
    def _oxyde_stored(
        cls,
        way: Inserting | None,
        instances: list[Any],
        database: str | None,
        names: tuple[str, ...],
        rows: list[Any],
    ) -> None:
        """Note that instances were written, and what the database filled into `names`."""
        inserting.all_stored(way, instances, database, names, rows)

    def _oxyde_from(self, database: str) -> None:
        """Note which database a loaded row, and the rows joined to it, are from. It need not be
        called for the default database."""
        assignment.note_database(self, database)

    # -- Pydantic --------------------------------------------------------------------------

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[BaseModel], handler: GetCoreSchemaHandler, /
    ) -> CoreSchema:
        if cls.__pydantic_complete__:
            return handler(source)
        if not cls.__pydantic_fields_complete__:
            # Nested in another model: without its own completion it would lack its columns.
            cls.model_rebuild(_types_namespace=registry.namespace_of(cls))
            return handler(source)
        prepare(cls)
        return with_links(cls, handler(source))

    if not TYPE_CHECKING:

        @classmethod
        def model_rebuild(
            cls,
            *,
            force: bool = False,
            raise_errors: bool = True,
            _parent_namespace_depth: int = 2,
            _types_namespace: Mapping[str, Any] | None = None,
        ) -> bool | None:
            """As in Pydantic; names may also mean tables of modules that are not imported here."""
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
                    # Pydantic validated the assignment, and its validators may change more.
                    assignment.mark_differences(self, before, name)
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
            if name.endswith("_set") and name[:-4] in self.__class__.__pydantic_fields__:
                # `post.tags_set.add(…)`: the rows of a to-many relation.
                from oxyde.queries.related_manager import related

                return related(self, name[:-4])
            return super().__getattr__(name)

    def __copy__(self) -> Self:
        copy = super().__copy__()
        copy_state(self, copy)
        return copy

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        copy = super().__deepcopy__(memo)
        copy_state(self, copy)
        return copy

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """As in Pydantic. The copy stands for the same row; `update` counts as assignments."""
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
