"""The parts of a plugin: the contract between the graph and its tools."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from pydantic import BaseModel

if TYPE_CHECKING:
    from pipelines.engine.networks import NetworkCache
    from pipelines.engine.weights.store import WeightsStore

IMAGE = "image"
DETECTIONS = "detections"
TEXT = "text"
TRACKS = "tracks"
COUNTS = "counts"
# Networks of the largest data sets have about so many classes; a tool takes no longer list of labels.
MAX_LABELS = 2000


class Pressure(Enum):
    """The load of a live session; tools may save work above NORMAL."""

    NORMAL = "normal"
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True)
class OpenContext:
    """The things that a tool may use when it is opened.

    `live` is True for a stream, where work may be spread over frames; False for one picture or a file, where
    every frame gets the whole answer. `device` is the device asked for: `auto`, `cpu`, `cuda` or `gpu`.
    """

    networks: "NetworkCache"
    weights: "WeightsStore"
    live: bool = False
    device: str = "auto"


@dataclass
class RunContext:
    """The frame that a tool works on, and the place for its remarks.

    `deadline` is when what can be put off to a later frame has to end, `begun` when the work on this one
    began: both in seconds of `time.monotonic`. Without a deadline the frame is one by itself. `counters` add
    up over the nodes of one frame (`ocr_reads`, `ocr_reads_saved`); `warnings` are sentences.
    """

    frame_index: int
    pressure: Pressure = Pressure.NORMAL
    deadline: float | None = None
    begun: float = field(default_factory=time.monotonic)
    warnings: list[str] = field(default_factory=list)
    counters: Counter[str] = field(default_factory=Counter)


class Tool(Protocol):
    """One opened step of one pipeline of one session: it may keep state from frame to frame.

    Never called by two threads at once, but not always by the same thread.
    """

    def run(self, payload: Mapping[str, Any], context: RunContext) -> Mapping[str, Any]:
        """Map the payload to outputs keyed by type.

        The payload has `frame_index` (int), `image` (BGR uint8, HxWx3) and the outputs of the predecessors:
        `detections` and `tracks` (list of Detection), `text` (str), `counts` (dict).
        """
        ...

    def metadata(self) -> Mapping[str, Any]:
        """The device and library: `device_requested`, `device_used`, `fallback`, `backend`; JSON-safe."""
        ...

    def close(self) -> None:
        """Free what this session holds; shared networks stay loaded."""
        ...


@runtime_checkable
class Resumable(Protocol):
    """A tool with which a file can be gone on with in another process, as if nothing had happened.

    A tool that keeps something from frame to frame and does not offer it is run over the file from its
    beginning again.
    """

    def state(self) -> bytes:
        """The state that it keeps from the frames before; empty where it keeps nothing."""
        ...

    def restore(self, state: bytes) -> None:
        """Be as the tool was that gave this state; called once, before the first frame."""
        ...


def always_available(params: Any, weights: "WeightsStore") -> str | None:
    """For tools that need nothing that could be missing."""
    return None


def no_zones(params: Any) -> int:
    """For tools that look nothing up in zones."""
    return 0


@dataclass(frozen=True)
class ToolSpec:
    """A tool as it is offered: what it is called, takes and gives, and how it is opened.

    `open(params, context)` loads what the tool needs; it may take seconds and runs off the event loop.
    `unavailable(params, weights)` says without loading anything why the tool cannot be opened, or None;
    `conflict(params, weights)` says why it never can with the files that are there: then it is not saved.
    `failure` is the sentence that clients read when the tool raises. `stateful` False promises that what came
    before a frame does not matter to it; for tools that are Resumable it is not asked. `passes_on` are
    those of its output types that it gives only where it was given them. `zones(params)` says of how many
    zones each session holds a mask, about 250 KB each.
    """

    id: str
    name: str
    description: str
    params: type[BaseModel]
    output_types: frozenset[str]
    open: Callable[[Any, OpenContext], Tool]
    input_types: frozenset[str] = frozenset({IMAGE})
    optional_input_types: frozenset[str] = frozenset()
    passes_on: frozenset[str] = frozenset()
    unavailable: Callable[[Any, "WeightsStore"], str | None] = always_available
    conflict: Callable[[Any, "WeightsStore"], str | None] = always_available
    zones: Callable[[Any], int] = no_zones
    failure: str = "A tool failed"
    stateful: bool = True


@dataclass(frozen=True)
class Plugin:
    """A named set of tools; the entry points `forgesyte.plugins` are these, or functions that return one."""

    id: str
    name: str
    version: str
    tools: tuple[ToolSpec, ...]

    def tool(self, tool_id: str) -> ToolSpec | None:
        """The tool with this id, or None."""
        return next((tool for tool in self.tools if tool.id == tool_id), None)
