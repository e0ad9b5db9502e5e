"""The names of a model: fields and relations, with caches for each."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from oxyde.exceptions import FieldError, FieldLookupError
from oxyde.hints import hint_for

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde._core import Inserting
    from oxyde._meta import FieldMeta, ModelMeta, Relation
    from oxyde.queries.expressions.ordering import Term
    from oxyde.queries.ir.predicates import Node
    from oxyde.queries.lookups.parse import Resolved

__all__ = [
    "Hop",
    "Names",
    "Through",
    "UnknownNameError",
    "held_before",
    "is_query",
    "key_of",
    "names_of",
    "part_of_path",
    "resolve_scopes_by",
]


_resolver: list[Callable[[Names], Node]] = []
# The models whose scope is being resolved, by thread.
_resolving = threading.local()


class UnknownNameError(FieldLookupError, FieldError):
    """An unknown name in a lookup: both a field error and a lookup error."""


class Through:
    """The table in the middle of a many-to-many relation."""

    __slots__ = ("meta", "source", "target")

    def __init__(self, meta: ModelMeta, source: FieldMeta, target: FieldMeta) -> None:
        self.meta = meta
        self.source = source
        self.target = target


class Hop:
    """One step of a path, from a model over a relation to another.

    Attributes:
        many: whether one row may have several related rows.
        certain: whether each row has one, because the foreign key is never NULL.
        scoped: whether queries do not read all rows of the far side, or of the table between.
        indexed: whether an index finds the far side's rows of one row.
        local: the column on the near side; `remote`: the column on the far side. For many-to-many
            they are the keys at both ends, linked by `through`.
    """

    __slots__ = (
        "certain",
        "indexed",
        "local",
        "many",
        "name",
        "remote",
        "scoped",
        "source",
        "target",
        "through",
    )

    def __init__(
        self,
        name: str,
        source: ModelMeta,
        target: ModelMeta,
        local: FieldMeta,
        remote: FieldMeta,
        *,
        many: bool,
        certain: bool = False,
        through: Through | None = None,
    ) -> None:
        self.name = name
        self.source = source
        self.target = target
        self.local = local
        self.remote = remote
        self.many = many
        self.scoped = target.scope is not None or (
            through is not None and through.meta.scope is not None
        )
        self.certain = certain and not self.scoped
        self.through = through
        holder, found = (target, remote) if through is None else (through.meta, through.source)
        self.indexed = found.name in _indexed(holder)


class Names:
    """The resolved names of one model. Cached on the class."""

    __slots__ = (
        "_hops",
        "columns",
        "fields",
        "has_composite_key",
        "indexed",
        "inserting",
        "label",
        "lookups",
        "meta",
        "model",
        "odd",
        "outputs",
        "peers",
        "primary_key",
        "scope",
        "terms",
        "value_paths",
        "values",
    )

    def __init__(self, model: type[Any]) -> None:
        self.model = model
        self.meta: ModelMeta = model._db_meta
        if not self.meta.is_table:
            raise FieldError(
                f"{model.__name__} is not a table, so it cannot be queried",
                hint="set `is_table = True` in its `class Meta`",
            )
        self.label: str = model.__name__
        self.fields: tuple[str, ...] = tuple(self.meta.field_metadata)
        self.columns: frozenset[str] = frozenset(self.fields)
        self.primary_key: tuple[str, ...] = tuple(self.meta.primary_key)
        # Whether `pk` is the name of several columns.
        self.has_composite_key = len(self.primary_key) > 1 and "pk" not in self.columns
        # Names that make splitting at `__` ambiguous: `type_`, and the `in__id` of a foreign key
        # `in_`.
        self.odd: tuple[str, ...] = tuple(
            sorted(
                (
                    name
                    for name in (*self.meta.field_metadata, *self.meta.relations)
                    if name.endswith("_") or "__" in name
                ),
                key=len,
                reverse=True,
            )
        )
        # Fields whose order an index provides.
        self.indexed: frozenset[str] = frozenset(_indexed(self.meta))
        self.lookups: dict[str, Resolved] = {}
        self.values: dict[str, Resolved] = {}
        # Order terms by their text, and paths known to have one value.
        self.terms: dict[str, Term] = {}
        self.value_paths: set[str] = set()
        # Whether the instances of a result know each other, by the joins of the query.
        self.peers: dict[tuple[str, ...], bool] = {}
        # All columns as outputs, by table alias and name prefix.
        self.outputs: dict[tuple[str, str], list[_ir.Output]] = {}
        # How instances become rows in bulk, by the columns that they set.
        self.inserting: dict[tuple[str, ...], Inserting | None] = {}
        self._hops: dict[str, Hop] = {}
        # The condition of the rows that queries read, if they do not read all.
        self.scope: Node | None = None if self.meta.scope is None else _resolved_scope(self)

    def field(self, name: str) -> FieldMeta:
        """The column of a field; `pk` and the name of a foreign key (`author`) are accepted.

        Raises:
            FieldError: the model has no such column.
        """
        found = self.meta.field_metadata.get(name)
        if found is not None:
            return found
        if name == "pk" and len(self.primary_key) == 1:
            return self.meta.field_metadata[self.primary_key[0]]
        relation = self.meta.relations.get(name)
        if relation is not None:
            if relation.column is not None:
                return self.meta.field_metadata[relation.column]
            raise FieldError(
                f"`{self.label}.{name}` is a {relation.kind.replace('_', ' ')} relation, "
                "not a column",
                hint=f"name a field of it: `{name}__…`",
            )
        if not isinstance(name, str):
            raise FieldError(f"a field of `{self.label}` is named by a string, not by {name!r:.80}")
        if "__" in name:
            raise UnknownNameError(
                f"`{name}` is a path, and only fields of `{self.label}` itself can be named here",
                hint=self._near(name),
            )
        raise self.unknown(name)

    def hop(self, name: str, where: str = "") -> Hop:
        """The step over a relation.

        Args:
            where: for an error, the whole path.

        Raises:
            FieldError: the model has no such relation.
        """
        hop = self._hops.get(name)
        if hop is None:
            relation = self.meta.relations.get(name)
            if relation is None:
                raise self.not_a_relation(name, where)
            hop = self._hops[name] = _make_hop(self.meta, name, relation)
        return hop

    def _near(self, name: str, others: Iterable[str] = ()) -> str | None:
        return hint_for(name, [*self.meta.field_metadata, *self.meta.relations, *others])

    def unknown(self, name: str, where: str = "", others: Iterable[str] = ()) -> UnknownNameError:
        """The error for an unknown name.

        Args:
            where: the whole path.
            others: valid names besides fields: annotations.
        """
        if name == "pk" and len(self.primary_key) != 1:
            return UnknownNameError(
                f"`{self.label}` has {_key_size(self)}, so `pk` names nothing{where}",
                hint=_instead(self),
            )
        return UnknownNameError(
            f"`{self.label}` has no field `{name}`{where}", hint=self._near(name, others)
        )

    def not_a_relation(self, name: str, where: str = "") -> FieldError:
        """The error for a name that must be a relation."""
        if name in self.meta.field_metadata:
            field = self.meta.field_metadata[name]
            if field.relation:
                return FieldError(
                    f"`{self.label}.{name}` is a column, not a relation{where}",
                    hint=f"did you mean `{field.relation}`?",
                )
            return FieldError(
                f"`{self.label}.{name}` is a column, not a relation{where}",
                hint=hint_for(name, self.meta.relations),
            )
        return UnknownNameError(
            f"`{self.label}` has no relation `{name}`{where}",
            hint=hint_for(name, self.meta.relations),
        )


def held_before(hops: tuple[Hop, ...], field: FieldMeta) -> tuple[tuple[Hop, ...], FieldMeta]:
    """The shortest path to a column's value: `author__id` is `author_id`, without a join. Not where
    a row may be outside of the scope of its model."""
    while hops and not hops[-1].many and not hops[-1].scoped and hops[-1].remote is field:
        field, hops = hops[-1].local, hops[:-1]
    return hops, field


def is_query(value: object) -> bool:
    """Whether it is a query."""
    return hasattr(type(value), "_query")


def check_query(what: str, query: object) -> None:
    """Check that an argument is a query.

    Args:
        what: what takes it: ``Exists()``.

    Raises:
        FieldError: it is something else.
    """
    if not is_query(query):
        raise FieldError(f"{what} takes a query, not {query!r:.80}", hint="Post.objects.filter(…)")


def resolve_scopes_by(resolve: Callable[[Names], Node]) -> None:
    """Set what resolves `Meta.scope`: conditions are a room above this one."""
    _resolver.append(resolve)


def _resolved_scope(names: Names) -> Node:
    resolving: set[type[Any]] = _resolving.__dict__.setdefault("models", set())
    if names.model in resolving:
        raise FieldError(
            f"the scope of `{names.label}` reads rows of `{names.label}`",
            hint="a scope is a condition on the model's own columns",
        )
    resolving.add(names.model)
    try:
        return _resolver[-1](names)
    finally:
        resolving.discard(names.model)


def names_of(model: type[Any]) -> Names:
    """The names of a model.

    Raises:
        FieldError: the model has no table.
    """
    names: Names | None = model.__dict__.get("_oxyde_names")
    if names is None:
        names = Names(model)
        type.__setattr__(model, "_oxyde_names", names)
    return names


def part_of_path(path: str, label: str) -> str:
    """For an error about part of a path: names the path, unless it is the part itself."""
    return f" (in `{path}` of `{label}`)" if "__" in path else ""


def _indexed(meta: ModelMeta) -> Iterator[str]:
    yield from meta.primary_key[:1]
    for name, field in meta.field_metadata.items():
        if field.unique or field.index:
            yield name
    firsts = [index.parts[0] for index in meta.indexes if index.parts]
    columns = [text for kind, text in firsts if kind != "expression"]
    columns += [group[0] for group in meta.uniques.values()]
    for column in columns:
        if column in meta.columns:
            yield meta.columns[column]


def key_of(names: Names, use: str) -> FieldMeta:
    """The primary key column of a model that has just one.

    Raises:
        FieldError: the key is composite, or there is none.
    """
    if len(names.primary_key) != 1:
        raise FieldError(
            f"`{names.label}` has {_key_size(names)}, which {use} cannot use", hint=_instead(names)
        )
    return names.meta.field_metadata[names.primary_key[0]]


def _key_size(names: Names) -> str:
    count = len(names.primary_key)
    return f"a key of {count} columns" if count else "no primary key"


def _instead(names: Names) -> str:
    return "name its columns: " + ", ".join(names.primary_key or names.fields)


def _make_hop(meta: ModelMeta, name: str, relation: Relation) -> Hop:
    target: ModelMeta = relation.model._db_meta
    if relation.kind in ("fk", "one_to_one"):
        local = _foreign_key(meta, name)
        remote = _referred(local, target)
        certain = not local.nullable
        return Hop(name, meta, target, local, remote, many=False, certain=certain)
    if relation.kind == "many_to_many":
        through = relation.through_model
        assert through is not None
        assert relation.through_source is not None
        assert relation.through_target is not None
        between: ModelMeta = through._db_meta
        near = _foreign_key(between, relation.through_source)
        far = _foreign_key(between, relation.through_target)
        return Hop(
            name,
            meta,
            target,
            _referred(near, meta),
            _referred(far, target),
            many=True,
            through=Through(between, near, far),
        )
    assert relation.remote_field is not None
    remote = _foreign_key(target, relation.remote_field)
    return Hop(name, meta, target, _referred(remote, meta), remote, many=relation.many)


def _foreign_key(meta: ModelMeta, name: str) -> FieldMeta:
    """The column of a foreign key, by the attribute's name."""
    relation = meta.relations.get(name)
    column = name if relation is None or relation.column is None else relation.column
    found = meta.field_metadata.get(column)
    if found is None or found.foreign_key is None:
        foreign = (each for each in meta.field_metadata.values() if each.foreign_key is not None)
        raise FieldError(
            f"`{meta.model.__name__}` has no foreign key `{name}`",
            hint=hint_for(name, (each.relation or each.name for each in foreign)),
        )
    return found


def _referred(field: FieldMeta, meta: ModelMeta) -> FieldMeta:
    """The column that a foreign key refers to."""
    assert field.foreign_key is not None
    return meta.field_metadata[field.foreign_key.target_field]
