"""Measures how long the stages of a pipeline take on this machine."""

import os
import platform
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from pipelines.graph.execution import OpenPipeline

WARM_UP = 10
REST = "rest"


def measure(pipeline: OpenPipeline, image_bytes: bytes, runs: int) -> dict[str, dict[str, float]]:
    """Median and p95 in milliseconds of each stage over `runs` runs of one frame, after a warm-up.

    `rest` is what the stages leave of the total: merging, and making the result.
    """
    spent: dict[str, list[float]] = {}
    for index in range(1, WARM_UP + runs + 1):
        report = pipeline.run({"frame_index": index, "image_bytes": image_bytes})
        if index > WARM_UP:
            for stage, milliseconds in with_rest(report.timings_ms).items():
                spent.setdefault(stage, []).append(milliseconds)
    return {
        stage: {"median": float(np.median(times)), "p95": float(np.percentile(times, 95))}
        for stage, times in spent.items()
    }


def with_rest(timings_ms: Mapping[str, float]) -> dict[str, float]:
    """The stages in the order in which they ran, then what is left of the total, then the total."""
    stages = {stage: spent for stage, spent in timings_ms.items() if stage != "total"}
    total = timings_ms["total"]
    return {**stages, REST: max(total - sum(stages.values()), 0.0), "total": total}


def table(figures: Mapping[str, Mapping[str, float]]) -> str:
    """The figures as lines for a terminal."""
    wide = max(len(stage) for stage in figures)
    lines = [f"{'stage':<{wide}}  median ms     p95 ms"]
    lines += [
        f"{stage:<{wide}}  {value['median']:9.2f}  {value['p95']:9.2f}" for stage, value in figures.items()
    ]
    return "\n".join(lines)


def machine() -> str:
    """The machine that the figures were taken on."""
    return f"{processor()}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"


def processor(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """The processor's name, as Linux or else Python knows it."""
    if cpuinfo.is_file():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
