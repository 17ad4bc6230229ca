"""Sums up what a job has found from its result lines alone, so that a resumed job has the same sums; pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jobs.results.density import Density
from jobs.results.result_lines import Line

MAX_LABELS = 100
MAX_TEXTS = 500
MAX_WARNINGS = 100
# A summary stays small even where every frame reads something else.
MAX_KNOWN = 10_000


@dataclass
class Seen:
    """Counts how often something was seen, from when to when, and on which tracks."""

    first_s: float
    last_s: float
    count: int = 0
    tracks: set[int] = field(default_factory=set)

    def add(self, time_s: float, track_id: int | None) -> None:
        """See it once more."""
        self.last_s = time_s
        self.count += 1
        if track_id is not None:
            self.tracks.add(track_id)

    def as_dict(self, name: str, value: str) -> dict[str, Any]:
        """The JSON form; tracks only where there are any."""
        data = {name: value, "count": self.count, "first_s": self.first_s, "last_s": self.last_s}
        return {**data, "tracks": len(self.tracks)} if self.tracks else data


@dataclass
class NodeTimes:
    """The run times of one node."""

    runs: int = 0
    total_ms: float = 0.0
    max_ms: float = 0.0

    def add(self, spent_ms: float) -> None:
        """Count one run."""
        self.runs += 1
        self.total_ms += spent_ms
        self.max_ms = max(self.max_ms, spent_ms)

    def as_dict(self, tool: str) -> dict[str, Any]:
        """The JSON form."""
        return {
            "tool": tool,
            "runs": self.runs,
            "mean_ms": round(self.total_ms / self.runs, 3) if self.runs else 0.0,
            "max_ms": round(self.max_ms, 3),
            "total_ms": round(self.total_ms, 3),
        }


class Summary:
    """Adds up the lines of a job; `tools` names the tool of each node, in the pipeline's order."""

    def __init__(self, tools: Mapping[str, str]) -> None:
        self._tools = dict(tools)
        self._nodes = {node: NodeTimes() for node in tools}
        self._labels: dict[str, Seen] = {}
        self._texts: dict[str, Seen] = {}
        self._tracks: set[int] = set()
        self._density = Density()
        self._times_warned: dict[str, int] = {}
        self.warnings: list[str] = []
        self.warnings_count = 0
        self.lines = 0
        self.errors = 0
        self.detections = 0

    def add(self, line: Line) -> None:
        """Add one line."""
        self.lines += 1
        time_s = line["time_s"]
        found = line["result"].get("detections") or []
        for detection in found:
            self._see(detection, time_s)
        self.detections += len(found)
        self._density.add(time_s, len(found))
        for node, spent_ms in line["timings_ms"].items():
            if node in self._nodes:
                self._nodes[node].add(spent_ms)
        if "error" in line:
            self.errors += 1
            self.warn(f"Frame {line['frame_index']}: {line['error']}")
        for warning in line.get("warnings", ()):
            self.warn(warning)

    def warn(self, sentence: str) -> None:
        """Count a warning; each sentence is kept once, and only the first of them."""
        self.warnings_count += 1
        sentence = sentence.replace("\0", "")
        if sentence in self._times_warned:
            self._times_warned[sentence] += 1
        elif len(self.warnings) < MAX_WARNINGS:
            self._times_warned[sentence] = 1
            self.warnings.append(sentence)

    @property
    def counted_warnings(self) -> list[str]:
        """The warnings that are kept, those that came more than once with how often."""
        times = self._times_warned
        return [f"{one} ({times[one]:,} times)" if times[one] > 1 else one for one in self.warnings]

    @property
    def plugin_timings(self) -> dict[str, Any]:
        """The times of each node, by its id."""
        return {node: times.as_dict(self._tools[node]) for node, times in self._nodes.items()}

    def as_dict(self) -> dict[str, Any]:
        """The most frequent labels, the texts in the order of their first appearance, tracks, and when."""
        labels = sorted(self._labels.items(), key=lambda item: (-item[1].count, item[0]))
        texts = sorted(self._texts.items(), key=lambda item: (-item[1].count, item[1].first_s))[:MAX_TEXTS]
        texts.sort(key=lambda item: item[1].first_s)
        return {
            "detections": self.detections,
            "frames_failed": self.errors,
            "labels": [seen.as_dict("label", label) for label, seen in labels[:MAX_LABELS]],
            "texts": [seen.as_dict("text", text) for text, seen in texts],
            "texts_count": len(self._texts),
            "tracks": len(self._tracks),
            "density": self._density.as_dict(),
        }

    def _see(self, detection: Mapping[str, Any], time_s: float) -> None:
        track_id = detection.get("track_id")
        text = detection.get("text")
        if track_id is not None:
            self._tracks.add(track_id)
        see(self._labels, str(detection.get("label")), time_s, track_id)
        if text:
            see(self._texts, text, time_s, track_id)


def see(seen: dict[str, Seen], name: str, time_s: float, track_id: int | None) -> None:
    """Count `name` as seen at this time; without NUL, which PostgreSQL keeps in no text."""
    name = name.replace("\0", "")
    if name not in seen:
        if len(seen) >= MAX_KNOWN:
            return
        seen[name] = Seen(time_s, time_s)
    seen[name].add(time_s, track_id)
