from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from pipelines.graph.definition import Draft, PipelineDefinition, read
from pipelines.graph.structure import check_structure, find_cycle, predecessors, reachable
from tests.pipelines.kit import definition


def said(graph: PipelineDefinition, unreadable: Iterable[str] = ()) -> list[str]:
    return [str(problem) for problem in check_structure(Draft(graph, [], frozenset(unreadable)))]


def chain(*ids: str) -> dict[str, str]:
    return dict.fromkeys(ids, "tool")


def test_a_diamond_is_sound() -> None:
    edges = [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")]

    assert said(definition(chain("a", "b", "c", "d"), edges)) == []


def test_a_graph_needs_nodes() -> None:
    assert said(PipelineDefinition("p", "P", (), (), (), ())) == [
        "nodes: is empty: a pipeline needs at least one node"
    ]


def test_nodes_that_cannot_be_read_are_not_called_missing() -> None:
    assert said(PipelineDefinition("p", "P", (), (), (), ()), ["nodes"]) == []


def test_ids_differ() -> None:
    nodes = [{"id": node_id, "plugin_id": "p", "tool_id": "t"} for node_id in ("a", "a", "b")]
    data = {"id": "p", "name": "P", "nodes": nodes, "entry_nodes": ["a", "b"], "output_nodes": ["a", "b"]}

    assert [str(problem) for problem in check_structure(read(data))] == [
        "nodes[a]: 2 nodes have this id: ids must differ"
    ]


@pytest.mark.parametrize("node_id", ["wait", "decode", "send", "total"])
def test_a_node_does_not_hide_a_stage(node_id: str) -> None:
    assert said(definition(chain(node_id))) == [
        f"nodes[{node_id}]: this id is the name of a stage that every run measures: take another"
    ]


def test_edges_join_nodes_that_are_there() -> None:
    assert said(definition(chain("a", "b"), [("a", "b"), ("x", "b"), ("a", "y")])) == [
        "edges[1].from_node: no node has the id 'x'; there are: a, b",
        "edges[2].to_node: no node has the id 'y'; there are: a, b",
    ]


def test_no_edge_is_there_twice_or_leads_to_itself() -> None:
    assert said(definition(chain("a", "b"), [("a", "b"), ("a", "b"), ("b", "b")])) == [
        "edges[1]: is there twice: a -> b",
        "edges[2]: leads from 'b' to itself",
    ]


def test_an_edge_that_cannot_be_read_is_not_judged_twice() -> None:
    assert said(definition(chain("a"), [("", "")]), ["edges[0]"]) == []


def test_a_cycle_is_shown_as_a_path() -> None:
    edges = [("a", "b"), ("b", "c"), ("c", "d"), ("d", "b"), ("d", "e")]

    assert said(definition(chain("a", "b", "c", "d", "e"), edges)) == [
        "edges: form a cycle: b -> c -> d -> b"
    ]


def test_every_separate_cycle_is_shown() -> None:
    edges = [("a", "b"), ("b", "a"), ("c", "d"), ("d", "c"), ("b", "c")]
    lines = said(definition(chain("a", "b", "c", "d"), edges, output=["b", "d"]))

    assert [line for line in lines if "cycle" in line] == [
        "edges: form a cycle: a -> b -> a",
        "edges: form a cycle: c -> d -> c",
    ]


@pytest.mark.parametrize("field", ["entry_nodes", "output_nodes"])
def test_entries_and_outputs_are_named(field: str) -> None:
    graph = definition(chain("a"))
    names: Mapping[str, Any] = {"entry_nodes": graph.entry_nodes, "output_nodes": graph.output_nodes}

    assert f"{field}: is empty: name at least one node" in said(
        PipelineDefinition("p", "P", graph.nodes, (), **{**names, field: ()})
    )
    assert said(PipelineDefinition("p", "P", graph.nodes, (), **{**names, field: ("a", "z", "a")})) == [
        f"{field}: names 'a' 2 times",
        f"{field}: no node has the id 'z'; there are: a",
    ]
    lines = said(PipelineDefinition("p", "P", graph.nodes, (), **{**names, field: ()}), [field])
    assert lines == []


def test_an_entry_follows_nothing() -> None:
    assert said(definition(chain("a", "b", "c"), [("a", "c"), ("b", "c")], entry=["a", "b", "c"])) == [
        "nodes[c]: is an entry node and cannot follow a, b"
    ]


def test_every_node_is_reached() -> None:
    assert said(definition(chain("a", "b", "c"), [("a", "c"), ("b", "c")])) == [
        "nodes[b]: cannot be reached from the entry nodes"
    ]


def test_every_end_is_an_output() -> None:
    assert said(definition(chain("a", "b", "c"), [("a", "b"), ("a", "c")])) == [
        "nodes[b]: leads nowhere: no node follows it, and it is not an output node"
    ]


def test_ends_are_not_judged_where_edges_cannot_be_read() -> None:
    assert said(definition(chain("a", "b")), ["edges"]) == []


def test_predecessors_come_in_the_order_of_the_edges_and_once() -> None:
    edges = [("b", "c"), ("a", "c"), ("b", "c"), ("c", "c"), ("x", "c"), ("c", "x")]

    assert predecessors(definition(chain("a", "b", "c"), edges)) == {"a": [], "b": [], "c": ["b", "a"]}


def test_reaches_what_can_be_reached_even_round_a_cycle() -> None:
    graph = definition(
        chain("a", "b", "c", "d"), [("a", "b"), ("b", "c"), ("c", "b")], entry=["a", "unknown"]
    )

    assert reachable(graph) == {"a", "b", "c"}


@pytest.mark.parametrize(
    ("before", "cycle"),
    [
        ({}, []),
        ({"a": [], "b": ["a"]}, []),
        ({"a": ["gone"]}, []),
        ({"b": ["a"], "a": ["b"]}, ["b", "a"]),
        ({"late": ["c"], "a": ["c"], "b": ["a"], "c": ["b"]}, ["a", "b", "c"]),
    ],
)
def test_finds_a_cycle(before: Mapping[str, list[str]], cycle: list[str]) -> None:
    assert find_cycle(before) == cycle
