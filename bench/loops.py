"""Runs a network in a loop without any server: Ultralytics' `predict`, or ForgeSyte's opened pipeline.

A process of its own: reads `{"seconds": N}` lines, answers each with `{"seconds", "ages_ms"}`.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

Run = Callable[[bytes], Any]


def ultralytics_loop(weights: str) -> Run:
    """Decode and `predict`, as the shortest script does."""
    import cv2
    import numpy as np

    from bench.peers.network import load

    predict = load(weights)

    def run(jpeg: bytes) -> Any:
        return predict(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR))

    return run


def forgesyte_loop(definition: str) -> Run:
    """An opened pipeline as a live session has it; the settings come from the environment."""
    import django

    django.setup()
    from pipelines.runtime import get_engine
    from pipelines.services import checked

    pipeline = get_engine().open_sync(checked(json.loads(definition)), live=True)
    index = 0

    def run(jpeg: bytes) -> Any:
        nonlocal index
        index += 1
        return pipeline.run({"frame_index": index, "image_bytes": jpeg}).result

    return run


KINDS = {"ultralytics": ultralytics_loop, "forgesyte": forgesyte_loop}


def timed(run: Run, frames: Sequence[bytes], seconds: float) -> dict[str, Any]:
    """One frame after another for so many seconds."""
    ages = []
    start = now = time.perf_counter()
    for jpeg in cycle(frames):
        if now - start >= seconds:
            break
        before = now
        run(jpeg)
        now = time.perf_counter()
        ages.append((now - before) * 1000)
    return {"seconds": now - start, "ages_ms": [ages]}


def main() -> None:
    """Answer requests until standard input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("network", help="a path for Ultralytics, a definition for ForgeSyte")
    parser.add_argument("--frames", type=Path, required=True)
    options = parser.parse_args()
    # What libraries print must not come between the answers.
    answers, sys.stdout = sys.stdout, sys.stderr
    frames = [path.read_bytes() for path in sorted(options.frames.glob("*.jpg"))]
    run = KINDS[options.kind](options.network)
    timed(run, frames, 1.0)
    print(json.dumps({"ready": True}), file=answers, flush=True)
    for line in sys.stdin:
        print(json.dumps(timed(run, frames, json.loads(line)["seconds"])), file=answers, flush=True)


if __name__ == "__main__":
    main()
