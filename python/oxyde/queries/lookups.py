"""Lookups: what `author__name__icontains` means on a model, and which values it takes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from oxyde import _ir
from oxyde.exceptions import FieldError, FieldLookupError, FieldLookupValueError
from oxyde.queries.base import Expression
from oxyde.queries.columns import (
    Misfit,
    accepted_types,
    default_type,
    fit,
    hint_for,
    kind_of,
    plain,
    tag_of,
    type_name,
)
from oxyde.queries.lookup_table import PARTS, SPECS, Spec, part_type
from oxyde.queries.names import Hop, Names, names_of
from oxyde.queries.periods import period
from oxyde.queries.predicates import Leaf
from oxyde.queries.scope import Scope

if TYPE_CHECKING:
    from oxyde.db.meta import FieldMeta
    from oxyde.queries.annotation import Context

__all__ = ["Resolved", "resolve"]

_NEVER: frozenset[type] = frozenset()
_LISTS = (list, tuple, set, frozenset, range)
_COMPARISONS = frozenset({"exact", "gt", "gte", "lt", "lte", "between", "range", "in"})


class Resolved:
    """A lookup key on a model, worked out once and kept.

    Attributes:
        hops: the relations on the way to `field`.
        many: whether one of them is to-many.
        owner: the model that `field` belongs to.
        relation: the last relation when the path ends on one: it takes instances as values.
        part: a date part that is compared (`created__year__gte`).
        path: keys and indexes into a JSON document or array.
        operand_type: the type of what is compared; None for a part of a JSON document, which is
            read as the type of the value.
        accepted: Python types whose values need no further look.
    """

    __slots__ = (
        "accepted",
        "argument_type",
        "field",
        "hops",
        "key",
        "label",
        "many",
        "operand_type",
        "owner",
        "part",
        "path",
        "relation",
        "spec",
    )

    def __init__(
        self,
        key: str,
        label: str,
        hops: tuple[Hop, ...],
        field: FieldMeta,
        spec: Spec,
        *,
        relation: Hop | None = None,
        part: str | None = None,
        path: tuple[str | int, ...] = (),
        owner: type[Any],
        operand_type: _ir.ColumnType | None,
    ) -> None:
        self.key = key
        self.label = label
        self.hops = hops
        self.many = any(hop.many for hop in hops)
        self.field = field
        self.owner = owner
        self.spec = spec
        self.relation = relation
        self.part = part
        self.path = path
        self.operand_type = operand_type
        self.argument_type: _ir.ColumnType | None = operand_type
        if spec.takes in _ARGUMENT_TYPES:
            self.argument_type = _ARGUMENT_TYPES[spec.takes]
        elif spec.takes == "text" and operand_type is not None and kind_of(operand_type) != "text":
            self.argument_type = "text"
        self.accepted = _NEVER
        if self.argument_type is not None and (
            (spec.takes == "value" and field.encode is None) or spec.takes == "text"
        ):
            self.accepted = accepted_types(self.argument_type)

    def leaf(self, value: Any, context: Context) -> Leaf:
        """The lookup with its value.

        Raises:
            FieldLookupValueError: the lookup cannot take it.
        """
        if type(value) in self.accepted:
            return Leaf(self, self.key, (value,))
        if isinstance(value, Expression):
            return self._expression(value, context)
        if isinstance(getattr(value, "_names", None), Names):
            from oxyde.queries.subquery import QueryExpression

            foreign = self.field.foreign_key
            key = None
            if foreign is not None and value._names.model is foreign.model:
                key = foreign.target_field
            return self._expression(QueryExpression(value, key), context)
        return _LEAVES[self.spec.takes](self, value)

    def refuse(self, value: Any, hint: str | None = None) -> FieldLookupValueError:
        """The error for a value that the lookup cannot take."""
        return FieldLookupValueError(
            f"`{self.label}` ({type_name(self.field.python_type)}) {self.spec.name} cannot take "
            f"{_shown(value)}",
            hint=hint,
        )

    def convert(self, value: Any) -> Any:
        """One value as it is bound."""
        value = self.key_of_instance(value)
        if value is None:
            raise self.refuse(value, "NULL equals nothing: use `__isnull=True`, or `=None`")
        if isinstance(value, Expression):
            raise self.refuse(value, "only a plain value can stand here")
        if self.field.encode is not None and not self.path and self.part is None:
            value = _encoded(self.field.encode, value)
        assert self.argument_type is not None
        try:
            return fit(self.argument_type, value)
        except Misfit as misfit:
            raise self.refuse(value, misfit.hint) from None

    def key_of_instance(self, value: Any) -> Any:
        """A model instance becomes its key, where the path ends on a relation or a key."""
        meta = getattr(type(value), "_db_meta", None)
        if meta is None:
            return value
        name = self.field.name
        foreign = self.field.foreign_key
        if foreign is not None and isinstance(value, foreign.model):
            name = foreign.target_field
        elif not isinstance(value, self.owner) or not (
            self.field.primary_key or (self.relation is not None and foreign is None)
        ):
            wanted = (
                foreign.model.__name__ if foreign is not None else type_name(self.field.python_type)
            )
            raise self.refuse(value, f"give a {wanted}")
        key = getattr(value, name)
        if key is None:
            raise self.refuse(value, f"the {type(value).__name__} was never saved: it has no key")
        return key

    def _expression(self, value: Expression, context: Context) -> Leaf:
        if self.spec.takes not in ("value", "text", "number"):
            from oxyde.queries.subquery import QueryExpression

            if not (self.spec.takes == "list" and isinstance(value, QueryExpression)):
                raise self.refuse(value, "this lookup takes plain values only")
        values: list[Any] = []
        shape = (self.key, "expression", value.shape(context, values))
        leaf = self.make(shape, tuple(values), "expression", value)
        context.check_node(leaf)
        return leaf

    def make(
        self, shape: Hashable, values: tuple[Any, ...], form: str = "plain", detail: Any = None
    ) -> Leaf:
        """A leaf of this lookup."""
        return Leaf(self, shape, values, form, detail)

    def render(self, leaf: Leaf, operand: _ir.Expr, scope: Scope) -> _ir.Predicate:
        """The lookup of the IR."""
        if self.path:
            operand = self._step(leaf, operand)
        elif self.part is not None:
            operand = part_of(self.part, operand)
        return _FORMS[leaf.form](self, leaf, operand, scope)

    def _step(self, leaf: Leaf, operand: _ir.Expr) -> _ir.Expr:
        column_type = self.operand_type
        if column_type is None:
            column_type = _json_type(leaf)
        return {
            "json_path": {
                "operand": operand,
                "path": [
                    {"index": item} if isinstance(item, int) else {"key": item}
                    for item in self.path
                ],
                "type": column_type,
            }
        }

    def predicate(self, operand: _ir.Expr, arguments: list[_ir.Expr]) -> _ir.Predicate:
        """The lookup over its operand."""
        return {"lookup": {"name": self.spec.name, "operand": operand, "arguments": arguments}}


def _shown(value: Any) -> str:
    if hasattr(type(value), "_db_meta"):
        # Its fields are nobody's business here.
        return f"a {type(value).__name__}"
    return f"{value!r:.80} ({type(value).__name__})"


def part_of(part: str, operand: _ir.Expr) -> _ir.Expr:
    """A part of a date as a value."""
    return {"function": {"name": PARTS[part], "arguments": [operand], "type": part_type(part)}}


def _json_type(leaf: Leaf) -> _ir.ColumnType:
    if leaf.resolved.spec.takes == "text":
        return "text"
    if leaf.form in ("plain", "list", "pair") and isinstance(leaf.detail, str):
        return default_type(leaf.detail)
    return "json"


_ARGUMENT_TYPES: dict[str, _ir.ColumnType] = {
    "number": "big_int",
    "date": "date",
    "time": "time",
    "key": "text",
    "keys": "text",
}


def _encoded(encode: Callable[[Any], Any], value: Any) -> Any:
    """The plain value of a field's value; a value that is plain already stays."""
    try:
        return encode(value)
    except (AttributeError, TypeError, ValueError, KeyError):
        return value


# --- values -> leaves, by what the lookup takes ---------------------------------------------


def _value(resolved: Resolved, value: Any) -> Leaf:
    if value is None:
        if resolved.spec.name != "exact":
            raise resolved.refuse(
                value, "NULL is neither larger nor smaller than anything: use `__isnull`"
            )
        return _isnull(resolved, True)
    if resolved.argument_type is None:
        return _json_part(resolved, value)
    return resolved.make(resolved.key, (resolved.convert(value),))


def _json_part(resolved: Resolved, value: Any) -> Leaf:
    tag = tag_of(value)
    return resolved.make((resolved.key, tag), (plain(value),), "plain", tag)


def _text(resolved: Resolved, value: Any) -> Leaf:
    if not isinstance(value, str):
        label = getattr(value, "value", None)
        if not isinstance(label, str):
            raise resolved.refuse(value, "give a text")
        value = label
    return resolved.make(resolved.key, (str(value),))


def _isnull(resolved: Resolved, value: Any) -> Leaf:
    if not isinstance(value, bool):
        raise resolved.refuse(value, "give True or False")
    form = "null"
    if resolved.relation is not None and resolved.hops and resolved.hops[-1] is resolved.relation:
        form = "absent"
    return resolved.make((resolved.key, "isnull", value), (), form, value)


def _list(resolved: Resolved, value: Any) -> Leaf:
    if isinstance(value, str | bytes | bytearray | dict):
        raise resolved.refuse(value, "give a list, tuple, set or query")
    if not isinstance(value, _LISTS):
        if not isinstance(value, Iterable):
            raise resolved.refuse(value, "give a list, tuple, set or query")
        value = list(value)
    if resolved.argument_type is None:
        tags = sorted({tag_of(item) for item in value})
        if len(tags) > 1 and tags != ["big_int", "double"]:
            raise resolved.refuse(value, "give values of one type")
        tag = tags[-1] if tags else "json"
        items = [plain(item) for item in value]
        return resolved.make((resolved.key, tag), (items,), "list", tag)
    exact = _NEVER if resolved.field.encode else accepted_types(resolved.argument_type)
    if exact.issuperset(map(type, value)):
        return resolved.make(resolved.key, (list(value),), "list")
    return resolved.make(resolved.key, ([resolved.convert(item) for item in value],), "list")


def _pair(resolved: Resolved, value: Any) -> Leaf:
    if isinstance(value, str | bytes) or not isinstance(value, Sequence) or len(value) != 2:
        raise resolved.refuse(value, "give two values: (lowest, highest)")
    if value[0] is None or value[1] is None:
        raise resolved.refuse(value, "give two values, or use `__gte` or `__lte` alone")
    if resolved.argument_type is None:
        tag = tag_of(value[0])
        return resolved.make((resolved.key, tag), tuple(map(plain, value)), "pair", tag)
    return Leaf(
        resolved, resolved.key, (resolved.convert(value[0]), resolved.convert(value[1])), "pair"
    )


def _number(resolved: Resolved, value: Any) -> Leaf:
    if isinstance(value, tuple) and resolved.spec.name in ("month", "day"):
        return _period(resolved, value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise resolved.refuse(value, "give a whole number")
    return resolved.make(resolved.key, (int(value),))


def _period(resolved: Resolved, value: tuple[Any, ...]) -> Leaf:
    length = 2 if resolved.spec.name == "month" else 3
    example = "(2024, 5)" if length == 2 else "(2024, 5, 17)"
    if len(value) != length or not all(
        isinstance(item, int) and not isinstance(item, bool) for item in value
    ):
        raise resolved.refuse(value, f"give a number, or a tuple like {example}")
    try:
        start, end = period(kind_of(resolved.field.column_type), value)
    except ValueError as error:
        raise resolved.refuse(value, str(error)) from None
    values = (start,) if end is None else (start, end)
    return resolved.make((resolved.key, len(values)), values, "period", len(values))


def _date(resolved: Resolved, value: Any) -> Leaf:
    if isinstance(value, dt.datetime) or not isinstance(value, dt.date):
        raise resolved.refuse(value, "give a datetime.date")
    return resolved.make(resolved.key, (value,))


def _time(resolved: Resolved, value: Any) -> Leaf:
    if not isinstance(value, dt.time):
        raise resolved.refuse(value, "give a datetime.time")
    return resolved.make(resolved.key, (value,))


def _key(resolved: Resolved, value: Any) -> Leaf:
    if not isinstance(value, str):
        raise resolved.refuse(value, "give a key as text")
    return resolved.make(resolved.key, (value,))


def _keys(resolved: Resolved, value: Any) -> Leaf:
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise resolved.refuse(value, "give a list of keys")
    keys = list(value)
    if not all(isinstance(key, str) for key in keys):
        raise resolved.refuse(value, "keys are texts")
    return resolved.make(resolved.key, (keys,), "list")


def _json(resolved: Resolved, value: Any) -> Leaf:
    if resolved.operand_type is None:
        return _json_part(resolved, value)
    if kind_of(resolved.operand_type) == "json":
        return resolved.make(resolved.key, (value,))
    return resolved.make(resolved.key, (resolved.convert(value),))


def _contains(resolved: Resolved, value: Any) -> Leaf:
    if resolved.operand_type is not None and kind_of(resolved.operand_type) == "array":
        return _items(resolved, value)
    return _json(resolved, value)


def _items(resolved: Resolved, value: Any) -> Leaf:
    return resolved.make(resolved.key, (resolved.convert(value),))


_LEAVES: dict[str, Callable[[Resolved, Any], Leaf]] = {
    "value": _value,
    "text": _text,
    "flag": _isnull,
    "list": _list,
    "pair": _pair,
    "number": _number,
    "date": _date,
    "time": _time,
    "key": _key,
    "keys": _keys,
    "json": _contains,
    "items": _items,
}

# --- leaves -> IR, by the form of the leaf --------------------------------------------------


def _argument_type(resolved: Resolved, leaf: Leaf) -> _ir.ColumnType:
    if resolved.argument_type is not None:
        return resolved.argument_type
    return default_type(leaf.detail) if isinstance(leaf.detail, str) else "json"


def _render_plain(resolved: Resolved, leaf: Leaf, operand: _ir.Expr, scope: Scope) -> _ir.Predicate:
    argument = scope.builder.param(_argument_type(resolved, leaf), resolved.label)
    return resolved.predicate(operand, [argument])


def _render_null(resolved: Resolved, leaf: Leaf, operand: _ir.Expr, scope: Scope) -> _ir.Predicate:
    return {
        "lookup": {
            "name": "isnull",
            "operand": operand,
            "arguments": [{"literal": {"bool": leaf.detail}}],
        }
    }


def _render_list(resolved: Resolved, leaf: Leaf, operand: _ir.Expr, scope: Scope) -> _ir.Predicate:
    argument = scope.builder.param(_argument_type(resolved, leaf), resolved.label, many=True)
    return resolved.predicate(operand, [argument])


def _render_pair(resolved: Resolved, leaf: Leaf, operand: _ir.Expr, scope: Scope) -> _ir.Predicate:
    column_type = _argument_type(resolved, leaf)
    low = scope.builder.param(column_type, resolved.label)
    high = scope.builder.param(column_type, resolved.label)
    return resolved.predicate(operand, [low, high])


def _render_period(
    resolved: Resolved, leaf: Leaf, operand: _ir.Expr, scope: Scope
) -> _ir.Predicate:
    bounds: list[_ir.Predicate] = []
    for name in ("gte", "lt")[: leaf.detail]:
        argument = scope.builder.param(resolved.field.column_type, resolved.label)
        bounds.append({"lookup": {"name": name, "operand": operand, "arguments": [argument]}})
    return bounds[0] if len(bounds) == 1 else {"and": bounds}


def _render_expression(
    resolved: Resolved, leaf: Leaf, operand: _ir.Expr, scope: Scope
) -> _ir.Predicate:
    from oxyde.queries.subquery import QueryExpression

    value: Expression = leaf.detail
    if resolved.spec.takes == "list":
        assert isinstance(value, QueryExpression)
        return {"in_select": {"operand": operand, "select": value.select(scope.origin)}}
    argument = value.build(scope.origin, resolved.argument_type)
    return resolved.predicate(operand, [argument.ir])


_FORMS: dict[str, Callable[[Resolved, Leaf, _ir.Expr, Scope], _ir.Predicate]] = {
    "plain": _render_plain,
    "null": _render_null,
    "absent": _render_null,
    "list": _render_list,
    "pair": _render_pair,
    "period": _render_period,
    "expression": _render_expression,
}

# --- keys -> Resolved -----------------------------------------------------------------------


def resolve(names: Names, key: str) -> Resolved:
    """What a lookup key means on a model.

    Raises:
        FieldError: a name in it that the model does not have.
        FieldLookupError: a lookup that does not exist, or that the field does not take.
    """
    known = names.lookups.get(key)
    if known is None:
        known = names.lookups[key] = _resolve(names, key)
    return known


def _resolve(names: Names, key: str) -> Resolved:
    segments = key.split("__")
    hops: list[Hop] = []
    here = names
    label = names.label
    for position, segment in enumerate(segments):
        if segment in here.meta.relations:
            hop = here.hop(segment)
            hops.append(hop)
            here = names_of(hop.target.model)
            label = f"{label}.{segment}"
            continue
        if segment in here.meta.field_metadata or segment == "pk":
            field = here.field(segment)
            path = _trim(tuple(hops), field)
            return _finish(names, key, f"{label}.{segment}", *path, segments[position + 1 :])
        if hops and segment in SPECS:
            return _on_relation(names, key, label, tuple(hops), segments[position:])
        raise here.unknown(segment)
    return _on_relation(names, key, label, tuple(hops), [])


def _trim(hops: tuple[Hop, ...], field: FieldMeta) -> tuple[tuple[Hop, ...], FieldMeta]:
    """`author__id` is `author_id`: no join is needed for it."""
    while hops and not hops[-1].many and hops[-1].remote is field:
        field, hops = hops[-1].local, hops[:-1]
    return hops, field


def _on_relation(
    names: Names, key: str, label: str, hops: tuple[Hop, ...], rest: list[str]
) -> Resolved:
    last = hops[-1]
    if last.name in last.source.relations and last.source.relations[last.name].column is not None:
        path, field = hops[:-1], last.local
    else:
        field = _key_field(last)
        path = hops
    return _finish(names, key, label, path, field, rest, relation=last)


def _key_field(hop: Hop) -> FieldMeta:
    target = names_of(hop.target.model)
    if len(target.primary_key) != 1:
        raise FieldError(
            f"`{hop.source.model.__name__}.{hop.name}`: `{target.label}` has a key of several "
            "columns",
            hint=f"name one of them: `{hop.name}__{target.primary_key[0]}`",
        )
    return target.meta.field_metadata[target.primary_key[0]]


def _finish(
    names: Names,
    key: str,
    label: str,
    hops: tuple[Hop, ...],
    field: FieldMeta,
    rest: list[str],
    *,
    relation: Hop | None = None,
) -> Resolved:
    kind = kind_of(field.column_type)
    owner = hops[-1].target.model if hops else names.model
    if kind == "json":
        return _into_json(key, label, hops, field, rest, owner)
    if kind == "array" and rest and rest[0].isdigit():
        item: _ir.ColumnType = field.column_type["array"]["item"]  # type: ignore[index]
        spec = _spec(label, field, item, rest[1:])
        return Resolved(
            key, label, hops, field, spec, path=(int(rest[0]),), owner=owner, operand_type=item
        )
    if len(rest) > 1 and rest[0] in PARTS:
        _spec(label, field, field.column_type, rest[:1])
        result: _ir.ColumnType = part_type(rest[0])
        spec = _spec(label, field, result, rest[1:])
        if spec.name not in _COMPARISONS:
            raise _unknown_lookup(label, field, rest[1], _COMPARISONS)
        return Resolved(
            key, label, hops, field, spec, part=rest[0], owner=owner, operand_type=result
        )
    spec = _spec(label, field, field.column_type, rest)
    return Resolved(
        key,
        label,
        hops,
        field,
        spec,
        relation=relation,
        owner=owner,
        operand_type=field.column_type,
    )


def _into_json(
    key: str, label: str, hops: tuple[Hop, ...], field: FieldMeta, rest: list[str], owner: type[Any]
) -> Resolved:
    spec, path = SPECS["exact"], rest
    if rest and rest[-1] in SPECS:
        spec, path = SPECS[rest[-1]], rest[:-1]
    if not path:
        if "json" not in spec.kinds:
            raise _unfit(label, field, spec.name, "json")
        if spec.name == "contains":
            spec = Spec("contains", "json", spec.kinds)
        return Resolved(key, label, hops, field, spec, owner=owner, operand_type="json")
    if spec.name == "contains":
        spec = Spec("contains", "json", spec.kinds)
    items = tuple(int(item) if item.isdigit() else item for item in path)
    label = f"{label}.{'.'.join(path)}"
    return Resolved(key, label, hops, field, spec, path=items, owner=owner, operand_type=None)


def _spec(label: str, field: FieldMeta, column_type: _ir.ColumnType, rest: list[str]) -> Spec:
    if not rest:
        return SPECS["exact"]
    name = rest[0]
    spec = SPECS.get(name)
    if spec is None:
        if field.foreign_key is not None and field.relation:
            raise FieldLookupError(
                f"unknown lookup `{name}` for `{label}` ({type_name(field.python_type)})",
                hint=f"for a field of the row referred to: `{field.relation}__{name}`",
            )
        raise _unknown_lookup(label, field, name, SPECS)
    kind = kind_of(column_type)
    if kind not in spec.kinds:
        raise _unfit(label, field, name, kind)
    if len(rest) > 1:
        raise FieldLookupError(
            f"nothing can follow `{name}` in `{label}__{'__'.join(rest)}`",
            hint="a lookup is the last part of a path",
        )
    if kind == "array" and name == "contains":
        return Spec("contains", "json", spec.kinds)
    return spec


def _unknown_lookup(
    label: str, field: FieldMeta, name: str, known: Iterable[str]
) -> FieldLookupError:
    return FieldLookupError(
        f"unknown lookup `{name}` for `{label}` ({type_name(field.python_type)})",
        hint=hint_for(name, known),
    )


def _unfit(label: str, field: FieldMeta, name: str, kind: str) -> FieldLookupError:
    fitting = [each.name for each in SPECS.values() if kind in each.kinds]
    return FieldLookupError(
        f"lookup `{name}` does not fit `{label}` ({type_name(field.python_type)})",
        hint=f"it takes: {', '.join(sorted(fitting))}",
    )
