"""What the layers below the models know of a model: its table, columns and relations.

`oxyde.models` builds these once per class (`Model._db_meta`); queries, hydration and the schema
read them. They hold no behaviour but the late lookup of other models and the refusal of writes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from oxyde.exceptions import FieldError, ManagerError

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde.hydration.registered import FieldDecoder

__all__ = [
    "CheckMeta",
    "FieldMeta",
    "ForeignKey",
    "IndexMeta",
    "KeyConstraint",
    "ModelMeta",
    "Relation",
    "RelationKind",
    "names_a_secret",
]

RelationKind = Literal["fk", "one_to_one", "reverse", "reverse_one_to_one", "many_to_many"]

# The names of all secret fields, whatever their models: a name too many hides a value too many.
_secret_names: set[str] = set()


def names_a_secret(label: str) -> bool:
    """Whether a param with this label (``User.password``) belongs to a secret field."""
    return not _secret_names.isdisjoint(label.split("."))


@dataclass(slots=True)
class ForeignKey:
    """Where the value of a column comes from.

    Attributes:
        model: the other model.
        target_field: name of the field there (its key, or a unique field).
        on_delete: what happens here when the row there is deleted: "NO ACTION", "RESTRICT",
            "CASCADE", "SET NULL" or "SET DEFAULT".
        on_update: likewise, when the key there changes.
        column: name of the database column here.
        name: name of the constraint.
    """

    model: type[Any]
    target_field: str
    on_delete: str
    on_update: str
    column: str
    name: str

    @property
    def target(self) -> str:
        """The other model's key in `registered_tables()`: "module.Qualname"."""
        key: str = self.model._oxyde_key()
        return key


@dataclass(slots=True)
class FieldMeta:
    """A field that is stored in a column.

    Attributes:
        name: name on the model ("author_id" for the foreign key `author`).
        db_column: name in the database.
        python_type: the annotation, without `Annotated` and `None`.
        column_type: the column's type as it stands in the IR.
        primary_key: whether it is the key or a part of it.
        nullable: whether the column takes NULL.
        unique: whether the column alone is unique (keys aside).
        unique_name: name of the unique constraint, when the user gave one.
        index: whether the column alone has an index.
        index_name: name of that index, when the user gave one.
        index_method: its method ("gin"), when the user gave one.
        db_type: the type as the user wrote it.
        db_collation: the name of the column's collation, as the user wrote it.
        db_default: the column's default in SQL, as the user wrote it.
        db_generated: the SQL from which the database computes the column; it is never written.
        db_stored: whether the computed value is stored in the row.
        auto_now: whether each INSERT and UPDATE sets it to the current time.
        auto_now_add: whether each INSERT does.
        version: whether it counts the UPDATEs of its row (`Meta.version`).
        max_length: longest text in characters.
        comment: comment on the column.
        secret: whether its values are not to be shown, in logs and to the public (``SecretStr``,
            ``Field(db_secret=True)``).
        auto_increment: whether the database counts it up.
        foreign_key: what it refers to.
        relation: name of the attribute that holds the row referred to ("author").
        has_default: whether Python has a default for it.
        encode: makes the plain value that is bound from the field's value; None when they are
            the same. It is never called with None.
        decode: makes the field's value from what the column holds, for registered types.
        mutable: whether a value can change without an assignment (dicts, lists, models).
    """

    name: str
    db_column: str
    python_type: Any
    column_type: _ir.ColumnType
    primary_key: bool = False
    nullable: bool = False
    unique: bool = False
    unique_name: str | None = None
    index: bool = False
    index_name: str | None = None
    index_method: str | None = None
    db_type: str | None = None
    db_collation: str | None = None
    db_default: str | None = None
    db_generated: str | None = None
    db_stored: bool = True
    auto_now: bool = False
    auto_now_add: bool = False
    version: bool = False
    max_length: int | None = None
    comment: str | None = None
    auto_increment: bool = False
    foreign_key: ForeignKey | None = None
    relation: str | None = None
    has_default: bool = False
    encode: Callable[[Any], Any] | None = None
    decode: FieldDecoder | None = None
    mutable: bool = False
    secret: bool = False

    def __post_init__(self) -> None:
        if self.secret:
            _secret_names.add(self.name)

    @property
    def generated(self) -> bool:
        """Whether the database fills the column in when an INSERT leaves it out."""
        return self.auto_increment or self.db_default is not None or self.db_generated is not None

    @property
    def automatic(self) -> bool:
        """Whether a row has its own value of it, which is not handed from one row to another."""
        return self.auto_now or self.auto_now_add or self.version


class Relation:
    """An attribute that holds rows of another table.

    Attributes:
        name: the attribute.
        kind: "fk" and "one_to_one" have a column here, "reverse" and "reverse_one_to_one" a
            column in the other table, "many_to_many" two columns in a third one.
        column: for a foreign key, the field that holds its value ("author_id").
        remote_field: for reverse relations, the foreign key's attribute on the other model.
    """

    __slots__ = ("_model", "_through", "_through_names", "column", "kind", "name", "remote_field")

    def __init__(
        self,
        name: str,
        kind: RelationKind,
        model: type[Any] | Callable[[], type[Any]],
        *,
        column: str | None = None,
        remote_field: str | None = None,
        through: Callable[[], tuple[type[Any], str, str]] | None = None,
    ) -> None:
        self.name = name
        self.kind = kind
        self.column = column
        self.remote_field = remote_field
        self._model = model
        self._through = through
        self._through_names: tuple[type[Any], str, str] | None = None

    def __repr__(self) -> str:
        return f"Relation({self.name!r}, {self.kind!r})"

    @property
    def model(self) -> type[Any]:
        """The other model.

        Raises:
            FieldError: it is not defined.
        """
        if not isinstance(self._model, type):
            self._model = self._model()
        return self._model

    @property
    def target(self) -> str:
        """The class name of the other model.

        Raises:
            FieldError: it is not defined.
        """
        return self.model.__name__

    @property
    def many(self) -> bool:
        """Whether the attribute is a list."""
        return self.kind in ("reverse", "many_to_many")

    def _resolved_through(self) -> tuple[type[Any], str, str] | None:
        if self._through_names is None and self._through is not None:
            self._through_names = self._through()
        return self._through_names

    @property
    def through_model(self) -> type[Any] | None:
        """The model of the table between (many to many).

        Raises:
            FieldError: it is not defined, or has no foreign keys to both sides.
        """
        names = self._resolved_through()
        return None if names is None else names[0]

    @property
    def through(self) -> str | None:
        """The class name of `through_model`.

        Raises:
            FieldError: as `through_model`.
        """
        model = self.through_model
        return None if model is None else model.__name__

    @property
    def through_source(self) -> str | None:
        """The foreign key of `through_model` that refers to this model ("post")."""
        names = self._resolved_through()
        return None if names is None else names[1]

    @property
    def through_target(self) -> str | None:
        """The foreign key of `through_model` that refers to the other model ("tag")."""
        names = self._resolved_through()
        return None if names is None else names[2]


@dataclass(slots=True, frozen=True)
class IndexMeta:
    """An index over database columns.

    Attributes:
        name: its name.
        parts: in order: ("column" | "column_desc" | "expression", column or SQL).
        unique: whether equal values are refused.
        method: "btree", "gin" …; the database's own when None.
        condition: SQL; only rows for which it holds are indexed.
        include: columns stored beside the key.
        config: the text search configuration of a full-text index.
        opclass: PostgreSQL's operator class of every part.
        options: PostgreSQL's options of the method.
    """

    name: str
    parts: tuple[tuple[str, str], ...]
    unique: bool = False
    method: str | None = None
    condition: str | None = None
    include: tuple[str, ...] = ()
    config: str | None = None
    opclass: str | None = None
    options: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True, frozen=True)
class CheckMeta:
    """A condition, in SQL, that holds for every row.

    Attributes:
        name: its name.
        condition: the SQL.
        portable: whether the condition is written for every database, with names in double quotes.
    """

    name: str
    condition: str
    portable: bool = False


@dataclass(slots=True, frozen=True)
class KeyConstraint:
    """A foreign key without an attribute, of one or several fields.

    Attributes:
        name: its name.
        fields: the fields here.
        target: returns the other model.
        target_fields: the fields there.
        on_delete: as of `ForeignKey`.
        on_update: as of `ForeignKey`.
    """

    name: str
    fields: tuple[str, ...]
    target: Callable[[], type[Any]]
    target_fields: tuple[str, ...]
    on_delete: str
    on_update: str


@dataclass(slots=True)
class ModelMeta:
    """A model as the database sees it.

    Attributes:
        model: the class.
        table_name: name of the table, without its schema.
        schema: database schema (namespace), or None for the connection's own.
        is_table: False for abstract bases and plain models; they have no columns.
        managed: whether the table is created and changed with the models.
        read_only: whether rows are only read; such a table may have no key.
        field_metadata: field name → column, in the order of the columns.
        relations: attribute → relation.
        primary_key: fields of the key, in order.
        indexes: all indexes but those of unique constraints.
        constraints: check constraints.
        key_constraints: foreign keys that are no attributes.
        unique_together: groups of fields (names on the model).
        live_uniques: fields that are unique among the rows that are not marked as deleted, and the
            names of their constraints, where the user gave one.
        uniques: name of a unique constraint → its columns.
        bound_checks: name of the check for the bounds of a field → its column, where the model
            asks for such checks.
        shard_by: the field by which the rows are divided over the nodes of a cluster, or None.
        reference: whether each node has all rows.
        ordering: the order of queries that have none.
        scope: the condition of the rows that queries read, as `class Meta` declares it.
        soft_delete: the field with the time at which a row was marked as deleted, if rows are.
        unloaded: "none" (an unloaded relation reads as None), "raise", or "peers" (it raises, and
            `oxyde.load` loads it for all instances of a result).
        columns: database column → field name.
        mutable: the fields whose values can change without an assignment.
        generated: the fields that the database fills in when an INSERT leaves them out.
        computed: those of them that the database computes from other columns.
        automatic: the fields that each UPDATE of the row sets: `auto_now`, and the version.
        version: the field that counts the UPDATEs of a row, so that a save of a row that others
            changed is refused.
        far: the relations without a column here.
    """

    model: type[Any]
    table_name: str
    schema: str | None = None
    is_table: bool = False
    managed: bool = True
    read_only: bool = False
    field_metadata: dict[str, FieldMeta] = field(default_factory=dict)
    relations: dict[str, Relation] = field(default_factory=dict)
    primary_key: tuple[str, ...] = ()
    indexes: tuple[IndexMeta, ...] = ()
    constraints: tuple[CheckMeta, ...] = ()
    key_constraints: tuple[KeyConstraint, ...] = ()
    unique_together: tuple[tuple[str, ...], ...] = ()
    live_uniques: dict[str, str | None] = field(default_factory=dict)
    uniques: dict[str, tuple[str, ...]] = field(default_factory=dict)
    bound_checks: dict[str, str] = field(default_factory=dict)
    shard_by: str | None = None
    reference: bool = False
    ordering: tuple[str, ...] = ()
    scope: Any = None
    soft_delete: str | None = None
    unloaded: str = "none"
    columns: dict[str, str] = field(default_factory=dict)
    mutable: tuple[str, ...] = ()
    generated: tuple[str, ...] = ()
    computed: tuple[str, ...] = ()
    automatic: tuple[str, ...] = ()
    version: str | None = None
    far: tuple[str, ...] = ()

    def columns_of(self, constraint: str) -> tuple[str, ...]:
        """The columns of a constraint or unique index by its name; empty when it is not known.

        MySQL names the primary key of every table "PRIMARY".
        """
        if constraint in self.uniques:
            return self.uniques[constraint]
        if constraint in self.bound_checks:
            return (self.bound_checks[constraint],)
        if constraint in ("PRIMARY", f"pk_{self.table_name}"):
            return tuple([self.field_metadata[name].db_column for name in self.primary_key])
        for index in self.indexes:
            if index.name == constraint:
                return tuple([text for kind, text in index.parts if kind != "expression"])
        keys = [name for name, key in self.references() if key.name == constraint]
        return tuple([self.field_metadata[name].db_column for name in keys])

    def references(self) -> Iterator[tuple[str, ForeignKey]]:
        """The fields that refer to fields of other tables; those of a key of several one by one.

        Raises:
            FieldError: a model that a constraint refers to is not defined.
        """
        for name, each in self.field_metadata.items():
            if each.foreign_key is not None:
                yield name, each.foreign_key
        for key in self.key_constraints:
            target = key.target()
            for name, there in zip(key.fields, key.target_fields, strict=True):
                column = self.field_metadata[name].db_column
                yield (
                    name,
                    ForeignKey(target, there, key.on_delete, key.on_update, column, key.name),
                )

    def check_writable(self, verb: str) -> None:
        """Refuse to write rows of a read-only model.

        Args:
            verb: the method, for the error.

        Raises:
            ManagerError: the model is read-only.
        """
        if self.read_only:
            raise ManagerError(
                f"{verb}() writes, and {self.model.__name__} is read-only "
                "(read_only = True in its class Meta)",
                model=self.model,
                hint="a second model of the same table, with a key and shares_table = True, can "
                "write it",
            )

    def check_not_computed(self, names: Iterable[str], where: str) -> None:
        """Refuse to write fields that the database computes.

        Args:
            names: fields with columns.
            where: what writes them, for the error.

        Raises:
            FieldError: one of them is computed.
        """
        for name in names if self.computed else ():
            field = self.field_metadata[name]
            if field.db_generated is not None:
                raise FieldError(
                    f"{where} cannot write `{self.model.__name__}.{name}`: the database computes "
                    f"it as {field.db_generated}",
                    hint="leave it out, and write the columns that it is computed from",
                )

    @property
    def qualified_name(self) -> str:
        """The table's name with its schema, unquoted, for messages and as a key."""
        return f"{self.schema}.{self.table_name}" if self.schema else self.table_name
