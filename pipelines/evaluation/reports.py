"""Writes what came of a frame as a line of JSON, or as text for a terminal."""

import json
from collections.abc import Mapping
from typing import Any

from pipelines.tools.inspector import RunReport


def as_line(frame_index: int, report: RunReport, time_s: float | None = None) -> str:
    """One frame as one line of JSON; its time in a film, warnings and counters only where there are any."""
    time = {} if time_s is None else {"time_s": time_s}
    line = {"frame_index": frame_index, **time, "result": report.result, "timings_ms": report.timings_ms}
    extras = {"warnings": report.warnings, "counters": report.counters}
    return json.dumps(
        {**line, **{name: value for name, value in extras.items() if value}}, ensure_ascii=False
    )


def as_text(report: RunReport, metadata: Mapping[str, Mapping[str, Any]]) -> str:
    """One picture's result for a person."""
    found = report.result.get("detections", [])
    lines = [f"{len(found)} detection{'' if len(found) == 1 else 's'}"]
    lines += [f"  {box_line(detection)}" for detection in found]
    others = {name: value for name, value in report.result.items() if name != "detections"}
    lines += [f"{name}: {value}" for name, value in others.items()]
    lines.append("ms: " + ", ".join(f"{stage} {spent:.1f}" for stage, spent in report.timings_ms.items()))
    lines += [f"warning: {warning}" for warning in report.warnings]
    return "\n".join([*lines, describe(metadata)])


def box_line(found: Mapping[str, Any]) -> str:
    """One detection: where it is in fractions of the frame, what it is, and what it says."""
    place = " ".join(f"{name}={found[name] or 0:.3f}" for name in ("x", "y", "w", "h"))
    track = f" #{found['track_id']}" if "track_id" in found else ""
    said = f" {found['text']!r} ({found.get('text_score') or 0:.2f})" if "text" in found else ""
    return f"{place} {found['label']} {found['score'] or 0:.2f}{track}{said}"


def describe(metadata: Mapping[str, Mapping[str, Any]]) -> str:
    """The metadata of each node, one line a node, without what is None."""
    return "\n".join(
        f"{node}: " + ", ".join(f"{name}={value}" for name, value in facts.items() if value is not None)
        for node, facts in metadata.items()
    )
