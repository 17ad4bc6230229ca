"""Counting, strikes, density, summary, lines, markers: what is a function of its arguments."""

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.results.density import FIRST_BUCKET_S, MAX_BUCKETS, Density
from jobs.results.result_lines import encode, error_line, result_line
from jobs.results.summary import MAX_KNOWN, MAX_LABELS, MAX_TEXTS, MAX_WARNINGS, Summary
from jobs.sources import frames_to_do
from jobs.worker.frame_marker import FrameMarker, marked_frame
from jobs.worker.progress import percent
from jobs.worker.retry_policy import MAX_LOSSES, RetryPolicy


@pytest.mark.parametrize(
    ("frames", "stride", "at_most", "expected"),
    [(8, 1, None, 8), (8, 3, None, 3), (9, 3, None, 3), (8, 1, 5, 5), (8, 3, 5, 3), (None, 2, 5, None)],
)
def test_frames_to_do(frames: int | None, stride: int, at_most: int | None, expected: int | None) -> None:
    assert frames_to_do(frames, stride, at_most) == expected


@given(st.integers(1, 500), st.integers(1, 50), st.none() | st.integers(1, 500))
def test_frames_to_do_is_how_many_a_stride_gives(frames: int, stride: int, at_most: int | None) -> None:
    assert frames_to_do(frames, stride, at_most) == len(list(range(1, frames + 1))[::stride][:at_most])


@pytest.mark.parametrize(
    ("done", "total", "expected"), [(0, 10, 0), (1, 3, 33.3), (10, 10, 99.9), (12, 10, 99.9), (5, None, 0)]
)
def test_percent(done: int, total: int | None, expected: float) -> None:
    assert percent(done, total) == expected


def test_strikes_count_in_a_row_at_one_place() -> None:
    record = RetryPolicy(0, None).struck(5).struck(5)
    assert (record.strikes, record.place, record.is_out(3)) == (2, 5, False)
    assert record.struck(5).is_out(3)
    assert record.struck(6) == RetryPolicy(1, 6)
    assert record.struck(6).struck(5) == RetryPolicy(1, 5)


def test_losses_are_no_strikes_unless_the_place_is_known() -> None:
    assert RetryPolicy(1, 5).lost(None) == RetryPolicy(1, 5, 1)
    assert RetryPolicy(1, 5).lost(5) == RetryPolicy(2, 5, 1)
    assert not RetryPolicy(0, None, MAX_LOSSES - 2).lost(None).is_out(3)
    assert RetryPolicy(0, None, MAX_LOSSES - 1).lost(None).is_out(3)


def test_density_counts_by_time() -> None:
    density = Density()
    for time_s, count in ((0.0, 2), (0.01, 1), (0.12, 4), (-0.5, 1)):
        density.add(time_s, count)
    assert density.as_dict() == {"bucket_s": FIRST_BUCKET_S, "counts": [4, 0, 4]}


@given(st.lists(st.tuples(st.floats(0, 50_000), st.integers(0, 9)), max_size=60))
def test_density_stays_small_and_loses_nothing(found: list[tuple[float, int]]) -> None:
    density = Density()
    for time_s, count in found:
        density.add(time_s, count)
    data = density.as_dict()
    assert len(data["counts"]) <= MAX_BUCKETS
    assert sum(data["counts"]) == sum(count for _, count in found)


@given(st.lists(st.tuples(st.integers(0, 3000), st.integers(1, 9)), min_size=1, max_size=40))
def test_density_counts_into_the_right_bucket(found: list[tuple[int, int]]) -> None:
    """At moments that no rounding can move: the middles of the smallest buckets."""
    density = Density()
    moments = [((n + 0.5) * FIRST_BUCKET_S, count) for n, count in found]
    for time_s, count in moments:
        density.add(time_s, count)
    data = density.as_dict()
    expected = [0] * len(data["counts"])
    for time_s, count in moments:
        expected[int(time_s / data["bucket_s"])] += count
    assert data["counts"] == expected


def line(index: int, *found: dict[str, Any], warnings: tuple[str, ...] = (), **times: float) -> Any:
    detections = [{"label": "car", "score": 0.9, **detection} for detection in found]
    return result_line(index, index * 0.125, {"detections": detections}, times, list(warnings))


def test_summary_adds_up() -> None:
    summary = Summary({"find": "yolo.detect", "read": "ocr.read"})
    summary.add(line(1, {"track_id": 1}, {"label": "sign", "text": "EXIT"}, find=2.0, decode=9.0))
    summary.add(line(2, {"track_id": 2}, {"track_id": 1}, find=4.0, read=1.0))
    summary.add(line(3, {"label": "sign", "text": "EXIT"}, {"label": "sign", "text": "A 7"}))
    summary.add(error_line(4, 0.44, "The bench broke", []))

    assert (summary.lines, summary.errors) == (4, 1)
    assert summary.as_dict() == {
        "detections": 6,
        "frames_failed": 1,
        "labels": [
            {"label": "car", "count": 3, "first_s": 0.125, "last_s": 0.25, "tracks": 2},
            {"label": "sign", "count": 3, "first_s": 0.125, "last_s": 0.375},
        ],
        "texts": [
            {"text": "EXIT", "count": 2, "first_s": 0.125, "last_s": 0.375},
            {"text": "A 7", "count": 1, "first_s": 0.375, "last_s": 0.375},
        ],
        "texts_count": 2,
        "tracks": 2,
        "density": {"bucket_s": FIRST_BUCKET_S, "counts": [0, 0, 2, 0, 0, 2, 0, 2, 0]},
    }
    find, read = summary.plugin_timings["find"], summary.plugin_timings["read"]
    assert find == {"tool": "yolo.detect", "runs": 2, "mean_ms": 3.0, "max_ms": 4.0, "total_ms": 6.0}
    assert read["runs"] == 1
    assert Summary({"find": "yolo.detect"}).plugin_timings["find"]["mean_ms"] == 0.0


def test_summary_stays_small() -> None:
    summary = Summary({})
    for index in range(MAX_KNOWN + 50):
        summary.add(
            line(index, {"label": f"thing {index}", "text": f"text {index}"}, warnings=(f"odd {index}",))
        )
    data = summary.as_dict()
    assert (len(data["labels"]), len(data["texts"])) == (MAX_LABELS, MAX_TEXTS)
    assert data["texts_count"] == MAX_KNOWN
    assert (len(summary.warnings), summary.warnings_count) == (MAX_WARNINGS, MAX_KNOWN + 50)


def test_a_warning_is_kept_once_and_counted_always() -> None:
    summary = Summary({})
    for index in range(3):
        summary.add(line(index, warnings=("dark", f"Frame {index} is damaged")))
    assert summary.warnings == ["dark", "Frame 0 is damaged", "Frame 1 is damaged", "Frame 2 is damaged"]
    assert summary.counted_warnings[:2] == ["dark (3 times)", "Frame 0 is damaged"]
    assert summary.warnings_count == 6


def test_results_without_detections_are_results() -> None:
    summary = Summary({})
    summary.add(result_line(1, 0.0, {"counts": {"in": 3}}, {}, []))
    summary.add(result_line(2, 0.1, {"detections": None}, {}, []))
    assert summary.as_dict()["detections"] == 0


def test_lines_are_compact_json() -> None:
    encoded = encode(result_line(3, 0.12, {"detections": [], "text": "Straße"}, {"find": 1.5}, ["dark"]))
    assert (
        encoded
        == (
            '{"frame_index":3,"time_s":0.12,"result":{"detections":[],"text":"Straße"},'
            '"timings_ms":{"find":1.5},"warnings":["dark"]}\n'
        ).encode()
    )
    assert "warnings" not in json.loads(encode(result_line(1, 0.0, {}, {}, [])))
    assert json.loads(encode(error_line(4, 0.1, "It broke", []))) == {
        **{"frame_index": 4, "time_s": 0.1, "result": {"detections": []}},
        **{"timings_ms": {}, "error": "It broke"},
    }


def test_the_marked_frame_outlives_the_marker(tmp_path: Path) -> None:
    path = tmp_path / "1.frame"
    assert marked_frame(path) is None
    marker = FrameMarker(path)
    assert marked_frame(path) is None
    marker.mark(7)
    marker.mark(8)
    assert (marked_frame(path), marker.frame) == (8, 8)
    marker.close()
    path.write_bytes(b"half")
    assert marked_frame(path) is None


def test_a_full_disk_does_not_stop_the_marker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    marker = FrameMarker(tmp_path / "1.frame")
    marker.mark(6)

    def full(*arguments: Any) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    marker.mark(7)
    marker.close()
    assert (marked_frame(tmp_path / "1.frame"), marker.frame) == (6, 7)


def test_what_a_database_cannot_keep_is_left_out() -> None:
    summary = Summary({})
    summary.add(line(1, {"label": "a\0b", "text": "c\0"}, warnings=("d\0",)))
    assert "\0" not in json.dumps([summary.as_dict(), summary.warnings]).replace("\\u0000", "\0")
    assert json.loads(encode(result_line(1, 0.0, {"text": "half \ud800"}, {}, [])))["result"] == {
        "text": "half ?"
    }
