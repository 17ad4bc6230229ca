"""The engine opens pipelines off the event loop, in no slot, and cleans up after sessions that have gone."""

import asyncio
import gc
import weakref
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from types import SimpleNamespace

import pytest

from pipelines.conf import PipelineSettings
from pipelines.engine.engine import MOST_SLOTS, cores
from pipelines.engine.networks import NetworkCache
from pipelines.engine.scheduling.slot import EngineClosed
from pipelines.engine.weights.store import WeightsStore
from pipelines.errors import InvalidDefinition, ToolFailure
from pipelines.graph.definition import Node, PipelineDefinition
from pipelines.graph.execution import OpenPipeline
from pipelines.runtime import LOADERS, Runtime, close_unwanted
from pipelines.tools.base import DETECTIONS, OpenContext, Plugin, ToolSpec
from pipelines.tools.registry import PluginRegistry
from tests.pipelines.gate import DEFINITION, LIMIT_S, GateTool, NoParams, gated, gone


@pytest.fixture
def engine(gate: GateTool, tmp_path: Path) -> Iterator[Runtime]:
    spec = ToolSpec(
        "gate", "Gate", "", NoParams, frozenset({DETECTIONS}), gate.open, failure="The gate is broken"
    )
    free = ToolSpec("free", "Free", "", NoParams, frozenset({DETECTIONS}), lambda params, context: GateTool())
    made = Runtime(
        slots=1,
        networks=NetworkCache(),
        weights=WeightsStore(tmp_path, tmp_path),
        registry=PluginRegistry([Plugin("test", "Test", "1", (spec, free))]),
        device="cpu",
    )
    yield made
    gate.may_open.set()
    made.close()


async def test_a_pipeline_opens_in_a_loader_thread(engine: Runtime, gate: GateTool) -> None:
    opened = await engine.open(DEFINITION, live=True)
    assert gate.thread.startswith("loader")
    assert gate.context is not None
    assert (gate.context.live, gate.context.device) == (True, "cpu")
    assert opened.metadata() == {"only": {"device_used": "cpu"}}
    opened.close()


def test_the_calling_thread_can_open_one_for_a_device_of_its_own(engine: Runtime, gate: GateTool) -> None:
    engine.open_sync(DEFINITION, live=False, device="cuda").close()
    assert gate.context is not None
    assert (gate.context.live, gate.context.device) == (False, "cuda")


async def test_opening_takes_no_slot(engine: Runtime, gate: GateTool) -> None:
    gate.may_open.clear()
    opening = asyncio.create_task(engine.open(DEFINITION, live=True))
    assert await asyncio.to_thread(gate.opening.wait, LIMIT_S)
    async with asyncio.timeout(LIMIT_S), engine.slot() as slot:
        assert await slot.run(lambda: "a frame of another session") == "a frame of another session"
    gate.may_open.set()
    (await opening).close()


async def test_of_an_opening_that_fails_after_its_session_has_gone_nobody_hears(
    engine: Runtime, gate: GateTool, caplog: pytest.LogCaptureFixture
) -> None:
    gate.may_open.clear()
    gate.fails = True
    opening = asyncio.create_task(engine.open(DEFINITION, live=True))
    assert await asyncio.to_thread(gate.opening.wait, LIMIT_S)
    under_way = engine._openings[DEFINITION.id]
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    gate.may_open.set()
    assert isinstance(await asyncio.to_thread(under_way.exception, LIMIT_S), ToolFailure)
    del opening, under_way
    await asyncio.sleep(0)
    gc.collect()
    assert [record for record in caplog.records if record.name == "asyncio"] == []


async def test_who_waits_for_one_slow_download_takes_no_loader(engine: Runtime, gate: GateTool) -> None:
    gate.may_open.clear()
    same = [asyncio.create_task(engine.open(DEFINITION, live=True)) for _ in range(LOADERS + 1)]
    assert await asyncio.to_thread(gate.opening.wait, LIMIT_S)

    async with asyncio.timeout(LIMIT_S):
        (await engine.open(gated("other", "free"), live=True)).close()
    assert gate.opened == 1

    gate.may_open.set()
    for opened in await asyncio.gather(*same):
        opened.close()


class NetworkTool(GateTool):
    """A tool that holds a network for as long as anybody holds the tool."""

    def __init__(self, context: OpenContext) -> None:
        super().__init__()
        self.use = context.networks.get("network", object)


async def test_a_network_that_no_session_uses_any_more_is_dropped(tmp_path: Path) -> None:
    spec = ToolSpec(
        "gate", "Gate", "", NoParams, frozenset({DETECTIONS}), lambda params, context: NetworkTool(context)
    )
    engine = Runtime(
        slots=1,
        networks=NetworkCache(budget=1),
        weights=WeightsStore(tmp_path, tmp_path),
        registry=PluginRegistry([Plugin("test", "Test", "1", (spec,))]),
        device="cpu",
    )
    opened = await engine.open(DEFINITION, live=True)
    engine.networks.trim()
    assert engine.networks.count == 1

    opened.close()
    closed = weakref.ref(opened)
    del opened
    await gone(closed)
    engine.networks.trim()
    assert engine.networks.count == 0
    engine.close()


async def test_who_waits_for_an_opening_that_fails_tries_it_without_a_word_in_the_log(
    engine: Runtime, gate: GateTool
) -> None:
    said: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: said.append(context["message"]))
    gate.fails = True
    gate.may_open.clear()
    same = [asyncio.create_task(engine.open(DEFINITION, live=True)) for _ in range(3)]
    assert await asyncio.to_thread(gate.opening.wait, LIMIT_S)
    gate.may_open.set()
    failures = await asyncio.gather(*same, return_exceptions=True)
    assert [type(failure) for failure in failures] == [ToolFailure] * 3
    raised = list(map(weakref.ref, failures))
    del failures, same
    for failure in raised:
        await gone(failure)
    assert said == []


async def test_a_session_that_goes_leaves_the_queue(engine: Runtime, gate: GateTool) -> None:
    gate.may_open.clear()
    busy = [asyncio.create_task(engine.open(gated(f"p{n}"), live=True)) for n in range(LOADERS)]
    for _ in range(LOADERS):
        assert await asyncio.to_thread(gate.begun.acquire, timeout=LIMIT_S)
    gone = asyncio.create_task(engine.open(gated("gone"), live=True))
    await asyncio.sleep(0)
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone

    gate.may_open.set()
    for opened in await asyncio.gather(*busy):
        opened.close()
    (await engine.open(gated("last", "free"), live=True)).close()
    assert gate.opened == LOADERS


async def test_what_was_opened_for_a_session_that_has_gone_is_closed(engine: Runtime, gate: GateTool) -> None:
    gate.may_open.clear()
    opening = asyncio.create_task(engine.open(DEFINITION, live=True))
    assert await asyncio.to_thread(gate.opening.wait, LIMIT_S)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    assert not gate.closed.is_set()
    gate.may_open.set()
    assert await asyncio.to_thread(gate.closed.wait, LIMIT_S)


def test_an_opening_that_failed_leaves_nothing_to_close() -> None:
    failed: Future[OpenPipeline] = Future()
    failed.set_exception(ToolFailure("The gate is broken"))
    close_unwanted(failed)
    cancelled: Future[OpenPipeline] = Future()
    assert cancelled.cancel()
    close_unwanted(cancelled)


async def test_a_tool_that_cannot_be_opened_says_its_sentence(engine: Runtime, gate: GateTool) -> None:
    gate.fails = True
    with pytest.raises(ToolFailure, match=r"^The gate is broken$"):
        await engine.open(DEFINITION, live=True)


async def test_an_invalid_definition_is_refused(engine: Runtime) -> None:
    unknown = PipelineDefinition("p", "P", (Node("only", "test", "none", {}),), (), ("only",), ("only",))
    with pytest.raises(InvalidDefinition):
        await engine.open(unknown, live=True)


async def test_sessions_that_wait_are_counted(engine: Runtime) -> None:
    async def use_slot() -> None:
        async with engine.slot():
            pass

    async with asyncio.timeout(LIMIT_S), engine.slot():
        waiting = asyncio.create_task(use_slot())
        while engine.waiting == 0:  # noqa: ASYNC110
            await asyncio.sleep(0)
        assert engine.slots == 1
    await waiting
    assert engine.waiting == 0


async def test_a_closed_engine_hands_out_nothing(engine: Runtime) -> None:
    engine.close()
    with pytest.raises(EngineClosed):
        await engine.open(DEFINITION, live=True)
    with pytest.raises(EngineClosed):
        async with engine.slot():
            pass
    engine.close()


def test_settings_make_an_engine(tmp_path: Path) -> None:
    engine = Runtime.build(PipelineSettings(tmp_path / "weights", tmp_path / "cache", device="cpu"))
    assert engine.slots == 1
    assert engine.registry.find("yolo", "detect")
    assert engine.registry.find("ocr", "read")
    engine.close()
    several = Runtime.build(PipelineSettings(tmp_path / "weights", tmp_path / "cache", inference_slots=3))
    assert several.slots == 3
    several.close()


def test_more_slots_may_be_tried_where_a_network_takes_several_frames(gate: GateTool, tmp_path: Path) -> None:
    spec = ToolSpec("gate", "Gate", "", NoParams, frozenset({DETECTIONS}), gate.open)
    engine = Runtime(
        slots=0,
        networks=NetworkCache(),
        weights=WeightsStore(tmp_path, tmp_path),
        registry=PluginRegistry([Plugin("test", "Test", "1", (spec,))]),
        device="cpu",
    )
    assert (engine.slots, engine.most_slots) == (1, cores())
    engine.networks.get("batching", lambda: SimpleNamespace(frames_at_once=MOST_SLOTS))
    engine.open_sync(DEFINITION, live=True).close()
    assert (engine.slots, engine.most_slots) == (1, MOST_SLOTS)
    engine.close()
