"""A tool whose opening waits until a test lets it go on."""

import asyncio
import gc
import threading
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel

from pipelines.graph.definition import Node, PipelineDefinition
from pipelines.tools.base import OpenContext, RunContext

LIMIT_S = 60
DEFINITION = PipelineDefinition("p", "P", (Node("only", "test", "gate", {}),), (), ("only",), ("only",))


class NoParams(BaseModel):
    pass


class GateTool:
    """A tool whose opening waits at a gate; the test sees where it was opened and whether it was closed."""

    def __init__(self) -> None:
        self.opening = threading.Event()
        self.may_open = threading.Event()
        self.closed = threading.Event()
        self.may_open.set()
        self.fails = False
        self.opened = 0
        self.begun = threading.Semaphore(0)
        self.thread = ""
        self.context: OpenContext | None = None

    def open(self, params: NoParams, context: OpenContext) -> "GateTool":
        self.thread, self.context = threading.current_thread().name, context
        self.opened += 1
        self.begun.release()
        self.opening.set()
        assert self.may_open.wait(LIMIT_S)
        if self.fails:
            raise RuntimeError("a secret detail")
        return self

    def run(self, payload: Mapping[str, Any], context: RunContext) -> Mapping[str, Any]:
        return {"detections": []}

    def metadata(self) -> Mapping[str, Any]:
        return {"device_used": "cpu"}

    def close(self) -> None:
        self.closed.set()


def gated(pipeline_id: str, tool: str = "gate") -> PipelineDefinition:
    return PipelineDefinition(pipeline_id, "P", (Node("only", "test", tool, {}),), (), ("only",), ("only",))


async def gone(thing: Callable[[], object]) -> None:
    """Wait until nobody holds what a weak reference leads to; the loader's thread lets go of it last."""
    async with asyncio.timeout(LIMIT_S):
        while thing() is not None:
            gc.collect()
            await asyncio.sleep(0)
