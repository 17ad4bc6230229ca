"""Draws a pipeline's graph as an SVG, from left to right, in columns; a stylesheet gives it its colours."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, tostring

from pipelines.graph.definition import Node, PipelineDefinition

BOX_WH = (176, 54)
GAP_XY = (64, 22)
MARGIN = 40
# Room for about as many letters as fit into a box.
MAX_LETTERS = 21
MAX_NODES = 60


@dataclass(frozen=True)
class Place:
    """The position of a node's box: its left top corner in the picture's units."""

    x: int
    y: int

    @property
    def left(self) -> tuple[int, int]:
        """The point where edges come in."""
        return self.x, self.y + BOX_WH[1] // 2

    @property
    def right(self) -> tuple[int, int]:
        """The point where edges go out."""
        return self.x + BOX_WH[0], self.y + BOX_WH[1] // 2


def graph_svg(definition: PipelineDefinition, wrong_nodes: Collection[str] = ()) -> str:
    """The graph as SVG text, also of an invalid definition; empty where there is nothing to draw or too much.

    The boxes of `wrong_nodes` are marked.
    """
    if not 0 < len(definition.nodes) <= MAX_NODES:
        return ""
    places = layout(definition)
    svg = canvas(definition, places)
    for edge in definition.edges:
        if edge.from_node in places and edge.to_node in places:
            arrow(svg, places[edge.from_node].right, places[edge.to_node].left)
    for node in definition.nodes:
        draw_node(svg, definition, node, places[node.id], wrong=node.id in wrong_nodes)
    return tostring(svg, encoding="unicode")


def columns(definition: PipelineDefinition) -> dict[str, int]:
    """The column of each node: right of all its predecessors; a cycle is cut where it comes first."""
    before: dict[str, set[str]] = {node.id: set() for node in definition.nodes}
    for edge in definition.edges:
        if edge.from_node in before and edge.to_node in before:
            before[edge.to_node].add(edge.from_node)
    column: dict[str, int] = {}
    waiting = list(before)
    while waiting:
        node_id = next((name for name in waiting if before[name] <= column.keys()), waiting[0])
        waiting.remove(node_id)
        column[node_id] = 1 + max((column[name] for name in before[node_id] & column.keys()), default=-1)
    return column


def layout(definition: PipelineDefinition) -> dict[str, Place]:
    """A place for each node: columns centred on one line, each in the order of the definition."""
    in_column: dict[int, list[str]] = defaultdict(list)
    for node_id, column in columns(definition).items():
        in_column[column].append(node_id)
    step_x, step_y = BOX_WH[0] + GAP_XY[0], BOX_WH[1] + GAP_XY[1]
    tallest = max(len(nodes) for nodes in in_column.values())
    places = {}
    for index, (_, nodes) in enumerate(sorted(in_column.items())):
        top = MARGIN // 2 + (tallest - len(nodes)) * step_y // 2
        for row, node_id in enumerate(nodes):
            places[node_id] = Place(MARGIN + index * step_x, top + row * step_y)
    return places


def canvas(definition: PipelineDefinition, places: dict[str, Place]) -> Element:
    """The empty picture, just large enough, with a title for those who cannot see it."""
    width = max(place.x for place in places.values()) + BOX_WH[0] + MARGIN
    height = max(place.y for place in places.values()) + BOX_WH[1] + MARGIN // 2
    size = {"width": str(width), "height": str(height), "viewBox": f"0 0 {width} {height}"}
    svg = Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "class": "graph", "role": "img", **size})
    edges = ", ".join(f"{edge.from_node} to {edge.to_node}" for edge in definition.edges)
    title = f"{len(definition.nodes)} steps" + (f": {edges}" if edges else "")
    SubElement(svg, "title").text = title
    marker = {"id": "graph-head", "viewBox": "0 0 8 8", "refX": "7", "refY": "4", "orient": "auto"}
    head = SubElement(SubElement(svg, "defs"), "marker", {**marker, "markerWidth": "8", "markerHeight": "8"})
    SubElement(head, "path", {"d": "M0 0 L8 4 L0 8 z", "class": "head"})
    return svg


def arrow(svg: Element, start: tuple[int, int], end: tuple[int, int]) -> None:
    """A curved arrow that leaves and arrives level."""
    bend = max(abs(end[0] - start[0]) // 2, GAP_XY[0] // 2)
    path = f"M{start[0]} {start[1]} C{start[0] + bend} {start[1]} {end[0] - bend} {end[1]} {end[0]} {end[1]}"
    SubElement(svg, "path", {"d": path, "class": "edge", "marker-end": "url(#graph-head)"})


def draw_node(svg: Element, definition: PipelineDefinition, node: Node, place: Place, *, wrong: bool) -> None:
    """A box with the node's id and tool, and arrows where the frame comes in and the result goes out."""
    draw_ends(svg, definition, node, place)
    box = {"x": str(place.x), "y": str(place.y), "width": str(BOX_WH[0]), "height": str(BOX_WH[1]), "rx": "6"}
    SubElement(svg, "rect", {**box, "class": "node wrong" if wrong else "node"})
    middle = {"x": str(place.x + BOX_WH[0] // 2), "text-anchor": "middle"}
    y = place.left[1]
    SubElement(svg, "text", {**middle, "y": str(y - 4), "class": "id"}).text = shortened(node.id)
    tool = shortened(f"{node.plugin_id}.{node.tool_id}")
    SubElement(svg, "text", {**middle, "y": str(y + 16), "class": "tool"}).text = tool


def draw_ends(svg: Element, definition: PipelineDefinition, node: Node, place: Place) -> None:
    """Short arrows of an entry and of an output, beside the edges where there are such."""
    length, beside = MARGIN - 6, BOX_WH[1] // 4
    if node.id in definition.entry_nodes:
        x, y = place.left
        y -= beside if any(edge.to_node == node.id for edge in definition.edges) else 0
        arrow(svg, (x - length, y), (x, y))
    if node.id in definition.output_nodes:
        x, y = place.right
        y += beside if any(edge.from_node == node.id for edge in definition.edges) else 0
        arrow(svg, (x, y), (x + length, y))


def shortened(text: str) -> str:
    """The text, cut where it would not fit into a box."""
    return text if len(text) <= MAX_LETTERS else f"{text[: MAX_LETTERS - 1]}…"
