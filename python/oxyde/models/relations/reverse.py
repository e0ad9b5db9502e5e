"""Relations without a column: the reverse side of a foreign key, and many-to-many."""

from __future__ import annotations

from typing import Any

from pydantic.fields import FieldInfo

from oxyde._meta import Relation
from oxyde.exceptions import FieldError
from oxyde.models import registry
from oxyde.models.columns.field import ColumnOptions, Field
from oxyde.models.relations.foreign_key import Link, key_of, relation_of

__all__ = ["reverse_relation"]


def reverse_relation(
    cls: type[Any], name: str, info: FieldInfo, options: ColumnOptions
) -> Relation:
    """The relation that a `db_reverse_fk` or `db_m2m` field declares.

    Raises:
        FieldError: the other model has no table, or no such foreign key to this one.
    """
    where = f"{cls.__name__}.{name}"
    related = relation_of(info.annotation)
    if related is None:
        word = "db_m2m" if options.db_m2m else "db_reverse_fk"
        raise FieldError(
            f"{where} has {word} but is not typed with a model that has a table",
            hint='annotate list["Post"]',
        )
    target: type[Any] = related[0]
    many = related[1]
    if options.db_m2m:
        return Relation(
            name,
            "many_to_many",
            target,
            through=lambda: _through(cls, name, target, options.db_through),
        )
    attribute = options.db_reverse_fk or ""
    link = _link(target, attribute)
    if (
        link is not None
        and not issubclass(cls, link.target)
        and not registry.same_model(link.target, cls)
    ):
        raise FieldError(
            f"{where}: {target.__name__}.{attribute} refers to {link.target.__name__}, "
            f"not to {cls.__name__}"
        )
    if link is None and target.__pydantic_complete__:
        names = sorted({link.attribute for link in target.__oxyde_links__.values()})
        known = f"its foreign keys: {', '.join(names)}" if names else "it has no foreign key"
        raise FieldError(
            f"{where}: {target.__name__} has no foreign key `{attribute}`",
            hint=known,
        )
    return Relation(
        name,
        "reverse" if many else "reverse_one_to_one",
        target,
        remote_field=attribute if link is None else link.attribute,
    )


def _link(model: type[Any], name: str) -> Link | None:
    links: dict[str, Link] = model.__oxyde_links__
    return links.get(name)


def _through(
    cls: type[Any], name: str, target: type[Any], named: str | type[Any] | None
) -> tuple[type[Any], str, str]:
    where = f"{cls.__name__}.{name}"
    if named is None:
        return implicit_through(cls, name, target)
    through = (
        registry.find_model(named, cls, f"{where}: db_through") if isinstance(named, str) else named
    )
    _ = through._db_meta
    links = list(dict.fromkeys(through.__oxyde_links__.values()))
    sources = [link.attribute for link in links if registry.same_model(link.target, cls)]
    targets = [link.attribute for link in links if registry.same_model(link.target, target)]
    if registry.same_model(cls, target):
        sources, targets = sources[:1], sources[1:]
    if len(sources) != 1 or len(targets) != 1:
        raise FieldError(
            f"{where}: {through.__name__} needs one foreign key to {cls.__name__} and one to "
            f"{target.__name__}; it has {len(sources)} and {len(targets)}"
        )
    return through, sources[0], targets[0]


def implicit_through(cls: type[Any], name: str, target: type[Any]) -> tuple[type[Any], str, str]:
    """The implicit through table: `post_tags` with `post_id`, `tag_id`. It is created once, and
    registered like any other.
    """
    made: dict[str, tuple[type[Any], str, str]] = cls.__dict__.get("__oxyde_throughs__", {})
    if name in made:
        return made[name]
    source, other = cls.__name__.lower(), target.__name__.lower()
    if source == other:
        source, other = f"from_{source}", f"to_{other}"
    table = f"{registry.table_name(cls)}_{name}"
    options = {
        "is_table": True,
        "table_name": table,
        "schema": cls.__oxyde_options__.schema,
        "shares_table": cls.__oxyde_options__.shares_table,
        "managed": cls.__oxyde_options__.managed,
        "read_only": cls.__oxyde_options__.read_only,
    }
    meta = type("Meta", (), options)
    namespace: dict[str, Any] = {
        "__module__": cls.__module__,
        "__qualname__": f"{cls.__qualname__}.{name}.through",
        "__annotations__": {source: cls, other: target},
        "Meta": meta,
        source: Field(db_pk=True, db_on_delete="CASCADE"),
        other: Field(db_pk=True, db_on_delete="CASCADE"),
    }
    for model in (cls, target):
        key_of(model, None, f"{cls.__name__}.{name}")
    # `Model` itself, which this file cannot import.
    base: Any = next(each for each in reversed(cls.__mro__) if "__oxyde_links__" in vars(each))
    through: type[Any] = type(base)(f"{cls.__name__}_{name}", (base,), namespace)
    type.__setattr__(cls, "__oxyde_throughs__", {**made, name: (through, source, other)})
    return through, source, other
