"""Whatever a database holds, the models that are written for it are models and nothing else."""

from __future__ import annotations

import ast
import keyword
import warnings
from collections.abc import Iterator
from typing import Any

import msgpack
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oxyde import Model
from oxyde.codegen import models_of, models_source
from oxyde.models.tables.schema import schema_of

HOSTILE = [
    "a\r        import os",
    'x"""y',
    "x'''y",
    "back\\",
    'quote"',
    "\\N{DIGIT ONE}\\x41\\",
    "{x!r}%s",
    "\u2028\u2029\x85\x0b\x0c\x1c",
    "nul\0",
    "\u202eabc\u200b\ufeff",
    "#!/bin/sh\n",
    "💥 ﬁ ² \U000e0041",
    "",
]
texts = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
)
WORDS = [
    *keyword.kwlist,
    *[name for name in dir(Model) if not name.startswith("_")],
    *["int", "str", "date", "datetime", "Field", "Model", "Enum", "Any", "list", "dict", "Index"],
    *["_id", "__x__", "a__b", "1st", "mro", "register", "pk", "model_dump_x", "annotations"],
    *["author", "author_id", "author_ref", "Author", "AUTHOR", "a b", "a-b", "a_b", "ﬁle", "file"],
]
names = st.one_of(st.sampled_from([*WORDS, *HOSTILE[:-1]]), texts.filter(bool)).filter(
    lambda name: "\0" not in name and len(name.encode()) <= 40
)


@st.composite
def schemas(draw: st.DrawFn) -> dict[str, Any]:
    """Tables with columns of any names, of which the first is the key."""
    tables: list[dict[str, Any]] = []
    for name in draw(st.lists(names, min_size=1, max_size=4, unique=True)):
        labels = draw(
            st.lists(names.map(str.strip).filter(bool), min_size=1, max_size=4, unique=True)
        )
        types = st.sampled_from(
            ["big_int", "text", "date", "date_time", "decimal", "uuid", "json", "enum", "key"]
        )
        columns: list[dict[str, Any]] = []
        keys: list[dict[str, Any]] = []
        for number, column in enumerate(draw(st.lists(names, min_size=1, max_size=6, unique=True))):
            kind = "big_int" if number == 0 else draw(types)
            made: dict[str, Any] = {"name": column, "nullable": number > 0, "type": kind}
            if kind == "decimal":
                made["type"] = {"decimal": {"precision": 5, "scale": 2}}
            elif kind == "enum":
                made["type"] = {"enum": {"name": f"t{len(tables)}{number}", "values": labels}}
            elif kind == "key":
                target = draw(st.sampled_from(tables)) if tables else None
                made["type"] = "big_int"
                if target is not None:
                    keys.append(
                        {
                            "name": f"k{len(tables)}{number}",
                            "columns": [column],
                            "target_table": target["name"],
                            "target_columns": target["primary_key"],
                            "on_delete": "restrict",
                            "on_update": "no_action",
                        }
                    )
            if draw(st.booleans()):
                made["comment"] = draw(texts)
            if kind == "text" and draw(st.booleans()):
                made["default"] = draw(texts.filter(bool))
            columns.append(made)
        table: dict[str, Any] = {
            "name": name,
            "columns": columns,
            "primary_key": [columns[0]["name"]],
            "comment": draw(texts),
        }
        if keys:
            table["foreign_keys"] = keys
        if draw(st.booleans()):
            table["checks"] = [{"name": f"c{len(tables)}", "condition": draw(texts.filter(bool))}]
        tables.append(table)
    return {"tables": tables}


def packed(schema: dict[str, Any]) -> bytes:
    data = msgpack.packb(schema)
    assert isinstance(data, bytes)
    return data


@pytest.fixture(autouse=True)
def strict() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def check_is_only_models(source: str) -> None:
    """Imports and classes; in a class assignments of names, literals and calls of a few names."""
    tree = ast.parse(source)
    for node in tree.body[1:]:
        assert isinstance(node, ast.ImportFrom | ast.ClassDef), ast.dump(node)
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert {call.id for call in calls if isinstance(call, ast.Name)} <= {"Field", "Check", "Index"}
    assert all(isinstance(call, ast.Name) for call in calls)


@given(schemas())
@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
def test_models_hold_what_the_database_has(schema: dict[str, Any]) -> None:
    source = models_source(packed(schema), "postgres")
    check_is_only_models(source)
    models = models_of(packed(schema), "postgres")
    assert list(models) and set(models) == {table["name"] for table in schema["tables"]}
    again = {table["name"]: table for table in schema_of(models.values())["tables"]}
    for table in schema["tables"]:
        found = again[table["name"]]
        assert found["primary_key"] == table["primary_key"]
        assert {column["name"]: column for column in found["columns"]}.keys() == {
            column["name"] for column in table["columns"]
        }
        columns = {column["name"]: column for column in found["columns"]}
        for column in table["columns"]:
            for key in ("type", "comment", "default"):
                if key == "default" and "default" in column:
                    assert "default" in columns[column["name"]]
                else:
                    assert columns[column["name"]].get(key) == column.get(key)
        assert [check["condition"] for check in found.get("checks", [])] == [
            check["condition"] for check in table.get("checks", [])
        ]
        assert len(found.get("foreign_keys", [])) == len(table.get("foreign_keys", []))


@pytest.mark.parametrize("name", WORDS)
def test_a_column_of_any_name(name: str) -> None:
    columns = [
        {"name": "key column", "type": "big_int", "nullable": False},
        {"name": name, "type": "date", "nullable": True},
        {"name": "day", "type": "date", "nullable": True},
    ]
    table = {"name": name, "columns": columns, "primary_key": ["key column"]}
    (model,) = models_of(packed({"tables": [table]}), "sqlite").values()
    assert model._db_meta.columns.keys() == {"key column", name, "day"}
    field = model._db_meta.columns[name]
    assert model(**{field: "2024-02-03"}).model_dump()[field].day == 3


def test_a_table_without_a_key_is_read_only() -> None:
    column = {"name": "n", "type": "integer", "nullable": True}
    tables = [
        {"name": "a\rraise SystemExit", "columns": [column], "primary_key": []},
        {"name": "b", "columns": [column], "primary_key": ["n"]},
    ]
    tables[1]["columns"] = [{**column, "nullable": False}]
    models = models_of(packed({"tables": tables}), "mysql")
    assert {name: model._db_meta.read_only for name, model in models.items()} == {
        "a\rraise SystemExit": True,
        "b": False,
    }
