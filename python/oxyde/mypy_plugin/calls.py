"""The checks of one call: each argument that names fields, or gives values for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from mypy.errorcodes import ErrorCode
from mypy.maptype import map_instance_to_supertype
from mypy.nodes import Context, DictExpr, Expression, ListExpr, StrExpr, TupleExpr
from mypy.plugin import MethodContext
from mypy.types import Instance, Type, get_proper_type

from oxyde.mypy_plugin.annotations import annotated, names_in_file
from oxyde.mypy_plugin.declared import MODEL, noted, required
from oxyde.mypy_plugin.nested import lambda_pairs, names_in
from oxyde.mypy_plugin.paths import Found, UnknownNameError, fields_of, parts_of, resolve
from oxyde.mypy_plugin.values import ValueCheck

__all__ = ["CALLS", "Call"]

FIELD = ErrorCode("oxyde-field", "A name that the model does not have", "Oxyde")
VALUE = ErrorCode("oxyde-value", "A value that does not fit the field", "Oxyde")

_STATE = "oxyde.queries.compile.state.QueryState"


@dataclass(frozen=True)
class Call:
    """A call of a method of queries of a model.

    Attributes:
        model: the model, with annotations as extra attributes.
    """

    method: str
    context: MethodContext
    model: Instance

    @classmethod
    def of(cls, method: str, context: MethodContext) -> Call | None:
        """The call; None if its model is not known, as in a generic repository."""
        receiver = get_proper_type(context.type)
        if not isinstance(receiver, Instance):
            return None
        info = next((each for each in receiver.type.mro if each.fullname == _STATE), None)
        receiver_model: Type = receiver
        if info is not None:
            receiver_model = get_proper_type(map_instance_to_supertype(receiver, info).args[0])
        if not isinstance(receiver_model, Instance) or not receiver_model.type.has_base(MODEL):
            return None
        if receiver_model.type.fullname == MODEL:
            # It has no fields: the rows of any model may be meant.
            return None
        return cls(method, context, annotated(receiver_model, context))

    def check(self, checks: dict[str, Check]) -> None:
        """Check each argument that has a check, and what is nested in any of them."""
        for formal, check in checks.items():
            for argument in self.arguments(formal):
                check(self, argument)
        for expressions in self.context.args:
            for expression in expressions:
                self._check_nested(expression)

    def arguments(self, formal: str) -> Iterator[Argument]:
        """The arguments that a parameter gets."""
        if formal not in self.context.callee_arg_names:
            return
        at = self.context.callee_arg_names.index(formal)
        arguments = zip(
            self.context.args[at],
            self.context.arg_names[at],
            self.context.arg_types[at],
            self.context.arg_kinds[at],
            strict=True,
        )
        for expression, name, found, kind in arguments:
            if not kind.is_star():
                yield Argument(name or "", expression, found)

    def given(self, formal: str) -> set[str] | None:
        """The names of keyword arguments; None if there are some that mypy does not know."""
        at = self.context.callee_arg_names.index(formal)
        if any(kind.is_star() for kind in self.context.arg_kinds[at]):
            return None
        return {name for name in self.context.arg_names[at] if name}

    def resolve(self, path: str, at: Expression, *, lookups: bool = False) -> Found | None:
        """What a path means; None if that is not known, or after an error."""
        first = parts_of(path)[0]
        extra = self.model.extra_attrs
        if (extra is not None and first in extra.attrs) or self._is_declared(first):
            return None
        if first not in fields_of(self.model.type) and first in names_in_file(self.context):
            return None
        try:
            return resolve(self.model.type, path, lookups=lookups)
        except UnknownNameError as error:
            self.fail(str(error), at)
            return None

    def _is_declared(self, name: str) -> bool:
        """Whether the model declares an annotation of this name."""
        symbol = self.model.type.get(name)
        return symbol is not None and getattr(symbol.node, "is_classvar", False)

    def fail(self, message: str, at: Context, code: ErrorCode = FIELD) -> None:
        """Report an error."""
        self.context.api.fail(message, at, code=code)

    def check_value(self, found: Found | None, value: Expression, kind: Type, name: str) -> None:
        """Report a value that a field or lookup does not take."""
        if found is None:
            return
        wrong = ValueCheck(self.context.api).fault(found, kind, nested="__" in name)
        if wrong is not None:
            self.fail(f'"{name}" of "{self.model.type.name}" {wrong}', value, VALUE)

    def _check_nested(self, expression: Expression) -> None:
        for name, node, lookup in names_in(expression):
            found = self.resolve(name, node, lookups=lookup is not None)
            kind = None if lookup is None else _type_of(self, lookup)
            if lookup is not None and kind is not None:
                self.check_value(found, lookup, kind, name)


@dataclass(frozen=True)
class Argument:
    """An argument: its keyword (or ""), expression and type."""

    name: str
    expression: Expression
    type: Type


Check: TypeAlias = Callable[[Call, Argument], None]


def _type_of(call: Call, expression: Expression) -> Type | None:
    known: Type | None = call.context.api.lookup_type_or_none(expression)  # type: ignore[attr-defined]
    return known


def _lookup(call: Call, argument: Argument) -> None:
    found = call.resolve(argument.name, argument.expression, lookups=True)
    call.check_value(found, argument.expression, argument.type, argument.name)


def _value(call: Call, argument: Argument) -> None:
    """A value for a field: `create(title="x")`, `update(views=1)`."""
    _check_field(call, argument.name, argument.expression, argument.type)


def _check_field(call: Call, name: str, at: Expression, kind: Type | None) -> None:
    if name in noted(call.model.type, "aliases") or noted(call.model.type, "open"):
        return
    if name not in fields_of(call.model.type) and name != "pk":
        call.resolve(parts_of(name)[0], at)
        return
    found = call.resolve(name, at)
    if kind is not None:
        call.check_value(found, at, kind, name)


def _path(call: Call, argument: Argument) -> None:
    if isinstance(argument.expression, StrExpr):
        path = argument.expression.value.lstrip("+-")
        if path and path != "?":
            call.resolve(path, argument.expression)


def _relation(call: Call, argument: Argument) -> None:
    found = _named_relation(call, argument)
    if found is not None and found.model is None:
        call.fail(f'"{_text(argument)}" is not a relation', argument.expression)


def _foreign_key(call: Call, argument: Argument) -> None:
    found = _named_relation(call, argument)
    if found is None:
        return
    bare = get_proper_type(found.type) if found.type is not None else None
    if found.model is None:
        call.fail(f'"{_text(argument)}" is not a foreign key', argument.expression)
    elif isinstance(bare, Instance) and bare.type.fullname == "builtins.list":
        call.fail(
            f'"{_text(argument)}" has many rows, which join() cannot load: use prefetch()',
            argument.expression,
        )


def _text(argument: Argument) -> str:
    return argument.expression.value if isinstance(argument.expression, StrExpr) else ""


def _named_relation(call: Call, argument: Argument) -> Found | None:
    path = _text(argument)
    return call.resolve(path, argument.expression) if path else None


def _fields(call: Call, argument: Argument) -> None:
    """A list of names of fields, or one name."""
    listed = argument.expression
    items = listed.items if isinstance(listed, ListExpr | TupleExpr) else [listed]
    for item in items:
        if isinstance(item, StrExpr):
            _check_field(call, item.value, item, None)


def _mapping(call: Call, argument: Argument) -> None:
    """A dict of values by field, or a list of them."""
    listed = argument.expression
    rows = listed.items if isinstance(listed, ListExpr | TupleExpr) else [listed]
    for row in rows:
        if not isinstance(row, DictExpr):
            continue
        for key, value in row.items:
            if isinstance(key, StrExpr):
                _check_field(call, key.value, value, _type_of(call, value))


def _assignments(call: Call, argument: Argument) -> None:
    """A function to a dict of values by field: ``lambda p: {p.views: 3}``."""
    for key, value in lambda_pairs(argument.expression):
        field, kind = _type_of(call, key), _type_of(call, value)
        if field is not None and kind is not None and not isinstance(key, StrExpr):
            call.check_value(Found(field), value, kind, getattr(key, "name", "value"))


def _row(call: Call, argument: Argument) -> None:
    """A row, or the key of one: `post.tags_set.add(tag)`."""
    call.check_value(
        Found(call.model, takes="any", model=call.model.type),
        argument.expression,
        argument.type,
        call.method,
    )


def check_complete(call: Call) -> None:
    """Report fields that a new row lacks."""
    given = call.given("values")
    instance = list(call.arguments("instance"))
    if given is None or instance:
        return
    fields = fields_of(call.model.type)
    if noted(call.model.type, "open") or given & noted(call.model.type, "aliases"):
        return
    for name in sorted(required(call.model.type)):
        relation = name.removesuffix("_id")
        is_key = relation != name and relation in fields
        if not is_key and not given & {name, f"{name}_id"}:
            call.fail(f'create() of "{call.model.type.name}" needs "{name}"', call.context.context)


_FILTER: dict[str, Check] = {"lookups": _lookup}
_PATHS: dict[str, Check] = {"fields": _path}
_SETS: dict[str, Check] = {"values": _value}
_MEASURED: dict[str, Check] = {"field": _path}
_ROWS: dict[str, Check] = {"items": _row}
_LISTS: dict[str, Check] = {"update_fields": _fields, "unique_fields": _fields}

# What the parameters of each method mean.
CALLS: dict[str, dict[str, Check]] = {
    **dict.fromkeys(("filter", "exclude", "having", "get", "get_or_none"), _FILTER),
    "get_or_create": {**_FILTER, "defaults": _mapping},
    "update_or_create": {**_FILTER, "defaults": _mapping, "create_defaults": _mapping},
    "create": _SETS,
    "upsert": {**_SETS, **_LISTS, "update": _mapping},
    "update": {**_SETS, "assignments": _assignments},
    "bulk_create": {**_LISTS, "objects": _mapping},
    "bulk_update": {"fields": _fields, "expressions": _value, "assignments": _assignments},
    "increment": {"field": _fields, "amounts": _value},
    "decrement": {"field": _fields, "amounts": _value},
    "order_by": {"terms": _path},
    **dict.fromkeys(("latest", "earliest"), _PATHS),
    **dict.fromkeys(("values", "values_list", "group_by"), _PATHS),
    "select": {"columns": _path},
    "distinct": {"fields": _path, "on": _fields},
    "annotate": {},
    "alias": {},
    "aggregate": {},
    "into": {"columns": _path},
    "only": {"fields": _path},
    "defer": {"fields": _path},
    "join": {"paths": _foreign_key},
    "prefetch": {"paths": _relation},
    "unscoped": {"relations": _relation},
    **dict.fromkeys(("sum", "avg", "min", "max"), _MEASURED),
    "in_bulk": {"field": _fields},
    **dict.fromkeys(("add", "remove"), _ROWS),
    "save": _LISTS,
    "refresh": {"fields": _fields},
}
