"""Fixtures of the commands' tests: small tools in place of networks."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from pipelines.engine.networks import NetworkCache
from pipelines.engine.weights.store import WeightsStore
from pipelines.models import Pipeline
from pipelines.runtime import Runtime, override_engine
from pipelines.tools.base import RunContext
from tests.pipelines.clips import write_clip
from tests.pipelines.kit import definition, detection, registry, tool


def look(payload: Mapping[str, Any], context: RunContext) -> Mapping[str, Any]:
    height, width, _ = payload["image"].shape
    return {"detections": [detection()], "text": f"{width}x{height}"}


def fail(payload: Mapping[str, Any], context: RunContext) -> Mapping[str, Any]:
    raise RuntimeError("secret inner workings")


def stop(payload: Mapping[str, Any], context: RunContext) -> Mapping[str, Any]:
    raise KeyboardInterrupt


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Runtime]:
    tools = (
        tool("look", look, gives=["detections", "text"]),
        tool("fail", fail, gives=["text"], failure="Looking failed"),
        tool("stop", stop, gives=["text"]),
    )
    store = WeightsStore(tmp_path / "weights", tmp_path / "cache")
    made = Runtime(slots=1, networks=NetworkCache(), weights=store, registry=registry(*tools), device="cpu")
    with override_engine(made):
        yield made
    made.close()


@pytest.fixture
def stored(engine: Runtime, db: None) -> None:
    for tool_id in ("look", "fail", "stop"):
        data = {**definition({"look": tool_id}).as_dict(), "id": tool_id}
        Pipeline.objects.create(pipeline_id=tool_id, name=tool_id, definition=data)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    Image.new("RGB", (320, 240), (90, 90, 90)).save(tmp_path / "picture.png")
    return tmp_path / "picture.png"


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "clip.mp4")
