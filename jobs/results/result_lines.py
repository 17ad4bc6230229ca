"""A line of results: what came of one frame, as JSON; pure."""

import json
from typing import Any

Line = dict[str, Any]


def result_line(
    frame_index: int,
    time_s: float,
    result: dict[str, Any],
    timings_ms: dict[str, float],
    warnings: list[str],
    size_wh: tuple[int, int] | None = None,
) -> Line:
    """The line of a frame that was worked on; `size_wh` in pixels where it is not that of the whole file."""
    line: Line = {
        "frame_index": frame_index,
        "time_s": time_s,
        "result": result,
        "timings_ms": timings_ms,
    }
    if size_wh:
        line["width"], line["height"] = size_wh
    return {**line, "warnings": warnings} if warnings else line


def error_line(frame_index: int, time_s: float, error: str, warnings: list[str]) -> Line:
    """The line of a frame that cannot be decoded or whose pipeline failed: nothing was found on it."""
    return {**result_line(frame_index, time_s, {"detections": []}, {}, warnings), "error": error}


def encode(line: Line) -> bytes:
    """One line of compact JSON in UTF-8, with its line break; half a character becomes a question mark."""
    return json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode(errors="replace") + b"\n"
