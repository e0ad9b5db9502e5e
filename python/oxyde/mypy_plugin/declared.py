"""What the plugin notes about a model when mypy reads its class: mypy keeps no assignments of
modules that come from its cache."""

from __future__ import annotations

from mypy.nodes import AssignmentStmt, CallExpr, EllipsisExpr, NameExpr, StrExpr, TypeInfo
from mypy.plugin import ClassDefContext

__all__ = ["MODEL", "note_fields", "noted", "required"]

MODEL = "oxyde.models.model.Model"
_KEY = "oxyde"
_MADE = frozenset({"db_pk", "db_default", "db_generated", "auto_now", "auto_now_add"})
_ALIASES = frozenset({"alias", "validation_alias"})


def note_fields(context: ClassDefContext) -> None:
    """Note of the fields of a model:

    - "keys": those of its primary key;
    - "made": those that a new row gets from the database;
    - "needed": those with `default=...`;
    - "aliases": further names in input;
    - "refers": `name=field` for a foreign key to another field than the key;
    - "open": one item if its configuration gives more names in input.
    """
    notes: dict[str, list[str]] = {}
    for statement in context.cls.defs.body:
        if not isinstance(statement, AssignmentStmt):
            continue
        target, value = statement.lvalues[0], statement.rvalue
        if not isinstance(target, NameExpr):
            continue
        if target.name == "model_config":
            notes.setdefault("open", []).append("model_config")
        elif isinstance(value, CallExpr):
            for kind, note in _notes(target.name, value):
                notes.setdefault(kind, []).append(note)
    context.cls.info.metadata[_KEY] = notes


def _notes(name: str, call: CallExpr) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for argument, value in zip(call.arg_names, call.args, strict=True):
        if argument in _MADE:
            found.append(("made", name))
        if argument == "db_pk":
            found.append(("keys", name))
        if argument == "default" and isinstance(value, EllipsisExpr):
            found.append(("needed", name))
        if argument in _ALIASES:
            found.append(("aliases", value.value) if isinstance(value, StrExpr) else ("open", name))
        if argument == "db_fk" and isinstance(value, StrExpr):
            found.append(("refers", f"{name}={value.value.rpartition('.')[2]}"))
    return found


def noted(info: TypeInfo, kind: str) -> set[str]:
    """What was noted of a kind for a model and its bases."""
    return {note for each in info.mro for note in each.metadata.get(_KEY, {}).get(kind, ())}


def required(info: TypeInfo) -> set[str]:
    """The fields without a default that the database does not fill in either."""
    names: dict[str, bool] = {}
    for each in reversed(info.mro):
        for attribute in each.metadata.get("dataclass", {}).get("attributes", ()):
            needed = attribute["is_in_init"] and not attribute["has_default"]
            names[attribute["name"]] = needed
    without_default = {name for name, needed in names.items() if needed} | noted(info, "needed")
    return without_default - noted(info, "made")
