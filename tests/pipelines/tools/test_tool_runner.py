import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import PipelineError, ToolFailure, WeightsNotFound
from pipelines.graph.definition import Node
from pipelines.tools.base import RunContext, ToolSpec
from pipelines.tools.inspector import InspectorService
from pipelines.tools.tool_runner import ToolRunner
from tests.pipelines.kit import open_context, tool

NODE = Node("detect", "kit", "see")


def runner(spec: ToolSpec, inspector: InspectorService) -> ToolRunner:
    return ToolRunner(NODE, spec, open_context(Path("nowhere")), inspector, pipeline_id="demo")


def raises(error: BaseException) -> Any:
    def fail(*args: Any) -> Mapping[str, Any]:
        raise error

    return fail


def fields(record: logging.LogRecord) -> dict[str, Any]:
    found: dict[str, Any] = record.__dict__["fields"]
    return found


def test_runs_a_tool_and_notes_how_it_went() -> None:
    def see(payload: Mapping[str, Any], context: RunContext) -> Mapping[str, Any]:
        context.warnings.append("dark")
        return {"text": payload["word"]}

    inspector = InspectorService()
    inspection = inspector.inspect(1)
    inspection.context.warnings.append("said by another tool")

    assert runner(tool("see", see, gives=["text"]), inspector).run({"word": "EXIT"}, inspection) == {
        "text": "EXIT"
    }
    record = inspector.summary()["kit.see"]
    assert inspection.timings_ms.keys() == {"detect"}
    assert (record["runs"], record["failures"]) == (1, 0)
    assert record["metadata"] == {"device_used": "cpu"}
    assert record["warnings"] == {"dark": 1}


def test_lets_nothing_undeclared_through() -> None:
    inspector = InspectorService()
    inspection = inspector.inspect(1)
    spec = tool("see", lambda *_: {"text": "EXIT", "image": 1, "frame_index": 9}, gives=["text"])

    assert runner(spec, inspector).run({}, inspection) == {"text": "EXIT"}
    assert inspection.context.warnings == ["kit.see gave frame_index, image without declaring it: left out"]


@pytest.mark.parametrize(
    "run", [raises(RuntimeError("secret")), raises(MemoryError()), lambda *_: ["no mapping"], lambda *_: None]
)
def test_what_a_tool_raises_is_for_the_log_only(run: Any, caplog: pytest.LogCaptureFixture) -> None:
    inspector = InspectorService()
    opened = runner(tool("see", run, failure="YOLO inference failed"), inspector)

    with pytest.raises(ToolFailure) as caught:
        opened.run({}, inspector.inspect(12))

    assert caught.value.detail == "YOLO inference failed"
    (record,) = caplog.records
    assert (record.levelname, record.getMessage()) == ("ERROR", "tool_failed")
    assert fields(record) == {"pipeline_id": "demo", "node": "detect", "tool": "kit.see", "frame_index": 12}
    assert record.exc_info is not None
    assert inspector.summary()["kit.see"]["failures"] == 1


def test_an_error_that_is_meant_for_people_passes(caplog: pytest.LogCaptureFixture) -> None:
    inspector = InspectorService()
    opened = runner(tool("see", raises(PipelineError("The camera is covered"))), inspector)

    with pytest.raises(PipelineError, match="The camera is covered"):
        opened.run({}, inspector.inspect(1))
    assert caplog.records == []
    assert inspector.summary()["kit.see"]["failures"] == 1


def test_being_stopped_is_not_a_failure() -> None:
    inspector = InspectorService()
    opened = runner(tool("see", raises(KeyboardInterrupt())), inspector)

    with pytest.raises(KeyboardInterrupt):
        opened.run({}, inspector.inspect(1))
    assert inspector.summary()["kit.see"]["failures"] == 0


def test_a_tool_that_cannot_be_opened_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(ToolFailure, match="No reading today"):
        runner(tool("see", opening=raises(OSError("disk")), failure="No reading today"), InspectorService())

    (record,) = caplog.records
    assert record.getMessage() == "tool_open_failed"
    assert "frame_index" not in fields(record)


def test_missing_weights_are_told_as_they_are(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(WeightsNotFound, match="tried here and there"):
        runner(tool("see", opening=raises(WeightsNotFound("tried here and there"))), InspectorService())
    assert caplog.records == []


def test_tells_what_the_tool_runs_on_now() -> None:
    devices = ["cpu", "gpu"]
    opened = runner(
        tool("see", metadata=lambda: {"device_used": devices.pop(), "size": (1, 2)}), InspectorService()
    )

    assert opened.metadata() == {"device_used": "cpu", "size": [1, 2]}


def test_a_tool_that_cannot_say_what_it_runs_on_runs_all_the_same(caplog: pytest.LogCaptureFixture) -> None:
    inspector = InspectorService()
    opened = runner(tool("see", metadata=raises(RuntimeError("secret"))), inspector)

    assert opened.run({}, inspector.inspect(1)) == {}
    assert opened.metadata() == {}
    assert {record.getMessage() for record in caplog.records} == {"tool_metadata_failed"}


def test_closing_never_raises(caplog: pytest.LogCaptureFixture) -> None:
    runner(tool("see", closing=raises(RuntimeError("stuck"))), InspectorService()).close()

    assert [record.getMessage() for record in caplog.records] == ["tool_close_failed"]


def test_logs_where_it_is_told(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("tests.elsewhere")
    spec = tool("see", closing=raises(RuntimeError("stuck")))

    ToolRunner(NODE, spec, open_context(Path("nowhere")), InspectorService(), logger=logger).close()

    assert [record.name for record in caplog.records] == ["tests.elsewhere"]
