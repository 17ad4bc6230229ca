import threading

import pytest

from pipelines.tools.base import Pressure
from pipelines.tools.inspector import InspectorService


class Clock:
    """A clock that moves by the seconds it is told."""

    def __init__(self, *ticks: float) -> None:
        self.ticks = list(ticks)

    def __call__(self) -> float:
        return self.ticks.pop(0)


def test_a_report_has_the_times_and_remarks_of_one_frame() -> None:
    inspection = InspectorService(Clock(0.0, 0.001, 0.0035, 0.0100004)).inspect(5, Pressure.WARNING)
    with inspection.measure("total"), inspection.measure("decode"):
        inspection.context.warnings.append("dark")
        inspection.context.counters["ocr_reads"] += 1

    report = inspection.report({"text": "EXIT"})

    assert (inspection.context.frame_index, inspection.context.pressure) == (5, Pressure.WARNING)
    assert report.result == {"text": "EXIT"}
    assert report.timings_ms == {"decode": 2.5, "total": 10.0}
    assert (report.warnings, report.counters) == (["dark"], {"ocr_reads": 1})


def test_a_stage_that_raises_is_measured_too() -> None:
    inspection = InspectorService(Clock(1.0, 1.5)).inspect(1)

    with pytest.raises(ValueError, match="bad"), inspection.measure("decode"):
        raise ValueError("bad")
    assert inspection.timings_ms == {"decode": 500.0}


def test_adds_up_what_happens_to_each_tool() -> None:
    inspector = InspectorService()
    inspector.opened("yolo.detect", {"device_used": "cpu"})
    inspector.ran("yolo.detect", 10.0, ["dark"])
    inspector.ran("yolo.detect", 20.0, ["dark", "small"])
    inspector.failed("ocr.read")

    assert inspector.summary() == {
        "ocr.read": {"runs": 0, "failures": 1, "mean_ms": 0.0, "max_ms": 0.0, "metadata": {}, "warnings": {}},
        "yolo.detect": {
            "runs": 2,
            "failures": 0,
            "mean_ms": 15.0,
            "max_ms": 20.0,
            "metadata": {"device_used": "cpu"},
            "warnings": {"dark": 2, "small": 1},
        },
    }


def test_keeps_a_bounded_number_of_sentences() -> None:
    inspector = InspectorService()
    inspector.ran("a.b", 1.0, [f"frame {index}" for index in range(1000)])
    inspector.ran("a.b", 1.0, ["frame 0", "frame 2000"])

    said = inspector.summary()["a.b"]["warnings"]
    assert len(said) == InspectorService.MAX_WARNINGS
    assert said["frame 0"] == 2


def test_counts_every_run_of_many_threads() -> None:
    inspector = InspectorService()

    def work() -> None:
        for _ in range(500):
            inspector.ran("a.b", 1.0, [])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert inspector.summary()["a.b"]["runs"] == 2000
