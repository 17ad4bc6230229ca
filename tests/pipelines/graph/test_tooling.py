from dataclasses import replace
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, Field, field_validator

from pipelines.graph.definition import Draft, Edge, Node, PipelineDefinition
from pipelines.graph.tooling import check_tooling
from pipelines.tools.base import Plugin, ToolSpec
from pipelines.tools.registry import PluginProblem, PluginRegistry
from tests.pipelines.kit import definition, registry, tool


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")

    conf: float = Field(0.5, ge=0, le=1)
    weights: str


class Lax(BaseModel):
    size: int = Field(1, alias="imgsz")


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")


class Picky(BaseModel):
    word: str = ""

    @field_validator("word")
    @classmethod
    def check(cls, value: str) -> str:
        if value == "bad":
            raise ValueError("Bad is not good")
        raise RuntimeError("broken")


def said(graph: PipelineDefinition, *tools: ToolSpec, unreadable: tuple[str, ...] = ()) -> list[str]:
    draft = Draft(graph, [], frozenset(unreadable))
    return [str(problem) for problem in check_tooling(draft, registry(*tools))]


def said_of_params(model: type[BaseModel], params: dict[str, Any]) -> list[str]:
    graph = PipelineDefinition("p", "P", (Node("a", "kit", "t", params),), (), ("a",), ("a",))
    return said(graph, tool("t", params=model))


def test_names_the_plugins_that_are_there() -> None:
    graph = PipelineDefinition("p", "P", (Node("a", "yolo", "detect"),), (), ("a",), ("a",))
    plugins = [Plugin(name, name, "1", ()) for name in ("ocr", "kit")]
    found = check_tooling(
        Draft(graph, [], frozenset()), PluginRegistry(plugins, [PluginProblem("yolo", "ImportError: lap")])
    )

    assert [str(problem) for problem in found] == [
        "nodes[a].plugin_id: no plugin 'yolo'; there are: ocr, kit; yolo could not be loaded"
    ]


def test_names_the_tools_that_are_there() -> None:
    assert said(definition({"a": "see"}), tool("detect"), tool("track")) == [
        "nodes[a].tool_id: the plugin 'kit' has no tool 'see'; it has: detect, track"
    ]


def test_a_node_that_cannot_be_read_is_not_judged() -> None:
    assert said(definition({"a": "see"}), unreadable=("nodes[a]",)) == []


def test_params_that_fit() -> None:
    assert said_of_params(Strict, {"conf": 0.25, "weights": "yolo11n"}) == []
    assert said_of_params(Lax, {"imgsz": 640}) == []
    assert said_of_params(Open, {"anything": "goes"}) == []


def test_one_problem_for_each_bad_parameter() -> None:
    assert said_of_params(Strict, {"conf": 3, "cnof": 0.2}) == [
        "nodes[a].params.conf: input should be less than or equal to 1",
        "nodes[a].params.weights: is missing",
        "nodes[a].params.cnof: is not a parameter of this tool; known: conf, weights",
    ]


def test_names_parameters_that_a_tool_would_silently_ignore() -> None:
    assert said_of_params(Lax, {"imgsize": 640}) == [
        "nodes[a].params.imgsize: is not a parameter of this tool; known: size"
    ]


@pytest.mark.parametrize(
    ("word", "line"),
    [
        ("bad", "nodes[a].params.word: bad is not good"),
        ("good", "nodes[a].params: the tool cannot check them: RuntimeError"),
    ],
)
def test_says_what_a_tools_own_check_says_and_survives_it(word: str, line: str) -> None:
    assert said_of_params(Picky, {"word": word}) == [line]


def test_types_meet_along_an_edge() -> None:
    graph = definition({"a": "detect", "b": "read"}, [("a", "b")])

    assert said(graph, tool("detect", gives=["detections"]), tool("read", may_take=["detections"])) == []
    assert said(
        graph, tool("detect", gives=["detections", "counts"]), tool("read", takes=["text", "image"])
    ) == [
        "edges[0]: 'a' gives counts, detections, but 'b' takes image, text",
        "nodes[b]: needs text, which no node directly before it gives",
    ]
    assert said(graph, tool("detect"), tool("read", takes=[])) == [
        "edges[0]: 'a' gives nothing, but 'b' takes nothing"
    ]


def test_an_edge_to_itself_or_to_an_unknown_tool_carries_no_types() -> None:
    graph = definition({"a": "detect", "b": "unknown"}, [("a", "a"), ("a", "b"), ("b", "a")])

    assert [line for line in said(graph, tool("detect")) if line.startswith("edges")] == []


def test_what_a_node_needs_comes_from_directly_before_it() -> None:
    tools = (
        tool("detect", gives=["detections"]),
        tool("filter", takes=["detections"], gives=["image"]),
        tool("count", takes=["detections"], may_take=["image"]),
    )
    graph = definition({"a": "detect", "b": "filter", "c": "count"}, [("a", "b"), ("b", "c")])

    assert said(graph, *tools) == ["nodes[c]: needs detections, which no node directly before it gives"]
    joined = definition({"a": "detect", "b": "filter", "c": "count"}, [("a", "b"), ("b", "c"), ("a", "c")])
    assert said(joined, *tools) == []


def test_what_is_passed_on_must_have_been_given_somewhere_before() -> None:
    passing = tool("filter", takes=["detections"], may_take=["tracks"], gives=["detections", "tracks"])
    tools = (
        tool("detect", gives=["detections"]),
        tool("track", gives=["detections", "tracks"]),
        replace(passing, passes_on=frozenset({"tracks"})),
        tool("cross", takes=["tracks"]),
    )

    def chain(first: str) -> PipelineDefinition:
        # The order of the nodes says nothing of the order of their edges.
        nodes = {"d": "cross", "c": "filter", "b": "filter", "a": first}
        return definition(nodes, [("a", "b"), ("b", "c"), ("c", "d")], ["a"], ["d"])

    assert said(chain("track"), *tools) == []
    assert said(chain("detect"), *tools) == ["nodes[d]: needs tracks, which no node directly before it gives"]
    assert said(chain("unknown"), *tools) == [
        "nodes[a].tool_id: the plugin 'kit' has no tool 'unknown'; it has: detect, track, filter, cross"
    ]


def test_what_an_unknown_tool_gives_is_not_guessed() -> None:
    graph = definition({"a": "unknown", "b": "count"}, [("a", "b")])

    assert len(said(graph, tool("count", takes=["detections"]))) == 1


def test_needs_are_not_judged_where_edges_cannot_be_read() -> None:
    graph = PipelineDefinition("p", "P", (Node("b", "kit", "count"),), (Edge("", ""),), ("b",), ("b",))

    assert said(graph, tool("count", takes=["detections"]), unreadable=("edges[0]",)) == []


@pytest.mark.parametrize("edges", [[("a", "c"), ("b", "c")], [("b", "c"), ("a", "c")]])
def test_a_join_of_a_known_and_an_unknown_tool_is_not_judged(edges: list[tuple[str, str]]) -> None:
    graph = definition({"a": "detect", "b": "unknown", "c": "count"}, edges, ["a", "b"], ["c"])

    assert said(graph, tool("detect", gives=["text"]), tool("count", takes=["text", "detections"])) == [
        "nodes[b].tool_id: the plugin 'kit' has no tool 'unknown'; it has: detect, count"
    ]
