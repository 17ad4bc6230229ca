from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipelines.errors import InvalidDefinition, InvalidImage, PipelineError, ToolFailure
from pipelines.graph.definition import Node, PipelineDefinition
from pipelines.graph.execution import OpenPipeline, open_pipeline
from pipelines.media.images import encode_jpeg
from pipelines.tools.base import Pressure, RunContext, ToolSpec
from pipelines.tools.inspector import InspectorService
from tests.pipelines.kit import Run, definition, detection, open_context, registry, tool

IMAGE = np.zeros((48, 64, 3), np.uint8)
DIAMOND = definition(
    {"top": "top", "left": "left", "right": "right", "end": "end"},
    [("top", "left"), ("top", "right"), ("right", "end"), ("left", "end")],
)


def opened(graph: PipelineDefinition, *tools: ToolSpec) -> OpenPipeline:
    return open_pipeline(graph, registry(*tools), open_context(Path("nowhere")), InspectorService())


def says(word: str) -> Run:
    return lambda payload, context: {"text": word}


def boom(payload: Mapping[str, Any], context: RunContext) -> Mapping[str, Any]:
    raise RuntimeError("secret inner workings")


def test_a_node_gets_the_frame_and_its_direct_predecessors_the_last_edge_winning() -> None:
    seen: list[Mapping[str, Any]] = []

    def end(payload: Mapping[str, Any], context: RunContext) -> Mapping[str, Any]:
        seen.append(dict(payload))
        return {"text": payload["text"], "counts": {"seen": len(seen)}}

    pipeline = opened(
        DIAMOND,
        tool("top", lambda *_: {"tracks": [1], "text": "top"}, gives=["tracks", "text"]),
        tool("left", says("left"), gives=["text"], may_take=["tracks"]),
        tool("right", says("right"), gives=["text"], may_take=["tracks"]),
        tool("end", end, gives=["text", "counts"], takes=["text"]),
    )

    report = pipeline.run({"frame_index": 7, "image": IMAGE, "extra": "kept"})

    assert report.result == {"text": "left", "counts": {"seen": 1}}
    assert seen[0].keys() == {"frame_index", "image", "extra", "text"}
    assert (seen[0]["frame_index"], seen[0]["text"]) == (7, "left")


def test_the_result_is_what_the_output_nodes_give_and_never_the_picture() -> None:
    def crop(payload: Mapping[str, Any], context: RunContext) -> Mapping[str, Any]:
        return {"image": payload["image"][:4], "detections": [detection()]}

    def read(payload: Mapping[str, Any], context: RunContext) -> Mapping[str, Any]:
        return {"text": f"{payload['image'].shape}", "detections": []}

    pipeline = opened(
        definition({"crop": "crop", "read": "read"}, [("crop", "read")], output=["read", "crop"]),
        tool("crop", crop, gives=["image", "detections"]),
        tool("read", read, gives=["text", "detections"]),
    )

    result = pipeline.run({"frame_index": 1, "image_bytes": encode_jpeg(IMAGE)}).result

    assert result == {"text": "(4, 64, 3)", "detections": [detection().as_dict()]}


def test_times_every_stage_and_hands_on_remarks_and_load() -> None:
    def count(payload: Mapping[str, Any], context: RunContext) -> Mapping[str, Any]:
        context.counters["ocr_reads"] += 2
        context.warnings.append(f"pressure is {context.pressure.value} at frame {context.frame_index}")
        return {}

    pipeline = opened(
        definition({"a": "count", "b": "count"}, [("a", "b")]), tool("count", count, gives=["image"])
    )

    report = pipeline.run({"frame_index": 3, "image": IMAGE}, Pressure.CRITICAL)

    assert list(report.timings_ms) == ["decode", "a", "b", "total"]
    assert report.timings_ms["total"] >= report.timings_ms["a"] + report.timings_ms["b"]
    assert report.counters == {"ocr_reads": 4}
    assert report.warnings == ["pressure is critical at frame 3"] * 2


@pytest.mark.parametrize(
    "payload",
    [
        {"image_bytes": b""},
        {"image_bytes": b"\xff\xd8 broken \xff\xd9"},
        {"image": "a picture"},
        {"image": np.zeros((4, 4), np.uint8)},
        {},
    ],
)
def test_refuses_what_is_no_picture(payload: dict[str, Any]) -> None:
    with pytest.raises(InvalidImage):
        opened(definition({"a": "a"}), tool("a")).run({"frame_index": 1, **payload})


def test_a_tool_that_raises_says_its_own_sentence_and_the_next_frame_runs() -> None:
    fail = [True, False]

    def sometimes(payload: Mapping[str, Any], context: RunContext) -> Mapping[str, Any]:
        return boom(payload, context) if fail.pop(0) else {"text": "fine"}

    pipeline = opened(
        definition({"a": "a"}), tool("a", sometimes, gives=["text"], failure="YOLO inference failed")
    )

    with pytest.raises(ToolFailure) as caught:
        pipeline.run({"frame_index": 1, "image": IMAGE})
    assert caught.value.detail == "YOLO inference failed"
    assert pipeline.run({"frame_index": 2, "image": IMAGE}).result == {"text": "fine"}


def test_refuses_an_invalid_definition_with_all_its_problems() -> None:
    graph = PipelineDefinition(
        "p", "P", (Node("a", "kit", "gone"), Node("b", "kit", "lost")), (), ("a",), ("a",)
    )

    with pytest.raises(InvalidDefinition) as caught:
        opened(graph, tool("a"))
    assert "'gone'" in caught.value.detail
    assert "'lost'" in caught.value.detail


def test_closes_what_it_opened_when_a_later_tool_cannot_be_opened() -> None:
    closed: list[str] = []

    def fail() -> None:
        raise PipelineError("No weights")

    graph = definition({"a": "a", "b": "b"}, [("a", "b")])

    with pytest.raises(PipelineError, match="No weights"):
        opened(graph, tool("a", gives=["image"], closing=lambda: closed.append("a")), tool("b", opening=fail))
    assert closed == ["a"]


def test_closes_the_last_tool_first_and_only_once() -> None:
    closed: list[str] = []
    pipeline = opened(
        definition({"a": "a", "b": "b"}, [("a", "b")]),
        tool("a", gives=["image"], closing=lambda: closed.append("a")),
        tool("b", closing=lambda: closed.append("b")),
    )

    pipeline.close()
    pipeline.close()

    assert closed == ["b", "a"]
    with pytest.raises(PipelineError, match="closed"):
        pipeline.run({"frame_index": 1, "image": IMAGE})


def test_tells_what_each_node_runs_on() -> None:
    pipeline = opened(definition({"a": "a", "b": "b"}, [("a", "b")]), tool("a", gives=["image"]), tool("b"))

    assert pipeline.metadata() == {"a": {"device_used": "cpu"}, "b": {"device_used": "cpu"}}
    assert pipeline.definition.id == "kit_pipeline"


class CountingTool:
    """Says how many frames it has seen, and can be gone on with elsewhere."""

    def __init__(self) -> None:
        self.seen = 0

    def run(self, payload: Mapping[str, Any], context: RunContext) -> Mapping[str, Any]:
        self.seen += 1
        return {"text": str(self.seen)}

    def metadata(self) -> Mapping[str, Any]:
        return {}

    def close(self) -> None:
        pass

    def state(self) -> bytes:
        return str(self.seen).encode()

    def restore(self, state: bytes) -> None:
        self.seen = int(state)


COUNTING = replace(tool("count", gives=["text"]), open=lambda params, context: CountingTool())


def test_a_pipeline_goes_on_where_another_was() -> None:
    graph = definition({"count": "count", "see": "see"}, [], entry=["count", "see"], output=["count", "see"])
    see = replace(tool("see"), stateful=False)
    first, second = opened(graph, COUNTING, see), opened(graph, COUNTING, see)
    for index in (1, 2):
        first.run({"frame_index": index, "image": IMAGE})
    states = first.state()
    assert states == {"count": b"2", "see": b""}
    assert first.can_resume
    second.restore(states)
    assert second.run({"frame_index": 3, "image": IMAGE}).result["text"] == "3"


def test_a_tool_that_may_keep_something_and_does_not_give_it_cannot_be_gone_on_with() -> None:
    keeps = opened(definition({"see": "see"}), tool("see"))
    assert not keeps.can_resume
    keeps.restore(keeps.state())


def test_a_session_that_presses_is_noted() -> None:
    pipeline = opened(definition({"see": "see"}), tool("see"))
    pressed: list[bool] = []
    pipeline.run({"frame_index": 1, "image": IMAGE}, Pressure.CRITICAL)
    pipeline.when_pressed = lambda: pressed.append(True)
    pipeline.run({"frame_index": 1, "image": IMAGE})
    assert pressed == []
    pipeline.run({"frame_index": 1, "image": IMAGE}, Pressure.WARNING)
    assert pressed == [True]
