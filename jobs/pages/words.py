"""Words and figures of jobs for pages as they are first painted; `jobs/words.js` gives the same ones."""

import math
from collections.abc import Mapping
from typing import Any

UNITS = ("B", "KB", "MB", "GB", "TB")
STATUS_WORDS = {
    "pending": "Waiting",
    "running": "In progress",
    "completed": "Completed",
    "failed": "Failed",
    "cancelled": "Cancelled",
}
TONES = {"pending": "idle", "running": "busy", "completed": "good", "failed": "bad", "cancelled": "idle"}
TOLD_ELSEWHERE = ("tool", "versions", "device_requested", "fallback")
THIN_SPACE = "\N{NARROW NO-BREAK SPACE}"


def status_word(status: str) -> str:
    """The state as the pages call it."""
    return STATUS_WORDS[status]


def tone(status: str) -> str:
    """The colour of the state's dot."""
    return TONES[status]


def file_size(size_bytes: int) -> str:
    """Such as `2.8 MB`."""
    step = min(int(math.log(max(size_bytes, 1), 1024)), len(UNITS) - 1)
    value = size_bytes / 1024**step
    digits = 0 if value >= 10 or step == 0 else 1
    return f"{rounded(value, digits):.{digits}f} {UNITS[step]}"


def rounded(value: float, digits: int = 0) -> float:
    """A positive number rounded half up, as JavaScript does; Python's own rounding goes to the even digit."""
    scale = 10.0**digits
    return math.floor(value * scale + 0.5) / scale


def clock_time(seconds: float) -> str:
    """A moment of a video: `1:02:03` or `0:07`."""
    whole = int(seconds + 1e-6)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def duration(seconds: float) -> str:
    """A stretch of time as one says it."""
    if seconds < 60:
        return f"{rounded(seconds, 1 if seconds < 10 else 0):g} s"
    if seconds < 3600:
        return f"{int(seconds // 60)} min {rounded(seconds % 60):.0f} s"
    return f"{int(seconds // 3600)} h {rounded(seconds % 3600 / 60):.0f} min"


def grouped(value: int) -> str:
    """A number with its thousands set apart."""
    return f"{value:,}".replace(",", THIN_SPACE)


def frames_in_words(job: Mapping[str, Any]) -> str:
    """The progress of a job."""
    done, total = job["frames_done"], job["frames_total"]
    if job["source_kind"] == "picture":
        return "1 picture" if job["status"] == "completed" else ""
    if total is not None and (job["status"] in ("pending", "running") or total != done):
        return f"{grouped(done)} of {grouped(total)} frames"
    return "1 frame" if done == 1 else f"{grouped(done)} frames"


def source_in_words(job: Mapping[str, Any]) -> str:
    """The size and length of the file."""
    facts = [
        f"{job['width']} × {job['height']}" if job["width"] and job["height"] else "",  # noqa: RUF001
        duration(job["duration_s"]) if job["duration_s"] else "",
        file_size(job["source_bytes"]) if job["source_bytes"] else "",
    ]
    return " · ".join(fact for fact in facts if fact)


def facts_in_words(tool: Mapping[str, Any]) -> str:
    """The metadata of a tool, its versions last; what stands elsewhere is left out."""
    versions = tool.get("versions")
    facts = [
        f"{name.replace('_', ' ')} {value_in_words(value)}"
        for name, value in tool.items()
        if name not in TOLD_ELSEWHERE and value not in (None, "")
    ]
    if isinstance(versions, Mapping):
        facts += [f"{name} {version}" for name, version in versions.items()]
    return " · ".join(facts)


def value_in_words(value: Any) -> str:
    """A value of a tool's metadata."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return " × ".join(map(str, value))  # noqa: RUF001
    return str(value)
