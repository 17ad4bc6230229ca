"""What Prometheus sees of the stream. On `/metrics` counters end in `_total`, as its format demands."""

from collections.abc import Mapping
from typing import Protocol

from prometheus_client import Counter, Gauge, Histogram

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

SESSIONS_ACTIVE = Gauge("stream_sessions_active", "Sessions open now")
FRAMES_PROCESSED = Counter("stream_frames_processed", "Frames answered with a result")
FRAMES_DROPPED = Counter("stream_frames_dropped", "Frames answered with dropped")
SLOWDOWN_SIGNALS = Counter("stream_slowdown_signals", "Times a client was asked to slow down")
ERRORS = Counter("stream_errors", "Sessions ended by an error", ["code"])
STAGE_SECONDS = Histogram(
    "stream_stage_seconds",
    "Time one frame spent in one stage: validate, wait, decode, a node of the pipeline, send",
    ["stage"],
    buckets=SECONDS,
)
FRAME_AGE_SECONDS = Histogram(
    "stream_frame_age_seconds", "Age of a frame when its result was sent", buckets=SECONDS
)
OCR_READS = Counter("stream_ocr_reads", "Crops of text that were read")
OCR_READS_SAVED = Counter("stream_ocr_reads_saved", "Crops of text that needed no reading")
SLOT_QUEUE_DEPTH = Gauge("stream_slot_queue_depth", "Sessions that wait for a slot")


class HasQueue(Protocol):
    """The engine, as far as the gauge of its queue needs it."""

    @property
    def waiting(self) -> int:
        """How many sessions wait for a slot."""
        ...


def watch_queue(engine: HasQueue) -> None:
    """Let the gauge ask this engine whenever it is read."""
    SLOT_QUEUE_DEPTH.set_function(lambda: engine.waiting)


def observe_result(timings_ms: Mapping[str, float], counters: Mapping[str, int]) -> None:
    """Count one processed frame, with the times and the counters of its run; `total` is its age."""
    FRAMES_PROCESSED.inc()
    for stage, milliseconds in timings_ms.items():
        if stage == "total":
            FRAME_AGE_SECONDS.observe(milliseconds / 1000)
        else:
            observe_stage(stage, milliseconds / 1000)
    OCR_READS.inc(counters.get("ocr_reads", 0))
    OCR_READS_SAVED.inc(counters.get("ocr_reads_saved", 0))


def observe_stage(stage: str, seconds: float) -> None:
    """Add one frame's time in one stage."""
    STAGE_SECONDS.labels(stage).observe(seconds)
