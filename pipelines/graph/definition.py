"""A pipeline's definition, and how it is read from JSON."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipelines.graph.fields import Fields, kind_of
from pipelines.graph.problems import Problem

# Far more than anybody draws; keeps the checks quick whatever is sent to them.
MAX_ITEMS: Mapping[str, int] = {"nodes": 64, "edges": 256, "entry_nodes": 64, "output_nodes": 64}
# Numbers, texts, lists and objects together: two tools that count in 32 zones of 100 points each have 19,300.
MAX_VALUES = 25_000
MAX_NAME = 200
MAX_DESCRIPTION = 4000


@dataclass(frozen=True)
class Node:
    """One step: a tool and its parameters."""

    id: str
    plugin_id: str
    tool_id: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "id": self.id,
            "plugin_id": self.plugin_id,
            "tool_id": self.tool_id,
            "params": dict(self.params),
        }


@dataclass(frozen=True)
class Edge:
    """An edge: the output of one node is the input of the other."""

    from_node: str
    to_node: str

    def as_dict(self) -> dict[str, str]:
        """The JSON form."""
        return {"from_node": self.from_node, "to_node": self.to_node}


@dataclass(frozen=True)
class PipelineDefinition:
    """A directed acyclic graph of tools; the order of `edges` decides which output wins where two meet."""

    id: str
    name: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    entry_nodes: tuple[str, ...]
    output_nodes: tuple[str, ...]
    description: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The JSON form, which `parse` reads back to an equal definition."""
        return {
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "nodes": [node.as_dict() for node in self.nodes],
            "edges": [edge.as_dict() for edge in self.edges],
            "entry_nodes": list(self.entry_nodes),
            "output_nodes": list(self.output_nodes),
        }


@dataclass(frozen=True)
class Draft:
    """The readable part of a definition that may have faults, so that every fault can be told at once.

    `unreadable` names the fields, nodes and edges that say nothing: `edges`, `nodes[read]`, `edges[1]`.
    Unreadable edges keep their place, with empty endpoints; nodes without an id are left out.
    """

    definition: PipelineDefinition
    problems: list[Problem]
    unreadable: frozenset[str]


def parse(data: Any) -> tuple[PipelineDefinition | None, list[Problem]]:
    """Read a definition from JSON; every wrong shape is noted at once, and then there is no definition."""
    draft = read(data)
    return (None if draft.problems else draft.definition), draft.problems


def read(data: Any) -> Draft:
    """Read what can be read of any JSON value; never raises."""
    problems = not_json(data) or too_many_values(data)
    if problems or not isinstance(data, dict):
        problems = problems or [Problem("pipeline", f"must be a JSON object, not {kind_of(data)}")]
        empty = PipelineDefinition("", "", (), (), (), ())
        return Draft(empty, problems, frozenset({"nodes", "edges", "entry_nodes", "output_nodes"}))
    return _Reader(data).draft()


def too_many_values(data: Any) -> list[Problem]:
    """The problem of a definition that holds more than anybody writes; counts no further than that."""
    left, ahead = MAX_VALUES, [data]
    while ahead:
        value = ahead.pop()
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        left -= len(inner)
        if left < 0:
            return [Problem("pipeline", f"holds more than {MAX_VALUES:,} values")]
        ahead.extend(inner)
    return []


def not_json(data: Any) -> list[Problem]:
    """The reason why a database could not store `data` as JSON, if there is one."""
    try:
        text = json.dumps(data, ensure_ascii=False, allow_nan=False)
        text.encode()
    except (ValueError, TypeError, RecursionError) as error:
        return [Problem("pipeline", f"is not plain JSON: {error}")]
    # An escaped backslash before u0000 is only text; without it, it is the character that databases refuse.
    if "\\u0000" in text.replace("\\\\", ""):
        return [Problem("pipeline", "holds the character U+0000, which cannot be stored")]
    return []


class _Reader:
    """Reads one object and remembers what went wrong."""

    def __init__(self, data: dict[str, Any]) -> None:
        self._problems: list[Problem] = []
        self._unreadable: set[str] = set()
        self._fields = Fields("", data, self._problems)

    def draft(self) -> Draft:
        fields = self._fields
        definition = PipelineDefinition(
            id=fields.slug("id") or "",
            name=fields.text("name", most=MAX_NAME) or "",
            description=fields.text("description", "", most=MAX_DESCRIPTION) or "",
            nodes=self._nodes(self._known("nodes", fields.items("nodes"))),
            edges=self._edges(self._known("edges", fields.items("edges", []))),
            entry_nodes=tuple(self._known("entry_nodes", fields.ids("entry_nodes"))),
            output_nodes=tuple(self._known("output_nodes", fields.ids("output_nodes"))),
        )
        fields.refuse_others()
        return Draft(definition, self._problems, frozenset(self._unreadable))

    def _known(self, where: str, values: list[Any] | None) -> list[Any]:
        if values is not None and len(values) > (most := MAX_ITEMS[where]):
            self._problems.append(Problem(where, f"has {len(values)} items; at most {most} are allowed"))
            values = None
        if values is None:
            self._unreadable.add(where)
        return values or []

    def _nodes(self, items: list[Any]) -> tuple[Node, ...]:
        nodes = (self._node(f"nodes[{index}]", item) for index, item in enumerate(items))
        return tuple(node for node in nodes if node is not None)

    def _node(self, where: str, item: Any) -> Node | None:
        if not self._is_object(where, item):
            return None
        if isinstance(item.get("id"), str) and item["id"].strip():
            where = f"nodes[{item['id']}]"
        fields = Fields(f"{where}.", item, self._problems)
        node_id, plugin_id, tool_id = fields.slug("id"), fields.text("plugin_id"), fields.text("tool_id")
        params = fields.object("params", {})
        fields.refuse_others()
        if plugin_id is None or tool_id is None or params is None:
            self._unreadable.add(where)
        return Node(node_id, plugin_id or "", tool_id or "", params or {}) if node_id else None

    def _edges(self, items: list[Any]) -> tuple[Edge, ...]:
        return tuple(self._edge(f"edges[{index}]", item) for index, item in enumerate(items))

    def _edge(self, where: str, item: Any) -> Edge:
        if not self._is_object(where, item):
            return Edge("", "")
        fields = Fields(f"{where}.", item, self._problems)
        from_node, to_node = fields.text("from_node"), fields.text("to_node")
        fields.refuse_others()
        if from_node is None or to_node is None:
            self._unreadable.add(where)
        return Edge(from_node or "", to_node or "")

    def _is_object(self, where: str, item: Any) -> bool:
        if isinstance(item, dict):
            return True
        self._problems.append(Problem(where, f"must be an object, not {kind_of(item)}"))
        self._unreadable.add(where)
        return False
