import asyncio
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from asgiref.sync import sync_to_async

from pipelines import runtime
from pipelines.engine.networks import NetworkCache
from pipelines.engine.weights.store import WeightsStore
from pipelines.errors import InvalidDefinition, InvalidImage, InvalidVideo, ToolFailure, UnknownPipeline
from pipelines.media.images import encode_jpeg
from pipelines.models import Pipeline
from pipelines.runtime import Runtime
from pipelines.services import DagPipelineService, VideoFilePipelineService, aopen_live, definition_of
from pipelines.tools.base import RunContext
from tests.pipelines.clips import index_of, spoil, write_clip
from tests.pipelines.kit import definition, registry, tool

JPEG = encode_jpeg(np.full((48, 64, 3), 50, np.uint8))


class Bench:
    """A record of the tools' calls, and a gate that holds them up."""

    def __init__(self) -> None:
        self.opened = 0
        self.closed = threading.Event()
        self.running = threading.Event()
        self.gate = threading.Event()
        self.gate.set()

    def look(self, payload: Mapping[str, Any], context: RunContext) -> Mapping[str, Any]:
        self.running.set()
        assert self.gate.wait(60)
        return {"text": f"frame {index_of(payload['image'])}", "counts": {"opened": self.opened}}

    def fail(self, payload: Mapping[str, Any], context: RunContext) -> Mapping[str, Any]:
        raise RuntimeError("secret inner workings")

    def note_open(self) -> None:
        self.opened += 1


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def engine(bench: Bench, tmp_path: Path) -> Iterator[Runtime]:
    tools = (
        tool("look", bench.look, gives=["text", "counts"], opening=bench.note_open, closing=bench.closed.set),
        tool("fail", bench.fail, gives=["text"], failure="Looking failed"),
    )
    made = Runtime(
        slots=1,
        networks=NetworkCache(),
        weights=WeightsStore(tmp_path / "weights", tmp_path / "cache"),
        registry=registry(*tools),
        device="cpu",
    )
    with runtime.override_engine(made):
        yield made
    made.close()


def store(pipeline_id: str, tool_id: str, *, enabled: bool = True) -> None:
    data = {**definition({"look": tool_id}).as_dict(), "id": pipeline_id}
    Pipeline.objects.create(pipeline_id=pipeline_id, name=pipeline_id, definition=data, enabled=enabled)


@pytest.fixture
def stored(engine: Runtime, db: None) -> Runtime:
    store("look", "look")
    store("fail", "fail")
    store("off", "look", enabled=False)
    store("broken", "gone")
    return engine


def test_a_process_has_one_engine(engine: Runtime) -> None:
    assert runtime.get_engine() is engine
    # Undone before the fixture's own end: a patch that outlived it would bring its engine back for good.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runtime, "_runtime", None)
        patch.setattr(Runtime, "build", classmethod(lambda cls, settings: object()))

        built = runtime.get_engine()

        assert runtime.get_engine() is built
        assert built is not engine
    assert runtime.get_engine() is engine


def test_an_overriding_engine_goes_when_the_test_fails(engine: Runtime) -> None:
    with pytest.raises(KeyError), runtime.override_engine(object()):  # type: ignore[arg-type]
        raise KeyError
    assert runtime.get_engine() is engine


def test_reads_the_definition_as_it_is_stored_now(stored: Runtime) -> None:
    assert definition_of("look").nodes[0].tool_id == "look"

    Pipeline.objects.filter(pk="look").update(
        definition={**definition({"x": "fail"}).as_dict(), "id": "look"}
    )

    assert definition_of("look").nodes[0].id == "x"


def test_sessions_share_a_definition(stored: Runtime) -> None:
    assert definition_of("look") is definition_of("look")
    assert definition_of("look") is not definition_of("fail")


@pytest.mark.parametrize("pipeline_id", ["nobody", "off", "", "two words", "nul\x00", "x" * 5000])
def test_unknown_and_disabled_pipelines(stored: Runtime, pipeline_id: str) -> None:
    with pytest.raises(UnknownPipeline):
        definition_of(pipeline_id)
    assert VideoFilePipelineService().is_valid_pipeline(pipeline_id) is False


def test_a_stored_definition_that_is_not_valid_any_more(stored: Runtime) -> None:
    with pytest.raises(InvalidDefinition, match=r"broken is not valid: nodes\[look\].tool_id"):
        definition_of("broken")
    assert VideoFilePipelineService().is_valid_pipeline("broken") is False


def test_valid_pipelines(stored: Runtime) -> None:
    assert VideoFilePipelineService().is_valid_pipeline("look") is True


def test_runs_one_picture_and_closes(stored: Runtime, bench: Bench) -> None:
    result = DagPipelineService().run_pipeline("look", {"frame_index": 1, "image_bytes": JPEG})

    assert result == {"text": "frame 5", "counts": {"opened": 1}}
    assert bench.closed.is_set()


def test_uses_the_engine_it_is_given(stored: Runtime, bench: Bench) -> None:
    assert DagPipelineService(stored).engine is stored
    with VideoFilePipelineService(stored) as service:
        assert service.run_on_frame("look", 1, JPEG)["text"] == "frame 5"


def test_says_what_went_wrong_and_closes(stored: Runtime, bench: Bench) -> None:
    service = DagPipelineService()

    with pytest.raises(InvalidImage):
        service.run_pipeline("look", {"frame_index": 1, "image_bytes": b"junk"})
    assert bench.closed.is_set()
    with pytest.raises(ToolFailure, match="Looking failed"):
        service.run_pipeline("fail", {"frame_index": 1, "image_bytes": JPEG})


def test_the_frames_of_a_video_share_one_open_pipeline(stored: Runtime, bench: Bench) -> None:
    with VideoFilePipelineService() as service:
        results = [service.run_on_frame("look", index, JPEG) for index in (1, 2, 3)]
        assert not bench.closed.is_set()

    assert [result["counts"]["opened"] for result in results] == [1, 1, 1]
    assert bench.closed.is_set()


def test_runs_a_file(stored: Runtime, bench: Bench, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4")

    reports = list(VideoFilePipelineService().run_on_file("look", clip, frame_stride=2, max_frames=3))

    assert [(index, report.result["text"]) for index, report in reports] == [
        (1, "frame 1"),
        (3, "frame 3"),
        (5, "frame 5"),
    ]
    assert bench.opened == 1
    assert bench.closed.is_set()


def test_a_file_that_is_left_early_is_closed(stored: Runtime, bench: Bench, tmp_path: Path) -> None:
    frames = VideoFilePipelineService().run_on_file("look", write_clip(tmp_path / "clip.mp4"))
    next(frames)
    assert not bench.closed.is_set()

    frames.close()  # type: ignore[attr-defined]

    assert bench.closed.is_set()


def test_a_file_that_is_no_video_opens_nothing(stored: Runtime, bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("hello")

    with pytest.raises(InvalidVideo):
        next(VideoFilePipelineService().run_on_file("look", tmp_path / "text.mp4"))
    assert bench.opened == 0


def test_the_first_remarks_are_on_the_file_itself(stored: Runtime, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.avi", codec="mjpeg", q="2")
    spoil(clip, 2)

    reports = dict(VideoFilePipelineService().run_on_file("look", clip))

    assert sorted(reports) == [1, 3, 4, 5, 6, 7, 8]
    assert reports[3].warnings[0].startswith("Frame 2 cannot be decoded")


@pytest.fixture
async def astored(engine: Runtime, transactional_db: None) -> Runtime:
    await sync_to_async(store)("look", "look")
    await sync_to_async(store)("fail", "fail")
    return engine


async def test_opens_a_pipeline_for_a_live_session(astored: Runtime) -> None:
    pipeline = await aopen_live("look")

    assert pipeline.definition.id == "look"
    pipeline.close()
    with pytest.raises(UnknownPipeline):
        await aopen_live("nobody")


async def test_runs_a_picture_beside_live_sessions(astored: Runtime, bench: Bench) -> None:
    report = await DagPipelineService().arun_pipeline("look", {"frame_index": 1, "image_bytes": JPEG})

    assert report.result["text"] == "frame 5"
    assert report.timings_ms.keys() == {"decode", "look", "total"}
    assert bench.closed.is_set()


async def test_a_picture_that_fails_gives_its_slot_back(astored: Runtime) -> None:
    service = DagPipelineService()
    with pytest.raises(ToolFailure, match="Looking failed"):
        await service.arun_pipeline("fail", {"frame_index": 1, "image_bytes": JPEG})

    report = await service.arun_pipeline("look", {"frame_index": 1, "image_bytes": JPEG})
    assert report.result["text"] == "frame 5"


async def test_a_picture_waits_for_its_turn_and_closes_when_it_is_given_up(
    astored: Runtime, bench: Bench
) -> None:
    async with astored.slot():
        task = asyncio.create_task(
            DagPipelineService().arun_pipeline("look", {"frame_index": 1, "image_bytes": JPEG})
        )
        while not astored.waiting:  # noqa: ASYNC110  # the engine tells nobody who queues
            await asyncio.sleep(0)
        assert not bench.running.is_set()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    assert bench.closed.is_set()
    assert not bench.running.is_set()


async def test_a_run_that_is_given_up_closes_when_its_thread_is_done(astored: Runtime, bench: Bench) -> None:
    bench.gate.clear()
    task = asyncio.create_task(
        DagPipelineService().arun_pipeline("look", {"frame_index": 1, "image_bytes": JPEG})
    )
    await asyncio.to_thread(bench.running.wait, 20)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not bench.closed.is_set()

    bench.gate.set()

    assert await asyncio.to_thread(bench.closed.wait, 20)
