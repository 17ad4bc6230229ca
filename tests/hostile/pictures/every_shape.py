"""Runs pictures of every shape through a pipeline and prints how far memory rose: a process of its own.

`python -m tests.hostile.pictures.every_shape FOLDER PIPELINE`: a JSON line for each picture.
"""

import io
import json
import random
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from pipelines.defaults import default_definitions
from pipelines.engine.networks import NetworkCache
from pipelines.engine.weights.store import WeightsStore
from pipelines.errors import PipelineError
from pipelines.graph.definition import parse
from pipelines.runtime import Runtime
from pipelines.tools.registry import PluginRegistry

BUNDLED = Path("pipelines/bundled/forgesyte-text-n.onnx")
EDGES_WH = [
    *[(1, 1), (2, 2), (7, 5), (31, 33), (640, 1), (1, 640), (640, 3), (3, 640), (16, 9000), (9000, 16)],
    *[(3, 2000), (2000, 3), (20, 2000), (2000, 20), (100, 2000), (2000, 100), (8000, 100), (250, 2000)],
    *[(65_500, 1), (1, 65_500), (65_500, 380), (380, 65_500), (32_768, 32), (2000, 2000), (5000, 5000)],
]
# Beside the shipped pipelines: the greatest input that can be asked for, and what follows moving cameras.
LARGEST: dict[str, Any] = {"weights": "forgesyte-text-n", "imgsz": 4096, "conf": 0.01}


def definitions() -> dict[str, Any]:
    """Every shipped pipeline by its id, and the largest that can be made of the tools."""
    return {**default_definitions(), **{definition["id"]: definition for definition in largest()}}


def largest() -> Iterator[Any]:
    """Networks of boxes at the greatest size that can be asked for."""
    for tool, params in (("detect", LARGEST), ("track", {**LARGEST, "tracker": "botsort"})):
        node = {"id": "find", "plugin_id": "yolo", "tool_id": tool, "params": params}
        yield {
            **{"id": f"largest_{tool}", "name": "Largest", "nodes": [node], "edges": []},
            **{"entry_nodes": ["find"], "output_nodes": ["find"]},
        }


def shapes() -> list[tuple[int, int]]:
    """The edges, and some shapes by chance."""
    chance = random.Random(11)
    by_chance = [(round(10 ** chance.uniform(0, 3.5)), round(10 ** chance.uniform(0, 3.5))) for _ in range(6)]
    return [*EDGES_WH, *by_chance]


def picture(width: int, height: int) -> bytes:
    """A file with dark marks on light ground, where a detector finds much."""
    rng = np.random.default_rng(width * 7 + height)
    pixels = np.where(rng.random((height, width, 1)) < 0.3, 30, 220).astype(np.uint8).repeat(3, axis=2)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG" if max(width, height) <= 65_500 else "PNG", quality=60)
    return buffer.getvalue()


def megabytes(name: str) -> int:
    """A figure of this process from the kernel."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) // 1024


def main(folder: Path, pipeline_id: str) -> None:
    """Open the pipeline live and for files, run a camera's frame through both, and then every shape."""
    (folder / "weights").mkdir()
    shutil.copy(BUNDLED, folder / "weights" / "yolo11n.onnx")
    engine = Runtime(
        slots=1,
        networks=NetworkCache(),
        weights=WeightsStore(folder / "weights", folder / "cache"),
        registry=PluginRegistry.load(),
        device="cpu",
    )
    definition, _ = parse(definitions()[pipeline_id])
    assert definition
    opened = [engine.open_sync(definition, live=live) for live in (True, False)]
    frames = {shape: picture(*shape) for shape in [(640, 480), *shapes()]}
    # What is said once in a session is said of its first frame.
    said = [pipeline.run({"frame_index": 1, "image_bytes": frames[640, 480]}).warnings for pipeline in opened]
    quiet = megabytes("VmRSS")
    for index, (shape, data) in enumerate(frames.items(), start=2):
        for number, pipeline in enumerate(opened):
            Path("/proc/self/clear_refs").write_text("5")
            error = ""
            try:
                report = pipeline.run({"frame_index": index, "image_bytes": data})
                warnings = [*said[number], *report.warnings]
            except PipelineError as failure:
                error, warnings = failure.detail, []
            said[number] = []
            rise_mb = megabytes("VmHWM") - quiet
            line = {"shape": shape, "rise_mb": rise_mb, "error": error, "warnings": warnings}
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
