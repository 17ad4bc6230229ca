"""The facts of a film by `ffprobe`: Debian's, of another version of FFmpeg than the one that reads for us."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

DEADLINE_S = 60


@dataclass(frozen=True)
class Told:
    """The times of the frames in seconds, None for those without one; `begins_s` is the container's start."""

    times_s: list[float | None]
    begins_s: float


def ask(path: Path, stream: int) -> Told:
    """The frames of one stream as ffprobe shows them."""
    command = [
        *("ffprobe", "-v", "quiet", "-of", "json", "-select_streams", str(stream)),
        *("-show_entries", "frame=best_effort_timestamp_time:format=start_time", str(path)),
    ]
    done = subprocess.run(command, capture_output=True, timeout=DEADLINE_S, check=False)
    said = json.loads(done.stdout or b"{}")
    times = [number(frame.get("best_effort_timestamp_time")) for frame in said.get("frames", [])]
    return Told(times, number(said.get("format", {}).get("start_time")) or 0.0)


def number(text: str | None) -> float | None:
    """A number of ffprobe's."""
    return None if text in (None, "N/A") else float(text or 0)
