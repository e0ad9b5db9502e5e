"""What a query becomes: its shape, values and IR, without a database."""

from __future__ import annotations

from typing import Any

from oxyde.queries.compile.select import build_select
from oxyde.queries.compile.shape import shape_of
from oxyde.queries.ir.scope import Builder


def shape(query: Any) -> Any:
    return shape_of(query, [])


def values(query: Any) -> list[Any]:
    found: list[Any] = []
    shape_of(query, found)
    return found


def select(query: Any) -> dict[str, Any]:
    """The SELECT; its params are those that the shape lists, in that order."""
    builder = Builder()
    built = build_select(query, builder)
    assert builder.index == len(values(query))
    assert len(builder.labels) <= builder.index
    return built.select  # type: ignore[return-value]


def params(node: Any) -> list[tuple[int, Any, bool]]:
    """All params below a node of the IR: index, type, whether it is a list."""
    if isinstance(node, dict):
        if set(node) == {"param"}:
            inner = node["param"]
            return [(inner["index"], inner["type"], inner["list"])]
        return [each for value in node.values() for each in params(value)]
    if isinstance(node, list):
        return [each for value in node for each in params(value)]
    return []


def where(query: Any) -> Any:
    return select(query)["filter"]


def brief(node: Any) -> Any:
    """An IR predicate or expression in a form that is short to write down."""
    if node is None or isinstance(node, str | int | bool):
        return node
    ((kind, inner),) = node.items()
    match kind:
        case "and" | "or" | "xor":
            return (kind, *[brief(each) for each in inner])
        case "not" | "unless":
            return (kind, brief(inner))
        case "lookup":
            return (inner["name"], brief(inner["operand"]), *map(brief, inner["arguments"]))
        case "column":
            return f"{inner['table']}.{inner['name']}" if inner["table"] else inner["name"]
        case "param":
            return f"${inner['index']}{'[]' if inner['list'] else ''}"
        case "literal":
            return inner if isinstance(inner, str) else next(iter(inner.values()))
        case "binary":
            return (inner["op"], brief(inner["left"]), brief(inner["right"]))
        case "function":
            return (inner["name"], *map(brief, inner["arguments"]))
        case "aggregate":
            return (inner["name"], *map(brief, inner["arguments"]))
        case "exists":
            return ("exists", brief_select(inner))
        case "subquery":
            return ("subquery", brief_select(inner["select"]))
        case "in_select":
            return ("in", brief(inner["operand"]), brief_select(inner["select"]))
        case "json_path":
            steps = [next(iter(step.values())) for step in inner["path"]]
            return ("path", brief(inner["operand"]), *steps, inner["type"])
        case "cast":
            return ("cast", brief(inner["operand"]), inner["type"])
        case "predicate":
            return brief(inner)
        case _:
            return (kind, inner)


def brief_select(select: dict[str, Any]) -> tuple[Any, ...]:
    source = select["from"]
    table = (
        source["table"]["name"] if "table" in source else brief_select(source["subquery"]["select"])
    )
    joins = [
        (join["source"]["table"]["name"], join["source"]["table"]["alias"], brief(join["on"]))
        for join in select["joins"]
    ]
    outputs = [brief(output["expr"]) for output in select["outputs"]]
    return (outputs, table, *joins, brief(select["filter"]))
