"""Values of the core cannot be changed once they are made: threads and sessions share them."""

from collections.abc import Iterator
from dataclasses import is_dataclass
from importlib import import_module
from typing import Any

from tests.demo_runner import ROOT

CORE = ("streaming", "pipelines/graph", "pipelines/tools", "pipelines/engine/scheduling", "jobs/worker")
# Each collects something for one owner.
CHANGEABLE = {
    "WorkerProcess",
    "Batch",
    "Usage",
    "Comparison",
    "RunContext",
    "RunReport",
    "ToolRecord",
    "TrackText",
    "LiveSession",
    "Angle",
    "AnyAngle",
    "Bucket",
}
# Those of which two with the same content are still two.
THEMSELVES = {"Batch", "Usage", "LiveSession"}
# Made for every frame, so they are small.
SMALL = {"Bucket", "Frame"}


def dataclasses_of_the_core() -> Iterator[Any]:
    """Every dataclass that a module of the core defines."""
    for folder in CORE:
        for path in sorted((ROOT / folder).rglob("*.py")):
            module = import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
            for value in vars(module).values():
                if isinstance(value, type) and is_dataclass(value) and value.__module__ == module.__name__:
                    yield value


def test_values_cannot_be_changed() -> None:
    found = list(dataclasses_of_the_core())
    assert len(found) > 30
    assert {one.__name__ for one in found if not one.__dataclass_params__.frozen} == CHANGEABLE


def test_values_are_compared_by_their_content() -> None:
    found = dataclasses_of_the_core()
    assert {one.__name__ for one in found if not one.__dataclass_params__.eq} == THEMSELVES


def test_those_of_every_frame_are_small() -> None:
    assert {one.__name__ for one in dataclasses_of_the_core() if "__slots__" in vars(one)} == SMALL
