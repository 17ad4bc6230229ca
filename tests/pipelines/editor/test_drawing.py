"""The drawing of a graph: everything is in it once, nothing overlaps, and no definition breaks it."""

from xml.etree.ElementTree import Element, fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.editor.drawing import BOX_WH, MAX_LETTERS, MAX_NODES, columns, graph_svg, layout
from pipelines.graph.definition import Edge, Node, PipelineDefinition

SVG = "{http://www.w3.org/2000/svg}"


def graph(nodes: str, edges: str = "", ends: tuple[str, str] = ("", "")) -> PipelineDefinition:
    """A graph of one-letter nodes and two-letter edges: `graph("abc", "ab bc", ("a", "c"))`."""
    return PipelineDefinition(
        id="p",
        name="P",
        nodes=tuple(Node(name, "toy", "box") for name in nodes),
        edges=tuple(Edge(edge[0], edge[1]) for edge in edges.split()),
        entry_nodes=tuple(ends[0]),
        output_nodes=tuple(ends[1]),
    )


def drawn(definition: PipelineDefinition, wrong: tuple[str, ...] = ()) -> Element:
    return fromstring(graph_svg(definition, wrong))


def test_a_node_stands_right_of_all_its_predecessors() -> None:
    assert columns(graph("abcd", "ab ac bd cd ad")) == {"a": 0, "b": 1, "c": 1, "d": 2}


@pytest.mark.parametrize("edges", ["aa", "ab ba", "ab bc ca", "ax xb"])
def test_what_is_no_proper_graph_is_drawn_all_the_same(edges: str) -> None:
    assert len(drawn(graph("abc", edges)).findall(f"{SVG}rect")) == 3


def test_edges_entries_and_outputs_are_arrows() -> None:
    svg = drawn(graph("abc", "ab bc", ("a", "c")))

    assert len(svg.findall(f"{SVG}path")) == 4
    assert svg.findtext(f"{SVG}title") == "3 steps: a to b, b to c"


def test_a_box_says_the_nodes_id_and_tool() -> None:
    texts = [element.text for element in drawn(graph("a")).iter(f"{SVG}text")]

    assert texts == ["a", "toy.box"]


def test_long_names_are_cut() -> None:
    long_name = PipelineDefinition("p", "P", (Node("n" * 64, "toy", "box"),), (), (), ())

    text = drawn(long_name).findtext(f"{SVG}text")

    assert text == "n" * (MAX_LETTERS - 1) + "…"


def test_wrong_nodes_are_marked() -> None:
    marked = [box.get("class") for box in drawn(graph("ab"), ("b",)).findall(f"{SVG}rect")]

    assert marked == ["node", "node wrong"]


@pytest.mark.parametrize("count", [0, MAX_NODES + 1])
def test_nothing_and_too_much_are_not_drawn(count: int) -> None:
    nodes = tuple(Node(f"n{index}", "toy", "box") for index in range(count))

    assert graph_svg(PipelineDefinition("p", "P", nodes, (), (), ())) == ""


@given(
    nodes=st.text("abcdefgh", min_size=1, max_size=8),
    edges=st.lists(st.text("abcdefghxyz", min_size=2, max_size=2), max_size=20),
)
def test_boxes_never_overlap(nodes: str, edges: list[str]) -> None:
    places = list(layout(graph(nodes, " ".join(edges))).values())

    for index, one in enumerate(places):
        for other in places[index + 1 :]:
            assert abs(one.x - other.x) >= BOX_WH[0] or abs(one.y - other.y) >= BOX_WH[1]
