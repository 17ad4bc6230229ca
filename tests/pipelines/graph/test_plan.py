import pytest

from pipelines.errors import InvalidDefinition
from pipelines.graph.plan import make_plan
from tests.pipelines.kit import definition


def test_every_node_comes_after_its_predecessors_in_the_order_of_nodes() -> None:
    nodes = dict.fromkeys(["late", "b", "a", "first"], "tool")
    edges = [("first", "a"), ("first", "b"), ("b", "late"), ("a", "late")]

    plan = make_plan(definition(nodes, edges))

    assert [(step.node.id, step.predecessors) for step in plan] == [
        ("first", ()),
        ("b", ("first",)),
        ("a", ("first",)),
        ("late", ("b", "a")),
    ]


def test_refuses_a_cycle() -> None:
    with pytest.raises(InvalidDefinition, match="a -> b -> a"):
        make_plan(definition({"a": "tool", "b": "tool"}, [("a", "b"), ("b", "a")]))
