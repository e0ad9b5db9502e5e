"""The classes of a stub for one model: its keywords, its query and its manager."""
# ruff: noqa: E501 (a line for each method)

from __future__ import annotations

from collections.abc import Iterable

from oxyde.stubs.keywords import Keywords

__all__ = ["classes_of"]

_PLACE = "using: str | None = None, client: Executor | None = None"

# Builders that only keep the type of the query.
_KEEPING = """\
    def limit(self, count: int | None) -> {query}: ...
    def offset(self, count: int | None) -> {query}: ...
    def none(self) -> {query}: ...
    def reverse(self) -> {query}: ...
    def strict(self) -> {query}: ...
    def fresh(self) -> {query}: ...
    def using(self, name: str) -> {query}: ...
    def client(self, executor: Executor) -> {query}: ...
    def unvalidated(self) -> {query}: ...
    def for_update(self, *, nowait: bool = False, skip_locked: bool = False, of: Sequence[str] = ()) -> {query}: ...
    def for_share(self, *, nowait: bool = False, skip_locked: bool = False, of: Sequence[str] = ()) -> {query}: ...
    def filter(self, *conditions: Clause[{model}], **lookups: Unpack[_{model}Lookups]) -> {query}: ...
    def exclude(self, *conditions: Clause[{model}], **lookups: Unpack[_{model}Lookups]) -> {query}: ...
    def order_by(self, *terms: _{model}Order | Expression | OrderBy | Callable[[{model}], Any]) -> {query}: ...
    def distinct(self, *fields: _{model}Path | Callable[[{model}], object], on: str | Sequence[str] = ()) -> {query}: ...
    def only(self, *fields: _{model}Path | Callable[[{model}], object]) -> {query}: ...
    def defer(self, *fields: _{model}Path | Callable[[{model}], object]) -> {query}: ...
    def join(self, *paths: _{model}One | Callable[[{model}], object]) -> {query}: ...
    def prefetch(self, *paths: _{model}Many | Prefetch | Callable[[{model}], object]) -> {query}: ...
    def annotate(self, *functions: Callable[[{model}], Mapping[Any, Any]], **expressions: Expression | Callable[[{model}], Any]) -> Query[{model}, {row}]: ...
    def group_by(self, *fields: _{model}Path | Callable[[{model}], object]) -> Query[{model}, dict[str, Any]]: ...
    def values(self, *fields: _{model}Path, **expressions: Expression) -> Query[{model}, dict[str, Any]]: ...
"""
_READING = """\
    async def get(self, *conditions: Clause[{model}], {place}, **lookups: Unpack[_{model}Lookups]) -> {row}: ...
    async def get_or_none(self, *conditions: Clause[{model}], {place}, **lookups: Unpack[_{model}Lookups]) -> {row} | None: ...
    async def latest(self, *fields: _{model}Order | Callable[[{model}], object], {place}) -> {row}: ...
    async def earliest(self, *fields: _{model}Order | Callable[[{model}], object], {place}) -> {row}: ...
"""
_KEYED = """\
    @overload
    async def in_bulk(self, keys: Iterable[_S], *, field: _{model}Field | Literal["pk"] = "pk", {place}) -> dict[_S, {row}]: ...
    @overload
    async def in_bulk(self, keys: None = None, *, field: _{model}Field | Literal["pk"] = "pk", {place}) -> dict[Any, {row}]: ...
"""
_WRITING = """\
    async def get_or_create(self, defaults: _{model}Values | None = None, *, {place}, **lookups: Unpack[_{model}Lookups]) -> tuple[{model}, bool]: ...
    async def update_or_create(self, defaults: _{model}Values | None = None, *, create_defaults: _{model}Values | None = None, {place}, **lookups: Unpack[_{model}Lookups]) -> tuple[{model}, bool]: ...
    @overload
    async def create(self, *, instance: {model}, {place}) -> {model}: ...
    @overload
    async def create(self, *, {place}, **values: Unpack[_{model}New]) -> {model}: ...
    async def upsert(self, *, unique_fields: Iterable[_{model}Field] | None = None, update_fields: Iterable[_{model}Field] | None = None, update: _{model}Values | None = None, {place}, **values: Unpack[_{model}Values]) -> {model}: ...
    @overload
    async def update(self, *assignments: Callable[[{model}], Mapping[Any, Any]], returning: Literal[False] = False, {place}, **values: Unpack[_{model}Values]) -> int: ...
    @overload
    async def update(self, *assignments: Callable[[{model}], Mapping[Any, Any]], returning: Literal[True], {place}, **values: Unpack[_{model}Values]) -> list[{model}]: ...
    async def bulk_update(self, objects: Iterable[{model}], fields: Iterable[_{model}Field] = (), *assignments: Callable[[{model}], Mapping[Any, Any]], batch_size: int | None = None, {place}, **expressions: Unpack[_{model}Values]) -> int: ...
    async def increment(self, field: _{model}Field | None = None, by: object = 1, *, {place}, **amounts: Unpack[_{model}Values]) -> int: ...
    async def decrement(self, field: _{model}Field | None = None, by: object = 1, *, {place}, **amounts: Unpack[_{model}Values]) -> int: ...
"""
_LISTS = """\
    @overload
    def values_list(self, function: Callable[[{model}], _S], /, *, flat: bool = False) -> Query[{model}, _S]: ...
{flat}    @overload
    def values_list(self, *fields: _{model}Path, flat: Literal[False] = False, named: Literal[False] = False) -> Query[{model}, tuple[Any, ...]]: ...
    @overload
    def values_list(self, *fields: _{model}Path, flat: bool = False, named: bool = False) -> Query[{model}, Any]: ...
"""
_FLAT = """\
    @overload
    def values_list(self, field: Literal[{names}], /, *, flat: Literal[True]) -> Query[{model}, {type}]: ...
"""
_OF_FUNCTION = """\
    @overload
    async def {verb}(self, field: Callable[[{model}], _S | None], *, {place}) -> _S | None: ...
"""
_OF_NAME = """\
    @overload
    async def {verb}(self, field: Literal[{names}], *, {place}) -> {type}: ...
"""
_OF_PATH = """\
    @overload
    async def {verb}(self, field: Expression | _{model}Path, *, {place}) -> Any: ...
"""


def classes_of(model: str, keywords: Keywords, query: str) -> str:
    """The source of the classes that a model's stub needs besides the model.

    Args:
        query: the name of the class of its queries.
    """
    values, paths = keywords.values(), keywords.paths()
    needed = keywords.needed()
    new = {name: f"Required[{kind}]" if name in needed else kind for name, kind in values.items()}
    parts = [
        _typed_dict(f"_{model}Lookups", keywords.lookups()),
        _typed_dict(f"_{model}Values", values),
        _typed_dict(f"_{model}New", new),
        _literal(f"_{model}Field", values),
        _literal(f"_{model}Path", paths),
        _literal(f"_{model}Order", ["?", *paths, *(f"-{path}" for path in paths)]),
        _literal(f"_{model}One", keywords.relations(many=False)),
        _literal(f"_{model}Many", keywords.relations(many=True)),
        f"class {query}(Query[{model}, _R], Generic[_R]):",
        _methods(model, "Self", "_R", keywords),
        "    def __getitem__(self, item: slice) -> Self: ...\n",
        f"class {model}Manager(QueryManager[{model}]):",
        _methods(model, f"{query}[{model}]", model, keywords),
    ]
    return "\n".join(parts)


def _typed_dict(name: str, keys: dict[str, str]) -> str:
    lines = "\n".join(f'    "{key}": {kind},' for key, kind in keys.items())
    return f'{name} = TypedDict("{name}", {{\n{lines}\n}}, total=False)\n'


def _literal(name: str, texts: Iterable[str]) -> str:
    listed = ", ".join(f'"{text}"' for text in texts)
    return f"{name}: TypeAlias = Literal[{listed}]\n" if listed else f"{name}: TypeAlias = Never\n"


def _methods(model: str, query: str, row: str, keywords: Keywords) -> str:
    kinds = {kind: ", ".join(f'"{n}"' for n in ns) for kind, ns in keywords.by_type().items()}
    flat = [_FLAT.format(model=model, names=names, type=kind) for kind, names in kinds.items()]
    made = _KEEPING + _READING + _KEYED + _WRITING + _LISTS.replace("{flat}", "".join(flat))
    methods = made.format(model=model, query=query, row=row, place=_PLACE)
    for verb in ("sum", "max", "min", "avg"):
        methods += _aggregates(model, verb, kinds)
    return methods


def _aggregates(model: str, verb: str, kinds: dict[str, str]) -> str:
    methods = "" if verb == "avg" else _OF_FUNCTION.format(verb=verb, model=model, place=_PLACE)
    for kind, names in kinds.items():
        bare = kind.removesuffix(" | None")
        if verb == "avg":
            bare = "float" if bare in ("int", "float") else "Any"
        found = f"{bare} | None"
        methods += _OF_NAME.format(verb=verb, names=names, type=found, place=_PLACE)
    if verb == "avg":
        methods += _OF_FUNCTION.replace("_S | None", "Any").format(
            verb=verb, model=model, place=_PLACE
        )
    return methods + _OF_PATH.format(verb=verb, model=model, place=_PLACE)
